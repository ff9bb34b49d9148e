"""Mean-field equations without fields in numbers: sites at the nodes of a quadrature rule, moving.

Without noise and memory a site moves by itself, in numbers that are averages over the initial law.
So the initial law is replaced by a rule, nodes with weights, and every node is followed: the
characteristics of the continuity equation.  Few independent Gaussians take a product of Gauss
rules, more of them sequences with a random shift; laws of finitely many values are exact.

Errors are estimated: from a coarser rule with a larger tolerance, or from several shifts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import ndtri

from diagrams.errors import OutsideDomain
from diagrams.flow.draws import draws_of_shape
from diagrams.graphs.shapes import Kind
from diagrams.graphs.tensors import field_of
from diagrams.mean_fields.equations import Moving, Number, TreeEquations
from diagrams.mean_fields.sampled_noise import Array, Diverged
from diagrams.mean_fields.sampling import LARGEST, Compiled
from diagrams.polynomials.polynomial import Polynomial
from diagrams.wick.activations import activation

NODES, FINEST = 40_000, 64
"""Nodes of a product of Gauss rules, and of each of them, at most."""

GAUSS_LIMIT = 4
"""Independent Gaussians of a site that a product of rules is made for."""

COARSER = 0.7
"""The number of nodes in each direction, relative to that of the finer rule."""

POINTS, SHIFTS = 2**12, 4
"""Points of a sequence, and its shifts."""

LIGHT = 1e-20
"""The weight of nodes that are left out."""

TOLERANCES = 1e-9, 1e-6
"""Of the integration over time, relative, with the finer and the coarser rule."""

UNIFORM = 16
"""Nodes for an entry that is uniform."""

EVALUATIONS = 20_000
"""Slopes that are taken before a run is given up."""

Rule = tuple[Array, Array]
"""Nodes, a row for each variable, with their weights."""


def followed(
    equations: TreeEquations, times: Array, values: Mapping[str, float], seed: int
) -> tuple[Array, Array, str]:
    """The observable at times, estimated errors, and how both were found.

    Raises :class:`~diagrams.errors.OutsideDomain` for times that are not reached, and
    :class:`~diagrams.errors.BadInput` for functions without a formula.
    """
    families = dict.fromkeys(q.family for q in equations.moving)
    own = [tuple(q for q in equations.moving if q.family == family) for family in families]
    roots = [_root(moving, values) for moving in own]

    def run(gauss: Callable[[int, int], Rule], tolerance: float) -> Array:
        pairs = zip(own, roots, strict=True)
        starts = [_Start.of(moving, root, values, gauss) for moving, root in pairs]
        return _Flow(equations, values, starts).run(times, tolerance)

    try:
        if max((root.shape[1] for root in roots), default=0) <= GAUSS_LIMIT:
            rules = partial(_product, 1.0), partial(_product, COARSER)
            fine, coarse = map(run, rules, TOLERANCES)
            return fine, np.abs(fine - coarse), "characteristics from products of Gauss rules"
        runs = np.stack([run(partial(_shifted, (seed, j)), TOLERANCES[1]) for j in range(SHIFTS)])
    except Diverged:
        raise OutsideDomain(
            f"not integrated: characteristics leave all bounds before t = {times[-1]:g}; an earlier"
            " time may do",
            "t",
        ) from None
    errors = 3 * runs.std(axis=0, ddof=1) / SHIFTS**0.5 + TOLERANCES[1] * np.abs(runs[0])
    method = f"characteristics from {SHIFTS} times {POINTS} points of shifted sequences"
    return runs.mean(axis=0), errors, method


# -- the initial law --------------------------------------------------------------------------


def _root(moving: tuple[Moving, ...], values: Mapping[str, float]) -> Array:
    """A matrix that makes the Gaussian entries of a site of independent ones; others have zero."""
    at = {q.atom: place for place, q in enumerate(moving)}
    covariance = np.zeros((len(moving), len(moving)))
    for q in moving:
        if q.shape is None:
            covariance[at[q.atom], at[q.atom]] = _number(q.variance, values)
        for other, value in q.covariances:
            if other in at:
                covariance[at[q.atom], at[other]] = _number(value, values)
    spreads, directions = np.linalg.eigh(covariance)
    kept = spreads > 1e-13 * max(spreads.max(initial=0.0), 1e-300)
    root: Array = directions[:, kept] * np.sqrt(spreads[kept])
    return root


def _product(share: float, dimension: int, most: int) -> Rule:
    """A product of Gauss rules for independent Gaussians."""
    if not dimension:
        return np.zeros((0, 1)), np.ones(1)
    count = max(2, int(share * min(FINEST, most ** (1 / dimension))))
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    return _outer([(nodes, weights / weights.sum())] * dimension)


def _shifted(seed: tuple[int, int], dimension: int, most: int) -> Rule:
    """A Kronecker sequence with a random shift, as independent Gaussians.

    The steps are powers of the root of ``x**(d + 1) = x + 1``, as for the golden ratio.
    """
    base = brentq(lambda x: x ** (dimension + 1) - x - 1, 1.0, 2.0)
    steps = base ** -np.arange(1.0, dimension + 1)
    shift = np.random.default_rng(seed).random(dimension)
    levels = (shift[:, None] + steps[:, None] * np.arange(POINTS)) % 1
    return ndtri(levels), np.full(POINTS, 1 / POINTS)


def _outer(rules: list[Rule]) -> Rule:
    """The product of rules of one variable each, without nodes of no weight."""
    nodes = np.stack([a.ravel() for a in np.meshgrid(*(r[0] for r in rules), indexing="ij")])
    weights = np.prod(np.meshgrid(*(r[1] for r in rules), indexing="ij"), axis=0).ravel()
    kept = weights > LIGHT
    return nodes[:, kept], weights[kept]


def _shaped(q: Moving, values: Mapping[str, float]) -> Rule:
    """The rule of an entry that is no Gaussian, at unit variance."""
    assert q.shape is not None
    draws = draws_of_shape(q.shape, values, field_of(q.entry.tensor, "moments"))
    if draws.kind is Kind.RADEMACHER:
        return np.array([-1.0, 1.0]), np.array([0.5, 0.5])
    if draws.kind is Kind.UNIFORM:
        nodes, weights = np.polynomial.legendre.leggauss(UNIFORM)
        return nodes * 3**0.5, weights / 2
    return np.array(draws.points), np.array(draws.weights)


@dataclass(frozen=True)
class _Start:
    """The sites of a family: initial values of its moving entries, a row each, with weights."""

    moving: tuple[Moving, ...]
    entries: Array
    weights: Array

    @staticmethod
    def of(
        moving: tuple[Moving, ...],
        root: Array,
        values: Mapping[str, float],
        gauss: Callable[[int, int], Rule],
    ) -> _Start:
        """The initial law of a site, by a rule for so many Gaussians with so many nodes at most."""
        shaped = [q for q in moving if q.shape is not None and q.variance]
        rules = [_shaped(q, values) for q in shaped]
        most = max(1, NODES // prod(len(weights) for _, weights in rules))
        normal, weights = gauss(root.shape[1], most)
        places = np.arange(len(weights), dtype=float)
        nodes, weights = _outer([(places, weights), *rules])
        entries = root @ normal[:, nodes[0].astype(int)]
        for q, row in zip(shaped, nodes[1:], strict=True):
            entries[moving.index(q)] = _number(q.variance, values) ** 0.5 * row
        means = [_number(q.mean, values) for q in moving]
        return _Start(moving, entries + np.array(means)[:, None], weights)


def _number(value: Polynomial, values: Mapping[str, float]) -> float:
    return float(Compiled(value, values).value({}))


# -- the motion -------------------------------------------------------------------------------


class _Flow:
    """The motion of all sites together, in one state."""

    def __init__(
        self, equations: TreeEquations, values: Mapping[str, float], starts: Sequence[_Start]
    ) -> None:
        self.starts = starts
        self.weights = {s.moving[0].family: s.weights for s in starts}
        self.drifts = [[Compiled(q.drift, values) for q in s.moving] for s in starts]
        self.functions = [
            (one, activation(one.law.name), _number(one.factor, values))
            for one in equations.functions
        ]
        self.numbers = [
            (k, _number(k.weight, values), Compiled(k.value, values))
            for k in equations.met
            if isinstance(k, Number)
        ]
        self.observable = Compiled(equations.observable, values)
        self.evaluations = 0

    def at(self, state: Array) -> dict[str, Any]:
        """The values of all atoms in a state."""
        found: dict[str, Any] = {}
        first = 0
        for start in self.starts:
            rows = state[first : first + start.entries.size].reshape(start.entries.shape)
            first += start.entries.size
            found |= {q.atom: row for q, row in zip(start.moving, rows, strict=True)}
        for one, function, factor in self.functions:
            argument = factor * found[one.argument]
            order = one.law.order
            found[one.atom] = factor**order * function.values(argument, order)
        for known, weight, value in self.numbers:
            site = value.value(found)
            mean = np.sum(self.weights[known.family] * site)
            found[known.atom] = weight * float(mean)
        return found

    def slope(self, _: float, state: Array) -> Array:
        """How fast the state moves; raises ``Diverged`` where it is lost."""
        self.evaluations += 1
        if self.evaluations > EVALUATIONS or not np.all(np.abs(state) < LARGEST):
            raise Diverged
        values = self.at(state)
        return np.concatenate(
            [
                np.broadcast_to(drift.value(values), start.weights.shape)
                for start, drifts in zip(self.starts, self.drifts, strict=True)
                for drift in drifts
            ]
        )

    def run(self, times: Array, tolerance: float) -> Array:
        """The observable at times."""
        state = np.concatenate([start.entries.ravel() for start in self.starts])
        if not times[-1]:
            return np.array([self.observable.value(self.at(state))] * len(times))
        found = solve_ivp(
            self.slope,
            (0.0, times[-1]),
            state,
            "DOP853",
            t_eval=times,
            rtol=tolerance,
            atol=tolerance,
        )
        if not found.success:
            raise Diverged
        return np.array([self.observable.value(self.at(own)) for own in found.y.T])
