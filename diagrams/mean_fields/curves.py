"""Curves of mean-field equations, with errors from two grids, and from two numbers of sites.

In the order in which they are tried: Taylor coefficients summed by Pade approximants, for early
times; grids of both times for melons, and rows of functions of two times for trees whose sites are
linear, which reach late ones; sampled sites.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.interpolate import CubicSpline

from diagrams.display import Displayed
from diagrams.errors import BadInput, Missing, OutsideDomain
from diagrams.evidence import Evidence, Kind
from diagrams.flow.draws import draws_of_shape
from diagrams.graphs.tensors import field_of
from diagrams.mean_fields.characteristics import followed
from diagrams.mean_fields.equations import TreeEquations
from diagrams.mean_fields.jets import taylor
from diagrams.mean_fields.linear_sites import LinearSites, NotLinear
from diagrams.mean_fields.melon_grid import MelonGrid, growth_of
from diagrams.mean_fields.melon_series import melon_taylor
from diagrams.mean_fields.melons import MelonEquations
from diagrams.mean_fields.sampled_noise import Array, Diverged
from diagrams.mean_fields.sampling import Sampled
from diagrams.mean_fields.summation import melons_summed, summed
from diagrams.mean_fields.two_time_solver import Solver, TwoTimeSystem
from diagrams.polynomials.evaluation import float_at
from diagrams.polynomials.polynomial import Polynomial

if TYPE_CHECKING:
    from diagrams.mean_fields.late_ends import LateEnd

STEPS = (8, 64)
"""The least and the largest number of steps of the coarser of two grids of sampled sites."""

SITES = 480
PARTS = 4
SUMMED = 1e-4
"""The relative error to which Taylor coefficients are summed; elsewhere sites are sampled."""

MELON_GRIDS = (60, 120, 240)
"""Steps of the coarsest of three grids of melon equations."""

FIRST = 0.2
"""The first of them in units of the first rate."""

EXACTLY = 1e-6
"""The error, relative to the largest value, below which no value has to be known better."""

GRIDS = ((5, 0.15), (6, 0.1), (7, 0.1 / 1.5))
"""Grids of rows: the degree of polynomials between nodes, and the step in ``log t``."""

GAIN = 1.5**3 - 1
"""How much nearer the finer of two of them is, less one: steps of third order."""

FARTHEST = 1e7
"""The latest time of rows, in units of the fastest rate."""

TERMS = 5
"""Derivatives that show how fast the dynamics is."""

FOLLOWED = "sites followed from a rule for the initial law; errors from two rules, or from shifts"

RESTING = 1e-4
"""The error, relative to the largest value, that the finest grid may have: what has decayed to less
has no digit that is known."""

TOLERANCE, WORST = 0.01, 0.1
"""The error of a grid, relative to the largest value, that ends its refinement (where samples do
not scatter more), and the error of all that is refused."""


@dataclass(frozen=True)
class MeanFieldCurve(Displayed):
    """The observable at leading order, divided by its power of the large parameter.

    ``times`` are in units of T; ``errors`` estimate what grids, samples or sums leave out, not what
    the limit of large sizes does.
    """

    times: Array = field(repr=False)
    values: Array = field(repr=False)
    errors: Array = field(repr=False)
    method: str
    evidence: Evidence

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, MeanFieldCurve)
            and self.method == other.method
            and all(
                np.array_equal(getattr(self, n), getattr(other, n))
                for n in ("times", "values", "errors")
            )
        )

    __hash__ = None  # type: ignore[assignment]

    def late_end(self, since: float | None = None) -> LateEnd:
        """Fit a limit and a power of time from a time on, by default the last factor of ten.

        Raises :class:`~diagrams.errors.OutsideDomain` where the curve has not settled.
        """
        from diagrams.mean_fields.late_ends import late_end

        return late_end(self, since)


def numbers_of(parameters: Sequence[str], at: Mapping[str, Any]) -> dict[str, Fraction]:
    """The values of all parameters; raises ``BadInput`` for one that is missing or unknown."""
    for name in parameters:
        if name not in at:
            raise Missing("at", f"no value of {name}", f"numbers for {', '.join(parameters)}")
    for name in at:
        if name not in parameters:
            raise BadInput("at", name, f"the parameters {', '.join(parameters) or 'none'}")
    found = {}
    for name in parameters:
        try:
            found[name] = Fraction(at[name])
        except (TypeError, ValueError, OverflowError, ZeroDivisionError):
            raise BadInput(
                f"at.{name}", at[name], "a finite number, or a text such as 1/2"
            ) from None
    return found


def checked_times(times: Sequence[float]) -> Array:
    """Times that rise from zero or later; raises ``BadInput``."""
    found = np.asarray(times, dtype=float)
    if found.ndim != 1 or not len(found) or not np.all(np.isfinite(found)):
        raise BadInput("times", times, "one or more finite times")
    if found[0] < 0 or np.any(np.diff(found) <= 0):
        raise BadInput("times", times, "times from 0 on that rise")
    return found


def tree_curve(
    equations: TreeEquations, times: Sequence[float], at: Mapping[str, Any], seed: int = 0
) -> MeanFieldCurve:
    """Integrate the equations of trees.

    Raises :class:`~diagrams.errors.OutsideDomain` for times beyond what the finest grid can bear,
    and :class:`~diagrams.errors.BadInput`.
    """
    wanted = checked_times(times)
    exact = numbers_of(equations.parameters, at)
    values = {name: float(value) for name, value in exact.items()}
    for q in equations.moving:
        if q.shape is not None:  # refused where no law has the moments at these numbers
            draws_of_shape(q.shape, values, field_of(q.entry.tensor, "moments"))
    if not equations.functions and (found := summed(equations, wanted.tolist(), exact, SUMMED)):
        return _of_sums(wanted, found)
    if not equations.fields and not any(q.family is None and q.variance for q in equations.moving):
        curve, errors, method = followed(equations, wanted, values, seed)
        return MeanFieldCurve(wanted, curve, errors, method, Evidence(Kind.NUMERICAL, FOLLOWED))
    try:
        system = LinearSites(equations, values)
    except NotLinear:
        return _on_sites(equations, wanted, values, seed)
    return _on_rows(system, wanted, rate_of(taylor(equations, TERMS), values))


def _on_sites(
    equations: TreeEquations, wanted: Array, values: Mapping[str, float], seed: int
) -> MeanFieldCurve:
    """The equations on sampled sites, whose grids are refined until they agree."""
    until = float(wanted[-1])

    def run(count: int, sites: int, own: int) -> Array:
        even = np.linspace(0.0, until, count + 1)
        found: Array = CubicSpline(
            even, Sampled(equations, values, even.tolist(), sites, own).run()
        )(wanted)
        return found

    rate = rate_of(taylor(equations, 3), values)
    count = min(max(STEPS[0], math.ceil(until * rate / 2)), STEPS[1] // 2)
    while count <= STEPS[1]:
        try:
            coarse, fine = run(count, SITES, seed), run(2 * count, SITES, seed)
            parts = np.stack([run(count, SITES // PARTS, seed + 1 + j) for j in range(PARTS)])
        except Diverged:
            count *= 2
            continue
        spread = 3 * parts.std(axis=0, ddof=1) / PARTS**0.5
        errors = np.abs(fine - coarse) + spread + np.abs(parts.mean(axis=0) - coarse)
        grid_error = np.max(np.abs(fine - coarse))
        scale = float(np.max(np.abs(fine)))
        if grid_error <= max(TOLERANCE * scale, float(np.max(spread))):
            if np.max(errors) > WORST * scale:
                raise OutsideDomain(
                    f"not integrated: {SITES} sampled sites scatter by {np.max(errors):.2g} up to"
                    f" t = {until:g}; an earlier time may do",
                    "t",
                )
            return _curve(wanted, fine, errors, 2 * count)
        count *= 2
    raise OutsideDomain(
        f"not integrated: t = {until:g} is beyond what {2 * STEPS[1]} steps can bear at these"
        " values; an earlier time may do",
        "t",
    )


def melon_curve(
    equations: MelonEquations, times: Sequence[float], at: Mapping[str, Any]
) -> MeanFieldCurve:
    """Integrate the equations of melons on grids whose steps grow; Richardson's rule on three.

    Raises :class:`~diagrams.errors.OutsideDomain` for times beyond what the finest grid can bear,
    and :class:`~diagrams.errors.BadInput`.
    """
    wanted = checked_times(times)
    exact = numbers_of(equations.parameters, at)
    values = {name: float(value) for name, value in exact.items()}
    until = float(wanted[-1])
    if equations.coupling:
        return _under_a_target(equations, wanted, exact)
    rate = rate_of(melon_taylor(equations, 3), values)
    for count in MELON_GRIDS if until else ():
        try:
            runs = [_on_grid(equations, values, until, rate, count * k, wanted) for k in (1, 2, 4)]
        except Diverged:
            continue
        better = [(4 * fine - coarse) / 3 for coarse, fine in pairwise(runs)]
        errors = np.abs(better[1] - better[0]) + 1e-12 * np.abs(better[1])
        resting = abs(float_at(melon_taylor(equations, 0)[0], values))
        resting *= RESTING if count == MELON_GRIDS[-1] else EXACTLY
        if np.all(errors <= np.maximum(TOLERANCE * np.abs(better[1]), resting)):
            method = f"trapezoidal rule on {4 * count} growing steps, extrapolated from three grids"
            said = "mean-field equations on grids of two times; errors from three grids"
            return MeanFieldCurve(wanted, better[1], errors, method, Evidence(Kind.NUMERICAL, said))
    if not until:
        known = np.array([float_at(melon_taylor(equations, 0)[0], values)])
        evidence = Evidence(Kind.NUMERICAL, "the value at time zero")
        return MeanFieldCurve(wanted, known, np.zeros(1), "exact", evidence)
    raise OutsideDomain(
        f"not integrated: t = {until:g} is beyond what {4 * MELON_GRIDS[-1]} steps can bear at"
        " these values; an earlier time may do",
        "t",
    )


def _under_a_target(
    equations: MelonEquations, wanted: Array, exact: Mapping[str, Fraction]
) -> MeanFieldCurve:
    """The series summed: coordinates under a target are followed on no grid."""
    found = melons_summed(equations, wanted.tolist(), exact, SUMMED, TOLERANCE)
    if found is None:
        raise OutsideDomain(
            f"not integrated: sums of the series do not agree up to t = {wanted[-1]:g}; coordinates"
            " under a target have no grid, an earlier time may do",
            "t",
        )
    return _of_sums(wanted, found)


def _on_grid(
    equations: MelonEquations,
    values: Mapping[str, float],
    until: float,
    rate: float,
    count: int,
    wanted: Array,
) -> Array:
    """The observable at times; in the variable in which steps are even it is smooth."""
    growth = growth_of(until, FIRST / rate, MELON_GRIDS[0])
    even = np.arange(count + 1) / count
    grid = until * (np.expm1(growth * even) / np.expm1(growth) if growth else even)
    place = np.log1p(wanted / until * np.expm1(growth)) / growth if growth else wanted / until
    curve = MelonGrid(equations, values, grid.tolist()).run()
    found: Array = CubicSpline(even, curve)(place)
    return found


def _on_rows(system: TwoTimeSystem, wanted: Array, rate: float) -> MeanFieldCurve:
    """The observable by Richardson's rule on two grids of rows, refined until they agree."""
    until = float(wanted[-1])
    coarse: Array | None = None
    for degree, step in GRIDS if until * rate < FARTHEST else ():
        solver = Solver(system, until, rate, degree, step)
        try:
            solver.run()
        except Diverged:
            coarse = None
            continue
        fine = solver.values(wanted)
        if coarse is not None:
            errors = np.abs(fine - coarse) / GAIN
            values = fine + (fine - coarse) / GAIN
            scale = np.max(np.abs(values))
            resting = scale * (RESTING if degree == GRIDS[-1][0] else EXACTLY)
            if np.all(errors <= np.maximum(TOLERANCE * np.abs(values), resting)):
                count = len(solver.history.times)
                method = f"{count} rows at growing times, extrapolated from two grids"
                said = (
                    "mean-field equations on rows of functions of two times; errors from two grids"
                )
                evidence = Evidence(Kind.NUMERICAL, said)
                return MeanFieldCurve(wanted, values, errors, method, evidence)
        coarse = fine
    raise OutsideDomain(
        f"not integrated: t = {until:g} is beyond what rows of the finest grid can bear at these"
        " values; an earlier time may do",
        "t",
    )


def _of_sums(wanted: Array, found: tuple[Array, Array, int]) -> MeanFieldCurve:
    sums, errors, order = found
    method = f"Taylor coefficients to order {order}, summed by Pade approximants"
    said = "errors: how far the last approximants lie apart"
    return MeanFieldCurve(wanted, sums, errors, method, Evidence(Kind.NUMERICAL, said))


def _curve(times: Array, values: Array, errors: Array, steps: int) -> MeanFieldCurve:
    rule = "Runge and Kutta's rule of order 4"
    method = f"{rule}, {steps} steps, {SITES} orthogonal sites a family"
    said = "mean-field equations on sampled sites; errors from two grids and two numbers of sites"
    return MeanFieldCurve(times, values, errors, method, Evidence(Kind.NUMERICAL, said))


def rate_of(derivatives: Sequence[Polynomial], values: Mapping[str, float]) -> float:
    """The fastest rate of the dynamics, from the first Taylor coefficients."""
    found = [abs(float_at(y, values)) for y in derivatives]
    pairs = combinations([(s, y) for s, y in enumerate(found) if y], 2)
    return max(((b / a) ** (1 / (j - i)) for (i, a), (j, b) in pairs), default=1.0)
