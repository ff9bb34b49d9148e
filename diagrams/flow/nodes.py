"""Functions of weights times given inputs, in arrays: their values and their pull-back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from diagrams.errors import BadInput
from diagrams.flow.targets import Array
from diagrams.graphs.tensors import Function, Tensor
from diagrams.wick.activations import activation

TOLERANCE = 1e-9
"""What eigenvalues of a Gram matrix may be below zero, of its largest entry."""


@dataclass(frozen=True)
class Node:
    """The values ``factor^order f^(order)(factor u)`` of a function node; seeds come first."""

    tensor: Tensor
    factor: float

    @property
    def law(self) -> Function:
        """What it is a function of."""
        law = self.tensor.law
        assert isinstance(law, Function)
        return law

    def argument(self, tensors: Mapping[str, Array]) -> Array:
        """``factor u``, for all hidden indices and inputs."""
        law = self.law
        weights = tensors[law.weights.name]
        if law.inputs is None:
            return self.factor * weights
        inputs = tensors[law.inputs.name][0]
        rows = np.moveaxis(weights, 1 + law.summed, -1)
        products = rows @ inputs.reshape(-1, inputs.shape[-1]).T
        found: Array = self.factor * products.reshape(*rows.shape[:-1], *inputs.shape[:-1])
        return found

    def value(self, tensors: Mapping[str, Array], more: int = 0) -> Array:
        """The values, or those of the derivative of a further order, by ``u``."""
        order = self.law.order + more
        found: Array = self.factor**order * activation(self.law.name).values(
            self.argument(tensors), order
        )
        return found

    def pull_back(self, tensors: Mapping[str, Array], slope: Array) -> Array:
        """Derivatives by the weights from those by the values."""
        law = self.law
        by_argument: Array = slope * self.value(tensors, 1)
        if law.inputs is None:
            return by_argument
        inputs = tensors[law.inputs.name][0]
        flat = inputs.reshape(-1, inputs.shape[-1])
        own = by_argument.shape[: law.weights.rank]
        rows = by_argument.reshape(*own, len(flat)) @ flat
        found: Array = np.moveaxis(rows, -1, 1 + law.summed)
        return found


def check_formula(node: Tensor) -> None:
    """Raise :class:`~diagrams.errors.BadInput` where a function stays a symbol."""
    law = node.law
    assert isinstance(law, Function)
    if activation(law.name).is_symbolic:
        raise BadInput("function", law.name, "functions with a formula, where one is simulated")


def inputs_of(products: Array, size: int, name: str) -> Array:
    """Inputs of so many entries with given inner products.

    Raises :class:`~diagrams.errors.BadInput` for a matrix that has none.

    >>> x = inputs_of(np.array([[1.0, 0.5], [0.5, 1.0]]), 3, "x")
    >>> (x @ x.T).round(12).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    values, vectors = np.linalg.eigh(products)
    bound = TOLERANCE * max(1.0, float(np.abs(products).max()))
    if values[0] < -bound:
        allowed = "numbers at which it has no negative eigenvalue"
        raise BadInput(f"tensors.{name}.gram", products.tolist(), allowed)
    kept = values > bound
    if kept.sum() > size:
        allowed = f"at least {kept.sum()} entries, for inputs that are as independent as these"
        raise BadInput(f"size of the inputs {name}", size, allowed)
    found = np.zeros((len(products), size))
    found[:, : kept.sum()] = vectors[:, kept] * np.sqrt(values[kept])
    return found
