/**
 * A button beside every formula that copies it as LaTeX: the attribute data-latex of the element
 * of class "formula", or else the annotation inside it.
 */

/** @param {Element} block @returns {string} */
function latexOf(block) {
  const note = block.querySelector('annotation[encoding="application/x-tex"]');
  return block.getAttribute("data-latex") ?? note?.textContent ?? "";
}

/** Write text to the clipboard, also where the page may not use the modern interface. */
async function copyText(/** @type {string} */ text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** @param {ParentNode} place */
function addCopyButtons(place) {
  for (const block of place.querySelectorAll(".formula")) {
    if (block.querySelector("button.copy")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "LaTeX";
    button.title = "Copy as LaTeX";
    const name = block.getAttribute("data-name") ?? "formula";
    button.setAttribute("aria-label", `Copy ${name} as LaTeX`);
    block.append(button);
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest("button.copy") : null;
  const block = button?.closest(".formula");
  if (!button || !block) return;
  button.focus();
  const done = await copyText(latexOf(block));
  button.textContent = done ? "copied" : "not copied";
  const told = document.getElementById("told");
  if (told) told.textContent = done ? "Copied as LaTeX." : "The browser did not allow copying.";
  setTimeout(() => (button.textContent = "LaTeX"), 1600);
});

addCopyButtons(document);
