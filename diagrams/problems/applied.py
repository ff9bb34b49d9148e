"""Functions of a problem file as function nodes: what their argument has to be."""

from __future__ import annotations

from collections.abc import Mapping

from diagrams.errors import BadInput
from diagrams.graphs.laws import Gaussian, Gram
from diagrams.graphs.tensors import Function, Role, Tensor, function_node
from diagrams.problems.products import POWER, Applied, Entry


def node_of(applied: Applied, tensors: Mapping[str, Tensor], field: str) -> Tensor:
    """The function node of a function of weights, or of weights times given inputs.

    Raises :class:`~diagrams.errors.BadInput` unless the weights are Gaussian without a mean, and
    the inputs, if any, are frozen and known by their Gram matrix.

    >>> from diagrams.graphs.tensors import IndexFamily
    >>> from diagrams.problems.grammar import parse_sum
    >>> W = Tensor("W", (IndexFamily("hidden", "N", "k"),))
    >>> term, = parse_sum("phi(W[k])", "output", {"W": 1})
    >>> node_of(term.functions[0], {"W": W}, "model").name
    'phi_W_0'
    """
    where = f"{field}, {applied.place}" if applied.place else field
    inputs = [entry for entry in applied.entries if isinstance(_law(entry, tensors), Gram)]
    inputs = inputs or [entry for entry in applied.entries[1:] if _is_drawn(entry, tensors)]
    weights = [entry for entry in applied.entries if entry not in inputs]
    if len(weights) != 1 or not isinstance(_law(weights[0], tensors), Gaussian):
        allowed = "a function of weights whose law is gaussian, times inputs with a gram if any,"
        allowed += " or frozen ones with a gaussian law that the loss is averaged over"
        if applied.function.startswith(POWER):
            allowed = "powers of single entries, and of weights times inputs with a gram; write"
            allowed += " products and sums out, index by index, such as W[k,i] W[k,j] x[i] x[j]"
            allowed += " for the square of the sum of W[k,i] x[i]"
        raise BadInput(where, str(applied), allowed)
    (entry,) = weights
    tensor = tensors[entry.tensor]
    law = tensor.law
    assert isinstance(law, Gaussian)
    if law.mean_value or not law.variance:
        allowed = f"{entry.tensor} with a variance and no mean, inside of a function"
        raise BadInput(where, str(applied), allowed)
    if not inputs:
        made = Function(applied.function, tensor, None, 0, applied.factor)
    else:
        if inputs[0].indices[-1] != applied.summed:
            allowed = f"{applied.summed} as the last index of {inputs[0].tensor}: it is summed"
            raise BadInput(where, str(inputs[0]), allowed)
        place = entry.indices.index(applied.summed)
        given = tensors[inputs[0].tensor]
        made = Function(applied.function, tensor, given, place, applied.factor)
    if applied.entries[0] != entry:
        raise BadInput(where, str(applied), "the weights first, then the inputs")
    return function_node(made)


def _is_drawn(entry: Entry, tensors: Mapping[str, Tensor]) -> bool:
    """Whether it is a random vector that is not trained."""
    tensor = tensors.get(entry.tensor)
    return tensor is not None and tensor.role is Role.FROZEN and tensor.is_random


def _law(entry: Entry, tensors: Mapping[str, Tensor]) -> object:
    return tensors[entry.tensor].law if entry.tensor in tensors else None
