"""The registry: every line of it leads somewhere, and one line is all that a format needs."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest

from diagrams.display import Displayed
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.export import registry
from diagrams.export.registry import READERS, WRITERS, formats
from diagrams.problems.cp import CPProblem, cp_problem
from diagrams.problems.problem import Problem

WRITTEN = ("fragment", "document", "lines", "bibtex", "preview", "svg", "html", "pdf", "png")
OPTIONS = {
    "latex": {"standalone", "macros", "symbols", "command", "brief"},
    "json": {"command"},
    "markdown": {"command"},
    "text": {"width"},
    "csv": {"command"},
    "graphml": {"command"},
    "tikz": {"standalone"},
    **{name: set() for name in (*WRITTEN, "sketch", "dataframe")},
    "axes": {"ax"},
}
"""What :class:`Displayed` gives to the writers of a format."""

LINES = [(kind, name, place) for kind, row in WRITERS.items() for name, place in row.items()]


def found(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


@pytest.mark.parametrize(("kind", "name", "place"), LINES)
def test_every_line_leads_from_a_value_to_a_writer(kind: str, name: str, place: str) -> None:
    assert issubclass(found(kind), Displayed)
    parameters = inspect.signature(found(place)).parameters
    assert set(parameters) >= OPTIONS[name]
    needed = {p.name for p in parameters.values() if p.default is p.empty} - {"style", "times"}
    assert len(needed) == 1


def test_every_reader_reads_what_a_writer_wrote() -> None:
    for kind, row in READERS.items():
        for name, place in row.items():
            assert name in WRITERS[kind]
            assert list(inspect.signature(found(place)).parameters) == ["text"]


def test_every_value_has_a_formula_or_a_document() -> None:
    for kind in WRITERS:
        found(kind)

    def below(kind: type) -> set[type]:
        return {kind}.union(*map(below, kind.__subclasses__()))

    values = {k for k in below(Displayed) - {Displayed} if k.__module__.startswith("diagrams.")}
    assert len(values) >= len(WRITERS) - 1
    assert not {kind for kind in values if not {"fragment", "document"} & set(formats(kind))}


def test_a_value_without_a_line_is_written_as_its_base_class() -> None:
    assert formats(CPProblem) == formats(Problem)
    assert cp_problem(2).to_latex() == cp_problem(2).render("fragment").text


def test_a_format_that_a_value_has_not_is_refused_with_those_that_it_has() -> None:
    evidence = Evidence(Kind.EXACT, "counted")
    for refused in (evidence.to_json, evidence.to_csv, evidence.to_svg, evidence.to_pdf):
        with pytest.raises(
            BadInput, match=r"^format: '\w+' .* html, latex, markdown, preview \(of Ev"
        ):
            refused()
    with pytest.raises(BadInput, match="none .of Evidence"):
        Evidence.from_json("{}")
    assert evidence._repr_svg_() is None
    assert evidence._repr_latex_() is None
    assert "counted" in str(evidence._repr_html_())
    assert evidence.to_text() == str(evidence) == "exact: counted"


def test_a_value_that_nobody_writes_shows_its_fields() -> None:
    @dataclass(frozen=True)
    class Bare(Displayed):
        size: int

    assert str(Bare(2)) == Bare(2).to_text(80) == repr(Bare(2))
    with pytest.raises(BadInput, match="html, latex, markdown, preview .of Bare"):
        Bare(2).to_json()


def heading(problem: Problem) -> str:
    """A new format: one writer."""
    return f"## {problem.title}"


def test_a_new_format_is_one_writer_and_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    row: Any = WRITERS["diagrams.problems.problem:Problem"]
    monkeypatch.setitem(row, "heading", f"{__name__}:heading")
    monkeypatch.setattr(registry, "import_module", lambda name: __import__("sys").modules[name])
    assert cp_problem(2).render("heading") == f"## {cp_problem(2).title}"
