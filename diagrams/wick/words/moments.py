"""The averages of an observable merged again and again, by words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from diagrams.graphs.merging import Atom
from diagrams.graphs.tensors import IndexFamily
from diagrams.polynomials.polynomial import Polynomial
from diagrams.wick.transfer.packing import Sector
from diagrams.wick.words.averages import WordAverages
from diagrams.wick.words.merging import Level, Merging
from diagrams.wick.words.pruning import LeadingAverages, Pruning, Scale
from diagrams.wick.words.spelling import Spelling
from diagrams.wick.words.symmetries import keeping, renamings


def word_moments(
    observable: Sequence[Atom],
    generators: Sequence[Atom],
    terms: int,
    scale: Scale | None = None,
) -> Iterator[dict[Sector, Polynomial]]:
    """Yield for every order the averages by observable atom and numbers of generator atoms.

    Weights, variances and means are left out.  With a ``scale`` only terms of the exponents that it
    needs are complete.

    Raises :class:`~diagrams.wick.transfer.UnsupportedStructure` at once where some index is not
    met twice.
    """
    diagrams = [atom.diagram for atom in (*observable, *generators)]
    spelling = Spelling(diagrams)
    first = [spelling.words(atom.diagram) for atom in observable]
    further = [spelling.words(atom.diagram) for atom in generators]
    along = [frozenset(map(spelling.sign_of, atom.tensors)) for atom in generators]
    symmetries = keeping(renamings(spelling), first, further, along)
    merging = Merging(spelling, first, further, along, symmetries)

    bounds = _bounds(observable, generators, terms)
    pruning = None if scale is None else Pruning(spelling, first, further, scale)
    averages = WordAverages(spelling, *bounds)
    if pruning is not None:
        averages = LeadingAverages(spelling, *bounds).prepared(pruning)

    def orders() -> Iterator[dict[Sector, Polynomial]]:
        level = merging.start()
        for order in range(terms + 1):
            level = merging.merged(level, order == terms) if order else level
            if pruning is not None:
                kept = ((words, pruning.kept(words, of, order)) for words, of in level.items())
                level = {words: ways_of for words, ways_of in kept if ways_of}
            yield _collected(level, averages, order, pruning)

    return orders()


def _collected(
    level: Level, averages: WordAverages, order: int, pruning: Pruning | None
) -> dict[Sector, Polynomial]:
    found: dict[Sector, int] = {}
    for words, ways_of in level.items():
        if pruning is not None and isinstance(averages, LeadingAverages):
            averages.need = pruning.scale.needed[order] - max(map(pruning.weight, ways_of))
        average = averages.packed(words)
        if average:
            for sector, ways in ways_of.items():
                found[sector] = found.get(sector, 0) + ways * average
    return {sector: averages.unpacked(value) for sector, value in sorted(found.items())}


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
