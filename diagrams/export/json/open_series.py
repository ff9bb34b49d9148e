"""Expansions with free indices as JSON (``wickflow.open_series/1``), and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from diagrams.errors import BadInput
from diagrams.export.json.claims import check_open
from diagrams.export.json.codec import diagram_data, json_lines
from diagrams.export.json.reading import document_at, evidence_at, orders_at, problem_at, whole_at
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.tensors import Role
from diagrams.polynomials.plain_data import (
    array_at,
    object_at,
    plain_value,
    polynomial_data,
    polynomial_from_data,
)
from diagrams.problems.problem import Problem
from diagrams.provenance import stamp
from diagrams.series.open_series import OpenSeries, leg_names

SCHEMA = "wickflow.open_series/1"
COPIES_LIMIT = 1000
NODES_LIMIT = 10_000


def open_series_json(series: OpenSeries, command: str | None = None) -> str:
    """Return the series as JSON text."""
    sizes = series.problem.sizes
    return json_lines(
        {
            "schema": SCHEMA,
            "problem": series.problem.to_dict(),
            "convention": f"Y_s = T^s d^s {series.problem.expected}/dt^s at t = 0",
            "indices": list(series.indices),
            "kept": list(series.kept),
            "derivatives": [
                {
                    "s": s,
                    "diagrams": [
                        {
                            "diagram": diagram_data(diagram),
                            "coefficient": polynomial_data(coefficient, sizes),
                        }
                        for diagram, coefficient in combination
                    ],
                }
                for s, combination in enumerate(series.coefficients)
            ],
            "evidence": series.evidence.to_dict(),
            "provenance": stamp(series.problem.spec, command),
        }
    )


def open_series_from_json(text: str) -> OpenSeries:
    """Read back a series; raises :class:`~diagrams.errors.BadInput` for anything else.

    >>> from diagrams.series.open_series import expand_open
    >>> from diagrams.problems.cp import cp_problem
    >>> series = expand_open(cp_problem(order=2), 1, "output")
    >>> open_series_from_json(open_series_json(series)) == series
    True
    """
    document = document_at(text, SCHEMA)
    problem = problem_at(document)
    names = _names(document.get("indices"), "indices")
    known = leg_names(problem)
    if names != known:
        allowed = f"{', '.join(known) or 'none'}, as the observable has them"
        raise BadInput("indices", ", ".join(names), allowed)
    kept = _names(document.get("kept"), "kept")
    frozen = {t.name: t for t in problem.tensors if t.is_random and t.role is not Role.TRAINED}
    for name in kept:
        if name not in frozen:
            raise BadInput("kept", name, ", ".join(frozen) or "no tensors: none is frozen")
    coefficients = []
    for s, item in enumerate(orders_at(document, "derivatives")):
        where = f"derivatives[{s}]"
        parts = []
        for number, part in enumerate(array_at(item.get("diagrams"), f"{where}.diagrams")):
            field = f"{where}.diagrams[{number}]"
            diagram = diagram_from_data(
                object_at(part, field).get("diagram"), problem, f"{field}.diagram"
            )
            if len(diagram.legs) != len(names):
                raise BadInput(f"{field}.diagram.legs", len(diagram.legs), f"{len(names)} legs")
            terms = polynomial_from_data(
                part.get("coefficient"), f"{field}.coefficient", problem.symbols
            )
            parts.append((diagram, terms))
        coefficients.append(Combination.of(parts))
    evidence = evidence_at(document.get("evidence"), len(coefficients) - 1)
    found = OpenSeries(problem, names, kept, tuple(coefficients), evidence)
    return replace(found, evidence=check_open(found).marked(evidence))


def diagram_from_data(data: object, problem: Problem, field: str) -> Diagram:
    """Return the diagram, made of a problem's families and tensors, that data describe.

    The counterpart of :func:`~diagrams.export.json.codec.diagram_data`; raises ``BadInput``.
    """
    given = object_at(data, field)
    families = {family.name: family for family in problem.families}
    tensors = {tensor.name: tensor for tensor in problem.tensors}
    nodes = array_at(given.get("nodes"), f"{field}.nodes")
    if len(nodes) > NODES_LIMIT:
        raise BadInput(f"{field}.nodes", f"{len(nodes)} nodes", f"at most {NODES_LIMIT}")
    for name in nodes:
        if not isinstance(name, str) or name not in families:
            raise BadInput(f"{field}.nodes", plain_value(name), " or ".join(families))
    edges = []
    for place, item in enumerate(array_at(given.get("edges"), f"{field}.edges")):
        where = f"{field}.edges[{place}]"
        name = object_at(item, where).get("tensor")
        if not isinstance(name, str) or name not in tensors:
            raise BadInput(f"{where}.tensor", plain_value(name), " or ".join(tensors))
        copies = whole_at(item.get("copies"), f"{where}.copies", COPIES_LIMIT, 1)
        ends = _integers(item, "nodes", where, len(nodes))
        edges += [Edge(tensors[name], ends)] * copies
    legs = _integers(given, "legs", field, len(nodes))
    ordered = tuple(sorted(edges, key=lambda edge: edge.sort_key))
    return Diagram(tuple(families[name] for name in nodes), ordered, legs)


def _names(data: object, field: str) -> tuple[str, ...]:
    names = array_at(data, field)
    for name in names:
        if not isinstance(name, str) or not name.isidentifier():
            raise BadInput(field, plain_value(name), "names")
    if len(set(names)) < len(names):
        raise BadInput(field, ", ".join(names), "every name once")
    return tuple(names)


def _integers(item: Mapping[str, Any], key: str, where: str, below: int) -> tuple[int, ...]:
    numbers = array_at(item.get(key), f"{where}.{key}")
    for number in numbers:
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < below:
            raise BadInput(f"{where}.{key}", plain_value(number), f"integers from 0 to {below - 1}")
    return tuple(numbers)
