r"""Gradient descent of an explicit polynomial in steps, averaged over Gaussian initial values.

A step substitutes ``v - eta rate_v dU/dv`` for every variable v, monomial by monomial: polynomials
are multiplied out, nothing is differentiated but U, and nothing is known of diagrams, merges or
powers of the rate, which is a variable like any other, the last one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from diagrams.problems.problem import Problem

from .polynomial_flow import Gaussian, Monomial, Polynomial, add, gaussian_moment, multiply
from .random_problems import polynomials

Dense = dict[Monomial, Fraction]


def stepped(
    observable: Polynomial, potential: Polynomial, laws: Sequence[Gaussian], most: int | None
) -> Dense:
    """The observable after one step, to the power ``most`` of the rate (None: all).

    The last exponent of every monomial is that of the rate.

    >>> square = {(2, 0): Fraction(1)}
    >>> stepped(square, square, [Gaussian("v")], None) == {(2, 0): 1, (2, 1): -4, (2, 2): 4}
    True
    """
    moved = []
    for v, law in enumerate(laws):
        entry = {_unit(len(laws) + 1, v): Fraction(1)}
        slope = {
            (*m[:v], m[v] - 1, *m[v + 1 : -1], m[-1] + 1): -law.rate * m[v] * x
            for m, x in potential.items()
            if m[v]
        }
        moved.append(add(entry, slope) if law.rate else entry)
    powers: dict[tuple[int, int], Dense] = {}

    def power(v: int, n: int) -> Dense:
        if n == 1:
            return _cut(moved[v], most)
        if (v, n) not in powers:
            powers[v, n] = _cut(multiply(power(v, n - 1), power(v, 1)), most)
        return powers[v, n]

    total: list[Dense] = []
    for monomial, x in observable.items():
        product: Dense = {(*(0 for _ in laws), monomial[-1]): x}
        for v, n in enumerate(monomial[:-1]):
            if n:
                product = _cut(multiply(product, power(v, n)), most)
        total.append(product)
    return add(*total)


def _cut(polynomial: Polynomial, most: int | None) -> Dense:
    return {m: x for m, x in polynomial.items() if most is None or m[-1] <= most}


def _unit(length: int, place: int) -> Monomial:
    return tuple(int(j == place) for j in range(length))


def averaged_steps(
    observable: Polynomial,
    potential: Polynomial,
    laws: Sequence[Gaussian],
    steps: int,
    most: int | None = None,
) -> list[dict[int, Fraction]]:
    """``E[observable]`` after 0..steps steps, each by powers of the rate."""
    current = {(*m, 0): Fraction(x) for m, x in observable.items()}
    descended = {(*m, 0): Fraction(x) for m, x in potential.items()}
    found = []
    for k in range(steps + 1):
        if k:
            current = stepped(current, descended, laws, most)
        means: dict[int, Fraction] = {}
        for monomial, x in current.items():
            for n, law in zip(monomial[:-1], laws, strict=True):
                x *= gaussian_moment(n, law.variance, law.mean)
            means[monomial[-1]] = means.get(monomial[-1], Fraction(0)) + x
        found.append({s: x for s, x in sorted(means.items()) if x})
    return found


def explicit_steps(
    problem: Problem, steps: int, at: Mapping[str, Fraction], most: int | None = None
) -> list[dict[int, Fraction]]:
    """The same for a problem at numbers for all symbols, sizes among them."""
    observable, potential, laws = polynomials(problem, at)
    return averaged_steps(observable, potential, laws, steps, most)
