"""Sums of products of arrays for every seed, and their derivatives, pair by pair.

A :class:`Contraction` is planned once for the sizes it has: factors are multiplied two at a time,
the pair first whose product is smallest compared with its factors, as matrix products.  Every
array has the seeds as its first axis; an array that is the same for all seeds has length one
there.  :meth:`Contraction.pull_back` runs the same pairs backwards, so that all derivatives of a
product cost about three times the product.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import prod
from string import ascii_lowercase

import numpy as np

from diagrams.flow.gradients import matrix_product
from diagrams.flow.targets import Array

Indices = tuple[str, ...]


@dataclass(frozen=True)
class _Pair:
    """One product of two arrays; positions count the factors first, then the products."""

    left: int
    right: int
    result: Indices


@dataclass(frozen=True)
class Contraction:
    """``sum over all indices but the free ones of the product of the factors``.

    ``factors`` are the index names of every factor, ``free`` those of the result, in order;
    ``sizes`` are known for all of them.  An index that is not free is summed, whether it stands
    once or more; a free index that no factor has is one that the result is constant in.

    >>> trace = Contraction.plan([("i", "j"), ("i", "j")], (), {"i": 2, "j": 3})
    >>> matrix = np.arange(6.0).reshape(1, 2, 3)
    >>> trace.value([matrix, matrix]).tolist()
    [55.0]
    >>> trace.pull_back([matrix, matrix], np.ones(1), (0,))[0].tolist()
    [[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]]
    """

    factors: tuple[Indices, ...]
    free: Indices
    sizes: Mapping[str, int]
    pairs: tuple[_Pair, ...]
    kept: tuple[Indices, ...]
    """The indices of every factor after diagonals are taken and lone ones summed."""

    @staticmethod
    def plan(factors: Sequence[Indices], free: Indices, sizes: Mapping[str, int]) -> Contraction:
        """Choose the order in which factors are multiplied."""
        kept = []
        for place, factor in enumerate(factors):
            others = {name for at, f in enumerate(factors) if at != place for name in f}
            names = dict.fromkeys(factor)
            kept.append(tuple(n for n in names if n in others or n in free))
        pairs: list[_Pair] = []
        alive = dict(enumerate(kept))
        while len(alive) > 1:
            left, right = min(
                ((a, b) for a in alive for b in alive if a < b),
                key=lambda pair: _cost(alive, pair, free, sizes),
            )
            result = _result(alive, (left, right), free)
            pairs.append(_Pair(left, right, result))
            del alive[left], alive[right]
            alive[len(factors) + len(pairs) - 1] = result
        return Contraction(tuple(factors), free, dict(sizes), tuple(pairs), tuple(kept))

    @property
    def numbers(self) -> int:
        """How many numbers all intermediate products of one seed are, the result included."""
        made = [pair.result for pair in self.pairs] + [self.free]
        return sum(prod(self.sizes[name] for name in indices) for indices in made)

    def value(self, arrays: Sequence[Array]) -> Array:
        """The result, with the axes of ``free`` after that of the seeds."""
        return self._placed(self._forward(arrays)[-1] if arrays else np.ones(1))

    def pull_back(
        self, arrays: Sequence[Array], weight: Array, wanted: Collection[int]
    ) -> dict[int, Array]:
        """Derivatives of ``sum over free indices of weight * result`` by the wanted factors.

        ``weight`` has the axes of ``free``; the derivatives have the shape of the factors, but
        always one for every seed.
        """
        count = len(self.factors)
        values = self._forward(arrays)
        needed = set(wanted)
        for place, pair in enumerate(self.pairs):
            if pair.left in needed or pair.right in needed:
                needed.add(count + place)
        last = count + len(self.pairs) - 1
        shown = self.pairs[-1].result if self.pairs else self.kept[0]
        slopes = {last: self._gathered(weight, shown)}
        for place in range(len(self.pairs) - 1, -1, -1):
            pair = self.pairs[place]
            here = slopes.pop(count + place, None)
            if here is None:
                continue
            for one, other in ((pair.left, pair.right), (pair.right, pair.left)):
                if one in needed:
                    slopes[one] = _multiplied(
                        (here, pair.result), (values[other], self._at(other)), self._at(one)
                    )
        return {place: self._scattered(slopes[place], place) for place in wanted}

    # -- pieces ---------------------------------------------------------------------------

    def _at(self, position: int) -> Indices:
        """The indices of a factor or of a product."""
        count = len(self.factors)
        return self.kept[position] if position < count else self.pairs[position - count].result

    def _forward(self, arrays: Sequence[Array]) -> list[Array]:
        values = [self._reduced(array, place) for place, array in enumerate(arrays)]
        for pair in self.pairs:
            left, right = pair.left, pair.right
            values.append(
                _multiplied(
                    (values[left], self._at(left)), (values[right], self._at(right)), pair.result
                )
            )
        return values

    def _reduced(self, array: Array, place: int) -> Array:
        """A factor with its diagonal taken and its lone indices summed."""
        if self.factors[place] == self.kept[place]:
            return array
        names = list(dict.fromkeys(self.factors[place]))
        given, kept = _letters(names, self.factors[place]), _letters(names, self.kept[place])
        found: Array = np.einsum(f"{given}->{kept}", array)
        return found

    def _scattered(self, slope: Array, place: int) -> Array:
        """The derivative by a factor from that by its reduced form."""
        factor, kept = self.factors[place], self.kept[place]
        if factor == kept:
            return slope
        names = list(dict.fromkeys(factor))
        shape = tuple(self.sizes[name] for name in factor)
        found = np.zeros((len(slope), *shape))
        diagonal = np.einsum(f"{_letters(names, factor)}->{_letters(names, names)}", found)
        opened = slope.reshape(
            len(slope), *(self.sizes[name] if name in kept else 1 for name in names)
        )
        diagonal[...] = opened
        return found

    def _placed(self, last: Array) -> Array:
        """The last product with its axes in the order of ``free``; missing ones have length 1."""
        if not self.factors:
            return np.ones((1,) * (len(self.free) + 1))
        shown = self.pairs[-1].result if self.pairs else self.kept[0]
        order = [shown.index(name) + 1 for name in self.free if name in shown]
        moved = np.transpose(last, (0, *order))
        shape = [self.sizes[name] if name in shown else 1 for name in self.free]
        return moved.reshape(len(last), *shape)

    def _gathered(self, weight: Array, shown: Indices) -> Array:
        """A weight with the axes of ``free``, summed over those that the last product lacks."""
        missing = tuple(at + 1 for at, name in enumerate(self.free) if name not in shown)
        summed = weight.sum(axis=missing) if missing else weight
        left = [name for name in self.free if name in shown]
        found: Array = np.transpose(summed, (0, *(left.index(name) + 1 for name in shown)))
        return found


def _letters(names: Sequence[str], chosen: Sequence[str]) -> str:
    """Subscripts of an array whose first axis is that of the seeds."""
    return "Z" + "".join(ascii_lowercase[names.index(name)] for name in chosen)


def _result(alive: Mapping[int, Indices], pair: tuple[int, int], free: Indices) -> Indices:
    """The indices that the product of two arrays keeps: those that are still needed."""
    left, right = (alive[place] for place in pair)
    needed = {*free, *(name for at, names in alive.items() if at not in pair for name in names)}
    both = [name for name in left if name in right and name in needed]
    alone = [name for name in left if name not in right]
    return (*both, *alone, *(name for name in right if name not in left))


def _cost(
    alive: Mapping[int, Indices], pair: tuple[int, int], free: Indices, sizes: Mapping[str, int]
) -> tuple[int, int]:
    """Growth of what is held, then multiplications."""
    held = [prod(sizes[name] for name in alive[place]) for place in pair]
    made = prod(sizes[name] for name in _result(alive, pair, free))
    work = prod(sizes[name] for name in {*alive[pair[0]], *alive[pair[1]]})
    return made - sum(held), work


def _multiplied(one: tuple[Array, Indices], other: tuple[Array, Indices], result: Indices) -> Array:
    """The product of two arrays, summed over what the result lacks, as a matrix product.

    An index of the result that neither array has is none; one that stands in one array only and
    not in the result does not occur.
    """
    (a, left), (b, right) = one, other
    both = [name for name in left if name in right]
    batch = [name for name in both if name in result]
    summed = [name for name in both if name not in result]
    rows = [name for name in left if name not in right]
    columns = [name for name in right if name not in left]
    first = _arranged(a, left, batch, rows, summed)
    second = _arranged(b, right, batch, summed, columns)
    if not summed:
        product = first * second
    elif len(first) == len(second):
        shape = (first.shape[0], first.shape[1], first.shape[2], second.shape[3])
        flat = matrix_product(
            first.reshape(-1, *first.shape[2:]), second.reshape(-1, *second.shape[2:])
        )
        product = flat.reshape(shape)
    else:
        product = np.matmul(first, second)
    lengths = dict(zip((*left, *right), (*a.shape[1:], *b.shape[1:]), strict=True))
    made = [*batch, *rows, *columns]
    opened = product.reshape(len(product), *(lengths[name] for name in made))
    if tuple(made) == result:
        return opened
    return np.transpose(opened, (0, *(made.index(name) + 1 for name in result)))


def _arranged(array: Array, names: Indices, *groups: Sequence[str]) -> Array:
    """An array with its axes in three groups, each made one axis."""
    order = [names.index(name) + 1 for group in groups for name in group]
    moved = np.transpose(array, (0, *order))
    ends = (0, *accumulate(map(len, groups)))
    shape = [prod(moved.shape[1 + first : 1 + last]) for first, last in pairwise(ends)]
    return moved.reshape(len(array), *shape)
