"""A prediction of ``E[L(t)]`` held against the exact coefficients of a problem."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import sympy

from diagrams.campaign.cache import Store
from diagrams.campaign.running import Progress
from diagrams.checking.comparison import Comparison, OrderComparison, Verdict
from diagrams.checking.explaining import explain
from diagrams.checking.extraction import DIGITS
from diagrams.checking.leading import LeadingTerms, leading_terms, leading_terms_at
from diagrams.checking.measuring import (
    Group,
    group_at,
    judged,
    measurement,
    time_scale,
    unresolved,
)
from diagrams.checking.sampling import sample
from diagrams.checking.slips import Measured, hints
from diagrams.checking.table_points import table_points
from diagrams.checking.tables import PredictionTable, read_table
from diagrams.errors import BadInput, Missing
from diagrams.evidence import Evidence, Kind
from diagrams.polynomials.evaluation import number_at, real
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.rationals import rational
from diagrams.problems.problem import Problem, stated
from diagrams.problems.structure import structure
from diagrams.series.expansion import Series, expand

Exact = int | str | Fraction
Sizes = Mapping[str, Exact]
DEFAULT_TERMS = 4
GROUPS_LIMIT = 200


def check(
    problem: Problem | Series,
    against: sympy.Expr | Callable[..., Any] | PredictionTable | str | os.PathLike[str],
    *,
    terms: int | None = None,
    at: Sizes | Sequence[Sizes] | None = None,
    accuracy: Exact | None = None,
    regime: str | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
    store: Store | None = None,
    max_memory: int | None = None,
    progress: Callable[[Progress], object] | None = None,
) -> Comparison:
    """Compare a prediction of ``E[L(t)]`` with the exact coefficients ``Y_0, .., Y_terms``.

    ``against`` is a SymPy expression in t, T and the symbols of the problem (compared as
    polynomials, exactly); a function of t, and of sizes by name if it has arguments for them;
    or a table, or the path of its CSV file.  ``at`` gives sizes and scales values, exactly; a
    function takes several sets of them, which tell much more than one.  ``T`` is 1 unless
    given.  ``accuracy`` is a relative error of all numbers that their author knows of, such as
    the tolerance of a solver; without it numbers are taken at face value.  A :class:`Series`
    in place of the problem is used as it is.

    A theory of infinite size knows leading terms only.  With ``regime``, the name of a face, it
    is held against the leading terms of that face.  Without, numbers that differ from the
    exact coefficients are held against those of the regimes that rule at their sizes as well.

    Raises :class:`~diagrams.errors.BadInput`, and :class:`~diagrams.errors.NotSolved` for a regime
    of a problem whose regimes are not known.

    >>> from diagrams.problems.cp import cp_problem
    >>> found = check(
    ...     cp_problem(order=2, ties="asym", target="zero"),
    ...     lambda t, p, H: p * p * H * mpmath.exp(-4 * t * (p + H)) / 2,
    ...     at=[{"p": k, "H": k + 1, "sigma": 1} for k in (4, 7, 12)],
    ...     terms=1,
    ... )
    >>> [order.verdict.value for order in found.orders]
    ['agrees', 'differs']
    >>> print(found.departure.missing)
    -2*p**2*H*sigma**6
    """
    series: Series
    if isinstance(problem, Series):
        series = problem
        if terms is not None and not 0 <= terms <= series.terms:
            raise BadInput("terms", terms, f"an integer from 0 to {series.terms}")
    else:
        stated(problem)
        options = {"jobs": jobs, "executor": executor, "store": store}
        last = DEFAULT_TERMS if terms is None else terms
        series = expand(problem, last, **options, max_memory=max_memory, progress=progress)  # type: ignore[arg-type]
    last = series.terms if terms is None else terms
    known = _known_accuracy(accuracy)
    if isinstance(against, str | os.PathLike):
        against = read_table(against, series.problem.symbols)
    face = None if regime is None else leading_terms(series, regime, last)
    if isinstance(against, PredictionTable):
        return _check_table(series, against, last, at, known, face)
    if isinstance(against, sympy.Expr):
        from diagrams.checking.symbolic import check_expression

        return check_expression(series, against, last, _one_place(series, at), face)
    if callable(against):
        return _check_function(series, against, last, at, known, face)
    allowed = "a SymPy expression in t, a function of t, a table, or the path of a CSV file"
    raise BadInput("prediction", type(against).__name__, allowed)


def symbols_of(series: Series) -> tuple[str, ...]:
    """Sizes and scales of a problem that its coefficients depend on."""
    found = {name for polynomial in series for name in polynomial.symbols}
    return tuple(sorted(found | set(series.problem.sizes)))


def _known_accuracy(accuracy: Exact | None) -> Fraction | None:
    if accuracy is None:
        return None
    value = rational("accuracy", accuracy)
    if not 0 <= value < 1:
        raise BadInput("accuracy", accuracy, "a relative error from 0 to 1")
    return value


def _place(series: Series, given: Sizes) -> dict[str, Fraction]:
    """Values of symbols, checked."""
    known = series.problem.symbols
    allowed = ", ".join([*known, "T"])
    found = {}
    for name, value in given.items():
        if name not in known and name != "T":
            raise BadInput("at", name, f"values of {allowed}")
        found[name] = rational(f"at, {name}", value)
        positive = name == "T" or name in series.problem.sizes
        if positive and found[name] <= 0:
            raise BadInput(f"at, {name}", value, "a positive number")
    return found


def _one_place(series: Series, at: Sizes | Sequence[Sizes] | None) -> dict[str, Fraction]:
    if at is None:
        return {}
    if not isinstance(at, Mapping):
        raise BadInput("at", "several sets of sizes", "one set: formulas are compared as such")
    return _place(series, at)


def _complete(series: Series, values: Mapping[str, Fraction]) -> dict[str, Fraction]:
    for name in symbols_of(series):
        if name not in values:
            needed = ", ".join(symbols_of(series))
            raise Missing("at", f"no value of {name}", f"values of {needed}")
    return {"T": Fraction(1), **values}


def _check_table(
    series: Series,
    table: PredictionTable,
    last: int,
    at: Sizes | Sequence[Sizes] | None,
    accuracy: Fraction | None,
    face: LeadingTerms | None,
) -> Comparison:
    _same_problem(series, table)
    leading = () if face is None else face.coefficients
    given = _one_place(series, at)
    if len(table.groups) > GROUPS_LIMIT:
        raise BadInput(table.name, f"{len(table.groups)} sets of sizes", f"at most {GROUPS_LIMIT}")
    groups = []
    for sizes, rows in table.groups:
        values = _place(series, dict(sizes))
        for name, value in given.items():
            if values.setdefault(name, value) != value:
                allowed = f"the value {values[name]} that the table has, or none"
                raise BadInput(f"at, {name}", value, allowed)
        complete = _complete(series, values)
        if len(rows) < 4:
            raise BadInput(table.name, f"{len(rows)} times at one set of sizes", "4 times or more")
        points = table_points(rows, complete["T"], table, accuracy)
        groups.append(group_at(series, complete, points, last, leading))
    times = [row.t for _, rows in table.groups for row in rows]
    span = f"t from {float(min(times)):.6g} to {float(max(times)):.6g}"
    what = f"{table.name}: {table.rows} values, {span}, {_places_text(groups)}"
    return _compared(series, "table", what, groups, last, _accuracy_text(table, accuracy), face)


def _same_problem(series: Series, table: PredictionTable) -> None:
    """A simulation of another problem is no prediction for this one."""
    if not table.spec or "\n" in series.problem.spec:
        return
    from diagrams.problems.spec import embedded_problem

    try:
        same = embedded_problem(table.spec).spec == series.problem.spec
    except BadInput:
        return
    if not same:
        raise BadInput(table.name, table.spec, f"a simulation of {series.problem.spec}")


def _accuracy_text(table: PredictionTable, accuracy: Fraction | None) -> str:
    if accuracy is not None:
        return f"values taken to be right to a part in {float(1 / accuracy) if accuracy else 0:.3g}"
    if table.spec:
        return "a simulation: errors over its seeds, integration trusted to 1e-08"
    if any(row.error is not None for _, rows in table.groups for row in rows):
        return "errors as given in the table, and half a unit of the last digit"
    return "values taken to be right to half a unit of their last digit"


def _check_function(
    series: Series,
    function: Callable[..., Any],
    last: int,
    at: Sizes | Sequence[Sizes] | None,
    accuracy: Fraction | None,
    face: LeadingTerms | None,
) -> Comparison:
    leading = () if face is None else face.coefficients
    given = [at] if at is None or isinstance(at, Mapping) else list(at)
    if not given or len(given) > GROUPS_LIMIT:
        raise BadInput("at", f"{len(given)} sets of sizes", f"1 to {GROUPS_LIMIT}")
    groups, precise = [], True
    for sizes in given:
        values = _complete(series, _place(series, sizes or {}))
        unit = real(values["T"])
        polynomials = series.coefficients_at(values)
        scale = time_scale([number_at(y, values) for y in polynomials])
        points, digits = sample(function, values, unit * scale, accuracy)
        precise &= digits
        scaled = replace(points, times=tuple(t / unit for t in points.times))
        groups.append(group_at(series, values, scaled, last, leading))
    name = getattr(function, "__name__", type(function).__name__)
    shown = name if name.isidentifier() else "a function"
    how = "mpmath numbers" if precise else "floating point"
    what = f"{shown}(t), {_places_text(groups)}"
    detail = f"{len(groups[0].points.times)} values of the function each, in {how}"
    return _compared(series, "function", what, groups, last, detail, face)


def _compared(
    series: Series,
    source: str,
    what: str,
    groups: Sequence[Group],
    last: int,
    detail: str,
    face: LeadingTerms | None,
) -> Comparison:
    held = series.coefficients if face is None else face.coefficients
    with mpmath.workdps(DIGITS):
        orders = tuple(_order(held[s], series.problem.sizes, groups, s) for s in range(last + 1))
        measured = [
            Measured(
                group.values,
                tuple(None if e is None else (e.value, e.uncertainty) for e in group.estimates),
                group.exact,
            )
            for group in groups
        ]
        found = hints(
            measured,
            held[: last + 1],
            structure(series.problem).constant,
            series.problem.sizes,
        )
    statement = (
        "Taylor coefficients by least squares, uncertainties from errors of the data (as if all"
        f" were against us) and from two further degrees; {detail}; exact coefficients:"
        f" {series.evidence.statement}"
    )
    evidence = Evidence(Kind.NUMERICAL, statement, last)
    name = "" if face is None else face.regime.name
    compared = Comparison(series.problem, source, what, orders, found, evidence, name)
    if face is None and compared.departure is not None:
        leads, through = _leading_face(series, groups, last)
        return replace(compared, leads=leads, leads_through=through)
    return compared


def _leading_face(series: Series, groups: Sequence[Group], last: int) -> tuple[str, int]:
    """A face that rules at the sizes, and how far the numbers are its leading terms.

    The one of which most orders are met; orders that cannot be judged count only if one beyond
    ``Y_0`` could.
    """
    best = ("", -1)
    for face in leading_terms_at(series, [group.values for group in groups], last):
        held = [group.against(face.coefficients) for group in groups]
        verdicts = [_together([group.verdict(s) for group in held]) for s in range(last + 1)]
        wrong = Verdict.DIFFERS in verdicts
        through = verdicts.index(Verdict.DIFFERS) - 1 if wrong else last
        judged = wrong or Verdict.AGREES in verdicts[1:]
        if judged and through > best[1]:
            best = (face.regime.name, through)
    return best


def _together(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict of several sets of sizes."""
    for verdict in (Verdict.DIFFERS, Verdict.AGREES):
        if verdict in verdicts:
            return verdict
    return Verdict.UNDETERMINED


def _order(
    exact: Polynomial, sizes: tuple[str, ...], groups: Sequence[Group], s: int
) -> OrderComparison:
    given = any(s in group.given for group in groups)
    verdict = _together([group.verdict(s) for group in groups])
    measured = tuple(
        measurement(group, s, estimate)
        for group in groups
        if (estimate := group.estimates[s]) is not None
    )
    if verdict is Verdict.DIFFERS:
        places, differences = [], []
        for group in groups:
            estimate = group.estimates[s]
            if estimate is not None:
                places.append(group.values)
                differences.append((estimate.value - group.exact[s], estimate.uncertainty))
        found = explain(exact, sizes, places, differences)
        return OrderComparison(
            s, Verdict.DIFFERS, exact, found.difference, 0, measured, found.note, given
        )
    if verdict is Verdict.UNDETERMINED:
        note = unresolved(groups, s)
        return OrderComparison(s, Verdict.UNDETERMINED, exact, None, 0, measured, note)
    seen = max(judged(group, s, sizes) for group in groups)
    return OrderComparison(
        s, Verdict.AGREES, exact, Polynomial(), seen, measured, lower_given=given
    )


def _places_text(groups: Sequence[Group]) -> str:
    if len(groups) > 1:
        return f"{len(groups)} sets of sizes"
    return "at " + ", ".join(f"{name}={value}" for name, value in groups[0].sizes)
