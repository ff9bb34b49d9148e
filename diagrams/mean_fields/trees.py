"""Rooted trees, and sums of them as polynomials of what stands at the root.

A child that hangs on a matrix M is a *field* ``h_i = sum_j M_ij psi_j``, its *source* psi being a
polynomial at the child's node; on a tensor hang several, ``h_i = sum_jk T_ijk psi_j phi_k``, each a
source.  A tree that does not hold the root is a *number*, ``N E[.]``.
Polynomials at a node hold problem symbols and *atoms*, whose names begin with ``@``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from math import gcd, lcm, prod

from diagrams.graphs.tensors import IndexFamily
from diagrams.mean_fields.forests import Entry, Term
from diagrams.polynomials.polynomial import ONE, Polynomial, Powers, as_polynomial

Tree = tuple[IndexFamily, tuple[str, ...], tuple[tuple[str, int, tuple["Tree", ...]], ...]]
"""Family of the root, vectors at it, children: the matrix, the root's slot in it, a tree for each
other slot."""

Item = tuple[Tree | None, tuple[Tree, ...], tuple[str, ...]]
"""A tree at the root (if any), trees apart from it, scalars."""

Sum = Mapping[Item, Polynomial]

Factor = tuple[tuple[str, int, tuple[Tree, ...]] | IndexFamily, frozenset[tuple[Item, Polynomial]]]
"""A child (matrix, slot, trees at all other slots but the last), or a number (the family of its
root), with the sum of its trees."""

Product = tuple[tuple[str, ...], tuple[str, ...], frozenset[tuple[Factor, int]]]
"""Vectors, scalars, factors with their multiplicities."""


def rooted(term: Term, root: int, parent: int | None = None) -> Tree:
    """The tree that holds a node, seen from it; ``parent`` is the edge that it was reached by."""
    children = []
    for place, (entry, nodes) in enumerate(term.edges):
        if place != parent and root in nodes:
            trees = tuple(rooted(term, node, place) for node in nodes if node != root)
            children.append((entry.name, nodes.index(root), trees))
    names = tuple(entry.name for entry in term.vectors[root])
    return term.nodes[root], names, tuple(sorted(children, key=repr))


def roots(terms: Iterable[Term]) -> tuple[IndexFamily, ...]:
    """The families in the order in which they are taken as roots of trees without one of their own.

    First those of most terms, so that equal companions meet; then those nearest to the middle.
    """
    heights: dict[IndexFamily, list[int]] = {}
    for term in terms:
        own: dict[IndexFamily, int] = {}
        for node, family in enumerate(term.nodes):
            height = _height(rooted(term, node))
            own[family] = min(own.get(family, height), height)
        for family, height in own.items():
            heights.setdefault(family, []).append(height)
    return tuple(sorted(heights, key=lambda f: (-len(heights[f]), max(heights[f]), f)))


def closed_trees(
    term: Term, order: Sequence[IndexFamily], without: Iterable[int] = ()
) -> tuple[Tree, ...]:
    """The trees of a term that hold none of the given nodes, roots by the order of families."""
    left = set(range(len(term.nodes)))
    for node in without:
        left -= _component(term, node)
    found = []
    while left:
        nodes = _component(term, min(left))
        left -= nodes
        trees = [rooted(term, node) for node in nodes]
        found.append(min(trees, key=lambda t: (order.index(t[0]), _height(t), repr(t))))
    return tuple(sorted(found, key=repr))


def _component(term: Term, node: int) -> set[int]:
    found, fresh = {node}, {node}
    while fresh:
        met = {there for _, nodes in term.edges if fresh & {*nodes} for there in nodes}
        fresh = met - found
        found |= fresh
    return found


def _height(tree: Tree) -> int:
    return max((1 + _height(child) for _, _, trees in tree[2] for child in trees), default=0)


def added(pairs: Iterable[tuple[Item, Polynomial]]) -> dict[Item, Polynomial]:
    """The sum of weighted trees, equal ones collected."""
    found: dict[Item, Polynomial] = {}
    for item, coefficient in pairs:
        found[item] = found.get(item, Polynomial()) + coefficient
    return {item: coefficient for item, coefficient in found.items() if coefficient}


@dataclass(frozen=True)
class FieldAtom:
    """A field: ``atom`` at the nodes in ``slot`` of a matrix, with a source at each other slot."""

    atom: str
    matrix: Entry
    slot: int
    sources: tuple[Polynomial, ...]

    @property
    def family(self) -> IndexFamily:
        """Where the field stands."""
        return self.matrix.families[self.slot]

    @property
    def source_families(self) -> tuple[IndexFamily, ...]:
        """Where its sources stand."""
        families = self.matrix.families
        return (*families[: self.slot], *families[self.slot + 1 :])


@dataclass(frozen=True)
class NumberAtom:
    """A number: ``atom`` is the sum of ``value`` over all nodes of ``family``."""

    atom: str
    family: IndexFamily
    value: Polynomial


@dataclass
class Atoms:
    """The fields and numbers met so far, in an order in which each needs only earlier ones."""

    entries: Mapping[str, Entry]
    met: list[FieldAtom | NumberAtom] = field(default_factory=list)

    def polynomial(self, value: Sum) -> Polynomial:
        """Trees of one root as a polynomial of atoms; fields with equal companions add."""
        total = Polynomial()
        for (vectors, scalars, factors), coefficient in _gathered(value):
            product = coefficient
            for name in (*vectors, *scalars):
                product = product * atom_of(name)
            for (kind, items), power in sorted(factors, key=repr):
                inner = self.polynomial(dict(items))
                if isinstance(kind, IndexFamily):
                    found = self._number(kind, inner)
                else:
                    others = [self.polynomial({(tree, (), ()): ONE}) for tree in kind[2]]
                    found = self._field(kind[0], kind[1], others, inner)
                product = product * found**power
            total = total + product
        return total

    def _field(
        self, matrix: str, slot: int, others: Sequence[Polynomial], source: Polynomial
    ) -> Polynomial:
        """A field as a combination of known ones that differ in the last source, and of at most
        one that is new."""
        if not all(others):
            return Polynomial()
        shared = prod(map(_content, others), start=ONE)
        kind = (matrix, slot, tuple(other * _content(other) ** Fraction(-1) for other in others))
        found = Polynomial()
        for known in self.met:
            if isinstance(known, FieldAtom) and kind == (
                known.matrix.name,
                known.slot,
                known.sources[:-1],
            ):
                pivot, weight = _pivot(known.sources[-1])
                if part := by_atoms(source).get(pivot):
                    ratio = part * weight ** Fraction(-1)
                    source = source - ratio * known.sources[-1]
                    found = found + ratio * _symbol(known.atom)
        if source:
            content = _content(source)
            atom = f"@f{len(self.met)}"
            reduced = source * content ** Fraction(-1)
            self.met.append(FieldAtom(atom, self.entries[matrix], slot, (*kind[2], reduced)))
            found = found + content * _symbol(atom)
        return shared * found

    def _number(self, family: IndexFamily, value: Polynomial) -> Polynomial:
        if not value:
            return value
        content = _content(value)
        value = value * content ** Fraction(-1)
        for known in self.met:
            if isinstance(known, NumberAtom) and (known.family, known.value) == (family, value):
                return content * _symbol(known.atom)
        self.met.append(NumberAtom(f"@n{len(self.met)}", family, value))
        return content * _symbol(self.met[-1].atom)


def atom_of(name: str) -> Polynomial:
    """The atom of a vector or of a scalar."""
    return _symbol(f"@{name}")


def _symbol(atom: str) -> Polynomial:
    return Polynomial.monomial(1, {atom: 1})


def is_atom(name: str) -> bool:
    """Whether a symbol of a polynomial is an atom, and none of the problem's."""
    return name.startswith("@")


def by_atoms(value: Polynomial) -> dict[Powers, Polynomial]:
    """The coefficients of all products of atoms."""
    parts: dict[Powers, list[tuple[Powers, Fraction]]] = {}
    for powers, number in value.terms:
        atoms = tuple(pair for pair in powers if is_atom(pair[0]))
        rest = tuple(pair for pair in powers if not is_atom(pair[0]))
        parts.setdefault(atoms, []).append((rest, number))
    return {atoms: Polynomial.from_terms(terms) for atoms, terms in parts.items()}


def _pivot(source: Polynomial) -> tuple[Powers, Polynomial]:
    """A product of atoms that tells a source from others, with its coefficient, a monomial."""
    parts = [(a, c) for a, c in by_atoms(source).items() if c.is_monomial]
    return max(
        parts,
        key=lambda p: (sum(e for _, e in p[0]), p[0]),
        default=((("@", Fraction(1)),), as_polynomial(1)),
    )


def _content(value: Polynomial) -> Polynomial:
    """The monomial of problem symbols that all terms share, with a number, signed as the first."""
    names = {n for powers, _ in value.terms for n, _ in powers if not is_atom(n)}
    shared = {n: min(dict(powers).get(n, Fraction(0)) for powers, _ in value.terms) for n in names}
    numbers = [number for _, number in value.terms]
    size = Fraction(
        reduce(gcd, (abs(n.numerator) for n in numbers)), lcm(*(n.denominator for n in numbers))
    )
    first = max(value.terms, key=lambda t: (sum(e for n, e in t[0] if is_atom(n)), t[0]))[1]
    return Polynomial.monomial(size if first > 0 else -size, shared)


def _gathered(value: Sum) -> list[tuple[Product, Polynomial]]:
    """Products of atoms; two that differ in one factor of one kind become one, with the sum."""
    found: dict[Product, Polynomial] = {}
    for (tree, apart, scalars), coefficient in value.items():
        _family, vectors, children = tree or (None, (), ())
        counts: dict[Factor, int] = {}
        for matrix, slot, (*trees, last) in children:
            kind = (matrix, slot, tuple(trees))
            factor: Factor = (kind, frozenset({((last, (), ()), as_polynomial(1))}))
            counts[factor] = counts.get(factor, 0) + 1
        for other in apart:
            factor = (other[0], frozenset({((other, (), ()), as_polynomial(1))}))
            counts[factor] = counts.get(factor, 0) + 1
        product: Product = (vectors, scalars, frozenset(counts.items()))
        found[product] = found.get(product, Polynomial()) + coefficient
    while pair := next(_alike(found), None):
        one, two, both = pair
        del found[one], found[two]
        found[both] = found.get(both, Polynomial()) + as_polynomial(1)
    return list(found.items())


def _alike(found: Mapping[Product, Polynomial]) -> Iterator[tuple[Product, Product, Product]]:
    """Two products that differ in one factor of one kind, and what they are together."""
    products = list(found)
    for place, one in enumerate(products):
        for other in products[:place]:
            if one[:2] != other[:2]:
                continue
            left, right = dict(one[2]), dict(other[2])
            shared = {f: min(n, right[f]) for f, n in left.items() if f in right}
            mine = [f for f, n in left.items() for _ in range(n - shared.get(f, 0))]
            its = [f for f, n in right.items() for _ in range(n - shared.get(f, 0))]
            if len(mine) == len(its) == 1 and mine[0][0] == its[0][0]:
                items = added(
                    (item, c * weight)
                    for factor, weight in ((mine[0], found[one]), (its[0], found[other]))
                    for item, c in factor[1]
                )
                merged: Factor = (mine[0][0], frozenset(items.items()))
                counts = {f: n for f, n in shared.items() if n}
                counts[merged] = counts.get(merged, 0) + 1
                yield one, other, (one[0], one[1], frozenset(counts.items()))
