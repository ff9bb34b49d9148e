"""Averages of functions over inputs in numbers: closed forms of overlaps, for all indices at once.

Where two indices of one tensor are equal, two functions have one and the same argument; the closed
form is that of a product at one point.  So entries are sorted by which of their indices coincide,
and every such pattern has a closed form of its own (:mod:`diagrams.wick.function_averages`).
Without one, smooth functions of two arguments are integrated numerically.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from diagrams.errors import BadInput
from diagrams.flow.arguments import monomial_value
from diagrams.flow.targets import Array
from diagrams.graphs.laws import Drawn
from diagrams.graphs.tensors import Averaged
from diagrams.order_parameters.cutting import Reduction
from diagrams.wick.activations import activation
from diagrams.wick.function_averages import Factor, FunctionAverage

ENTRIES_LIMIT = 10**6
NODES, FEWER = 96, 72
"""Nodes of a quadrature in each variable, and those of one that it is compared with."""

REACH = 8.5
"""Standard deviations that it covers."""

Indices = tuple[NDArray[np.intp], ...]
"""Values of every index, for some entries."""


@dataclass(frozen=True)
class AverageInNumbers:
    """One average of functions, for all values of its indices."""

    shape: tuple[int, ...]
    patterns: tuple[_Pattern, ...]

    @property
    def sampled(self) -> bool:
        """Whether there is no closed form, so that it is integrated numerically."""
        return any(pattern.sampled for pattern in self.patterns)

    def value(self, arrays: Mapping[str, Array]) -> Array:
        """The average for all values of its indices; the seeds first."""
        names = {name for pattern in self.patterns for name, _, _ in pattern.entries}
        seeds = max(len(arrays[name]) for name in names)
        found = np.empty((seeds, *self.shape))
        for pattern in self.patterns:
            entries = [scale * _columns(arrays[name][at]) for name, at, scale in pattern.entries]
            with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
                found[pattern.place] = pattern.formula(*entries)
        return found


@dataclass(frozen=True)
class _Pattern:
    """Entries with the same coincidences: their place, and a formula of the entries of C.

    These are ``entries`` of order parameters: (name, place, scale).
    """

    place: Any
    entries: tuple[tuple[str, Any, float], ...]
    formula: Callable[..., Any]
    sampled: bool


def average_in_numbers(
    law: Averaged,
    reduction: Reduction,
    sizes: tuple[int, ...],
    at: Mapping[str, float],
    nodes: int = NODES,
) -> AverageInNumbers:
    """An average of functions at numbers for all sizes and scales; ``sizes`` are of its indices.

    ``nodes`` are those of the quadrature, where it has no closed form.

    Raises :class:`~diagrams.errors.BadInput` where it has no numbers, or too many entries.
    """
    if prod(sizes) > ENTRIES_LIMIT:
        raise BadInput("at", f"{prod(sizes)} entries of one average", f"at most {ENTRIES_LIMIT}")
    covariances = {}
    for (one, other), (parameter, turned) in reduction.overlaps(law).items():
        a, b = law.functions[one], law.functions[other]
        assert a.inputs is not None
        assert isinstance(a.inputs.law, Drawn)
        scale = a.inputs.law.variance * a.factor * b.factor * parameter.prefactor**-1
        covariances[one, other] = parameter.name, turned, monomial_value(scale, at)
    return AverageInNumbers(sizes, tuple(_patterns(law, sizes, nodes, covariances)))


Covariances = Mapping[tuple[int, int], tuple[str, bool, float]]
"""By pairs of functions: the order parameter, whether its indices are turned, and a factor."""


def _patterns(
    law: Averaged, sizes: tuple[int, ...], nodes: int, covariances: Covariances
) -> Iterator[_Pattern]:
    grid = np.indices(sizes).reshape(len(sizes), -1) if sizes else np.zeros((0, 1), dtype=int)
    starts = np.cumsum([0, *(len(one.families) for one in law.functions)]).tolist()
    kinds: dict[tuple[int, ...], list[int]] = {}
    for column in range(grid.shape[1]):
        kinds.setdefault(_variables(law, tuple(grid[:, column].tolist())), []).append(column)
    for variables, columns in kinds.items():
        factors = [
            (activation(one.name), one.order, variable)
            for one, variable in zip(law.functions, variables, strict=True)
        ]
        average, places = FunctionAverage.of(factors)
        where = [variables.index(place) for place in places]
        indices = tuple(grid[:, columns])
        entries = []
        for one, other in ((a, b) for n, a in enumerate(where) for b in where[n:]):
            pair = min(one, other), max(one, other)
            name, turned, scale = covariances[pair]
            own = [indices[starts[f] : starts[f + 1]] for f in pair]
            first, second = own[::-1] if turned else own
            entries.append((name, _at((*first, *second)), scale))
        yield _Pattern(_at(indices), tuple(entries), *_formula(average, nodes))


def _at(indices: Indices) -> Any:
    """These entries of every seed."""
    return (slice(None), *indices)


def _columns(entries: Array) -> Array:
    """Entries of every seed; one column where there is one number."""
    return entries if entries.ndim > 1 else entries[:, None]


def _variables(law: Averaged, indices: tuple[int, ...]) -> tuple[int, ...]:
    """The argument of every function, numbered: equal where weights and indices are."""
    met: dict[object, int] = {}
    found, left = [], list(indices)
    for one in law.functions:
        own, left = tuple(left[: len(one.families)]), left[len(one.families) :]
        found.append(met.setdefault((one.weights, one.factor, own), len(met)))
    return tuple(found)


@lru_cache(maxsize=512)
def _formula(average: FunctionAverage, nodes: int) -> tuple[Callable[..., Any], bool]:
    """The average as a function of arrays, the entries of the covariance row by row.

    With it comes whether it is integrated numerically.
    """
    closed = average.closed()
    if closed is None:
        return _by_quadrature(average, nodes), True
    covariance = average.default_covariance
    count = covariance.rows
    symbols = [covariance[i, j] for i in range(count) for j in range(i, count)]
    made: Callable[..., Any]
    made = sympy.lambdify(symbols, closed, [_ROUNDED, "scipy", "numpy"], cse=True)
    return ((lambda *entries: np.real(made(*entries))) if closed.has(sympy.I) else made), False


def _by_quadrature(average: FunctionAverage, nodes: int) -> Callable[..., Any]:
    """The average of smooth functions of two variables at most, by the trapezoidal rule.

    For what is analytic in a strip of half-width d around the real axis, the rule with steps h is
    wrong by ``exp(-2 pi d/h)``; d is ``pi/2`` over the deviation of the argument for tanh.
    """
    factors = [factor for group in average.groups for factor in group]
    rough = any(
        piece.core is not None and not piece.core.spread
        for function, _ in factors
        for piece in function.pieces or ()
    )
    if len(average.groups) > 2 or rough or any(f.is_symbolic for f, _ in factors):
        allowed = (
            "averages with a closed form, or of smooth functions of two arguments, for numbers"
        )
        raise BadInput("function", str(average), allowed)
    x = np.linspace(-REACH, REACH, nodes)
    weights = np.exp(-(x**2) / 2) / np.exp(-(x**2) / 2).sum()

    def product_of(group: tuple[Factor, ...], z: Array) -> Any:
        return prod((f.values(z, order) for f, order in group), start=np.ones(1))

    def value(*entries: Array) -> Array:
        first = np.sqrt(np.maximum(entries[0], 0.0))[..., None]
        one = product_of(average.groups[0], first * x)
        if len(average.groups) == 1:
            return np.asarray(one @ weights)
        slope = entries[1][..., None] / np.where(first > 0, first, 1.0)
        rest = np.sqrt(np.maximum(entries[2][..., None] - slope**2, 0.0))
        z = (slope * x)[..., None] + rest[..., None] * x
        return np.asarray((one * (product_of(average.groups[1], z) @ weights)) @ weights)

    return value


_ROUNDED = {
    "sqrt": lambda x: np.sqrt(np.maximum(x, 0.0)),
    "asin": lambda x: np.arcsin(np.clip(x, -1.0, 1.0)),
}
"""Where variables nearly coincide, rounding leads beyond the ends of what these are defined on."""


def closed_text(law: Averaged) -> str | None:
    """The closed form of an average at different arguments, as SymPy writes it; ``None`` without.

    The entries of the covariance are ``C11``, ``C12``, .. by the place of a function.

    >>> from diagrams.graphs.tensors import Function, IndexFamily, Tensor
    >>> k, i = IndexFamily("hidden", "N", "k"), IndexFamily("feature", "d", "i")
    >>> W, x = Tensor("W", (k, i)), Tensor("x", (i,))
    >>> closed_text(Averaged((Function("sign", W, x, 1), Function("sign", W, x, 1))))
    '2*asin(C12/(sqrt(C11)*sqrt(C22)))/pi'
    """
    factors = [(activation(one.name), one.order, place) for place, one in enumerate(law.functions)]
    average, places = FunctionAverage.of(factors)
    symbols = average.default_covariance
    closed = average.closed(symbols.extract(list(places), list(places)))
    return None if closed is None else str(closed)
