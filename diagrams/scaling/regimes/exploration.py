"""Regimes without an order given: as many orders as are needed and a budget of work allows.

Where the front of every order is proved, a few orders are computed to compare it with; elsewhere
the order is raised until a fitted law is confirmed by several held-out orders.

The terms that can lead are found in two ways, by the leading terms alone
(:func:`~diagrams.scaling.leading.leading_derivatives`, for models it applies to) or from whole
coefficients.  Which is quicker depends on the problem; low orders are computed both ways, and
the quicker way goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from diagrams.campaign import watch
from diagrams.campaign.effort import WALL, WORK, Clock
from diagrams.errors import BadInput, Missing
from diagrams.evidence import Kind
from diagrams.problems.problem import Problem
from diagrams.scaling.fronts.front import Coefficients, Fronts, fronts
from diagrams.scaling.fronts.restriction import Tied, restricted
from diagrams.scaling.leading import leading_derivatives
from diagrams.scaling.regimes.finding import Regimes, regimes, seen_regimes
from diagrams.series.expansion import Series, check_terms, expand

BUDGET = 10.0
"""Seconds that a search for regimes may take, counted as work unless a person gave another number.
"""

ORDERS_LIMIT = 12
HELD_OUT = 6
"""So many held-out orders that agree with a fitted law are enough."""

COMPARED = 4
"""The order up to which a proved law is compared with exact coefficients."""

GROWTH = 8.0
"""The factor of time from one order to the next that is reckoned with, at least."""

OVERTIME = 2.0
"""So many times the budget an order may take that was expected to end in it."""

LAST = 2.0
"""So many times the budget a search may take on the wall, in the middle of any work, whatever was
counted."""

SEEING = 20.0
"""Seconds on the wall for the faces of the orders known, where no law holds."""

LEAST = 2.0
"""Seconds that lowest orders may take whatever the budget."""

LONG = 1.0
"""Seconds from which on only one way is followed, and all processes are used."""

NOTED = 0.2
"""Seconds from which on a step is told."""

NO_TIME = "there was no time to look for a law"

Say = Callable[[str], object]


@dataclass(frozen=True)
class Exploration:
    """What was found: coefficients as far as they were computed, and regimes or a refusal.

    ``regimes`` is ``None`` where no law follows from the orders known; ``refusal`` then says
    why, in a clause, and ``seen`` holds the faces that the highest orders have in common (``None``
    where there are none, or there is no time for them).  ``refuted`` is the last order to which a
    law that later orders contradict had held (``None`` if there was none).  ``needed`` is the time,
    in seconds from the beginning, by which the next order is to be expected, where the search
    stopped for it.  ``tied`` are the symbols that the scalings asked for tie.
    """

    problem: Problem
    coefficients: Coefficients
    regimes: Regimes | None
    refusal: str = ""
    refuted: int | None = None
    needed: float = 0.0
    seen: Regimes | None = None
    tied: Tied = ()

    @property
    def terms(self) -> int:
        """The highest order that was computed."""
        return self.coefficients.terms

    @property
    def fronts(self) -> Fronts:
        """The fronts of all orders that were computed."""
        if self.regimes is not None:
            return self.regimes.fronts
        return restricted(fronts(self.coefficients), self.tied)


def explore(
    problem: Problem,
    terms: int | None = None,
    seconds: float = BUDGET,
    say: Say | None = None,
    resources: Mapping[str, Any] | None = None,
    compared: int = COMPARED,
    clock: Clock = WORK,
    tied: Tied = (),
) -> Exploration:
    """Return the regimes of a problem, from orders up to ``terms`` or as many as are cheap.

    Without ``terms`` the order is raised until a proved law was ``compared`` up to that order, or a
    fitted one is confirmed by several held out, or until the next order is not to be expected
    within ``seconds``; an order that takes longer against expectation is left when twice that time
    has passed.  ``clock`` measures them: by default they are work that is counted, so that the
    orders do not depend on the machine and its load; :data:`~diagrams.campaign.effort.WALL` is for
    seconds that a person gave.  ``resources`` are keyword arguments of
    :func:`~diagrams.series.expansion.expand`; leading terms need none of them.  ``tied``: symbols
    that are powers of others on the scalings asked for
    (:func:`~diagrams.scaling.fronts.restriction.ties`).

    Raises :class:`~diagrams.errors.BadInput` for a number of terms that is out of range, and for a
    time in which not even order 0 is known.

    >>> from diagrams.problems.cp import cp_problem
    >>> found = explore(cp_problem(order=4, ties="sym"))
    >>> found.terms, found.regimes.names
    (4, ('full', 'A-B', 'B-E', 'E-A', 'A', 'B', 'E'))
    """
    given = dict(resources or {})
    ways = _Ways(problem, say or (lambda _: None), given, clock=clock)
    if terms is not None:
        check_terms(terms)
        for order in range(terms):
            if len(ways.left) == 1:
                break
            ways.compute(order)
        known = ways.compute(terms, full=True)
        assert known is not None
        return _with_seen(_explained(_judged(problem, known, tied)))
    until = time.monotonic() + max(LEAST, LAST * seconds)

    def in_time(work: Callable[[], Exploration]) -> Exploration | None:
        return watch.within(max(LEAST, until - time.monotonic()), work)

    found: Exploration | None = None
    for order, coefficients in enumerate(ways.orders(ORDERS_LIMIT, seconds, at_least=1)):
        if order >= min(compared, HELD_OUT):  # before that, no law can be sure
            better = in_time(partial(_judged, problem, coefficients, tied))
            if better is None:
                break
            found = better
            if _settled(found, compared):
                return found
    if found is None or found.terms < coefficients.terms:
        found = in_time(partial(_judged, problem, coefficients, tied)) or found
    found = found or Exploration(problem, coefficients, None, NO_TIME, tied=tied)
    found = replace(in_time(partial(_explained, found)) or found, needed=ways.needed)
    return watch.within(max(SEEING, until - time.monotonic()), partial(_with_seen, found)) or found


@dataclass
class _Ways:
    """Both ways to the coefficients, timed; the slower one is dropped before it takes long.

    Timed runs take nothing from a store: what is remembered says nothing of the next order.
    """

    problem: Problem
    say: Say
    resources: dict[str, Any]
    left: list[str] = field(default_factory=lambda: ["leading terms", "coefficients"])
    times: dict[str, list[float]] = field(default_factory=dict)
    clock: Clock = WORK
    needed: float = 0.0

    @property
    def expected(self) -> float:
        """The time that the next order is expected to take."""
        return min(_expected(self.times[way]) for way in self.left if way in self.times)

    def orders(self, most: int, seconds: float, at_least: int = 0) -> Iterator[Coefficients]:
        """Coefficients up to order 0, 1, .. ``most``, as far as ``seconds`` allow.

        No order above ``at_least`` is begun that is not expected to end in time, and none is
        followed for more than ``OVERTIME`` times as long, or ``LEAST`` seconds.  Raises
        ``BadInput`` where this leaves nothing.
        """
        began, started = self.clock.now(), time.monotonic()
        for order in range(most + 1):
            spent = self.clock.now() - began
            if order > at_least and spent + self.expected > seconds:
                self.needed = spent + self.expected
                return
            rest = max(LEAST, OVERTIME * seconds) - spent
            last = max(LEAST, LAST * seconds) - (time.monotonic() - started)
            try:
                found = watch.within(last, partial(self.compute, order, within=rest))
            except Missing:  # the moments of a law that were given end here
                if not order:
                    raise
                return
            self.say("")
            if found is None and not order:
                raise BadInput("within", f"{seconds:g} s", "more time: order 0 takes longer")
            if found is None:
                return
            yield found

    def compute(
        self, order: int, full: bool = False, within: float | None = None
    ) -> Coefficients | None:
        """All coefficients up to an order; with all resources if ``full``.

        A way that is not done ``within`` so many seconds (half of them where the other is still to
        come) is dropped; ``None`` if both are.
        """
        found: Coefficients | None = None
        until = None if within is None else self.clock.now() + within
        ways = len(self.left)
        for place, way in enumerate(list(self.left)):
            if full or (way in self.times and _expected(self.times[way]) > NOTED):
                self.say(f"{way} of orders 0 to {order}")
            started = self.clock.now()
            work = partial(self._computed, way, order, full)
            rest = None if until is None else (until - started) / (ways - place)
            more = work() if rest is None else self.clock.within(rest, work)
            if more is None:
                self.left.remove(way)
                continue
            found = more
            self.times.setdefault(way, []).append(self.clock.now() - started)
        self.say("")
        expected = {way: _expected(self.times[way]) for way in self.left}
        if expected and max(expected.values()) > LONG:
            self.left = [min(expected, key=lambda way: expected[way])]
        return found

    def _computed(self, way: str, order: int, full: bool) -> Coefficients | None:
        """The coefficients by one of the ways; ``None`` where it does not apply."""
        if way == "coefficients":
            return expand(self.problem, order, **self._resources(full))
        try:
            return leading_derivatives(self.problem, order)
        except BadInput:
            return None

    def _resources(self, full: bool) -> dict[str, Any]:
        if full:
            return self.resources
        listed = self.times.get("coefficients", [])
        kept = ["max_memory"]
        long = bool(listed) and _expected(listed) > LONG
        if long and self.clock is WALL:  # what other processes do is not counted as work
            kept += ["progress", "jobs", "executor"]
        return {name: value for name, value in self.resources.items() if name in kept}


def _expected(times: list[float]) -> float:
    """The time of the next order, from those of the orders before."""
    growth = times[-1] / times[-2] if len(times) > 2 and times[-2] > 0 else GROWTH
    return times[-1] * max(GROWTH, growth)


def _settled(found: Exploration, compared: int) -> bool:
    if found.regimes is None:
        return False
    if found.regimes.evidence.kind is not Kind.CONJECTURED:
        return found.terms >= compared
    return len(found.regimes.families.held_out) >= HELD_OUT


def coefficients_within(
    problem: Problem,
    wanted: int,
    seconds: float = BUDGET,
    say: Say | None = None,
    resources: Mapping[str, Any] | None = None,
    clock: Clock = WORK,
) -> Series:
    """Return whole coefficients up to the order wanted, or as far as ``seconds`` allow.

    Raises :class:`~diagrams.errors.BadInput` for a time in which not even order 0 is known.
    """
    given = dict(resources or {})
    ways = _Ways(problem, say or (lambda _: None), given, ["coefficients"], clock=clock)
    *_, found = ways.orders(wanted, seconds)
    assert isinstance(found, Series)
    return found


def _judged(problem: Problem, coefficients: Coefficients, tied: Tied) -> Exploration:
    """The regimes of known coefficients, or why there are none."""
    try:
        found = regimes(restricted(fronts(coefficients), tied))
        return Exploration(problem, coefficients, found, tied=tied)
    except BadInput as error:
        return Exploration(problem, coefficients, None, error.allowed, tied=tied)


def _with_seen(found: Exploration) -> Exploration:
    """The same, with the faces of the orders known where no law holds."""
    if found.regimes is not None:
        return found
    try:
        return replace(found, seen=seen_regimes(found.fronts))
    except BadInput:
        return found


def _explained(found: Exploration) -> Exploration:
    """The same, with the last law that later orders contradict, where no law holds."""
    if found.regimes is not None:
        return found
    for order in range(found.terms - 1, 1, -1):
        try:
            regimes(restricted(fronts(found.coefficients, order), found.tied))
        except BadInput:
            continue
        law = f"the law that orders 0 to {order} follow fails at order {order + 1}"
        return replace(found, refusal=f"{found.refusal} ({law})", refuted=order)
    return found
