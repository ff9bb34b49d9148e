"""Averages of functions over inputs in numbers: closed forms of overlaps, for all indices at once.

Where two indices of one tensor are equal, two functions have one and the same argument; the closed
form is that of a product at one point.  So entries are sorted by which of their indices coincide,
and every such pattern has a closed form of its own (:mod:`diagrams.wick.function_averages`).
Without one, smooth functions of up to four arguments are integrated numerically, and so are
products of four steps: those are one integral.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
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
from diagrams.wick.gaussian_integrals import NOTHING, Factors, Integrals, Open

ENTRIES_LIMIT = 10**6
NODES, FEWER = 96, 72
"""Nodes of a quadrature, and those of one that it is compared with."""

GRIDS = {1: (96, 8.5), 2: (96, 8.5), 3: (32, 6.5), 4: (20, 5.5)}
"""By the number of variables: nodes in each of them, and the deviations that they cover."""

GRID_LIMIT = 4 * 10**6
"""Points that are held at once."""

SIGNS = 4
"""Signs in one product that are integrated over one angle."""

TINY = 1e-300

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
    expression, integrals = average.in_integrals()
    covariance = average.default_covariance
    count = covariance.rows
    symbols = [covariance[i, j] for i in range(count) for j in range(i, count)]
    if not integrals.opened:
        made = _lambdified(symbols, expression)
        real = expression.has(sympy.I)
        return ((lambda *entries: np.real(made(*entries))) if real else made), False
    if all(_is_of_signs(leaf) for leaf in integrals.opened):
        return _by_angles(symbols, expression, integrals, nodes), True
    return _by_quadrature(average, nodes), True


def _lambdified(symbols: Sequence[sympy.Symbol], expression: Any) -> Callable[..., Any]:
    made: Callable[..., Any]
    made = sympy.lambdify(symbols, expression, [_ROUNDED, "scipy", "numpy"], cse=True)
    return made


def _is_of_signs(leaf: Open) -> bool:
    """Whether it is the average of a product of four signs, other factors being conditions."""
    used = [factors for factors in leaf.integrand if factors != NOTHING]
    return len(used) == SIGNS and all(factors == Factors(cores=(0,)) for factors in used)


def _by_angles(
    symbols: Sequence[sympy.Symbol], expression: sympy.Expr, integrals: Integrals, nodes: int
) -> Callable[..., Any]:
    """An average in which products of four signs are left: one integral over an angle for each.

    R. L. Plackett (Biometrika 41, 351, 1954), as in :mod:`diagrams.wick.function_quadrature`.
    """
    leaves = []
    for leaf, symbol in integrals.opened.items():
        used = [place for place, factors in enumerate(leaf.integrand) if factors != NOTHING]
        weight = expression.diff(symbol) * integrals.density(leaf.given)  # it is linear
        entries = [[integrals.conditional(a, b, leaf.given) for b in used] for a in used]
        leaves.append((_lambdified(symbols, weight), _lambdified(symbols, entries)))
    rest = _lambdified(symbols, expression.subs(dict.fromkeys(integrals.opened.values(), 0)))
    x, weights = np.polynomial.legendre.leggauss(nodes // 2)
    angles, weights = np.pi / 4 * (x + 1), np.pi / 4 * weights

    def value(*given: Array) -> Array:
        total = np.zeros_like(given[0]) + rest(*given)
        for weight, entries in leaves:
            rows = [[np.zeros_like(given[0]) + entry for entry in row] for row in entries(*given)]
            total = total + weight(*given) * _four_signs(rows, angles, weights)
        return np.asarray(total)

    return value


def _four_signs(rows: Sequence[Sequence[Array]], angles: Array, weights: Array) -> Array:
    """``E prod sign(y_i)/2`` for arrays of covariance matrices of four variables."""
    sine, cosine = np.sin(angles), np.cos(angles)
    c = [
        [entry[..., None] * (1.0 if i == j else sine) for j, entry in enumerate(row)]
        for i, row in enumerate(rows)
    ]
    total = np.zeros_like(c[0][1])
    for i, j in combinations(range(SIGNS), 2):
        k, n = (place for place in range(SIGNS) if place not in (i, j))
        plain = rows[i][j][..., None]
        gram = (rows[i][i] * rows[j][j] - rows[i][j] ** 2)[..., None]
        determinant = np.maximum(gram + (plain * cosine) ** 2, TINY)

        def left(a: int, b: int, i: int = i, j: int = j, d: Array = determinant) -> Array:
            taken = c[j][j] * c[a][i] * c[b][i] + c[i][i] * c[a][j] * c[b][j]
            taken = taken - c[i][j] * (c[a][i] * c[b][j] + c[a][j] * c[b][i])
            found: Array = c[a][b] - taken / d
            return found

        norm = np.sqrt(np.maximum(left(k, k) * left(n, n), TINY))
        pair = np.arcsin(np.clip(left(k, n) / norm, -1.0, 1.0)) / (2 * np.pi)
        total = total + plain * cosine / (2 * np.pi * np.sqrt(determinant)) * pair
    found: Array = total @ weights
    return found


def _by_quadrature(average: FunctionAverage, nodes: int) -> Callable[..., Any]:
    """The average of smooth functions of four variables at most, by the trapezoidal rule.

    For what is analytic in a strip of half-width d around the real axis, the rule with steps h is
    wrong by ``exp(-2 pi d/h)``; d is ``pi/2`` over the deviation of the argument for tanh.
    """
    factors = [factor for group in average.groups for factor in group]
    rough = any(
        piece.core is not None and not piece.core.spread
        for function, _ in factors
        for piece in function.pieces or ()
    )
    count = len(average.groups)
    if count not in GRIDS or rough or any(f.is_symbolic for f, _ in factors):
        allowed = (
            "averages with a closed form, or of smooth functions of four arguments, for numbers"
        )
        raise BadInput("function", str(average), allowed)
    most, reach = GRIDS[count]
    x = np.linspace(-reach, reach, most * nodes // NODES)
    weights = np.exp(-(x**2) / 2) / np.exp(-(x**2) / 2).sum()

    def product_of(group: tuple[Factor, ...], z: Array) -> Any:
        return prod((f.values(z, order) for f, order in group), start=np.ones(1))

    def value(*entries: Array) -> Array:
        listed = iter(np.broadcast_arrays(*entries))
        c = {(i, j): next(listed) for i in range(count) for j in range(i, count)}
        lower: dict[tuple[int, int], Array] = {}
        for i in range(count):
            for j in range(i):
                known = sum((lower[i, k] * lower[j, k] for k in range(j)), np.zeros(1))
                over = np.where(lower[j, j] > 0, lower[j, j], 1.0)
                lower[i, j] = np.where(lower[j, j] > 0, (c[j, i] - known) / over, 0.0)
            known = sum((lower[i, k] ** 2 for k in range(i)), np.zeros(1))
            lower[i, i] = np.sqrt(np.maximum(c[i, i] - known, 0.0))
        flat = np.array([lower[i, j].ravel() for i in range(count) for j in range(i + 1)])
        step = max(1, GRID_LIMIT // len(x) ** count)
        starts = range(0, flat.shape[1], step)
        parts = [summed(flat[:, start : start + step]) for start in starts]
        return np.concatenate(parts).reshape(c[0, 0].shape)

    def summed(rows: Array) -> Array:
        """The integral over all variables, for columns of triangular matrices row by row."""
        listed = iter(rows)
        total = np.ones((rows.shape[1], 1))
        for i, group in enumerate(average.groups):
            z = np.zeros((rows.shape[1], *[1] * (i + 1)))
            for j in range(i + 1):
                place = (np.newaxis,) * j + (slice(None),) + (np.newaxis,) * (i - j)
                z = z + next(listed).reshape(-1, *[1] * (i + 1)) * x[place]
            here = total if i == 0 else total[..., None]
            total = here * product_of(group, z) * weights
        found: Array = total.reshape(len(total), -1).sum(axis=1)
        return found

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
