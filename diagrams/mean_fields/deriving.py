"""From a problem's trees to exact equations of sites: what moves, and the fields that move it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

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


@dataclass(frozen=True)
class LowRank:
    """The motion of a trained matrix: ``dM_ij/dt = sum of left_i right_j`` over these pairs."""

    matrix: Entry
    pairs: tuple[tuple[Polynomial, Polynomial], ...]


@dataclass(frozen=True)
class Derivation:
    """Equations at every size: vectors and scalars with their drifts, matrices, fields, numbers.

    ``met`` are fields and numbers in an order in which each needs only earlier ones.
    """

    vectors: tuple[tuple[Entry, Polynomial], ...]
    scalars: tuple[tuple[Entry, Polynomial], ...]
    matrices: tuple[LowRank, ...]
    met: tuple[FieldAtom | NumberAtom, ...]
    observable: Polynomial


def derivation(
    problem: Problem, large: Collection[IndexFamily], slow: Polynomial = ONE
) -> Derivation:
    """Derive the equations of a problem whose large families are given.

    ``slow`` is a factor of all rates, of time in other units.
    Raises :class:`~diagrams.errors.NotSolved` for a diagram that is no forest.
    """
    descended = forests(problem.potential, large, "what the flow descends")
    potential = tuple(replace(t, coefficient=t.coefficient * slow) for t in descended)
    observed = forests(problem.observable, large, f"the observable {problem.observed_name}")
    entries = _entries((*potential, *observed))
    order = roots((*potential, *observed))
    atoms = Atoms(entries)
    drifts, low = {}, []
    for name, entry in entries.items():
        if len(entry.families) < 2:
            drifts[name] = (
                atoms.polynomial(_gradient(potential, entry, order)) if entry.moves else None
            )
    for entry in entries.values():
        if len(entry.families) == 2 and entry.moves:
            pairs = [
                (atoms.polynomial(a), atoms.polynomial(b)) for a, b in _cut(potential, entry, order)
            ]
            low.append(LowRank(entry, tuple((a, b) for a, b in pairs if a and b)))
    observable = atoms.polynomial(added(_items(observed, order)))

    def moving(rank: int) -> tuple[tuple[Entry, Polynomial], ...]:
        chosen = [(n, e) for n, e in entries.items() if len(e.families) == rank]
        return tuple((e, drifts[n] or Polynomial()) for n, e in chosen)

    return Derivation(moving(1), moving(0), tuple(low), tuple(atoms.met), observable)


def _entries(terms: Iterable[Term]) -> Mapping[str, Entry]:
    """All entries of the terms, by name."""
    found = {}
    for term in terms:
        matrices = [entry for entry, _, _ in term.edges]
        for entry in (*(e for at in term.vectors for e in at), *matrices, *term.scalars):
            found[entry.name] = entry
    return dict(sorted(found.items()))


def _items(
    terms: Iterable[Term], order: Sequence[IndexFamily]
) -> Iterable[tuple[Item, Polynomial]]:
    for term in terms:
        names = tuple(sorted(entry.name for entry in term.scalars))
        yield (None, closed_trees(term, order), names), term.coefficient


def _gradient(terms: Iterable[Term], entry: Entry, order: Sequence[IndexFamily]) -> Sum:
    """Minus the rate times the derivative of the terms by an entry of a vector, or by a scalar."""
    found: list[tuple[Item, Polynomial]] = []
    for term in terms:
        names = tuple(sorted(e.name for e in term.scalars))
        factor = -1 * (term.coefficient * entry.tensor.rate)
        if copies := names.count(entry.name):
            place = names.index(entry.name)
            rest = names[:place] + names[place + 1 :]
            found.append(((None, closed_trees(term, order), rest), copies * factor))
        for node, here in enumerate(term.vectors):
            if copies := here.count(entry):
                family, vectors, children = rooted(term, node)
                place = vectors.index(entry.name)
                tree: Tree = (family, vectors[:place] + vectors[place + 1 :], children)
                found.append(((tree, closed_trees(term, order, [node]), names), copies * factor))
    return added(found)


def _cut(
    terms: Iterable[Term], entry: Entry, order: Sequence[IndexFamily]
) -> list[tuple[Sum, Sum]]:
    """The same by the entries of a matrix: sums of products of a tree at each of its two nodes."""
    table: dict[Tree, dict[Item, Polynomial]] = {}
    for term in terms:
        names = tuple(sorted(e.name for e in term.scalars))
        for place, (matrix, a, b) in enumerate(term.edges):
            if matrix == entry:
                edges = term.edges[:place] + term.edges[place + 1 :]
                left = Term(term.coefficient, term.nodes, term.vectors, edges, term.scalars)
                item: Item = (rooted(left, b), closed_trees(left, order, [a, b]), names)
                row = table.setdefault(rooted(left, a), {})
                weight = -1 * (term.coefficient * entry.tensor.rate)
                row[item] = row.get(item, Polynomial()) + weight
    gathered: dict[frozenset[tuple[Item, Polynomial]], list[Tree]] = {}
    for tree, row in table.items():
        gathered.setdefault(frozenset(row.items()), []).append(tree)
    return [({(t, (), ()): ONE for t in trees}, dict(row)) for row, trees in gathered.items()]
