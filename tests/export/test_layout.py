"""Layouts and pictures: nothing overlaps, everything is there, numbering does not matter."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import drawn

from diagrams.export.pictures.drawing import SEPARATE_LINES, diagram_picture
from diagrams.export.pictures.layout import place
from diagrams.export.pictures.picture import INKS, NEUTRAL, SHAPES, Legend, Mark, Picture
from diagrams.export.pictures.skeleton import Link, Skeleton
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.tensors import IndexFamily, Role, Tensor

HIDDEN, FEATURE, SAMPLE = (
    IndexFamily("hidden", "H"),
    IndexFamily("feature", "p"),
    IndexFamily("sample", "n"),
)
U = Tensor("u", (HIDDEN, FEATURE))
V = Tensor("v", (HIDDEN, FEATURE), Role.FROZEN)
W = Tensor("w", (HIDDEN, HIDDEN))
BIAS = Tensor("b", (HIDDEN,))
CUBE = Tensor("t", (FEATURE, FEATURE, SAMPLE))
SCALAR = Tensor("c", ())
TENSORS = (U, V, W, BIAS, CUBE, SCALAR)


@st.composite
def any_diagrams(draw: st.DrawFn, largest: int = 6) -> Diagram:
    """Diagrams of every kind: several families, all ranks, loops, legs, isolated nodes."""
    nodes = draw(st.lists(st.sampled_from((HIDDEN, FEATURE, SAMPLE)), max_size=largest))
    edges = []
    for tensor in draw(st.lists(st.sampled_from(TENSORS), max_size=8)):
        choices = [
            [j for j, family in enumerate(nodes) if family == wanted] for wanted in tensor.families
        ]
        if all(choices):
            slots = tuple(draw(st.sampled_from(choice)) for choice in choices)
            edges += [Edge(tensor, slots)] * draw(st.sampled_from((1, 1, 1, 2, 3, 5, 8)))
    legs = draw(st.lists(st.sampled_from(range(len(nodes))), max_size=3)) if nodes else []
    return Diagram(tuple(nodes), tuple(edges), tuple(legs))


def two_colour_ring(size: int) -> Diagram:
    """A ring with ``size`` nodes of alternating families."""
    half = size // 2
    return Diagram.of(*[(U, f"k{j // 2} i{((j + 1) // 2) % half}") for j in range(size)])


def pair_loss(order: int) -> Diagram:
    """Two hidden nodes, both joined to each of ``order`` feature nodes."""
    return Diagram.of(*[(U, f"{k} i{m}") for m in range(order) for k in "kl"])


def count_crossings(picture: Picture) -> int:
    """Pairs of strokes without a common mark that cross, strokes taken as their chords."""

    def side(a: complex, b: complex, c: complex) -> float:
        return ((b - a).conjugate() * (c - a)).imag

    total = 0
    for place_one, one in enumerate(picture.strokes):
        for two in picture.strokes[:place_one]:
            if set(one.ends) & set(two.ends):
                continue
            a, b, c, d = one.at(0), one.at(1), two.at(0), two.at(1)
            total += side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
    return total


def extent(picture: Picture) -> tuple[float, float]:
    """Width and height."""
    left, bottom, right, top = picture.box
    return right - left, top - bottom


def apart(mark: Mark, other: Mark) -> float:
    """The distance of two centres."""
    return math.dist(mark.centre, other.centre)


@settings(max_examples=drawn(20), deadline=None)
@given(any_diagrams())
def test_marks_do_not_overlap(diagram: Diagram) -> None:
    marks = diagram_picture(diagram).marks
    for number, mark in enumerate(marks):
        for other in marks[:number]:
            assert apart(mark, other) > 1.5 * (mark.radius + other.radius)


@settings(max_examples=drawn(20), deadline=None)
@given(any_diagrams())
def test_strokes_start_and_end_at_the_borders_of_their_marks(diagram: Diagram) -> None:
    picture = diagram_picture(diagram)
    for stroke in picture.strokes:
        for end, spot in zip(stroke.ends, (stroke.path[0], stroke.path[3]), strict=True):
            if end is None:
                assert stroke.ink == NEUTRAL
                continue
            mark = picture.marks[end]
            way = math.atan2(spot[1] - mark.centre[1], spot[0] - mark.centre[0])
            assert abs(complex(*spot) - mark.border(way)) < 2e-3
            assert 0.5 * mark.radius < math.dist(spot, mark.centre) < 1.6 * mark.radius


@settings(max_examples=drawn(20), deadline=None)
@given(any_diagrams())
def test_every_edge_is_drawn_with_its_multiplicity(diagram: Diagram) -> None:
    picture = diagram_picture(diagram)
    drawn: dict[tuple[str, int], int] = {}
    for stroke in picture.strokes:
        if stroke.ink != NEUTRAL:
            key = (stroke.meaning, 0)
            drawn[key] = drawn.get(key, 0) + stroke.multiplicity
    names = diagram.index_names()
    wanted: dict[tuple[str, int], int] = {}
    for edge in diagram.edges:
        if edge.tensor.rank:
            entry = f"{edge.tensor.name}[{','.join(names[node] for node in edge.nodes)}]"
            lines = 1 if edge.tensor.rank == 2 else edge.tensor.rank
            wanted[entry, 0] = wanted.get((entry, 0), 0) + lines
    assert drawn == wanted
    legs = [stroke for stroke in picture.strokes if stroke.ends[1] is None]
    assert len(legs) == len(diagram.legs)
    written = sorted(label.text for label in picture.labels if label.text.startswith("\u00d7"))
    thick = [s.multiplicity for s in picture.strokes if s.multiplicity > 1]
    assert {int(text[1:]) for text in written} >= set(thick)


@settings(max_examples=40, deadline=None)
@given(any_diagrams(5), st.randoms(use_true_random=False))
def test_renumbered_diagrams_are_drawn_equally_large(diagram: Diagram, random: object) -> None:
    order = list(range(len(diagram.nodes)))
    random.shuffle(order)  # type: ignore[attr-defined]
    first, second = diagram_picture(diagram), diagram_picture(diagram.relabel(order))
    assert extent(first) == pytest.approx(extent(second), abs=1e-3)
    assert sorted(m.shape for m in first.marks) == sorted(m.shape for m in second.marks)
    assert len(first.strokes) == len(second.strokes)


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(8)))
def test_a_regular_graph_is_drawn_equally_large_whatever_its_numbering(order: list[int]) -> None:
    # Cubic, with eight nodes of one kind that are not all equivalent.
    pairs = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (7, 0)]
    pairs += [(0, 2), (1, 4), (3, 6), (5, 7)]
    links = tuple(Link(order[a], order[b]) for a, b in pairs)
    spots = place(Skeleton(("node",) * 8, links))
    plain = place(Skeleton(("node",) * 8, tuple(Link(a, b) for a, b in pairs)))
    assert sorted(round(math.dist(a, b), 2) for a in spots for b in spots) == pytest.approx(
        sorted(round(math.dist(a, b), 2) for a in plain for b in plain), abs=0.011
    )


@pytest.mark.parametrize("size", [4, 6, 8, 10, 12])
def test_rings_are_regular_polygons(size: int) -> None:
    marks = diagram_picture(two_colour_ring(size)).marks
    middle = complex(
        sum(mark.centre[0] for mark in marks) / size, sum(mark.centre[1] for mark in marks) / size
    )
    radii = [abs(complex(*mark.centre) - middle) for mark in marks]
    assert max(radii) - min(radii) < 1e-3
    assert max(radii) == pytest.approx(1 / (2 * math.sin(math.pi / size)), abs=1e-3)


@pytest.mark.parametrize("order", [2, 3, 4, 6, 9])
def test_planar_diagrams_are_drawn_without_crossings(order: int) -> None:
    assert count_crossings(diagram_picture(pair_loss(order))) == 0


def test_chains_are_straight() -> None:
    chain = Diagram.of((U, "k i"), (U, "k j"), (U, "l j"), legs="i l")
    assert {mark.centre[1] for mark in diagram_picture(chain).marks} == {0.0}


def test_components_stand_side_by_side() -> None:
    ring = two_colour_ring(6)
    width, _ = extent(diagram_picture(ring))
    both, height = extent(diagram_picture(ring @ ring))
    assert both > 2 * width
    assert height == pytest.approx(extent(diagram_picture(ring))[1])


@pytest.mark.parametrize("copies", [1, 2, 4, 5, 9])
def test_parallel_edges_bend_apart_until_they_become_one_thick_line(copies: int) -> None:
    picture = diagram_picture(Diagram.of(*[(U, "k i")] * copies))
    if copies <= SEPARATE_LINES:
        middles = [stroke.at(0.5).imag for stroke in picture.strokes]
        assert len(middles) == copies
        gaps = [b - a for a, b in zip(sorted(middles), sorted(middles)[1:], strict=False)]
        assert all(gap > 0.08 for gap in gaps)
        assert not picture.labels
    else:
        assert [stroke.multiplicity for stroke in picture.strokes] == [copies]
        assert [label.text for label in picture.labels] == [f"\u00d7{copies}"]


def test_arrows_tell_the_slots_of_one_family_apart() -> None:
    picture = diagram_picture(Diagram.of((W, "k l"), (W, "l m"), (W, "k m")))
    for arrow in picture.strokes:
        start, stop = (complex(*picture.marks[end].centre) for end in arrow.ends if end is not None)
        tip, *tails = (complex(*corner) for corner in arrow.arrow_head())
        assert arrow.arrow
        assert all(abs(tip - stop) < abs(tail - stop) for tail in tails)
        assert all(abs(tip - start) > abs(tail - start) for tail in tails)
    assert [stroke.ends for stroke in picture.strokes] == [(0, 1), (0, 2), (1, 2)]
    assert not any(s.arrow for s in diagram_picture(Diagram.of((U, "k i"))).strokes)


def test_slots_of_a_square_are_numbered_where_families_do_not_tell() -> None:
    picture = diagram_picture(Diagram.of((CUBE, "i j s")))
    assert sorted(label.text for label in picture.labels) == ["1", "2"]


def test_families_and_tensors_look_different_in_grey() -> None:
    assert len(set(SHAPES)) == len(SHAPES) >= 5
    assert len({ink.dashes for ink in INKS[:7]}) == 7
    assert len(set(INKS)) == len(INKS)


@pytest.mark.parametrize("ink", [*INKS, NEUTRAL])
def test_inks_are_visible_on_white_and_on_dark(ink: object) -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    own = luminance(ink.colour)  # type: ignore[attr-defined]
    assert 1.05 / (own + 0.05) >= 3
    assert (own + 0.05) / (luminance("1e1e1e") + 0.05) >= 3


def test_a_shared_legend_keeps_inks() -> None:
    both = Legend.of([Diagram.of((U, "k i"), (V, "k i"))])
    alone = diagram_picture(Diagram.of((V, "k i")), both)
    assert alone.strokes[0].ink == both.ink(V) != both.ink(U)


def test_a_legend_that_lacks_a_tensor_is_refused() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        diagram_picture(Diagram.of((V, "k i")), Legend((HIDDEN, FEATURE), (U,)))


def test_thirty_nodes_stay_readable() -> None:
    edges = [(U, f"k{j % 10} i{(7 * j + j // 10) % 20}") for j in range(45)]
    diagram = Diagram.of(*edges)
    assert len(diagram.nodes) == 30
    marks = diagram_picture(diagram).marks
    assert min(apart(a, b) for a in marks for b in marks if a is not b) > 0.35
