"""The flow from weights that start at their means: equations of a few amplitudes, exact.

A trained tensor whose entries have no spread is a sum of Kronecker patterns, such as ``a`` times
one or ``c delta_ij``, and stays one where nothing else breaks the symmetry of its indices.  So
each tensor is written as all patterns of its indices, each times an amplitude; the merge of an
entry with the potential, at such tensors, gives the velocities.  Amplitudes that start at zero and
stay there are left out, those that keep the ratio of their starts are one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.sentences import sentence
from diagrams.graphs.combination import Combination, merge
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.tensors import Drawn, IndexFamily, Mean, Tensor
from diagrams.order_parameters.cutting import bare
from diagrams.order_parameters.restricting import substituted
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem

MOST = 6
"""Patterns of one tensor that are followed."""


@dataclass(frozen=True)
class Amplitudes:
    """Amplitudes by name, with their velocities ``T dz/dt`` and their values at the start.

    ``loss`` is the observable; ``patterns`` says which tensors each of them multiplies.
    """

    names: tuple[str, ...]
    velocities: tuple[Polynomial, ...]
    starts: tuple[Polynomial, ...]
    loss: Polynomial
    patterns: tuple[tuple[Tensor, ...], ...]

    def derivatives(self, terms: int) -> tuple[Polynomial, ...]:
        """Return the time derivatives of the loss at the start, orders ``0..terms``."""
        found, now = [], self.loss
        start = dict(zip(self.names, self.starts, strict=True))
        for _ in range(terms + 1):
            found.append(now.substitute(start))
            now = sum(
                (
                    _derivative(now, name) * velocity
                    for name, velocity in zip(self.names, self.velocities, strict=True)
                ),
                Polynomial(),
            )
        return tuple(found)


def _derivative(value: Polynomial, name: str) -> Polynomial:
    terms = []
    for powers, c in value:
        power = powers.pop(name, None)
        if power:
            terms.append(Polynomial.monomial(c * power, {**powers, name: power - 1}))
    return sum(terms, Polynomial())


def amplitudes_of(problem: Problem) -> Amplitudes | Inapplicable:
    """Return the equations of a problem whose loss holds no spread.

    >>> from diagrams.problems.files import parse_problem
    >>> found = amplitudes_of(parse_problem('''
    ... families = {unit = "N"}
    ... [tensors.u]
    ... families = ["unit"]
    ... role = "trained"
    ... variance = 0
    ... mean = {pattern = "constant", value = "a"}
    ... [model]
    ... output = "u[i] u[i]"
    ... target = "y"
    ... [loss]
    ... kind = "squared error"
    ... over = []
    ... '''))
    >>> print(*found.names, "|", *found.velocities, "|", *found.starts)
    z1 | -2*N*z1**3 + 2*y*z1 | a
    """
    tensors = problem.tensors
    for tensor in tensors:
        if not isinstance(tensor.law, Drawn):
            return Inapplicable(sentence("{} is a structure, no mean of entries", tensor))
        if tensor.law.variance:
            return Inapplicable(sentence("{} starts with a spread", tensor))
    values: dict[str, Combination] = {}
    starts: dict[str, Polynomial] = {}
    owners: dict[str, tuple[Tensor, Diagram]] = {}
    for tensor in tensors:
        patterns = list(_patterns(tensor.families))
        if len(patterns) > MOST:
            return Inapplicable(sentence("{} has {} patterns", tensor, len(patterns)))
        mean = _mean(tensor)
        if tensor not in problem.trained:
            values[tensor.name] = mean
            continue
        parts = []
        for pattern in patterns:
            name = f"@{len(starts)}"
            starts[name], owners[name] = mean.coefficient(pattern), (tensor, pattern)
            parts.append((pattern, Polynomial.monomial(1, {name: 1})))
        values[tensor.name] = Combination.of(parts)
    changes = {
        tensor: substituted(_change(tensor, problem.potential), values)
        for tensor in problem.trained
    }
    velocities = {
        name: changes[tensor].coefficient(pattern) for name, (tensor, pattern) in owners.items()
    }
    loss = substituted(bare(problem.observable), values).coefficient(Diagram((), ()))
    moving = _moving(velocities, starts)
    gone = {name: Polynomial() for name in velocities if name not in moving}
    kept = {name: velocities[name].substitute(gone) for name in moving}
    groups = _alike(kept, starts)
    short = {g[0]: f"z{k}" for k, g in enumerate(groups, 1)}
    renamed = {
        name: Polynomial.monomial(1, {short[group[0]]: 1}) * ratio
        for group in groups
        for name, ratio in _ratios(group, starts).items()
    }
    return Amplitudes(
        tuple(short.values()),
        tuple(kept[g[0]].substitute(renamed) for g in groups),
        tuple(starts[g[0]] for g in groups),
        loss.substitute(gone).substitute(renamed),
        tuple(tuple(owners[name][0] for name in g) for g in groups),
    )


def _patterns(families: Sequence[IndexFamily]) -> Iterator[Diagram]:
    """All ways in which indices of one family may be equal, as diagrams without entries."""

    def grown(at: int, legs: tuple[int, ...], nodes: tuple[IndexFamily, ...]) -> Iterator[Diagram]:
        if at == len(families):
            yield Diagram(nodes, (), legs).canonical
            return
        for node, family in enumerate(nodes):
            if family == families[at]:
                yield from grown(at + 1, (*legs, node), nodes)
        yield from grown(at + 1, (*legs, len(nodes)), (*nodes, families[at]))

    yield from grown(0, (), ())


def _mean(tensor: Tensor) -> Combination:
    law = tensor.law
    assert isinstance(law, Drawn)
    apart = Diagram(tensor.families, (), tuple(range(tensor.rank)))
    if law.mean is Mean.DELTA:
        apart = apart.identify((0, slot) for slot in range(1, tensor.rank))
    return Combination.of({apart: law.mean_value})


def _change(tensor: Tensor, potential: Combination) -> Combination:
    """Minus the merge of an entry of a tensor with the potential, its indices open."""
    legs = tuple(range(tensor.rank))
    entry = Combination.of({Diagram(tensor.families, (Edge(tensor, legs),), legs): 1})
    return bare((-1) * merge(entry, potential))


def _moving(
    velocities: Mapping[str, Polynomial], starts: Mapping[str, Polynomial]
) -> tuple[str, ...]:
    """The amplitudes that are not zero for good."""
    found = {name for name, start in starts.items() if start}
    while True:
        gone = {name: Polynomial() for name in velocities if name not in found}
        more = {name for name in gone if velocities[name].substitute(gone)}
        if not more:
            return tuple(name for name in velocities if name in found)
        found |= more


def _ratios(group: Sequence[str], starts: Mapping[str, Polynomial]) -> dict[str, Polynomial]:
    """Amplitudes in units of the first of them, as at the start."""
    first = starts[group[0]]
    one = Polynomial.constant(1)
    return {name: starts[name] * first**-1 if first else one for name in group}


def _alike(
    velocities: Mapping[str, Polynomial], starts: Mapping[str, Polynomial]
) -> list[list[str]]:
    """The coarsest groups of amplitudes that keep the ratios of their starts."""
    kinds: dict[bool, list[str]] = {}
    for name in velocities:
        kinds.setdefault(bool(starts[name]), []).append(name)
    groups = list(kinds.values())
    while True:
        joined = {
            name: Polynomial.monomial(1, {group[0]: 1}) * ratio
            for group in groups
            for name, ratio in _ratios(group, starts).items()
        }
        parts: list[list[str]] = []
        for group in groups:
            own: dict[Polynomial, list[str]] = {}
            for name, ratio in _ratios(group, starts).items():
                moved = velocities[name].substitute(joined) * ratio**-1
                own.setdefault(moved, []).append(name)
            parts += own.values()
        if len(parts) == len(groups):
            return groups
        groups = parts
