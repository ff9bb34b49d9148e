"""Invariant families: order parameters that are sums of Kronecker deltas stay such sums.

An *ansatz* writes every order parameter as a sum of delta structures, such as ``Q[k,l] = q
delta[k,l] + r`` and ``M[k,m] = m``.  Put into the closed equations it gives sums of such
structures again.  Where these are those of the ansatz, comparing their coefficients gives
ordinary differential equations for a few numbers, polynomial in these and exact in the sizes;
else the flow leaves the ansatz, which is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from diagrams.campaign.effort import spend
from diagrams.display import Displayed
from diagrams.errors import BadInput, NotSolved
from diagrams.evidence import Evidence, Kind
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.order_parameters.closed_system import ClosedSystem, opened
from diagrams.order_parameters.cutting import OrderParameter, bare
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.grammar import parse_sum
from diagrams.problems.products import DELTA

if TYPE_CHECKING:
    import sympy

_HEAD = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*(?:\[([A-Za-z0-9_, ]*)\])?\s*\Z")
VARIABLE_LIMIT = 12
PRODUCT_LIMIT = 10**5
STEPS = 20
"""Work of one product (:mod:`diagrams.campaign.effort`)."""


@dataclass(frozen=True)
class RestrictedSystem(Displayed):
    """Ordinary differential equations of a few numbers, polynomial, exact in the sizes.

    ``equations[j]`` is ``T`` times the time derivative of ``variables[j]``; ``loss`` is the
    observable.  ``ansatz`` are the texts that order parameters were written as.
    """

    system: ClosedSystem
    ansatz: tuple[tuple[str, str], ...]
    variables: tuple[str, ...]
    equations: tuple[Polynomial, ...]
    loss: Polynomial
    evidence: Evidence

    @property
    def by_variable(self) -> dict[str, Polynomial]:
        """The right-hand sides by their variables."""
        return dict(zip(self.variables, self.equations, strict=True))

    def equation(self, variable: str) -> Polynomial:
        """The right-hand side of a variable's equation."""
        if variable not in self.variables:
            raise BadInput("variable", variable, f"one of {', '.join(self.variables)}")
        return self.equations[self.variables.index(variable)]

    def to_sympy(self) -> dict[sympy.Symbol, sympy.Expr]:
        """The right-hand sides as SymPy expressions, by the symbols of their variables."""
        import sympy

        found = zip(self.variables, self.equations, strict=True)
        return {sympy.Symbol(name): polynomial.to_sympy() for name, polynomial in found}

    def jacobian(self) -> sympy.Matrix:
        """The derivatives of the right-hand sides by the variables."""
        import sympy

        equations = self.to_sympy()
        return sympy.Matrix(list(equations.values())).jacobian(list(equations))

    def text(self) -> str:
        """Return the equations as plain text."""
        return self.to_text()

    def latex(self) -> str:
        """Return the equations as aligned LaTeX lines."""
        return self.to_latex()


def restricted(system: ClosedSystem, ansatz: Mapping[str, str]) -> RestrictedSystem:
    """Return the equations of an ansatz, see :meth:`ClosedSystem.restrict`."""
    if system.averages:
        raise NotSolved("averages of functions are no polynomials of the numbers of an ansatz")
    known = {*system.problem.symbols, system.step}
    values: dict[str, Combination] = {}
    heads: dict[str, str] = {}
    for head, text in ansatz.items():
        parameter, value = _read(system, head, text)
        if parameter.name in values:
            raise BadInput("ansatz", head, "every order parameter once")
        values[parameter.name], heads[parameter.name] = value, head
    for parameter in system.parameters:
        if parameter.name not in values:
            missing = parameter.name + opened([f.index or f.name for f in parameter.families])
            raise BadInput("ansatz", f"{missing} missing", f"all of {', '.join(system.names)}")
    variables = tuple(
        dict.fromkeys(
            symbol
            for parameter in system.parameters
            for _, coefficient in values[parameter.name]
            for symbol in coefficient.symbols
            if symbol not in known
        )
    )
    if not variables or len(variables) > VARIABLE_LIMIT:
        raise BadInput("ansatz", list(variables), f"1 to {VARIABLE_LIMIT} new names for variables")
    slopes: dict[str, Polynomial] = {}
    for parameter, equation in zip(system.parameters, system.equations, strict=True):
        _compare(parameter, values, substituted(equation, values), variables, slopes)
    loss = substituted(system.loss, values).coefficient(Diagram((), ()))
    statement = "coefficients of the Kronecker deltas of the closed equations compared"
    return RestrictedSystem(
        system,
        tuple((heads[name], text) for (_, text), name in zip(ansatz.items(), values, strict=True)),
        variables,
        tuple(slopes[name] for name in variables),
        loss,
        Evidence(Kind.EXACT, statement),
    )


def _read(system: ClosedSystem, head: str, text: str) -> tuple[OrderParameter, Combination]:
    match = _HEAD.match(head)
    if match is None:
        raise BadInput("ansatz", head, "an order parameter with its indices, such as Q[k,l]")
    parameter = system.parameter(match[1])
    indices = [part.strip() for part in (match[2] or "").split(",") if part.strip()]
    if len(indices) != len(parameter.families) or len(set(indices)) < len(indices):
        allowed = f"{parameter.name} with {len(parameter.families)} different indices"
        raise BadInput("ansatz", head, allowed)
    family = dict(zip(indices, parameter.families, strict=True))
    field = f"ansatz {match[0].strip()}"
    refused = dict.fromkeys(system.names, "numbers, sizes and new names")
    refused |= dict.fromkeys(("T", "t"), "another name; T and t are time")
    for name in system.names:
        refused.pop(name) if name in system.problem.symbols else None
    parts: list[tuple[Diagram, Polynomial]] = []
    for term in parse_sum(text, field, None, refused):
        diagram = Diagram(parameter.families, (), tuple(range(len(indices))))
        place = {name: node for node, name in enumerate(indices)}
        pairs: list[tuple[int, int]] = []
        for entry in term.factors:
            here = f"{field}, {entry.place}"
            if entry.tensor != DELTA or any(name not in family for name in entry.indices):
                raise BadInput(here, str(entry), f"{DELTA}[..] of {', '.join(indices)}")
            if len({family[name] for name in entry.indices}) > 1:
                raise BadInput(here, str(entry), "indices of one family")
            pairs += [(place[entry.indices[0]], place[name]) for name in entry.indices[1:]]
        parts.append((diagram.identify(pairs), term.coefficient))
    return parameter, Combination.of(parts)


def substituted(
    reduced: Combination, values: Mapping[str, Combination], most: int | None = None
) -> Combination:
    """A combination of order parameters at values: sums of deltas, or of diagrams.

    With ``most``, terms with more edges are left out.
    """
    parts: list[tuple[Diagram, Polynomial]] = []
    for diagram, coefficient in reduced:
        choices = [values[edge.tensor.name].terms for edge in diagram.edges]
        if most is None and prod(map(len, choices)) > PRODUCT_LIMIT:
            raise BadInput(
                "ansatz", f"{prod(map(len, choices))} products", f"at most {PRODUCT_LIMIT}"
            )
        for choice in _choices(choices, most):
            spend(STEPS)
            joined, weight = Diagram(diagram.nodes, ()), coefficient
            pairs: list[tuple[int, int]] = []
            for edge, (structure, factor) in zip(diagram.edges, choice, strict=True):
                weight, shift = weight * factor, len(joined.nodes)
                ends = zip(edge.nodes, structure.legs, strict=True)
                pairs += [(node, leg + shift) for node, leg in ends]
                joined = joined @ Diagram(structure.nodes, structure.edges)
            whole = Diagram(joined.nodes, joined.edges, diagram.legs)
            parts.append((whole.identify(pairs), weight))
    return bare(Combination.of(parts))


def _choices(
    choices: Sequence[Sequence[tuple[Diagram, Polynomial]]], most: int | None
) -> Iterator[tuple[tuple[Diagram, Polynomial], ...]]:
    """One term of each, with at most so many edges together."""
    if not choices:
        yield ()
        return
    for term in choices[0]:
        left = None if most is None else most - len(term[0].edges)
        if left is None or left >= 0:
            for rest in _choices(choices[1:], left):
                yield (term, *rest)


def _compare(
    parameter: OrderParameter,
    values: Mapping[str, Combination],
    change: Combination,
    variables: tuple[str, ...],
    slopes: dict[str, Polynomial],
) -> None:
    """Read off the slopes of variables from one order parameter; refuse what does not fit."""
    left = dict(change.terms)
    for structure, coefficient in values[parameter.name]:
        found = left.pop(structure, Polynomial())
        own = [name for name in coefficient.symbols if name in variables]
        if not own:
            if found:
                raise _leaves(parameter, structure, found, "which the ansatz holds constant")
            continue
        powers = dict(coefficient.terms[0][0]) if coefficient.is_monomial else {}
        if len(own) > 1 or powers.get(own[0]) != 1:
            allowed = "a coefficient that is a number or a size times one new name"
            raise BadInput(f"ansatz {parameter.name}", str(coefficient), allowed)
        scale = Polynomial.monomial(
            coefficient.terms[0][1], {n: e for n, e in powers.items() if n != own[0]}
        )
        slope = found * scale**-1
        if slopes.setdefault(own[0], slope) != slope:
            raise _leaves(parameter, structure, found, f"where {own[0]}' is {slopes[own[0]]}")
    for structure, found in left.items():
        raise _leaves(parameter, structure, found, "which the ansatz lacks")


def _leaves(
    parameter: OrderParameter, structure: Diagram, found: Polynomial, why: str
) -> NotSolved:
    names = [f"i{leg + 1}" for leg in range(len(structure.legs))]
    groups: dict[int, list[str]] = {}
    for node, name in zip(structure.legs, names, strict=True):
        groups.setdefault(node, []).append(name)
    deltas = " ".join(f"{DELTA}{opened(group)}" for group in groups.values() if len(group) > 1)
    part = f"{found} times {deltas or 'one'}"
    head = parameter.name + opened(names)
    return NotSolved(f"the flow leaves the ansatz: {head}' has the part {part}, {why}")
