"""Levels of a size expansion as JSON, and back."""

from __future__ import annotations

from fractions import Fraction

from diagrams.errors import BadInput
from diagrams.export.json.claims import Recomputed, check_averages, recomputed_series
from diagrams.export.json.codec import document, json_lines, read, written
from diagrams.export.json.documents import series
from diagrams.export.json.documents.series import LeveledDerivative
from diagrams.export.json.reading import averages_of, evidence_of, orders, polynomial_of, problem_of
from diagrams.polynomials.average_symbols import AverageTable, averages_data
from diagrams.polynomials.plain_data import exponent_at
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.series.levels import Levels, Row, levels


def levels_json(found: Levels, command: str | None = None) -> str:
    """Return the levels as JSON text; the problem is part of it where it is known."""
    problem = found.problem
    said = {"convention": f"Y_s = T^s d^s {problem.expected}/dt^s at t = 0"} if problem else {}
    content = {
        **said,
        "symbol": found.symbol,
        "scaling": written(found.scaling, list[series.Scaled]),
        "derivatives": written(enumerate(found.rows), list[LeveledDerivative]),
        **averages_data(polynomial for row in found.rows for _, polynomial in row),
        "left_out": None if found.left_out is None else str(found.left_out),
        "leading_only": found.leading_only,
        "evidence": found.evidence.to_dict(),
    }
    return json_lines(document(series.Levels, content, problem, command))


def levels_from_json(text: str) -> Levels:
    """Read back levels; raises :class:`~diagrams.errors.BadInput` for anything else.

    >>> from diagrams.polynomials.polynomial import Polynomial
    >>> from diagrams.series.levels import levels
    >>> N = Polynomial.symbol("N")
    >>> found = levels([N**2 + N, N], {"N": 1}, count=1)
    >>> levels_from_json(levels_json(found)) == found
    True
    """
    given = read(text, series.Levels)
    problem = problem_of(given.problem) if isinstance(given.problem, dict) else None
    scaling: dict[str, Polynomial] = {}
    for place, item in enumerate(given.scaling):
        where = f"scaling[{place}].monomial"
        monomial = polynomial_of(item.monomial, where)
        if not monomial.is_monomial or item.symbol in scaling:
            raise BadInput(where, str(monomial), "one monomial for every symbol")
        scaling[item.symbol] = monomial
    if scaling.get(given.symbol) != Polynomial.symbol(given.symbol):
        raise BadInput("symbol", given.symbol, "the large parameter, itself part of scaling")
    bound = None if given.left_out is None else exponent_at(given.left_out, "left_out")
    table = averages_of(given.averages, problem)
    rows = tuple(
        _row(order, given.symbol, bound, table)
        for order in orders(given.derivatives, "derivatives")
    )
    only = given.leading_only
    if only and any(len(row) > 1 for row in rows):
        raise BadInput("leading_only", only, "one level for every order at most")
    evidence = evidence_of(given.evidence, len(rows) - 1)
    if problem is not None:
        recomputed = _recomputed(problem, given.symbol, scaling, rows, bound, only)
        evidence = recomputed.marked(evidence)
    placed = tuple(sorted(scaling.items()))
    return Levels(given.symbol, placed, rows, bound, evidence, problem, only)


def _recomputed(
    problem: Problem,
    symbol: str,
    scaling: dict[str, Polynomial],
    rows: tuple[Row, ...],
    bound: Fraction | None,
    only: bool,
) -> Recomputed:
    """Hold the rows of low orders against the problem; see :mod:`diagrams.export.json.claims`."""
    exact = recomputed_series(problem, len(rows))
    if exact is None:
        return Recomputed(0, len(rows))
    occurring = {name for polynomial in exact for name in polynomial.symbols} | {symbol}
    known = {n: v for n, v in scaling.items() if n in occurring or n in problem.sizes}
    found = levels(exact, known)
    for s, row in enumerate(found.rows):
        kept = tuple(level for level in row if bound is None or level[0] > bound)
        if rows[s] != (kept[:1] if only else kept):
            raise BadInput(f"derivatives[{s}]", "other levels", f"those of Y_{s} of the problem")
    check_averages((polynomial for row in rows for _, polynomial in row), exact.coefficients)
    return Recomputed(len(exact), len(rows), found.evidence)


def _row(order: LeveledDerivative, symbol: str, bound: Fraction | None, table: AverageTable) -> Row:
    row: list[tuple[Fraction, Polynomial]] = []
    for place, level in enumerate(order.levels):
        field = f"derivatives[{order.s}].levels[{place}]"
        exponent = exponent_at(level.exponent, f"{field}.exponent")
        if (row and exponent >= row[-1][0]) or (bound is not None and exponent <= bound):
            allowed = "exponents that fall, all above the one left out"
            raise BadInput(f"{field}.exponent", str(exponent), allowed)
        polynomial = polynomial_of(level.terms, f"{field}.terms", averages=table)
        if not polynomial or symbol in polynomial.symbols:
            raise BadInput(f"{field}.terms", str(polynomial), f"not zero, and without {symbol}")
        row.append((exponent, polynomial))
    return tuple(row)
