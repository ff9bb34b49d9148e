"""Numbers drawn from the laws of entries: Gaussian, two-valued, uniform, or a law with moments.

Of a law that is given by moments, the smallest finite law with these moments is drawn from
(:mod:`diagrams.graphs.moment_problem`); what depends on further moments is that law's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from diagrams.flow.targets import Array
from diagrams.graphs.laws import Haar, Shaped
from diagrams.graphs.moment_problem import finite_law, moments_at
from diagrams.graphs.shapes import Kind, Shape
from diagrams.graphs.tensors import Tensor


@dataclass(frozen=True)
class Draws:
    """How an entry without its mean, over the root of its variance, is drawn.

    ``kind`` is none for a Gaussian; ``points`` with their ``weights`` are for a law by moments.
    ``rotated`` is the size of an orthogonal matrix, else 0.

    >>> Draws(Kind.RADEMACHER).entries(np.random.default_rng(0), (4,)).tolist()
    [1.0, 1.0, 1.0, -1.0]
    """

    kind: Kind | None = None
    points: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()
    rotated: int = 0

    def entries(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """Independent entries, or those of a block of an orthogonal matrix."""
        if self.rotated:  # the signs make it Haar (F. Mezzadri, Notices of the AMS 54, 2007)
            q, r = np.linalg.qr(generator.standard_normal((self.rotated, self.rotated)))
            rotation: Array = q * np.sign(np.diagonal(r)) * math.sqrt(self.rotated)
            return rotation[: shape[0], : shape[1]]
        if self.kind is None:
            return np.asarray(generator.standard_normal(shape), dtype=np.float64)
        if self.kind is Kind.RADEMACHER:
            return np.asarray(2 * generator.integers(0, 2, shape) - 1, dtype=np.float64)
        if self.kind is Kind.UNIFORM:
            return generator.uniform(-math.sqrt(3.0), math.sqrt(3.0), shape)
        return generator.choice(np.array(self.points), shape, p=self.weights)

    def quantiles(self, levels: Array) -> Array:
        """The values below which an entry is with these probabilities; no Gaussian's."""
        if self.kind is Kind.RADEMACHER:
            return np.where(levels < 0.5, -1.0, 1.0)
        if self.kind is Kind.UNIFORM:
            return math.sqrt(3.0) * (2 * levels - 1)
        places = np.searchsorted(np.cumsum(self.weights), levels)
        found: Array = np.array(self.points)[np.minimum(places, len(self.points) - 1)]
        return found


def draws_of(tensor: Tensor, numbers: Mapping[str, float]) -> Draws:
    """The draws of a random tensor, at numbers for the symbols of its moments.

    Raises :class:`~diagrams.errors.BadInput` where no law has these moments.

    >>> from diagrams.graphs.tensors import IndexFamily
    >>> draws_of(Tensor("u", (IndexFamily("hidden", "N"),)), {})
    Draws(kind=None, points=(), weights=(), rotated=0)
    """
    if isinstance(tensor.law, Haar):
        return Draws(rotated=tensor.law.size)
    if not isinstance(tensor.law, Shaped):
        return Draws()
    return draws_of_shape(tensor.law.shape, numbers, f"tensors.{tensor.name}.moments")


def draws_of_shape(shape: Shape, numbers: Mapping[str, float], field: str) -> Draws:
    """The same of a shape; ``field`` is what holds its moments."""
    if shape.kind is not Kind.MOMENTS:
        return Draws(shape.kind)
    return Draws(shape.kind, *finite_law(moments_at(shape, numbers, field), field))
