"""The diagrams of each order: isomorphism classes with coefficients and symmetry factors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb

from diagrams.display import Displayed
from diagrams.graphs.canonical import canonical_state, cell_symmetries
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.incidence import Alphabet, State
from diagrams.graphs.laws import Haar, Shaped
from diagrams.graphs.merging import merged_powers, sector_weight, weights_of
from diagrams.graphs.shapes import Shape
from diagrams.polynomials.counting import double_factorial
from diagrams.polynomials.pareto import pareto_terms
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem, stated
from diagrams.series.expansion import check_terms
from diagrams.series.ways import atoms_of
from diagrams.wick.expectation import value


@dataclass(frozen=True)
class DiagramClass(Displayed):
    """One isomorphism class of merged diagrams and its share in ``Y_s``.

    ``Y_s`` is the sum over classes of ``coefficient * average``.  Colours (tensors) are
    fixed, not permuted; classes whose average vanishes are listed too.

    ``symmetry_factor``: order of the automorphism group on nodes and half-edges;
    ``contractions``: number of Wick pairings, 0 if some tensor occurs an odd number of times;
    ``average``: the expectation of the diagram (with group laws: at sizes coprime to the divisors
    that occur, see :mod:`diagrams.wick.group_law`); ``leading``: its Pareto-optimal terms.
    """

    diagram: Diagram
    coefficient: Polynomial
    symmetry_factor: int
    contractions: int
    average: Polynomial
    leading: Polynomial

    def __str__(self) -> str:
        return (
            f"({self.coefficient}) {self.diagram}; |Aut| = {self.symmetry_factor},"
            f" {self.contractions} contractions"
        )


@dataclass(frozen=True)
class DiagramTable(Displayed):
    """The classes of diagrams of a problem at orders ``0..terms``.

    >>> from diagrams.problems.cp import cp_problem
    >>> table = diagram_table(cp_problem(order=2, ties="sym"), terms=2)
    >>> [len(classes) for classes in table.orders]
    [3, 3, 4]
    """

    problem: Problem
    orders: tuple[tuple[DiagramClass, ...], ...]

    def __iter__(self) -> Iterator[tuple[DiagramClass, ...]]:
        return iter(self.orders)


def diagram_table(problem: Problem, terms: int) -> DiagramTable:
    """Return the isomorphism classes of the merged diagrams at orders ``0..terms``.

    Raises :class:`~diagrams.errors.BadInput` for a number of terms that is no integer >= 0.
    """
    stated(problem)
    check_terms(terms)
    observable, generators = atoms_of(problem)
    alphabet = Alphabet.of([atom.diagram for atom in (*observable, *generators)], terms)
    weights = weights_of((*observable, *generators))
    sizes = problem.sizes
    known: dict[Diagram, Polynomial] = {}
    orders = []
    for s, collected in enumerate(merged_powers(alphabet, observable, generators, terms)):
        coefficients: dict[State, Polynomial] = {}
        for sector, counts in collected.items():
            weight = (-1) ** s * sector_weight(sector, weights)
            for state, count in counts.items():
                share = weight * count
                coefficients[state] = coefficients.get(state, Polynomial()) + share
        classes = []
        for state, coefficient in coefficients.items():
            diagram = alphabet.decode(state)
            if diagram not in known:
                known[diagram] = value(Combination.of({diagram: 1}))
            average = known[diagram]
            _, symmetries = canonical_state(alphabet, state)
            classes.append(
                DiagramClass(
                    diagram,
                    coefficient,
                    symmetries * cell_symmetries(alphabet, state),
                    _pairings(diagram),
                    average,
                    pareto_terms(average, sizes),
                )
            )
        classes.sort(key=lambda c: (len(c.diagram.edges), len(c.diagram.nodes), str(c.diagram)))
        orders.append(tuple(classes))
    return DiagramTable(problem, tuple(orders))


def _pairings(diagram: Diagram) -> int:
    """The number of pairings, or of partitions into blocks whose cumulants are not zero.

    Of a Haar matrix, rows and columns are paired apart.
    """
    pairings = 1
    for tensor, edges in diagram.edge_counts().items():
        if isinstance(tensor.law, Shaped):
            pairings *= _partitions(tensor.law.shape, edges)
        elif tensor.is_random:
            found = 0 if edges % 2 else double_factorial(edges - 1)
            pairings *= found**2 if isinstance(tensor.law, Haar) else found
    return pairings


def _partitions(shape: Shape, edges: int) -> int:
    """In how many ways edges make blocks: the first one with any others."""
    return (
        1
        if not edges
        else sum(
            comb(edges - 1, size - 1) * _partitions(shape, edges - size)
            for size in range(2, edges + 1)
            if shape.cumulant(size)
        )
    )
