"""What a number must be before it leaves a solution, whatever road it came by.

A number that is not finite and real is no loss.  A sum of squared errors is never negative: a
formula that is, there, has terms that cancel, and what it leaves out decides.  For ``t < 0`` the
flow climbs, and runs of finite size blow up before the formula of the size limit does, so that
their loss, mean or median, is infinite: runs are drawn at the sizes asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import mpmath
from sympy import N, Rational

from diagrams.dynamics.drawn import DrawnLoss, loss_of_run, typical_blow_up
from diagrams.errors import OutsideDomain
from diagrams.polynomials.average_symbols import averages_in
from diagrams.polynomials.evaluation import float_at, terms_at
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.problems.structure import structure
from diagrams.series.averages import numbers
from diagrams.wick.expectation import value as average
from pde.numbers.evaluation import Value

Values = Mapping[str, Rational]
Formula = Callable[[Values, int], Value]
Curve = Callable[[Sequence[Rational]], Sequence[Value]]
"""Values of a formula at times."""

ROUNDING = mpmath.mpf("1e-9")
"""A number below zero by less than this part of the terms of ``Y_0`` may be rounding."""
APART = 0.5
"""From this distance on, relative to the exact ``Y_0``, sizes are said to be outside a regime."""
BETWEEN = 4
"""Every which of the times of runs a formula is held against, before a number leaves."""
SHOWN = 10
"""Digits of numbers that are only compared."""
ONE = Rational(1)
FLOOR = 50
"""Times a difference at late times that does not count makes the scale of the loss."""
LEAST = "it is that of leading terms; nothing proves that they still lead by then"
DIGITS = 30


@lru_cache(maxsize=32)
def _average_of(problem: Problem) -> Polynomial:
    return average(problem.observable)


def start_at(problem: Problem, values: Values) -> tuple[mpmath.mpf, mpmath.mpf]:
    """Return the exact ``E[L]`` at ``t = 0``, nothing left out, and the sum of its terms' sizes.

    A symbol without a value counts as one.
    """
    with mpmath.workdps(DIGITS):
        exact = _average_of(problem)
        terms = terms_at(exact, _known(exact, {**_averages(exact, values), **values}))
        return mpmath.fsum(terms), mpmath.fsum(terms, absolute=True)


def _averages(exact: Polynomial, values: Values) -> Values:
    """Numbers for the averages of functions that have formulas."""
    given = {n: Fraction(int(v.p), int(v.q)) for n, v in values.items() if n not in ("t", "T")}
    if not averages_in([exact]):
        return {}
    found = numbers([exact], given)
    return {name: Rational(str(N(v, DIGITS))) for name, (v, _) in found.items()}


def _known(value: Polynomial, values: Values) -> Values:
    """Numbers for all symbols of a polynomial, one where none is given."""
    return {**dict.fromkeys(value.symbols, ONE), **values}


@dataclass(frozen=True)
class Outside(Value):
    """A number at sizes for which the formula is off from the start; ``there`` says by how much."""

    there: str = ""

    def __str__(self) -> str:
        """Return value, bound and method, and what is to be said of the sizes."""
        return f"{super().__str__()}; {self.there}"


def compared_at_start(problem: Problem, values: Values, formula: Formula) -> str:
    """Return in words how a formula and the exact ``E[L]`` compare at ``t = 0`` at some sizes."""
    return _compared(problem, values, formula)[0]


def placed(
    problem: Problem, values: Values, formula: Formula, found: Iterable[Value]
) -> tuple[Value, ...]:
    """Return numbers of a formula; where it is off from the exact ``Y_0``, they say so."""
    try:
        there, off = _compared(problem, values, formula)
    except OutsideDomain:
        return tuple(found)
    if abs(off) <= APART:
        return tuple(found)
    return tuple(Outside(one.value, one.error, one.method, there) for one in found)


def _compared(problem: Problem, values: Values, formula: Formula) -> tuple[str, float]:
    """Formula and exact ``E[L]`` at ``t = 0`` in words, and how far they differ, relative to it."""
    start = formula({**values, "t": Rational(0)}, SHOWN)
    said = _known_part(start)
    exact, _ = start_at(problem, values)
    shown, right = (mpmath.nstr(number, 6) for number in (said, exact))
    text = f"at t = 0 the formula gives {shown} at these sizes, for the exact {right}"
    if not exact:
        return text, 0.0
    off = float((said - exact) / abs(exact))
    if abs(off) <= APART:
        return f"{text} ({100 * off:+.2g} %)", off
    return f"{text}: they lie outside the conditions of the regime, or are too small for it", off


def _known_part(found: Value) -> mpmath.mpf:
    """A number, or zero if its error says no more of it."""
    return found.value if abs(found.value) > found.error else mpmath.mpf(0)


def possible(problem: Problem, values: Values, found: Value) -> Value:
    """Return a number if it can be the loss of a problem at these values, none below its least.

    Raises :class:`~diagrams.errors.OutsideDomain` for one that cannot.
    """
    shown = mpmath.nstr(found.value, 6)
    at = f"t = {values['t']}"
    if not (mpmath.isfinite(found.value) and mpmath.isfinite(found.error)):
        raise OutsideDomain(f"{at}: the formula gives {shown}, no finite number", "t")
    if isinstance(found.value, mpmath.mpc):
        if abs(found.value.imag) > found.error:
            raise OutsideDomain(f"{at}: the formula gives {shown}, no real number", "t")
        found = Value(found.value.real, found.error, found.method)
    if found.value >= 0 or not _is_sum_of_squares(problem, values):
        return found
    exact, size = start_at(problem, values)
    if found.value + found.error >= -ROUNDING * size:
        return Value(mpmath.mpf(0), abs(found.value) + found.error, found.method)
    raise OutsideDomain(
        f"{at}: the formula gives {shown}, and a sum of squares is never negative: here its terms"
        f" cancel, and what is of lower order on its face decides; the exact E[L] at t = 0 is"
        f" {mpmath.nstr(exact, 6)} at these sizes",
        "t",
    )


def _is_sum_of_squares(problem: Problem, values: Values) -> bool:
    """Whether the observable is a sum of squares with weights that are not negative."""
    positive = all(values.get(name, ONE) > 0 for name in problem.signs)
    return problem.squared and not problem.observed and positive


@dataclass(frozen=True)
class Late:
    """A number of a formula at ``t > 0`` beside the loss of runs of the same sizes.

    ``runs`` has their losses, the last at the ``t`` asked for, and is ``None`` where no runs tell:
    they are too large to draw, or do not begin at the exact ``Y_0``.  ``scale`` is the exact
    ``Y_0``, or the constant of the target where that is less.
    """

    said: mpmath.mpf
    scale: mpmath.mpf
    runs: DrawnLoss | None = None

    @property
    def losses(self) -> tuple[float, ...]:
        """The losses of the runs; none where none tell."""
        return () if self.runs is None else self.runs.losses

    @property
    def times(self) -> tuple[float, ...]:
        """Their times."""
        return () if self.runs is None else self.runs.times

    @property
    def parted(self) -> bool:
        """Whether formula and runs are further apart than a factor of two."""
        return bool(self.losses) and self.differs(self.said, self.losses[-1])

    def differs(self, said: mpmath.mpf, loss: float) -> bool:
        """Whether two numbers differ by a factor, and visibly so beside the scale."""
        return self._by_a_factor(said, loss) and bool(abs(said - loss) > self.scale / FLOOR)

    @staticmethod
    def _by_a_factor(said: mpmath.mpf, loss: float) -> bool:
        return bool(abs(said - loss) > APART * max(abs(said), abs(loss)))

    def parts_at(self, formula: Curve, step: int = 1) -> float | None:
        """Return the first of the times of the runs at which a formula is apart from them.

        ``None`` if at none; of the times before the last every ``step``-th is looked at.
        """
        pairs = [*zip(self.times, self.losses, strict=True)][:-1:step]
        found = formula([Rational(t) for t, _ in pairs])
        for (t, loss), value in zip(pairs, found, strict=True):
            if self.differs(value.value, loss):
                return t
        return self.times[-1] if self.parted else None

    def __str__(self) -> str:
        if self.runs is None:
            return f"what the formula leaves out may rule at late times: {LEAST}"
        shown, drawn = mpmath.nstr(self.said, 6), f"{self.losses[-1]:.6g}"
        if self.runs.error is not None:
            drawn += f" +- {self.runs.error:.2g}"
        text = f"the formula gives {shown}, {self.runs.words} {drawn}"
        if self.parted:
            return f"{text}: what the formula leaves out rules at late times"
        if self._by_a_factor(self.said, self.losses[-1]):
            text += (
                f", apart by a factor, and by less than 1/{FLOOR} of {mpmath.nstr(self.scale, 6)}"
            )
        return f"{text} (numerical); {LEAST}"


def beside_runs(problem: Problem, values: Values, found: Value) -> Late:
    """Return the number of a formula at ``t > 0`` beside the loss of runs of the same sizes.

    The runs have to begin near the exact ``Y_0``, and the sizes to lie in the regime.
    """
    exact, _ = start_at(problem, values)
    fixed = structure(problem).constant
    constant = abs(float_at(fixed, _known(fixed, values)))
    late = Late(_known_part(found), min(abs(exact), constant) if constant else abs(exact))
    curve = None if problem.observed else loss_of_run(problem, values, values["t"])
    if curve is None or late.differs(exact, curve.losses[0]):
        return late
    return replace(late, runs=curve)


def refuse_after_blow_up(problem: Problem, values: Values, until: Rational, domain: str) -> None:
    """Refuse times before zero at which most runs of these sizes have blown up.

    Raises :class:`~diagrams.errors.OutsideDomain`, with the time; ``domain`` is the formula's.
    """
    end = typical_blow_up(problem, values, until)
    if end is None:
        return
    raise OutsideDomain(
        f"t = {until}: runs of these sizes exist only up to about t = {end:.4g} (time of"
        " existence of a typical run, by simulation): single rows grow faster than the average"
        " and blow up first; the formula is that of the size limit (its domain: "
        + domain
        + "), whose numbers can be asked for",
        "t",
        f"{end:.6g}",
    )


def refuse_where_parted(problem: Problem, values: Values, found: Value, formula: Curve) -> None:
    """Refuse late times by which runs of these sizes have gone elsewhere than a formula.

    Where the two were apart before, a number that is near the runs again is so by chance.  Sizes
    outside a regime, for which its formula is off from the start, are not judged.
    """
    late = beside_runs(problem, values, found)
    if not late.losses or late.parts_at(formula, BETWEEN) is None:
        return
    end = late.parts_at(formula)
    if not end:
        return
    told = str(late) if late.parted else "the formula and runs of these sizes have parted"
    raise OutsideDomain(
        f"t = {values['t']}: {told}, and from about t = {end:.4g} on; the number"
        " of the size limit can be asked for",
        "t",
        f"{end:.6g}",
    )
