"""Levels of a size expansion as JSON (``wickflow.levels/1``), and back."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from diagrams.errors import BadInput
from diagrams.export.json.claims import Recomputed, recomputed_series
from diagrams.export.json.codec import json_lines
from diagrams.export.json.reading import document_at, evidence_at, orders_at, problem_at
from diagrams.polynomials.plain_data import (
    array_at,
    exponent_at,
    object_at,
    polynomial_data,
    polynomial_from_data,
)
from diagrams.polynomials.polynomial import Polynomial, check_symbol
from diagrams.problems.problem import Problem
from diagrams.provenance import stamp
from diagrams.series.levels import Levels, Row, levels

SCHEMA = "wickflow.levels/1"


def levels_json(found: Levels, command: str | None = None) -> str:
    """Return the levels as JSON text; the problem is part of it where it is known."""
    problem = found.problem
    data: dict[str, object] = {"schema": SCHEMA}
    if problem is not None:
        data["problem"] = problem.to_dict()
        data["convention"] = f"Y_s = T^s d^s {problem.expected}/dt^s at t = 0"
    data |= {
        "symbol": found.symbol,
        "scaling": [
            {"symbol": name, "monomial": polynomial_data(value)} for name, value in found.scaling
        ],
        "derivatives": [
            {
                "s": s,
                "levels": [
                    {"exponent": str(exponent), "terms": polynomial_data(polynomial)}
                    for exponent, polynomial in row
                ],
            }
            for s, row in enumerate(found.rows)
        ],
        "left_out": None if found.left_out is None else str(found.left_out),
        "evidence": found.evidence.to_dict(),
    }
    if problem is not None:
        data["provenance"] = stamp(problem.spec, command)
    return json_lines(data)


def levels_from_json(text: str) -> Levels:
    """Read back levels; raises :class:`~diagrams.errors.BadInput` for anything else.

    >>> from diagrams.polynomials.polynomial import Polynomial
    >>> from diagrams.series.levels import levels
    >>> N = Polynomial.symbol("N")
    >>> found = levels([N**2 + N, N], {"N": 1}, count=1)
    >>> levels_from_json(levels_json(found)) == found
    True
    """
    document = document_at(text, SCHEMA)
    problem = problem_at(document) if "problem" in document else None
    symbol = check_symbol(document.get("symbol"))
    scaling: dict[str, Polynomial] = {}
    for place, item in enumerate(array_at(document.get("scaling"), "scaling")):
        where = f"scaling[{place}]"
        name = check_symbol(object_at(item, where).get("symbol"), f"{where}.symbol")
        monomial = polynomial_from_data(item.get("monomial"), f"{where}.monomial")
        if not monomial.is_monomial or name in scaling:
            raise BadInput(f"{where}.monomial", str(monomial), "one monomial for every symbol")
        scaling[name] = monomial
    if scaling.get(symbol) != Polynomial.symbol(symbol):
        raise BadInput("symbol", symbol, "the large parameter, itself part of scaling")
    left_out = document.get("left_out")
    bound = None if left_out is None else exponent_at(left_out, "left_out")
    rows = tuple(
        _row(item, f"derivatives[{s}]", symbol, bound)
        for s, item in enumerate(orders_at(document, "derivatives"))
    )
    evidence = evidence_at(document.get("evidence"), len(rows) - 1)
    if problem is not None:
        evidence = _recomputed(problem, symbol, scaling, rows, bound).marked(evidence)
    return Levels(symbol, tuple(sorted(scaling.items())), rows, bound, evidence, problem)


def _recomputed(
    problem: Problem,
    symbol: str,
    scaling: dict[str, Polynomial],
    rows: tuple[Row, ...],
    bound: Fraction | None,
) -> Recomputed:
    """Hold the rows of low orders against the problem; see :mod:`diagrams.export.json.claims`."""
    exact = recomputed_series(problem, len(rows))
    if exact is None:
        return Recomputed(0, len(rows))
    occurring = {name for polynomial in exact for name in polynomial.symbols} | {symbol}
    known = {n: v for n, v in scaling.items() if n in occurring or n in problem.sizes}
    found = levels(exact, known)
    for s, row in enumerate(found.rows):
        if rows[s] != tuple(level for level in row if bound is None or level[0] > bound):
            raise BadInput(f"derivatives[{s}]", "other levels", f"those of Y_{s} of the problem")
    return Recomputed(len(exact), len(rows), found.evidence)


def _row(item: Any, where: str, symbol: str, bound: Fraction | None) -> Row:
    row: list[tuple[Fraction, Polynomial]] = []
    for place, level in enumerate(array_at(item.get("levels"), f"{where}.levels")):
        field = f"{where}.levels[{place}]"
        exponent = exponent_at(object_at(level, field).get("exponent"), f"{field}.exponent")
        if (row and exponent >= row[-1][0]) or (bound is not None and exponent <= bound):
            allowed = "exponents that fall, all above the one left out"
            raise BadInput(f"{field}.exponent", str(exponent), allowed)
        polynomial = polynomial_from_data(level.get("terms"), f"{field}.terms")
        if not polynomial or symbol in polynomial.symbols:
            raise BadInput(f"{field}.terms", str(polynomial), f"not zero, and without {symbol}")
        row.append((exponent, polynomial))
    return tuple(row)
