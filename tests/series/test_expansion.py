"""Exact coefficients against methods that share no code with the engine.

Brute force in all variables, enumeration of pairings, sampling, closed forms and exact symmetries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from itertools import permutations, product
from math import prod
from pathlib import Path

import numpy as np
import pytest
import sympy
from truth import monte_carlo, naive_pairings
from truth.brute_force import (
    brute_force_derivative,
    brute_force_polynomial,
    two_layer_data,
    two_layer_teacher,
)
from truth.polynomial_flow import Gaussian as Law

from diagrams.campaign.running import Progress
from diagrams.errors import BadInput
from diagrams.evidence import Kind
from diagrams.graphs.diagram import Diagram
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import parse_problem, read_problem
from diagrams.problems.problem import Problem
from diagrams.series.expansion import Series, expand
from diagrams.series.ways import (
    atoms_of,
    derivatives,
    derivatives_by_closing,
    derivatives_by_merging,
)
from diagrams.wick.expectation import value

PROBLEMS = Path(__file__).parents[1] / "problems"
Number = int | Fraction
Key = tuple[int, int, int]

# Tie patterns, and the order to which each size (p, H) is compared.
SMALL = [(1, 1), (2, 1), (1, 2), (3, 1), (1, 3), (2, 2)]
TIES: list[tuple[tuple[int, ...], int, int, int]] = [
    ((2,), 5, 5, 4),
    ((1, 1), 5, 4, 3),
    ((3,), 4, 3, 2),
    ((2, 1), 3, 2, 2),
    ((1, 2), 2, 2, 1),
    ((1, 1, 1), 3, 3, 2),
    ((4,), 3, 2, 2),
    ((3, 1), 2, 2, 1),
    ((2, 2), 3, 2, 1),
    ((2, 1, 1), 3, 2, 1),
    ((1, 1, 1, 1), 2, 2, 1),
    ((5,), 2, 2, 1),
    ((3, 2), 2, 1, 0),
    ((2, 2, 1), 1, 1, 1),
    ((6,), 1, 1, 1),
]


def name(value: object) -> str:
    return "+".join(map(str, value)) if isinstance(value, tuple) else str(value)


def at_sizes(series: Series, s: int, sizes: Mapping[str, Number]) -> dict[Key, Fraction]:
    """Y_s by powers of sigma, of the scale c and of the decay lambda, at numbers for the rest."""
    result: dict[Key, Fraction] = {}
    for powers, coefficient in series.coefficient(s).substitute(sizes):
        key = tuple(powers.pop(symbol, Fraction(0)) for symbol in ("sigma", "c", "lambda"))
        assert not powers
        assert all(power.denominator == 1 for power in key)
        sigma, scale, decay = map(int, key)
        result[sigma, scale, decay] = coefficient
    return result


def number(polynomial: Polynomial, values: Mapping[str, Number | float]) -> float | Fraction:
    """The value of a polynomial, all symbols given."""
    total: float | Fraction = Fraction(0)
    for powers, coefficient in polynomial:
        term: float | Fraction = coefficient
        for symbol, power in powers.items():
            base = values[symbol]
            if isinstance(base, float) or power.denominator > 1:
                term = float(term) * float(base) ** float(power)
            else:
                term = term * Fraction(base) ** int(power)
        total = total + term
    return total


# Brute force in all variables


def with_targets() -> Iterator[object]:
    """Both targets; the zero target leaves out atoms: of three factors and more at length only."""
    for case in TIES:
        full = pytest.mark.full if sum(case[0]) > 2 else ()
        for target in ("identity", "zero"):
            known = "-".join((target, *map(name, case)))
            yield pytest.param(target, *case, marks=full if target == "zero" else (), id=known)


@pytest.mark.parametrize(("target", "ties", "small", "middle", "large"), list(with_targets()))
def test_against_brute_force(
    ties: tuple[int, ...], small: int, middle: int, large: int, target: str
) -> None:
    """Scale and decay as symbols; every size up to 3 x 3."""
    assert target in ("identity", "zero")
    order = sum(ties)
    series = expand(cp_problem(order, ties, target, scale="c", decay="lambda"), small)
    for p, H in [*SMALL, (3, 2), (2, 3), (3, 3)]:
        terms = small if (p, H) in SMALL else (middle if p * H == 6 else large)
        for s in range(terms + 1):
            exact = brute_force_derivative(
                order,
                ties,
                p,
                H,
                s,
                target,  # type: ignore[arg-type]
                scale="c",
                decay="lambda",
            )
            assert at_sizes(series, s, {"p": p, "H": H}) == exact, (p, H, s)


@pytest.mark.parametrize(
    ("scale", "decay"),
    [(1, 0), (Fraction(-2, 3), Fraction(3, 5)), (5, Fraction(-1, 4)), (0, 1), ("-1/2", "0.75")],
)
@pytest.mark.parametrize("ties", [(2,), (3,), (1, 1), (2, 1), (2, 2), (1, 1, 1)], ids=name)
def test_rational_scale_and_decay(
    ties: tuple[int, ...], scale: int | str | Fraction, decay: int | str | Fraction
) -> None:
    order = sum(ties)
    terms = 3 if order < 3 else 2
    series = expand(cp_problem(order, ties, scale=scale, decay=decay), terms)
    for (p, H), s in product([(1, 1), (2, 1), (1, 3), (2, 2)], range(terms + 1)):
        exact = brute_force_derivative(
            order, ties, p, H, s, scale=Fraction(scale), decay=Fraction(decay)
        )
        assert at_sizes(series, s, {"p": p, "H": H}) == exact


@pytest.mark.full
@pytest.mark.parametrize(("ties", "small", "middle", "large"), TIES, ids=name)
def test_one_order_further(ties: tuple[int, ...], small: int, middle: int, large: int) -> None:
    order = sum(ties)
    series = expand(cp_problem(order, ties, scale="c", decay="lambda"), small + 1)
    for p, H in [*SMALL, (3, 2), (2, 3), (3, 3)]:
        s = 1 + (small if (p, H) in SMALL else (middle if p * H == 6 else large))
        exact = brute_force_derivative(order, ties, p, H, s, scale="c", decay="lambda")
        assert at_sizes(series, s, {"p": p, "H": H}) == exact, (p, H, s)


# All pairings, as polynomials in the sizes


@pytest.mark.parametrize(
    ("ties", "terms"),
    [
        ((2,), 2),
        ((1, 1), 3),
        ((3,), 1),
        ((2, 1), 1),
        ((1, 2), 1),
        ((1, 1, 1), 1),
        ((2, 2), 1),
        ((2, 1, 1), 1),
        ((1, 1, 1, 1), 1),
        ((4,), 0),
        ((3, 2), 0),
    ],
    ids=name,
)
@pytest.mark.parametrize("target", ["identity", "zero"])
def test_against_all_pairings(ties: tuple[int, ...], terms: int, target: str) -> None:
    assert target in ("identity", "zero")
    series = expand(cp_problem(sum(ties), ties, target), terms)
    for s, polynomial in enumerate(series):
        pairings = naive_pairings.naive_derivative(sum(ties), ties, s, target)  # type: ignore[arg-type]
        assert polynomial == Polynomial.from_terms(
            term
            for (q, n, two_l), count in pairings.items()
            for term in Polynomial.monomial(count, {"p": q, "H": n, "sigma": two_l}).terms
        )


# Sampling at middle sizes


@pytest.mark.parametrize(
    ("ties", "target", "scale", "decay"),
    [
        ((2,), "identity", 1.0, 0.0),
        ((3,), "identity", 1.0, 0.0),
        ((4,), "identity", 0.5, 0.25),
        ((1, 1), "identity", -1.5, 0.0),
        ((2, 1), "identity", 1.0, 1.0),
        pytest.param((1, 1, 1), "zero", 1.0, 0.0, marks=pytest.mark.full),
        pytest.param((2, 2), "identity", 2.0, 0.0, marks=pytest.mark.full),
        pytest.param((3, 2), "identity", 1.0, 0.5, marks=pytest.mark.full),
    ],
    ids=name,
)
def test_against_sampling(ties: tuple[int, ...], target: str, scale: float, decay: float) -> None:
    """Y_0 = E[L] and Y_1 = -E[|grad L|^2 + lambda u grad L], within four standard errors."""
    p, H, sigma = 14, 20, 0.3
    assert target in ("identity", "zero")
    problem = cp_problem(sum(ties), ties, target, Fraction(scale), Fraction(decay))
    series = expand(problem, 1)
    estimates = monte_carlo.first_derivatives(
        ties,
        p,
        H,
        sigma,
        3000,
        17,
        target,  # type: ignore[arg-type]
        scale,
        decay,
    )
    for polynomial, estimate in zip(series, estimates, strict=True):
        exact = float(number(polynomial, {"p": p, "H": H, "sigma": sigma}))
        assert estimate.error < 0.1 * abs(exact)
        assert estimate.deviation(exact) < 4


# Closed forms and exact facts


@pytest.mark.parametrize("order", [2, 3, 4, 5, 6])
def test_single_weight_free_evolution(order: int) -> None:
    """p = H = 1: L = u^(2nu)/2 (1 + 2nu(nu-1) u^(2nu-2) t)^(-nu/(nu-1)) for every u."""
    series = expand(cp_problem(order, "sym", "zero"), {2: 5, 3: 4, 4: 3}.get(order, 2))
    for s, polynomial in enumerate(series):
        two_l = 2 * order + s * (2 * order - 2)
        binomial = prod((Fraction(-order, order - 1) - j for j in range(s)), start=Fraction(1))
        moment = prod(range(two_l - 1, 0, -2))
        expected = binomial * (2 * order * (order - 1)) ** s * moment / 2
        assert polynomial.substitute({"p": 1, "H": 1}) == Polynomial.monomial(
            expected, {"sigma": two_l}
        )


def test_two_single_weights() -> None:
    """(1,1) at p = H = 1, target c: L = (u v - c)^2/2, differentiated by SymPy."""
    u, v, c = sympy.symbols("u v c")
    loss = (u * v - c) ** 2 / 2
    series = expand(cp_problem(2, "asym", scale="c"), 4)
    derivative = loss
    for s in range(5):
        expected: defaultdict[Key, Fraction] = defaultdict(Fraction)
        for (a, b, scale), coefficient in sympy.Poly(derivative, u, v, c).terms():
            if a % 2 == b % 2 == 0:
                moment = prod(range(a - 1, 0, -2)) * prod(range(b - 1, 0, -2))
                expected[a + b, scale, 0] += (
                    Fraction(int(coefficient.p), int(coefficient.q)) * moment
                )
        assert at_sizes(series, s, {"p": 1, "H": 1}) == expected
        derivative = sympy.expand(
            -sum(sympy.diff(derivative, x) * sympy.diff(loss, x) for x in (u, v))
        )


@pytest.mark.parametrize("ties", [(2,), (3,), (4,), (2, 1), (1, 1), (2, 2), (1, 1, 1)], ids=name)
def test_scaled_target(ties: tuple[int, ...]) -> None:
    """L(t; sigma, c, lambda) = c^2 L(c^(2-2/nu) t; sigma c^(-1/nu), 1, lambda c^(2/nu-2))."""
    order = sum(ties)
    terms = 3 if order < 4 else 2
    scaled = expand(cp_problem(order, ties, scale="c", decay="lambda"), terms)
    plain = expand(cp_problem(order, ties, decay="lambda"), terms)
    c = Polynomial.symbol("c")
    rate = 2 - Fraction(2, order)
    rescaled = {
        "sigma": Polynomial.symbol("sigma") * c ** Fraction(-1, order),
        "lambda": Polynomial.symbol("lambda") * c**-rate,
    }
    for s in range(terms + 1):
        expected = c ** (2 + rate * s) * plain.coefficient(s).substitute(rescaled)
        assert scaled.coefficient(s) == expected


@pytest.mark.parametrize("ties", [(2,), (3,), (2, 1), (1, 1), (1, 1, 1), (2, 2)], ids=name)
def test_zero_target_is_the_sector_without_target(ties: tuple[int, ...]) -> None:
    order = sum(ties)
    terms = 3 if order < 4 else 2
    scaled = expand(cp_problem(order, ties, scale="c", decay="lambda"), terms)
    zero = expand(cp_problem(order, ties, "zero", decay="lambda"), terms)
    of_scale_zero = expand(cp_problem(order, ties, scale=0, decay="lambda"), terms)
    for s in range(terms + 1):
        assert scaled.coefficient(s).substitute({"c": 0}) == zero.coefficient(s)
        assert of_scale_zero.coefficient(s) == zero.coefficient(s)
        assert ("lambda" in zero.coefficient(s).symbols) == (s > 0)


@pytest.mark.parametrize("ties", [(2, 1), (2, 1, 1), (3, 1), (3, 2)], ids=name)
def test_order_of_colours_is_no_matter(ties: tuple[int, ...]) -> None:
    terms = 3 if sum(ties) == 3 else 2
    expected = tuple(expand(cp_problem(sum(ties), ties), terms))
    for other in set(permutations(ties)):
        assert tuple(expand(cp_problem(sum(other), other), terms)) == expected


def test_exchange_of_sizes() -> None:
    """(2) is symmetric in p and H but for the constant of its target; (1,1) is not."""
    exchange = {"p": Polynomial.symbol("H"), "H": Polynomial.symbol("p")}

    def symmetric(order: int, ties: str, target: str) -> list[bool]:
        series = expand(cp_problem(order, ties, target), 4)
        return [polynomial.substitute(exchange) == polynomial for polynomial in series]

    assert symmetric(2, "sym", "zero") == [True] * 5
    assert symmetric(2, "asym", "zero") == [False] * 5
    assert symmetric(2, "sym", "identity") == [False] + [True] * 4
    assert symmetric(2, "asym", "identity") == [False] * 5
    assert symmetric(3, "sym", "zero") == [False] * 5


def test_powers_of_sigma() -> None:
    """2l = nu (s_D + 1) + (nu - 2) s, where c counts s_R = s + 1 - s_D."""
    for order in (2, 3, 4):
        series = expand(cp_problem(order, scale="c"), 3)
        for s, polynomial in enumerate(series):
            for powers, _ in polynomial:
                copies = s + 1 - powers.get("c", 0)
                if s or powers.get("c", 0) < 2:
                    assert powers.get("sigma", 0) == order * (copies + 1) + (order - 2) * s


def test_known_values() -> None:
    """Y_0 of theory, the constant p/2 included, and Y_1 of (2) by hand."""
    p, H, sigma = (Polynomial.symbol(symbol) for symbol in ("p", "H", "sigma"))
    s2 = sigma * sigma
    two = expand(cp_problem(2), 1)
    assert two.coefficient(0) == (p * p * H + p * H * H + p * H) * s2**2 / 2 - p * H * s2 + p / 2
    # |grad L|^2 = 4 Tr(W^3) - 8 Tr(W^2) + 4 Tr(W) with W = u^T u, by its Wishart moments.
    cube = p * H * (p * p + H * H + 3 * p * H + 3 * p + 3 * H + 4) * s2**3
    square = p * H * (p + H + 1) * s2**2
    assert two.coefficient(1) == -(4 * cube - 8 * square + 4 * p * H * s2)
    three = expand(cp_problem(3), 0).coefficient(0)
    assert three == (p**3 + 6 * p * p + 8 * p) * H * s2**3 / 2 + p / 2
    ones = expand(cp_problem(4, "asym"), 0).coefficient(0)
    assert ones == p**4 * H * s2**4 / 2 + p / 2


# Problem files: two-layer linear networks


@cache
def of_file(name: str) -> Series:
    """The coefficients of a problem file, to the highest order that is compared."""
    return expand(read_problem(PROBLEMS / name), 4)


@pytest.mark.parametrize(
    ("N", "d", "terms"),
    [(1, 1, 4), (2, 1, 3), (1, 2, 3), (2, 2, 3), (3, 2, 2), (2, 3, 2), (3, 3, 1)],
)
def test_random_teacher(N: int, d: int, terms: int) -> None:
    series = of_file("two_layer_teacher.toml")
    network = two_layer_teacher(N, d, Fraction(1, N), Fraction(1, d), Fraction(1, d))
    for s in range(terms + 1):
        found = number(series.coefficient(s), {"N": N, "d": d})
        assert found == brute_force_polynomial(*network, s)


@pytest.mark.parametrize(
    ("N", "d", "n", "terms"),
    [
        (1, 1, 1, 4),
        (2, 1, 1, 2),
        (1, 2, 1, 3),
        (1, 1, 3, 3),
        (2, 2, 1, 2),
        (1, 2, 2, 2),
        (2, 2, 2, 1),
        (2, 1, 2, 2),
        (3, 2, 2, 1),
    ],
)
def test_random_data(N: int, d: int, n: int, terms: int) -> None:
    series = of_file("two_layer_data.toml")
    loss, variables = two_layer_data(N, d, n, Fraction(1, N), Fraction(1, d), 1, Fraction(1, d))
    mean_loss = {monomial: coefficient / n for monomial, coefficient in loss.items()}
    for s in range(terms + 1):
        exact = brute_force_polynomial(mean_loss, variables, s)
        assert number(series.coefficient(s), {"N": N, "d": d, "n": n}) == exact


def estimate(draws: Iterable[tuple[float, float]]) -> list[monte_carlo.Estimate]:
    values = np.array(list(draws))
    errors = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return [
        monte_carlo.Estimate(float(mean), float(error))
        for mean, error in zip(values.mean(axis=0), errors, strict=True)
    ]


def sampled_network(
    N: int, d: int, n: int | None, samples: int, seed: int
) -> list[monte_carlo.Estimate]:
    """E[L] and -E[|grad L|^2] of the two-layer networks, in matrices; n = None: the teacher."""
    generator = np.random.default_rng(seed)

    def draw() -> tuple[float, float]:
        a = generator.standard_normal(N) / np.sqrt(N)
        W = generator.standard_normal((N, d)) / np.sqrt(d)
        error = W.T @ a - generator.standard_normal(d) / np.sqrt(d)
        X = np.eye(d) if n is None else generator.standard_normal((n, d)) / np.sqrt(n)
        residual = X @ error
        gradient = X.T @ residual
        by_a, by_W = W @ gradient, np.outer(a, gradient)
        return 0.5 * residual @ residual, -(by_a @ by_a) - float(np.sum(by_W**2))

    return estimate(draw() for _ in range(samples))


@pytest.mark.parametrize(
    ("file", "n"), [("two_layer_teacher.toml", None), ("two_layer_data.toml", 25)]
)
def test_networks_against_sampling(file: str, n: int | None) -> None:
    N, d = 12, 18
    series = expand(read_problem(PROBLEMS / file), 1)
    estimates = sampled_network(N, d, n, 4000, 11)
    for polynomial, sample in zip(series, estimates, strict=True):
        exact = float(number(polynomial, {"N": N, "d": d, "n": n or 0}))
        assert sample.error < 0.1 * abs(exact)
        assert sample.deviation(exact) < 4


def teacher(a: str, W: str, t: str, decay: str = "0") -> Problem:
    """The two-layer network with other laws and rates."""
    return parse_problem(
        f"""
        families = {{hidden = "N", feature = "d"}}
        [tensors]
        a = {{families = ["hidden"], role = "trained", {a}}}
        W = {{families = ["hidden", "feature"], role = "trained", {W}}}
        t = {{families = ["feature"], role = "frozen", {t}}}
        [model]
        output = "a[k] W[k,i]"
        target = "t[i]"
        [loss]
        kind = "squared error"
        over = ["i"]
        decay = "{decay}"
        """
    )


def test_learning_rates() -> None:
    """Each tensor moves at its own rate, decay included."""
    problem = teacher(
        'variance = "1/N", rate = "3*N"', 'variance = "2/d", rate = "1/5"', "variance = 3", "lambda"
    )
    series = expand(problem, 3)
    for (N, d), decay in product([(1, 1), (2, 1), (1, 2), (2, 2)], (0, Fraction(-1, 3), 2)):
        network = two_layer_teacher(
            N, d, Fraction(1, N), Fraction(2, d), 3, a_rate=3 * N, w_rate=Fraction(1, 5)
        )
        for s, polynomial in enumerate(series):
            exact = brute_force_polynomial(*network, s, decay)
            assert number(polynomial, {"N": N, "d": d, "lambda": decay}) == exact


def test_constant_means() -> None:
    """Trained and frozen tensors around a constant, one of them without variance."""
    problem = teacher(
        'variance = "1/N", mean = {pattern = "constant", value = "1/2"}',
        'variance = 0, mean = {pattern = "constant", value = "-gamma/d"}, rate = 2',
        'variance = "gamma", mean = {pattern = "constant", value = 3}',
        "1/4",
    )
    series = expand(problem, 2)
    gamma = Fraction(2, 3)
    for N, d in [(1, 1), (2, 1), (1, 2), (2, 2), (3, 1)]:
        loss, variables = two_layer_teacher(N, d)
        laws = [
            Law("a", Fraction(1, N), Fraction(1, 2)),
            Law("W", Fraction(0), -gamma / d, Fraction(2)),
            Law("t", gamma, Fraction(3), Fraction(0)),
        ]
        drawn = [next(law for law in laws if law.name == old.name) for old in variables]
        for s, polynomial in enumerate(series):
            exact = brute_force_polynomial(loss, drawn, s, Fraction(1, 4))
            assert number(polynomial, {"N": N, "d": d, "gamma": gamma}) == exact


def test_rows_with_means_and_rates() -> None:
    """f[i] = sum_k u[k,i] v[k,i] against one: every edge in one row, all laws different."""
    problem = parse_problem(
        """
        families = {hidden = "H", feature = "p"}
        [tensors.u]
        families = ["hidden", "feature"]
        role = "trained"
        variance = "1/H"
        rate = "2*p"
        mean = {pattern = "constant", value = "-gamma"}
        [tensors.v]
        families = ["hidden", "feature"]
        role = "trained"
        variance = "gamma"
        [model]
        output = "u[k,i] v[k,i]"
        target = "1"
        [loss]
        kind = "squared error"
        over = ["i"]
        decay = "lambda"
        """
    )
    gamma, decay = Fraction(3, 2), Fraction(-1, 2)
    series = expand(problem, 3)
    for p, H in [(1, 1), (2, 1), (1, 2), (2, 2), (3, 1)]:
        loss: defaultdict[tuple[int, ...], Fraction] = defaultdict(Fraction)
        for i in range(p):
            residual = [([k * p + i, (H + k) * p + i], 1) for k in range(H)] + [([], -1)]
            for (left, a), (right, b) in product(residual, repeat=2):
                exponents = [0] * (2 * H * p)
                for place in (*left, *right):
                    exponents[place] += 1
                loss[tuple(exponents)] += Fraction(a * b, 2)
        variables = [Law("u", Fraction(1, H), -gamma, Fraction(2 * p))] * (H * p)
        variables += [Law("v", gamma)] * (H * p)
        for s, polynomial in enumerate(series):
            exact = brute_force_polynomial(loss, variables, s, decay)
            values = {"p": p, "H": H, "gamma": gamma, "lambda": decay}
            assert number(polynomial, values) == exact


@pytest.mark.parametrize(
    ("ties", "terms"),
    [((2,), 4), ((3,), 3), ((4,), 2), ((1, 1), 3), ((2, 1), 2), ((1, 1, 1), 2), ((2, 2), 1)],
    ids=name,
)
def test_both_engines(ties: tuple[int, ...], terms: int) -> None:
    """Merging all diagrams first, and closing rows at once, give the same polynomials."""
    problem = cp_problem(sum(ties), ties, scale="c", decay="lambda")
    merging = tuple(derivatives_by_merging(problem, terms))
    assert tuple(derivatives_by_closing(problem, terms)) == merging
    assert expand(problem, terms).coefficients == merging


def test_delta_mean() -> None:
    """f = W x for a frozen x, W starts near a multiple of the identity; the target is x itself."""
    problem = parse_problem(
        """
        families = {feature = "d"}
        [tensors.W]
        families = ["feature", "feature"]
        role = "trained"
        variance = "sigma^2"
        mean = {pattern = "delta", value = "g"}
        [tensors.x]
        families = ["feature"]
        role = "frozen"
        variance = "1/d"
        [model]
        output = "W[i,j] x[j]"
        target = "x[i]"
        [loss]
        kind = "squared error"
        over = ["i"]
        """
    )
    series = expand(problem, 3)
    sigma2, g = Fraction(1, 2), Fraction(-3, 5)
    for d in (1, 2, 3):
        loss: defaultdict[tuple[int, ...], Fraction] = defaultdict(Fraction)
        length = d * d + d
        for i in range(d):
            linear = [([i * d + j, d * d + j], 1) for j in range(d)] + [([d * d + i], -1)]
            for (left, a), (right, b) in product(linear, repeat=2):
                exponents = [0] * length
                for place in (*left, *right):
                    exponents[place] += 1
                loss[tuple(exponents)] += Fraction(a * b, 2)
        variables = [
            Law("W", sigma2, g if i == j else Fraction(0)) for i, j in product(range(d), repeat=2)
        ]
        variables += [Law("x", Fraction(1, d), rate=Fraction(0))] * d
        for s, polynomial in enumerate(series):
            exact = brute_force_polynomial(loss, variables, s)
            squares = polynomial.substitute({"sigma": Polynomial.symbol("q") ** Fraction(1, 2)})
            assert number(squares, {"d": d, "g": g, "q": sigma2}) == exact


def test_one_unit_sample() -> None:
    """f = a W x with one sample of length one: the (1, 1) problem with p = 1."""
    unit = parse_problem(
        """
        families = {hidden = "H", feature = "d", sample = "n"}
        [tensors]
        a = {families = ["hidden"], role = "trained", variance = "sigma^2"}
        W = {families = ["hidden", "feature"], role = "trained", variance = "sigma^2"}
        [tensors.x]
        families = ["sample", "feature"]
        role = "frozen"
        variance = 0
        mean = {pattern = "constant", value = "1"}
        [model]
        output = "a[k] W[k,i] x[mu,i]"
        target = "1"
        [loss]
        kind = "squared error"
        over = ["mu"]
        """
    )
    network, matrix = expand(unit, 3), expand(cp_problem(2, "asym"), 3)
    for s in range(4):
        assert network.coefficient(s).substitute({"n": 1, "d": 1}) == matrix.coefficient(
            s
        ).substitute({"p": 1})


def test_many_independent_traces() -> None:
    """A product of three squared norms: Y_0 is the product of the three second moments."""
    words = [f"{u}[{k},{i}] {u}[{k},{i}]" for u, k, i in ("Aki", "Blj", "Cmn")]
    problem = parse_problem(
        f"""
        families = {{hidden = "N", feature = "d"}}
        [tensors]
        A = {{families = ["hidden", "feature"], role = "trained", variance = 1}}
        B = {{families = ["hidden", "feature"], role = "trained", variance = 1}}
        C = {{families = ["hidden", "feature"], role = "trained", variance = 1}}
        [model]
        output = "{" ".join(words)}"
        target = "0"
        [loss]
        kind = "squared error"
        over = []
        """
    )
    size = Polynomial.symbol("N") * Polynomial.symbol("d")
    assert expand(problem, 0).coefficient(0) == (size * size + 2 * size) ** 3 / 2


# The series as a value


def test_series() -> None:
    problem = cp_problem(2, scale="c")
    series = expand(problem, 3)
    assert series == expand(problem, 3)
    assert tuple(derivatives(problem, 3)) == series.coefficients == tuple(series)
    assert (series.terms, len(series), series.problem) == (3, 4, problem)
    assert series.evidence.kind is Kind.EXACT
    assert series.evidence.checked_to == 3
    symbols = sympy.symbols("p H sigma c")
    assert series.derivative(2).free_symbols == set(symbols)
    assert sympy.expand(series.derivative(2) - series.coefficient(2).to_sympy()) == 0
    assert expand(problem, 1).coefficients == series.coefficients[:2]
    assert value(problem.observable) == series.coefficient(0)
    for s in (-1, 4, "1", None):
        with pytest.raises(BadInput):
            series.coefficient(s)  # type: ignore[arg-type]
    for terms in (-1, 1.5, "2", True, None, 10**6):
        with pytest.raises(BadInput):
            expand(problem, terms)  # type: ignore[arg-type]


def test_progress() -> None:
    """Every order is reported done, in order."""
    for order in (2, 3):
        seen: list[Progress] = []
        expand(cp_problem(order), 3, progress=seen.append)
        assert {told.order for told in seen} == {0, 1, 2, 3}
        assert [told.order for told in seen] == sorted(told.order for told in seen)
        assert all(0 <= told.done <= told.states and told.terms == 3 for told in seen)


def test_short_print_and_whole_text() -> None:
    series = expand(cp_problem(3, "2+1"), 3)
    lines = series.to_text().splitlines()
    for s in range(4):
        written = next(line for line in lines if line.startswith(f"Y_{s} = "))
        assert sympy.expand(sympy.sympify(written.split(" = ")[1])) == series.derivative(s)
    assert "..." in str(series)
    assert len(str(series)) < len(series.to_text())
    assert max(map(len, str(series).splitlines())) <= 80


def test_atoms() -> None:
    """Generators merge along trained tensors only, those of one rate together."""
    problem = teacher("variance = 1", "variance = 1, rate = 2", "variance = 1")
    observable, generators = atoms_of(problem)
    assert sum(len(atom.diagram.edges) for atom in observable) == 4 + 3 + 2
    assert {tuple(sorted(x.name for x in atom.tensors)) for atom in generators} == {("a",), ("W",)}
    joint = atoms_of(teacher("variance = 1", "variance = 1", "variance = 1"))[1]
    assert {tuple(sorted(x.name for x in atom.tensors)) for atom in joint} == {("W", "a")}
    assert all(isinstance(atom.diagram, Diagram) for atom in joint)
