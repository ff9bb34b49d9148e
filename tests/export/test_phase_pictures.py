"""Polygons, phase diagrams and tables: no overlaps, well-formed, and LaTeX compiles."""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scaling.theorem_fronts import theorem_series

from diagrams.errors import BadInput
from diagrams.export.latex.article import article
from diagrams.export.latex.macros import COMMON
from diagrams.export.pictures.phase_plane import plane_sketch
from diagrams.export.pictures.phase_polygon import polygon_sketch
from diagrams.export.pictures.sketch import Segment, Sketch, Words, clipped, contains, raised
from diagrams.export.pictures.sketch_svg import sketch_svg
from diagrams.export.pictures.sketch_tikz import sketch_tikz
from diagrams.problems.cp import cp_problem
from diagrams.scaling.orders.law import order_law
from diagrams.scaling.regimes.finding import Regimes, regimes
from diagrams.series.expansion import expand

CASES = ["sym 2", "sym 4", "sym 6", "asym 2", "asym 3", "asym 4", "sym 3"]


@lru_cache
def case(name: str) -> Regimes:
    ties, order = name.split()
    if name == "sym 3":
        return regimes(expand(cp_problem(order=3, ties="sym"), 5))
    return regimes(theorem_series(int(order), ties))


def crossed(sketch: Sketch) -> list[str]:
    """Texts that a line or a dot runs through."""
    found = []
    for words in sketch.words:
        others = [w for w in sketch.words if w is not words]
        alone = Sketch(
            "", "", sketch.width, sketch.height, [], sketch.segments, sketch.dots, others
        )
        if alone.free(Words(words.at, words.pieces, words.size, words.anchor, words.bold)) >= 40:
            found.append(str(words))
    return found


@pytest.mark.parametrize("name", CASES)
def test_no_text_overlaps_anything(name: str) -> None:
    found = case(name)
    assert plane_sketch(found).collisions() == []
    assert crossed(plane_sketch(found)) == []
    for s in range(1, len(found.fronts)):
        sketch = polygon_sketch(found, s)
        assert sketch.collisions() == []
        assert crossed(sketch) == []


@pytest.mark.parametrize("name", CASES)
def test_pictures_hold_all_regimes(name: str) -> None:
    found = case(name)
    text = " ".join(ElementTree.fromstring(sketch_svg(plane_sketch(found))).itertext())
    for regime in found:
        assert regime.name in text
    svg = sketch_svg(polygon_sketch(found))
    assert svg.count("<circle") == len(found.fronts[len(found.fronts) - 1].terms)
    ElementTree.fromstring(svg)
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


def test_grey_regions_tell_the_learning() -> None:
    shades = {region.shade for region in plane_sketch(case("asym 3")).regions}
    assert len(shades) == 3


def test_orders_and_planes_that_cannot_be_drawn() -> None:
    with pytest.raises(BadInput, match="s:"):
        polygon_sketch(case("sym 4"), 99)
    with pytest.raises(BadInput, match="axes"):
        plane_sketch(case("sym 4"), ("p", "H"))
    scaled = regimes(cp_problem(order=2, ties="sym", scale="c"), terms=3)
    with pytest.raises(BadInput, match="fixed"):
        plane_sketch(scaled, ("H", "sigma"))
    assert plane_sketch(scaled, ("H", "sigma"), {"c": 0}).collisions() == []
    ElementTree.fromstring(sketch_svg(polygon_sketch(scaled)))


@pytest.mark.latex
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_tables_and_pictures_compile(tmp_path: Path) -> None:
    body = []
    for name in ("sym 4", "asym 3"):
        found = case(name)
        pieces = [
            found.to_latex(),
            found.fronts.to_latex(),
            found._repr_latex_(),
            found.fronts._repr_latex_(),
            sketch_tikz(polygon_sketch(found), names=found.symbols),
            sketch_tikz(plane_sketch(found), names=found.symbols),
        ]
        body += [piece + "\n\\par" for piece in pieces]
        body += [regime._repr_latex_() + "\\par" for regime in found]
    law = order_law({order: case(f"sym {order}") for order in (2, 4, 6)})
    body += [law.to_latex() + "\\par", law._repr_latex_()]
    (tmp_path / "all.tex").write_text(article("Phases", body, "test", COMMON), encoding="utf-8")
    run = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-2000:]


@given(st.lists(st.integers(-5, 5), min_size=3, max_size=3))
def test_clipping_keeps_what_it_should(half: list[int]) -> None:
    square = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)]
    kept = clipped(square, *map(float, half))
    assert all(half[0] * x + half[1] * y + half[2] >= -1e-9 for x, y in kept)
    for x in range(1, 4):
        for y in range(1, 4):
            side = half[0] * x + half[1] * y + half[2]
            if side > 0 or (side < 0 and len(set(kept)) > 2):
                assert contains(kept, (float(x), float(y))) is (side > 0)


def test_placing_avoids_lines_and_texts() -> None:
    sketch = Sketch("", "", 100, 100, segments=[Segment((0, 50), (100, 50))])
    spots = [(50.0, 50.0), (50.0, 20.0), (50.0, 80.0)]
    assert sketch.place(spots, raised("p^2")).at == (50.0, 20.0)
    assert sketch.place(spots, raised("H")).at == (50.0, 80.0)
