"""SVG: well-formed, escaped, complete, and free of ids."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagrams.errors import BadInput
from diagrams.export.pictures.diagram_svg import diagram_svg, diagrams_sheet_svg, escape, legend_svg
from diagrams.export.pictures.picture import Legend
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.tensors import IndexFamily, Role, Tensor

SPACE = "{http://www.w3.org/2000/svg}"
HIDDEN, FEATURE = IndexFamily("hidden", "H"), IndexFamily("feature", "p")
U = Tensor("u", (HIDDEN, FEATURE))
W = Tensor("w", (HIDDEN, HIDDEN), Role.FROZEN)
CUBE = Tensor("t", (FEATURE, FEATURE, FEATURE))


def parse(text: str) -> ElementTree.Element:
    """The root element of an SVG text."""
    return ElementTree.fromstring(text)


@st.composite
def mixed_diagrams(draw: st.DrawFn) -> Diagram:
    """Small diagrams with lines, loops, squares and legs."""
    nodes = (HIDDEN, HIDDEN, FEATURE, FEATURE)
    options = [Edge(U, (k, i)) for k in (0, 1) for i in (2, 3)]
    options += [Edge(W, (0, 1)), Edge(W, (1, 1)), Edge(CUBE, (2, 3, 3))]
    edges = draw(st.lists(st.sampled_from(options), max_size=9))
    return Diagram(nodes, tuple(edges), tuple(draw(st.lists(st.integers(0, 3), max_size=3))))


@settings(max_examples=40, deadline=None)
@given(mixed_diagrams())
def test_svg_is_well_formed_and_holds_everything(diagram: Diagram) -> None:
    root = parse(diagram_svg(diagram))
    assert root.tag == SPACE + "svg"
    assert root.get("role") == "img"
    assert [child.tag for child in root[:2]] == [SPACE + "title", SPACE + "desc"]
    assert root[1].text == str(diagram)
    left, top, width, height = (float(part) for part in root.attrib["viewBox"].split())
    assert (left, top) == (0, 0)
    assert (float(root.attrib["width"]), float(root.attrib["height"])) == (width, height)
    for circle in root.iter(SPACE + "circle"):
        radius = float(circle.attrib["r"])
        assert radius <= float(circle.attrib["cx"]) <= width - radius
        assert radius <= float(circle.attrib["cy"]) <= height - radius
    for path in root.iter(SPACE + "path"):
        numbers = [float(part) for part in re.findall(r"-?[\d.]+", path.attrib["d"])]
        assert len(numbers) == 8
        assert all(0 <= x <= width for x in (numbers[0], numbers[6]))
        assert all(0 <= y <= height for y in (numbers[1], numbers[7]))


@settings(max_examples=20, deadline=None)
@given(mixed_diagrams())
def test_svg_has_no_ids_or_outside_references(diagram: Diagram) -> None:
    text = diagram_svg(diagram)
    assert not re.search(r"\b(id|href|class)=|url\(|<style|<script", text)


def test_strokes_show_dashes_and_tooltips() -> None:
    other = Tensor("v", (HIDDEN, FEATURE))
    root = parse(diagram_svg(Diagram.of((U, "k i"), (other, "k i"))))
    paths = list(root.iter(SPACE + "path"))
    assert [path.get("stroke-dasharray") is None for path in paths] == [True, False]
    assert [path.findtext(SPACE + "title") for path in paths] == ["u[k1,i1]", "v[k1,i1]"]


def test_the_empty_diagram_is_the_number_one() -> None:
    assert [text.text for text in parse(diagram_svg(Diagram((), ()))).iter(SPACE + "text")] == ["1"]


@given(st.text())
def test_escaped_text_survives_a_parser(text: str) -> None:
    element = ElementTree.fromstring(f'<a b="{escape(text)}">{escape(text)}</a>')
    forbidden = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
    assert (element.text or "") == forbidden.sub("\ufffd", text).replace("\r\n", "\n").replace(
        "\r", "\n"
    )


def test_captions_are_escaped() -> None:
    caption = "</text><script>alert('1')</script> & \"c\""
    root = parse(diagrams_sheet_svg([(Diagram.of((U, "k i")), caption)], title="<b>"))
    assert caption in [text.text for text in root.iter(SPACE + "text")]
    assert not list(root.iter(SPACE + "script"))
    assert root[0].text == "<b>"


def test_a_sheet_holds_every_diagram_once_and_shares_the_legend() -> None:
    other = Tensor("v", (HIDDEN, FEATURE))
    diagrams = [Diagram.of((U, "k i")), Diagram.of((other, "k i"), (other, "l i"))] * 20
    root = parse(diagrams_sheet_svg([(d, f"number {j}") for j, d in enumerate(diagrams)]))
    cells = root.findall(SPACE + "g")
    assert len(cells) == 40
    assert [len(cell.findall(SPACE + "path")) for cell in cells] == [1, 2] * 20
    colours = {path.attrib["stroke"] for path in cells[1].findall(SPACE + "path")}
    ink = Legend.of(diagrams).ink(other)
    assert colours == {f"#{ink.colour}"}
    assert float(root.attrib["width"]) <= 950
    words = [text.text for text in root.iter(SPACE + "text")]
    assert words.count("hidden (1..H)") == 1
    assert [f"number {j}" in words for j in range(40)] == [True] * 40


def test_cells_of_a_sheet_do_not_overlap() -> None:
    entries = [(Diagram.of(*[(U, f"k i{j}") for j in range(size)]), "x") for size in range(1, 9)]
    root = parse(diagrams_sheet_svg(entries, width=500))
    boxes = []
    for cell, (diagram, _) in zip(root.findall(SPACE + "g"), entries, strict=True):
        x, y = (float(part) for part in re.findall(r"[\d.]+", cell.attrib["transform"]))
        alone = parse(diagram_svg(diagram))
        boxes.append((x, y, x + float(alone.attrib["width"]), y + float(alone.attrib["height"])))
    for number, (left, top, right, bottom) in enumerate(boxes):
        for left_2, top_2, right_2, bottom_2 in boxes[:number]:
            assert right <= left_2 or right_2 <= left or bottom <= top_2 or bottom_2 <= top


def test_an_empty_sheet_is_well_formed() -> None:
    assert parse(diagrams_sheet_svg([])).get("role") == "img"


@pytest.mark.parametrize("width", [0.0, -3.0, float("nan")])
def test_a_sheet_without_width_is_refused(width: float) -> None:
    with pytest.raises(BadInput, match="width of a sheet"):
        diagrams_sheet_svg([], width=width)


def test_the_legend_names_families_and_tensors() -> None:
    root = parse(legend_svg((HIDDEN, FEATURE), (U, W)))
    words = [text.text for text in root.iter(SPACE + "text")]
    assert words == [
        "hidden (1..H)",
        "feature (1..p)",
        "u[hidden,feature]",
        "w[hidden,hidden] frozen",
    ]
    assert len(list(root.iter(SPACE + "path"))) == 2
