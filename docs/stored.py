"""Run the Python of the main pages and keep what it gives in the pages themselves.

A page is read on a code host too, where nothing runs: so each block of Python is followed by its
stored output, between two comments.  ``python docs/stored.py`` writes the outputs anew;
``--check`` says which have changed, and leaves with code 1; decimals, and places in pictures, may
differ from machine to machine.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbclient
import nbformat

HERE = Path(__file__).resolve().parent
PAGES = ("why", "idea", "regimes", "solutions", "howto/own_problem")
PICTURES = HERE / "images" / "cells"
BEGIN, END = "<!-- output -->", "<!-- end of output -->"

_CELL = re.compile(
    rf"^```python\n(.*?)\n```\n(?:\n{BEGIN}\n.*?\n{END}\n)?", re.MULTILINE | re.DOTALL
)
_TITLE = re.compile("<title>(.*?)</title>", re.DOTALL)
_DECIMAL = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?|-?\d+e[+-]?\d+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_NAMES = re.compile(r"""\bid=["']|url\(#""")


def stored(page: str) -> tuple[str, dict[Path, str]]:
    """Return the text of a page with its outputs, and the pictures that belong to it."""
    text = (HERE / f"{page}.md").read_text("utf-8")
    cells = [nbformat.v4.new_code_cell(code) for code in _CELL.findall(text)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    place = {"metadata": {"path": str((HERE / page).parent)}}
    given = {"timeout": 300, "kernel_name": "python3", "resources": place}
    nbclient.NotebookClient(notebook, **given).execute()
    pictures: dict[Path, str] = {}
    results = iter(cells)

    def with_output(found: re.Match[str]) -> str:
        code = f"```python\n{found[1]}\n```\n"
        shown = "\n\n".join(_shown(page, next(results).outputs, pictures))
        return f"{code}\n{BEGIN}\n{shown}\n{END}\n" if shown else code

    return _CELL.sub(with_output, text), pictures


def _shown(page: str, outputs: Sequence[Any], pictures: dict[Path, str]) -> Iterator[str]:
    """Markdown of the outputs of a block: what was printed, a formula, a picture."""
    printed = "".join(out["text"] for out in outputs if out["output_type"] == "stream")
    if printed:
        yield _fenced(printed)
    for data in (out["data"] for out in outputs if "data" in out):
        if "image/svg+xml" in data:
            drawn = data["image/svg+xml"].strip() + "\n"
            assert not _NAMES.search(drawn), "pictures of pages hold no names"
            path = PICTURES / f"{page.replace('/', '_')}_{len(pictures) + 1}.svg"
            pictures[path] = drawn
            title = _TITLE.search(drawn)
            up = "../" * page.count("/")
            place = f"{up}{path.relative_to(HERE).as_posix()}"
            yield f"![{title[1] if title else 'A picture'}]({place})"
        elif "text/latex" in data:
            yield "$$\n{}\n$$".format(data["text/latex"].strip().strip("$").strip())
        else:
            yield _fenced(data["text/plain"])


def _fenced(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```"


def _lasting(path: Path, text: str) -> str:
    """What is the same on all machines."""
    return (_NUMBER if path.suffix == ".svg" else _DECIMAL).sub("#", text)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true", help="write nothing, compare")
    check = options.parse_args().check
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(stored, PAGES))
    files = {HERE / f"{page}.md": text for page, (text, _) in zip(PAGES, results, strict=True)}
    for _, pictures in results:
        files.update(pictures)

    def differs(path: Path, text: str) -> bool:
        if not path.exists():
            return True
        known = path.read_text("utf-8")
        return known != text and (not check or _lasting(path, known) != _lasting(path, text))

    changed = [path for path, text in files.items() if differs(path, text)]
    left = [path for path in PICTURES.glob("*.svg") if path not in files]
    for path in (*changed, *left):
        print(f"{'differs' if check else 'written'}: {path.relative_to(HERE)}")
    if not check:
        PICTURES.mkdir(exist_ok=True)
        for path in changed:
            path.write_text(files[path], "utf-8")
        for path in left:
            path.unlink()
    return int(check and bool(changed or left))


if __name__ == "__main__":
    sys.exit(main())
