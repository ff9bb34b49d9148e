"""Documents as blocks: built once, and written whole in every format."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import sympy
from test_report import HOSTILE, Balanced

from diagrams.agreement.comparing import agreement_of
from diagrams.checking import check
from diagrams.display import Displayed
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.solving import solve
from diagrams.evidence import Evidence, Kind
from diagrams.export.content import blocks as b
from diagrams.export.content.citation import citation
from diagrams.export.content.writer import Writer
from diagrams.export.html.writer import HtmlWriter
from diagrams.export.latex.fragments import document_of
from diagrams.export.latex.writer import LatexWriter
from diagrams.export.markdown import MarkdownWriter, markdown_document
from diagrams.export.registry import WRITERS as REGISTERED
from diagrams.export.registry import formats
from diagrams.export.text.writer import TextWriter
from diagrams.flow import simulate
from diagrams.flow.simulation import Simulation
from diagrams.mean_fields.curves import MeanFieldCurve
from diagrams.mean_fields.mean_field import EXAMPLE, MeanField, mean_field
from diagrams.order_parameters.closing import close
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import parse_problem
from diagrams.scaling.fronts.front import fronts
from diagrams.scaling.fronts.front_theorem import proved_front_law
from diagrams.scaling.orders.law import order_law
from diagrams.scaling.regimes.boundaries import boundaries
from diagrams.scaling.regimes.dominance import locate_at
from diagrams.scaling.regimes.finding import Regimes, regimes
from diagrams.scaling.regimes.location import locate
from diagrams.scaling.regimes.parameterisation import parameterise
from diagrams.series.brackets import brackets
from diagrams.series.classes import diagram_table
from diagrams.series.correlations import weak_correlations
from diagrams.series.departures import departure
from diagrams.series.descent import descent
from diagrams.series.expansion import Series, expand
from diagrams.series.levels import levels
from diagrams.series.open_series import expand_open
from diagrams.series.spectra import split_levels

TWO = """
families = {hidden = "N"}
tensors.a = {families = ["hidden"], role = "trained", variance = "v", rate = "r"}
tensors.b = {families = ["hidden"], role = "trained", variance = 1, rate = "r"}
model = {output = "a[k] b[k]", target = "y"}
loss = {kind = "squared error", over = []}
"""
FREE = cp_problem(order=3, ties="asym", target="zero")


@lru_cache
def series() -> Series:
    return expand(cp_problem(order=2), 2)


@lru_cache
def found_regimes() -> Regimes:
    return regimes(series())


@lru_cache
def solution() -> Solution:
    return solve(FREE, regime="A")


@lru_cache
def run() -> Simulation:
    return simulate(FREE, p=4, H=2, sigma=0.5, until=1, seeds=2, points=3)


def comparison() -> Displayed:
    t, p = sympy.symbols("t p")
    return check(cp_problem(order=2), p * sympy.exp(-4 * t), terms=1)


def split() -> Displayed:
    text = TWO.replace('"v"', '"1"').replace('"r"', '"N"').replace("b[k]", "b[k] / N")
    return split_levels(parse_problem(text), {"norm": "a[i]^2"}, 2, {"N": 1})


def correlations() -> Displayed:
    text = (
        TWO.replace("b[k]", "b[k] / sqrt(N)")
        .replace('"v", rate = "r"', '"1"')
        .replace(', rate = "r"', "")
    )
    return weak_correlations(parse_problem(text), {"N": 1}, 2)


def long_time() -> Displayed:
    text = """
families = {feature = "d"}
tensors.w = {families = ["feature"], role = "trained", variance = 1}
tensors.x = {families = ["feature"], role = "frozen", variance = "1/d"}
model = {output = "w[i] x[i]", target = "1"}
loss = {kind = "squared error", over = []}
"""
    return brackets(expand(parse_problem(text), 3), {"d": 2}, [1])


def trees() -> MeanField:
    return mean_field(parse_problem(EXAMPLE), {"d": 1, "n": "delta*d"})


def fitted() -> Displayed:
    times = np.geomspace(1, 100, 20)
    evidence = Evidence(Kind.NUMERICAL, "a formula")
    return MeanFieldCurve(times, 1 + 1 / times, 0 * times, "a formula", evidence).late_end()


VALUES: dict[str, Callable[[], Displayed]] = {
    "hostile": lambda: parse_problem(HOSTILE),
    "preset": lambda: cp_problem(order=2),
    "diagram": lambda: next(iter(cp_problem(order=2).observable))[0],
    "combination": lambda: cp_problem(order=2).observable,
    "series": series,
    "departure": lambda: departure(cp_problem(order=3, ties="asym", target="modular"), terms=1),
    "class": lambda: diagram_table(cp_problem(order=2), 1).orders[1][0],
    "table": lambda: diagram_table(cp_problem(order=2), 1),
    "correlations": correlations,
    "levels": lambda: levels(series(), {"p": 1, "H": 1}),
    "descent": lambda: descent(series().problem, terms=1),
    "split": split,
    "open series": lambda: expand_open(cp_problem(order=2), 1, "output"),
    "long time": long_time,
    "front": lambda: fronts(series()).orders[1],
    "fronts": lambda: fronts(series()),
    "front law": lambda: proved_front_law(cp_problem(order=2)),
    "regime": lambda: found_regimes()["E-A"],
    "regimes": found_regimes,
    "boundary": lambda: boundaries(found_regimes())[0],
    "location": lambda: locate(found_regimes(), H=2, sigma=-1),
    "standing": lambda: locate_at(found_regimes(), series(), {"p": 64, "H": 65536, "sigma": 1}),
    "parameterisation": lambda: parameterise(
        parse_problem(TWO), ["output^2"], regime={"N": 1}, unknown=["v", "r"]
    ),
    "order law": lambda: order_law(
        {nu: regimes(cp_problem(order=nu), terms=2) for nu in (2, 4, 6)}
    ),
    "closed": lambda: close(cp_problem(order=2, target="zero"), ["hidden"]),
    "restricted": lambda: close(cp_problem(order=2), ["hidden"]).restrict(
        {"u_u[i,j]": "s delta[i,j]"}
    ),
    "solution": solution,
    "simulation": run,
    "agreement": lambda: agreement_of(run(), solution()),
    "comparison": comparison,
    "citation": citation,
    "mean field": lambda: trees().certified(3),
    "melons": lambda: mean_field(
        cp_problem(order=3, ties="asym", target="zero"), {"p": 1, "H": "y*p^2", "sigma": "p^(-1/2)"}
    ),
    "mean-field certificate": lambda: trees().certify(2),
    "mean-field curve": lambda: trees().integrate([0, 0.01], delta=1),
    "late end": fitted,
    "two times": lambda: trees().two_times(0.1, 4, delta=1),
    "polynomial": lambda: series().coefficient(1),
    "evidence": lambda: series().evidence,
}
VALUES["order regime"] = lambda: VALUES["order law"]().members[0]  # type: ignore[attr-defined]
WRITERS = (LatexWriter(), HtmlWriter(), TextWriter(), MarkdownWriter())


def pieces(part: Any) -> Iterator[b.Piece]:
    """All words and formulas in a part of a document that paper and screens have alike."""
    if isinstance(part, str | b.Math | b.Prose):
        yield part
    elif isinstance(part, b.Table):
        kept = [k for k, column in enumerate(part.columns) if column.width]
        for row in part.rows:
            for k in kept:
                yield from pieces(row[k])
    elif isinstance(part, b.Note) and part.evidence is not None:
        (said,) = part.pieces  # whose kind a page has in a frame
        yield dataclasses.replace(said, text=said.text.partition(": ")[2])  # type: ignore[type-var]
    elif isinstance(part, b.Section | b.Listed):
        yield from pieces(part.blocks if isinstance(part, b.Section) else part.items)
    elif isinstance(part, b.Paragraph | b.Note):
        yield from pieces(part.pieces)
    elif isinstance(part, tuple):
        for inner in part:
            yield from pieces(inner)


def test_no_kind_of_value_is_left_out() -> None:
    documents = {kind for kind, row in REGISTERED.items() if {"document", "fragment"} & set(row)}
    shown = {kind for make in VALUES.values() for kind in type(make()).__mro__}
    names = {f"{kind.__module__}:{kind.__qualname__}" for kind in shown}
    assert documents - names == {"diagrams.export.content.blocks:Document"}


def bare(text: str) -> str:
    """A text without spaces, and without the dollars between formulas in a row."""
    return re.sub(r"[\s$]", "", text)


@pytest.mark.parametrize("name", VALUES)
def test_every_format_holds_all_of_a_document(name: str) -> None:
    document = document_of(VALUES[name]())
    parts = [piece for piece in pieces(document.blocks) if piece != ""]
    formulas = [block for block in document.blocks if isinstance(block, b.Formula | b.Rows)]
    assert parts or formulas
    for writer in WRITERS:
        if parts:
            written = bare("".join(writer.lines(document.blocks)))
        for piece in parts:
            assert bare(writer.piece(piece)) in written, (type(writer), piece)


@pytest.mark.parametrize("name", VALUES)
def test_every_format_is_well_formed(name: str) -> None:
    value = VALUES[name]()
    document = document_of(value)
    if "document" in formats(type(value)):
        page = Balanced()
        page.feed("".join(HtmlWriter().lines(document.blocks)))
        page.close()
        assert page.open == []
        assert page.seen
    markdown = value.to_markdown("wickflow ..")
    assert len(re.findall(r"(?<!\\)\$", markdown)) % 2 == 0
    words = re.sub(r"(?<!\\)\$.*?(?<!\\)\$", "", markdown, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)<", words.replace("`", ""))
    for rows in re.findall(r"(?:^\|.*\|$\n?)+", markdown, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows.splitlines()}) == 1
    latex = value.to_latex(standalone=True)
    assert latex.count("\\begin{") == latex.count("\\end{")
    bare = re.sub(r"\\[{}\\]", "", latex)
    assert bare.count("{") == bare.count("}")


def test_words_of_markdown_are_escaped() -> None:
    found = markdown_document(b.Document("<b>", (b.said("| $x$ *y* [z](w)"),)))
    assert found.splitlines()[0] == "# \\<b\\>"
    assert "\\| \\$x\\$ \\*y\\* \\[z\\](w)" in found


def test_every_kind_of_block_has_a_method_of_every_writer() -> None:
    kinds = {kind.__name__.lower() for kind in b.Block.__args__}
    assert kinds <= {name.removeprefix("_") for name in Writer.__abstractmethods__}
    assert all(dataclasses.is_dataclass(kind) for kind in b.Block.__args__)
    with pytest.raises(TypeError, match="abstract"):
        type("Half", (Writer,), {})()
