"""Fixed points, thresholds and conserved sums at long times, against integration written anew."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache

import numpy as np
import pytest
import sympy

from diagrams import cp_problem, solve
from diagrams.dynamics.ends.ending import Ending
from diagrams.dynamics.explicit.exact_input import Given
from diagrams.dynamics.solution import Solution
from diagrams.export.html.mathml import mathml
from diagrams.export.json.solution import solution_data
from diagrams.export.latex.mathematics import mathematics
from diagrams.polynomials.formulas import GaussianStart

Array = np.ndarray
LOSS_LIMIT = 1e9


@lru_cache(maxsize=32)
def solved(order: int, ties: str, regime: str, **options: object) -> Solution:
    return solve(cp_problem(order=order, ties=ties, **options), regime, 4)  # type: ignore[arg-type]


def value(
    solution: Solution, formula: sympy.Expr | None, at: Mapping[str, object], end: Ending
) -> float:
    """A formula of an end at sizes, its roots found in numbers."""
    assert formula is not None
    plain = {sympy.Symbol(n): sympy.Rational(str(v)) for n, v in {"T": 1, **at}.items()}
    for symbol, polynomial in end.roots:
        here = sympy.Poly(solution.plain(polynomial).subs(plain), symbol)
        plain[symbol] = min(
            r for r in map(sympy.re, here.nroots()) if r > 0 and abs(here.eval(r)) < 1e-8
        )
    return float(solution.plain(formula).subs(plain))


def grid(count: int) -> tuple[Array, Array]:
    """Absolute values of a normal variable, and weights."""
    u = np.linspace(-13, 2.1, count)
    x = np.exp(u)
    weights = x * np.exp(-x * x / 2)
    return x, weights / weights.sum()


def followed(
    rate: Callable[[Array], Array],
    start: Array,
    loss: Callable[[Array], float],
    until: float,
    fine: float = 0.1,
) -> tuple[Array, Array]:
    """Logarithms of coordinates followed by Runge-Kutta steps; times and losses."""
    state, time, times, losses = start, 0.0, [0.0], [loss(start)]
    while time < until and abs(losses[-1]) < LOSS_LIMIT and len(times) < 20_000:
        one = rate(state)
        step = min(fine / np.abs(one).max(), 0.02 * time + 0.01, until - time)
        two = rate(state + step / 2 * one)
        three = rate(state + step / 2 * two)
        four = rate(state + step * three)
        state = state + step / 6 * (one + 2 * two + 2 * three + four)
        time += step
        times.append(time)
        losses.append(loss(state))
    return np.array(times), np.array(losses)


def one_colour(at: dict[str, float], scale: float, side: int, until: float) -> tuple[Array, Array]:
    """Order four, symmetric, with decay: the loss without constant, in |t|."""
    p, width, decay = at["p"], at["H"], at["d"]
    x, weights = grid(400)
    theta = 1 + 3 * width / p**2

    def petals(logs: Array) -> tuple[float, float]:
        squares = np.exp(2 * logs)
        return p * float(weights @ squares), p * float(weights @ squares**2)

    def rate(logs: Array) -> Array:
        q, _ = petals(logs)
        return np.asarray(side * (4 * scale * np.exp(2 * logs) - 4 * theta * q**3 - decay))

    def loss(logs: Array) -> float:
        q, fourth = petals(logs)
        return width * theta * q**4 / 2 - width * scale * fourth

    return followed(rate, np.log(at["sigma"] * x), loss, until, 0.02)


GATHERING = [
    # below the largest decay with a fixed point: dies into it, or blows up, by the start
    ({"p": 7, "H": 5, "sigma": "1/20", "d": "1/20"}, 1, "gathers", 200),
    ({"p": 7, "H": 5, "sigma": "3/10", "d": "1/20"}, 1, "ends", 100),
    ({"p": 2, "H": 100, "sigma": "1/20", "d": "1/100"}, 1, "gathers", 1000),
    # just above it nothing gathers, however small the start
    ({"p": 7, "H": 5, "sigma": "1/20", "d": "3/40"}, 1, "ends", 500),
    # decay against minus the target: everything dies
    ({"p": 7, "H": 5, "sigma": "3/10", "d": "1/2"}, -1, "dies", 20),
    ({"p": 3, "H": 40, "sigma": 1, "d": 2}, -1, "dies", 6),
]


@pytest.mark.parametrize(("at", "scale", "becomes", "until"), GATHERING)
def test_decay_gathers_coordinates_at_a_fixed_point_or_lets_them_go(
    at: dict[str, object], scale: int, becomes: str, until: float
) -> None:
    solution = solved(4, "sym", "full", decay="d", scale=scale)
    numbers = {name: float(sympy.Rational(str(v))) for name, v in at.items()}
    times, losses = one_colour(numbers, scale, -scale, until)
    constant = numbers["p"] / 2
    infinite = [
        e
        for e in solution.endings
        if e.known and e.time == -scale * sympy.oo and " = " not in e.condition
    ]
    ends = [e for e in solution.endings if e.known and not e.time.is_infinite]
    if becomes == "ends":
        assert losses[-1] > LOSS_LIMIT
        # close to the end the logarithmic slope is the exponent over the distance
        close = losses > 1e4
        slope = np.diff(np.log(losses[close])) / np.diff(times[close])
        middle = (times[close][1:] + times[close][:-1]) / 2
        seen = (middle[-1] - middle[0]) / (1 / slope[-1] - 1 / slope[0])
        assert {e.exponent for e in ends} == {sympy.Rational(-4, 3)}
        assert seen == pytest.approx(-4 / 3, rel=0.05)
        return
    (end,) = infinite
    limit = value(solution, end.limit, at, end)
    assert losses[-1] + constant == pytest.approx(limit, abs=2e-3 * abs(losses).max() + 1e-9)
    rate = value(solution, end.rate, at, end)
    late = np.searchsorted(times, [0.6 * until, 0.99 * until])
    left = np.abs(losses[late] - (limit - constant))
    assert np.log(left[1] / left[0]) / np.diff(times[late])[0] == pytest.approx(
        -abs(rate), rel=0.15
    )


def test_the_threshold_of_decay_is_where_the_fixed_points_meet() -> None:
    solution = solved(4, "sym", "full", decay="d")
    calm = next(e for e in solution.endings if e.roots)
    assert "d < 8*sqrt(3)/(9*p**(3/2)*sqrt(theta))" in calm.condition
    symbol, polynomial = calm.roots[0]
    discriminant = sympy.discriminant(polynomial, symbol)
    p, theta = sympy.symbols("p theta", positive=True)
    at = {
        "p": p,
        "theta": theta,
        "d": 8 * sympy.sqrt(3) / (9 * p ** sympy.Rational(3, 2) * sympy.sqrt(theta)),
    }
    assert sympy.simplify(discriminant.subs(at)) == 0


@pytest.mark.parametrize("order", [4, pytest.param(6, marks=pytest.mark.full)])
def test_coordinates_on_their_own_settle_with_the_share_that_comes_late(order: int) -> None:
    solution = solved(order, "sym", "E-E0", decay="d")
    (end,) = [e for e in solution.endings if e.known]
    both: tuple[tuple[dict[str, Given], str], ...]
    both = ({"p": 7, "H": 5, "sigma": "1/5"}, "1/2"), ({"p": 2, "H": 30, "sigma": 2}, "5/2")
    for sizes, decay in both[: None if order > 4 else 1]:
        at: dict[str, Given] = {**sizes, "d": decay}
        named = {**at, "t": Fraction(-15) / Fraction(decay)}
        seen = float(solution.evaluate(named, digits=20).value) - value(
            solution, end.limit, at, end
        )
        assert seen / value(solution, end.approach, named, end) == pytest.approx(1, abs=2e-3)


PETALS = [
    ("C-F-E-E0", 0, 1, 1),
    ("F-G-E", 1, 1, 1),
]


def two_petals(
    at: dict[str, float], self_atom: float, side: int, until: float
) -> tuple[Array, Array]:
    """z_11 and z_20 by hand, in sums and differences; the loss with its constant."""
    p, width, d = at["p"], at["H"], at["d"]

    def sums(logs: Array) -> tuple[float, float]:
        u, w = np.exp(logs)
        return (u - w) / 2, (u + w) / 2

    def rate(logs: Array) -> Array:
        y, x = sums(logs)  # y' = 2 x (1 - hy - x) - 2 d y, x' = 2 y (1 - hy) - 2 x x - 2 d x
        both = width / p * y
        own = self_atom * x
        return 2 * side * np.array([1 - d - both - own, both - own - 1 - d])

    def loss(logs: Array) -> float:
        y, x = sums(logs)
        return p / 2 - width * y + width**2 * y**2 / (2 * p) + self_atom * width * x**2 / 2

    return followed(rate, np.log(np.full(2, p * at["sigma"] ** 2)), loss, until)


@pytest.mark.parametrize(
    ("regime", "self_atom"),
    [pytest.param("C-F-E-E0", 0, marks=pytest.mark.full), ("F-G-E", 1)],
)
def test_petals_with_decay_end_at_their_fixed_point(regime: str, self_atom: int) -> None:
    solution = solved(2, "asym", regime, decay="lambda")
    for p, width, sigma, d in (
        (7, 30, 0.1, 0.125),
        (9, 2, 0.5, 0.75),
        (5, 5, 2.0, 1.5),
        (4, 8, 0.3, 0.25),
    ):
        at = {"p": p, "H": width, "sigma": sigma, "lambda": d, "d": d}
        ends = solution.ends.held.of(solution)
        (end,) = [e for e in ends if e.condition == ("lambda < 1" if d < 1 else "lambda > 1")]
        rate = value(solution, end.rate, at, end)
        times, losses = two_petals(at, self_atom, 1, 21 / abs(rate))
        limit = value(solution, end.limit, at, end)
        assert losses[-1] == pytest.approx(limit, abs=1e-4 * p)
        late = np.searchsorted(times, [14 / abs(rate), 20 / abs(rate)])
        seen = np.log(np.abs((losses[late[1]] - limit) / (losses[late[0]] - limit)))
        assert seen / np.diff(times[late])[0] == pytest.approx(rate, rel=0.1)
        times, losses = two_petals(at, self_atom, -1, 100)
        assert losses[-1] > LOSS_LIMIT
        early = ends[-1]
        assert (early.limit, early.exponent) == (sympy.oo, -2)


def several_colours(
    ties: tuple[int, int], at: dict[str, float], side: int, until: float
) -> tuple[Array, Array]:
    """Two even ties and a target: squares of coordinates on a grid, the loss without constant."""
    p, width = at["p"], at["H"]
    x, weights = grid(32)
    weight = np.outer(weights, weights)
    start = np.log(at["sigma"] * np.array(np.meshgrid(x, x, indexing="ij")))
    pairs = 3 if ties == (4, 2) else 1
    theta = 1 + pairs * width / p ** (sum(ties) / 2)
    powers = np.array(ties, dtype=float).reshape(2, 1, 1)

    def atoms(logs: Array) -> tuple[Array, float, Array]:
        q = p * np.array([(weight * np.exp(2 * part)).sum() for part in logs])
        return q, float(np.prod(q ** np.array(ties))), np.exp((powers * logs).sum(0))

    def rate(logs: Array) -> Array:
        q, product, _ = atoms(logs)
        own = powers * np.exp((powers * logs).sum(0) - 2 * logs)
        together = theta * powers * product / q.reshape(2, 1, 1)
        # small coordinates of no weight may move as fast as they like
        return np.where(weight > 1e-13, -own - side * together, 0)

    def loss(logs: Array) -> float:
        _, product, single = atoms(logs)
        return float(width * theta * product / 2 + side * width * p * (weight * single).sum())

    return followed(rate, start, loss, until)


@pytest.mark.parametrize("sizes", [(3, 1, 0.8), pytest.param((1, 20, 1.2), marks=pytest.mark.full)])
def test_unequal_ties_lose_the_larger_one_only(sizes: tuple[float, float, float]) -> None:
    """z_20/4 - z_02/2 is conserved: the loss falls as t^(-4/3), not as with equal ties."""
    solution = solved(6, "4+2", "full", scale=-1)
    late = solution.endings[0]
    assert late.exponent == sympy.Rational(-4, 3)
    at = dict(zip(("p", "H", "sigma"), sizes, strict=True))
    times, losses = several_colours((4, 2), at, 1, 400.0)
    expected = value(solution, late.approach, {**at, "t": times[-1]}, late)
    assert losses[-1] / expected == pytest.approx(1, abs=0.2)
    half = np.searchsorted(times, times[-1] / 8)
    slope = np.log(losses[-1] / losses[half]) / np.log(times[-1] / times[half])
    assert slope == pytest.approx(-4 / 3, abs=0.1)


def test_unequal_ties_never_die_out_backwards() -> None:
    """The rows that the target does not hold grow, however small the start."""
    solution = solved(6, "4+2", "full")
    (end,) = [e for e in solution.endings if e.known]
    assert (end.limit, end.exponent) == (sympy.oo, sympy.Rational(-6, 5))
    for sigma in (0.4, 1.0):
        _, losses = several_colours((4, 2), {"p": 3, "H": 2, "sigma": sigma}, -1, 1e5)
        assert losses[-1] > LOSS_LIMIT


def test_decay_alone_rules_where_all_terms_damp() -> None:
    late = solved(6, "4+2", "full", scale=-1, decay="1/3").endings[0]
    assert (late.limit, late.rate) == (sympy.Symbol("p") / 2, -2 / sympy.Symbol("T"))
    below = solved(6, "4+2", "full", scale=-1, decay="-1/3").endings[0]
    assert not below.known


def test_a_number_for_the_decay_keeps_its_sign() -> None:
    """The fronts of a decay that is a number are solved with a symbol: it may be below zero."""
    at: dict[str, Given] = {"p": 7, "H": 5, "sigma": "1/5"}
    for decay, conditions in (("1/3", 5), ("-1/3", 2)):
        solution = solved(4, "sym", "full", decay=decay)
        known = [e for e in solution.endings if e.known]
        assert len(known) == conditions
        assert not any("lambda" in e.condition for e in known)
        calm = next(e for e in known if e.time == -sympy.oo)
        if decay == "-1/3":
            seen = float(solution.evaluate({**at, "sigma": "1/10", "t": -30}).value)
            assert seen == pytest.approx(value(solution, calm.limit, at, calm), abs=1e-12)


@pytest.mark.parametrize(
    ("ties", "options", "regime", "names"),
    [
        ("asym", {}, "D", ["C-D"]),
        ("sym", {}, "E", ["B-E", "E-A"]),
        pytest.param("asym", {}, "E", ["E-A"], marks=pytest.mark.full),
        pytest.param("asym", {"decay": "1/3"}, "D", ["A-D", "C-D"], marks=pytest.mark.full),
    ],
)
def test_the_start_of_a_motion_names_the_face_that_carries_it_on(
    ties: str, options: dict[str, object], regime: str, names: list[str]
) -> None:
    late = solved(2, ties, regime, **options).endings[0]
    assert not late.known
    assert all(f" {name}" in late.reason for name in names)


def test_several_rates_are_ordered_by_cases_of_the_decay() -> None:
    solution = solved(2, "asym", "E-E0", decay="d")
    below, above = solution.endings[:2]
    assert (below.condition, above.condition) == ("d < 1", "d > 1")
    assert not below.known
    at: dict[str, Given] = {"p": 7, "H": 5, "sigma": "1/5", "d": "3/2", "t": 20}
    seen = float(solution.evaluate(at, digits=30).value) - 3.5
    assert seen / value(solution, above.approach, at, above) == pytest.approx(1, abs=1e-6)
    assert above.limit == sympy.Symbol("p") / 2


DEGENERATE = [
    ("E-A", {}, "p*sigma**2 = 1", {"p": 4, "H": 2, "sigma": "1/2"}, ()),
    ("B-E", {}, "H*sigma**2 = 1", {"p": 2, "H": 9, "sigma": "1/3"}, ()),
    pytest.param(
        *("A-E-A0-E0", {"decay": "d"}, "d < 2 and p*sigma**2 = theta"),
        *({"p": 8, "H": 2}, ("1/4", 1)),
        marks=pytest.mark.full,
    ),
]


@pytest.mark.parametrize(("regime", "options", "condition", "sizes", "more"), DEGENERATE)
def test_a_fixed_point_of_the_flow_is_an_ending_of_its_own(
    regime: str,
    options: dict[str, object],
    condition: str,
    sizes: dict[str, Given],
    more: tuple[Given, ...],
) -> None:
    """There the loss stays where it is; next to it on one side it goes to p/2, else it ends."""
    solution = solved(2, "sym", regime, **options)
    at: dict[str, Given] = {**sizes, **dict(zip(("sigma", "d"), more, strict=False))}
    (end,) = [e for e in solution.endings if e.condition == condition]
    assert end.approach is None
    expected = value(solution, end.limit, at, end)
    for t in (-50, -1, 7):
        assert float(solution.evaluate({**at, "t": t}).value) == pytest.approx(expected, abs=1e-12)
    assert expected != pytest.approx(float(sympy.Rational(str(at["p"]))) / 2, abs=0.1)
    below = {**at, "sigma": Fraction(str(at["sigma"])) * Fraction(999999, 1000000)}
    seen = float(solution.evaluate({**below, "t": -40}).value)
    calm = next(e for e in solution.endings if e.condition == condition.replace("=", "<"))
    assert seen == pytest.approx(value(solution, calm.limit, below, calm), abs=1e-6)
    above = {**at, "sigma": Fraction(str(at["sigma"])) * Fraction(1000001, 1000000)}
    assert solution.existence_time({**above}) is not None


@pytest.mark.full
def test_a_boundary_that_ends_as_its_inside_belongs_to_it() -> None:
    """At sigma (sqrt(H) + sqrt(p)) = 1 the leading term is the same, and the condition says so."""
    solution = solved(2, "sym", "full")
    (calm,) = [e for e in solution.endings if e.time == -sympy.oo]
    assert calm.condition == "sigma**2*(sqrt(H) + sqrt(p))**2 <= 1"
    at: dict[str, Given] = {"p": 4, "H": 9, "sigma": "1/5", "t": -12}
    seen = float(solution.evaluate(at, digits=30).value - 2)
    assert seen / value(solution, calm.approach, at, calm) == pytest.approx(1, abs=1e-9)


@pytest.mark.full
def test_at_equal_rates_the_loss_falls_like_a_power() -> None:
    solution = solved(2, "sym", "A-E-A0-E0", decay="d")
    (end,) = [e for e in solution.endings if e.condition == "d = 2"]
    assert end.exponent == -1
    at: dict[str, Given] = {"p": 7, "H": 5, "sigma": "1/5", "d": 2, "t": 10**6}
    seen = float(solution.evaluate(at).value) - 3.5
    assert seen / value(solution, end.approach, at, end) == pytest.approx(1, abs=1e-4)


def test_equations_of_coordinates_say_how_they_start() -> None:
    solution = solved(3, "asym", "C-D")
    said = "v_u(0) ~ N(0, sigma**2), v_v(0) ~ N(0, sigma**2), v_w(0) ~ N(0, sigma**2), independent"
    assert f"  {said}, E the average over them" in str(solution)
    assert r"\mathcal{N}\left(0, \sigma^{2}\right)" in str(
        solution_data(solution)["conditions"]
    ).replace(r"\\", "\\")
    (start,) = [c for c in solution.conditions if isinstance(c, GaussianStart)]
    shown = mathml(mathematics(start))
    assert shown.count("<mi>&#x1D4A9;</mi>") == 3
    assert "independent" in shown
    assert "the&#x000A0;average&#x000A0;over&#x000A0;them" in shown


@pytest.mark.parametrize(
    ("p", "width", "sigma", "d", "near"),
    [(7, 5, 0.25, 0.5, 1e-4), pytest.param(40, 3, 3.0, 0.125, 5e-3, marks=pytest.mark.full)],
)
def test_the_end_of_petals_has_a_bound(
    p: int, width: int, sigma: float, d: float, near: float
) -> None:
    """Against Runge-Kutta steps up to a large loss, which is close to the end.

    Large weights at first grow like one petal alone, which ends at ``log(1 + d/(p s^2))/(2 d)``.
    """
    solution = solved(2, "asym", "F-G-E", decay="d")
    at = {"p": p, "H": width, "sigma": sigma, "d": d}
    end = solution.existence_time({n: str(v) for n, v in at.items()}, digits=8)
    assert end is not None
    assert end.rigorous
    assert end.error < 1e-8 * abs(end.value)
    times, losses = two_petals(at, 1, -1, 100)
    slope = (losses[-1] - losses[-2]) / (times[-1] - times[-2]) / losses[-1]
    assert float(-end.value) == pytest.approx(times[-1] + 2 / slope, rel=near)
    if sigma > 1:
        alone = math.log1p(d / (p * sigma**2)) / (2 * d)
        assert float(-end.value) == pytest.approx(alone, rel=1e-4)


@pytest.mark.full
def test_a_scale_next_to_a_decay_is_a_unit_of_it() -> None:
    solution = solved(2, "asym", "F-G-E", scale="c", decay="d")
    own = solution.source or solution
    told = solution.names.value(tuple(own.ends.held.of(own)))
    late = {e.condition: e for e in told if e.time == sympy.oo}
    assert set(late) == {"c > 0 and d < c", "c > 0 and d > c", "c > 0 and d = c"}
    at: dict[str, Given] = {"p": 7, "H": 5, "sigma": "1/5", "c": 3, "d": "3/2"}
    # by hand in units of c: decay 1/2, sigma^2/c, loss over c^2
    _, losses = two_petals({"p": 7, "H": 5, "sigma": 0.2 / 3**0.5, "d": 0.5}, 1, 1, 25)
    assert value(
        solution, late["c > 0 and d < c"].limit, at, late["c > 0 and d < c"]
    ) == pytest.approx(9 * losses[-1])
    assert value(solution, late["c > 0 and d = c"].limit, at, late["c > 0 and d = c"]) == 31.5


@pytest.mark.full
def test_no_infinite_end_where_the_solution_always_ends_before() -> None:
    """With decay above twice the target everything grows backwards, and ends."""
    solution = solved(2, "sym", "A-E-A0-E0", decay="d")
    early = [e for e in solution.endings if e.time == -sympy.oo]
    assert [e.condition for e in early] == [
        "d < 2 and p*sigma**2 < theta",
        "d < 2 and p*sigma**2 = theta",
    ]
