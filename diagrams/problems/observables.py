"""Observables: polynomials in the entries of the tensors, written as text, as diagrams.

An observable is a sum of products in the language of :mod:`diagrams.problems.grammar`, with two
additions.  Names of *quantities* stand for what they were defined as: ``output`` and ``target``
of the model (with its free indices, as in ``output[mu]``), the ``loss``, and earlier observables.
``star(A, B)`` is the merge::

    A * B = sum over all trained entries u of  rate_u (dA/du) (dB/du) ,

so that ``star(output[mu], output[nu])`` is the tangent kernel and ``-star(A, loss)`` the first
time derivative of ``A`` (without weight decay).

Free indices are declared with the name, ``kernel[mu,nu]``; all others are summed over the
product they stand in, that of a ``star`` included.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from diagrams.errors import BadInput
from diagrams.graphs.combination import Combination, merge
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Drawn, Gram, Listed, Shaped
from diagrams.graphs.spectrum import Spectrum
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.applied import node_of
from diagrams.problems.grammar import parse_sum
from diagrams.problems.indices import families_of, no_symbols
from diagrams.problems.products import DELTA, ROOT, STAR, Entry, Term

Named = dict[tuple[str, ...], Combination]
"""Combinations by the index names of their legs, in order."""

TERM_LIMIT = 2000
EDGE_LIMIT = 64
WORK_LIMIT = 3 * 10**6
"""Squared numbers of entries of all diagrams that are made: about five seconds."""

PER_TERM = 8
"""What a product of two terms counts."""

BITS_LIMIT = 4000
EXPONENT_LIMIT = 10**4

_HEAD = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]{0,31})\s*(?:\[([A-Za-z0-9_, ]{0,200})\])?\s*\Z")
_INDEX = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}\Z")


@dataclass(frozen=True)
class Quantity:
    """A named polynomial of tensor entries; ``indices`` are its free ones, in order.

    ``source`` is what it was defined as: terms of the language, or diagrams whose legs are in
    the order of the indices.
    """

    name: str
    indices: tuple[str, ...]
    families: tuple[IndexFamily, ...]
    source: tuple[Term, ...] | Combination
    text: str = ""

    @property
    def head(self) -> str:
        """The name with its free indices, such as ``kernel[mu,nu]``."""
        return self.name + (f"[{','.join(self.indices)}]" if self.indices else "")


@dataclass(frozen=True)
class Vocabulary:
    """What an observable may be made of: tensors, quantities, symbols, and indices of families."""

    tensors: Mapping[str, Tensor]
    quantities: Mapping[str, Quantity]
    index_families: Mapping[str, IndexFamily]
    refused: Mapping[str, str]
    symbols: frozenset[str]

    @staticmethod
    def of(
        tensors: Iterable[Tensor], quantities: Iterable[Quantity], symbols: Iterable[str] = ()
    ) -> Vocabulary:
        """The vocabulary of some tensors and quantities, and of the symbols in them and others.

        Tensors have the names they have, a quantity of the same name is hidden.
        """
        by_name = {tensor.name: tensor for tensor in tensors}
        known = {q.name: q for q in quantities if q.name not in by_name}
        families = {family for tensor in by_name.values() for family in tensor.families}
        indices: dict[str, IndexFamily] = {}
        for quantity in known.values():
            indices |= dict(zip(quantity.indices, quantity.families, strict=True))
            if not isinstance(quantity.source, Combination):
                found = ((quantity.name, entry) for entry in entries_of(quantity.source))
                indices |= families_of(found, _shapes(by_name, known), indices)
        found_symbols = {*symbols, *(f.size for f in families if not f.fixed)}
        for polynomial in _polynomials(by_name.values(), known.values()):
            found_symbols.update(polynomial.symbols)
        refused = no_symbols(sorted(families), by_name)
        return Vocabulary(by_name, known, indices, refused, frozenset(found_symbols))

    def define(self, head: str, text: str, field: str) -> Quantity:
        """Read an observable from its name with free indices, and its text.

        Raises :class:`~diagrams.errors.BadInput`.

        >>> from diagrams.problems.cp import cp_problem
        >>> words = cp_problem(order=2).vocabulary
        >>> words.define("kernel", "star(output[i,j], output[i,j])", "observable").head
        'kernel'
        """
        name, indices = self._head(head, field)
        shapes = _shapes(self.tensors, self.quantities)
        ranks = {known: len(families) for known, families in shapes.items()}
        terms = parse_sum(text, field, ranks, self.refused, self.quantities)
        if not any(not term.is_number for term in terms):
            known = ", ".join((*self.quantities, *self.tensors))
            raise BadInput(field, text, f"a polynomial in {known}")
        for polynomial in _coefficients(terms):
            for symbol in polynomial.symbols:
                if symbol not in self.symbols:
                    known = ", ".join((*self.quantities, *sorted(self.symbols)))
                    raise BadInput(field, symbol, f"quantities and symbols of the problem: {known}")
        entries = ((field, entry) for entry in entries_of(terms))
        families = families_of(entries, shapes, self.index_families)
        for index in indices:
            if index not in families:
                raise BadInput(field, head, f"free indices that occur in the text, not {index!r}")
        return Quantity(name, indices, tuple(families[i] for i in indices), terms, text.strip())

    def define_all(self, texts: Mapping[str, str], field: str) -> tuple[Quantity, ...]:
        """Read observables, name by name; each may be made of those before it.

        All are made into diagrams, and the work of that is bounded in sum.

        Raises :class:`~diagrams.errors.BadInput`.
        """
        found: list[Quantity] = []
        evaluation = _Evaluation(self, field)
        for head, text in texts.items():
            where = f"{field}.{head}"
            found.append(evaluation.words.define(head, text, where))
            evaluation.words = evaluation.words.with_quantity(found[-1])
            evaluation.where = where
            evaluation.quantity(found[-1])
        return tuple(found)

    def _head(self, head: str, field: str) -> tuple[str, tuple[str, ...]]:
        match = _HEAD.match(head)
        if match is None:
            raise BadInput(field, head, "a name, with its free indices in brackets if it has any")
        indices = tuple(part.strip() for part in (match[2] or "").split(",") if part.strip())
        if not all(map(_INDEX.match, indices)) or len(set(indices)) < len(indices):
            raise BadInput(field, head, "free indices with commas, each once, as in kernel[mu,nu]")
        taken = {*self.tensors, *self.quantities, *self.refused, *self.symbols, DELTA, ROOT, STAR}
        if match[1] in taken:
            raise BadInput(field, match[1], "a name that nothing else has")
        return match[1], indices

    def with_quantity(self, quantity: Quantity) -> Vocabulary:
        """The vocabulary with one more quantity."""
        known = {**self.quantities, quantity.name: quantity}
        return Vocabulary(self.tensors, known, self.index_families, self.refused, self.symbols)

    def diagrams(self, quantity: Quantity, field: str = "observable") -> Combination:
        """The quantity as diagrams, with its free indices as legs.

        Raises :class:`~diagrams.errors.BadInput` for too many of them.
        """
        return _Evaluation(self, field).quantity(quantity)


def entries_of(terms: Iterable[Term]) -> Iterator[Entry]:
    """All entries of a sum, those inside of stars included."""
    for term in terms:
        yield from term.entries
        for star in term.stars:
            yield from entries_of((*star.left, *star.right))


def _coefficients(terms: Iterable[Term]) -> Iterator[Polynomial]:
    for term in terms:
        yield term.coefficient
        for star in term.stars:
            yield from _coefficients((*star.left, *star.right))


def _polynomials(tensors: Iterable[Tensor], quantities: Iterable[Quantity]) -> Iterator[Polynomial]:
    """All polynomials in which symbols can stand."""
    for tensor in tensors:
        yield tensor.rate
        if isinstance(tensor.law, Drawn):
            yield from (tensor.law.variance, tensor.law.mean_value)
        if isinstance(tensor.law, Listed):
            yield from tensor.law.entries
        if isinstance(tensor.law, Gram):
            yield from tensor.law.products
        if isinstance(tensor.law, Shaped):
            yield from tensor.law.shape.moments
        if isinstance(tensor.law, Spectrum):
            yield from map(Polynomial.symbol, tensor.law.symbols)
    for quantity in quantities:
        if isinstance(quantity.source, Combination):
            yield from (coefficient for _, coefficient in quantity.source)
        else:
            yield from _coefficients(quantity.source)


def _shapes(
    tensors: Mapping[str, Tensor], quantities: Mapping[str, Quantity]
) -> dict[str, tuple[IndexFamily, ...]]:
    shapes = {name: quantity.families for name, quantity in quantities.items()}
    return shapes | {name: tensor.families for name, tensor in tensors.items()}


@dataclass
class _Evaluation:
    """One evaluation: terms become diagrams whose legs are all the indices in sight.

    What is ``known`` of quantities by name, and the work ``done``, go on from one text to the next
    where ``words`` and ``where`` are replaced.
    """

    words: Vocabulary
    where: str
    known: dict[str, Combination] = field(default_factory=dict)
    done: int = 0

    def work(self, diagrams: int, entries: int, terms: int) -> None:
        """Reckon with diagrams of so many entries, products of so many terms in coefficients.

        Raises ``BadInput`` beyond the bound.
        """
        self.done += diagrams * (entries * entries + PER_TERM * terms)
        if self.done > WORK_LIMIT:
            allowed = f"work of at most {WORK_LIMIT}, squared numbers of entries over all diagrams"
            raise BadInput(self.where, "more diagrams, or larger ones", allowed)

    def bounded(self, value: Combination) -> Combination:
        """The value, if its numbers and exponents can be written out; else raises ``BadInput``."""
        for _, coefficient in value:
            for powers, number in coefficient:
                size = max(abs(number.numerator), number.denominator).bit_length()
                largest = max((abs(e) for e in powers.values()), default=0)
                if size > BITS_LIMIT or largest > EXPONENT_LIMIT:
                    allowed = f"numbers of at most {BITS_LIMIT} bits, powers up to {EXPONENT_LIMIT}"
                    raise BadInput(self.where, "larger ones", allowed)
        return value

    def quantity(self, quantity: Quantity) -> Combination:
        if isinstance(quantity.source, Combination):
            return quantity.source
        if quantity.name not in self.known:
            entries = ((self.where, entry) for entry in entries_of(quantity.source))
            shapes = _shapes(self.words.tensors, self.words.quantities)
            known = dict(self.words.index_families)
            known |= dict(zip(quantity.indices, quantity.families, strict=True))
            families = families_of(entries, shapes, known)
            value = self.sum(quantity.source, families)
            closed = Combination.of(
                (_closed(diagram, names, quantity), coefficient)
                for names, combination in value.items()
                for diagram, coefficient in combination
            )
            self.known[quantity.name] = self.bounded(closed)
        return self.known[quantity.name]

    def sum(self, terms: Sequence[Term], families: Mapping[str, IndexFamily]) -> Named:
        collected: dict[tuple[str, ...], list[tuple[Diagram, Polynomial]]] = {}
        for term in terms:
            for names, diagram, coefficient in self.product(term, families):
                collected.setdefault(names, []).append((diagram, coefficient))
        return {names: Combination.of(pairs) for names, pairs in collected.items()}

    def product(
        self, term: Term, families: Mapping[str, IndexFamily]
    ) -> list[tuple[tuple[str, ...], Diagram, Polynomial]]:
        result: list[tuple[tuple[str, ...], Diagram, Polynomial]]
        result = [((), Diagram((), ()), term.coefficient)]
        factors = [self.entry(entry, families) for entry in term.factors]
        for one in term.functions:
            node = node_of(one, self.words.tensors, self.where)
            alone = Diagram.of((node, one.indices), legs=tuple(dict.fromkeys(one.indices)))
            names, joined = _joined(tuple(dict.fromkeys(one.indices)), alone)
            factors.append({names: Combination.of({joined: 1})})
        for star in term.stars:
            factors.append(self.star(self.sum(star.left, families), self.sum(star.right, families)))
        for factor in factors:
            if len(result) * sum(map(len, factor.values())) > TERM_LIMIT:
                raise BadInput(self.where, str(term), f"at most {TERM_LIMIT} diagrams")
            terms = sum(len(a) for _, _, a in result)
            self.work(1, 0, terms * sum(len(b) for c in factor.values() for _, b in c))
            result = [
                (*_joined(names + more, one @ other), a * b)
                for names, one, a in result
                for more, combination in factor.items()
                for other, b in combination
            ]
            largest = max((len(diagram.edges) for _, diagram, _ in result), default=0)
            if largest > EDGE_LIMIT:
                raise BadInput(self.where, str(term), f"at most {EDGE_LIMIT} entries in a product")
            self.work(len(result), largest, 1)
        return result

    def entry(self, entry: Entry, families: Mapping[str, IndexFamily]) -> Named:
        if entry.tensor in self.words.quantities:
            value = self.quantity(self.words.quantities[entry.tensor])
            parts = [(d, coefficient) for d, coefficient in value]
        elif entry.tensor == DELTA:
            family = families[entry.indices[0]]
            parts = [(Diagram((family,), (), (0,) * len(entry.indices)), Polynomial.constant(1))]
        else:
            tensor = self.words.tensors[entry.tensor]
            slots = [f"s{slot}" for slot in range(tensor.rank)]
            parts = [(Diagram.of((tensor, slots), legs=slots), Polynomial.constant(1))]
        named: dict[tuple[str, ...], list[tuple[Diagram, Polynomial]]] = {}
        for diagram, coefficient in parts:
            names, joined = _joined(entry.indices, diagram)
            named.setdefault(names, []).append((joined, coefficient))
        return {names: Combination.of(pairs) for names, pairs in named.items()}

    def star(self, left: Named, right: Named) -> Named:
        named: dict[tuple[str, ...], list[tuple[Diagram, Polynomial]]] = {}
        for names, one in left.items():
            for more, other in right.items():
                counts = (Counter((len(d.edges), len(c)) for d, c in side) for side in (one, other))
                for ((a, x), few), ((b, y), many) in product(*(found.items() for found in counts)):
                    self.work(few * many * a * b, a + b, x * y)
                for diagram, coefficient in merge(one, other):
                    joint, joined = _joined(names + more, diagram)
                    named.setdefault(joint, []).append((joined, coefficient))
        return {names: Combination.of(pairs) for names, pairs in named.items()}


def _joined(names: tuple[str, ...], diagram: Diagram) -> tuple[tuple[str, ...], Diagram]:
    """Legs of equal names become one leg; the names come out sorted."""
    first: dict[str, int] = {}
    pairs = [(first.setdefault(n, node), node) for n, node in zip(names, diagram.legs, strict=True)]
    order = sorted(first)
    legs = tuple(first[name] for name in order)
    kept = Diagram(diagram.nodes, diagram.edges, legs)
    return tuple(order), kept.identify(pair for pair in pairs if pair[0] != pair[1])


def _closed(diagram: Diagram, names: tuple[str, ...], quantity: Quantity) -> Diagram:
    """Sum over all indices but the free ones; one that is missing becomes a leg of its own."""
    nodes = list(diagram.nodes)
    at = dict(zip(names, diagram.legs, strict=True))
    legs = []
    for index, family in zip(quantity.indices, quantity.families, strict=True):
        if index not in at:
            at[index] = len(nodes)
            nodes.append(family)
        legs.append(at[index])
    return Diagram(tuple(nodes), diagram.edges, tuple(legs)).contract_deltas()
