"""Tensors of three large indices and more; indices that stand together; traces."""

from __future__ import annotations

from dataclasses import replace
from math import factorial
from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import pade

from diagrams import load_problem, mean_field, simulate, solve
from diagrams.errors import NotSolved
from diagrams.mean_fields.equations import Field, TreeEquations
from diagrams.mean_fields.jets import taylor
from diagrams.mean_fields.joint import joint
from diagrams.mean_fields.sampled_noise import Array
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from tests.mean_field.test_trees import changed
from tests.truth.spherical_spins import energies

SYSTEMS = Path(__file__).parents[2] / "docs" / "systems"
SPINS = (SYSTEMS / "spherical_spins.toml").read_text("utf-8")
MOVED = """
title = "A trained tensor of three indices between two inputs, and a layer above"
families.out = {size = "m", index = "a"}
families.left = {size = "d", index = "i"}
families.right = {size = "e", index = "j"}
tensors.V = {families = ["out", "out"], role = "trained", variance = "1/m"}
tensors.W = {families = ["out", "left", "right"], role = "trained", variance = "1/(d*e)"}
tensors.x = {families = ["left"], role = "frozen", variance = 1}
tensors.z = {families = ["right"], role = "frozen", variance = "1/e"}
tensors.y = {families = ["out"], role = "frozen", variance = 1}
model = {output = "V[a,b] W[b,i,j] x[i] z[j]", target = "y[a]"}
loss = {kind = "squared error", over = ["a"], prefactor = "1/d"}
"""
SPIKED = """
title = "A spike in a tensor, and a matrix beside it"
families.site = {size = "N", index = "i"}
tensors.u = {families = ["site"], role = "trained", moments = ["q", 1, "q", 1, "q", 1, "q", 1]}
tensors.J = {families = ["site", "site", "site"], role = "frozen", variance = "1/N^2"}
tensors.K = {families = ["site", "site"], role = "frozen", variance = "1/N"}
[[loss]]
kind = "linear"
output = "J[i,j,k] u[i] u[j] v[k] + K[i,j] u[i] u[j]"
prefactor = -1
[[loss]]
kind = "linear"
output = "u[i] v[i] u[j] v[j] / N"
prefactor = "-lambda/2"
[tensors.v]
families = ["site"]
role = "frozen"
law = "fixed"
mean = {pattern = "constant", value = 1}
[observables]
overlap = "u[i] v[i] / N"
"""


def spins(rank: int) -> Problem:
    """The spherical model of any number of spins, with energies of E[H^2] = N/2."""
    indices = "ijkl"[:rank]
    families = ", ".join(['"site"'] * rank)
    text = SPINS.replace('"site", "site", "site"', families).replace("2*N^2", f"2*N^{rank - 1}")
    entries = " ".join(f"u[{index}]" for index in indices)
    return load_problem(
        text.replace("J[i,j,k] u[i] u[j] u[k]", f"J[{','.join(indices)}] {entries}")
    )


@pytest.mark.parametrize(("rank", "terms"), [(2, 7), (3, 9), (4, 5)])
def test_the_equations_of_cugliandolo_and_kurchan(rank: int, terms: int) -> None:
    """Against their power series, iterated by other code, at orders no diagrams were merged at."""
    found = mean_field(spins(rank), {"N": 1})
    assert list(map(str, found.taylor(terms))) == list(map(str, energies(rank, terms)))


def test_numbers_lie_on_the_series() -> None:
    """The energy at t = 1 from sampled sites, beside Pade's sum of the power series."""
    series = [float(y) / factorial(s) for s, y in enumerate(energies(3, 13))]
    above, below = pade(series, 6)
    curve = mean_field(spins(3), {"N": 1}).integrate([0.5, 1])
    assert curve.method.startswith("Runge")
    assert curve.values[0] == pytest.approx(above(0.5) / below(0.5), abs=1e-4)
    assert curve.values[1] == pytest.approx(-0.7825, abs=2e-3)


def test_a_trained_tensor_moves_by_products_of_three() -> None:
    found = mean_field(load_problem(MOVED), {"m": 1, "d": 1, "e": "rho*d"})
    assert found.certify(3).first_difference is None


def test_a_matrix_and_a_spike_beside_a_tensor() -> None:
    problem = load_problem(SPIKED).with_observable("overlap")
    assert mean_field(problem, {"N": 1}).certify(3).first_difference is None


@pytest.mark.parametrize("part", ["memory", "noise"])
def test_mutants_are_caught(part: str) -> None:
    found = mean_field(spins(3), {"N": 1})
    assert isinstance(found.equations, TreeEquations)

    def spoiled(field: Field) -> Field:
        if part == "memory":
            return replace(field, memory=field.memory[:1])
        return replace(field, noise=2 * field.noise)

    wrong = changed(found.equations, spoiled)
    certificate = replace(found, equations=wrong, derivatives=taylor(wrong, 3)).certify(3)
    assert certificate.first_difference is not None


def test_a_tensor_in_a_cycle_is_refused() -> None:
    matrix = '[tensors.K]\nfamilies = ["site", "site"]\nrole = "frozen"\nvariance = "1/N"\n'
    text = SPINS.replace("J[i,j,k] u[i] u[j] u[k]", "J[i,j,k] u[i] K[j,l] K[k,l]")
    text = text.replace("[model]", matrix + "[model]")
    with pytest.raises(NotSolved, match="the tensors J, K, K close a cycle in sum"):
        mean_field(load_problem(text), {"N": 1})


# -- indices that stand together ------------------------------------------------------------------

EXPERTS = {"M": 1, "N": "2*M^2", "N_e": "M", "s_in": "1/(4*M^2)", "s_out": "1", "r_in": "1/M^2"}
EXPERTS["r_out"] = "1"


def test_experts_are_units_of_one_layer() -> None:
    """Experts of M units each, as M grows: E[L] in the product of M and N_e alone."""
    problem = load_problem(str(SYSTEMS / "mixture_of_experts.toml"))
    found = mean_field(problem, EXPERTS)
    assert found.certify(3).first_difference is None


def test_experts_lie_on_the_simulation() -> None:
    problem = load_problem(str(SYSTEMS / "mixture_of_experts.toml"))
    limit = mean_field(problem, EXPERTS).integrate([0.25, 0.5])
    size = 8
    at = {"M": size, "N": 2 * size**2, "N_e": size, "s_in": f"1/{4 * size**2}", "T": 1}
    at |= {"s_out": 1, "r_in": f"1/{size**2}", "r_out": 1}
    run = simulate(problem, at=at, until=0.5, points=[0.25, 0.5], seeds=8)
    for value, mean, error in zip(limit.values, run.mean, run.standard_error, strict=True):
        assert mean / size**2 == pytest.approx(value, abs=4 * error / size**2 + 0.05 * value)


def test_indices_that_part_are_two() -> None:
    """A unit of an expert that meets another expert's is no pair of both."""
    text = (SYSTEMS / "mixture_of_experts.toml").read_text("utf-8")
    parted = text.replace("Win[e,m,j]", "Win[f,m,j]")
    sizes = {name: Polynomial.symbol("M") for name in ("M", "N", "N_e")}
    whole, apart = (joint(load_problem(own), sizes)[0].families for own in (text, parted))
    assert [family.size for family in whole] == ["N", "pairs"]
    assert [family.size for family in apart] == ["N", "M", "N_e"]


# -- traces -------------------------------------------------------------------------------------

ATTENTION = (
    Path(__file__).parents[2] / "benchmarks" / "files" / "merged_attention.toml"
).read_text("utf-8")


def heads(size: int, times: list[float], seed: int, steps: int = 100) -> list[float]:
    """E[L]/d of merged attention for d = H = n, by hand, at large sizes.

    With M = sum_h v_h U_h the loss is (a |M|^2 - 2 tr M + d)/2, a = 1 + (d + 1)/n, so that
    v' = c - a Q v and c' = v (d - a v.c) for c_h = tr U_h and the Gram matrix Q of the U_h,
    Q = sigma^2 d + v v^T - v_0 v_0^T, as v v^T - Q is conserved and the U_h start orthogonal.
    """
    rng, spread = np.random.default_rng(seed), size**-0.25
    start, traces = rng.normal(size=(2, size)) * spread
    a, step = 1 + (size + 1) / size, times[-1] / steps

    def gram(v: Array) -> Array:
        found: Array = spread**2 * size * v + v * (v @ v) - start * (start @ v)
        return found

    def slopes(state: Array) -> Array:
        v, c = state
        return np.stack([c - a * gram(v), v * (size - a * (v @ c))])

    state, found = np.stack([start, traces]), []
    for k in range(1, steps + 1):
        middle = state + step / 2 * slopes(state)
        state = state + step * slopes(middle)
        if any(abs(k * step - t) < step / 2 for t in times):
            v, c = state
            found.append(float(a * v @ gram(v) - 2 * v @ c + size) / 2 / size)
    return found


def test_heads_lie_on_a_reduction_by_hand() -> None:
    """Certified by exact coefficients, and beside two vectors that were derived by hand."""
    solution = solve(load_problem(ATTENTION), "full")
    assert solution.evidence.checked_to is not None
    assert solution.evidence.checked_to >= 3
    size, times = 4000, [0.4, 0.8, 1.6]
    own = [t / size**0.5 for t in times]
    runs = np.array([heads(size, own, seed) for seed in range(12)])
    at = {"d": size, "H": size, "n": size, "sigma": size**-0.25, "T": 1}
    for value, run in zip(solution.values(own, at), runs.T, strict=True):
        error = 3 * run.std() / len(runs) ** 0.5 + 0.003
        assert float(value.value) / size == pytest.approx(run.mean(), abs=error)


def test_a_trace_has_a_tensor_of_its_own() -> None:
    problem = load_problem(ATTENTION)
    sizes = {name: Polynomial.symbol("d") for name in ("d", "H")}
    found, put = joint(problem, sizes)
    tensors = {tensor.name: [f.size for f in tensor.families] for tensor in found.tensors}
    assert tensors == {"v": ["H"], "U": ["H", "pairs"], "U_diagonal": ["H", "d"]}
    assert str(put["pairs"]) == "d**2"
