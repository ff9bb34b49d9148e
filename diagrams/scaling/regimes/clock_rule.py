r"""The clock rule: is the natural time of a regime one at which its coefficients move the loss?

``T`` is what a term of the face gains per order.  It can be set by a mode of vanishing relative
size that is faster than all others: it then rules every coefficient from some order on, and nothing
else (a *formal clock*).  The exact exponents tell.  Let ``a`` be the large number as powers of
which sizes and scales grow, ``|Y_s| ~ a^(h_s)`` (the target's constant left out of ``Y_0``) and
``T ~ a^u``.  At ``t = x T`` the expansion is

.. math:: \sum_s \frac{Y_s}{s!}\,\frac{(\pm x)^s}{T^s},
    \qquad |Y_s|\,T^{-s} \sim a^{g_s},\quad g_s = h_s - s u .

**The rule.**  If ``g_s < h_0`` for every ``s >= 1``, every coefficient of ``E[L] / Y_0`` beyond
the first tends to zero on this clock: the clock is *formal*.  If ``g_s >= h_0`` for some
``s >= 1``, the coefficients *move* at ``T`` by the order of ``Y_0`` or more.

**Which constant.**  The loss of the zero function (``p/2`` for the identity target) is left out
of ``Y_0``.  Coefficients do not tell how much of it can be lost: a model too small to fit the
target keeps nearly all of it for ever, and where features begin to be learned the loss has hardly
left it at ``T``, rightly.  A drop that is small against the constant is therefore no sign of a
formal clock.  The rule asks less: whether what the model itself brings to the initial loss, its own
output and its overlap with the target, is moved.  That all that moves is of lower order than the
constant is said beside it.

**All scalings, all orders.**  The scalings of a regime are the relative interior of a cone:
equalities and strict inequalities that are linear in the scaling.  Where a condition moves with
the order, an equality must hold at every order, an inequality from some order on.  All ``h_s`` are
maxima of linear forms, one for every vertex of the front, so each question (is there a scaling at
which ``g_s >= h_0``; is there one at which ``g_s < h_0`` for all s) is a few exact linear
programs.  From the order on from which the vertices are lines in ``s``, ``g_s`` does not rise
with ``s`` along a line, because the face of ``T`` leads in the end: the first order of every
residue class is the largest.  So finitely many orders decide for all, as far as the lines are
known to hold.

**What it does not prove.**  It is a statement about coefficients.  The limit of large sizes is
taken term by term, and the series is asymptotic: that coefficients move does not prove that the
loss does, nor the converse, and the rule does not name the right time where the clock is formal.
Simulation is the independent second way (:func:`diagrams.agreement.comparing.compare`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from typing import Literal

from diagrams.evidence import Evidence, Kind
from diagrams.scaling.polyhedra.polyhedra import HalfSpace, both_sides, maximum
from diagrams.scaling.regimes.clock import Exponents, natural_clock
from diagrams.scaling.regimes.relations import Limit, Relation, conditions_text, relation
from pde.linear_algebra import (
    Integers,
    Vector,
    difference,
    dot,
    null_space,
    primitive,
    rank,
)

Verdict = Literal["formal", "formal in part", "moves", "undetermined"]
Extent = Literal["nowhere", "in part", "throughout"]

SAID: dict[Verdict, str] = {
    "formal": "T is a formal clock",
    "formal in part": "T is a formal clock in part of the regime",
    "moves": "at T the coefficients move E[L] by as much as Y_0 or more",
    "undetermined": "the coefficients do not tell whether T is a formal clock",
}
NO_SCALING = "no scaling lies in the regime at every order"
CONSTANT = "the target's constant"
NO_CLOCK = "the terms of the face share no time scale"


@dataclass(frozen=True)
class Cone:
    """The scalings of a regime: exponents of all symbols, for which every size grows.

    ``growing`` are the places of the sizes among the symbols.
    """

    symbols: tuple[str, ...]
    growing: tuple[int, ...]
    equalities: tuple[Relation, ...]
    inequalities: tuple[Relation, ...]

    def meets(self, strict: Sequence[Vector], weak: Sequence[Vector]) -> bool:
        """Whether some scaling in it makes all forms ``strict`` > 0 and all ``weak`` >= 0.

        >>> cone = Cone(("p", "H"), (0, 1), (), ())
        >>> cone.meets([(1, -1)], [(-1, 2)]), cone.meets([(1, -1)], [(-1, 1)])
        (True, False)
        """
        if self.is_empty:
            return False
        kept: tuple[list[Vector], list[Vector]] = ([], [])
        for forms, left in zip((strict, weak), kept, strict=True):
            for form in dict.fromkeys(forms):
                low, high = self._range(form)
                if high < 0 or (high == 0 and (low < 0 or forms is strict)):
                    return False
                if low < 0 or (low == high == 0 and forms is strict):
                    left.append(form)
        if sum(map(len, kept)) <= 1:
            return True  # one form that is positive somewhere, or none
        gap = (*(0 for _ in self.symbols), 1)
        found = maximum(gap, self._half_spaces(*kept))
        return found is not None and found.value is not None and found.value > 0

    @property
    def is_empty(self) -> bool:
        """Whether no scaling lies in it."""
        rays, lines = _generators(self)
        return any(
            not any(dot(form, line) for line in lines) and all(dot(form, ray) <= 0 for ray in rays)
            for form in self.positive
        )

    def inside(self, weight: int = 3) -> tuple[Integers, ...]:
        """Some scalings in it: the sum of its extreme rays, and one nearer to each of them.

        >>> Cone(("p", "H"), (0, 1), (), ()).inside()
        ((1, 1), (1, 3), (3, 1))
        """
        if self.is_empty:
            return ()
        rays, _ = _generators(self)
        whole = [sum(entries) for entries in zip(*rays, strict=True)]
        near = [[a + (weight - 1) * b for a, b in zip(whole, ray, strict=True)] for ray in rays]
        return tuple(dict.fromkeys(primitive(one) for one in (whole, *near)))

    @property
    def level(self) -> tuple[Vector, ...]:
        """The forms that vanish in it."""
        return tuple(e for r in self.equalities for e in (r.fixed, r.moving) if any(e))

    @property
    def positive(self) -> tuple[Vector, ...]:
        """The forms that are positive in it."""
        signs = {Limit.INFINITY: 1, Limit.ZERO: -1}
        forms: list[Vector] = [
            tuple(signs[r.limit] * e for e in r.eventual) for r in self.inequalities
        ]
        space = range(len(self.symbols))
        return (*forms, *(tuple(int(k == place) for k in space) for place in self.growing))

    def _range(self, form: Vector) -> tuple[Fraction, Fraction]:
        """The least and largest value at the generators: their signs are those in the cone."""
        rays, lines = _generators(self)
        across = [Fraction(dot(form, line)) for line in lines]
        values = [Fraction(dot(form, ray)) for ray in rays]
        values += [*across, *(-value for value in across)]
        return min(values, default=Fraction(0)), max(values, default=Fraction(0))

    def _half_spaces(self, strict: Sequence[Vector], weak: Sequence[Vector]) -> list[HalfSpace]:
        """Rows in the scaling and a gap by which everything strict holds."""
        zero = Fraction(0)
        rows = [side for form in self.level for side in both_sides((*form, 0), zero)]
        rows += [((*(-e for e in form), 1), zero) for form in (*self.positive, *strict)]
        rows += [((*(-e for e in form), 0), zero) for form in weak]
        return [*rows, ((*(0 for _ in self.symbols), 1), Fraction(1))]


@lru_cache(maxsize=512)
def _generators(cone: Cone) -> tuple[tuple[Integers, ...], tuple[Integers, ...]]:
    """The extreme rays of the closed cone, and a basis of the lines in it."""
    space, level, positive = len(cone.symbols), cone.level, cone.positive
    lines = null_space([*level, *positive], space)
    fixed = [*level, *lines]  # rays are taken at right angles to the lines
    rays: dict[Integers, None] = {}
    for tight in combinations(positive, max(0, space - rank(fixed) - 1)):
        found = null_space([*fixed, *tight], space)
        for ray in (found[0], tuple(-e for e in found[0])) if len(found) == 1 else ():
            if all(dot(form, ray) >= 0 for form in positive):
                rays[ray] = None
    return tuple(rays), lines


@dataclass(frozen=True)
class FirstOrders:
    """What the rule needs of the front: its leading vertices, order by order.

    ``vertices[s]`` are those of ``Y_s``, the constant left out, up to the order from which every
    residue class follows its lines; ``constant`` holds the exponents of the target's constant;
    ``sizes`` are the symbols that grow.  ``proved`` tells whether the lines are known for all
    orders, ``last`` is the highest order that was computed; nothing is said beyond it where faces
    were only ``seen``.
    """

    vertices: tuple[tuple[Vector, ...], ...]
    constant: tuple[Vector, ...]
    sizes: tuple[str, ...]
    proved: bool
    last: int
    seen: bool = False


@dataclass(frozen=True)
class ClockRule:
    """What the coefficients of a regime say of its time scale.

    ``where`` are the conditions under which the clock is formal, if it is so in part and if they
    are monomials; ``beneath`` says where all that moves at T is of lower order than the
    target's constant.  ``reason`` says why a verdict is undetermined.
    """

    verdict: Verdict
    where: tuple[Relation, ...]
    beneath: Extent
    evidence: Evidence
    reason: str = ""

    @property
    def words(self) -> str:
        """The verdict in a clause.

        >>> from diagrams.problems.cp import cp_problem
        >>> from diagrams.scaling.regimes.finding import regimes
        >>> found = regimes(cp_problem(order=3, ties="2+1"))
        >>> print(found["C"].clock_rule.words)
        T is a formal clock where p^3 H sigma^6 -> inf (no coefficient moves E[L] at it by as \
much as Y_0); all that moves is small against the target's constant
        """
        head, tail = self.phrases
        return head + (f" where {conditions_text(self.where)}" if self.where else "") + tail

    @property
    def phrases(self) -> tuple[str, str]:
        """The clause around the conditions ``where``: what stands before and behind them."""
        if self.verdict == "undetermined":
            return f"{SAID[self.verdict]}: {self.reason}", ""
        place = {"throughout": "", "in part": ", in part of the regime"}.get(self.beneath)
        small = "" if place is None else f"; all that moves is small against {CONSTANT}{place}"
        if self.verdict == "moves":
            return SAID[self.verdict], small
        head = SAID["formal" if self.where else self.verdict]
        return head, f" (no coefficient moves E[L] at it by as much as Y_0){small}"

    def to_dict(self) -> dict[str, object]:
        """The verdict as plain data, for JSON."""
        return {
            "verdict": self.verdict,
            "where": [str(found) for found in self.where],
            "beneath_constant": self.beneath,
            "statement": self.words,
            "evidence": self.evidence.to_dict(),
        }


def clock_rule(cone: Cone, clock: Exponents | None, orders: FirstOrders) -> ClockRule:
    """Return what the coefficients say of the clock of a regime, by the rule of this module.

    ``clock`` holds the exponents of T, one for every symbol of ``cone``.

    >>> cone = Cone(("p", "H"), (0, 1), (), (relation("pH", (-1, 1), (0, 0), Limit.INFINITY),))
    >>> slow = FirstOrders((((3, 1),), ((3, 2),)), (), ("p", "H"), True, 1)
    >>> clock_rule(cone, (Fraction(1), Fraction(1)), slow).verdict
    'formal'
    >>> clock_rule(cone, (Fraction(0), Fraction(1)), slow).verdict
    'moves'
    """
    evidence = _evidence(orders)
    if clock is None:
        return ClockRule("undetermined", (), "nowhere", evidence, NO_CLOCK)
    if cone.is_empty:
        return ClockRule("undetermined", (), "nowhere", evidence, NO_SCALING)
    start, *later = orders.vertices
    moving = tuple(dict.fromkeys(_in_units(later, clock)))
    beneath = _beneath(cone, orders.constant, moving)
    if not any(_above(cone, one, moving) for one in start):
        return ClockRule("moves", (), beneath, evidence)
    if not any(_not_below(cone, form, start) for form in moving):
        return ClockRule("formal", (), beneath, evidence)
    return ClockRule("formal in part", _where(cone, start, moving), beneath, evidence)


def _in_units(later: Sequence[Sequence[Vector]], clock: Exponents) -> Iterator[Vector]:
    """The vertices of orders 1, 2, .. in units of the powers of T."""
    for s, vertices in enumerate(later, start=1):
        for vertex in vertices:
            yield tuple(e - s * u for e, u in zip(vertex, clock, strict=True))


def _above(cone: Cone, form: Vector, others: Sequence[Vector]) -> bool:
    """Whether a form is larger than all others at some scaling."""
    return cone.meets([difference(form, other) for other in others], ())


def _not_below(cone: Cone, form: Vector, others: Sequence[Vector]) -> bool:
    """Whether a form is as large as all others, or larger, at some scaling."""
    return cone.meets((), [difference(form, other) for other in others])


def _beneath(cone: Cone, constant: Sequence[Vector], moving: Sequence[Vector]) -> Extent:
    if not any(_above(cone, one, moving) for one in constant):
        return "nowhere"
    return "in part" if any(_not_below(cone, x, constant) for x in moving) else "throughout"


def _where(cone: Cone, start: Sequence[Vector], moving: Sequence[Vector]) -> tuple[Relation, ...]:
    """The conditions for a formal clock in a regime where one term of ``Y_0`` leads."""
    leading, *others = [one for one in start if _not_below(cone, one, start)]
    if any(_above(cone, *pair) for x in others for pair in ((leading, [x]), (x, [leading]))):
        return ()
    steps = [difference(leading, form) for form in moving]
    open_steps = [step for step in steps if cone.meets((), [tuple(-e for e in step)])]
    needed: list[Vector] = []
    for number, step in enumerate(open_steps):
        rest = (*needed, *open_steps[number + 1 :])
        if cone.meets(rest, [tuple(-e for e in step)]):
            needed.append(step)
    zeros = [0] * len(cone.symbols)
    simplest = (form for step in needed if (form := natural_clock([step], cone.level)) is not None)
    found = (relation(cone.symbols, form, zeros, Limit.INFINITY) for form in simplest)
    return tuple(dict.fromkeys(found))


def _evidence(orders: FirstOrders) -> Evidence:
    reach = (
        "every order, by the proved front"
        if orders.proved
        else f"orders 1 to {orders.last}"
        + (" alone" if orders.seen else ", and beyond if the vertices follow their lines")
    )
    return Evidence(
        Kind.DERIVED,
        "exponents of Y_1, Y_2, .. in units of the powers of T, compared with those of Y_0"
        f" ({CONSTANT} left out) at all scalings of a regime by linear programs; {reach};"
        " a statement about coefficients, not about the curve",
        orders.last,
    )
