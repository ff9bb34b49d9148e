"""The solution of a regime, as a value: formula, domain, evidence, derivation, numbers.

``formula`` is written in parameters named in ``definitions``; ``expr`` is the same in plain
symbols.  Kinds: *explicit*, a closed formula; *implicit*, one in a quantity fixed by an equation;
*quadrature*, one with integrals; *ode*, ordinary differential equations to be integrated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, Literal, TypeVar

import numpy as np
import sympy
from sympy import Expr, Rational, Symbol

from diagrams.display import Displayed
from diagrams.dynamics.beyond import Lateral, SampledLoss
from diagrams.dynamics.ends.ending import Ending, unknown
from diagrams.dynamics.explicit.degenerate_values import limit_beside
from diagrams.dynamics.explicit.exact_input import Given, digits_within, exact_number
from diagrams.dynamics.expressions.poles import denominators, refuse_beyond
from diagrams.dynamics.finite_sizes import FiniteSizeCurve, escape_at, finite_size_curve
from diagrams.dynamics.leaving import (
    SHOWN,
    beside_runs,
    compared_at_start,
    placed,
    possible,
    refuse_after_blow_up,
    refuse_where_parted,
)
from diagrams.dynamics.notes import notes_of, shared_notes_of
from diagrams.dynamics.numbers import Numbers, read_end, refuse_after
from diagrams.dynamics.petals.grouping import inserted
from diagrams.dynamics.petals.holding import Holding
from diagrams.dynamics.renamed import Names
from diagrams.dynamics.step import Step
from diagrams.errors import BadInput, Missing, NotSolved, OutsideDomain
from diagrams.evidence import Evidence
from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.order_parameters.escape import Escape
from diagrams.polynomials.polynomial import sympy_symbol
from diagrams.problems.problem import Problem
from diagrams.scaling.regimes.regime import Regime
from pde.numbers.evaluation import Value

Kind = Literal["explicit", "implicit", "quadrature", "ode", "mean_field"]

Result = TypeVar("Result")

TOO_LARGE = "at these values a number on the way is above 1e308, the largest of floating point"


@dataclass(frozen=True)
class Ends:
    """How the ends of a solution are read off: a function, and what the road holds for it."""

    read: Callable[[Solution, Any], Sequence[Ending]]
    held: Any = None

    def of(self, solution: Solution) -> tuple[Ending, ...]:
        """Return the ends; where the function refuses, both sides with its reason."""
        try:
            return tuple(self.read(solution, self.held))
        except NotSolved as failure:
            return unknown(failure.step, 1), unknown(failure.step, -1)


@dataclass(frozen=True)
class Solution(Displayed):
    """``E[L(t)]`` on a face of a problem.

    ``road`` names the way on which it was found, ``outline`` says in a sentence how that goes.
    ``symbols`` are the names that :meth:`evaluate` needs.  ``conditions`` are further formulas
    that belong to an implicit or a quadrature solution: equations that define what ``formula``
    contains.  ``existence`` are the formulas of ``t`` at which the solution ends.  ``face`` is the
    regime as a value, with its scaling conditions and its time scale.  ``holding``
    says until when a formula of linear rates holds.  ``late`` is the limit of the formula for
    ``t -> oo`` where its road derives it, by cases of scales and sizes; ``settles`` says why the
    loss itself ends at zero where the formula does, if the road proves it.  ``every_size``: nothing
    was left out, and the formula is that of all sizes.  ``means`` are the closed equations that it
    solves at the means of their order parameters, if it does.  ``forward``: it holds for
    ``t >= 0`` alone.

    A derivation works under standard names (:mod:`diagrams.problems.standard`).  Where the problem
    has others, ``source`` is the solution as derived, ``names`` leads from its names to those of
    the problem, and whatever is asked is asked of it: its numbers and its ends are those here.

    >>> from diagrams.dynamics.solving import solve
    >>> from diagrams.problems.cp import cp_problem
    >>> solution = solve(cp_problem(order=4, target="zero"), regime="A-B")
    >>> solution.formula
    H*p**4*sigma**8*theta/(2*(1 + 24*p**3*sigma**6*t*theta/T)**(4/3))
    >>> solution.definitions
    ((theta, 3*y + 1), (y, H/p**2))
    >>> print(solution.evaluate(p=64, H=512, sigma="1/10", T=1, t="1/2", digits=12).error < 1e-12)
    True
    """

    kind: Kind
    problem: Problem
    regime: str
    formula: Expr
    definitions: tuple[tuple[Symbol, Expr], ...]
    conditions: tuple[sympy.Basic, ...]
    domain: str
    existence: tuple[Expr, ...]
    evidence: Evidence
    steps: tuple[Step, ...]
    symbols: tuple[str, ...]
    numbers: Numbers
    ends: Ends = field(repr=False)
    road: str = ""
    outline: str = field(default="", repr=False)
    face: Regime | None = field(default=None, repr=False)
    holding: Holding | None = field(default=None, repr=False)
    late: Expr | None = field(default=None, repr=False)
    settles: str = field(default="", repr=False)
    every_size: bool = field(default=False, repr=False)
    means: ClosedSystem | None = field(default=None, repr=False)
    forward: bool = field(default=False, repr=False)
    source: Solution | None = field(default=None, repr=False)
    names: Names | None = field(default=None, compare=False, repr=False)

    @property
    def expr(self) -> Expr:
        """The formula in the plain symbols of sizes and scales, ``T`` and ``t``."""
        return self.plain(self.formula)

    def plain(self, formula: Expr) -> Expr:
        """Return a formula with all definitions inserted."""
        return inserted(formula, self.definitions)

    def evaluate(
        self,
        values: Mapping[str, Given] | None = None,
        /,
        digits: int = 15,
        size_limit: bool = False,
        **named: Given,
    ) -> Value:
        """Return ``E[L(t)]`` with a bound on its error, from values of all symbols.

        Numbers are exact: integers, fractions, decimals as text (a float is read as printed);
        ``T`` is 1 if it is not given.

        Where the formula has no value at degenerate parameters (a decay of zero), its limit is
        given.  A symbol that does not occur in the solution may be left out.

        For ``t < 0`` runs of the sizes given blow up before the formula ends, and for ``t > 0``,
        where its end is not proved to be that of the loss, they may go elsewhere: from then on
        there is no value, unless ``size_limit`` asks for that of the formula all the same.  Where
        it is off from the start at these sizes, the value says so.

        Raises :class:`~diagrams.errors.BadInput` for a missing, unknown or non-positive value,
        :class:`~diagrams.errors.OutsideDomain` where there is no solution, or its number cannot be
        that of a run of these sizes (:mod:`diagrams.dynamics.leaving`).
        """
        given = {**(values or {}), **named}
        return self._asked(given, lambda own, known: own._evaluated(known, digits, size_limit))

    def _evaluated(self, known: dict[str, Rational], digits: int, size_limit: bool) -> Value:
        self._refuse_beyond(known, [known["t"]])
        found = self._value(known, digits_within(digits))
        self._refuse_after(known, [known["t"]])
        if not size_limit:
            refuse_after_blow_up(self.problem, known, known["t"], self.domain)
            if self._unproved(known):
                refuse_where_parted(self.problem, known, found, partial(self._curve, known))
        return placed(
            self.problem, known, self.numbers.value, [possible(self.problem, known, found)]
        )[0]

    def curve(
        self,
        times: Iterable[Given],
        values: Mapping[str, Given] | None = None,
        /,
        size_limit: bool = False,
        **named: Given,
    ) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return ``E[L]`` at several times ``t``, as an array of floats.

        :meth:`values` gives the same with error bounds, and raises what this raises.
        """
        found = self.values(times, {**(values or {}), **named}, size_limit=size_limit)
        return np.array([float(value.value) for value in found])

    def values(
        self,
        times: Iterable[Given],
        values: Mapping[str, Given] | None = None,
        /,
        digits: int = 15,
        size_limit: bool = False,
        **named: Given,
    ) -> tuple[Value, ...]:
        """Return ``E[L]`` at several times ``t``, as :meth:`evaluate` does."""
        given = {**(values or {}), **named, "t": 0}
        return self._asked(
            given, lambda own, known: own._values_at(times, known, digits, size_limit)
        )

    def _values_at(
        self, times: Iterable[Given], known: dict[str, Rational], digits: int, size_limit: bool
    ) -> tuple[Value, ...]:
        exact = [exact_number("t", t) for t in times]
        self._refuse_beyond(known, exact)
        found = self._curve(known, exact, digits_within(digits))
        self._refuse_after(known, exact)
        if not size_limit:
            first = min(exact, default=Rational(0))
            refuse_after_blow_up(self.problem, known, first, self.domain)
            for t, value in sorted(zip(exact, found, strict=True), key=lambda at: at[0])[-1:]:
                if self._unproved({**known, "t": t}):
                    here = partial(self._curve, known)
                    refuse_where_parted(self.problem, {**known, "t": t}, value, here)
        seen = [
            possible(self.problem, {**known, "t": t}, value)
            for t, value in zip(exact, found, strict=True)
        ]
        return placed(self.problem, known, self.numbers.value, seen)

    def standing(self, values: Mapping[str, Given] | None = None, /, **named: Given) -> str:
        """Return what the formula says at ``t = 0`` at given sizes, beside the exact ``E[L]``.

        At ``t > 0`` a formula whose end is not proved to be the loss's stands beside runs of the
        same sizes, where such can be afforded.

        >>> from diagrams.dynamics.solving import solve
        >>> from diagrams.problems.cp import cp_problem
        >>> solution = solve(cp_problem(order=4, target="zero"), regime="A-B")
        >>> solution.standing(p=64, H=512, sigma="1/10", t=0)
        'at t = 0 the formula gives 59.0558 at these sizes, for the exact 68.049 (-13 %)'
        """
        return self._asked({**(values or {}), **named}, Solution._standing)

    def _standing(self, known: dict[str, Rational]) -> str:
        try:
            start = compared_at_start(self.problem, known, self.numbers.value)
            late = self._unproved(known) and beside_runs(
                self.problem, known, self._value(known, SHOWN)
            )
        except OutsideDomain:
            return ""
        return f"{start}; at t = {known['t']} {late}" if late else start

    def at_finite_sizes(
        self,
        times: Iterable[Given],
        values: Mapping[str, Given] | None = None,
        /,
        **named: Given,
    ) -> FiniteSizeCurve:
        """Return ``E[L]`` to the next order in the sizes and ``Var[L]`` at several times ``t``.

        Where there are none, the result says why.  See :mod:`diagrams.dynamics.finite_sizes`.

        >>> from diagrams.dynamics.solving import solve
        >>> from diagrams.problems.files import parse_problem
        >>> linear = parse_problem('''
        ... families = {feature = "N"}
        ... tensors.w = {families = ["feature"], role = "trained", variance = "1/N"}
        ... tensors.x = {families = ["feature"], role = "frozen", variance = 1}
        ... model = {output = "w[i] x[i]", target = "0"}
        ... loss = {kind = "squared error", over = [], average = ["x"]}
        ... ''')
        >>> found = solve(linear).at_finite_sizes([0, "1/2"], N=8)
        >>> [round(float(mean), 4) for mean in found.mean], [round(d, 4) for d in found.deviation]
        ([0.5, 0.1839], [0.25, 0.092])
        """
        known = self._values({**(values or {}), **named, "t": 0})
        exact = tuple(exact_number("t", t) for t in times)
        escape = self.escape({**(values or {}), **named})
        return finite_size_curve(self.problem, self.face, known, exact, escape)

    def escape(
        self, values: Mapping[str, Given] | None = None, /, law: bool = True, **named: Given
    ) -> Escape | None:
        """Return how runs leave the plateau that the solution stays on, if it does.

        Its time at sizes that are far larger is computed, too, but without ``law``.
        ``None`` for solutions that stay on none, or are not those of means.
        See :mod:`diagrams.order_parameters.escape`.
        """

        def found(own: Solution, known: dict[str, Rational]) -> Escape | None:
            if own.means is None or own.face is None:
                return None
            return escape_at(own.means, own.face, known, law)

        escape = self._asked({**(values or {}), **named, "t": 0}, found)
        if escape is None or self.names is None:
            return escape
        return replace(escape, large=escape.large and self.names.of(escape.large))

    def lateral(
        self, values: Mapping[str, Given] | None = None, /, digits: int = 8, **named: Given
    ) -> Lateral:
        """Return the lateral Borel sum at a time where :meth:`evaluate` refuses.

        See :class:`diagrams.dynamics.beyond.Lateral`.  Raises
        :class:`~diagrams.errors.BadInput` for a solution that has none.
        """
        found = self._asked(
            {**(values or {}), **named},
            lambda own, known: own.numbers.lateral(known, digits_within(digits)),
        )
        if found is None:
            raise BadInput("lateral", self.regime, "regimes whose series has no Borel sum")
        return found

    def sample(
        self,
        values: Mapping[str, Given] | None = None,
        /,
        coordinates: int = 1000,
        seed: int = 0,
        **named: Given,
    ) -> SampledLoss:
        """Return the loss of the closure for a finite sample of coordinates, drawn with a seed.

        See :class:`diagrams.dynamics.beyond.SampledLoss`.  Raises
        :class:`~diagrams.errors.BadInput` for a solution without coordinates, and
        :class:`~diagrams.errors.OutsideDomain` beyond the first blow-up in the sample.
        """
        found = self._asked(
            {**(values or {}), **named},
            lambda own, known: own.numbers.sample(known, coordinates, seed),
        )
        if found is None:
            raise BadInput("sample", self.regime, "regimes whose coordinates are followed")
        return found

    @cached_property
    def endings(self) -> tuple[Ending, ...]:
        """What happens at both ends of the times: limits, rates, powers of blow-up.

        Each says whether its limit is that of the loss or that of the formula.

        >>> from diagrams.dynamics.solving import solve
        >>> from diagrams.problems.cp import cp_problem
        >>> for end in solve(cp_problem(order=3, target="zero"), regime="A").endings:
        ...     print(end)
        t -> oo: E[L] -> 0; formula ~ sqrt(3)*H*T**(3/2)/(144*t**(3/2))
        t -> t_c = -T/(12*p**2*sigma**4): formula -> oo as |t - t_c|^(-3/2)
        """
        if self.source is None or self.names is None:
            return self.ends.of(self)
        found: tuple[Ending, ...] = self.names.value(self.source.endings)
        return found

    @property
    def limit(self) -> Expr | None:
        """The limit of ``E[L]`` for ``t -> oo``, where it is proved and needs no condition."""
        late = [e for e in self.endings if e.time == sympy.oo and e.of == "loss"]
        return next((end.limit for end in late if not end.condition), None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the formula is, and is not, at finite sizes."""
        return notes_of(self.problem, self.face, self.forward)

    @property
    def shared_notes(self) -> tuple[str, ...]:
        """The same in words that hold for the solutions of all regimes of the problem."""
        return shared_notes_of(self.problem, self.face, self.forward)

    @cached_property
    def denominators(self) -> tuple[Expr, ...]:
        """Sums in denominators of an explicit formula, for whose zeros there is no formula."""
        if self.kind != "explicit" or self.existence:
            return ()
        return denominators(self.expr, sympy_symbol("t"))

    def _refuse_beyond(self, values: dict[str, Rational], times: Sequence[Rational]) -> None:
        refuse_beyond(self.denominators, values, times)
        if self.holding is not None:
            self.holding.refuse_beyond(values, times)

    def _refuse_after(self, values: dict[str, Rational], times: Sequence[Rational]) -> None:
        """Refuse what a formula gives after its end: it may go on there."""
        if self.kind == "explicit":
            refuse_after([self.plain(end) for end in self.existence], values, times, SHOWN)

    def _value(self, values: Mapping[str, Rational], digits: int) -> Value:
        try:
            return self.numbers.value(values, digits)
        except OutsideDomain as refusal:
            limit = None if refusal.bound else limit_beside(self.numbers.value, values, digits)
            if limit is None:
                raise
            return limit

    def _curve(
        self, known: Mapping[str, Rational], times: Sequence[Rational], digits: int = SHOWN
    ) -> tuple[Value, ...]:
        try:
            return self.numbers.curve(dict(known), times, digits)
        except OutsideDomain:
            return tuple(self._value({**known, "t": t}, digits) for t in times)

    def _unproved(self, known: dict[str, Rational]) -> bool:
        """Whether nothing proves that the number of a late time is that of the loss.

        A scale or a decay that the formula lacks may rule in the end, also on the way to an end
        that is proved.
        """
        ends = any(e.time == sympy.oo and e.of != "loss" for e in self.endings)
        open_ended = not self.every_size and (ends or bool(self._unused()))
        return known["t"] > 0 and open_ended

    def _unused(self) -> set[str]:
        """Symbols of scale and decay that nothing in the solution depends on."""
        parts = (self.formula, *self.conditions, *self.existence)
        used = {s.name for part in parts for s in self.plain(part).free_symbols}
        return set(self.symbols) - used - {*self.problem.positive, "T", "t"}

    def existence_time(
        self, values: Mapping[str, Given] | None = None, /, digits: int = 15, **named: Given
    ) -> Value | None:
        """Return the time nearest to zero at which a solution ends; ``None`` if it never does.

        Raises :class:`~diagrams.errors.BadInput` for a solution that neither has a formula for it
        in ``existence`` nor numbers that tell.
        """
        given = {**(values or {}), **named, "t": 0}
        return self._asked(given, lambda own, known: own._existence_time(known, digits))

    def _existence_time(self, known: dict[str, Rational], digits: int) -> Value | None:
        ends, wanted = [self.plain(end) for end in self.existence], digits_within(digits)
        read = partial(read_end, known, wanted, ends, self.denominators)
        return self.numbers.existence_time(known, wanted, read)

    def _asked(
        self, given: Mapping[str, Given], work: Callable[[Solution, dict[str, Rational]], Result]
    ) -> Result:
        """What the derivation says at values, under the names of the problem.

        What is missing or wrong is told first.
        """
        known = self._values(given)
        derived, names = self.source, self.names
        try:
            if derived is None or names is None:
                return work(self, known)
            inside = dict(zip(self.symbols, derived.symbols, strict=True))
            translated = {inside[name]: value for name, value in known.items()}
            return names.asked(lambda: work(derived, translated))
        except OverflowError:
            raise OutsideDomain(TOO_LARGE) from None

    def _values(self, given: Mapping[str, Given]) -> dict[str, Rational]:
        listed = ", ".join(self.symbols)
        for name in given:
            if name not in self.symbols:
                raise BadInput("symbol", name, listed)
        values = {}
        for name in self.symbols:
            if name not in given:
                if name in self._unused():
                    continue
                if name != "T":
                    raise Missing("at", f"no value of {name}", f"values of {listed}")
            values[name] = exact_number(name, given.get(name, 1))
            if name in (*self.problem.positive, "T") and not values[name] > 0:
                raise BadInput(name, given[name], "a positive number")
        return values
