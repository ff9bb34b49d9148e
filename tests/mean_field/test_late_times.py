"""Late times of two-time equations: closed forms, other grids, fitted ends, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ive

from diagrams.errors import BadInput, OutsideDomain
from diagrams.evidence import Evidence, Kind
from diagrams.mean_fields.curves import MeanFieldCurve
from diagrams.mean_fields.linear_sites import LinearSites, NotLinear
from diagrams.mean_fields.mean_field import EXAMPLE, MeanField, mean_field
from diagrams.mean_fields.melon_rows import MelonRows
from diagrams.mean_fields.sampling import Sampled
from diagrams.mean_fields.summation import melons_summed
from diagrams.mean_fields.two_time_solver import Solver
from diagrams.problems.cp import cp_problem
from diagrams.problems.spec import load_problem
from tests.mean_field.test_melons import SEVERAL, TARGET
from tests.truth import uniform_grid

SPINS = Path("docs/systems/spherical_spins.toml").read_text(encoding="utf-8")
TWO = SPINS.replace('"site", "site", "site"', '"site", "site"').replace("2*N^2", "2*N")
TWO = TWO.replace("J[i,j,k] u[i] u[j] u[k]", "J[i,j] u[i] u[j]")


def spins(text: str) -> MeanField:
    return mean_field(load_problem(text), {"N": 1})


def laplace(t: np.ndarray) -> np.ndarray:
    """The mean of exp(2 (x - 2) t) over the semicircle, its largest exponent taken out."""
    return np.where(t > 0, ive(1, 4 * t) / np.where(t > 0, 2 * t, 1), 1)


def test_two_spins_are_the_matrix_of_their_couplings_to_late_times() -> None:
    """Cugliandolo and Dean (J. Phys. A 28, 4213, 1995): one vector in a semicircle."""
    solver = Solver(LinearSites(spins(TWO).equations, {}), 1000.0, 3.0, 5, 0.15)
    history = solver.run()
    t = np.geomspace(0.01, 1000, 60)
    assert solver.values(t) == pytest.approx(-ive(2, 4 * t) / ive(1, 4 * t), abs=3e-4)
    assert np.max(np.abs(history.rows["C @u @u"][:, -1] - 1)) < 1e-4
    later, earlier = np.meshgrid(t, t[::6], indexing="ij")
    later, earlier = np.maximum(later, earlier), np.minimum(later, earlier)
    norms = np.sqrt(laplace(later) * laplace(earlier))
    exact = laplace((later + earlier) / 2) / norms
    assert history.at("C @u @u", later, earlier) == pytest.approx(exact, abs=1e-3)
    answer = laplace((later - earlier) / 2) * np.sqrt(laplace(earlier) / laplace(later))
    assert history.at("R @u 0", later, earlier) == pytest.approx(answer, abs=2e-3)


def test_three_spins_are_those_of_a_uniform_grid() -> None:
    known = [uniform_grid.energies(3, 2.0, steps)[-1] for steps in (50, 100)]
    exact = (4 * known[1] - known[0]) / 3
    curve = spins(SPINS).integrate([0.5, 2.0])
    assert abs(curve.values[1] - exact) < curve.errors[1] + 3e-6
    assert curve.errors[1] < 1e-4


@pytest.mark.full
def test_three_spins_end_at_the_threshold() -> None:
    """The limit -sqrt(2(p-1)/p): M. Sellke, Commun. Pure Appl. Math. 77, 4065 (2024)."""
    curve = spins(SPINS).integrate(np.geomspace(1, 1000, 40))
    end = curve.late_end()
    assert end.limit == pytest.approx(-2 / 3**0.5, abs=2 * end.limit_scatter + 1e-4)
    assert end.exponent == pytest.approx(2 / 3, abs=2 * end.exponent_scatter)  # a power near it


@pytest.mark.parametrize(
    ("text", "scaling", "at"),
    [
        ("cp:order=3,ties=asym,target=zero", {"p": 1, "H": "y*p^2", "sigma": "p^(-1/2)"}, {"y": 1}),
        (TARGET, SEVERAL, {"y": 1, "a": 1, "b": 2, "f": 1}),
        (
            "cp:order=3,ties=asym,target=zero,decay=d",
            {"p": 1, "H": "y*p^2", "sigma": "p^(-1/2)"},
            {"y": 2, "d": 3},
        ),
    ],
)
def test_rows_of_melons_are_sums_of_their_series(text: str, scaling: dict, at: dict) -> None:
    equations = mean_field(load_problem(text), scaling).equations
    times = np.array([0.01, 0.03, 0.08])
    exact = {name: Fraction(value) for name, value in at.items()}
    found = melons_summed(equations, times.tolist(), exact, 1e-5, 1e-5)
    assert found is not None
    solver = Solver(MelonRows(equations, at), 0.08, 10.0, 4, 0.15)
    solver.run()
    assert solver.values(times) == pytest.approx(found[0], rel=2e-4)


def test_rows_of_two_vectors_are_those_of_sampled_sites() -> None:
    """A spike: its overlap starts from a vector with a mean, and the spike stays."""
    file = load_problem("docs/systems/spiked_matrix.toml").with_observable("overlap")
    equations, at = mean_field(file, {"N": 1}).equations, {"lambda": 2.0, "m": 0.5}
    grid = np.linspace(0, 2, 21)
    sampled = Sampled(equations, at, grid.tolist(), 400, 0).run()
    solver = Solver(LinearSites(equations, at), 2.0, 4.0, 4, 0.15)
    solver.run()
    assert solver.values(grid) == pytest.approx(sampled, abs=5e-4)


@pytest.mark.full
def test_what_has_decayed_is_told_with_its_error() -> None:
    """Above y = 1/3 the loss falls exponentially, and is nothing but its error at last."""
    free = cp_problem(order=3, ties="asym", target="zero", decay="d")
    found = mean_field(free, {"p": 1, "H": "y*p^2", "sigma": "p^(-1/2)"})
    curve = found.integrate([0.1, 30], y=1, d=1)
    assert curve.values[0] > 0.1
    assert abs(curve.values[1]) <= curve.errors[1] + 1e-9
    assert curve.errors[1] < 1e-4


def test_what_is_not_linear_is_sampled() -> None:
    regression = load_problem(EXAMPLE).with_observable("test")
    found = mean_field(regression, {"d": 1, "n": "delta*d"})
    with pytest.raises(NotLinear, match="a source is no sum of vectors"):
        LinearSites(found.equations, {"delta": 2.0})
    with pytest.raises(BadInput, match="sites are sampled on even steps"):
        found.two_times(1.0, waiting=[0.5], delta=2)


def curve_of(values: np.ndarray, times: np.ndarray, error: float = 0.0) -> MeanFieldCurve:
    known = Evidence(Kind.NUMERICAL, "a formula")
    return MeanFieldCurve(times, values, np.full(len(times), error), "a formula", known)


def test_ends_are_fitted_where_they_settle_and_refused_elsewhere() -> None:
    t = np.geomspace(1, 1000, 60)
    end = curve_of(-1 + 0.3 * t**-0.4 + 0.1 * t**-1.4, t).late_end(since=30)
    assert end.limit == pytest.approx(-1, abs=end.limit_scatter + 1e-3)
    assert end.exponent == pytest.approx(0.4, abs=0.02)
    assert "fitted from t = 30 to 1000" in str(end)
    for values in (np.exp(-t / 50), np.log(t), np.cos(np.log(t))):
        with pytest.raises(OutsideDomain, match="no power of time as yet"):
            curve_of(values, t).late_end()
    with pytest.raises(OutsideDomain, match="its errors are 0.1"):
        curve_of(1 / t, t, 0.1).late_end()
    with pytest.raises(OutsideDomain, match="4 in each half are needed"):
        curve_of(1 / t, t).late_end(since=900)
