"""Averages over a density of one band and its atom at zero, as formulas with their numbers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sympy
from sympy import Expr, Rational, Symbol

from diagrams.dynamics.explicit.exact_input import in_symbols
from diagrams.dynamics.explicit.numbers import ByFormula
from diagrams.dynamics.numbers import Numbers, Values
from diagrams.dynamics.petals.grouping import inserted
from diagrams.dynamics.roads.spectra.algebraic import Bulk, X
from diagrams.dynamics.sentences import sentence
from diagrams.dynamics.step import Step
from diagrams.polynomials.spelling import fresh
from pde.numbers.evaluation import Value

Definitions = tuple[tuple[Symbol, Expr], ...]


@dataclass(frozen=True)
class Band:
    """A band of eigenvalues ``centre + width cos(angle)``, with the atom that is left of it."""

    bulk: Bulk
    centre: Symbol
    width: Symbol
    angle: Symbol

    @staticmethod
    def of(bulk: Bulk, taken: Collection[str]) -> Band:
        """Return a band under names that are free."""
        return Band(bulk, *(Symbol(fresh(name, set(taken))) for name in ("m", "h", "theta")))

    @property
    def definitions(self) -> Definitions:
        """What the names of its centre and half-width stand for."""
        return (self.centre, self.bulk.centre), (self.width, self.bulk.width)

    @property
    def eigenvalue(self) -> Expr:
        """The eigenvalue at an angle."""
        return self.centre + self.width * sympy.cos(self.angle)

    @property
    def begins_at_zero(self) -> bool:
        """Whether the band begins at zero, whatever the sizes are."""
        return not sympy.simplify(self.bulk.centre - self.bulk.width)

    @property
    def root(self) -> Expr:
        """The root of the eigenvalue, smooth where the band begins at zero."""
        if self.begins_at_zero:
            return sympy.sqrt(2 * self.centre) * sympy.cos(self.angle / 2)
        return sympy.sqrt(self.eigenvalue)

    @property
    def step(self) -> Step:
        """The step of a derivation that tells of it."""
        said = sentence(
            "the density of its eigenvalues is a band around {} of half-width {}",
            *(self.centre, self.width),
        )
        named = (sympy.Eq(s, meaning, evaluate=False) for s, meaning in self.definitions)
        return Step("spectrum", said, tuple(named))

    def mass(self) -> tuple[Expr, Expr]:
        """The mass of the atom at zero where it is positive, and a positive denominator of it."""
        share, below = sympy.fraction(sympy.together(self.bulk.atom))
        return share, below

    def over(self, factor: Expr, weighed: Expr) -> Expr:
        """The integral of what is weighed, which holds the square of the sine, over the band."""
        integral = sympy.Integral(weighed, (self.angle, 0, sympy.pi))
        return sympy.cancel(factor / (2 * self.bulk.slope)) * self.width**2 / sympy.pi * integral

    def average(
        self, factor: Expr, value: Expr, at_zero: Expr, constant: Expr, within: Definitions
    ) -> tuple[Expr, Numbers]:
        """Return a factor times an average, plus a constant, and the numbers of it.

        ``within`` are the definitions of symbols of the value, the eigenvalue among them.
        """
        square = sympy.sin(self.angle) ** 2
        share, below = self.mass()
        atom = sympy.Integer(0)
        if share:
            atom = sympy.cancel(factor / below) * sympy.Max(0, share) * at_zero
        added = atom + constant
        touching = None
        formula = self.over(factor, value * square / self.bulk.q.subs(X, self.eigenvalue)) + added
        if self.bulk.q.has(X):
            edge = (2 * self.centre - self.eigenvalue) / self.width**2
            touching = self.over(factor, value * edge) + added
            if self.begins_at_zero:
                formula, touching = touching, None
        return formula, self.numbers(
            inserted(formula, within), touching and inserted(touching, within)
        )

    def numbers(self, formula: Expr, touching: Expr | None) -> Numbers:
        """Numbers of a formula; of the other one where the band begins at zero."""
        plain = inserted(formula, self.definitions)
        plain = plain.replace(sympy.Max, lambda *args: sum(args) / 2 + abs(args[0] - args[1]) / 2)
        apart = ByFormula(plain)
        if touching is None:
            return apart
        closed = ByFormula(inserted(touching, self.definitions))
        return ByEdge(apart, closed, self.bulk.centre**2 - self.bulk.width**2)


@dataclass(frozen=True)
class ByEdge(Numbers):
    """Numbers of a band that may begin at an eigenvalue of zero, where ``gap`` vanishes."""

    apart: ByFormula
    touching: ByFormula
    gap: Expr

    def curve(self, values: Values, times: Sequence[Rational], digits: int) -> tuple[Value, ...]:
        """Return ``E[L]`` at several times."""
        named = in_symbols(values)
        zero = sympy.expand(self.gap.xreplace(named)) == 0
        return (self.touching if zero else self.apart).curve(values, times, digits)
