"""Series, solution and simulation of one problem at one set of sizes, as a value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from diagrams.agreement.short_times import DRAWN, ShortTimes
from diagrams.agreement.size_scaling import SizeScaling, rounded
from diagrams.display import Displayed
from diagrams.evidence import Evidence, Kind
from diagrams.flow.curves import Array, constant_array
from diagrams.flow.simulation import Simulation
from diagrams.flow.statistics import quantile
from diagrams.polynomials.evaluation import float_at
from diagrams.problems.structure import structure

Curve = Sequence[float] | Array

SMALL = 0.2
"""The pure-target constant is left out of pictures where the rest is this part of it as a rule."""

PART = 0.01
"""Mean and median differ visibly where they are this part, and two standard errors, apart .."""

FAR = 0.25
""".. or this part, however many standard errors that is."""


@dataclass(frozen=True)
class Theory:
    """The solution of a regime at the times of a simulation.

    ``values`` are ``None`` from where the solution does not exist; ``ends`` is that time, if it
    lies within the window, and ``refusal`` what the solution says of it.
    """

    regime: str
    kind: str
    formula_latex: str
    domain: str
    values: tuple[float | None, ...]
    ends: float | None
    refusal: str
    evidence: Evidence

    @property
    def empty(self) -> bool:
        """Whether there is no value but that of the start."""
        return sum(x is not None for x in self.values) < 2


@dataclass(frozen=True)
class Agreement(Displayed):
    """A simulation held against the solution of a regime and against the exact series.

    ``theory`` is ``None`` for a regime without a solution, and ``unsolved`` then names the step
    that failed.  ``series`` and ``scaling`` are ``None`` where they were not asked for or, as the
    notes say, not to be had.  ``statistic`` names the curve that is compared: the mean, or for
    ``t < 0``, where no mean exists at finite size, the median.

    >>> from diagrams.agreement import Agreement, compare
    >>> from diagrams.problems.cp import cp_problem
    >>> problem = cp_problem(order=3, ties="asym", target="zero")
    >>> found = compare(problem, "A", p=16, H=4, sigma=0.25, until=2, points=9, sizes=(), terms=2)
    >>> found.statistic, round(float(found.ratios()[-1]), 1)
    ('mean', 0.8)
    >>> Agreement.from_json(found.to_json()) == found
    True
    """

    simulation: Simulation
    regime: str
    theory: Theory | None
    unsolved: str
    series: ShortTimes | None
    scaling: SizeScaling | None
    notes: tuple[str, ...]

    @property
    def times(self) -> Array:
        """The times of all curves."""
        return self.simulation.times

    @property
    def statistic(self) -> str:
        """Which curve of the simulation is compared: ``mean`` or ``median``."""
        return "mean" if self.simulation.grid[-1] > 0 else "median"

    @property
    def curve(self) -> Array:
        """The curve of the simulation that is compared."""
        return self.simulation.mean if self.statistic == "mean" else self.simulation.median

    @property
    def apart(self) -> bool:
        """Whether mean and median differ visibly, so that both are shown."""
        run = self.simulation
        return self.statistic == "median" or any(
            not math.isnan(error)
            and abs(mean - median) > max(min(2 * error, FAR * mean), PART * mean)
            for mean, median, error in zip(run.mean, run.median, run.standard_error, strict=True)
        )

    @property
    def constant(self) -> float:
        """The pure-target constant, where what happens is small against it; 0 elsewhere.

        Curves are shown, and divided by each other, without it.  It stays where the solution
        crosses it: there is no ratio to something that vanishes.
        """
        values = {name: Fraction(x) for name, x in symbol_values(self.simulation).items()}
        fixed = float_at(structure(self.simulation.problem).constant, values)
        known = self.theory.values if self.theory else self.curve
        rest = [x - fixed for x in known if x is not None and math.isfinite(x)]
        if not rest or min(rest) < 0 < max(rest):
            return 0.0
        return fixed if quantile([*map(abs, rest)], Fraction(1, 2)) < SMALL * abs(fixed) else 0.0

    def ratios(self, curve: Curve | None = None) -> Array:
        """A curve (by default the one compared) over the solution; NaN where there is none.

        Both without the :attr:`constant`.
        """
        over = self.curve if curve is None else curve
        known = self.theory.values if self.theory else (None,) * len(self.times)
        less = self.constant
        return constant_array(
            [
                (value - less) / (solution - less)
                if solution is not None and solution != less and math.isfinite(value)
                else None
                for value, solution in zip(over, known, strict=True)
            ]
        )

    @property
    def deviation(self) -> float | None:
        """The largest difference from the solution, as a part of the solution's range.

        Infinite where half of the seeds blow up while the solution exists.
        """
        if self.theory is None:
            return None
        return largest_deviation(self.curve.tolist(), self.theory.values)[0]

    @property
    def series_values(self) -> Array:
        """The truncated series at the times up to the end of its drawing; NaN beyond."""
        if self.series is None:
            return constant_array([None] * len(self.times))
        end, series = self.series_drawn, self.series
        return constant_array(
            [series.truncated(t)[0] if abs(t) <= abs(end) else None for t in self.times]
        )

    @property
    def series_leaves(self) -> float | None:
        """The time at which the series leaves the curve; ``None`` if not within the window."""
        return None if self.series is None else self.series.reach(self.simulation.grid[-1])

    @property
    def series_drawn(self) -> float:
        """The time up to which the series is drawn."""
        if self.series is None:
            return 0.0
        found = self.series.reach(self.simulation.grid[-1], DRAWN)
        return self.simulation.grid[-1] if found is None else found

    @property
    def evidence(self) -> Evidence:
        """What the comparison says, as evidence."""
        run = self.simulation
        sizes = ", ".join(f"{name} = {value:.6g}" for name, value in run.sizes)
        counted = "1 seed" if run.seeds == 1 else f"{run.seeds} seeds"
        if self.deviation is None:
            why = self.unsolved or "it has no range of values in this window"
            said = f"no solution of {self.regime} to compare with: {why}"
        elif math.isinf(self.deviation):
            said = f"half of {counted} blow up while the solution of {self.regime} exists"
        else:
            said = (
                f"the {self.statistic} of {counted} is within {rounded(100 * self.deviation)} %"
                f" of the range of the solution of {self.regime}"
            )
        scaling = f"; {self.scaling.verdict}" if self.scaling else ""
        return Evidence(Kind.NUMERICAL, f"{said} at {sizes}{scaling}")


def symbol_values(run: Simulation) -> dict[str, float]:
    """Return the sizes of a simulation by the symbols of its problem; T is left out."""
    return {name: value for name, value in run.sizes if name != "T"}


def largest_deviation(curve: Curve, theory: Sequence[float | None]) -> tuple[float | None, int]:
    """The largest difference over the range of the theory, and its place.

    ``None`` where the theory has fewer than two values or does not move.

    >>> largest_deviation([2.0, 1.5, 9.0], [2.0, 1.0, None])
    (0.5, 1)
    """
    known = [(k, x) for k, x in enumerate(theory) if x is not None and math.isfinite(x)]
    values = [x for _, x in known]
    span = max(values, default=0.0) - min(values, default=0.0)
    if not span > 0:
        return None, 0
    offs = [(abs(curve[k] - x), k) for k, x in known]
    largest, place = max(offs)
    return largest / span, place
