"""From a problem's trees to exact equations of sites: what moves, and the fields that move it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from diagrams.graphs.tensors import IndexFamily
from diagrams.mean_fields.forests import Entry, Term, forests
from diagrams.mean_fields.trees import (
    Atoms,
    FieldAtom,
    Item,
    NumberAtom,
    Sum,
    Tree,
    added,
    closed_trees,
    rooted,
    roots,
)
from diagrams.polynomials.polynomial import ONE, Polynomial
from diagrams.problems.problem import Problem
from diagrams.wick.functions import weights_in


@dataclass(frozen=True)
class LowRank:
    """The motion of a trained matrix: ``dM_ij/dt = sum of left_i right_j`` over these products.

    Of a tensor, products of as many as it has slots.
    """

    matrix: Entry
    products: tuple[tuple[Polynomial, ...], ...]


@dataclass(frozen=True)
class Derivation:
    """Equations at every size: vectors and scalars with their drifts, matrices, fields, numbers.

    ``met`` are fields and numbers in an order in which each needs only earlier ones.  What
    ``functions`` are of is among the vectors.
    """

    vectors: tuple[tuple[Entry, Polynomial], ...]
    scalars: tuple[tuple[Entry, Polynomial], ...]
    matrices: tuple[LowRank, ...]
    met: tuple[FieldAtom | NumberAtom, ...]
    observable: Polynomial
    functions: tuple[Entry, ...] = ()


def derivation(
    problem: Problem, large: Collection[IndexFamily], slow: Polynomial = ONE
) -> Derivation:
    """Derive the equations of a problem whose large families are given.

    ``slow`` is a factor of all rates, of time in other units.
    Raises :class:`~diagrams.errors.NotSolved` for a diagram that is no forest.
    """
    inside = weights_in(d for d, _ in (*problem.potential, *problem.observable))
    descended = forests(problem.potential, large, "what the flow descends", inside)
    potential = tuple(replace(t, coefficient=t.coefficient * slow) for t in descended)
    what = f"the observable {problem.observed_name}"
    observed = forests(problem.observable, large, what, inside)
    entries = _entries((*potential, *observed))
    order = roots((*potential, *observed))
    atoms = Atoms(entries)
    drifts, low = {}, []
    for name, entry in entries.items():
        if len(entry.families) < 2:
            drifts[name] = (
                atoms.polynomial(_gradient(potential, entry, entries.values(), order))
                if entry.moves
                else None
            )
    for entry in entries.values():
        if len(entry.families) > 1 and entry.moves:
            products = [tuple(map(atoms.polynomial, p)) for p in _cut(potential, entry, order)]
            low.append(LowRank(entry, tuple(p for p in products if all(p))))
    observable = atoms.polynomial(added(_items(observed, order)))

    def moving(rank: int) -> tuple[tuple[Entry, Polynomial], ...]:
        chosen = [(n, e) for n, e in entries.items() if len(e.families) == rank]
        return tuple((e, drifts[n] or Polynomial()) for n, e in chosen)

    known = {e for term in (*potential, *observed) for at in term.vectors for e in at}
    functions = {e for e in known if e.argument not in (None, e)}
    met = sorted(functions | {e.raised for e in functions}, key=attrgetter("name"))
    return Derivation(moving(1), moving(0), tuple(low), tuple(atoms.met), observable, tuple(met))


def _entries(terms: Iterable[Term]) -> Mapping[str, Entry]:
    """All entries that are drawn, by name: of functions what they are of."""
    found = {}
    for term in terms:
        matrices = [entry for entry, _ in term.edges]
        for entry in (*(e for at in term.vectors for e in at), *matrices, *term.scalars):
            drawn = entry.argument or entry
            found[drawn.name] = drawn
    return dict(sorted(found.items()))


def _items(
    terms: Iterable[Term], order: Sequence[IndexFamily]
) -> Iterable[tuple[Item, Polynomial]]:
    for term in terms:
        names = tuple(sorted(entry.name for entry in term.scalars))
        yield (None, closed_trees(term, order), names), term.coefficient


def _gradient(
    terms: Iterable[Term], entry: Entry, entries: Iterable[Entry], order: Sequence[IndexFamily]
) -> Sum:
    """Minus the rate times the derivative of the terms by an entry of a vector, or by a scalar.

    What a function is of moves with the weights, and these with all that is of them: the sum over
    such ``entries``, times the inner products of inputs.
    """
    directions = [(entry, ONE)]
    if entry.argument:
        directions = [(other, product) for other in entries if (product := entry.overlap(other))]
    found: list[tuple[Item, Polynomial]] = []
    for term in terms:
        names = tuple(sorted(e.name for e in term.scalars))
        factor = -1 * (term.coefficient * entry.moved.rate)
        if copies := names.count(entry.name):
            place = names.index(entry.name)
            rest = names[:place] + names[place + 1 :]
            found.append(((None, closed_trees(term, order), rest), copies * factor))
        for node, here in enumerate(term.vectors):
            slopes = [
                (one, left, here.count(one) * weight * factor)
                for toward, weight in directions
                for one in dict.fromkeys(here)
                if (left := one.slope(toward)) is not None
            ]
            for one, left, weight in slopes:
                family, vectors, children = rooted(term, node)
                place = vectors.index(one.name)
                kept = (*vectors[:place], *vectors[place + 1 :], *(e.name for e in left))
                tree: Tree = (family, tuple(sorted(kept)), children)
                found.append(((tree, closed_trees(term, order, [node]), names), weight))
    return added(found)


def _cut(
    terms: Iterable[Term], entry: Entry, order: Sequence[IndexFamily]
) -> list[tuple[Sum, ...]]:
    """The same by the entries of a matrix: sums of products of a tree at each of its nodes."""
    table: dict[tuple[Tree, ...], dict[Item, Polynomial]] = {}
    for term in terms:
        names = tuple(sorted(e.name for e in term.scalars))
        for place, (matrix, nodes) in enumerate(term.edges):
            if matrix == entry:
                edges = term.edges[:place] + term.edges[place + 1 :]
                left = Term(term.coefficient, term.nodes, term.vectors, edges, term.scalars)
                *others, last = (rooted(left, node) for node in nodes)
                item: Item = (last, closed_trees(left, order, nodes), names)
                row = table.setdefault(tuple(others), {})
                weight = -1 * (term.coefficient * entry.tensor.rate)
                row[item] = row.get(item, Polynomial()) + weight
    gathered: dict[tuple[tuple[Tree, ...], frozenset[tuple[Item, Polynomial]]], list[Tree]] = {}
    for (tree, *between), row in table.items():
        gathered.setdefault((tuple(between), frozenset(row.items())), []).append(tree)
    return [
        (_alone(trees), *(_alone([tree]) for tree in between), dict(row))
        for (between, row), trees in gathered.items()
    ]


def _alone(trees: Iterable[Tree]) -> Sum:
    """A sum of trees without anything apart from them."""
    return {(tree, (), ()): ONE for tree in trees}
