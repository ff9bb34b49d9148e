"""The scripts of pages: their syntax, and that packages carry them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from diagrams.export.explorer import page as explorer
from diagrams.export.html import pages as html

FOLDER = Path(html.__file__).parents[1] / "page"
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.js"))


def test_every_script_is_used() -> None:
    assert sorted([html.COPYING, *explorer.SCRIPTS]) == SCRIPTS
    assert all(html.asset(name).isascii() for name in SCRIPTS)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_syntax_is_right(tmp_path: Path) -> None:
    joined = "\n".join(map(html.asset, explorer.SCRIPTS))
    (tmp_path / "joined.mjs").write_text(joined, encoding="utf-8")
    for path in (*FOLDER.glob("*.js"), tmp_path / "joined.mjs"):
        done = subprocess.run(
            ["node", "--check", path], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_nothing_is_loaded_and_nothing_written_as_markup() -> None:
    for name in (*SCRIPTS, "report.css"):
        text = html.asset(name)
        for word in ("http:", "https:", "innerHTML", "eval(", "import ", "fetch(", "@import"):
            namespaces = text.replace("http://www.w3.org/", "")
            assert word not in namespaces, (name, word)
