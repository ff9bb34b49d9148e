"""What a regime leaves out first: the mean to the next order, and the spread of the loss over runs.

Closed equations of order parameters are exact at every size.  Expanded around the means of their
start (:mod:`diagrams.order_parameters.expanding`) they give ``E[L]`` beyond its leading level, and
``Var[L]``, as functions of time.  Both are held against exact coefficients on the scaling of the
regime: the two highest levels of every ``Y_s``, and the highest of the series of ``E[L^2] -
E[L]^2``.  Numbers are at the sizes asked for, with all powers of them that the equations hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from itertools import product

import mpmath
from sympy import Rational

from diagrams.campaign.effort import WORK
from diagrams.dynamics.certificate import LEAST, difference
from diagrams.dynamics.sentences import listed, sentence
from diagrams.errors import BadInput, Missing, NotSolved, OutsideDomain
from diagrams.evidence import Evidence, Kind
from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.order_parameters.closing import closures
from diagrams.order_parameters.escape import Escape, escape
from diagrams.order_parameters.expanding import Expansion, expanded, varies
from diagrams.polynomials.polynomial import Polynomial, Powers
from diagrams.problems.problem import Problem
from diagrams.scaling.regimes.regime import Regime
from diagrams.series.cumulants import cumulant
from diagrams.series.expansion import Series, expand
from pde.numbers.evaluation import Value

ORDERS = (2, 4)
"""Deviations that are kept: as few as the certificate takes."""

MEAN_TERMS, VARIANCE_TERMS = 5, 3
"""Orders that are compared, as far as each takes no more than"""
PATIENCE = 2.0
"""seconds of work."""
BUDGET = 12.0
"""Seconds of work for all that is tried."""

TOLERANCE, LOOSER = 1e-10, 1e-8


@dataclass(frozen=True)
class FiniteSizes:
    """A certified expansion around the means of the start."""

    expansion: Expansion
    evidence: Evidence

    def curves(
        self, values: Mapping[str, Rational], times: Sequence[Rational]
    ) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
        """Return ``E[L]`` to the next order and ``Var[L]`` at times, with errors.

        Raises :class:`~diagrams.errors.OutsideDomain` where the equations cannot be followed.
        """
        for name in sorted(self.expansion.symbols - values.keys()):
            raise Missing("at", f"no value of {name}", "values of all symbols")
        numbers = self.expansion.at({n: float(values[n]) for n in self.expansion.symbols})
        unit = float(values.get("T", Rational(1)))
        found: dict[Rational, list[tuple[float, float]]] = {t: [] for t in times}
        for tolerance in (TOLERANCE, LOOSER):
            for side in (1, -1):
                own = sorted({t for t in times if t * side > 0}, key=abs)
                path = numbers.path([float(t) / unit for t in own], tolerance)
                for t, pair in zip((Rational(0), *own), path, strict=False):
                    if t in found and len(found[t]) < 2:
                        found[t].append((float(pair[0]), float(pair[1])))
        lost = [t for t, pairs in found.items() if len(pairs) < 2]
        if lost:
            first = min(lost, key=abs)
            raise OutsideDomain(f"t = {first}: the equations cannot be followed so far", "t")

        def value(t: Rational, place: int) -> Value:
            close, loose = (pair[place] for pair in found[t])
            return Value(mpmath.mpf(close), mpmath.mpf(abs(close - loose)), "two tolerances")

        return tuple(value(t, 0) for t in times), tuple(value(t, 1) for t in times)


@dataclass(frozen=True)
class FiniteSizeCurve:
    """``E[L]`` to the next order and ``Var[L]`` at times; none where ``refusal`` says why.

    ``escape`` is how runs leave the plateau that the leading solution stays on, if it does; neither
    it nor its next order is typical from ``escape.typical`` on, and there ``mean`` and ``variance``
    end.
    """

    times: tuple[Rational, ...]
    mean: tuple[Value, ...]
    variance: tuple[Value, ...]
    evidence: Evidence
    refusal: str = ""
    escape: Escape | None = None

    @property
    def mean_errors(self) -> tuple[float, ...]:
        """Bounds on the errors of the means."""
        return tuple(float(value.error) for value in self.mean)

    @property
    def deviation(self) -> tuple[float, ...]:
        """The standard deviation of the loss over runs."""
        return tuple(math.sqrt(max(0.0, float(value.value))) for value in self.variance)


def finite_size_curve(
    problem: Problem,
    regime: Regime | None,
    values: Mapping[str, Rational],
    times: tuple[Rational, ...],
    escape: Escape | None = None,
) -> FiniteSizeCurve:
    """Return the next order at numbers for all symbols, or why there is none."""
    try:
        if regime is None:
            raise NotSolved("no scaling of a regime is known")
        found = finite_sizes(problem, regime)
        kept = tuple(t for t in times if escape is None or float(t) < escape.typical)
        mean, variance = found.curves(values, kept)
    except (NotSolved, OutsideDomain) as refusal:
        said = refusal.step if isinstance(refusal, NotSolved) else str(refusal)
        none = Evidence(Kind.DERIVED, f"no next order is claimed: {said}")
        return FiniteSizeCurve(times, (), (), none, said, escape)
    return FiniteSizeCurve(times, mean, variance, found.evidence, "", escape)


def escape_at(
    system: ClosedSystem, regime: Regime, values: Mapping[str, Rational], law: bool
) -> Escape | None:
    """Return the escape from the plateau of the means at numbers, times in the unit of ``T``."""
    given = tuple((n, float(v)) for n, v in values.items() if n in system.problem.symbols)
    scaling = regime.scaling
    lead = max((scaling.get(name, 0) for name in system.problem.sizes), default=0)
    large = tuple((n, e / lead) for n, e in scaling.items()) if law and lead > 0 else ()
    found = _escape(system, given, large)
    return None if found is None else found.in_units(float(values.get("T", Rational(1))))


@lru_cache(maxsize=64)
def _escape(
    system: ClosedSystem, at: tuple[tuple[str, float], ...], large: tuple[tuple[str, float], ...]
) -> Escape | None:
    return escape(system, dict(at), dict(large))


def finite_sizes(problem: Problem, regime: Regime) -> FiniteSizes:
    """Return mean to the next order and variance of the loss on a regime, certified.

    Raises :class:`~diagrams.errors.NotSolved` with the reason where there are none.

    >>> from diagrams.dynamics.face import exact_regimes
    >>> from diagrams.problems.files import parse_problem
    >>> problem = parse_problem('''
    ... families = {feature = "N"}
    ... tensors.w = {families = ["feature"], role = "trained", variance = "1/N"}
    ... tensors.x = {families = ["feature"], role = "frozen", variance = 1}
    ... model = {output = "w[i] x[i]", target = "0"}
    ... loss = {kind = "squared error", over = [], average = ["x"]}
    ... ''')
    >>> found = finite_sizes(problem, next(iter(exact_regimes(problem)[0])))
    >>> print(found.evidence)
    derived: closed equations of w_w, expanded to 2 deviations from the means of the start; at \
orders 0 to 5 the two highest levels of E[L], and at orders 0 to 3 the highest of Var[L], equal \
the exact ones (checked to order 3)
    """
    found = _found(problem, regime)
    if isinstance(found, str):
        raise NotSolved(found)
    return found


@lru_cache(maxsize=64)
def _found(problem: Problem, regime: Regime) -> FiniteSizes | str:
    try:
        found = WORK.within(BUDGET, partial(_search, problem, regime))
    except (NotSolved, BadInput) as refusal:
        said = refusal.step if isinstance(refusal, NotSolved) else str(refusal)
        return said
    return found if found is not None else f"not found in {BUDGET:g} s of work"


def _search(problem: Problem, regime: Regime) -> FiniteSizes:
    """The first expansion that the exact coefficients agree with."""
    systems = _closures(problem)
    if not systems:
        raise NotSolved(
            "no order parameters obey closed equations, but for the random entries themselves"
        )
    exact, spread = _exact(problem)
    if min(len(exact), len(spread)) <= LEAST:
        raise NotSolved(f"exact coefficients of E[L] and Var[L] to order {LEAST} are much work")
    scaling, failures = regime.scaling, list[str]()
    for order, system in product(ORDERS, systems):
        names = listed(g.name for g in system.parameters)
        try:
            made = _expansion(system, order)
            for last in (1, max(len(exact), len(spread)) - 1):  # what fails, fails early
                known = exact[: last + 1], spread[: last + 1]
                mean, variance = made.derivatives(*(len(part) - 1 for part in known))
                _compare(f"of {names}: the mean", mean, known[0], scaling, 2)
                _compare(f"of {names}: the variance", variance, known[1], scaling, 1)
        except NotSolved as failure:
            failures.append(failure.step)
            continue
        return FiniteSizes(made, _evidence(made, len(exact) - 1, len(spread) - 1))
    raise NotSolved(f"order parameters fluctuate too much: {failures[-1]}")


@lru_cache(maxsize=16)
def _exact(problem: Problem) -> tuple[tuple[Polynomial, ...], tuple[Polynomial, ...]]:
    """The series of mean and variance, exact, as many orders as cost little."""

    def cheap(work: Callable[[int], Series], most: int) -> tuple[Polynomial, ...]:
        found: tuple[Polynomial, ...] = ()
        for s in range(LEAST, most + 1):
            more = WORK.within(PATIENCE, partial(work, s))
            if more is None:
                break
            found = more.coefficients
        return found

    mean = cheap(lambda s: expand(problem, s), MEAN_TERMS)
    return mean, cheap(lambda s: cumulant(problem, ("loss", "loss"), s), VARIANCE_TERMS)


@lru_cache(maxsize=16)
def _closures(problem: Problem) -> tuple[ClosedSystem, ...]:
    return tuple(
        system
        for system in closures(problem)
        if system.eliminated or not any(map(varies, problem.tensors))
    )


@lru_cache(maxsize=32)
def _expansion(system: ClosedSystem, order: int) -> Expansion:
    return expanded(system, order)


def _evidence(made: Expansion, mean: int, variance: int) -> Evidence:
    names = listed(g.name for g in made.system.parameters)
    words = sentence(
        "closed equations of {}, expanded to {} deviations from the means of the start; at orders"
        " 0 to {} the two highest levels of E[L], and at orders 0 to {} the highest of Var[L],"
        " equal the exact ones",
        names,
        made.order,
        mean,
        variance,
    )
    return Evidence(Kind.DERIVED, words, min(mean, variance))


def _compare(
    subject: str,
    said: Sequence[Polynomial],
    exact: Sequence[Polynomial],
    scaling: Mapping[str, int],
    levels: int,
) -> None:
    """Compare the highest levels; raises at the first order that differs."""
    for s, (proposed, known) in enumerate(zip(said, exact, strict=False)):
        heights = sorted({h for h, _ in _by_height(known, scaling)}, reverse=True)[:levels]
        lowest = heights[-1] if heights else None
        wanted, found = (
            Polynomial.from_terms(
                term
                for height, term in _by_height(value, scaling)
                if lowest is None or height >= lowest
            )
            for value in (known, proposed)
        )
        if wanted != found:
            off = difference(found, wanted)
            raise NotSolved(sentence("{} {}, first at order {}", subject, off, s))


def _by_height(
    value: Polynomial, scaling: Mapping[str, int]
) -> Iterator[tuple[Fraction, tuple[Powers, Fraction]]]:
    """The terms of a polynomial, each with its power of the large parameter."""
    for powers, c in value.terms:
        height = sum((e * scaling.get(name, 0) for name, e in powers), Fraction(0))
        yield height, (powers, c)
