"""Contracted atoms: what the diagrams of a loss become once their rows are told apart.

A diagram of trained matrices is a sum over rows and features.  Its row nodes are identified in
all ways (set partitions): rows in one block are one row, rows in different blocks are
different, hence independent.  A feature node that meets one row only is a petal of that row.
Feature nodes that meet several rows are merged in all ways (set partitions again, blocks are
different features); a merged node that meets the rows ``h`` with the exponents ``m_h``
contributes ``p prod_h (z_(m_h) / p)``, because coordinates of different rows are independent.
For the loss of a CP model the result is

    - H z_d + (H/2) prod_c z_(2 e_c)^(d_c)
    + (H^2/2) sum over set partitions pi of the slots of p^(-|pi|) prod_(B in pi) z_B^2:

target, self (one row) and coherent (two rows) atoms.  Each holds to leading order; which of them
lead on a face, and whether they suffice there, is for :mod:`diagrams.dynamics.petals.closure` and
:mod:`diagrams.dynamics.certificate` to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product as cartesian
from math import comb, prod

from diagrams.dynamics.petals.petals import Exponent, PetalPolynomial, Petals, Rows, product
from diagrams.dynamics.refusals import Inapplicable, fact_of_matrices
from diagrams.dynamics.sentences import sentence
from diagrams.errors import BadInput, NotSolved
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Gaussian
from diagrams.graphs.tensors import IndexFamily
from diagrams.polynomials.counting import set_partitions
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.problems.structure import structure

PETALS = "the closure in petals"
STATES_LIMIT = 2000
"""Multisets of feature nodes over which a sum of set partitions may be built up."""


@dataclass(frozen=True)
class PetalAtom:
    """One contracted atom: its name, the diagram it comes from, its value in petals.

    ``name`` is ``target`` (one row already in the diagram), ``self`` (several rows became one),
    ``coherent`` (different rows, features merged) or ``decay`` (only in the potential); ``row`` is
    the family of the rows.
    """

    name: str
    diagram: Diagram
    value: PetalPolynomial
    row: IndexFamily

    @property
    def contracted(self) -> Diagram:
        """The diagram with its rows identified, for a self atom; the diagram itself otherwise."""
        heads = _row_nodes(self.diagram, self.row)
        if self.name != "self":
            return self.diagram
        return self.diagram.identify((heads[0], head) for head in heads[1:])


def without_petals(problem: Problem) -> Inapplicable | None:
    """Return what keeps a problem from having petals; ``None`` where nothing does."""
    fact = fact_of_matrices(problem)
    if not fact:
        first, row = problem.trained[0], structure(problem).rows
        if row is None or row not in first.families:
            fact = sentence("no index of {} is summed inside the output alone", first)
    return Inapplicable(fact, PETALS) if fact else None


def rows_of(problem: Problem) -> Rows:
    """Return the rows of a problem of trained matrices between two index families.

    The rows are those of :attr:`~diagrams.problems.structure.Structure.rows`.  Raises
    :class:`~diagrams.errors.NotSolved` for any other problem, with the fact of it.
    """
    off = without_petals(problem)
    if off is not None:
        raise NotSolved(off.what + ": " + off.fact)
    trained, row = problem.trained, structure(problem).rows
    assert row is not None
    pair = trained[0].families
    features = next(family for family in pair if family != row)
    variances = [t.law.variance for t in trained if isinstance(t.law, Gaussian)]
    return Rows(
        row.size,
        features.size,
        tuple(t.name for t in trained),
        tuple(variances),
        tuple(t.rate for t in trained),
    )


def contracted_atoms(
    problem: Problem,
) -> tuple[tuple[PetalAtom, ...], tuple[PetalAtom, ...]]:
    """Return the atoms of the observable, and those that only the potential has.

    Raises :class:`~diagrams.errors.NotSolved` for a problem without petals.

    >>> from diagrams.problems.cp import cp_problem
    >>> for atom in contracted_atoms(cp_problem(order=2, decay="d"))[0]:
    ...     print(atom.name, "|", atom.value)
    target | (-H) z_2
    self | (1/2*H) z_2^2
    coherent | (1/2*p**(-2)*H**2) z_1^4 + (1/2*p**(-1)*H**2) z_2^2
    """
    rows, row = rows_of(problem), structure(problem).rows
    assert row is not None
    extra = problem.potential - problem.observable
    return (
        tuple(_atoms(problem.observable, rows, row, "target")),
        tuple(_atoms(extra, rows, row, "decay")),
    )


def _atoms(
    combination: Combination, rows: Rows, row: IndexFamily, single: str
) -> Iterator[PetalAtom]:
    """The atoms of all diagrams with trained entries; rows identified first, then distinct."""
    for diagram, weight in combination:
        if not diagram.edges:
            continue
        heads = _row_nodes(diagram, row)
        for blocks in sorted(set_partitions(heads), key=len):
            name = single if len(heads) == 1 else "self" if len(blocks) == 1 else "coherent"
            value = _contracted(diagram, blocks, rows, row)
            yield PetalAtom(name, diagram, weight * value, row)


def _row_nodes(diagram: Diagram, row: IndexFamily) -> list[int]:
    return [node for node, family in enumerate(diagram.nodes) if family == row]


def _contracted(
    diagram: Diagram, blocks: Sequence[Sequence[int]], rows: Rows, row: IndexFamily
) -> PetalPolynomial:
    """The sum over rows that are equal inside blocks and different between them."""
    block_of = {node: number for number, block in enumerate(blocks) for node in block}
    features: dict[int, dict[int, list[int]]] = {
        node: {} for node, family in enumerate(diagram.nodes) if family != row
    }
    for edge in diagram.edges:
        head, feature = _ends(diagram, edge.nodes, row)
        counts = features[feature].setdefault(block_of[head], [0] * len(rows.colours))
        counts[rows.colours.index(edge.tensor.name)] += 1
    size = Polynomial.symbol(rows.features)
    alone: Petals = ()
    free = 0
    shared = []
    for met in features.values():
        if not met:
            free += 1
        elif len(met) == 1:
            ((counts_of_row),) = met.values()
            alone = product(alone, ((tuple(counts_of_row), 1),))
        else:
            shared.append(met)
    kinds = sorted({_key(met) for met in shared})
    if prod(sum(_key(met) == kind for met in shared) + 1 for kind in kinds) > STATES_LIMIT:
        raise BadInput("order", len(shared), "fewer shared feature nodes in a diagram of the loss")
    merged = _merged(kinds, [sum(_key(met) == kind for met in shared) for kind in kinds], size)
    prefactor = Polynomial.symbol(rows.number) ** len(blocks) * size**free
    return prefactor * (PetalPolynomial.of({alone: 1}) * merged)


Meeting = tuple[tuple[int, Exponent], ...]
"""Which rows a feature node meets, and with which exponents: sorted pairs."""


def _key(met: dict[int, list[int]]) -> Meeting:
    return tuple(sorted((head, tuple(counts)) for head, counts in met.items()))


def _merged(kinds: Sequence[Meeting], counts: Sequence[int], size: Polynomial) -> PetalPolynomial:
    """The sum over set partitions of feature nodes; equal nodes are counted, not listed.

    The block of the first node is chosen, the rest follows by recursion.
    """
    nothing: Petals = ()
    known = {(0,) * len(kinds): PetalPolynomial.of({nothing: 1})}

    def total(left: tuple[int, ...]) -> PetalPolynomial:
        if left not in known:
            first = next(k for k, count in enumerate(left) if count)
            rest = tuple(count - (k == first) for k, count in enumerate(left))
            parts = []
            for joined in cartesian(*(range(count + 1) for count in rest)):
                ways = prod(comb(n, k) for n, k in zip(rest, joined, strict=True))
                remaining = tuple(n - k for n, k in zip(rest, joined, strict=True))
                block = tuple(k + (place == first) for place, k in enumerate(joined))
                one = _block(kinds, block, size)
                for petals, coefficient in one * total(remaining):
                    parts.append((petals, coefficient * ways))
            known[left] = PetalPolynomial.of(parts)
        return known[left]

    return total(tuple(counts))


def _block(kinds: Sequence[Meeting], block: Sequence[int], size: Polynomial) -> PetalPolynomial:
    """The value of one merged feature node: ``p prod_h (z_(m_h) / p)``."""
    met: dict[int, list[int]] = {}
    for kind, times in zip(kinds, block, strict=True):
        for head, counts in kind:
            total = met.setdefault(head, [0] * len(counts))
            for colour, count in enumerate(counts):
                total[colour] += count * times
    met = {head: counts for head, counts in met.items() if any(counts)}
    petals = product(*(((tuple(counts), 1),) for counts in met.values()))
    return PetalPolynomial.of({petals: size ** (1 - len(met))})


def _ends(diagram: Diagram, nodes: tuple[int, ...], row: IndexFamily) -> tuple[int, int]:
    one, other = nodes
    return (one, other) if diagram.nodes[one] == row else (other, one)
