r"""Function nodes averaged over Gaussian inputs: what depends on weights through overlaps alone.

With centred Gaussian inputs x, all arguments ``u = sum_i W[k,i] x[i]`` are Gaussian.  Entries of x
outside of functions are integrated by parts (C. Stein)::

    E x[i] F = variance * E dF/dx[i] ,      d f(u[k]) / dx[i] = f'(u[k]) W[k,i] ,

two entries of x at a time where F holds another one.  What is left is a product of function nodes,
whose average is one node (:class:`~diagrams.graphs.tensors.Averaged`): a function of the overlaps
of the weights, whatever the functions are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import permutations, product

from diagrams.errors import BadInput
from diagrams.graphs.combination import Combination
from diagrams.graphs.derivatives import next_derivative
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.laws import Gaussian
from diagrams.graphs.tensors import Averaged, Function, Tensor, average_node
from diagrams.polynomials.polynomial import ONE, Polynomial

FUNCTIONS_LIMIT = 6
"""Functions in one average."""


def inputs_in(combination: Combination) -> frozenset[Tensor]:
    """The random tensors that are inputs of functions."""
    inputs = (law.inputs for law in _functions(combination))
    return frozenset(one for one in inputs if one is not None and one.is_random)


def _functions(combination: Combination) -> list[Function]:
    laws = (tensor.law for diagram, _ in combination for tensor in diagram.tensors)
    return [law for law in laws if isinstance(law, Function)]


def is_averaged(tensor: Tensor) -> bool:
    """Whether it is an average of functions over inputs."""
    return isinstance(tensor.law, Averaged)


def averaged_over_inputs(combination: Combination, over: Collection[Tensor]) -> Combination:
    """Average diagrams over those of the tensors ``over`` that are inputs of functions.

    Raises :class:`~diagrams.errors.BadInput` for inputs that are no centred Gaussian vector.

    >>> from diagrams.graphs.tensors import IndexFamily, Role, function_node
    >>> k, i = IndexFamily("hidden", "N", "k"), IndexFamily("feature", "d", "i")
    >>> W, x = Tensor("W", (k, i)), Tensor("x", (i,), Role.FROZEN)
    >>> node = function_node(Function("erf", W, x, 1))
    >>> open_input = Diagram.of((node, "k"), (x, "i"), legs="k i")
    >>> print(averaged_over_inputs(Combination.of({open_input: 1}), [x]))
    (1) E[erf'(W[k1] x)] W[k1,i1] (open: k1,i1)
    """
    weights = {part for t in _functions(combination) for part in t.parts} - inputs_in(combination)
    if moved := sorted(tensor.name for tensor in weights & set(over)):
        allowed = "inputs of functions; a function of what multiplies them has no such average"
        raise BadInput("average", moved[0], allowed)
    for inputs in sorted(inputs_in(combination) & set(over), key=lambda tensor: tensor.name):
        law = inputs.law
        if not isinstance(law, Gaussian) or law.mean_value or not law.variance or inputs.rank != 1:
            allowed = "inputs of functions that are one Gaussian vector of mean zero"
            raise BadInput("average", inputs.name, allowed)
        combination = Combination.of(
            (joined, coefficient * more * factor)
            for diagram, coefficient in combination
            for part, more in _by_parts(diagram, inputs)
            for joined, factor in [_joined(part, inputs)]
        )
    return combination


def _by_parts(diagram: Diagram, inputs: Tensor) -> Iterator[tuple[Diagram, Polynomial]]:
    """The diagram without entries of the inputs outside of functions."""
    edge = next((edge for edge in diagram.edges if edge.tensor == inputs), None)
    if edge is None:
        yield diagram, ONE
        return
    assert isinstance(inputs.law, Gaussian)
    rest = diagram.without(edge)
    for other, copies in rest.multiplicities().items():
        law = other.tensor.law
        if other.tensor == inputs:
            joined = rest.without(other).identify([(edge.nodes[0], other.nodes[0])])
            factor = inputs.law.variance * copies
        elif isinstance(law, Function) and law.inputs == inputs:
            own = (*other.nodes[: law.summed], edge.nodes[0], *other.nodes[law.summed :])
            raised = Edge(next_derivative(other.tensor), other.nodes)
            edges = (*rest.without(other).edges, raised, Edge(law.weights, own))
            joined = Diagram(rest.nodes, edges, rest.legs)
            factor = inputs.law.variance * copies
        else:
            continue
        for part, more in _by_parts(joined, inputs):
            yield part, factor * more


def _joined(diagram: Diagram, inputs: Tensor) -> tuple[Diagram, Polynomial]:
    """The diagram with one average in the place of its functions of the inputs, and a factor.

    That is what derivatives bring with them where the argument has a factor.
    """
    nodes = [edge for edge in diagram.edges if _law(edge).inputs == inputs]
    if not nodes:
        return diagram, ONE
    if len(nodes) > FUNCTIONS_LIMIT:
        raise BadInput("average", f"{len(nodes)} functions", f"at most {FUNCTIONS_LIMIT}")
    rest = diagram.without(*nodes)
    groups: dict[Tensor, list[Edge]] = {}
    for edge in sorted(nodes, key=lambda edge: edge.sort_key):
        groups.setdefault(edge.tensor, []).append(edge)
    node = average_node([_law(edge) for group in groups.values() for edge in group])
    # equal functions may stand in any order: one for all diagrams that differ by no more
    found = []
    for orders in product(*(set(permutations(group)) for group in groups.values())):
        own = tuple(n for order in orders for edge in order for n in edge.nodes)
        found.append(Diagram(rest.nodes, (*rest.edges, Edge(node, own)), rest.legs).canonical)
    first = min(found, key=lambda one: (one.legs, [edge.sort_key for edge in one.edges]))
    factor = ONE
    for law in map(_law, nodes):
        factor = factor * law.factor**law.order
    return first, factor


_NONE = Function("none", Tensor("none", ()))


def _law(edge: Edge) -> Function:
    """The law of a function node; one without inputs for any other edge."""
    return edge.tensor.law if isinstance(edge.tensor.law, Function) else _NONE
