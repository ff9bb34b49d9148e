"""Published systems as problem files: values known beforehand, and an independent brute force.

The brute force writes each model out in all its variables at small sizes, with gradients taken
term by term; sizes and scales are numbers there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import prod
from pathlib import Path

import pytest

from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.files import parse_problem, read_problem
from diagrams.problems.problem import Problem
from diagrams.series.cumulants import cumulant
from diagrams.series.expansion import expand
from diagrams.series.levels import levels
from diagrams.series.open_series import expand_open
from tests.truth.variables import Expression, Space, total

FOLDER = Path(__file__).parents[2] / "docs" / "systems"
HALF = Fraction(1, 2)
System = tuple[Problem, Space, dict[str, Expression], Expression, dict[str, Fraction]]
"""A file's problem, and the same by hand: observables, potential, values of all symbols."""


def system(name: str) -> Problem:
    return read_problem(FOLDER / f"{name}.toml")


def number(polynomial: Polynomial, values: Mapping[str, Fraction]) -> Fraction:
    """The value at numbers; square roots have to be rational."""
    result = polynomial.substitute({n: Polynomial.constant(v) for n, v in values.items()})
    assert not result.symbols
    return sum((c for _, c in result.terms), Fraction(0))


def symbols(*names: str) -> list[Polynomial]:
    return [Polynomial.symbol(name) for name in names]


# -- the same models, written out ------------------------------------------------


def mean_field() -> System:
    N, gamma, y = 2, Fraction(3, 2), Fraction(5, 7)
    space = Space()
    w, h = (space.array(name, N, rate=gamma**2 * N) for name in "wh")
    f = total(a * b for a, b in zip(w, h, strict=True)) * (1 / (gamma * N))
    kernel = space.star(f, f)
    observables = {
        "loss": (f - y) * (f - y) * HALF,
        "kernel": kernel,
        "output_squared": f * f,
        "kernel_squared": kernel * kernel,
        "invariant": kernel * kernel - 4 * gamma**2 * f * f,
    }
    values = {"N": Fraction(N), "gamma": gamma, "y": y}
    return system("deep_linear_mean_field"), space, observables, observables["loss"], values


def one_hidden_layer() -> System:
    N, d, y = 4, 1, Fraction(2, 3)
    space = Space()
    a, W = space.array("a", N), space.array("W", N)
    f = total(p * q for p, q in zip(a, W, strict=True)) * HALF
    kernel = space.star(f, f)
    loss = (f - y) * (f - y) * HALF
    C02 = total(
        f.derivative(u) * f.derivative(v) * f.derivative(u).derivative(v)
        for u in range(2 * N)
        for v in range(2 * N)
    )
    departure = space.star(kernel, loss) * (f - y)
    observables = {
        "loss": loss,
        "kernel": kernel,
        "C02_squared": C02 * C02 * Fraction(1, 4),
        "C11_squared": Fraction(1, 4) * space.star(kernel, kernel),
        "departure": departure,
    }
    values = {"N": Fraction(N), "d": Fraction(d), "y": y}
    return system("ntk_one_hidden_layer"), space, observables, loss, values


def experts(gated: bool = False) -> System:
    N, M, s_in, s_out, s_gate = 2, 2, Fraction(1, 3), Fraction(3, 5), Fraction(5, 2)
    r_in, r_out, r_gate = Fraction(2), Fraction(1, 2), Fraction(3, 4)
    space = Space()
    Win = space.matrix("Win", M, N, s_in, r_in)
    Wout = space.matrix("Wout", M, N, s_out, r_out)
    G = space.matrix("G", M, N, s_gate, r_gate) if gated else []
    h, g = space.array("h", N, rate=0), space.array("g", N, rate=0)
    hidden = [total(a * b for a, b in zip(row, h, strict=True)) for row in Win]
    logits = [total(a * b for a, b in zip(row, h, strict=True)) for row in G]
    sent = [a * b for a, b in zip(hidden, logits, strict=True)] if gated else hidden
    f = [total(Wout[e][i] * sent[e] for e in range(M)) * Fraction(1, M) for i in range(N)]
    loss = total((a - b) * (a - b) for a, b in zip(f, g, strict=True)) * HALF
    signal = total(a * b for a, b in zip(f, g, strict=True))
    observables = {"loss": loss, "initial": total(a * a for a in f) * Fraction(1, N)}
    driven = [space.star(a, signal) for a in f]
    observables["driven_size"] = total(a * a for a in driven) * Fraction(1, N)
    values = {"N": Fraction(N), "M": Fraction(M), "N_e": Fraction(1), "s_in": s_in, "s_out": s_out}
    values |= {"r_in": r_in, "r_out": r_out}
    if gated:
        observables["logit"] = total(a * a for a in logits) * Fraction(1, M)
        moved = [space.star(a, signal) for a in logits]
        observables["logit_driven_size"] = total(a * a for a in moved) * Fraction(1, M)
        values |= {"s_gate": s_gate, "r_gate": r_gate}
        return system("mixture_of_experts_gated"), space, observables, loss, values
    change = [-space.star(a, loss) for a in f]
    observables["update_size"] = total(a * a for a in change) * Fraction(1, N)
    return system("mixture_of_experts"), space, observables, loss, values


def mixture() -> System:
    n, d, Delta, decay = 2, 4, Fraction(4, 9), Fraction(2, 5)
    space = Space()
    w = space.array("w", d, 0)
    z = space.matrix("z", n, d, 1, 0)
    overlap = total(w) * Fraction(1, d)
    noise = [total(a * b for a, b in zip(w, row, strict=True)) * Fraction(1, 3) for row in z]
    residuals = [overlap + part - 1 for part in noise]
    loss = total(r * r for r in residuals) * HALF
    square = total(a * a for a in w)
    observables = {"loss": loss, "m": overlap, "q": square * Fraction(1, d)}
    values = {"n": Fraction(n), "d": Fraction(d), "Delta": Delta, "lambda": decay}
    return system("gaussian_mixture"), space, observables, loss + square * (decay / 2), values


def diagonal() -> System:
    n, d, alpha, rho = 2, 2, Fraction(1, 2), Fraction(3)
    space = Space()
    u, v = (space.array(name, d, 0, alpha) for name in "uv")
    X, t = space.matrix("X", n, d, Fraction(1, d), 0), space.array("t", d, rho, 0, 0)
    w = [(a * a - b * b) * HALF for a, b in zip(u, v, strict=True)]
    errors = [total(x * (a - b) for x, a, b in zip(row, w, t, strict=True)) for row in X]
    loss = total(e * e for e in errors) * HALF
    test = total((a - b) * (a - b) for a, b in zip(w, t, strict=True)) * Fraction(1, 2 * d)
    overlap = total(a * b for a, b in zip(w, t, strict=True)) * Fraction(1, d)
    observables = {
        "train": loss * Fraction(1, d),
        "test": test,
        "overlap": overlap,
        "invariant": total(a * a * b * b for a, b in zip(u, v, strict=True)) * Fraction(1, d),
    }
    values = {"n": Fraction(n), "d": Fraction(d), "alpha": alpha, "rho": rho}
    return system("diagonal_linear"), space, observables, loss, values


def spectrum(name: str) -> System:
    N, gamma, y = (
        (1, Fraction(3, 2), Fraction(5, 7)) if name == "mup" else (2, Fraction(1), Fraction(5, 7))
    )
    rate, scale = (gamma**2 * N, 1 / gamma) if name == "mup" else (1, HALF)
    space = Space()
    w, u = (space.array(letter, N, rate=rate) for letter in "wu")
    W = space.matrix("W", N, N, rate=rate)
    f = total(w[i] * W[i][j] * u[j] for i in range(N) for j in range(N)) * scale
    gram = [[total(W[i][j] * W[k][j] for j in range(N)) for k in range(N)] for i in range(N)]
    trace2 = total(gram[i][k] * gram[i][k] for i in range(N) for k in range(N))
    observables = {
        "loss": (f - y) * (f - y) * HALF,
        "kernel": space.star(f, f),
        "trace1": total(gram[i][i] for i in range(N)) * Fraction(1, N),
        "trace2": trace2 * Fraction(1, N * N),
    }
    values = {"N": Fraction(N), "gamma": Fraction(gamma), "y": y}
    problem = system(f"deep_linear_spectrum_{name}")
    return problem, space, observables, observables["loss"], values


SYSTEMS: dict[str, tuple[Callable[[], System], int]] = {
    "mean field": (mean_field, 3),
    "one hidden layer": (one_hidden_layer, 1),
    "experts": (experts, 1),
    "gated experts": (lambda: experts(gated=True), 0),
    "mixture": (mixture, 2),
    "diagonal": (diagonal, 2),
    "spectrum, muP": (lambda: spectrum("mup"), 3),
    "spectrum, NTK": (lambda: spectrum("ntk"), 2),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_files_agree_with_brute_force(name: str) -> None:
    build, terms = SYSTEMS[name]
    problem, space, observables, potential, values = build()
    for observable, by_hand in observables.items():
        series = expand(problem, terms, observable=observable)
        for s in range(terms + 1 if not observable.endswith("_size") else 1):
            expected = space.flow(by_hand, potential, s)
            assert number(series.coefficient(s), values) == expected, (observable, s)


# -- the values known beforehand --------------------------------------------------


def test_mean_field_network() -> None:
    problem = system("deep_linear_mean_field")
    gamma, y = symbols("gamma", "y")
    conserved = expand(problem, 4, observable="invariant")
    assert conserved.coefficients == (Polynomial.constant(4), *[Polynomial()] * 4)
    kernel = levels(expand(problem, 2, observable="kernel"), {"N": 1}, 1)
    assert kernel.level(2, 0) == 8 * gamma**2 * y**2
    output = levels(cumulant(problem, ("output", "output"), 1), {"N": 1}, 1)
    assert output.column(-1) == (gamma**-2, -4 * gamma**-2)
    fluctuation = levels(cumulant(problem, ("kernel", "kernel"), 2), {"N": 1}, 1)
    assert fluctuation.level(0, -1) == Polynomial.constant(4)


def test_derivative_correlations() -> None:
    problem = system("ntk_one_hidden_layer")
    (N,) = symbols("N")
    two = Polynomial.constant(2)
    assert expand(problem, 0, observable="kernel").coefficient(0) == two
    assert cumulant(problem, ("kernel", "kernel"), 0).coefficient(0) == 4 * N**-1
    assert expand(problem, 0, observable="C02_squared").coefficient(0) == N**-2
    assert expand(problem, 0, observable="C11_squared").coefficient(0) == 2 * N**-1


def test_departure_from_the_linearised_model() -> None:
    problem = system("ntk_one_hidden_layer")
    series = expand(problem, 0, observable="departure_squared")
    (y,) = symbols("y")
    assert levels(series, {"N": 1}, 1).leading(0) == (
        Fraction(-2),
        16 * y**4 + 96 * y**2 * 3 + Polynomial.constant(16 * 15),
    )


def test_mixture_of_experts() -> None:
    """At s_in = 1/N: the mean square of a coordinate is N_e s_out/M."""
    problem = system("mixture_of_experts")
    s_in, s_out, N, N_e, M = symbols("s_in", "s_out", "N", "N_e", "M")
    second = expand_open(problem, 0, "second")
    assert second.deltas(0) == "M**(-1)*N*N_e*s_in*s_out delta[i,j]"
    assert second.entry(0, "i,j").substitute({"s_in": N**-1}) == s_out * N_e * M**-1
    initial = expand(problem, 0, observable="initial").coefficient(0)
    assert initial == s_in * s_out * N * N_e * M**-1


def test_gaussian_mixture() -> None:
    problem = system("gaussian_mixture")
    alpha, decay, Delta = symbols("alpha", "lambda", "Delta")
    overlap = levels(expand(problem, 2, observable="m"), {"d": 1, "n": "alpha*d"}, 1)
    assert overlap.column(0) == (
        Polynomial(),
        alpha,
        -alpha * (alpha + decay + Delta * (1 + alpha)),
    )


def test_diagonal_network() -> None:
    problem = system("diagonal_linear")
    alpha, delta, rho = symbols("alpha", "delta", "rho")
    train = levels(expand(problem, 2, observable="train"), {"d": 1, "n": "delta*d"}, 1)
    assert train.column(0)[:2] == (delta * rho / 2, -2 * alpha**2 * delta * rho * (1 + delta))
    kept = expand(problem, 2, observable="invariant")
    assert kept.coefficients == (alpha**4, Polynomial(), Polynomial())


def test_lazy_phase_of_the_diagonal_network_is_marchenko_pastur() -> None:
    """At leading order in alpha the train error is rho/2 E[x exp(-4 alpha^2 x t)] over the bulk."""
    series = expand(system("diagonal_linear"), 3, observable="train")
    alpha, delta, rho = symbols("alpha", "delta", "rho")
    table = levels(series, {"d": 1, "n": "delta*d"}, 1)
    moments = [delta, delta + delta**2, delta + 3 * delta**2 + delta**3]
    moments.append(delta + 6 * delta**2 + 6 * delta**3 + delta**4)
    for s, moment in enumerate(moments):
        lazy = Polynomial.from_terms(
            (powers, c) for powers, c in table.level(s, 0).terms if dict(powers)["rho"] == 1
        )
        assert lazy == (-4) ** s * alpha ** (2 * s) * moment * rho / 2


def test_spectrum() -> None:
    gamma, y, N = symbols("gamma", "y", "N")
    mup = system("deep_linear_spectrum_mup")
    trace = levels(expand(mup, 2, observable="trace1"), {"N": 1}, 3)
    assert trace.level(0, 1) == Polynomial.constant(1)
    assert trace.level(2, 0) == 6 * gamma**2 * y**2
    series = expand(mup, 2, observable="trace1")
    assert dict(levels(series, {"N": 1}).rows[2])[Fraction(-1)] == Polynomial.constant(12)
    untrained = expand(mup, 0, observable="trace2").coefficient(0)
    assert untrained == 2 * N + 1


def test_only_mup_is_width_consistent() -> None:
    """The kernel moves at order one in muP and not in NTK parameterisation."""
    for name, exponent in (("mup", 0), ("ntk", -1)):
        series = expand(system(f"deep_linear_spectrum_{name}"), 2, observable="kernel")
        moved = [levels(series, {"N": 1}).leading(s) for s in (1, 2)]
        assert max(e for e, _ in filter(None, moved)) == exponent


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_files_read_back_and_differ_by_scale_only_where_they_say(path: Path) -> None:
    problem = read_problem(path)
    assert parse_problem(problem.spec) == problem
    assert prod(bool(quantity.text) for quantity in problem.named_observables)
