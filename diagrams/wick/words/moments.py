"""The averages of an observable merged again and again, by words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from diagrams.graphs.merging import Atom
from diagrams.graphs.tensors import IndexFamily
from diagrams.polynomials.polynomial import Polynomial
from diagrams.wick.transfer.packing import Sector
from diagrams.wick.words.averages import WordAverages
from diagrams.wick.words.leading import Level, LevelAverages, Potential, Scale
from diagrams.wick.words.merging import Atoms
from diagrams.wick.words.spelling import Spelling
from diagrams.wick.words.symmetries import Symmetries, renamings


def word_moments(
    observable: Sequence[Atom],
    generators: Sequence[Atom],
    terms: int,
) -> Iterator[dict[Sector, Polynomial]]:
    """Yield for every order the averages by observable atom and numbers of generator atoms.

    Weights, variances and means are left out.

    Raises :class:`~diagrams.wick.transfer.UnsupportedStructure` at once where some index is not
    met twice.
    """
    spelling, atoms = _spelled(observable, generators)
    merging = atoms.merging(spelling, renamings(spelling))
    averages = WordAverages(spelling, *_bounds(observable, generators, terms))

    def orders() -> Iterator[dict[Sector, Polynomial]]:
        level = merging.start()
        for order in range(terms + 1):
            level = merging.merged(level, order == terms) if order else level
            found: dict[Sector, int] = {}
            for words, ways_of in level.items():
                average = averages.packed(words)
                if average:
                    for sector, ways in ways_of.items():
                        found[sector] = found.get(sector, 0) + ways * average
            yield {sector: averages.unpacked(value) for sector, value in sorted(found.items())}

    return orders()


def leading_word_moments(
    observable: Sequence[Atom], generators: Sequence[Atom], terms: int, scale: Scale
) -> tuple[Fraction, Fraction, Iterator[dict[Sector, Polynomial]]]:
    """A bound on exponents, ``start + s growth``, and for every order what attains it.

    Raises :class:`~diagrams.wick.transfer.UnsupportedStructure` as :func:`word_moments` does, and
    where averages of several words are no products.
    """
    spelling, atoms = _spelled(observable, generators)
    found = Potential(spelling, scale, atoms)
    tables = [table for table in renamings(spelling) if found.is_kept(table)]
    averages = LevelAverages(spelling, *_bounds(observable, generators, terms))
    averages.potential, averages.symmetries = found, Symmetries(tables)
    level = Level(atoms.merging(spelling, tables), averages, scale, atoms)
    start, growth = (Fraction(number, found.unit) for number in (found.start, found.growth))
    return start, growth, map(level.order, range(terms + 1))


def _spelled(observable: Sequence[Atom], generators: Sequence[Atom]) -> tuple[Spelling, Atoms]:
    """The atoms as words."""
    spelling = Spelling([atom.diagram for atom in (*observable, *generators)])
    return spelling, Atoms(
        [spelling.words(atom.diagram) for atom in observable],
        [spelling.words(atom.diagram) for atom in generators],
        [frozenset(map(spelling.sign_of, atom.tensors)) for atom in generators],
    )


def _bounds(
    observable: Sequence[Atom], generators: Sequence[Atom], terms: int
) -> tuple[int, dict[str, int], int]:
    """Bounds of edges, of nodes of every size, and of the number of ways to merge and to pair."""
    every = [atom.diagram for atom in (*observable, *generators)]
    edges = max((len(atom.diagram.edges) for atom in observable), default=0)
    added = max((len(atom.diagram.edges) for atom in generators), default=0)
    ways = len(observable) + 1
    for _ in range(terms):
        ways *= (len(generators) + 1) * (edges + 1) * (added + 1)
        edges += max(0, added - 2)
    nodes = {}
    for size in {family.size for diagram in every for family in diagram.nodes}:
        first = max((_of_size(atom.diagram.nodes, size) for atom in observable), default=0)
        more = (
            _of_size(atom.diagram.nodes, size) - min(1, _of_size(tensor.families, size))
            for atom in generators
            for tensor in atom.tensors.intersection(atom.diagram.tensors)
        )
        nodes[size] = first + terms * max(more, default=0)
    return edges, nodes, ways


def _of_size(families: Iterable[IndexFamily], size: str) -> int:
    return sum(family.size == size for family in families)
