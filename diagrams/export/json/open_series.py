"""Expansions with free indices as JSON, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from diagrams.errors import BadInput
from diagrams.export.json.claims import check_open
from diagrams.export.json.codec import document, json_lines, read, written
from diagrams.export.json.documents import parts
from diagrams.export.json.documents import series as documents
from diagrams.export.json.reading import evidence_of, orders, polynomial_of, problem_of
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.tensors import Role
from diagrams.problems.problem import Problem
from diagrams.series.open_series import OpenSeries, leg_names


def open_series_json(series: OpenSeries, command: str | None = None) -> str:
    """Return the series as JSON text."""
    listed = enumerate(series.coefficients)
    content = {
        "convention": f"Y_s = T^s d^s {series.problem.expected}/dt^s at t = 0",
        "indices": list(series.indices),
        "kept": list(series.kept),
        "derivatives": written(listed, list[documents.OpenDerivative], series.problem.sizes),
        "evidence": series.evidence.to_dict(),
    }
    return json_lines(document(documents.OpenSeries, content, series.problem, command))


def open_series_from_json(text: str) -> OpenSeries:
    """Read back a series; raises :class:`~diagrams.errors.BadInput` for anything else.

    >>> from diagrams.series.open_series import expand_open
    >>> from diagrams.problems.cp import cp_problem
    >>> series = expand_open(cp_problem(order=2), 1, "output")
    >>> open_series_from_json(open_series_json(series)) == series
    True
    """
    given = read(text, documents.OpenSeries)
    problem = problem_of(given.problem)
    names, known = tuple(given.indices), leg_names(problem)
    if names != known:
        allowed = f"{', '.join(known) or 'none'}, as the observable has them"
        raise BadInput("indices", ", ".join(names), allowed)
    frozen = {t.name: t for t in problem.tensors if t.is_random and t.role is not Role.TRAINED}
    for name in given.kept:
        if name not in frozen or given.kept.count(name) > 1:
            allowed = f"each once: {', '.join(frozen)}" if frozen else "no tensors: none is frozen"
            raise BadInput("kept", name, allowed)
    coefficients = []
    for s, order in enumerate(orders(given.derivatives, "derivatives")):
        pairs = []
        for number, part in enumerate(order.diagrams):
            field = f"derivatives[{s}].diagrams[{number}]"
            diagram = diagram_of(part.diagram, problem, f"{field}.diagram")
            if len(diagram.legs) != len(names):
                raise BadInput(f"{field}.diagram.legs", len(diagram.legs), f"{len(names)} legs")
            symbols = problem.coefficient_symbols
            terms = polynomial_of(part.coefficient, f"{field}.coefficient", symbols)
            pairs.append((diagram, terms))
        coefficients.append(Combination.of(pairs))
    evidence = evidence_of(given.evidence, len(coefficients) - 1)
    found = OpenSeries(problem, names, tuple(given.kept), tuple(coefficients), evidence)
    return replace(found, evidence=check_open(found).marked(evidence))


def diagram_of(given: parts.Diagram, problem: Problem, field: str) -> Diagram:
    """Return the diagram, made of a problem's families and tensors, that a document describes.

    The counterpart of :func:`~diagrams.export.json.codec.diagram_data`; raises ``BadInput``.
    """
    families = {family.name: family for family in problem.families}
    tensors = {tensor.name: tensor for tensor in problem.tensors}
    count = len(given.nodes)
    for name in given.nodes:
        if name not in families:
            raise BadInput(f"{field}.nodes", name, " or ".join(families))
    edges = []
    for place, edge in enumerate(given.edges):
        where = f"{field}.edges[{place}]"
        if edge.tensor not in tensors:
            raise BadInput(f"{where}.tensor", edge.tensor, " or ".join(tensors))
        ends = _nodes(edge.nodes, f"{where}.nodes", count)
        edges += [Edge(tensors[edge.tensor], ends)] * edge.copies
    legs = _nodes(given.legs, f"{field}.legs", count)
    ordered = tuple(sorted(edges, key=lambda edge: edge.sort_key))
    return Diagram(tuple(families[name] for name in given.nodes), ordered, legs)


def _nodes(numbers: Sequence[int], field: str, count: int) -> tuple[int, ...]:
    for number in numbers:
        if number >= count:
            raise BadInput(field, number, f"integers from 0 to {count - 1}")
    return tuple(numbers)
