"""Orders of vectors, fields and numbers in the large size, and what leads.

``order(h) = order(psi) + (exponent of the variance + exponent of the source's size)/2`` for a
field's noise; memory and the motion of the matrix may raise it.  A vector has the order of its
initial law, or of its drift where that is higher.  Where these rules have no fixed point, a weight
outgrows its own order at once, and there are no such equations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from diagrams.errors import NotSolved
from diagrams.graphs.tensors import IndexFamily
from diagrams.mean_fields.deriving import Derivation
from diagrams.mean_fields.forests import Entry
from diagrams.mean_fields.trees import FieldAtom, NumberAtom, is_atom
from diagrams.polynomials.polynomial import Polynomial
from pde.expressions.statement import joined, sentence

Order = Fraction | None
"""``None`` for what is zero."""

ROUNDS = 24

ADVICE = "; other rates, variances or sizes may have a limit (see parameterise)"


@dataclass(frozen=True)
class PowerCounting:
    """Orders of all atoms of a derivation under a scaling.

    ``symbol`` is the large parameter, ``put`` what the scaled symbols are in it, and ``asked`` the
    same without the sizes of families that were made on the way, for messages.
    """

    derived: Derivation
    symbol: str
    put: Mapping[str, Polynomial]
    asked: Mapping[str, Polynomial]

    def scaled(self, value: Polynomial) -> Polynomial:
        """A polynomial with the scaling put in."""
        return value.substitute({n: v for n, v in self.put.items() if n != self.symbol})

    def exponent(self, monomial: Polynomial) -> Order:
        """The order of a polynomial without atoms."""
        return self.order(monomial, {})

    def order(self, value: Polynomial, orders: Mapping[str, Order]) -> Order:
        """The order of a polynomial of atoms."""
        found = [o for _, o in self._orders(value, orders) if o is not None]
        return max(found, default=None)

    def _orders(
        self, value: Polynomial, orders: Mapping[str, Order]
    ) -> Iterator[tuple[Polynomial, Order]]:
        for powers, number in self.scaled(value).terms:
            total: Order = Fraction(0)
            kept = []
            for name, e in powers:
                of_one = Fraction(1) if name == self.symbol else Fraction(0)
                if is_atom(name):
                    one = orders[name]
                    total = None if one is None or total is None else total + e * one
                elif total is not None:
                    total += e * of_one
                kept += [(name, e)] * (name != self.symbol)
            yield Polynomial(((tuple(kept), number),)), total

    def leading(self, value: Polynomial, orders: Mapping[str, Order], order: Order) -> Polynomial:
        """What a polynomial has at an order, the power of the large parameter left out."""
        kept = [t for part, o in self._orders(value, orders) if o == order for t in part.terms]
        return Polynomial() if order is None else Polynomial.from_terms(kept)

    # -- the rules ----------------------------------------------------------------------

    def initial(self, entry: Entry) -> Order:
        """The order of a vector, or of a scalar, at time zero."""
        mean, spread = self.exponent(entry.mean), self.exponent(entry.law.variance)
        return _max(mean, None if spread is None else spread / 2)

    def noise(self, field: FieldAtom, orders: Mapping[str, Order]) -> Order:
        """The order of the Gaussian part of a field."""
        spread = self.exponent(field.matrix.law.variance)
        source = _sum(self.order(value, orders) for value in field.sources)
        return _sum((source, None if spread is None else (spread + self._sizes(field)) / 2))

    def memory(self, field: FieldAtom, partner: FieldAtom, orders: Mapping[str, Order]) -> Order:
        """The order of what a field takes back from ``partner``, to which one source answers."""
        to = orders[partner.atom]
        given = [self.order(value, orders) for value in (*field.sources, *partner.sources)]
        own = (self.exponent(field.matrix.law.variance), self._sizes(field))
        return _sum((*own, *given, None if to is None else -to))

    def motion(
        self, field: FieldAtom, product: Sequence[Polynomial], orders: Mapping[str, Order]
    ) -> Order:
        """The order of what the motion of the matrix adds to a field."""
        parts = (self.order(value, orders) for value in (*product, *field.sources))
        return _sum((self._sizes(field), *parts))

    def _sizes(self, field: FieldAtom) -> Fraction:
        """The exponent of the number of terms of a field."""
        return sum(map(self.size, field.source_families), Fraction(0))

    def size(self, family: IndexFamily) -> Fraction:
        """The exponent of a family's size."""
        return self.exponent(family.count) or Fraction(0)

    def orders(self) -> dict[str, Order]:
        """The orders of all atoms.

        Raises :class:`~diagrams.errors.NotSolved`, which names an atom that has none.
        """
        derived = self.derived
        moving = {f"@{entry.name}": (entry, d) for entry, d in (*derived.vectors, *derived.scalars)}
        orders: dict[str, Order] = {
            atom: self.initial(entry) for atom, (entry, _) in moving.items()
        }
        orders |= {known.atom: None for known in derived.met}
        orders |= {f"@{entry.name}": Fraction(0) for entry in derived.functions}
        for _ in range(ROUNDS):
            before = dict(orders)
            for known in derived.met:
                orders[known.atom] = _max(orders[known.atom], self._order_of(known, orders))
            for atom, (_, drift) in moving.items():
                orders[atom] = _max(orders[atom], self.order(drift, orders))
            if orders == before:
                self._check_arguments(orders)
                return orders
        raise NotSolved(self._runaway())

    def _check_arguments(self, orders: Mapping[str, Order]) -> None:
        """Functions are of order one where what they are of is."""
        for entry in self.derived.functions:
            assert entry.argument is not None
            assert entry.factor is not None
            if order := orders[f"@{entry.argument.name}"]:
                raise NotSolved(
                    f"what {entry.factor.law.spelled} is a function of has the order"
                    f" {self.symbol}**({order}): its powers are not known" + ADVICE
                )

    def _order_of(self, known: FieldAtom | NumberAtom, orders: Mapping[str, Order]) -> Order:
        if isinstance(known, NumberAtom):
            inner = self.order(known.value, orders)
            return None if inner is None else inner + self.size(known.family)
        found = self.noise(known, orders)
        for partner in self.partners(known):
            larger = self.size(partner.family) > self.size(known.family)
            if larger and partner.atom in self.reached(known):
                found = _max(found, self.memory(known, partner, orders))
        for pair in self.pairs(known):
            found = _max(found, self.motion(known, pair, orders))
        return found

    def partners(self, field: FieldAtom) -> list[FieldAtom]:
        """The fields of the same matrix at the nodes of the field's sources."""
        return [
            known
            for known in self.derived.met
            if isinstance(known, FieldAtom)
            and known.matrix == field.matrix
            and known.slot != field.slot
        ]

    def pairs(self, field: FieldAtom) -> list[tuple[Polynomial, ...]]:
        """The motion of the field's matrix: first what stands where the field does, then what
        stands at its sources."""
        found = [low.products for low in self.derived.matrices if low.matrix == field.matrix]
        at = field.slot
        return [(p[at], *p[:at], *p[at + 1 :]) for products in found for p in products]

    def reached(self, field: FieldAtom) -> set[str]:
        """The atoms that the sources of a field depend on, at their own time or later."""
        rules = {f"@{entry.name}": [drift] for entry, drift in self.derived.vectors}
        for known in self.derived.met:
            if isinstance(known, FieldAtom):
                ways = [value for partner in self.partners(known) for value in partner.sources]
                rules[known.atom] = [*ways, *(left for left, *_ in self.pairs(known))]
        found: set[str] = set()
        fresh = {n for value in field.sources for n in value.symbols if is_atom(n)}
        while fresh:
            found |= fresh
            met = {n for a in fresh for v in rules.get(a, []) for n in v.symbols if is_atom(n)}
            fresh = met - found
        return found

    def _runaway(self) -> str:
        """What first exceeds the order of its own start: a drift, a motion or a memory."""
        derived = self.derived
        moving = (*derived.vectors, *derived.scalars)
        orders: dict[str, Order] = {f"@{entry.name}": self.initial(entry) for entry, _ in moving}
        orders |= {known.atom: None for known in derived.met}
        orders |= {f"@{entry.name}": Fraction(0) for entry in derived.functions}
        found: list[tuple[Fraction, str, str]] = []
        for known in derived.met:
            if isinstance(known, NumberAtom):
                inner = self.order(known.value, orders)
                orders[known.atom] = None if inner is None else inner + self.size(known.family)
                continue
            orders[known.atom] = start = self.noise(known, orders)
            for pair in self.pairs(known):
                moved = self.motion(known, pair, orders)
                found += _excess(moved, start, "the motion of ", known.matrix)
        for entry, drift in moving:
            own = orders[f"@{entry.name}"]
            found += _excess(self.order(drift, orders), own, "the rate of ", entry)
        why = "memories and rates raise each other's powers without end"
        if found:
            power, words, name = max(found)
            why = words + name + f" exceeds what it adds to by the power {power} of {self.symbol}"
        return "not of order one: with " + self._told() + ", " + why + ADVICE

    def _told(self) -> str:
        """The scaling in words: what symbols are, or of what order, where they stay as they are."""
        if self.symbol in self.asked:
            return ", ".join(f"{n} = {v}" for n, v in sorted(self.asked.items()))
        orders = ((n, self.exponent(v) or 0) for n, v in self.asked.items())
        return joined(
            ", ",
            (
                sentence(f"{{}} of order {self.symbol}**{e}", Polynomial.symbol(n))
                for n, e in orders
                if e
            ),
        )


def _excess(
    order: Order, start: Order, words: str, entry: Entry
) -> list[tuple[Fraction, str, str]]:
    if order is None or start is None or order <= start:
        return []
    return [(order - start, words, entry.told)]


def _sum(orders: Iterable[Order]) -> Order:
    """The order of a product."""
    total = Fraction(0)
    for order in orders:
        if order is None:
            return None
        total += order
    return total


def _max(one: Order, other: Order) -> Order:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)
