"""Observables with free indices: entries by brute force, traces, and data that are kept."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from diagrams.errors import BadInput
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import parse_problem
from diagrams.series.expansion import expand
from diagrams.series.open_series import expand_open
from diagrams.wick.expectation import expectation
from tests.problems.test_files import DATA, evaluated
from tests.truth.variables import Space, total

NETWORK = parse_problem(DATA)
KERNEL = "K[mu,nu] = star(output[mu], output[nu])"


def number(polynomial: Polynomial, **values: int) -> Fraction:
    result = polynomial.substitute({n: Polynomial.constant(v) for n, v in values.items()})
    assert not result.symbols
    return sum((c for _, c in result.terms), Fraction(0))


@pytest.mark.parametrize("s", [0, 1])
def test_entries_by_brute_force(s: int) -> None:
    N, d, n = 2, 2, 2
    space = Space()
    a, W = space.array("a", N, Fraction(1, N)), space.matrix("W", N, d, Fraction(1, d))
    x, t = space.matrix("x", n, d, 1, 0), space.array("t", d, Fraction(1, d), 0, 0)
    f = [total(a[k] * W[k][i] * row[i] for k in range(N) for i in range(d)) for row in x]
    y = [total(p * q for p, q in zip(t, row, strict=True)) for row in x]
    loss = total((p - q) * (p - q) for p, q in zip(f, y, strict=True)) * Fraction(1, 2 * n)
    kernel = expand_open(NETWORK, s, KERNEL)
    for mu, nu, equal in ((0, 0, ["mu,nu"]), (0, 1, [])):
        expected = space.flow(space.star(f[mu], f[nu]), loss, s)
        assert number(kernel.entry(s, *equal), N=N, d=d, n=n) == expected


def test_trace_of_an_open_series() -> None:
    n = Polynomial.symbol("n")
    kernel = expand_open(NETWORK, 2, KERNEL)
    trace = expand(NETWORK, 2, observable="star(output[mu], output[mu])")
    every = expand(NETWORK, 2, observable="star(output[mu], output[nu])")
    for s in range(3):
        diagonal, off = kernel.entry(s, "mu,nu"), kernel.entry(s)
        assert n * diagonal == trace.coefficient(s)
        assert n * diagonal + n * (n - 1) * off == every.coefficient(s)


def test_closed_observables_agree_with_expand() -> None:
    problem = cp_problem(order=3, ties="2+1")
    for s, combination in enumerate(expand_open(problem, 2).coefficients):
        (term,) = combination
        assert term[1] == expand(problem, 2).coefficient(s)


def test_modular_target() -> None:
    series = expand_open(cp_problem(order=3, ties="asym", target="modular"), 1, "output")
    assert series.coefficients[0].terms == ()
    assert series.deltas(1).replace("i2+i1", "i1+i2") == "3*H*sigma**4 [i1+i2=i3]"


def test_data_that_are_kept() -> None:
    """E over the weights at fixed data: a.a is 1 on average, h.h is N/d times the Gram matrix."""
    random = np.random.default_rng(3)
    values = {"N": 5, "d": 3, "n": 4}
    arrays = {"x": random.normal(size=(4, 3)), "w": random.normal(size=3)}
    gram, labels = arrays["x"] @ arrays["x"].T, arrays["x"] @ arrays["w"]
    text = "K = star(output[mu], output[nu]) w[i] x[mu,i] w[j] x[nu,j]"
    found = expand_open(NETWORK, 0, text, keep=("x", "w")).coefficients[0]
    assert evaluated(found, arrays, values) == pytest.approx(labels @ gram @ labels * (1 + 5 / 3))
    moved = expand_open(NETWORK, 1, KERNEL, keep=("x", "w")).coefficients[1]
    assert {tensor.name for diagram, _ in moved for tensor in diagram.tensors} == {"x"}


def test_keeping_and_averaging_later_is_averaging() -> None:
    kept = expand_open(NETWORK, 2, KERNEL, keep=("x", "w"))
    at_once = expand_open(NETWORK, 2, KERNEL)
    for later, now in zip(kept.coefficients, at_once.coefficients, strict=True):
        assert expectation(later) == now


def test_refusals() -> None:
    for keep in (("a",), ("z",)):
        with pytest.raises(BadInput):
            expand_open(NETWORK, 0, keep=keep)
    series = expand_open(NETWORK, 0, KERNEL)
    with pytest.raises(BadInput):
        series.entry(0, "mu,rho")
    with pytest.raises(BadInput):
        series.coefficient(1)
    with pytest.raises(BadInput):
        expand(NETWORK, 0, observable=KERNEL)
    with pytest.raises(BadInput):
        expand_open(NETWORK, 0, KERNEL, keep=("x",)).entry(0)
