"""Coefficients and data that are smooth in pieces: right on every side of every kink, or refused.

Values are compared with a characteristic integrated backward by Runge and Kutta's rule in floats,
on the functions as the user wrote them; it knows nothing of signs, walls or feet.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
import sympy
from sympy import Abs, Heaviside, Max, Min, Piecewise, Rational, exp, log, sign, sqrt

from pde.equations.characteristics import solve
from pde.equations.first_order import FirstOrderEquation, InitialData
from pde.errors import OutsideDomainError, PDEError, VerificationError

t, x, y, z = sympy.symbols("t x y z")
ZERO = sympy.Integer(0)
STEPS = 800


def equation(
    speeds: Sequence[Any], value: Any, source: Any = 0, growth: Any = 0
) -> FirstOrderEquation:
    """Return u_t + speeds . grad u = growth u + source with u = value at t = 0."""
    return FirstOrderEquation(
        (t, x, y, z)[: len(speeds) + 1],
        (sympy.Integer(1), *map(sympy.sympify, speeds)),
        sympy.sympify(growth),
        sympy.sympify(source),
        InitialData(t, ZERO, sympy.sympify(value)),
    )


def number_of(expression: Any, variables: Sequence[sympy.Symbol]) -> Callable[..., float]:
    """Return the user's own function of floats."""
    own = {
        "sign": lambda a: float((a > 0) - (a < 0)),
        "Heaviside": lambda a, at_zero=0.5: float(a > 0) if a else at_zero,
    }
    return sympy.lambdify(variables, expression, [own, "math"])  # type: ignore[no-any-return]


def followed(problem: FirstOrderEquation, point: Mapping[Any, Any], steps: int = STEPS) -> float:
    """Return u at a point from its characteristic, backward in time."""
    variables = problem.variables
    rates = [number_of(c, variables) for c in problem.field[1:]]
    growth, source = (number_of(c, variables) for c in (problem.growth, problem.source))
    assert problem.initial is not None
    data = number_of(problem.initial.value, variables)
    time, place = float(point[t]), [float(point[v]) for v in variables[1:]]
    step, weight, total = -time / steps, 1.0, 0.0
    for _ in range(steps):
        stages: list[list[float]] = []
        for shift in (0.0, 0.5, 0.5, 1.0):
            last = stages[-1] if stages else [0.0] * len(place)
            here = [p + shift * step * k for p, k in zip(place, last, strict=True)]
            stages.append([r(time + shift * step, *here) for r in rates])
        after = [
            p + step * (a + 2 * b + 2 * c + d) / 6
            for p, a, b, c, d in zip(place, *stages, strict=True)
        ]
        middle = [(p + q) / 2 for p, q in zip(place, after, strict=True)]
        half = weight * math.exp(-step / 2 * growth(time + step / 2, *middle))
        total -= step * half * source(time + step / 2, *middle)
        weight *= math.exp(-step * growth(time + step / 2, *middle))
        time, place = time + step, after
    return weight * data(0.0, *place) + total


def value(problem: FirstOrderEquation, *point: Any) -> float:
    """Return the value of the solution at a point."""
    return float(solve(problem).evaluate(dict(zip(problem.variables, point, strict=True)), 10))


# -- cases with values by hand --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "values"),
    [
        (Abs(x), (1, 1, 3)),
        (Heaviside(x), (0, 1, 0)),
        (1 / x, (-1, 1, Rational(-1, 3))),
        (log(x**2), (0, 0, math.log(9))),
        pytest.param(sqrt(x**2), (1, 1, 3), marks=pytest.mark.full),
        pytest.param((x**2) ** Rational(3, 2), (1, 1, 27), marks=pytest.mark.full),
        pytest.param(sign(x), (-1, 1, -1), marks=pytest.mark.full),
        pytest.param(Max(x, 0), (0, 1, 0), marks=pytest.mark.full),
        pytest.param(Min(x, -x), (-1, -1, -3), marks=pytest.mark.full),
        pytest.param(exp(-Abs(x)), (exp(-1), exp(-1), exp(-3)), marks=pytest.mark.full),
        pytest.param(Piecewise((x, x > 0), (x**2, True)), (1, 1, 9), marks=pytest.mark.full),
        pytest.param(sqrt((x - 1) ** 2), (2, 0, 4), marks=pytest.mark.full),
        pytest.param(sympy.floor(x / 2), (-1, 0, -2), marks=pytest.mark.full),
        pytest.param(sympy.Mod(x, 2), (1, 1, 1), marks=pytest.mark.full),
        pytest.param(sympy.real_root(x, 3), (-1, 1, -(3 ** (1 / 3))), marks=pytest.mark.full),
        pytest.param(sqrt(x * (x - 5)), (sqrt(6), None, sqrt(24)), marks=pytest.mark.full),
        pytest.param(sympy.cbrt(x), (None, 1, None), marks=pytest.mark.full),
        pytest.param(log(x), (None, 0, None), marks=pytest.mark.full),
    ],
)
def test_data_are_read_at_the_foot(data: Any, values: Sequence[Any]) -> None:
    """At t = 1 the points x = 1, 3, -1 come from x = -1, 1, -3; without a real value: refused."""
    solution = solve(equation((2,), data))
    for at, expected in zip((1, 3, -1), values, strict=True):
        if expected is None:
            with pytest.raises(OutsideDomainError):
                solution.evaluate({t: 1, x: at})
        else:
            assert float(solution.evaluate({t: 1, x: at})) == pytest.approx(float(expected))


def test_a_step_of_the_source_by_parts() -> None:
    """Nothing, x/2 or t, according to where the characteristic crosses x = 0."""
    solution = solve(equation((2,), 0, Heaviside(x)))
    assert solution.kind == "explicit"
    assert solution.evidence.kind == "exact"
    for at, expected in ((-1, 0), (1, 0.5), (2, 1), (3, 1)):
        assert float(solution.evaluate({t: 1, x: at})) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("data", "source", "wrong"),
    [
        (Abs(x), 0, x - 2 * t),
        (Heaviside(x), 0, Heaviside(x - 3 * t)),
        (0, Heaviside(x), t),
        (log(x**2), 0, 2 * log(x - 2 * t)),
        (exp(-Abs(x - 1000)), 0, exp(x - 1000 - 2 * t)),
        (x, 0, x - 2 * t + Heaviside(x - 5)),
    ],
)
def test_substitution_looks_at_every_side(data: Any, source: Any, wrong: Any) -> None:
    """What is right on the side of the sample, or moves a jump at a wrong speed, is refuted."""
    with pytest.raises(VerificationError):
        equation((2,), data, source).verify(wrong)


def test_speeds_in_pieces() -> None:
    """Two sides that nothing crosses; a wall that is crossed; no value in a rarefaction."""
    kept = solve(equation((Abs(x),), x))
    assert kept.kind == "explicit"
    assert float(kept.evaluate({t: 1, x: -1})) == pytest.approx(-math.e)
    assert value(equation((1 + Heaviside(x),), x), 1, 1) == pytest.approx(-0.5)
    with pytest.raises(OutsideDomainError, match="x = 0"):
        value(equation((sign(x),), x), 1, Rational(1, 2))
    with pytest.raises(OutsideDomainError, match="x = 0"):
        value(equation((-sign(x),), x), 1, 0)


def test_no_value_where_a_root_makes_the_characteristic_not_unique() -> None:
    """From x = 1 the characteristic of speed sqrt(x) is at x = 0 two units of time before."""
    solution = solve(equation((sqrt(x),), x))
    assert float(solution.evaluate({t: 1, x: 1})) == pytest.approx(0.25)
    with pytest.raises(OutsideDomainError, match="singularity"):
        solution.evaluate({t: 3, x: 1})


@pytest.mark.parametrize("source", [sympy.floor(x), sympy.DiracDelta(x), sympy.Mod(x, 1)])
def test_functions_without_pieces_are_named(source: Any) -> None:
    """Infinitely many jumps, or no function at all."""
    solution = solve(equation((2,), 0, source))
    assert solution.kind == "unsolved"
    assert str(source) in solution.failure


# -- at random ------------------------------------------------------------------------------------

KINKS: tuple[Callable[[Any], Any], ...] = (
    Abs,
    sign,
    Heaviside,
    lambda a: Max(a, 0),
    lambda a: Min(a, a**2),
    lambda a: exp(-Abs(a)),
    lambda a: sqrt(a**2),
    lambda a: (a**2) ** Rational(3, 2),
    lambda a: Abs(Abs(a) - 1),
    lambda a: Piecewise((a, a > 0), (a**2, True)),
    lambda a: Piecewise((1, (a > -1) & (a < 1)), (0, True)),
    lambda a: a * sign(a - 1),
)
SMOOTH = (ZERO, x, x**2 / 3, exp(-x / 3), 1 + t)


def drawn(random_: random.Random) -> FirstOrderEquation:
    """Return a random equation with kinks in data, source, growth or speeds."""
    count = random_.choice((1, 1, 1, 2, 3))
    places = (x, y, z)[:count]

    def line() -> Any:
        total = sum((random_.randint(-2, 2) * v for v in places), sympy.Integer(0))
        total = total if total != 0 else x
        return total + Rational(random_.randint(-3, 3), 2)

    def rough() -> Any:
        return random_.choice(KINKS)(line())

    def speed(v: Any) -> Any:
        number = Rational(random_.choice((-3, -2, -1, 1, 2, 3)), 2)
        choices = (number, number, number * v / 2, number + v / 3, number * t, number + t)
        return random_.choice(choices)

    speeds = [speed(v) for v in places]
    if random_.random() < 0.15:
        speeds[0] = random_.choice((1 + Heaviside(x), Abs(x), 2 + sign(x - 1), Max(x, 1)))
    data = rough() if random_.random() < 0.7 else random_.choice(SMOOTH[:4])
    source = rough() if random_.random() < 0.4 else random_.choice((ZERO, ZERO, *SMOOTH))
    growth = (
        rough() / 2 if random_.random() < 0.15 else random_.choice((ZERO, ZERO, Rational(-1, 2)))
    )
    return equation(speeds, data, source, growth)


def compared(seed: int, points: int = 3) -> tuple[int, int]:
    """Return how many values of a random equation agree and how many are refused."""
    random_ = random.Random(seed)
    problem = drawn(random_)
    solution = solve(problem)
    agreed = refused = 0
    for _ in range(points):
        point = {v: Rational(random_.randint(-3000, 3000), 1009) for v in problem.variables}
        point[t] = Rational(random_.randint(100, 2000), 1009)
        try:
            found = float(solution.evaluate(point, 8))
        except PDEError:
            refused += 1
            continue
        expected = followed(problem, point)
        assert found == pytest.approx(expected, abs=0.02, rel=0.02), (seed, problem, point)
        agreed += 1
    return agreed, refused


@pytest.mark.parametrize("seed", [4, 8])
def test_a_few_random_equations(seed: int) -> None:
    """Values agree or are refused."""
    compared(seed, 2)


@pytest.mark.full
def test_many_random_equations() -> None:
    """Values agree or are refused, and few are refused."""
    counts = [compared(seed) for seed in range(100, 160)]
    agreed, refused = (sum(column) for column in zip(*counts, strict=True))
    assert agreed > 20 * refused
