"""Regimes for every order of the model at once: exponents fitted as functions of nu.

Regimes of several models that differ in their order nu only are compared name by name.  Every
exponent of a condition and of the time scale has to be linear in nu, or quadratic, T over a
common denominator linear in nu; as many orders as there are coefficients fix it, and all others
are held out and must agree: three orders at least for a line, four for a parabola.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from diagrams.display import Displayed
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.problems.cp import CPProblem
from diagrams.scaling.orders.curve import DEGREE_LIMIT, Curve, common_denominator, curve_through
from diagrams.scaling.orders.relation import (
    ALLOWED,
    ORDER,
    OrderRelation,
    powers_product,
    relation_law,
    simplest_power,
)
from diagrams.scaling.regimes.clock_rule import SAID, Verdict
from diagrams.scaling.regimes.regime import Regime, Regimes
from diagrams.scaling.regimes.relations import (
    conditions_latex,
    conditions_text,
)
from pde.linear_algebra import Vector, in_span

if TYPE_CHECKING:
    import sympy

CLOCKS_COMPARED = Evidence(
    Kind.DERIVED, "the clocks of the regimes at the orders that were compared, and of no others"
)


@dataclass(frozen=True, slots=True)
class OrderRegime(Displayed):
    """One regime for every order: its conditions and the exponents of T as curves in nu.

    ``verdict`` is the clock's at all orders that were compared, *undetermined* if they differ.
    """

    name: str
    dimension: int
    symbols: tuple[str, ...]
    relations: tuple[OrderRelation, ...]
    clock: Curve | None
    learning: str
    parameterization: str
    verdict: Verdict

    @property
    def condition(self) -> str:
        """The scaling conditions as text."""
        return conditions_text(self.relations)

    @property
    def condition_latex(self) -> str:
        """The scaling conditions as LaTeX mathematics."""
        return conditions_latex(r.to_latex() for r in self.relations)

    @property
    def degree(self) -> int:
        """The degree in nu of the conditions and of T."""
        curves = [curve for r in self.relations for curve in (r.fixed, r.moving)]
        curves += [] if self.clock is None else [self.clock]
        return max((curve.degree for curve in curves), default=0)

    def clock_powers(self) -> list[tuple[str, sympy.Expr]]:
        """The powers of T that are not zero for every nu."""
        import sympy

        if self.clock is None:
            return []
        nu = sympy.Symbol(ORDER)
        powers = [
            (name, simplest_power(self.clock.expression(k, nu)))
            for k, name in enumerate(self.symbols)
        ]
        return [(name, power) for name, power in powers if power != 0]

    @property
    def clock_text(self) -> str:
        """T as text."""
        if self.clock is None:
            return "none common"
        return powers_product(self.clock_powers(), "text") or "1"

    @property
    def clock_latex(self) -> str:
        """T as LaTeX mathematics."""
        if self.clock is None:
            return "\\text{none common}"
        return powers_product(self.clock_powers(), "latex") or "1"

    def __str__(self) -> str:
        words = f"{self.learning}, {self.parameterization}"
        return f"{self.name}: {self.condition}; T = {self.clock_text}; {words}"


@dataclass(frozen=True)
class OrderLaw(Displayed):
    """The regimes of a family of models for symbolic order nu.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes.finding import regimes
    >>> known = {nu: regimes(cp_problem(order=nu, ties="sym"), terms=2) for nu in (2, 4, 6)}
    >>> print(order_law(known)["A-B"])
    A-B: H^2 ~ p^nu, p^(nu-1) sigma^nu -> inf; T = p^(nu-1) sigma^(2nu-2); free, critical
    """

    title: str
    orders: tuple[int, ...]
    members: tuple[OrderRegime, ...]
    evidence: Evidence

    def __getitem__(self, name: str) -> OrderRegime:
        for regime in self.members:
            if regime.name == name:
                return regime
        raise BadInput("regime", name, ", ".join(regime.name for regime in self.members))

    @property
    def clock_rules(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        """What the coefficients of the orders compared say of T: names of regimes, a sentence."""
        orders = f" ({ORDER} = {', '.join(map(str, self.orders))})"
        verdicts = dict.fromkeys(r.verdict for r in self.members)
        return tuple(
            (tuple(r.name for r in self.members if r.verdict == verdict), SAID[verdict] + orders)
            for verdict in verdicts
        )

    def __str__(self) -> str:
        lines = [self.title, *(f"  {regime}" for regime in self.members)]
        return "\n".join([*lines, f"evidence: {self.evidence}"])


def order_law(known: Mapping[int, Regimes], title: str | None = None) -> OrderLaw:
    """Return the law in nu that the regimes of several orders follow.

    Raises :class:`~diagrams.errors.BadInput` for fewer than three orders, for regimes that
    differ in name, learning or parameterisation, and for exponents of no law with an order
    held out.
    """
    orders = tuple(sorted(known))
    if len(orders) < 3:
        raise BadInput("orders", orders, "three at least: two to fit, one held out")
    first = known[orders[0]]
    for order in orders[1:]:
        if known[order].names != first.names or known[order].symbols != first.symbols:
            found = f"{', '.join(known[order].names)} at order {order}"
            raise BadInput("orders", found, "the same regimes at every order")
    members = tuple(
        _regime([known[order][name] for order in orders], orders) for name in first.names
    )
    return OrderLaw(title or _title(first), orders, members, _evidence(known, members))


def _evidence(known: Mapping[int, Regimes], members: Sequence[OrderRegime]) -> Evidence:
    orders = sorted(known)
    degree = max(1, *(member.degree for member in members))
    word = "linear" if degree == 1 else "of degree two at most"
    fitted = ", ".join(map(str, orders[-degree - 1 :]))
    held = ", ".join(map(str, orders[: -degree - 1]))
    statement = f"exponents {word} in nu: fitted to nu = {fitted}, held-out nu = {held} agree"
    kinds = {found.evidence.kind for found in known.values()}
    if Kind.CONJECTURED in kinds:
        reached = min(found.families.last for found in known.values())
        statement += f"; each from fronts exact to order {reached}, conjectured beyond"
        return Evidence(Kind.CONJECTURED, statement, reached)
    statement += "; for each of these nu the front is proved for all orders, for others conjectured"
    return Evidence(Kind.CONJECTURED, statement)


def _title(found: Regimes) -> str:
    problem = found.problem
    return problem.titled("order nu") if isinstance(problem, CPProblem) else problem.title


def _regime(found: Sequence[Regime], orders: Sequence[int]) -> OrderRegime:
    first = found[0]
    kinds = {(r.learning, r.parameterization, r.dimension, len(r.relations)) for r in found}
    if len(kinds) > 1:
        raise BadInput("orders", f"regime {first.name}: {sorted(kinds)}", "one kind at every order")
    relations = []
    for relation in found[-1].relations:
        relations.append(relation_law(relation, found, orders))
    return OrderRegime(
        first.name,
        first.dimension,
        first.symbols,
        tuple(relations),
        _clock_law(found, orders),
        first.learning,
        first.parameterization,
        first.clock_rule.verdict
        if len({r.clock_rule.verdict for r in found}) == 1
        else "undetermined",
    )


def _clock_law(found: Sequence[Regime], orders: Sequence[int]) -> Curve | None:
    """The law of T: through a few orders' forms, equal to the others' up to their equalities."""
    clocks = [regime.clock for regime in found]
    if any(clock is None for clock in clocks):
        return None
    forms = [clock for clock in clocks if clock is not None]
    for degree in range(1, min(DEGREE_LIMIT, len(orders) - 2) + 1):
        for chosen in combinations(range(len(orders) - 1, -1, -1), degree + 1):
            through = [orders[k] for k in chosen]
            listed = [forms[k] for k in chosen]
            curve = curve_through(through, listed, [common_denominator(x) for x in listed])
            if curve is not None and all(
                _same_clock(curve.at(order), form, regime)
                for order, form, regime in zip(orders, forms, found, strict=True)
            ):
                return curve
    raise BadInput("orders", f"{found[0].name}: T", ALLOWED.format("time scales"))


def _same_clock(one: Vector, other: Vector, regime: Regime) -> bool:
    step = [a - b for a, b in zip(one, other, strict=True)]
    if not any(step):
        return True
    return in_span(step, [r.eventual for r in regime.equalities])
