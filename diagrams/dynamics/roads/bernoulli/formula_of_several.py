"""What a person writes for coordinates of several colours that move together.

The damping is divided out by a power of ``phi``; what is left are the squares ``A_c(psi)``, with
constant differences, and two averages of them: ``G = E[A_c]``, and the petal of the target,
``K = E[prod A_c^(M_c/2)] = G'/(2 alpha)``.  For two colours with powers two the squares are
elementary functions, and in polar coordinates ``G`` is a double integral over a smooth function.
"""

from __future__ import annotations

from functools import lru_cache

import sympy
from sympy import Expr, Function, Integral, Rational, Symbol

from diagrams.dynamics.petals.grouping import local, public
from diagrams.dynamics.roads.bernoulli.structure import PHI, PSI, Bernoulli
from diagrams.dynamics.sentences import sentence
from diagrams.dynamics.step import Step
from diagrams.errors import NotSolved

SQUARE_AVERAGE, TARGET_AVERAGE = Function("G"), Function("K")
ANGLE, RADIUS, DUMMY, SPREAD = Symbol("vartheta"), Symbol("w"), Symbol("x"), Symbol("a")


PAIR = (2, 2)
"""The powers of the target for which the squares are elementary functions."""


def equal_averages(found: Bernoulli, alpha: Expr) -> tuple[sympy.Basic, ...]:
    """Return the equations that define ``G(psi)`` and, if it is observed, ``K(psi)``."""
    conditions: list[sympy.Basic] = []
    if found.driving == PAIR:
        conditions.append(sympy.Eq(SQUARE_AVERAGE(PSI), _pair_average(found)))
    else:
        first = squares(found)[0]
        mean = Function("E")
        conditions.append(sympy.Eq(SQUARE_AVERAGE(PSI), mean(first)))
        conditions.append(sympy.Eq(first.diff(PSI), _rate(found, alpha)))
        conditions.append(sympy.Eq(first.subs(PSI, 0), _starts(found)[0] ** 2))
    if found.driving in found.closure.observable.variables:
        slope = SQUARE_AVERAGE(PSI).diff(PSI) / (2 * alpha)
        conditions.append(sympy.Eq(TARGET_AVERAGE(PSI), slope))
    return tuple(conditions)


def squares(found: Bernoulli) -> tuple[Expr, ...]:
    """Return ``A_c(psi)`` of all colours."""
    return tuple(Function(f"A_{name}")(PSI) for name in found.closure.rows.colours)


def _starts(found: Bernoulli) -> tuple[Symbol, ...]:
    return tuple(Symbol(f"xi_{name}") for name in found.closure.rows.colours)


def _rate(found: Bernoulli, alpha: Expr) -> Expr:
    pairs = zip(squares(found), found.driving, strict=True)
    return 2 * alpha * sympy.Mul(*(square ** (entry // 2) for square, entry in pairs))


def equal_definitions(found: Bernoulli, alpha: Expr) -> tuple[tuple[Symbol, Expr], ...]:
    """Return what the formula of the average needs named."""
    if found.driving != PAIR:
        return ()
    return ((SPREAD, -2 * alpha * PSI * public(local(found.variance.to_sympy()))),)


def _pair_average(found: Bernoulli) -> Expr:
    """``E[A]`` with the sum ``2 s^2 w`` of the first squares, the difference ``cos`` times that."""
    variance = public(local(found.variance.to_sympy()))
    difference = sympy.cos(ANGLE)
    grown = sympy.atanh(difference) + SPREAD * RADIUS * difference
    integrand = RADIUS * sympy.exp(-RADIUS) * difference * sympy.coth(grown)
    inside = Integral(integrand, (ANGLE, 0, sympy.pi / 2), (RADIUS, 0, sympy.oo))
    return 2 * variance / sympy.pi * inside


def first_integral(found: Bernoulli, beta: Expr, p: Expr, clock: Expr) -> tuple[sympy.Basic, ...]:
    """Return the equations of ``phi`` and of the time: integrated without decay."""
    gain, m = 2 * found.power - found.d, found.power
    time = sympy.Eq(clock, Integral(1 / PHI(DUMMY), (DUMMY, 0, PSI)))
    if found.decay:
        decay = public(local(found.decay.to_sympy()))
        driven = beta * p**m * SQUARE_AVERAGE(PSI) ** m * PHI(PSI) ** Rational(2 * m, found.d)
        slope = -found.d * (driven + decay if found.beta else decay)
        return sympy.Eq(PHI(PSI).diff(PSI), slope), sympy.Eq(PHI(0), 1), time
    whole = Integral(SQUARE_AVERAGE(DUMMY) ** m, (DUMMY, 0, PSI))
    solved = 1 + gain * beta * p**m * whole
    return sympy.Eq(PHI(PSI) ** Rational(-gain, found.d), solved), time


def equal_steps(found: Bernoulli, alpha: Expr) -> tuple[Step, ...]:
    """Return the steps from the coordinates to their averages."""
    moving, starts = squares(found), _starts(found)
    differences = tuple(
        sympy.Eq(moving[0] - other, starts[0] ** 2 - start**2)
        for other, start in zip(moving[1:], starts[1:], strict=True)
    )
    names = found.closure.rows.colours
    root = PHI(PSI) ** Rational(2, found.d)
    start = Step(
        "squares",
        sentence(
            "all colours have the same rate of damping and the same term of the target: divided by"
            " a power of {} their squares obey one equation, and their differences are constant;"
            " xi are the initial values, of variance {}",
            *(PHI, public(local(found.variance.to_sympy()))),
        ),
        (
            sympy.Eq(Symbol(f"v_{names[0]}") ** 2, root * moving[0]),
            sympy.Eq(moving[0].diff(PSI), _rate(found, alpha)),
            *differences,
        ),
    )
    if found.driving != PAIR:
        return (start,)
    solved = pair_flow(alpha, starts)
    shown = sympy.Eq(moving[0], solved)
    one, other = starts
    polar = Step(
        "averages",
        sentence(
            "{} is the mean of the two squares: {}^2 + {}^2 is 2 {} times the variance, with {}"
            " exponential, and {}^2 - {}^2 is cos({}) times that, with {} uniform",
            *(SQUARE_AVERAGE, one, other, RADIUS, RADIUS, one, other, ANGLE, ANGLE),
        ),
        (shown, *equal_averages(found, alpha)),
    )
    return start, polar


@lru_cache(maxsize=16)
def pair_flow(alpha: Expr, starts: tuple[Symbol, ...]) -> Expr:
    """Return ``A_u(psi)`` of two colours: put into its equation, it is checked here.

    >>> pair_flow(sympy.Integer(1), sympy.symbols("x y"))
    (x**2 - y**2)/(1 - y**2*exp(2*psi*(x**2 - y**2))/x**2)
    """
    one, other = starts
    difference = one**2 - other**2
    ratio = other**2 / one**2 * sympy.exp(2 * alpha * PSI * difference)
    solved = difference / (1 - ratio)
    left = solved.diff(PSI) - 2 * alpha * solved * (solved - difference)
    if sympy.simplify(left) != 0 or sympy.simplify(solved.subs(PSI, 0) - one**2) != 0:
        raise NotSolved("the squares: the flow does not solve their equation")
    return solved
