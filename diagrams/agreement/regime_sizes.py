"""Sizes along a regime: how far in it they lie, and what the exact coefficients say there.

A scaling of the regime leads from the sizes that were asked for to others: the monomials of its
equalities keep their values, those of its inequalities go the way they say.  A size *lies in the
regime* as far as the terms of its face make up the exact leading coefficients; at sizes where the
terms of other faces are as large, a deviation says nothing of this one's limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from diagrams.agreement.size_scaling import GOAL, INSIDE, ExactDeviation, scaled_sizes
from diagrams.dynamics.certificate import leading_part
from diagrams.dynamics.face import Face
from diagrams.graphs.laws import GroupLaw
from diagrams.polynomials.evaluation import float_at
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.structure import structure
from diagrams.scaling.fronts.front import without_constant
from diagrams.series.averages import rounded
from diagrams.series.expansion import expand

ORDERS = 3
"""Exact coefficients that are looked at: Y_0, Y_1 and Y_2."""

SHOWN = 2
"""Of these, so many are shown: at t = 0 the loss and its slope."""

ALIKE = 1e-6
"""A solution starts at a polynomial if the two differ by this part at most."""

STEPS, FINE = 160, 4
"""Sizes looked at for the end of a deviation, and how many of them double the size."""

HALVINGS = 40

Values = Mapping[str, float]


@dataclass(frozen=True)
class RegimeSizes:
    """A face, a scaling of it (exponents of the lead by symbol), the values it goes through."""

    face: Face
    powers: Mapping[str, Fraction]
    base: Values
    lead: str

    def at(self, size: float) -> dict[str, float]:
        """All values at another size of the lead, not rounded."""
        return scaled_sizes(self.base, self.powers, self.lead, size)

    @cached_property
    def _known(self) -> tuple[tuple[Polynomial, Polynomial], ...]:
        """Of every order looked at: the terms of the face, and all other ones that may lead."""
        exact, problem = self.face.exact, self.face.problem
        scaling = self.face.regime.scaling
        count = min(ORDERS, exact.terms + 1)
        given = without_constant(problem, [exact.coefficient(s) for s in range(count)])
        parts = []
        for s, polynomial in enumerate(given):
            inside = leading_part(polynomial, scaling)
            rest = polynomial - inside
            if s == 0:
                inside = inside + self.face.constant
                rest = rest + structure(problem).constant - self.face.constant
            parts.append((inside, rest))
        return tuple(parts)

    def share(self, values: Values) -> float | None:
        """The least part that the face's terms make up of ``Y_0, Y_1, ..``, in absolute values."""
        exact = self._numbers(values)
        shares = []
        for s, (inside, rest) in enumerate(self._known):
            if s < self.face.regime.first or not inside:
                continue
            own = float_at(_magnitude(inside), exact)
            shares.append(own / (own + float_at(_magnitude(rest), exact)))
        return min(shares, default=None)

    def serves(self, size: float) -> bool:
        """Whether a size is one to fit a law to: in the regime, ``Y_0`` at most twice its limit."""
        share = self.share(self.at(size))
        if share is None or share < INSIDE:
            return False
        return self._has_groups or not self._known[0][0] or self._off(0, size) <= 1

    # -- exact deviations -------------------------------------------------------------------

    def exact_deviations(self, shown: tuple[int, ...], start: float) -> tuple[ExactDeviation, ...]:
        """How far ``Y_0`` and ``Y_1`` are from their leading parts at some sizes.

        ``start`` is what the solution gives at ``t = 0``: where that is not the leading part of
        ``Y_0``, the latter is left out.
        """
        return tuple(
            ExactDeviation(
                s,
                tuple((size, self._off(s, size)) for size in shown),
                self._needed(s, GOAL, min(shown)),
                self.lead,
            )
            for s in self._comparable(start)
        )

    def least(self, start: float, span: float) -> float | None:
        """The lead from which on the exact ``Y_0`` is off by one per cent of a range at most.

        ``span`` is the range of the solution that starts at ``start``.
        """
        if 0 not in self._comparable(start):
            return None
        return self._needed(0, GOAL * span / abs(start), 1)

    def _comparable(self, start: float) -> list[int]:
        orders = [
            s
            for s, (inside, _) in enumerate(self._known[:SHOWN])
            if inside and s >= self.face.regime.first
        ]
        if self._has_groups:
            return []
        if 0 in orders:
            value = float_at(self._known[0][0], self._numbers(self.base))
            if not abs(value - start) <= ALIKE * abs(start):
                orders.remove(0)
        return orders

    def _numbers(self, values: Values) -> dict[str, Fraction]:
        """Numbers of all symbols of coefficients: averages of functions do not change with size."""
        return exact_values(values) | self._averages

    @cached_property
    def _averages(self) -> dict[str, Fraction]:
        return rounded(
            (*self._whole, *(y for own in self._known for y in own)), exact_values(self.base)
        )

    @property
    def _has_groups(self) -> bool:
        """Whether exact coefficients hold for some sizes only."""
        return any(isinstance(tensor.law, GroupLaw) for tensor in self.face.problem.tensors)

    @cached_property
    def _whole(self) -> tuple[Polynomial, ...]:
        """The exact coefficients, complete."""
        return tuple(expand(self.face.problem, SHOWN - 1))

    def _off(self, s: int, size: float) -> float:
        """How far ``Y_s`` is from its leading part, a part of the latter."""
        exact = self._numbers(self.at(size))
        inside = self._known[s][0]
        return abs(float_at(self._whole[s] - inside, exact) / float_at(inside, exact))

    def _needed(self, s: int, goal: float, first: int) -> float | None:
        """The lead from which on ``Y_s`` is within the goal; ``None`` where it never is."""
        sizes = [first * 2 ** (k / FINE) for k in range(STEPS)]
        if self._off(s, sizes[-1]) > goal:
            return None
        above = [k for k, size in enumerate(sizes) if self._off(s, size) > goal]
        if not above:
            return float(first)
        low, high = sizes[above[-1]], sizes[above[-1] + 1]
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self._off(s, middle) > goal else (low, middle)
        return high


def _magnitude(polynomial: Polynomial) -> Polynomial:
    """The polynomial with absolute values for coefficients."""
    return Polynomial.from_terms((powers, abs(c)) for powers, c in polynomial.terms)


def exact_values(values: Values) -> dict[str, Fraction]:
    """Return numbers as fractions."""
    return {name: Fraction(x) for name, x in values.items()}
