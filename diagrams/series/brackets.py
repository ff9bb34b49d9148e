r"""Long times from exact coefficients: rigorous brackets where there is a reason, else Pade.

A loss that is quadratic in all trained tensors together, never negative, and descended by
gradient flow itself is ``L = L_min + g^T e^{-2At/T} g`` for every draw of the random
tensors, with a matrix ``A >= 0`` that training does not move.  Its mean is then *completely
monotone*,

.. math:: E[L(t)] = \int e^{-x t/T}\, d\mu(x), \qquad (-1)^s Y_s = \int x^s d\mu(x), \quad
          \mu \ge 0,

and Gauss and Gauss-Radau rules of the exact moments enclose it (:mod:`pde.summation.brackets`),
whatever the remaining moments are.  Without that reason the same rules are numbers without meaning;
then neighbouring Pade approximants are compared, where the moments can determine the curve at all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath

from diagrams.display import Displayed
from diagrams.errors import BadInput, Missing, NotSolved
from diagrams.evidence import Evidence, Kind
from diagrams.graphs.combination import Combination
from diagrams.graphs.tensors import Role
from diagrams.polynomials.rationals import rational
from diagrams.problems.problem import Problem, stated
from diagrams.series.expansion import Series
from diagrams.series.levels import Levels
from diagrams.series.power_laws import is_exact, power_sums
from pde.errors import PDEError
from pde.summation.brackets import NotMomentsError, laplace_brackets, mass_at_zero
from pde.summation.pade import pade_approximant

Exact = int | str | Fraction
DETERMINATE = Fraction(2)
"""Moments that grow like (s!)^2 at most determine a measure on [0, oo) (Carleman)."""


@dataclass(frozen=True)
class LongTime(Displayed):
    """``E[L(t)]`` between ``lower`` and ``upper`` at every time, and what that rests on.

    ``limit`` bounds the limit of the mean as t grows, from above (brackets only).  With the
    evidence *numerical* the two numbers are an estimate and its error, not bounds.
    """

    series: Series
    sizes: tuple[tuple[str, Fraction], ...]
    times: tuple[Fraction, ...]
    lower: tuple[Any, ...]
    upper: tuple[Any, ...]
    limit: Any | None
    evidence: Evidence


def brackets(
    series: Series | Levels,
    sizes: Mapping[str, Exact],
    times: Sequence[Exact],
    *,
    digits: int = 20,
) -> LongTime:
    """Return rigorous lower and upper bounds of ``E[L(t)]`` at times t >= 0.

    ``sizes`` gives every size and scale an exact value (``T`` is 1 unless given).  Of
    :class:`~diagrams.series.levels.Levels` the highest level is taken: the bounds hold for the
    limit of large size, since limits of moments of positive measures are such moments.  With
    weight decay the observable is what is descended, the loss plus the decay.

    Raises :class:`~diagrams.errors.NotSolved` where the problem gives no reason for a
    positive measure, or the moments contradict one, and
    :class:`~diagrams.errors.BadInput` for missing sizes or negative times.

    >>> from diagrams.series.expansion import expand
    >>> from diagrams.problems.cp import cp_problem
    >>> brackets(expand(cp_problem(order=2), 2), {"p": 1, "H": 1, "sigma": 1}, [1])
    Traceback (most recent call last):
        ...
    diagrams.errors.NotSolved: not solved: the loss is of degree 4 in the trained tensors, \
not quadratic: no matrix that training does not move rules its decay
    """
    limit_of = ""
    known = series.problem.sizes if isinstance(series, Series) else ()
    if isinstance(series, Levels):
        series, limit_of = _highest_level(series)
    reason = monotone_reason(series.problem)
    values, unit = _values(series, sizes, known)
    _check_decay(series.problem, values)
    exact_times = _times(times)
    moments = [(-1) ** s * y for s, y in enumerate(_numbers(series, values))]
    try:
        found = laplace_brackets(moments, [t / unit for t in exact_times], digits)
        limit = mass_at_zero(moments, digits)
    except NotMomentsError as error:
        raise NotSolved(
            f"(-1)^s Y_s are not moments of a positive measure at these sizes: {error}"
        ) from None
    growth = moment_growth(series.problem)
    note = (
        "more orders pinch them: the moments determine the curve"
        if growth <= DETERMINATE
        else "more orders need not pinch them: moments that grow so fast determine no measure"
    )
    statement = (
        f"Gauss and Gauss-Radau rules of {len(moments)} exact moments enclose {limit_of}the mean:"
        f" {reason}; all Hankel determinants are non-negative; {note}"
    )
    return LongTime(
        series,
        tuple(values.items()),
        exact_times,
        tuple(b.lower for b in found),
        tuple(b.upper for b in found),
        limit,
        Evidence(Kind.EXACT, statement, series.terms),
    )


def pade(
    series: Series, sizes: Mapping[str, Exact], times: Sequence[Exact], *, digits: int = 20
) -> LongTime:
    """Return Pade values of ``E[L(t)]`` with twice the distance of neighbours as error.

    Numerical, not proved: the two highest approximants that the coefficients determine are
    compared.  Raises :class:`~diagrams.errors.NotSolved` for problems whose moments do not
    determine the curve, where approximants have poles on the axis, or differ by more than a
    tenth of their value, and :class:`~diagrams.errors.BadInput`.

    >>> from diagrams.series.expansion import expand
    >>> from diagrams.problems.cp import cp_problem
    >>> series = expand(cp_problem(order=3, target="zero"), 4)
    >>> pade(series, {"p": 1, "H": 1, "sigma": 1}, [1])
    Traceback (most recent call last):
        ...
    diagrams.errors.NotSolved: not solved: the coefficients grow like (s!)^3 and do not determine \
the curve (they may while it is (s!)^2): the series is asymptotic, of radius zero
    """
    growth = moment_growth(series.problem)
    if growth > DETERMINATE:
        raise NotSolved(
            f"the coefficients grow like (s!)^{growth} and do not determine the curve"
            f" (they may while it is (s!)^{DETERMINATE}): the series is asymptotic, of radius zero"
        )
    values, unit = _values(series, sizes, series.problem.sizes)
    exact_times = _times(times)
    numbers = [y / math.factorial(s) for s, y in enumerate(_numbers(series, values))]
    if len(numbers) < 4:
        raise NotSolved("three orders beyond the zeroth are needed to compare two approximants")
    half = (len(numbers) - 1) // 2
    other = (half, half + 1) if len(numbers) > 2 * half + 1 else (half - 1, half)
    try:
        pair = [pade_approximant(numbers, m, n) for m, n in ((half, half), other)]
    except PDEError as error:
        raise NotSolved(f"Pade approximants of these coefficients: {error}") from None
    lower, upper = [], []
    last = max(exact_times, default=Fraction(0)) / unit
    with mpmath.workdps(digits + 15):
        for approximant in pair:
            for pole in approximant.poles():
                if abs(pole.imag) < 1e-10 * abs(pole) and 0 <= pole.real <= float(last):
                    where = mpmath.nstr(pole.real, 6)
                    raise NotSolved(f"an approximant has a pole on the axis, at t/T = {where}")
        for time in exact_times:
            tau = mpmath.mpf((time / unit).numerator) / (time / unit).denominator
            best, second = (approximant(tau) for approximant in pair)
            distance = 2 * abs(best - second)
            if distance > abs(best) / 10:
                raise NotSolved(
                    f"neighbouring Pade approximants differ by more than a tenth at t = {time}:"
                    " more orders, or earlier times"
                )
            lower.append(best - distance)
            upper.append(best + distance)
    statement = (
        f"[{half}/{half}] and [{other[0]}/{other[1]}] Pade approximants of {len(numbers)} exact"
        " coefficients, plus and minus twice their difference: an estimate, no bound"
    )
    evidence = Evidence(Kind.NUMERICAL, statement, series.terms)
    named = tuple(values.items())
    return LongTime(series, named, exact_times, tuple(lower), tuple(upper), None, evidence)


def long_time(
    series: Series, sizes: Mapping[str, Exact], times: Sequence[Exact], *, digits: int = 20
) -> LongTime:
    """Return ``brackets`` where the problem gives a reason for them, else ``pade``.

    Raises :class:`~diagrams.errors.NotSolved` where neither is sound, and
    :class:`~diagrams.errors.BadInput`.
    """
    stated(series.problem, "bounds of moments are those of polynomials")
    try:
        monotone_reason(series.problem)
    except NotSolved:
        return pade(series, sizes, times, digits=digits)
    return brackets(series, sizes, times, digits=digits)


def monotone_reason(problem: Problem) -> str:
    """Say why the mean is completely monotone; ``NotSolved`` says which reason is missing."""
    degree = trained_degree(problem)
    if degree > 2:
        raise NotSolved(
            f"the loss is of degree {degree} in the trained tensors, not quadratic: no matrix"
            " that training does not move rules its decay"
        )
    if problem.observable != problem.potential:
        raise NotSolved(
            "the observable is not what the flow descends (the loss, plus weight decay if there"
            " is any): it need not decay monotonically"
        )
    if not problem.squared:
        raise NotSolved("nothing says that the loss is never negative: it is no squared error")
    for tensor in problem.trained:
        if any(coefficient < 0 for _, coefficient in tensor.rate.terms):
            raise NotSolved(f"the learning rate of {tensor.name} is negative")
    return "the loss is a squared error, quadratic in the trained tensors together"


def trained_degree(problem: Problem) -> int:
    """The degree of the potential in all trained tensors together."""
    return max(
        (
            sum(edge.tensor.role is Role.TRAINED for edge in diagram.edges)
            for diagram, _ in problem.potential
        ),
        default=0,
    )


def moment_growth(problem: Problem) -> Fraction:
    """The g of a bound ``|Y_s| < C^s (s!)^g`` at fixed sizes, by counting random factors.

    A merge adds at most two factors less than a diagram of the potential has; the average of
    2n Gaussian factors grows like n!, that of bounded ones no faster (a law by moments is taken
    to be a bounded one with them); and where the potential is of higher degree than two in the
    trained tensors, s merges can be done in s! ways.

    >>> from diagrams.problems.cp import cp_problem
    >>> [int(moment_growth(cp_problem(order=nu))) for nu in (2, 3, 4)]
    [2, 3, 4]
    """
    factors = max(
        (sum(edge.tensor.is_random for edge in diagram.edges) for diagram, _ in problem.potential),
        default=0,
    )
    return Fraction(max(factors - 2, 0), 2) + (1 if trained_degree(problem) > 2 else 0)


def _highest_level(found: Levels) -> tuple[Series, str]:
    """The highest level as coefficients of their own, and words for what they are."""
    if found.problem is None:
        raise NotSolved("levels of polynomials without a problem: nothing says what they are")
    top = found.exponents[0] if found.exponents else Fraction(0)
    power = f"{found.symbol}^({top})" if top else "1"
    words = f"the limit of large {found.symbol}, in units of {power}, of "
    return Series(found.problem, found.column(top), found.evidence), words


def _check_decay(problem: Problem, values: Mapping[str, Fraction]) -> None:
    """A negative weight decay would let the potential fall without bound."""
    sources = [quantity.source for quantity in problem.quantities if quantity.name == "loss"]
    loss = next((s for s in sources if isinstance(s, Combination)), problem.observable)
    for diagram, strength in problem.potential - loss:
        number = strength.substitute(values)
        if any(coefficient < 0 for _, coefficient in number):
            names = ", ".join(tensor.name for tensor in diagram.tensors)
            raise NotSolved(f"the decay is negative (of {names}): the potential has no minimum")


def _values(
    series: Series, sizes: Mapping[str, Exact], known: Sequence[str]
) -> tuple[dict[str, Fraction], Fraction]:
    """The exact values of all symbols of the series and of the ``known`` sizes, and of T."""
    needed = {name for polynomial in series for name in polynomial.symbols}
    needed |= set(known)
    values, sums = {}, set(series.problem.coefficient_symbols) - set(series.problem.symbols)
    if needed & sums:
        needed = needed - sums | set(series.problem.symbols)
    for name, given in sizes.items():
        if name not in needed and name != "T":
            raise BadInput("sizes", name, "values of " + ", ".join(sorted(needed | {"T"})))
        values[name] = rational(f"sizes, {name}", given)
    for name in sorted(needed - set(values)):
        raise Missing("sizes", f"no value of {name}", "values of " + ", ".join(sorted(needed)))
    unit = values.pop("T", Fraction(1))
    if unit <= 0:
        raise BadInput("sizes, T", unit, "a positive number")
    for name in known:
        if values[name] <= 0:
            raise BadInput(f"sizes, {name}", values[name], "a positive number")
    return values, unit


def _times(times: Sequence[Exact]) -> tuple[Fraction, ...]:
    exact = tuple(rational("times", t) for t in times)
    for time in exact:
        if time < 0:
            raise BadInput("times", time, "times of 0 and more: before, the mean is infinite")
    return exact


def _numbers(series: Series, values: Mapping[str, Fraction]) -> list[Fraction]:
    """The coefficients at these sizes, exactly."""
    found = []
    names = {name for polynomial in series for name in polynomial.symbols}
    sums = power_sums(series.problem, names, values)
    if sums and not is_exact(series.problem, names, values):
        raise BadInput("sizes", "sums of a power law there", "sizes at which they are rational")
    values = {**values, **sums}
    for s, polynomial in enumerate(series):
        try:
            number = polynomial.substitute(values)
        except (ValueError, ZeroDivisionError):
            raise BadInput("sizes", f"Y_{s} there", "sizes at which Y_s is rational") from None
        found.append(sum((c for _, c in number.terms), Fraction(0)))
    return found
