r"""The clock test: does anything visible happen at the time that a regime prescribes?

The natural time ``T`` of a face is read off the growth of Taylor coefficients.  A mode of vanishing
relative size can rule all of them and nothing else: with (2,1), zero target, vertex B,
``T = p H sigma^4``, a mode of relative size ``1/p`` has ``p`` times the rate of the others, and at
that time ``L/L(0)`` tends to 1 as ``p`` grows.  Such a ``T`` is a *formal clock*, and no formula of
the face shows in a simulation.  What tells is the simulation itself: along a scaling of the regime
its *relative drop*

.. math:: d = \operatorname{median}\,\frac{L(0) - L(xT)}{L(0)}

has to stay of order one as the sizes grow, the lead by factors of two. Where the pure-target
constant is larger than what the face describes, the denominator is the largest leading term ``|Y_s|
x^s/s!`` instead. ``x`` is fixed: the ratio of two successive leading coefficients, so that the drop
is neither near 0 nor near 1 where the clock is right.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from diagrams.dynamics.certificate import leading_part
from diagrams.dynamics.face import Face, face_of
from diagrams.dynamics.petals.petals import monomial_height
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.flow import FlowSettings, simulate
from diagrams.flow.statistics import median_error, quantile
from diagrams.polynomials.evaluation import float_at
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.problems.structure import structure
from diagrams.scaling.fronts.front import without_constant
from diagrams.scaling.regimes.gentle import gentle_scaling, lead_of
from diagrams.scaling.regimes.regime import Regime

Verdict = Literal["visible", "formal clock", "undecided"]
Sizes = tuple[tuple[str, float], ...]

KEPT = 0.75
"""The part of a drop that is left when p doubles for the last time, where the clock is right."""

LARGEST_WORK = 4 * 10**7
"""Weights times the largest size of the largest simulation that is chosen by default."""

STARTS = (8, 6, 4, 3, 2)

MANY_SEEDS, WEIGHTS = 200, 2**16
"""More seeds are run while they are at most so many and have at most so many weights together."""

SEEDS = (8, 32)
"""Seeds by default, and where these leave it undecided."""

OFF = 0.75
"""A scale in an equality of the face over a power of the lead: away from fixed points at 1."""


@dataclass(frozen=True)
class ClockTest:
    """Relative drops at one multiple of a regime's time, with sizes along a scaling of it.

    ``scaling`` are exponents of the size ``lead`` by symbol; ``sizes[k]`` the values of one
    simulation, ``T`` included; ``time`` is ``t/T``; ``drops[k]`` the median of the relative drops
    of ``seeds[k]`` seeds, ``errors[k]`` its standard error. ``part`` says that the drop is relative
    to a leading term of the face which is small against the pure-target constant.
    """

    problem: Problem
    regime: Regime
    lead: str
    scaling: tuple[tuple[str, Fraction], ...]
    sizes: tuple[Sizes, ...]
    time: float
    drops: tuple[float, ...]
    errors: tuple[float, ...]
    seeds: tuple[int, ...]
    part: bool

    @property
    def exponent(self) -> float:
        """The power of the lead with which the drop goes, at the last doubling."""
        before, last = self.drops[-2:]
        return math.log2(last / before) if before > 0 and last > 0 else -math.inf

    @property
    def verdict(self) -> Verdict:
        """Whether the drop stays of order one as the lead doubles; *undecided*: for more seeds."""
        (d, e), (last, error) = zip(self.drops[-2:], self.errors[-2:], strict=True)
        if not (d > 0 and last > 0):
            return "formal clock" if last + error < KEPT * d else "undecided"
        ratio = last / d
        doubt = ratio * math.hypot(e / d, error / last)
        if ratio - doubt >= KEPT:
            return "visible"
        return "formal clock" if ratio + doubt < KEPT else "undecided"

    @property
    def evidence(self) -> Evidence:
        """The drops, as evidence."""
        listed = ", ".join(
            f"{drop:.3g} at {self._named(sizes)}"
            for drop, sizes in zip(self.drops, self.sizes, strict=True)
        )
        return Evidence(
            Kind.NUMERICAL,
            f"clock test of {self.regime.name}: {self.verdict}; relative drop of the simulated"
            f" loss at t = {self.time:.3g} T, medians of {min(self.seeds)} seeds or more: {listed}"
            + ("; relative to a part that is small against the constant" if self.part else ""),
        )

    def _named(self, sizes: Sizes) -> str:
        whole = self.problem.sizes
        return ", ".join(f"{name} = {x:g}" for name, x in sizes if name in whole)

    @property
    def labelled(self) -> Regime:
        """The regime, with a statement in its evidence where its time is a formal clock."""
        if self.verdict != "formal clock":
            return self.regime
        known = self.regime.evidence
        statement = f"{known.statement}; its T is a formal clock: {self.evidence.statement}"
        return replace(self.regime, evidence=replace(known, statement=statement))

    def __str__(self) -> str:
        return str(self.evidence)


def clock_test(
    problem: Problem,
    regime: str | Regime,
    size: int | None = None,
    doublings: int = 2,
    seeds: int | None = None,
    seed: int = 0,
    time: float | Fraction | None = None,
) -> ClockTest:
    """Return the clock test of a regime: simulations at a size, twice and four times it, ..

    ``size`` is that of the lead; the others follow a
    :func:`~diagrams.scaling.regimes.gentle.gentle_scaling` of the regime. It is by default the
    largest of 8, 6, 4, 3, 2 that keeps the simulations short. ``seeds`` is by default 8, and 32
    where these leave it undecided; small sizes are run with more. ``time`` (``t/T``) is by default
    taken from the leading coefficients. Symbols in no scaling are set to one.

    Raises :class:`~diagrams.errors.BadInput` for an unknown regime, one without a time scale, or
    sizes out of range; :class:`~diagrams.errors.NotSolved` where no such scaling is found.

    >>> from diagrams.problems.cp import cp_problem
    >>> free = cp_problem(order=3, ties="2+1", target="zero")
    >>> clock_test(free, "A", size=4, seeds=4).verdict
    'visible'
    """
    for name, count, least, most in (("doublings", doublings, 1, 8), ("seeds", seeds, 1, 10**4)):
        if name == "seeds" and count is None:
            continue
        if isinstance(count, bool) or not isinstance(count, int) or not least <= count <= most:
            raise BadInput(name, count, f"an integer from {least} to {most}")
    face = face_of(problem, regime)
    lead = lead_of(problem, face.regime)
    scaling = gentle_scaling(face.regime, lead)
    listed = _sizes(face, scaling, size, doublings)
    leading = _leading(face, scaling)
    x = _time(leading, listed[0]) if time is None else float(time)
    if not 0 < x < math.inf:
        raise BadInput("time", time, "a positive number, the time in units of T")
    rank = _largest(face, leading, scaling)
    first, *more = SEEDS if seeds is None else (seeds,)

    def tested(least: int) -> ClockTest:
        drops, errors, counts = [], [], []
        for sizes in listed:
            weights = problem.weights({n: x for n, x in sizes if n in problem.sizes})
            counts.append(max(least, min(MANY_SEEDS, int(WEIGHTS / weights))))
            losses = _losses(problem, sizes, x, counts[-1], seed)
            unit = None
            if rank is not None:
                step = x / _value(sizes, "T")
                unit = abs(float_at(leading[rank], dict(sizes))) * step**rank / math.factorial(rank)
            found = [(start - end) / (unit or start) for start, end in losses]
            drops.append(quantile(found, Fraction(1, 2)))
            errors.append(median_error(found) or 0.0)
        return ClockTest(
            problem,
            face.regime,
            lead,
            tuple(scaling.items()),
            listed,
            x,
            tuple(drops),
            tuple(errors),
            tuple(counts),
            rank is not None,
        )

    found = tested(first)
    while more and found.verdict == "undecided":
        found = tested(more.pop(0))
    return found


def _sizes(
    face: Face, scaling: Mapping[str, Fraction], size: int | None, doublings: int
) -> tuple[Sizes, ...]:
    problem = face.problem
    if size is None:
        fitting = []
        for start in STARTS:
            last = float(start * 2**doublings)
            largest = {name: last ** float(scaling.get(name, 0)) for name in problem.sizes}
            fitting += [start] if problem.work(largest) <= LARGEST_WORK else []
        size = fitting[0] if fitting else STARTS[-1]
    if isinstance(size, bool) or not isinstance(size, int) or not 2 <= size <= 10**6:
        raise BadInput("size", size, "an integer from 2 to 1000000")
    clock = face.regime.clock
    if clock is None:
        raise BadInput("regime", face.regime.name, "a regime whose terms share one time scale")
    tied = {n for r in face.regime.equalities for n, e in zip(r.symbols, r.fixed, strict=True) if e}
    listed = []
    for k in range(doublings + 1):
        here = {name: float(size * 2**k) ** float(power) for name, power in scaling.items()}
        for name in here.keys() - problem.sizes:
            here[name] *= OFF if name in tied else 1.0
        for name in problem.sizes:
            here[name] = float(max(1, round(here.get(name, 1.0))))
        here["T"] = math.prod(
            here[name] ** float(power)
            for name, power in zip(face.regime.symbols, clock, strict=True)
        )
        listed.append(tuple(here.items()))
    return tuple(listed)


def _leading(face: Face, scaling: Mapping[str, Fraction]) -> tuple[Polynomial, ...]:
    """Leading parts of ``Y_0, Y_1, ..`` for a scaling, without the pure-target constant."""
    known = [face.exact.coefficient(s) for s in range(face.exact.terms + 1)]
    return tuple(leading_part(y, scaling) for y in without_constant(face.problem, known))


def _time(leading: Sequence[Polynomial], sizes: Sizes) -> float:
    """``t/T`` at which two successive leading terms are alike, up to factorials.

    Orders 2 and 3 are preferred: a mode that rules the high orders may not yet do so at order 1.
    """
    unit = _value(sizes, "T")
    present = [(s, abs(float_at(y, dict(sizes)))) for s, y in enumerate(leading[:6]) if s and y]
    pairs = [(s, (one / two) ** (1 / (r - s))) for (s, one), (r, two) in pairwise(present)]
    if not pairs:
        return 1.0
    return float(unit * min(pairs, key=lambda pair: (pair[0] < 2, pair[0]))[1])


def _largest(
    face: Face, leading: Sequence[Polynomial], scaling: Mapping[str, Fraction]
) -> int | None:
    """The first of the largest leading terms ``Y_s / T^s``; ``None`` where ``L(0)`` is as large."""
    clock = face.regime.clock or ()
    unit = sum(
        (e * scaling[n] for n, e in zip(face.regime.symbols, clock, strict=True)), Fraction()
    )
    heights = {s: monomial_height(y, scaling) - s * unit for s, y in enumerate(leading[:6]) if y}
    constant = structure(face.problem).constant
    bound = monomial_height(constant, scaling) if constant else None
    top = max(heights.values())
    if heights.get(0) == top and (bound is None or bound <= top):
        return None
    return next(s for s, height in heights.items() if height == top)


def _losses(
    problem: Problem, sizes: Sizes, x: float, seeds: int, seed: int
) -> tuple[tuple[float, ...], ...]:
    """Losses at the start and at the time ``x T`` of all seeds."""
    ones = dict.fromkeys(problem.symbols, 1.0)
    values = ones | {n: int(x) if n in problem.sizes else x for n, x in sizes if n != "T"}
    return simulate(
        problem,
        at=values,
        T=dict(sizes)["T"],
        until=x,
        seeds=seeds,
        seed=seed,
        points=2,
        settings=FlowSettings(tolerance=1e-6, check=False),
    ).rows


def _value(sizes: Sizes, name: str) -> float:
    return dict(sizes)[name]
