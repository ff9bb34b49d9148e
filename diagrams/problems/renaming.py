"""Other names for everything that has one: symbols, index families and tensors of a problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.laws import Drawn, Gram, Listed, Shaped
from diagrams.graphs.shapes import Shape
from diagrams.graphs.spectrum import Spectrum
from diagrams.graphs.tensors import (
    Averaged,
    Function,
    IndexFamily,
    Tensor,
    average_node,
    function_node,
)
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem


@dataclass(frozen=True)
class Renaming:
    """New names for symbols, families and tensors, as pairs; all are changed at once.

    >>> x = Polynomial.monomial(3, {"p": 2, "H": 1})
    >>> swap = Renaming((("p", "H"), ("H", "p")))
    >>> print(swap.polynomial(x), "|", swap.inverse.polynomial(swap.polynomial(x)))
    3*p*H**2 | 3*p**2*H
    """

    symbols: tuple[tuple[str, str], ...] = ()
    families: tuple[tuple[IndexFamily, IndexFamily], ...] = ()
    tensors: tuple[tuple[str, str], ...] = ()

    @cached_property
    def inverse(self) -> Renaming:
        """The way back."""
        return Renaming(
            tuple((new, old) for old, new in self.symbols),
            tuple((new, old) for old, new in self.families),
            tuple((new, old) for old, new in self.tensors),
        )

    @property
    def changes(self) -> bool:
        """Whether anything gets another name than it has."""
        pairs = (*self.symbols, *self.families, *self.tensors)
        return any(old != new for old, new in pairs)

    @cached_property
    def _symbols(self) -> Mapping[str, str]:
        return dict(self.symbols)

    @cached_property
    def _families(self) -> Mapping[IndexFamily, IndexFamily]:
        return dict(self.families)

    @cached_property
    def _tensors(self) -> Mapping[str, str]:
        return dict(self.tensors)

    def symbol(self, name: str) -> str:
        """The new name of a symbol; names that are none stay."""
        return self._symbols.get(name, name)

    def polynomial(self, polynomial: Polynomial) -> Polynomial:
        """A polynomial in the new symbols."""
        return Polynomial.from_terms(
            (tuple(sorted((self.symbol(name), e) for name, e in powers)), coefficient)
            for powers, coefficient in polynomial.terms
        )

    def family(self, family: IndexFamily) -> IndexFamily:
        """The family that stands for one."""
        return self._families.get(family, family)

    def tensor(self, tensor: Tensor) -> Tensor:
        """A tensor with its new name, families and law."""
        law = tensor.law
        if isinstance(law, Drawn):
            variance, mean = self.polynomial(law.variance), self.polynomial(law.mean_value)
            law = replace(law, variance=variance, mean_value=mean)
        if isinstance(law, Shaped):
            moments = tuple(map(self.polynomial, law.shape.moments))
            law = replace(law, shape=Shape(law.shape.kind, moments))
        if isinstance(law, Spectrum):
            sums = tuple(map(self.polynomial, law.sums))
            power = None if law.power is None else self.polynomial(law.power)
            law = replace(law, sums=sums, power=power)
        if isinstance(law, Listed):
            law = Listed(tuple(map(self.polynomial, law.entries)))
        if isinstance(law, Gram):
            law = Gram(tuple(map(self.polynomial, law.products)))
        if isinstance(law, Function):
            return function_node(self._function(law))
        if isinstance(law, Averaged):
            return average_node([self._function(one) for one in law.functions])
        return Tensor(
            self._tensors.get(tensor.name, tensor.name),
            tuple(map(self.family, tensor.families)),
            tensor.role,
            law,
            self.polynomial(tensor.rate),
            tensor.sphere,
        )

    def _function(self, law: Function) -> Function:
        inputs = None if law.inputs is None else self.tensor(law.inputs)
        factor = self.polynomial(law.factor)
        return replace(law, weights=self.tensor(law.weights), inputs=inputs, factor=factor)

    def diagram(self, diagram: Diagram) -> Diagram:
        """A diagram of the new tensors."""
        return Diagram(
            tuple(map(self.family, diagram.nodes)),
            tuple(Edge(self.tensor(edge.tensor), edge.nodes) for edge in diagram.edges),
            diagram.legs,
        )

    def combination(self, combination: Combination) -> Combination:
        """A sum of diagrams of the new tensors."""
        return Combination.of(
            (self.diagram(diagram), self.polynomial(coefficient))
            for diagram, coefficient in combination
        )

    def problem(self, problem: Problem) -> Problem:
        """The bare problem with the new names: no texts, and no quantities but its loss."""
        return replace(
            Problem(
                problem.title,
                problem.spec,
                self.combination(problem.observable),
                self.combination(problem.potential),
            ),
            observed=problem.observed,
            fresh=tuple(map(self.tensor, problem.fresh)),
            sampled=self.combination(problem.sampled),
            declared_symbols=tuple(map(self.symbol, problem.declared_symbols)),
            squared=problem.squared,
            rows=tuple(map(self.family, problem.rows)),
            signs=tuple(map(self.symbol, problem.signs)),
            width=None if problem.width is None else self.family(problem.width),
            written=(problem, self.symbols),
        )
