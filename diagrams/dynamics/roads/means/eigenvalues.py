"""Closed equations of matrices along the eigenvectors of the one of them that stays random.

Where all matrices of a closed system start as multiples of the identity but one, all move along its
eigenvectors (its singular vectors, if it is not symmetric): every one is a function of its
eigenvalue, products of matrices are products of these, and a trace is an average over the spectrum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.roads.means.amplitudes import Amplitudes
from diagrams.dynamics.roads.spectra.chains import Chains, chains_of
from diagrams.dynamics.roads.spectra.planar import Planar
from diagrams.dynamics.roads.spectra.response import EIGENVALUE
from diagrams.dynamics.sentences import sentence
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import IndexFamily
from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.order_parameters.cutting import OrderParameter
from diagrams.polynomials.polynomial import ONE, Polynomial


def along_eigenvalues(system: ClosedSystem, random: OrderParameter) -> Amplitudes | Inapplicable:
    """Return the equations of a closed system along the eigenvectors of one order parameter.

    >>> from diagrams.order_parameters.closing import close
    >>> from diagrams.problems.cp import cp_problem
    >>> system = close(cp_problem(order=2, target="zero"), ["hidden"])
    >>> found = along_eigenvalues(system, system.parameters[0])
    >>> print(*found.velocities, "|", *found.starts, "|", found.loss)
    -4*@0**2 | @x | 1/2*p*@0**2
    """
    measure = _measure(random)
    if isinstance(measure, Inapplicable):
        return measure
    eigenvalue = Polynomial.monomial(1, {EIGENVALUE: 1 if random.is_symmetric else Fraction(1, 2)})
    values: dict[str, Polynomial] = {}
    starts: dict[str, Polynomial] = {}
    owners: list[OrderParameter] = []
    for parameter, mean in zip(system.parameters, system.initial, strict=True):
        start = eigenvalue if parameter == random else _multiple(parameter, mean)
        if start is None:
            return Inapplicable(sentence("{} is no multiple of the identity", parameter.tensor))
        values[parameter.name] = start
        if parameter.moves:
            name = f"@{len(starts)}"
            values[parameter.name], starts[name] = Polynomial.monomial(1, {name: 1}), start
            owners.append(parameter)
    product = _Products(values, random.families[0])
    velocities = []
    for parameter, equation in zip(system.parameters, system.equations, strict=True):
        velocity = product.of(equation, traces=0)
        if isinstance(velocity, Inapplicable):
            return velocity
        if parameter.moves:
            velocities.append(velocity)
    loss = product.of(system.loss, traces=1)
    if isinstance(loss, Inapplicable):
        return loss
    return Amplitudes(
        tuple(starts),
        tuple(velocities),
        tuple(starts.values()),
        loss,
        tuple((owner,) for owner in owners),
        measure,
    )


def _measure(random: OrderParameter) -> Planar | Inapplicable:
    """The planar traces of an order parameter, or of its square if it is not symmetric."""
    if len(random.families) != 2:
        return Inapplicable(sentence("{} is no matrix", random.tensor))
    chains = chains_of(random.value)
    if isinstance(chains, Inapplicable):
        return chains
    if not random.is_symmetric:
        ((word, factor),) = chains.terms
        squared = (*word, *(letter.back for letter in reversed(word)))
        chains = Chains(((squared, factor * factor),), 0)
    return Planar(chains, Chains((((), ONE),), None), random.families[0].count)


def _multiple(parameter: OrderParameter, mean: Combination) -> Polynomial | None:
    """The number that a mean is times the identity; ``None`` if it is something else."""
    families = parameter.families
    identity = Diagram(families, (), tuple(range(len(families))))
    if len(families) == 2 and len(set(families)) == 1:
        identity = identity.identify([(0, 1)])
    elif families and mean.terms:
        return None
    found = mean.coefficient(identity)
    return found if mean == Combination.of({identity: found}) else None


@dataclass(frozen=True)
class _Products:
    """Numbers in place of matrices; traces are those over the indices of one family."""

    values: Mapping[str, Polynomial]
    family: IndexFamily

    def of(self, reduced: Combination, traces: int) -> Polynomial | Inapplicable:
        """A combination of products of matrices, each with at most so many traces."""
        total = Polynomial()
        for diagram, coefficient in reduced:
            closed = 0
            for nodes in _components(diagram):
                ends = [diagram.nodes[n] for n in nodes if n in diagram.legs]
                met = [n for e in diagram.edges for n in e.nodes] + list(diagram.legs)
                if any(met.count(n) != 2 for n in nodes) or (
                    not ends and self.family not in {diagram.nodes[n] for n in nodes}
                ):
                    return Inapplicable(sentence("{} is no product of matrices", diagram))
                if not ends:
                    closed += 1
                    coefficient = coefficient * self.family.count
            if closed > traces:
                return Inapplicable(sentence("all eigenvalues act on each other in {}", diagram))
            for edge in diagram.edges:
                coefficient = coefficient * self.values[edge.tensor.name]
            total = total + coefficient
        return total


def _components(diagram: Diagram) -> list[set[int]]:
    """The nodes that edges join, in groups."""
    groups = [{node} for node in range(len(diagram.nodes))]
    for edge in diagram.edges:
        met = [group for group in groups if group & set(edge.nodes)]
        groups = [group for group in groups if group not in met]
        if met:
            groups.append(set().union(*met))
    return groups
