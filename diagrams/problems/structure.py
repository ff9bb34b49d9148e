"""What a problem is, found once: rows, width, the parts of its loss, constant, squared product.

Read off the diagrams; no name plays a part.  Fronts, roads and exports share this value.  Direct
simulation does not: it reads what was declared on its own, to be a second way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import IndexFamily, Role
from diagrams.polynomials.polynomial import Polynomial, Powers
from diagrams.problems.problem import Problem
from diagrams.problems.squared_product import SquaredProduct, squared_product
from diagrams.wick.expectation import value

Kind = Literal["square", "target", "decay", "other", "mixed"]


@dataclass(frozen=True, slots=True)
class Part:
    """A diagram with trained entries, one of the monomials it is multiplied by, and what it is.

    ``square`` has the most trained entries of all, a ``target`` coupling fewer.  A ``decay`` is
    what the potential has and the observable has not, or has with other powers; ``other`` is that
    where the flow does not descend the observable.  ``mixed``: one number stands for a coupling
    and a decay at once (order 2, where the two are one diagram).
    """

    diagram: Diagram
    powers: Powers
    kind: Kind


@dataclass(frozen=True)
class Structure:
    """The structure of a problem.

    >>> from diagrams.problems.cp import cp_problem
    >>> found = structure(cp_problem(order=3, ties="2+1", decay="lambda"))
    >>> found.rows.size, found.width, str(found.constant), found.product.multiplicities
    ('H', 'H', '1/2*p', (1, 2))
    >>> [part.kind for part in found.parts]
    ['target', 'square', 'decay', 'decay']
    """

    problem: Problem

    @cached_property
    def row_families(self) -> tuple[IndexFamily, ...]:
        """The families that may be the width: as the problem was stated, or by its diagrams alone.

        In diagrams they are those whose nodes all meet trained edges and no others.
        """
        problem = self.problem
        if problem.rows:
            return problem.rows
        met: set[IndexFamily] = set()
        barred: set[IndexFamily] = set()
        for diagram, _ in (*problem.observable, *problem.potential):
            for node, family in enumerate(diagram.nodes):
                roles = {edge.tensor.role for edge in diagram.edges if node in edge.nodes}
                (met if roles == {Role.TRAINED} else barred).add(family)
        return tuple(f for f in problem.families if f in met - barred and not f.fixed)

    @property
    def rows(self) -> IndexFamily | None:
        """The family whose indices number the rows of the model; the first where several might."""
        found = self.row_families
        if self.problem.width in found:
            return self.problem.width
        return found[0] if found else None

    @property
    def width(self) -> str | None:
        """The size by which over- and under-parameterisation is judged: named, or the only one.

        ``None`` where several families may be the width, or none.
        """
        if self.problem.width is not None:
            return self.problem.width.size
        found = self.row_families
        return found[0].size if len(found) == 1 else None

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The diagrams with trained entries, of the observable and then of the potential."""
        problem = self.problem
        degrees = {d: _degree(d) for d, _ in (*problem.observable, *problem.potential)}
        most = max((degrees[d] for d, _ in problem.observable), default=0)
        observed = {diagram: dict(coefficient.terms) for diagram, coefficient in problem.observable}
        moved = {diagram for diagram, _ in problem.potential}
        descends = all(diagram in moved for diagram in observed if degrees[diagram])
        found: dict[Part, None] = {}
        for diagram, coefficient in (*problem.observable, *problem.potential):
            for powers, number in coefficient.terms if degrees[diagram] else ():
                known = observed.get(diagram, {}).get(powers)
                kind: Kind = "target" if degrees[diagram] < most else "square"
                if known is None:  # of an observable that the flow does not descend nothing is told
                    kind = "decay" if descends else "other"
                elif known != number:
                    kind = "mixed"
                found[Part(diagram, powers, kind)] = None
        return tuple(found)

    @cached_property
    def constant(self) -> Polynomial:
        """The average of what the observable holds without trained tensors."""
        return self._average(moving=False)

    @cached_property
    def moving_start(self) -> Polynomial:
        """The average of what the observable holds with trained tensors, every term."""
        return self._average(moving=True)

    def _average(self, moving: bool) -> Polynomial:
        chosen = [(d, c) for d, c in self.problem.observable if (_degree(d) > 0) is moving]
        return value(Combination.of(chosen)) if chosen else Polynomial()

    @cached_property
    def product(self) -> SquaredProduct | None:
        """The loss as that of a model of squared products with a diagonal target, if it is one."""
        return squared_product(self.problem, self.rows)


@lru_cache(maxsize=128)
def structure(problem: Problem) -> Structure:
    """Return the structure of a problem; what it says is worked out when first asked."""
    return Structure(problem)


def _degree(diagram: Diagram) -> int:
    """The number of entries of trained tensors."""
    return sum(edge.tensor.role is Role.TRAINED for edge in diagram.edges)
