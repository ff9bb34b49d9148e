r"""Which exponents of variances, rates and prefactors keep observables of order one.

All sizes are powers of one large parameter ``a`` (the *regime*), and each *unknown* symbol is
``a`` to an exponent that is asked for.  The mean of an observable is an exact polynomial, so that
each of its terms is ``a`` to an exponent linear in the unknown ones; it is of order one where no
term has a positive exponent and one has exponent zero.  All observables together give a union of
polyhedra, in rational arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product

from diagrams.display import Displayed
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.polynomials.polynomial import Polynomial, text
from diagrams.polynomials.rationals import rational
from diagrams.polynomials.spelling import LARGE, letter
from diagrams.problems.problem import Problem, stated
from diagrams.scaling.polyhedra.polyhedra import HalfSpace, Polyhedron, both_sides
from diagrams.series.expansion import expand
from pde.linear_algebra import Vector

Exact = int | str | Fraction
UNKNOWN_LIMIT = 12
PIECES_LIMIT = 10_000


@dataclass(frozen=True)
class Demand:
    """One demand on the exponents: a term must not grow, or an observable must not vanish.

    ``terms`` are the terms that the demand is about, as monomials, and ``half_spaces`` what it
    means for each: all of them hold where a term must ``stay`` below, one of their boundaries
    must be reached where the observable must not vanish.
    """

    observable: str
    stays: bool
    order: Fraction
    terms: tuple[Polynomial, ...]
    half_spaces: tuple[HalfSpace, ...]

    @property
    def choices(self) -> tuple[tuple[HalfSpace, ...], ...]:
        """Sets of half-spaces, one of which must hold."""
        if self.stays:
            return (self.half_spaces,)
        return tuple(both_sides(*half_space)[1:] for half_space in self.half_spaces)

    def said(self, large: str) -> str:
        """The demand in words; ``large`` is the number whose powers are orders."""
        listed = " or ".join(text(term).replace("**", "^") for term in self.terms)
        verb = "is at most of order" if self.stays else "reaches order"
        return f"{listed} in {self.observable} {verb} {_power(large, self.order)}"

    def __str__(self) -> str:
        return self.said(letter(LARGE, {name for term in self.terms for name in term.symbols}))


@dataclass(frozen=True)
class Parameterisation(Displayed):
    """The exponents that keep observables of the orders demanded, in one regime.

    ``unknown`` are the symbols whose exponents are coordinates of every polyhedron of ``pieces``,
    none of which holds another.  Without any, ``contradiction`` are demands that cannot be met
    together though any smaller choice of them can: two wherever two are enough.
    """

    problem: Problem
    regime: tuple[tuple[str, Fraction], ...]
    unknown: tuple[str, ...]
    demands: tuple[Demand, ...]
    pieces: tuple[Polyhedron, ...]
    contradiction: tuple[Demand, ...]
    evidence: Evidence

    @property
    def kind(self) -> str:
        """``infeasible``, ``point``, ``line``, or ``polyhedron`` (also several of them)."""
        if not self.pieces:
            return "infeasible"
        if len(self.pieces) > 1:
            return "polyhedron"
        return {0: "point", 1: "line"}.get(self.pieces[0].dimension, "polyhedron")

    @property
    def large(self) -> str:
        """The number whose powers are sizes and scales: a letter that is no symbol's."""
        return letter(LARGE, {*self.problem.symbols, *self.unknown})

    @property
    def point(self) -> dict[str, Fraction]:
        """The exponents, where they are unique.

        Raises :class:`~diagrams.errors.BadInput` where they are not.
        """
        if self.kind != "point":
            raise BadInput("point", self.kind, "a solution set that is one point")
        found = self.pieces[0].point
        assert found is not None
        return dict(zip(self.unknown, map(Fraction, found), strict=True))

    def allows(self, exponents: Mapping[str, Exact]) -> bool:
        """Whether these exponents, one for every unknown, meet all demands.

        Raises :class:`~diagrams.errors.BadInput`.
        """
        if set(exponents) != set(self.unknown):
            raise BadInput("exponents", ", ".join(exponents), ", ".join(self.unknown))
        place = [rational(name, exponents[name]) for name in self.unknown]
        at = [side for k, value in enumerate(place) for side in both_sides(self._unit(k), value)]
        return any(piece.contains(Polyhedron(len(place), tuple(at))) for piece in self.pieces)

    def _unit(self, place: int) -> Vector:
        return tuple(int(k == place) for k in range(len(self.unknown)))

    def described(self, piece: Polyhedron, names: Sequence[str] = ()) -> list[str]:
        """Equations and inequalities of a piece, one text each; ``names`` for the unknown ones."""
        names = names or self.unknown
        if piece.dimension == 1:
            return [_line(names, piece)]
        lines = [_relation(names, *one, "=") for one in piece.equalities]
        return lines + [_relation(names, *one, "<=") for one in piece.inequalities]

    def asked(self) -> list[str]:
        """The regime and what is demanded in it, in words."""
        sizes = ", ".join(f"{name} ~ {_power(self.large, e)}" for name, e in self.regime)
        orders = {demand.observable: demand.order for demand in self.demands}
        asked = ", ".join(f"{name} ~ {_power(self.large, order)}" for name, order in orders.items())
        return [f"regime {sizes}", f"demanded {asked}"]

    def __str__(self) -> str:
        lines = [self.problem.title, "; ".join(self.asked())]
        lines.append(f"exponents of {', '.join(self.unknown)}: {self.kind}")
        for number, piece in enumerate(self.pieces):
            several = len(self.pieces) > 1
            lines += [f"  either, of dimension {piece.dimension}:"] * (several and not number)
            lines += [f"  or, of dimension {piece.dimension}:"] * (several and number > 0)
            lines += ["  " + "  " * several + one for one in self.described(piece) or ["any"]]
        if self.contradiction:
            lines.append("these contradict each other:")
            lines += [f"  {demand.said(self.large)}" for demand in self.contradiction]
        return "\n".join([*lines, f"evidence: {self.evidence}"])


def parameterise(
    problem: Problem,
    observables: Sequence[str] | Mapping[str, str | Polynomial],
    *,
    regime: Mapping[str, Exact],
    unknown: Sequence[str],
    orders: Mapping[str, Exact] | None = None,
    derivative: int = 0,
) -> Parameterisation:
    """Return all exponents of ``unknown`` symbols that keep the means of observables of order one.

    ``observables`` are texts as for :func:`~diagrams.series.expansion.expand`, or a mapping of
    names to texts or to exact means, where only a part of one is asked for.  ``orders`` gives the
    exponent that is demanded of one by its name, where it is not 0.  ``regime`` says how sizes
    grow, as exponents of one large parameter; sizes that are not named stay as they are.
    ``unknown`` are symbols of the problem other than sizes: those of variances, learning rates and
    prefactors. ``derivative`` is the number of time derivatives taken of observables given as
    texts.

    Raises :class:`~diagrams.errors.BadInput`, also for an observable whose mean is zero.

    >>> from diagrams.problems.files import parse_problem
    >>> network = parse_problem('''
    ... families = {hidden = "N"}
    ... tensors.a = {families = ["hidden"], role = "trained", variance = "s", rate = "r"}
    ... tensors.b = {families = ["hidden"], role = "trained", variance = 1, rate = "r"}
    ... model = {output = "a[k] b[k]", target = "y"}
    ... loss = {kind = "squared error", over = []}
    ... ''')
    >>> kernel = "star(output, output)"
    >>> found = parameterise(network, ["output^2", kernel], regime={"N": 1}, unknown=["s", "r"])
    >>> {name: str(exponent) for name, exponent in found.point.items()}
    {'s': '-1', 'r': '-1'}
    """
    stated(problem, "averages of functions depend on scales in no powers")
    exponents = _regime(problem, regime)
    names = _unknown(problem, unknown)
    wanted = {name: rational(f"orders, {name}", e) for name, e in (orders or {}).items()}
    means = _means(problem, observables, derivative)
    for name in wanted:
        if name not in means:
            raise BadInput("orders", name, ", ".join(means))
    demands: list[Demand] = []
    for name, mean in means.items():
        demands += _demands(name, wanted.get(name, Fraction(0)), mean, exponents, names)
    statement = (
        "exact means, every term of them a linear demand on the exponents, solved in rationals;"
        " prefactors that make leading terms cancel are left aside"
    )
    evidence = Evidence(Kind.EXACT, statement, derivative)
    return solved(problem, exponents, names, demands, evidence)


def solved(
    problem: Problem,
    regime: Mapping[str, Exact],
    unknown: Sequence[str],
    demands: Sequence[Demand],
    evidence: Evidence,
) -> Parameterisation:
    """Return the exponents that meet demands, or which of these contradict each other.

    Raises :class:`~diagrams.errors.BadInput`.
    """
    exponents, names = _regime(problem, regime), _unknown(problem, unknown)
    pieces = _pieces(demands, len(names))
    contradiction = () if pieces else _contradiction(demands, len(names))
    return Parameterisation(
        problem, tuple(exponents.items()), names, tuple(demands), pieces, contradiction, evidence
    )


def half_space_of(
    powers: Mapping[str, Fraction],
    order: Fraction,
    regime: Mapping[str, Fraction],
    unknown: Sequence[str],
) -> HalfSpace:
    """What it means for the exponents that a term of these powers is at most of an order.

    >>> powers = {"N": Fraction(2), "s": Fraction(1)}
    >>> row, bound = half_space_of(powers, Fraction(0), {"N": Fraction(1)}, ["s"])
    >>> [str(entry) for entry in row], str(bound)
    (['1'], '-2')
    """
    row = tuple(powers.get(name, Fraction(0)) for name in unknown)
    size = sum((powers.get(n, Fraction(0)) * e for n, e in regime.items()), Fraction(0))
    return row, order - size


def _regime(problem: Problem, regime: Mapping[str, Exact]) -> dict[str, Fraction]:
    if not isinstance(regime, Mapping) or not regime:
        raise BadInput("regime", regime, 'sizes with exponents, such as {"N": 1}')
    for name in regime:
        if name not in problem.sizes:
            raise BadInput("regime", name, f"sizes: {', '.join(problem.sizes)}")
    return {name: rational(f"regime, {name}", exponent) for name, exponent in regime.items()}


def _unknown(problem: Problem, unknown: Sequence[str]) -> tuple[str, ...]:
    scales = [name for name in problem.symbols if name not in problem.sizes]
    listed = f"1 to {UNKNOWN_LIMIT} of the symbols {', '.join(scales) or '(there are none)'}"
    names = () if isinstance(unknown, str) else tuple(unknown)
    if not 1 <= len(names) <= UNKNOWN_LIMIT or len(set(names)) < len(names):
        raise BadInput("unknown", unknown, listed)
    for name in names:
        if name not in scales:
            raise BadInput("unknown", name, listed)
    return names


def _means(
    problem: Problem, observables: Sequence[str] | Mapping[str, str | Polynomial], derivative: int
) -> dict[str, Polynomial]:
    """The exact mean of every observable by its name."""
    if isinstance(observables, Mapping):
        given = dict(observables)
    else:
        given = {name: name for name in (() if isinstance(observables, str) else observables)}
    if not given:
        raise BadInput("observables", observables, "one or more texts of observables")
    means = {}
    for name, value in given.items():
        mean = value
        if not isinstance(mean, Polynomial):
            mean = expand(problem, derivative, observable=mean).coefficient(derivative)
        if not mean:
            raise BadInput("observables", name, "observables whose mean is not zero")
        means[name] = mean
    return means


def _demands(
    observable: str,
    wanted: Fraction,
    mean: Polynomial,
    regime: Mapping[str, Fraction],
    unknown: tuple[str, ...],
) -> list[Demand]:
    """What one observable demands: terms of the same powers of unknowns by their largest one."""
    best: dict[Vector, tuple[Fraction, Polynomial]] = {}
    for powers, _ in mean:
        row, bound = half_space_of(powers, wanted, regime, unknown)
        if row not in best or bound < best[row][0]:
            shown = {n: e for n, e in powers.items() if n in regime or n in unknown}
            best[row] = (bound, Polynomial.monomial(1, shown))
    bounds = {row: (row, bound) for row, (bound, _) in best.items()}
    stays = [
        Demand(observable, True, wanted, (best[row][1],), (bounds[row],)) for row in sorted(best)
    ]
    terms = tuple(best[row][1] for row in sorted(best))
    reached = Demand(observable, False, wanted, terms, tuple(bounds[row] for row in sorted(best)))
    return [*stays, reached]


def _pieces(demands: Sequence[Demand], space: int) -> tuple[Polyhedron, ...]:
    """All polyhedra of points that meet the demands, none part of another."""
    fixed = [half_space for demand in demands if demand.stays for half_space in demand.half_spaces]
    found = [Polyhedron(space, tuple(fixed))]
    for demand in demands:
        if demand.stays:
            continue
        following: list[Polyhedron] = []
        for piece, choice in product(found, demand.choices):
            candidate = Polyhedron(space, (*piece.half_spaces, *choice))
            if candidate.is_empty or any(other.contains(candidate) for other in following):
                continue
            following = [other for other in following if not candidate.contains(other)]
            following.append(candidate)
        if len(following) > PIECES_LIMIT:
            raise BadInput("observables", f"{len(following)} cases", f"at most {PIECES_LIMIT}")
        found = following
    return tuple(piece for piece in found if not piece.is_empty)


def _contradiction(demands: Sequence[Demand], space: int) -> tuple[Demand, ...]:
    """Demands that cannot be met together, though any smaller choice of them can."""
    for count in (1, 2):
        for chosen in combinations(demands, count):
            if not _pieces(chosen, space):
                return chosen
    kept = list(demands)
    for demand in demands:
        without = [other for other in kept if other is not demand]
        if not _pieces(without, space):
            kept = without
    return tuple(kept)


def _power(large: str, exponent: Fraction) -> str:
    return "1" if not exponent else large if exponent == 1 else f"{large}^{_plain(exponent)}"


def _plain(value: Fraction) -> str:
    return str(value) if value.denominator == 1 and value >= 0 else f"({value})"


def _relation(names: Sequence[str], row: Vector, bound: Fraction, sign: str) -> str:
    """An equation or an inequality between exponents."""
    return f"{_sum(names, row)} {sign} {bound}"


def _sum(names: Sequence[str], row: Vector) -> str:
    pieces = []
    for name, entry in zip(names, row, strict=True):
        if entry:
            size = "" if abs(entry) == 1 else f"{abs(entry)} "
            pieces.append(f"{'-' if entry < 0 else '+'} {size}{name}")
    joined = " ".join(pieces) or "+ 0"
    return joined[2:] if joined.startswith("+ ") else f"-{joined[2:]}"


def _line(names: Sequence[str], piece: Polyhedron) -> str:
    """A piece of dimension one, written with a parameter."""
    k = letter("kmnl", names)
    start, direction, low, high = piece.interval()
    parts = []
    for name, first, slope in zip(names, start, direction, strict=True):
        moved = _sum([k], (slope,)) if slope else ""
        base = str(first) if first or not slope else ""
        joined = f"{base} + {moved}" if base and moved else base or moved
        parts.append(f"{name} = {joined}".replace("+ -", "- "))
    bounds = [f"{k} >= {low}"] * (low is not None) + [f"{k} <= {high}"] * (high is not None)
    return ", ".join([*parts, *bounds])
