r"""The clock test: does anything visible happen at the time that a regime prescribes?

The natural time ``T`` of a face is read off the growth of Taylor coefficients.  A mode of vanishing
relative size can rule all of them and nothing else: with (2,1), zero target, vertex B,
``T = p H sigma^4``, a mode of relative size ``1/p`` has ``p`` times the rate of the others, and at
that time ``L/L(0)`` tends to 1 as ``p`` grows.  Such a ``T`` is a *formal clock*, and no formula of
the face shows in a simulation.  What tells is the simulation itself: along a scaling of the regime
its *relative drop*

.. math:: d = \operatorname{median}\,\frac{L(0) - L(x T)}{\max(|Y_0|, |Y_1|\,x)}

(``Y_0``, ``Y_1`` leading, without the pure-target constant, with ``T`` in place of the time unit)
has to stay of order one as ``p`` doubles.  ``x`` is fixed: the ratio of the first two leading
coefficients that do not vanish, so that the drop is neither near 0 nor near 1 where the clock is
right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from diagrams.dynamics.certificate import leading_part
from diagrams.dynamics.faces import Face, face_of
from diagrams.errors import BadInput, NotSolved
from diagrams.evidence import Evidence, Kind
from diagrams.flow import simulate
from diagrams.polynomial import Polynomial
from diagrams.problems.cp import CPProblem
from diagrams.scaling.front import without_constant
from diagrams.scaling.regime import Regime

Verdict = Literal["visible", "formal clock"]
Sizes = tuple[tuple[str, float], ...]

KEPT = 0.75
"""The part of a drop that is left, on average, whenever p doubles, where the clock is right."""

LARGEST_WORK = 2**21
"""p H^2 of the largest simulation that is chosen by default."""

STARTS = (8, 4, 3, 2)
HEIGHTS = tuple(map(Fraction, ("1/2", "1", "3/2", "2", "5/2", "3", "7/2", "4")))
"""Powers of p with which H may grow."""

STEEPEST = 4
"""The largest power of p or 1/p with which sigma may grow."""


@dataclass(frozen=True)
class ClockTest:
    """Relative drops at one multiple of a regime's time, with sizes along a scaling of it.

    ``scaling`` are exponents of ``p`` by symbol; ``sizes[k]`` the values of one simulation, ``T``
    included; ``time`` is ``t/T``; ``drops[k]`` the median of the relative drops of ``seeds``
    seeds, ``spreads[k]`` half the distance of their quartiles.
    """

    problem: CPProblem
    regime: Regime
    scaling: tuple[tuple[str, Fraction], ...]
    sizes: tuple[Sizes, ...]
    time: float
    drops: tuple[float, ...]
    spreads: tuple[float, ...]
    seeds: int

    @property
    def exponent(self) -> float:
        """The power of p with which the drop goes: from the first to the last size."""
        first, last = self.drops[0], self.drops[-1]
        if not (first > 0 and last > 0):
            return -math.inf
        return math.log(last / first) / math.log(_value(self.sizes[-1], "p") / self._start)

    @property
    def _start(self) -> float:
        return _value(self.sizes[0], "p")

    @property
    def verdict(self) -> Verdict:
        """Whether the drop stays of order one, or is left behind as p doubles."""
        return "visible" if self.exponent >= math.log2(KEPT) else "formal clock"

    @property
    def evidence(self) -> Evidence:
        """The drops, as evidence."""
        listed = ", ".join(
            f"{drop:.3g} at p = {_value(sizes, 'p'):g}, H = {_value(sizes, 'H'):g}"
            for drop, sizes in zip(self.drops, self.sizes, strict=True)
        )
        return Evidence(
            Kind.NUMERICAL,
            f"clock test of {self.regime.name}: {self.verdict}; relative drop of the simulated"
            f" loss at t = {self.time:.3g} T, medians of {self.seeds} seeds: {listed}",
        )

    @property
    def labelled(self) -> Regime:
        """The regime, with a statement in its evidence where its time is a formal clock."""
        if self.verdict == "visible":
            return self.regime
        known = self.regime.evidence
        statement = f"{known.statement}; its T is a formal clock: {self.evidence.statement}"
        return replace(self.regime, evidence=replace(known, statement=statement))

    def __str__(self) -> str:
        return str(self.evidence)


def clock_test(
    problem: CPProblem,
    regime: str | Regime,
    p: int | None = None,
    doublings: int = 2,
    seeds: int = 8,
    seed: int = 0,
    time: float | Fraction | None = None,
) -> ClockTest:
    """Return the clock test of a regime: simulations at ``p``, ``2p``, ``4p``, ..

    The other sizes follow a scaling of the regime: the one in which ``H`` grows least while all
    its inequalities hold by a margin.  ``p`` is by default the largest of 8, 4, 3, 2 that keeps
    the simulations short; ``time`` (``t/T``) is by default taken from the leading coefficients.
    Symbols of scale and decay are set to one.

    Raises :class:`~diagrams.errors.BadInput` for an unknown regime, one without a time scale, or
    sizes out of range; :class:`~diagrams.errors.NotSolved` where no such scaling is found.

    >>> from diagrams.problems.cp import cp_problem
    >>> free = cp_problem(order=3, ties="2+1", target="zero")
    >>> clock_test(free, "B", p=2, seeds=4).verdict
    'formal clock'
    >>> clock_test(free, "A", p=4, seeds=4).verdict
    'visible'
    """
    for name, count, least, most in (("doublings", doublings, 1, 8), ("seeds", seeds, 1, 10**4)):
        if isinstance(count, bool) or not isinstance(count, int) or not least <= count <= most:
            raise BadInput(name, count, f"an integer from {least} to {most}")
    if not isinstance(problem, CPProblem):
        raise BadInput("problem", problem, "a CP problem, as cp_problem or a preset gives it")
    face = face_of(problem, regime)
    scaling = gentle_scaling(face.regime)
    listed = _sizes(face, scaling, p, doublings)
    leading = _leading(face, scaling)
    x = _time(leading, listed[0]) if time is None else float(time)
    if not 0 < x < math.inf:
        raise BadInput("time", time, "a positive number, the time in units of T")
    drops, spreads = [], []
    for sizes in listed:
        values = dict(sizes)
        unit = max(abs(_number(y, sizes)) * (x / values["T"]) ** s for s, y in enumerate(leading[:2]))
        found = _relative_drops(problem, sizes, x, seeds, seed, unit)
        drops.append(_quantile(found, 0.5))
        spreads.append((_quantile(found, 0.75) - _quantile(found, 0.25)) / 2)
    return ClockTest(
        problem,
        face.regime,
        tuple(scaling.items()),
        listed,
        x,
        tuple(drops),
        tuple(spreads),
        seeds,
    )


def gentle_scaling(regime: Regime) -> dict[str, Fraction]:
    """Return a scaling of a regime in which the sizes grow slowly, by symbol.

    Exponents are of p.  All monomials of inequalities move by one power of p or more, or by as
    much as there is room for; among such scalings H grows least, then sigma changes least.

    Raises :class:`~diagrams.errors.NotSolved` if none is found.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes import regimes
    >>> found = regimes(cp_problem(order=4, ties="sym"))
    >>> [(name, str(power)) for name, power in gentle_scaling(found["A-B"]).items()]
    [('p', '1'), ('H', '2'), ('sigma', '0')]
    >>> [(name, str(power)) for name, power in gentle_scaling(found["full"]).items()]
    [('p', '1'), ('H', '2'), ('sigma', '-3/4')]
    """
    best: tuple[tuple[Fraction, Fraction, Fraction], tuple[Fraction, ...]] | None = None
    for height in HEIGHTS:
        for power in _sigma_powers(regime):
            known = {"p": Fraction(1), "H": height, "sigma": power}
            scaling = tuple(known.get(name, Fraction(0)) for name in regime.symbols)
            if not regime.holds(scaling):
                continue
            margin = min(
                (abs(Fraction(relation.height(scaling, 1))) for relation in regime.inequalities),
                default=Fraction(1),
            )
            rank = (-min(margin, Fraction(1)), height, abs(power))
            if best is None or rank < best[0]:
                best = rank, scaling
    if best is None:
        raise NotSolved(f"the clock test: no scaling of {regime.name} with H below p^4 is found")
    return dict(zip(regime.symbols, best[1], strict=True))


def _sigma_powers(regime: Regime) -> Iterator[Fraction]:
    """Powers of p for sigma, with the denominators that the conditions of a regime suggest."""
    place = regime.symbols.index("sigma") if "sigma" in regime.symbols else None
    parts = {2}
    for relation in regime.relations if place is not None else ():
        entry = abs(relation.fixed[place]) if place is not None else 0
        parts |= {entry, 2 * entry} if 0 < entry <= 48 else set()
    powers = {Fraction(k, n) for n in parts for k in range(-STEEPEST * n, STEEPEST * n + 1)}
    yield from sorted(powers, key=lambda power: (abs(power), power))


def _sizes(
    face: Face, scaling: Mapping[str, Fraction], p: int | None, doublings: int
) -> tuple[Sizes, ...]:
    if p is None:
        growth = float(1 + 2 * scaling.get("H", Fraction(0)))
        work = [(start * 2**doublings) ** growth for start in STARTS]
        fitting = [s for s, w in zip(STARTS, work, strict=True) if w <= LARGEST_WORK]
        p = fitting[0] if fitting else STARTS[-1]
    if isinstance(p, bool) or not isinstance(p, int) or not 2 <= p <= 10**6:
        raise BadInput("p", p, "an integer from 2 to 1000000")
    clock = face.regime.clock
    if clock is None:
        raise BadInput("regime", face.regime.name, "a regime whose terms share one time scale")
    listed = []
    for k in range(doublings + 1):
        here = {name: float(p * 2**k) ** float(power) for name, power in scaling.items()}
        for name in face.problem.sizes:
            here[name] = float(max(1, round(here[name])))
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
    """``t/T`` at which two successive leading terms of the series are alike."""
    unit = _value(sizes, "T")
    present = [(s, abs(_number(y, sizes))) for s, y in enumerate(leading) if s and y]
    for (s, one), (other, two) in pairwise(present):
        if one and two:
            factor = math.factorial(other) / math.factorial(s) / (s + 1)
            return float(unit * (one / two * factor) ** (1 / (other - s)))
    return 1.0


def _relative_drops(
    problem: CPProblem, sizes: Sizes, x: float, seeds: int, seed: int, unit: float
) -> list[float]:
    values = dict(sizes)
    run = simulate(
        problem,
        p=int(values["p"]),
        H=int(values["H"]),
        sigma=values["sigma"],
        T=values["T"],
        until=x,
        seeds=seeds,
        seed=seed,
        points=2,
        scale=1 if problem.scale.symbols else None,
        decay=1 if problem.decay.symbols else None,
        tolerance=1e-6,
        check=False,
    )
    return [(start - end) / unit for start, end in run.losses]


def _quantile(values: Sequence[float], level: float) -> float:
    from diagrams.flow.statistics import quantile

    return quantile(values, Fraction(level))


def _number(polynomial: Polynomial, sizes: Sizes) -> float:
    known = dict(sizes)
    return math.fsum(
        float(c) * math.prod(known[name] ** float(power) for name, power in powers)
        for powers, c in polynomial.terms
    )


def _value(sizes: Sizes, name: str) -> float:
    return dict(sizes)[name]
