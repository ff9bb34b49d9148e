/**
 * The explorer of regimes: a scaling, or actual sizes, and everything that follows from them.
 * The place is kept in the address: #explore:H=2,sigma=-3/4 or #sizes:p=64,H=512,sigma=1/10.
 */

const GRID = 40;
const STEP = fraction(1n, 20n);

class Explorer {
  /** @param {HTMLElement} section @param {any} data */
  constructor(section, data) {
    this.section = section;
    this.finder = new RegimeFinder(data);
    this.data = data;
    this.scaling = this.finder.start;
    /** @type {Rational[] | null} */
    this.sizes = null;
    const formulas = section.querySelectorAll(".symbols math");
    this.symbols = data.reading.map((k) => [k, formulas[k].firstElementChild]);
    this.plane = new PlaneView(this.find("svg.plane"), this.finder);
    this.handle = this.find(".handle");
    this.listen();
    section.hidden = false;
    if (!this.read()) this.show();
  }

  /** @param {string} selector @returns {any} */
  find(selector) {
    return this.section.querySelector(selector);
  }

  // -- moving ----------------------------------------------------------------------------

  /** Go to a scaling. @param {Rational[]} scaling */
  go(scaling) {
    if (!this.finder.allowed(scaling)) return;
    this.scaling = scaling;
    this.sizes = null;
    this.show();
    this.remember();
  }

  /** Move one exponent by a step, but stop on a boundary on the way. */
  step(/** @type {number} */ place, /** @type {Rational} */ by) {
    const old = this.scaling[place];
    const [low, high] = this.data.windows[place];
    const goal = plus(old, by);
    const between = this.finder
      .crossings(this.scaling, place)
      .filter((x) => compare(x, old) * compare(x, goal) < 0);
    const first = by.n > 0n ? between[0] : between.at(-1);
    const next = first ?? rounded(number(goal), GRID);
    if (number(next) < low - 1e-9 || number(next) > high + 1e-9) return;
    this.go(this.scaling.with(place, next));
  }

  /** Set one exponent to about a value: exactly to a boundary that is near. */
  slide(/** @type {number} */ place, /** @type {number} */ value) {
    const [low, high] = this.data.windows[place];
    const near = this.finder
      .crossings(this.scaling, place)
      .filter((x) => Math.abs(number(x) - value) < (high - low) / 60)
      .sort((a, b) => Math.abs(number(a) - value) - Math.abs(number(b) - value));
    this.go(this.scaling.with(place, near[0] ?? rounded(value, GRID)));
  }

  /** Set the exponents of the plane by a pointer: to a common point or a boundary if near. */
  point(/** @type {PointerEvent} */ event) {
    const { exponents, pixels } = this.plane.under(event);
    const [i, j] = this.plane.axes;
    if (j === undefined) return this.slide(i, exponents[0]);
    const distance = (/** @type {Rational[]} */ at) =>
      Math.hypot(...[i, j].map((k, n) => (number(at[k]) - exponents[n]) * pixels[n]));
    const nearest = (/** @type {Rational[][]} */ list, /** @type {number} */ reach) =>
      list.filter((at) => distance(at) < reach).sort((a, b) => distance(a) - distance(b))[0];
    const plain = this.scaling
      .with(i, rounded(exponents[0], GRID))
      .with(j, rounded(exponents[1], GRID));
    const meetings = this.finder.meetings(this.scaling, i, j);
    const onLines = [i, j].flatMap((k) =>
      this.finder.crossings(plain, k).map((value) => plain.with(k, value)),
    );
    this.go(nearest(meetings, 14) ?? nearest(onLines, 9) ?? plain);
  }

  // -- showing ---------------------------------------------------------------------------

  show() {
    const { finder, scaling } = this;
    const judged = this.sizes && finder.judge(this.sizes);
    const regime = judged ? judged.regime : finder.locate(scaling);
    this.plane.show(scaling, regime);
    this.showControls(regime);
    this.showRegime(regime);
    this.showTerms(regime, judged);
    this.find(".warning").textContent = judged?.warning ?? "";
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.tell(regime), 500);
  }

  showControls(/** @type {Regime | null} */ regime) {
    const { symbols, axes } = this.data;
    const spoken = symbols.map((name, k) => `${name} ${exactText(this.scaling[k])}`);
    const words = `exponents of ${spoken.slice(1).join(", ")}; regime ${regime?.name ?? "none"}`;
    const [x, y] = this.plane.place(this.scaling);
    this.handle.setAttribute("transform", `translate(${x.toFixed(2)} ${y.toFixed(2)})`);
    this.handle.setAttribute("aria-valuenow", number(this.scaling[axes[0]]).toFixed(3));
    this.handle.setAttribute("aria-valuetext", words);
    symbols.forEach((name, k) => {
      if (!k) return;
      const [range, text] = [this.find(`#range-${k}`), this.find(`#exponent-${k}`)];
      range.value = number(this.scaling[k]);
      range.setAttribute("aria-valuetext", `${exactText(this.scaling[k])}; ${regime?.name}`);
      if (document.activeElement !== text) text.value = exactText(this.scaling[k]);
      text.removeAttribute("aria-invalid");
    });
    for (const button of this.section.querySelectorAll("button[data-place]")) {
      button.setAttribute("aria-pressed", `${button.dataset.place === regime?.name}`);
    }
    this.find("form.sizes").classList.toggle("in-use", this.sizes !== null);
  }

  showRegime(/** @type {Regime | null} */ regime) {
    const name = regime?.name ?? "";
    if (this.shown === name) return;
    this.shown = name;
    this.find(".regime-name").textContent = name;
    const row = document.getElementById(`regime-${name}`);
    const cells = [...(row?.cells ?? [])].slice(1);
    for (const [k, place] of ["conditions", "clock", "learning", "width"].entries()) {
      this.find(`[data-show="${place}"]`).replaceChildren(...copies(cells[k]));
    }
    this.find(".moves").hidden = !regime?.moves;
    const place = `solution-${name}`;
    const answer = document.querySelector(`[id="${place}"] .answer, .answer[class~="${place}"]`);
    const missing = "No solution in this report.";
    this.find(".solution").replaceChildren(...(answer ? copies(answer) : [missing]));
    this.find(".curve").replaceChildren(...this.section.querySelectorAll(".solution .curves"));
    this.showCurves();
  }

  /** Let a slider choose among the curves of a solution. */
  showCurves() {
    const lines = [...this.section.querySelectorAll(".curve polyline")];
    const named = (line) => line.querySelector("title")?.textContent ?? "";
    const names = [...new Set(lines.map(named))].filter((name) => name !== "");
    const [row, range] = [this.find(".curve-choice"), this.find("#curve")];
    row.hidden = names.length < 2;
    range.max = names.length - 1;
    range.value = 0;
    const choose = () => {
      const name = names[Number(range.value)] ?? "";
      this.find(".curve-name").replaceChildren(...this.spelled(name));
      range.setAttribute("aria-valuetext", name);
      for (const line of lines) {
        line.classList.toggle("chosen", names.length > 1 && named(line) === name);
        line.classList.toggle("other", names.length > 1 && !["", name].includes(named(line)));
      }
    };
    range.oninput = choose;
    choose();
  }

  /** Plain text such as "p^3 sigma^4 = 1", powers raised, Greek names as letters. */
  spelled(/** @type {string} */ text) {
    const { symbols, letters } = this.data;
    return text.split(/\^(\([^)]*\)|-?\w+)/).map((piece, k) => {
      const written = piece.replace(/\w+/g, (word) => letters[symbols.indexOf(word)] ?? word);
      return k % 2 ? html("sup", {}, written.replace(/[()]/g, "")) : written;
    });
  }

  showTerms(/** @type {Regime | null} */ regime, judged) {
    const list = this.find(".terms");
    list.replaceChildren();
    for (const order of this.finder.orders) {
      const leading = judged ? order.faces[regime.index] : this.finder.leading(order, this.scaling);
      const early = !judged && regime && this.finder.early(order, regime, leading);
      const parts = judged?.parts.get(order.s);
      const shown = parts ? largestTerms(parts) : leading.slice(0, SHOWN);
      const row = html("div", { class: "order", "data-order": order.s });
      const [letter, index] = [made(MATHML, "mi", {}, "Y"), made(MATHML, "mn", {}, `${order.s}`)];
      row.append(made(MATHML, "math", {}, made(MATHML, "msub", {}, letter, index)));
      const cell = html("div", { class: parts ? "bars" : "sum" });
      shown.forEach((k, place) => {
        const math = termMathML(order.terms[k], this.symbols, Boolean(parts) || place === 0);
        cell.append(parts ? bar(math, parts[k], leading.includes(k)) : math, " ");
      });
      const left = leading.length - shown.length;
      if (!parts && left > 0) cell.append(html("span", {}, `\u2026 ${left} more`));
      if (!shown.length) cell.append("no terms");
      const held = parts && `${percent(total(leading, parts))} of it on the face (filled bars)`;
      if (held) cell.prepend(html("p", {}, held));
      if (early) cell.append(html("small", {}, "(not those of the regime at this order)"));
      row.append(cell);
      list.append(row);
    }
    this.find(".terms-name").textContent = judged ? "The largest terms" : "Leading terms";
    const range = this.find("#polygon-order");
    const order = this.finder.orders[Number(range.value)];
    range.setAttribute("aria-valuetext", `order ${order.s}`);
    this.find(".polygon-order").textContent = `${order.s}`;
    const leading = judged ? order.faces[regime.index] : this.finder.leading(order, this.scaling);
    const picture = this.find("svg.polygon");
    if (order.spots) drawPolygon(picture, order, leading);
    else picture.replaceChildren();
  }

  /** Say aloud where one is. */
  tell(/** @type {Regime | null} */ regime) {
    const told = this.find("[data-show=conditions]").textContent;
    const clock = this.find("[data-show=clock]").textContent;
    const text = `Regime ${regime?.name}: ${told}; T = ${clock}; ${regime?.learning}.`;
    const place = this.find(".live");
    if (place.textContent !== text) place.textContent = text;
  }

  // -- listening -------------------------------------------------------------------------

  listen() {
    const { svg } = this.plane;
    svg.addEventListener("pointerdown", (event) => {
      const held = event.target.closest(".handle");
      if (event.button || (event.pointerType === "touch" && !held)) return;
      svg.setPointerCapture(event.pointerId);
      this.dragging = event.pointerId;
      this.handle.focus();
      if (!held) this.point(event);
      event.preventDefault();
    });
    const hold = (event) => event.target.closest(".handle") && event.preventDefault();
    svg.addEventListener("touchstart", hold, { passive: false }); // else the page would scroll
    svg.addEventListener("pointermove", (event) => {
      if (this.dragging === event.pointerId) this.point(event);
    });
    for (const name of ["pointerup", "pointercancel"]) {
      svg.addEventListener(name, () => (this.dragging = null));
    }
    svg.addEventListener("click", (event) => {
      if (!event.target.closest(".handle")) this.point(event);
    });
    this.handle.addEventListener("keydown", (event) => this.press(event, this.plane.axes));
    this.data.symbols.forEach((name, k) => {
      if (!k) return;
      const [range, text] = [this.find(`#range-${k}`), this.find(`#exponent-${k}`)];
      [range.min, range.max] = this.data.windows[k];
      range.addEventListener("input", () => this.slide(k, Number(range.value)));
      range.addEventListener("keydown", (event) => this.press(event, [k, k]));
      text.addEventListener("input", () => this.typed(text, k));
      text.addEventListener("blur", () => (this.find(".mistake").textContent = "") || this.show());
    });
    for (const button of this.section.querySelectorAll("button[data-place]")) {
      const regime = this.finder.regimes.find((r) => r.name === button.dataset.place);
      button.addEventListener("click", () => this.go(regime.place));
    }
    this.find("#polygon-order").max = this.finder.orders.length - 1;
    this.find("#polygon-order").addEventListener("input", () => this.show());
    const form = this.find("form.sizes");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.compare(form);
    });
    addEventListener("hashchange", () => this.read());
  }

  /** Arrow keys: one axis each, or both arrows for one exponent. */
  press(/** @type {KeyboardEvent} */ event, /** @type {number[]} */ [across, up]) {
    const by = event.shiftKey || event.key.startsWith("Page") ? times(STEP, fraction(5n)) : STEP;
    const back = times(by, fraction(-1n));
    const moves = {
      ArrowRight: [across, by],
      ArrowLeft: [across, back],
      ArrowUp: [up ?? across, by],
      ArrowDown: [up ?? across, back],
      PageUp: [up ?? across, by],
      PageDown: [up ?? across, back],
    };
    if (event.key === "Home") this.go(this.finder.start);
    else if (event.key in moves) this.step(...moves[event.key]);
    else return;
    event.preventDefault();
  }

  /** An exponent as typed: "2", "-3/4", "H = 2" or "H = a^2". */
  typed(/** @type {HTMLInputElement} */ field, /** @type {number} */ place) {
    const right = field.value.replace(/^[^=]*=/, "").replace(/^\s*[a-z]\s*\^/, "");
    const value = rational(right.replace(/[()]/g, ""));
    const grows = this.data.sizes[place];
    const fine = value !== null && (!grows || value.n > 0n);
    field.setAttribute("aria-invalid", `${!fine}`);
    const kind = grows ? "a positive number (sizes grow)" : "a number";
    const allowed = `${this.data.symbols[place]}: ${kind} such as 2, 3/4 or 0.75`;
    this.find(".mistake").textContent = fine ? "" : allowed;
    if (fine) this.go(this.scaling.with(place, value));
  }

  /** Compare terms at actual sizes, as typed into a form. */
  compare(/** @type {HTMLFormElement} */ form) {
    const fields = [...form.querySelectorAll("input")];
    const values = fields.map((field) => rational(field.value.replace(/^[^=]*=/, "")));
    const fine = values.map((value) => value !== null && value.n > 0n);
    fields.forEach((field, k) => field.setAttribute("aria-invalid", `${!fine[k]}`));
    const allowed = "Sizes and scales: positive numbers such as 64, 1/10 or 0.1";
    const mistake = fine.every(Boolean) ? "" : allowed;
    this.find(".size-mistake").textContent = mistake;
    if (!mistake) this.measure(/** @type {Rational[]} */ (values));
  }

  /** Show actual sizes, placed by their logarithms. @param {Rational[]} values */
  measure(values) {
    const logs = values.map(decimalLog);
    this.sizes = values;
    if (logs[0] > 1e-9) {
      const exponents = logs.map((x, k) => (k ? rounded(x / logs[0], 1000) : fraction(1n)));
      this.scaling = exponents;
    }
    this.show();
    this.remember();
  }

  // -- the address -----------------------------------------------------------------------

  remember() {
    clearTimeout(this.remembering);
    this.remembering = setTimeout(() => {
      const values = this.sizes ?? this.scaling;
      const named = this.data.symbols.map((name, k) => `${name}=${exactText(values[k])}`);
      const listed = (this.sizes ? named : named.slice(1)).join(",");
      history.replaceState(null, "", `#${this.sizes ? "sizes" : "explore"}:${listed}`);
    }, 200);
  }

  /** Go where the address says; whether it says anything. */
  read() {
    const [, kind, listed = ""] = /^#(explore|sizes):(.*)$/.exec(location.hash) ?? [];
    if (!kind) return false;
    const given = new Map(listed.split(",").map((part) => part.split("=")));
    const values = this.data.symbols.map((name, k) =>
      rational(given.get(name) ?? (kind === "explore" && !k ? "1" : "")),
    );
    if (values.some((value) => value === null)) return false;
    const positive = values.every((value) => value.n > 0n);
    if (kind === "explore" ? !this.finder.allowed(values) : !positive) return false;
    if (kind === "explore") {
      this.go(values);
    } else {
      const fields = this.section.querySelectorAll("form.sizes input");
      fields.forEach((field, k) => (field.value = exactText(values[k])));
      this.measure(values);
    }
    return true;
  }
}

/** Leading terms of one order that are written out. */
const SHOWN = 24;

/** What an element holds, copied without its buttons. */
function copies(element) {
  const copy = element?.cloneNode(true);
  return copy ? [...copy.childNodes] : [];
}

/** Places of the four largest shares, largest first. @param {number[]} parts */
const largestTerms = (parts) =>
  [...parts.keys()].sort((a, b) => parts[b] - parts[a]).slice(0, 4);

const percent = (part) => (part > 0 && part < 0.001 ? "< 0.1 %" : `${(100 * part).toFixed(1)} %`);

/** A term with its share as a bar; terms of the face have a filled one. */
function bar(math, part, inside) {
  const style = inside ? "bar inside" : "bar";
  const meter = html("span", { class: style }, html("span"));
  meter.firstChild.style.width = `${Math.max(1, 100 * part)}%`;
  return html("div", {}, math, meter, html("span", { class: "part" }, percent(part)));
}

const section = document.getElementById("explorer");
const stored = document.getElementById("explorer-data");
if (section && stored) new Explorer(section, JSON.parse(stored.textContent));
