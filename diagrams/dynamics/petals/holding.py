"""Until when a formula holds that follows from linear rates.

Where the largest atoms of a face move petals linearly, the certificate compares nothing but the
linear motion and the first response to it: at every order these lead.  If the motion grows, what is
left out grows faster and catches up, at a time of the order of a logarithm of the sizes.  So the
linear motion is integrated beside that of the closure with the atoms of the next size, and a time
is refused from which on they differ by a third of what has moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy
import sympy
from numpy.typing import NDArray
from sympy import Expr, Rational

from diagrams.dynamics.explicit.exact_input import in_symbols
from diagrams.dynamics.petals.closure import Closure, closure_of
from diagrams.dynamics.petals.grouping import local, public
from diagrams.dynamics.petals.petals import Exponent, PetalPolynomial
from diagrams.dynamics.sentences import sentence
from diagrams.errors import NotSolved, OutsideDomain
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol
from pde.expressions.statement import joined

if TYPE_CHECKING:
    from diagrams.dynamics.face import Face

LEVELS = (2, 3)
"""Sizes of atoms among which the first that do not move linearly are looked for."""
SHARE = 3
"""Times what is left out that has moved makes, at least, what has moved."""
FLOOR = 50
"""Times a difference that does not count makes the loss."""
WHILE = "while what is left out is small against what has moved"
STEPS, TOLERANCE, FIRST = 20_000, 1e-7, 1e-3
Vector = NDArray[numpy.float64]


@dataclass(frozen=True)
class Holding:
    """The linear closure of a face, the one with the atoms of the next size, and the constant.

    ``decays`` are the symbols that only the potential holds: they are positive.
    """

    linear: Closure
    beyond: Closure
    constant: Polynomial
    decays: tuple[str, ...] = ()

    @cached_property
    def matrix(self) -> sympy.Matrix:
        """The linear rates of the petals, in plain symbols."""
        petals = self.linear.variables or ()
        rows = [dict(self.linear.rate(m)) for m in petals]
        return sympy.Matrix(
            [[-row.get(((n, 1),), Polynomial()).to_sympy() for n in petals] for row in rows]
        )

    @cached_property
    def rates(self) -> tuple[Expr, ...]:
        """The rates of the linear motion in ``t/T``."""
        found = (sympy.factor(local(rate)) for rate in self.matrix.eigenvals())
        return tuple(sorted(map(public, found), key=sympy.default_sort_key))

    def grows(self, side: int, values: Mapping[sympy.Symbol, Expr]) -> bool:
        """Whether the linear motion grows on a side of the times."""
        return any(sympy.re(sympy.N(side * r.xreplace(dict(values)))) > 0 for r in self.rates)

    # -- in words ---------------------------------------------------------------------------------

    @property
    def domain(self) -> str:
        """Until when the formula holds, on both sides of the times."""
        names = {s.name for rate in self.rates for s in rate.free_symbols} - set(self.decays)
        if names - {self.linear.rows.number, self.linear.rows.features}:
            return f"t {WHILE}, on the sides on which this grows; evaluate refuses beyond"
        parts = [self._said(side) for side in (1, -1)]
        return joined("; ", (*parts, "evaluate refuses beyond"))

    def _said(self, side: int) -> str:
        growing = [side * r for r in self.rates if not (side * local(r)).is_nonpositive]
        name = "t > 0" if side > 0 else "t < 0"
        if not growing:
            return f"all {name}"
        (rate, *more) = growing
        start = f"{name} {WHILE}"
        if more:
            return start
        bound = side * sympy_symbol("T") * sympy.log(1 / (SHARE * self._ratio)) / rate
        said = sentence("{}: up to about {}", start, bound)
        return said if local(rate).is_positive else said + sentence(", if {} > 0", rate)

    @property
    def _ratio(self) -> Expr:
        """How large the atoms left out are at first, against those kept."""
        kept = _size(self.linear, self.linear.generator)
        beyond = PetalPolynomial.of(
            (powers, c)
            for powers, c in self.beyond.generator
            if sum(power for _, power in powers) > 1
        )
        return public(sympy.factor(sympy.cancel(_size(self.beyond, beyond) / kept)))

    # -- in numbers -------------------------------------------------------------------------------

    def refuse_beyond(self, values: Mapping[str, Rational], times: Sequence[Rational]) -> None:
        """Refuse times at which the formula holds no longer.

        Raises :class:`~diagrams.errors.OutsideDomain`, with the time up to which it does.
        """
        for until in {max(times, default=Rational(0)), min(times, default=Rational(0))}:
            end = self.end(values, until)
            if end is not None:
                raise OutsideDomain(
                    f"t = {until}: what the formula leaves out has grown to a third of what has"
                    f" moved; it holds up to about t = {end:.4g}",
                    "t",
                    f"{end:.4g}",
                )

    def end(self, values: Mapping[str, Rational], until: Rational) -> float | None:
        """Return the time before ``until`` at which the formula ceases to hold, if there is one."""
        clock = float(values["T"])
        goal = float(until) / clock
        plain = in_symbols(values)
        if not goal or not self.grows(1 if goal > 0 else -1, plain):
            return None
        pair = [_Motion.of(closure, values) for closure in (self.linear, self.beyond)]
        constant = _at(self.constant, values)
        starts = [motion.loss(motion.start) for motion in pair]

        def apart(state: Vector) -> bool:
            losses = [m.loss(part) for m, part in zip(pair, _split(state, pair), strict=True)]
            moved = [loss - start for loss, start in zip(losses, starts, strict=True)]
            gap = abs(moved[1] - moved[0])
            size = max(abs(constant + loss) for loss in losses)
            return not gap <= max(max(map(abs, moved)) / SHARE, size / FLOOR)

        def field(state: Vector) -> Vector:
            parts = zip(pair, _split(state, pair), strict=True)
            together: Vector = numpy.concatenate([m.field(part) for m, part in parts])
            return together if goal > 0 else -together

        begun = numpy.concatenate([motion.start for motion in pair])
        with numpy.errstate(all="ignore"):
            end = _until(field, begun, abs(goal), apart)
        return None if end is None else float(numpy.sign(goal)) * end * clock


def holding_of(face: Face) -> Holding | None:
    """Return until when a formula of a face holds; ``None`` where no linear motion leads there.

    >>> from diagrams.dynamics.face import face_of
    >>> from diagrams.problems.cp import cp_problem
    >>> print(holding_of(face_of(cp_problem(order=2), "E")).domain)
    t > 0 while what is left out is small against what has moved: up to about \
T*log(2/(3*sigma**2*(H + p)))/4; all t < 0; evaluate refuses beyond
    >>> holding_of(face_of(cp_problem(order=2), "E-A")) is None
    True
    """
    if face.parts:
        return None
    try:
        linear = closure_of(face.problem, face.regime)
        if not _is_linear(linear):
            return None
        further = (closure_of(face.problem, face.regime, levels) for levels in LEVELS)
        beyond = next((c for c in further if c.variables and not _is_linear(c)), None)
    except NotSolved:
        return None
    if beyond is None:
        return None
    own, every = (
        {name for _, weight in value for name in weight.symbols}
        for value in (face.problem.observable, face.problem.potential)
    )
    return Holding(linear, beyond, face.constant, tuple(sorted(every - own)))


def _is_linear(closure: Closure) -> bool:
    """Whether finitely many petals move with linear rates."""
    petals = closure.variables
    if petals is None:
        return False
    terms = [powers for m in petals for powers, _ in closure.rate(m)]
    return bool(terms) and all(sum(power for _, power in powers) == 1 for powers in terms)


def _size(closure: Closure, value: PetalPolynomial) -> Expr:
    """A polynomial in petals with ``p prod_c sigma_c^(m_c)`` for each and no sign."""
    rows = closure.rows

    def petal(m: Exponent) -> Expr:
        found = local(sympy_symbol(rows.features))
        for entry, variance in zip(m, rows.variances, strict=True):
            found *= sympy.sqrt(local(variance.to_sympy())) ** entry
        return found

    total = sympy.S.Zero
    for powers, c in value:
        for term in sympy.Add.make_args(local(c.to_sympy())):
            total += abs(term) * sympy.Mul(*(petal(m) ** power for m, power in powers))
    return total


@dataclass(frozen=True)
class _Motion:
    """The petals of a closure in numbers."""

    start: Vector
    field: Callable[[Vector], Vector]
    loss: Callable[[Vector], float]

    @staticmethod
    def of(closure: Closure, values: Mapping[str, Rational]) -> _Motion:
        petals = closure.variables or ()
        place = {m: k for k, m in enumerate(petals)}

        def compiled(value: PetalPolynomial) -> Callable[[Vector], float]:
            terms = [
                (_at(c, values), [(place[m], power) for m, power in powers]) for powers, c in value
            ]

            def number(state: Vector) -> float:
                return sum(
                    c * float(numpy.prod([state[k] ** power for k, power in powers]))
                    for c, powers in terms
                )

            return number

        rates = [compiled(closure.rate(m)) for m in petals]
        return _Motion(
            numpy.array([_at(closure.rows.initial(m), values) for m in petals]),
            lambda state: -numpy.array([rate(state) for rate in rates]),
            compiled(closure.observable),
        )


def _at(polynomial: Polynomial, values: Mapping[str, Rational]) -> float:
    plain = polynomial.to_sympy()
    return float(plain.xreplace(in_symbols(values)))


def _split(state: Vector, pair: Sequence[_Motion]) -> tuple[Vector, Vector]:
    count = len(pair[0].start)
    return state[:count], state[count:]


def _until(
    field: Callable[[Vector], Vector], state: Vector, goal: float, apart: Callable[[Vector], bool]
) -> float | None:
    """The first time at which a state is apart, by steps of Bogacki and Shampine."""
    time, rate = 0.0, field(state)
    size = max(float(abs(state).max()), 1e-300)
    step = min(goal, FIRST * size / max(float(abs(rate).max()), size / goal))
    for _ in range(STEPS):
        if time >= goal:
            return None
        step = min(step, goal - time)
        two = field(state + step / 2 * rate)
        three = field(state + 3 * step / 4 * two)
        new = state + step / 9 * (2 * rate + 3 * two + 4 * three)
        last = field(new)
        error = step * (-5 * rate / 72 + two / 12 + three / 9 - last / 8)
        scale = TOLERANCE * max(float(abs(state).max()), float(abs(new).max()))
        ratio = float(abs(error).max()) / scale
        if ratio <= 1:
            time, state, rate = time + step, new, last
            if apart(state):
                return time
        elif not numpy.isfinite(ratio) and step < 1e-9 * goal:
            return time
        step *= min(4.0, 0.8 / ratio ** (1 / 3)) if 0 < ratio < 1e9 else (4.0 if not ratio else 0.1)
    return None
