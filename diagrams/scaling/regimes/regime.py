"""The regime, as a value: conditions, time scale, learning, parameterisation, evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from diagrams.display import Displayed
from diagrams.errors import BadInput
from diagrams.evidence import Evidence
from diagrams.problems.problem import Problem
from diagrams.scaling.fronts.families import Families, Line
from diagrams.scaling.fronts.front import Fronts
from diagrams.scaling.regimes.chambers import FAR
from diagrams.scaling.regimes.clock import Exponents, clock_text
from diagrams.scaling.regimes.clock_rule import ClockRule, Cone, FirstOrders, clock_rule
from diagrams.scaling.regimes.relations import Relation, conditions_latex, conditions_text
from pde.linear_algebra import Integers, Vector


@dataclass(frozen=True)
class Regime(Displayed):
    """One regime.

    ``corners`` are the letters of its vertices; ``lines[r]`` the vertices of the orders
    ``s = r`` modulo the period; ``equalities`` and ``inequalities`` its scaling conditions;
    ``clock`` the exponents of T (``None`` where terms of the face gain different factors);
    ``direction`` one scaling for which it leads, at all orders if there is such a one; ``first``
    the order from which it was seen; ``first_orders`` the vertices by which the clock is judged.
    """

    name: str
    dimension: int
    corners: tuple[str, ...]
    lines: tuple[tuple[Line, ...], ...]
    symbols: tuple[str, ...]
    equalities: tuple[Relation, ...]
    inequalities: tuple[Relation, ...]
    clock: Exponents | None
    learning: str
    parameterization: str
    direction: Integers
    first: int
    evidence: Evidence
    first_orders: FirstOrders = field(repr=False, compare=False)

    @property
    def relations(self) -> tuple[Relation, ...]:
        """All scaling conditions, equalities first."""
        return self.equalities + self.inequalities

    @property
    def scaling(self) -> dict[str, int]:
        """The direction by symbol."""
        return dict(zip(self.symbols, self.direction, strict=True))

    @property
    def condition(self) -> str:
        """The scaling conditions as text."""
        return conditions_text(self.relations)

    @property
    def condition_latex(self) -> str:
        """The scaling conditions as LaTeX mathematics."""
        return conditions_latex(r.to_latex() for r in self.relations)

    @property
    def drifts(self) -> bool:
        """Whether a condition moves with the order."""
        return any(r.drifts for r in self.relations)

    @property
    def time_scale(self) -> dict[str, str] | None:
        """The exponents of T by symbol, zeros left out."""
        if self.clock is None:
            return None
        return {n: str(e) for n, e in zip(self.symbols, self.clock, strict=True) if e}

    @property
    def clock_rule(self) -> ClockRule:
        """Whether the coefficients move the loss at T, or T is a formal clock.

        >>> from diagrams.problems.cp import cp_problem
        >>> from diagrams.scaling.regimes.finding import regimes
        >>> found = regimes(cp_problem(order=3, ties="2+1", target="zero"))
        >>> {regime.name: regime.clock_rule.verdict for regime in found}
        {'A-B': 'undetermined', 'A': 'moves', 'B': 'formal'}
        """
        return clock_rule(self.cone, self.clock, self.first_orders)

    @property
    def cone(self) -> Cone:
        """The scalings in the regime."""
        sizes = self.first_orders.sizes
        growing = tuple(k for k, name in enumerate(self.symbols) if name in sizes)
        return Cone(self.symbols, growing, self.equalities, self.inequalities)

    @property
    def every_order(self) -> Cone:
        """The scalings in it at every order from its first on.

        What an inequality says at the first order and in the end, it says in between.
        """
        start, fixed = max(1, self.first), (0,) * len(self.symbols)
        early = [
            Relation(self.symbols, tuple(map(int, r.exponents(start))), fixed, r.limit)
            for r in self.inequalities
            if r.drifts
        ]
        return replace(self.cone, inequalities=(*self.inequalities, *early))

    @property
    def scalings(self) -> tuple[Integers, ...]:
        """Some scalings that lie in it at every order from its first on; empty if none does.

        >>> from diagrams.problems.cp import cp_problem
        >>> from diagrams.scaling.regimes.finding import regimes
        >>> drifting = regimes(cp_problem(order=3, ties="2+1", target="zero"))["B"]
        >>> print(drifting.condition, drifting.scalings)
        H^s/p^(s+1) -> inf ((1, 3, 0), (3, 7, 0), (1, 5, 0))
        """
        return self.every_order.inside()

    def holds(self, scaling: Sequence[Fraction | int], s: int = FAR) -> bool:
        """Whether a scaling satisfies all conditions (at order ``s``, where they drift)."""
        return all(r.holds(scaling, s) for r in self.relations)

    def corners_at(self, s: int) -> tuple[Vector, ...]:
        """The vertices of the face at order ``s``; rational where the law of the front rounds."""
        return tuple(line.at(s) for line in self.lines[s % len(self.lines)])

    def terms_at(self, s: int) -> tuple[Vector, ...]:
        """Those of its vertices at order ``s`` that have integral exponents."""
        listed = self.corners_at(s)
        return tuple(v for v in listed if all(Fraction(x).denominator == 1 for x in v))

    def __str__(self) -> str:
        clock = "none common" if self.clock is None else clock_text(self.symbols, self.clock)
        return (
            f"{self.name}: {self.condition}; T = {clock}; {self.learning}, {self.parameterization}"
        )


def _letters(name: str) -> frozenset[str]:
    return frozenset(name.upper().split("-"))


@dataclass(frozen=True)
class Regimes(Displayed):
    """All regimes of a problem, by falling dimension along the boundary of the polygon."""

    problem: Problem
    symbols: tuple[str, ...]
    sizes: tuple[str, ...]
    members: tuple[Regime, ...]
    fronts: Fronts
    families: Families
    width: str | None
    evidence: Evidence

    def __iter__(self) -> Iterator[Regime]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)

    def __getitem__(self, name: str) -> Regime:
        found = self.written(name)
        if found is None:
            raise BadInput("regime", name, ", ".join(self.names))
        return found

    def written(self, name: str) -> Regime | None:
        """The regime that a person means: by its name, in any case, corners in any order."""
        if not isinstance(name, str):
            return None
        for regime in self.members:
            if regime.name == name:
                return regime
        meant = [r for r in self.members if _letters(r.name) == _letters(name)]
        return meant[0] if len(meant) == 1 else None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all regimes."""
        return tuple(regime.name for regime in self.members)

    def __str__(self) -> str:
        lines = [self.problem.title, *(f"  {regime}" for regime in self.members)]
        return "\n".join([*lines, f"evidence: {self.evidence}"])
