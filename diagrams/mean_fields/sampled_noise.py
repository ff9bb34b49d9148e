"""Gaussian noise on sampled sites: orthogonal samples, and processes made of few of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]
RANK_TOLERANCE = 1e-6
"""What is left of a source, relative to it, when no further sample is drawn."""

PRODUCT_TOLERANCE = 1e-3
"""The same for products of sources, which have more directions than there are sites to sample; a
covariance lacks its square."""


class Diverged(ArithmeticError):
    """A value left the range of what a grid, or a number of sites, can bear."""


@dataclass
class Samples:
    """Orthogonal Gaussian samples over the sites of a family.

    Every stream of them is its own, so that on another grid its samples are nearly the same.
    """

    count: int
    seed: tuple[int, ...]
    basis: list[Array] = field(default_factory=list)

    def draw(self, *stream: int) -> Array:
        """A sample of mean zero and mean square one, orthogonal to all before."""
        if not self.basis:
            self.basis.append(np.ones(self.count))
        if len(self.basis) >= self.count:
            raise Diverged
        found = np.random.default_rng((*self.seed, *stream)).normal(size=self.count)
        return self._kept(found)

    def of_law(self, quantiles: Callable[[Array], Array], *stream: int) -> Array:
        """A sample of another law: its quantiles, in random order.  Later ones are orthogonal."""
        if not self.basis:
            self.basis.append(np.ones(self.count))
        places = np.random.default_rng((*self.seed, *stream)).permutation(self.count)
        found = quantiles((places + 0.5) / self.count)
        self._kept(found.copy())
        return found

    def _kept(self, found: Array) -> Array:
        """A sample made orthogonal to all before, and normalised; the basis has it then."""
        for _ in range(2):
            for known in self.basis:
                found -= known * (found @ known) / self.count
        found *= np.sqrt(self.count) / np.linalg.norm(found)
        self.basis.append(found)
        return found


class Span:
    """An orthonormal basis of all vectors met, by Gram and Schmidt's way, twice over.

    It keeps covariances exact where vectors of near times are nearly dependent; Cholesky's way
    would lose half of the digits.
    """

    def __init__(self, tolerance: float) -> None:
        self.rank, self.tolerance = 0, tolerance
        self.basis = np.zeros((8, 0))

    def add(self, vector: Array) -> Array:
        """The coefficients of a vector; a longer one than before has new components at the end."""
        more = len(vector) - self.basis.shape[1]
        self.basis = np.pad(self.basis, ((0, 8 * (self.rank == len(self.basis))), (0, more)))
        left = vector.copy()
        coefficients = np.zeros(self.rank)
        for _ in range(2):
            found = self.basis[: self.rank] @ left
            left -= found @ self.basis[: self.rank]
            coefficients += found
        size = np.linalg.norm(left)
        if size > self.tolerance * np.linalg.norm(vector):
            self.basis[self.rank] = left / size
            coefficients = np.append(coefficients, size)
            self.rank += 1
        return coefficients


class Noise:
    """The noise of a group of fields: their sources, with samples in place of a basis of them.

    The covariances of fields of a tensor, which has several sources, are products of those of the
    sources: covariances of the products of their coefficients.
    """

    def __init__(self, samples: Samples, stream: int, count: int) -> None:
        self.samples, self.stream = samples, stream
        self.spans = [Span(RANK_TOLERANCE) for _ in range(count)]
        self.products = Span(PRODUCT_TOLERANCE)
        self.places: dict[tuple[int, ...], int] = {}
        self.drawn: list[Array] = []

    def add(self, sources: Sequence[Array], strength: float) -> Array:
        """The noise with covariances ``strength E[source source']`` to all before."""
        pairs = zip(self.spans, sources, strict=True)
        found = [span.add(source / np.sqrt(len(source))) for span, source in pairs]
        coefficients = found[0] if len(found) == 1 else self.products.add(self._product(found))
        while len(self.drawn) < len(coefficients):
            self.drawn.append(self.samples.draw(self.stream, len(self.drawn)))
        if not self.drawn:
            return np.zeros(self.samples.count)
        noise: Array = np.sqrt(strength) * (coefficients @ self.drawn[: len(coefficients)])
        return noise

    def _product(self, factors: Sequence[Array]) -> Array:
        """The products of coefficients, each at its own place for good."""
        values = reduce(np.multiply.outer, factors)
        for index in np.ndindex(values.shape):
            self.places.setdefault(index, len(self.places))
        product = np.zeros(len(self.places))
        product[[self.places[index] for index in np.ndindex(values.shape)]] = values.ravel()
        return product
