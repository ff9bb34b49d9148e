"""Gaussian noise on sampled sites: orthogonal samples, and processes made of few of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]
RANK_TOLERANCE = 1e-6
"""What is left of a source, relative to it, when no further sample is drawn."""


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


class Noise:
    """The noise of a group of fields: their sources, with samples in place of a basis of them.

    Gram and Schmidt's way keeps covariances exact where those of near times are nearly dependent.
    """

    def __init__(self, samples: Samples, stream: int) -> None:
        self.samples, self.stream = samples, stream
        self.rank = 0
        self.basis = np.zeros((8, samples.count))
        self.drawn = np.zeros((8, samples.count))

    def add(self, source: Array, strength: float) -> Array:
        """The noise with covariances ``strength E[source source']`` to all before."""
        left = source.copy()
        coefficients = np.zeros(self.rank)
        for _ in range(2):
            found = self.basis[: self.rank] @ left / len(left)
            left -= found @ self.basis[: self.rank]
            coefficients += found
        size = np.sqrt(left @ left / len(left))
        if size > RANK_TOLERANCE * np.sqrt(source @ source / len(source)):
            if self.rank == len(self.basis):
                more = ((0, self.rank), (0, 0))
                self.basis, self.drawn = np.pad(self.basis, more), np.pad(self.drawn, more)
            self.basis[self.rank], self.drawn[self.rank] = (
                left / size,
                self.samples.draw(self.stream, self.rank),
            )
            coefficients = np.append(coefficients, size)
            self.rank += 1
        noise: Array = np.sqrt(strength) * (coefficients @ self.drawn[: self.rank])
        return noise
