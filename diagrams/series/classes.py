"""The diagrams of each order: isomorphism classes with coefficients and symmetry factors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from diagrams.display import Fragment, Shape, Typeset, diagram_names, problem_names
from diagrams.graphs.canonical import canonical_state, cell_symmetries
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.incidence import Alphabet, State
from diagrams.graphs.merging import merged_powers, sector_weight, weights_of
from diagrams.polynomials.pareto import pareto_terms
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.series.expansion import atoms_of, check_terms
from diagrams.wick.expectation import value
from diagrams.wick.packing import double_factorial


@dataclass(frozen=True)
class DiagramClass(Typeset):
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

    def _fragment(self) -> Fragment:
        """The share in ``Y_s`` as a formula; the drawing is that of the diagram."""
        from diagrams.export.latex.formulas import BREAK
        from diagrams.export.latex.series import breaking, class_formula

        names = dict.fromkeys((*diagram_names(self.diagram), *self.coefficient.symbols))
        return Fragment(
            class_formula(self),
            Shape.FORMULA,
            tuple(dict.fromkeys((*names, *self.average.symbols))),
            title="A class of diagrams",
            display=breaking(class_formula(self, BREAK)),
        )


@dataclass(frozen=True)
class DiagramTable(Typeset):
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

    def __str__(self) -> str:
        return self.to_text()

    def to_text(self, width: int | None = None) -> str:
        """Return the table as plain text under a heading for each order.

        Without ``width`` every class has one line; with it, classes that are wider have lines
        of at most so many characters.
        """
        lines = [self.problem.title]
        for s, classes in enumerate(self.orders):
            count = f"{len(classes)} class{'es' if len(classes) != 1 else ''} of diagrams"
            lines.append(f"\nY_{s} = sum of coefficient * E[diagram], {count}:")
            rows = [
                (
                    str(c.coefficient),
                    str(c.symmetry_factor),
                    str(c.contractions),
                    str(c.leading),
                    str(c.diagram),
                )
                for c in classes
            ]
            head = ("coefficient", "|Aut|", "pairings", "leading", "diagram")
            aligned = _aligned(head, rows)
            if width is not None and max(map(len, aligned)) > width:
                short = _aligned(head[:3], [row[:3] for row in rows])
                aligned = short[:1]
                for line, row in zip(short[1:], rows, strict=True):
                    aligned += [line, *_folded(f"leading {row[3]}", width)]
                    aligned += _folded(f"diagram {row[4]}", width)
            lines += aligned
        return "\n".join(lines)

    def to_json(self) -> str:
        """Return the table as JSON text of the schema ``wickflow.diagrams/1``."""
        from diagrams.export.json.codec import table_json

        return table_json(self)

    def _fragment(self) -> Fragment:
        from diagrams.export.latex.documents import classes_lines, table_document

        return Fragment(
            "\n".join(classes_lines(self)),
            Shape.TEXT,
            problem_names(self.problem),
            document=lambda symbols: table_document(self, symbols=symbols),
        )

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.to_text(80))

    def _repr_html_(self) -> str:
        from diagrams.export.html.pages import table_html

        return table_html(self)


def _aligned(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    ]


def _folded(text: str, width: int) -> list[str]:
    one, other = " " * 4, " " * 12
    return wrap(text, width, initial_indent=one, subsequent_indent=other, break_long_words=False)


def diagram_table(problem: Problem, terms: int) -> DiagramTable:
    """Return the isomorphism classes of the merged diagrams at orders ``0..terms``.

    Raises :class:`~diagrams.errors.BadInput` for a number of terms that is no integer >= 0.
    """
    check_terms(terms)
    observable, generators = atoms_of(problem)
    alphabet = Alphabet.of([atom.diagram for atom in (*observable, *generators)])
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
    pairings = 1
    for tensor, edges in diagram.edge_counts().items():
        if tensor.is_random:
            pairings *= 0 if edges % 2 else double_factorial(edges - 1)
    return pairings
