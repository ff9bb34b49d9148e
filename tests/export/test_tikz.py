"""TikZ: the picture of the SVG in styles that a paper can redefine; it compiles."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from diagrams.export.pictures.diagram_tikz import diagram_tikz, tikz_preamble
from diagrams.export.pictures.drawing import diagram_picture
from diagrams.export.pictures.picture import INKS, Legend
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import IndexFamily, Role, Tensor

HIDDEN, FEATURE, SAMPLE = (
    IndexFamily("hidden", "H"),
    IndexFamily("feature", "p"),
    IndexFamily("sample", "n"),
)
U = Tensor("u_1", (HIDDEN, FEATURE))
W = Tensor("w", (HIDDEN, HIDDEN), Role.FROZEN)
CUBE = Tensor("t", (FEATURE, FEATURE, SAMPLE))

EXAMPLES = {
    "pair loss": Diagram.of(*[(U, f"{k} i{m}") for m in range(4) for k in "kl"]),
    "parallel edges": Diagram.of(*[(U, "k i")] * 4),
    "thick line": Diagram.of(*[(U, "k i")] * 9),
    "arrows": Diagram.of((W, "k l"), (W, "l m"), (W, "m k")),
    "loops": Diagram.of((W, "k k"), (W, "k k"), (U, "k i")),
    "square": Diagram.of((CUBE, "i j s"), (U, "k i"), (U, "k j")),
    "many squares": Diagram.of(*[(CUBE, "i j s")] * 6),
    "legs": Diagram.of((U, "k i"), (U, "k j"), legs="i j j"),
    "nothing": Diagram((), ()),
    "isolated nodes": Diagram((HIDDEN, FEATURE, SAMPLE), ()),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_tikz_draws_the_picture(name: str) -> None:
    picture = diagram_picture(EXAMPLES[name])
    text = diagram_tikz(EXAMPLES[name])
    assert text.count("\\draw[") == len(picture.strokes)
    arrows = sum(stroke.arrow for stroke in picture.strokes)
    assert text.count("\\path[") == len(picture.marks) + arrows
    assert text.count("\\node[") == len(picture.labels)
    for mark in picture.marks:
        if not mark.outline():
            assert "({:g},{:g}) circle".format(*mark.centre) in text
    assert "-0," not in text.replace("-0.", "")
    assert ",-0)" not in text


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_style_that_is_used_is_defined(name: str) -> None:
    defined = set(re.findall(r"(wick [a-z0-9 ]+)/\.style", tikz_preamble()))
    text = diagram_tikz(EXAMPLES[name])
    used = {
        style.strip()
        for options in re.findall(r"\[([^]=]*)\]", text)
        for style in options.split(",")
    }
    assert used - {""} <= defined
    assert "wick picture" in used


def test_styles_are_defined_once_and_prefixed() -> None:
    names = re.findall(r"([a-z0-9 ]+)/\.style", tikz_preamble())
    assert len(names) == len(set(names))
    assert all(name.strip().startswith("wick ") for name in names)
    assert len(re.findall(r"wick tensor \d+/\.style", tikz_preamble())) == len(INKS)


def test_a_shared_legend_keeps_styles() -> None:
    legend = Legend.of([EXAMPLES["pair loss"], EXAMPLES["arrows"]])
    assert "wick tensor 2" in diagram_tikz(EXAMPLES["arrows"], legend=legend)
    assert "wick tensor 1" in diagram_tikz(EXAMPLES["arrows"])


def test_standalone_is_a_document() -> None:
    text = diagram_tikz(EXAMPLES["legs"], standalone=True)
    assert text.startswith("\\documentclass")
    assert tikz_preamble() in text
    assert diagram_tikz(EXAMPLES["legs"]) in text
    assert re.findall(r"\\documentclass(.*)", text) == ["[tikz,border=4pt]{standalone}"]
    assert "\\usepackage" not in text
    assert "\\usetikzlibrary" not in text


@pytest.mark.latex
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_tikz_compiles_alone_and_inside_formulas(tmp_path: Path) -> None:
    alone = diagram_tikz(EXAMPLES["square"], standalone=True)
    inside = "\n".join(f"$L = {diagram_tikz(diagram)}$, " for diagram in EXAMPLES.values())
    together = (
        "\\documentclass{article}\\usepackage{tikz}\n"
        f"{tikz_preamble()}\\begin{{document}}\n{inside}\\end{{document}}\n"
    )
    for name, text in (("alone", alone), ("together", together)):
        (tmp_path / f"{name}.tex").write_text(text)
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:]
        assert (tmp_path / f"{name}.pdf").stat().st_size > 1000
