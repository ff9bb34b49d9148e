"""Quantities of a problem as flat sums of products of tensor entries; no diagram takes part.

What the text of a problem file says (:mod:`diagrams.problems.grammar`) is written out: names of
quantities are replaced by their definitions, and every ``star(A, B)`` by the sum over pairs of a
factor of A and a factor of B that are entries of one trained tensor, with both left out and
their indices set equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import combinations, count

from diagrams.errors import BadInput
from diagrams.graphs.laws import Drawn, Mean, Shaped
from diagrams.graphs.tensors import Function, IndexFamily, Role, Tensor, function_node
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.applied import node_of
from diagrams.problems.observables import Quantity
from diagrams.problems.products import DELTA, Applied, Entry, Star, Term

Factor = tuple[str, tuple[str, ...]]
Equal = tuple[str, str]
FLAT_LIMIT = 20_000
FACTOR_LIMIT = 48

_ONE = Polynomial.constant(1)


@dataclass(frozen=True)
class Flat:
    """One product: a coefficient, tensor entries, equal indices, and all indices in sight."""

    coefficient: Polynomial
    factors: tuple[Factor, ...] = ()
    equal: tuple[Equal, ...] = ()
    indices: frozenset[str] = frozenset()

    def __mul__(self, other: Flat) -> Flat:
        return Flat(
            self.coefficient * other.coefficient,
            self.factors + other.factors,
            self.equal + other.equal,
            self.indices | other.indices,
        )

    def without(self, *places: int) -> Flat:
        """The same without some of its factors; indices stay in sight."""
        left = tuple(factor for at, factor in enumerate(self.factors) if at not in places)
        return replace(self, factors=left)

    def renamed(self, names: Mapping[str, str]) -> Flat:
        """The same with other index names."""
        return Flat(
            self.coefficient,
            tuple((tensor, tuple(names[i] for i in indices)) for tensor, indices in self.factors),
            tuple((names[a], names[b]) for a, b in self.equal),
            frozenset(names[i] for i in self.indices),
        )


@dataclass(frozen=True)
class LossPart:
    """``prefactor * sum of (output - target)^power`` over free indices, averaged over tensors.

    The power is 2, or 1.
    """

    output: tuple[Term, ...]
    target: tuple[Term, ...]
    free: tuple[str, ...]
    prefactor: Polynomial
    averaged: frozenset[str] = frozenset()
    power: int = 2

    def of_a_sample(self) -> LossPart:
        """The same before it is averaged."""
        return replace(self, averaged=frozenset())


@dataclass
class Terms:
    """Writes quantities out.

    ``losses`` says what sums of squared errors and linear forms some names stand for; all other
    quantities are what they were defined as.  ``nodes`` are the functions that were met, by the
    name of their values.

    Raises :class:`~diagrams.errors.BadInput` for quantities that are too long.
    """

    tensors: Mapping[str, Tensor]
    quantities: Mapping[str, Quantity]
    losses: Mapping[str, Sequence[LossPart]]
    nodes: dict[str, Tensor] = field(default_factory=dict)
    known: dict[str, tuple[Flat, ...]] = field(default_factory=dict)
    families: dict[str, IndexFamily] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    def quantity(self, quantity: Quantity) -> tuple[Flat, ...]:
        """A quantity, with its free indices named as it names them."""
        if quantity.name not in self.known:
            if quantity.name in self.losses:
                flats = [f for error in self.losses[quantity.name] for f in self.total(error)]
            elif isinstance(quantity.source, tuple):
                flats = self._sum(quantity.source)
            else:
                raise BadInput("observables", quantity.name, "quantities that are given as text")
            for name, family in zip(quantity.indices, quantity.families, strict=True):
                self.families[name] = family
            everywhere = frozenset(quantity.indices)
            self.known[quantity.name] = tuple(
                Flat(f.coefficient, f.factors, f.equal, f.indices | everywhere) for f in flats
            )
        return self.known[quantity.name]

    def difference(self, error: LossPart) -> list[Flat]:
        """The terms of ``output - target``, free indices named as in the error."""
        minus = Flat(Polynomial.constant(-1))
        seen = Flat(_ONE, (), (), frozenset(error.free))
        wanted = [minus * seen * flat for flat in self._sum(error.target)]
        return [*(seen * flat for flat in self._sum(error.output)), *wanted]

    def total(self, error: LossPart) -> list[Flat]:
        """The terms of ``prefactor * (output - target)^power``, averaged."""
        terms = self.difference(error)
        kept = {name: name for name in error.free}
        products = [Flat(error.prefactor) * flat for flat in terms]
        if error.power == 2:
            other = [self._fresh(flat, kept) for flat in terms]
            products = self._bounded(one * two for one in products for two in other)
        return self._bounded(f for flat in products for f in self._averaged(flat, error.averaged))

    def _averaged(self, flat: Flat, over: frozenset[str]) -> Iterator[Flat]:
        """The mean over some tensors: the first entry by its mean, or in a block with others."""
        places = [at for at, (name, _) in enumerate(flat.factors) if name in over]
        if not places:
            yield flat
            return
        name, slots = flat.factors[places[0]]
        law = self.tensors[name].law
        assert isinstance(law, Drawn)
        if law.mean_value:
            equal = tuple((slots[0], i) for i in slots[1:]) if law.mean is Mean.DELTA else ()
            left = flat.without(places[0])
            yield from self._averaged(left * Flat(law.mean_value, (), equal), over)
        same = [at for at in places[1:] if flat.factors[at][0] == name]
        for size in range(1, len(same) + 1 if law.variance else 0):
            cumulant = _cumulant(law, size + 1, name)
            for block in combinations(same, size) if cumulant else ():
                equal = tuple(
                    pair for at in block for pair in zip(slots, flat.factors[at][1], strict=True)
                )
                left = flat.without(places[0], *block)
                for term in cumulant.terms:
                    yield from self._averaged(left * Flat(Polynomial((term,)), (), equal), over)

    def _sum(self, terms: Sequence[Term]) -> list[Flat]:
        return self._bounded(flat for term in terms for flat in self._product(term))

    def _product(self, term: Term) -> list[Flat]:
        result = [Flat(term.coefficient)]
        factors = [self._entry(entry) for entry in term.factors]
        factors += [[self._node(*self._function(one))] for one in term.functions]
        factors += [self._star(star) for star in term.stars]
        for factor in factors:
            result = self._bounded(one * other for one in result for other in factor)
        return result

    def _entry(self, entry: Entry) -> list[Flat]:
        seen = frozenset(entry.indices)
        if entry.tensor == DELTA:
            equal = tuple((entry.indices[0], name) for name in entry.indices[1:])
            return [Flat(_ONE, (), equal, seen)]
        if entry.tensor in self.tensors:
            families = self.tensors[entry.tensor].families
            self.families |= dict(zip(entry.indices, families, strict=True))
            return [Flat(_ONE, ((entry.tensor, entry.indices),), (), seen)]
        quantity = self.quantities[entry.tensor]
        flats = self.quantity(quantity)
        names = dict(zip(quantity.indices, entry.indices, strict=True))
        self.families |= dict(zip(entry.indices, quantity.families, strict=True))
        return [self._fresh(flat, names) for flat in flats]

    def _function(self, one: Applied) -> tuple[Tensor, tuple[str, ...]]:
        return node_of(one, self.tensors, "function"), one.indices

    def _node(self, node: Tensor, indices: tuple[str, ...]) -> Flat:
        """The values of a function, or of a derivative of it."""
        self.nodes[node.name] = node
        self.families |= dict(zip(indices, node.families, strict=True))
        return Flat(_ONE, ((node.name, indices),), (), frozenset(indices))

    def _star(self, star: Star) -> list[Flat]:
        left, right = self._sum(star.left), self._sum(star.right)
        return self._bounded(
            merged for one in left for other in right for merged in self._merged(one, other)
        )

    def _merged(self, one: Flat, other: Flat) -> Iterator[Flat]:
        """All ways to differentiate two factors by one trained tensor, indices joined."""
        for a in range(len(one.factors)):
            tensor, left, slots = self._derivative(one, a)
            for b in range(len(other.factors)) if tensor is not None else ():
                same, right, others = self._derivative(other, b)
                if tensor is not None and same == tensor:
                    joined = Flat(tensor.rate, (), tuple(zip(slots, others, strict=True)))
                    yield left * right * joined

    def _derivative(self, flat: Flat, at: int) -> tuple[Tensor | None, Flat, tuple[str, ...]]:
        """The derivative of one factor by an entry, and the indices of that entry.

        A function of weights times inputs gives the derivative of the function times the inputs.
        """
        name, slots = flat.factors[at]
        left = flat.without(at)
        law = self.nodes[name].law if name in self.nodes else None
        if not isinstance(law, Function):
            tensor = self.tensors[name]
            return (tensor if tensor.role is Role.TRAINED else None), left, slots
        if law.weights.role is not Role.TRAINED:
            return None, left, slots
        higher = function_node(replace(law, order=law.order + 1))
        left = left * self._node(higher, slots)
        if law.inputs is None:
            return law.weights, left, slots
        rank = law.weights.rank - 1
        new = f"summed {next(self.numbers)}"
        self.families[new] = law.inputs.families[-1]
        inputs = (*slots[rank:], new)
        left = left * Flat(_ONE, ((law.inputs.name, inputs),), (), frozenset(inputs))
        own = slots[:rank]
        return law.weights, left, (*own[: law.summed], new, *own[law.summed :])

    def _fresh(self, flat: Flat, names: Mapping[str, str]) -> Flat:
        """The same with given names for some indices and new ones for all others."""
        found = dict(names)
        for name in sorted(flat.indices):
            if name not in found:
                found[name] = f"{name.partition(' ')[0]} {next(self.numbers)}"
                if name in self.families:
                    self.families[found[name]] = self.families[name]
        return flat.renamed(found)

    def _bounded(self, flats: Iterable[Flat]) -> list[Flat]:
        found = []
        for flat in flats:
            found.append(flat)
            if len(found) > FLAT_LIMIT or len(flat.factors) > FACTOR_LIMIT:
                allowed = f"at most {FLAT_LIMIT} products of at most {FACTOR_LIMIT} entries each"
                raise BadInput("observables", "a long sum", allowed)
        return found


@dataclass(frozen=True)
class Product:
    """A product ready for numbers: equal indices have one name, numbers of sizes are apart.

    ``copies`` are families that the product is summed over without depending on them;
    ``deltas`` are groups of free indices that must be equal.
    """

    coefficient: Polynomial
    factors: tuple[Factor, ...]
    copies: tuple[IndexFamily, ...]
    deltas: tuple[tuple[str, ...], ...]
    families: tuple[tuple[str, IndexFamily], ...]


def resolved(flat: Flat, free: Sequence[str], families: Mapping[str, IndexFamily]) -> Product:
    """Give equal indices one name: a free one if there is any.

    >>> N = IndexFamily("hidden", "N")
    >>> flat = Flat(_ONE, (("a", ("i",)),), (("i", "j"), ("k", "l")), frozenset("ijkl"))
    >>> found = resolved(flat, "j", {"i": N, "j": N, "k": N})
    >>> found.factors, [family.name for family in found.copies]
    ((('a', ('j',)),), ['hidden'])
    """
    groups = {name: {name} for name in sorted({*flat.indices, *free})}
    for a, b in flat.equal:
        if groups[a] is not groups[b]:
            groups[a] |= groups[b]
            for name in groups[b]:
                groups[name] = groups[a]
    chosen: dict[str, str] = {}
    found: dict[str, IndexFamily] = {}
    deltas = []
    for group in {id(group): group for group in groups.values()}.values():
        kept = [name for name in free if name in group]
        first = kept[0] if kept else min(group)
        chosen |= dict.fromkeys(group, first)
        family = next(families[name] for name in sorted(group) if name in families)
        found |= dict.fromkeys([first, *kept], family)
        if len(kept) > 1:
            deltas.append(tuple(kept))
    factors = tuple((tensor, tuple(chosen[i] for i in slots)) for tensor, slots in flat.factors)
    used = {*free, *(i for _, slots in factors for i in slots)}
    copies = tuple(found[name] for name in sorted(set(chosen.values()) - used))
    kept_families = tuple((name, found[name]) for name in sorted(used))
    return Product(flat.coefficient, factors, copies, tuple(deltas), kept_families)


def components(factors: Sequence[Factor]) -> list[tuple[Factor, ...]]:
    """Split a product that is summed over all indices into factors without common indices.

    >>> components([("a", ("i",)), ("b", ("j",)), ("c", ("i",))])
    [(('a', ('i',)), ('c', ('i',))), (('b', ('j',)),)]
    """
    found: list[tuple[set[str], list[Factor]]] = []
    for factor in factors:
        names, together = set(factor[1]), [factor]
        rest = []
        for indices, group in found:
            if indices & names:
                names |= indices
                together = group + together
            else:
                rest.append((indices, group))
        found = [*rest, (names, together)]
    return [tuple(group) for _, group in sorted(found, key=lambda pair: str(pair[1]))]


def canonical_names(factors: Sequence[Factor]) -> tuple[Factor, ...]:
    """Factors in an order, indices numbered as they occur: equal for most equal products.

    >>> canonical_names([("b", ("j", "i")), ("a", ("i",))])
    (('a', ('0',)), ('b', ('1', '0')))
    """
    names: dict[str, str] = {}
    ordered = []
    left = list(factors)
    while left:

        def rank(factor: Factor) -> tuple[bool, str, tuple[str, ...]]:
            slots = tuple(names.get(i, "~") for i in factor[1])
            return (bool(names) and all(s == "~" for s in slots), factor[0], slots)

        best = min(left, key=rank)
        left.remove(best)
        for index in best[1]:
            names.setdefault(index, str(len(names)))
        ordered.append((best[0], tuple(names[i] for i in best[1])))
    return tuple(ordered)


def _cumulant(law: Drawn, order: int, name: str) -> Polynomial:
    """The cumulant of an entry: of a Gaussian, the variance alone."""
    if not isinstance(law, Shaped):
        return law.variance if order == 2 else Polynomial()
    known = law.shape.known
    if known is not None and order > known:
        allowed = f"{order} or more: the averaged loss holds the moment of order {order}"
        raise BadInput(f"tensors.{name}.moments", f"{known} of them", allowed)
    shape = law.shape.cumulant(order)
    return shape * law.variance ** Fraction(order, 2) if shape else shape
