"""What a number must be before it leaves a solution, whatever road it came by.

A number that is not finite and real is no loss.  A sum of squared errors is never negative: a
formula that is, there, has terms that cancel, and what it leaves out decides.  For ``t < 0`` the
flow climbs, and runs of finite size blow up before the formula of the size limit does, so that
their loss, mean or median, is infinite: runs are drawn at the sizes asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from statistics import median

import mpmath
from sympy import Rational

from diagrams.errors import OutsideDomain, WickflowError
from diagrams.graphs.tensors import Role
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import CPProblem
from diagrams.problems.problem import Problem
from diagrams.wick.expectation import value as average
from pde.numbers.evaluation import Value

Values = Mapping[str, Rational]

ROUNDING = mpmath.mpf("1e-9")
"""A number below zero by less than this part of the terms of ``Y_0`` may be rounding."""
APART = 0.5
"""From this distance on, relative to the exact ``Y_0``, sizes are said to be outside a regime."""
SHOWN = 10
ONE = Rational(1)
ENTRIES, PRODUCTS = 2**16, 2**24
"""Entries of trained tensors that are drawn, and those times the largest size, at most."""
MANY = 2**12
"""Entries from which one run is typical: the first blow-up then hardly fluctuates."""
SEEDS, STEPS, TOLERANCE = 3, 2000, 1e-5
DIGITS = 30


@lru_cache(maxsize=32)
def _average_of(problem: Problem) -> Polynomial:
    return average(problem.observable)


def start_at(problem: Problem, values: Values) -> tuple[mpmath.mpf, mpmath.mpf]:
    """Return the exact ``E[L]`` at ``t = 0``, nothing left out, and the sum of its terms' sizes.

    A symbol without a value counts as one.
    """
    with mpmath.workdps(DIGITS):
        terms = [
            _real(c)
            * mpmath.fprod(mpmath.power(_real(values.get(n, ONE)), _real(e)) for n, e in powers)
            for powers, c in _average_of(problem).terms
        ]
        return mpmath.fsum(terms), mpmath.fsum(terms, absolute=True)


def compared_at_start(
    problem: Problem, values: Values, formula: Callable[[Values, int], Value]
) -> str:
    """Return in words how a formula and the exact ``E[L]`` compare at ``t = 0`` at some sizes."""
    said = formula({**values, "t": Rational(0)}, SHOWN).value
    exact, _ = start_at(problem, values)
    shown, right = (mpmath.nstr(number, 6) for number in (said, exact))
    text = f"at t = 0 the formula gives {shown} at these sizes, for the exact {right}"
    if not exact:
        return text
    off = float((said - exact) / abs(exact))
    if abs(off) <= APART:
        return f"{text} ({100 * off:+.2g} %)"
    return f"{text}: they lie outside the conditions of the regime, or are too small for it"


def possible(problem: Problem, values: Values, found: Value) -> Value:
    """Return a number if it can be the loss of a problem at these values.

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
    if found.value + found.error >= 0 or not _is_sum_of_squares(problem, values):
        return found
    exact, size = start_at(problem, values)
    if found.value + found.error >= -ROUNDING * size:
        return found
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


def typical_blow_up(problem: Problem, values: Values, until: Rational) -> float | None:
    """Return the time at which the median run blows up; ``None`` if not before ``until``.

    Sizes that no run can have, and those too large to draw, are not judged.

    >>> from diagrams.problems.cp import cp_problem
    >>> free = cp_problem(order=4, target="zero")
    >>> sizes = {"p": Rational(8), "H": Rational(8), "sigma": Rational(1), "T": Rational(1)}
    >>> typical_blow_up(free, sizes, Rational(-1, 10**6)) is None
    True
    >>> -1e-3 < typical_blow_up(free, sizes, Rational(-1)) < -1e-6
    True
    """
    if until >= 0:
        return None
    given = tuple(sorted((n, Fraction(v.p, v.q)) for n, v in values.items() if n != "t"))
    return _simulated(problem, given, Fraction(until.p, until.q))


@lru_cache(maxsize=256)
def _simulated(
    problem: Problem, values: tuple[tuple[str, Fraction], ...], until: Fraction
) -> float | None:
    from diagrams.flow import simulate  # numpy is loaded for it alone

    known = dict(values)
    entries = _entries(problem, known)
    if entries is None:
        return None
    unit = float(known.pop("T"))
    scale = decay = None
    if isinstance(problem, CPProblem):
        scale, decay = (_taken(known, of) for of in (problem.scale, problem.decay))
    try:
        run = simulate(
            problem,
            until=float(until),
            T=unit,
            at={n: int(v) if v.denominator == 1 else float(v) for n, v in known.items()},
            scale=scale,
            decay=decay,
            seeds=1 if entries >= MANY else SEEDS,
            points=2,
            tolerance=TOLERANCE,
            steps=STEPS,
            check=False,
        )
    except (WickflowError, ArithmeticError):
        return None
    times = [-math.inf if b is None else b.time for b in run.blow_ups]
    end = median(times)
    return None if math.isinf(end) else float(end)


def _taken(known: dict[str, Fraction], parameter: Polynomial) -> float | None:
    """Take the value of a parameter that is a symbol out of the values."""
    symbol = next(iter(parameter.symbols), "")
    return float(known.pop(symbol)) if symbol in known else None


def _entries(problem: Problem, values: Mapping[str, Fraction]) -> int | None:
    """How many entries of trained tensors a run has; ``None`` where none can be drawn."""
    sizes = [values.get(name) for name in problem.sizes]
    if any(size is None or size.denominator != 1 for size in sizes):
        return None
    total = sum(
        math.prod(int(values[family.size]) for family in tensor.families)
        for tensor in problem.tensors
        if tensor.role is Role.TRAINED
    )
    largest = max((int(size) for size in sizes if size is not None), default=1)
    return total if total <= ENTRIES and total * largest <= PRODUCTS else None


def _real(number: Fraction | Rational) -> mpmath.mpf:
    return mpmath.mpf(number.numerator) / number.denominator
