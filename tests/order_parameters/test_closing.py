"""Closed equations of order parameters against quadrature, and what does not close."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagrams.errors import BadInput, NotSolved
from diagrams.graphs.combination import Combination, merge
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.order_parameters.closing import close
from diagrams.order_parameters.cutting import Reduction, bare, cut, leg_orders
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import parse_problem, read_problem
from diagrams.series.expansion import expand
from tests.order_parameters.quadrature import Arrays, mean_loss, mean_step

N, p, ps = 2, 2, 1
AT = {"N": N, "p": p, "ps": ps}
STEP = 0.3

HEAD = """
families = {unit = "p", teacher = "ps", feature = "N"}
tensors.W = {families = ["unit", "feature"], role = "trained", variance = 1, rate = "N"}
tensors.Ws = {families = ["teacher", "feature"], role = "frozen", variance = 1}
tensors.x = {families = ["feature"], role = "frozen", variance = 1}
loss = {kind = "squared error", over = [], average = ["x"]}
"""
READOUT = 'tensors.a = {families = ["unit"], role = "trained", variance = 1, rate = 2}\n'


def text(output: str, target: str, extra: str = "") -> str:
    return HEAD + extra + f'model = {{output = "{output}", target = "{target}"}}'


CUBIC = text("W[k,i] W[k,j] W[k,l] x[i] x[j] x[l] / p", "Ws[m,i] Ws[m,j] Ws[m,l] x[i] x[j] x[l]")
HERMITE = text(
    "a[k] W[k,i] W[k,j] x[i] x[j] - a[k] W[k,i]^2",
    "Ws[m,i] Ws[m,j] x[i] x[j] - Ws[m,i]^2",
    READOUT,
)
MIXED = text("a[k] W[k,i] W[k,j] x[i] x[j] + W[k,i] x[i]", "Ws[m,i] x[i] + 1/3", READOUT)


def projections(v: Mapping[str, np.ndarray], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return v["W"] @ x, v["Ws"] @ x


def cubic(v: Mapping[str, np.ndarray], x: np.ndarray) -> complex:
    h, t = projections(v, x)
    return (h**3).sum() / p - (t**3).sum()


def hermite(v: Mapping[str, np.ndarray], x: np.ndarray) -> complex:
    h, t = projections(v, x)
    student = v["a"] @ (h**2 - (v["W"] ** 2).sum(1))
    return student - (t**2 - (v["Ws"] ** 2).sum(1)).sum()


def mixed(v: Mapping[str, np.ndarray], x: np.ndarray) -> complex:
    h, t = projections(v, x)
    return v["a"] @ h**2 + h.sum() - t.sum() - 1 / 3


def measured(arrays: Arrays) -> Arrays:
    found = {"W_W": arrays["W"] @ arrays["W"].T, "W_Ws": arrays["W"] @ arrays["Ws"].T}
    return found | ({"a": arrays["a"]} if "a" in arrays else {})


def drawn(seed: int, readout: bool) -> Arrays:
    generator = np.random.default_rng(seed)
    arrays = {"W": generator.normal(size=(p, N)), "Ws": generator.normal(size=(ps, N))}
    return arrays | ({"a": generator.normal(size=p)} if readout else {})


MODELS = [(CUBIC, cubic, False, 8), (HERMITE, hermite, True, 6), (MIXED, mixed, True, 6)]


@pytest.mark.parametrize(("file", "residual", "readout", "nodes"), MODELS)
@pytest.mark.parametrize("step", [0.0, STEP])
def test_equations_against_quadrature(
    file: str, residual: Callable[..., complex], readout: bool, nodes: int, step: float
) -> None:
    """Flow and one step of SGD, with all orders of the step, for three activations."""
    system = close(parse_problem(file), step="eta" if step else None)
    arrays = drawn(1, readout)
    rates = {"W": float(N)} | ({"a": 2.0} if readout else {})
    values = measured(arrays) | {"Ws_Ws": arrays["Ws"] @ arrays["Ws"].T}
    found = system.rates(AT | ({"eta": step} if step else {}), values)
    steps = [step] if step else [1e-4, -1e-4]
    runs = [mean_step(residual, arrays, rates, size, measured, N, nodes) for size in steps]
    wanted = {name: np.mean([run[name] for run in runs], axis=0) for name in runs[0]}
    assert set(found) == set(wanted) == {g.name for g in system.parameters if g.moves}
    for name, value in wanted.items():
        scale = np.abs(value).max()
        assert scale > 0.1
        assert np.abs(found[name] - value).max() < (1e-9 if step else 1e-5) * scale


@pytest.mark.parametrize(("file", "residual", "readout", "nodes"), MODELS)
def test_loss_against_quadrature(
    file: str, residual: Callable[..., complex], readout: bool, nodes: int
) -> None:
    system = close(parse_problem(file))
    arrays = drawn(2, readout)
    values = measured(arrays) | {"Ws_Ws": arrays["Ws"] @ arrays["Ws"].T}
    curves = system.integrate(AT, 1e-6, points=2, start=values)
    assert curves.loss[0] == pytest.approx(mean_loss(residual, arrays, N, nodes), rel=1e-10)


def test_deep_linear_population_flow_against_matrices() -> None:
    """Three layers: the closed equations integrated, and the weights themselves by small steps."""
    problem = parse_problem("""
        families = {top = "L", unit = "p", feature = "N"}
        tensors.a = {families = ["top"], role = "trained", variance = 1}
        tensors.V = {families = ["top", "unit"], role = "trained", variance = 1}
        tensors.W = {families = ["unit", "feature"], role = "trained", variance = 1}
        tensors.b = {families = ["feature"], role = "frozen", variance = 1}
        tensors.x = {families = ["feature"], role = "frozen", variance = 1}
        model = {output = "a[l] V[l,k] W[k,i] x[i]", target = "b[i] x[i]"}
        loss = {kind = "squared error", over = [], average = ["x"], decay = 0.25}
        """)
    system = close(problem)
    assert set(system.names) == {"a", "V", "W_W", "W_b", "b_b"}
    generator = np.random.default_rng(3)
    a, V = 0.5 * generator.normal(size=2), 0.5 * generator.normal(size=(2, 3))
    W, b = 0.5 * generator.normal(size=(3, 4)), generator.normal(size=4)
    start = {"a": a, "V": V, "W_W": W @ W.T, "W_b": W @ b, "b_b": b @ b}
    curves = system.integrate({"L": 2, "p": 3, "N": 4}, 1, points=2, start=start)

    def slope(a: np.ndarray, V: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, ...]:
        e = a @ V @ W - b
        da, dV = V @ W @ e, np.outer(a, W @ e)
        return -da - a / 4, -dV - V / 4, -np.outer(V.T @ a, e) - W / 4

    h, state = 1e-3, (a, V, W)
    for _ in range(1000):
        k1 = slope(*state)
        k2 = slope(*(u + h / 2 * k for u, k in zip(state, k1, strict=True)))
        k3 = slope(*(u + h / 2 * k for u, k in zip(state, k2, strict=True)))
        k4 = slope(*(u + h * k for u, k in zip(state, k3, strict=True)))
        state = tuple(
            u + h / 6 * (q + 2 * r + 2 * s + t)
            for u, q, r, s, t in zip(state, k1, k2, k3, k4, strict=True)
        )
    a, V, W = state
    assert curves["V"][-1] == pytest.approx(V, abs=1e-8)
    assert curves["W_W"][-1] == pytest.approx(W @ W.T, abs=1e-8)
    assert curves.loss[-1] == pytest.approx(((a @ V @ W - b) ** 2).sum() / 2, abs=1e-8)
    assert curves.error < 1e-5


def test_an_average_over_frozen_weights() -> None:
    """Random features averaged out: E_F (a.F x - b.x)^2 = |a|^2 |x|^2 + (b.x)^2."""
    problem = parse_problem("""
        families = {unit = "p", feature = "N"}
        tensors.a = {families = ["unit"], role = "trained", variance = 1}
        tensors.F = {families = ["unit", "feature"], role = "frozen", variance = 1}
        tensors.x = {families = ["feature"], role = "frozen", variance = 1}
        tensors.b = {families = ["feature"], role = "frozen", variance = 1}
        model = {output = "a[k] F[k,i] x[i]", target = "b[i] x[i]"}
        loss = {kind = "squared error", over = [], average = ["F"]}
        """)
    system = close(problem)
    assert set(system.names) == {"a_a", "x_x", "x_b"}
    assert "a_a' = -2 a_a x_x" in system.text()


def test_a_scalar_system_without_an_average() -> None:
    """Two-layer mean-field network: three scalars, and the invariant h.h - w.w."""
    system = close(read_problem("docs/systems/deep_linear_mean_field.toml"))
    assert [family.name for family in system.eliminated] == ["hidden"]
    assert set(system.names) == {"w_h", "h_h", "w_w"}
    assert not system.equation("h_h") - rename(system, "w_w", "h_h")
    taylor(system)


def rename(system: ClosedSystem, source: str, target: str) -> Combination:
    assert system.parameter(source).families == system.parameter(target).families
    return system.equation(source)


def taylor(system: ClosedSystem) -> None:
    """Y_1 and Y_2 of the loss from the closed equations agree with the expansion."""
    problem = system.problem
    series = expand(problem, 2)
    slope = system.restore(system.loss)
    for s in range(3):
        constant = sum_of(averaged(slope))
        assert constant == series.coefficient(s)
        slope = Combination() - merge(slope, problem.potential)


def averaged(combination: Combination) -> Combination:
    from diagrams.wick.expectation import expectation

    return expectation(combination)


def sum_of(combination: Combination) -> Polynomial:
    return combination.coefficient(Diagram((), ()))


# -- cutting ---------------------------------------------------------------------------------

unit, feature = IndexFamily("unit", "p", "k"), IndexFamily("feature", "N", "i")
W = Tensor("W", (unit, feature))
v = Tensor("v", (unit,), Role.FROZEN)


@st.composite
def combinations(draw: st.DrawFn) -> Combination:
    """Random sums of closed diagrams of W and v."""
    terms = []
    for _ in range(draw(st.integers(1, 3))):
        factors: list[tuple[Tensor, str]] = []
        for _ in range(draw(st.integers(1, 3))):
            k, m, i = (draw(st.sampled_from(letters)) for letters in ("abc", "abc", "xyz"))
            factors += [(W, f"{k} {i}"), (W, f"{m} {i}")]
        factors += [(v, draw(st.sampled_from("abc"))) for _ in range(draw(st.integers(0, 2)))]
        terms.append((Diagram.of(*factors), draw(st.integers(1, 5))))
    return Combination.of(terms)


@settings(max_examples=40, deadline=None)
@given(combinations(), st.sampled_from([(unit,), (feature,), (unit, feature)]))
def test_cutting_and_gluing(combination: Combination, eliminated: tuple[IndexFamily, ...]) -> None:
    """Whatever is cut is glued together again; reduced diagrams have no eliminated node."""
    families = frozenset(eliminated)
    known = Reduction((), families)
    from diagrams.order_parameters.cutting import NewPiece, OrderParameter

    while True:
        try:
            reduced = known.reduce(combination)
            break
        except NewPiece as found:
            name = f"g{len(known.parameters)}"
            known = Reduction((*known.parameters, OrderParameter(name, found.piece)), families)
    assert all(family not in families for diagram, _ in reduced for family in diagram.nodes)
    assert bare(known.restore(reduced)) == bare(combination)


def test_a_cut_by_hand() -> None:
    found = cut(Diagram.of((W, "k i"), (W, "k i"), (v, "k")), frozenset([unit]))
    assert [(len(piece.edges), nodes) for piece, nodes in found.pieces] == [(3, (0, 0))]
    with pytest.raises(BadInput, match="not eliminated"):
        cut(Diagram.of((v, "k"), legs="k"), frozenset([unit]))
    three = Diagram.of((v, "k"), (W, "k i"), (W, "k j"), (W, "k l"), legs="i j l")
    assert len(leg_orders(three, three)) == 6


# -- refusals --------------------------------------------------------------------------------


def test_what_does_not_close() -> None:
    problem = read_problem("docs/systems/deep_linear_spectrum_mup.toml")
    with pytest.raises(
        NotSolved, match=r"eliminating hidden: step \d+, the equation of G\d+ bring"
    ):
        close(problem)
    with pytest.raises(NotSolved, match="more than 6 free indices"):
        close(cp_problem(order=3), ["feature"])


def test_refused_arguments() -> None:
    problem = parse_problem(CUBIC)
    for wrong in (["units"], ["feature", ""]):
        with pytest.raises(BadInput, match="index families: feature, teacher, unit"):
            close(problem, wrong)
    for step in ("N", "T", "2x", ""):
        with pytest.raises(BadInput, match="step"):
            close(problem, step=step)
    system = close(problem)
    with pytest.raises(BadInput, match="W_W, W_Ws|W_Ws, W_W"):
        system.equation("Q")
    with pytest.raises(NotSolved, match="is no order parameter"):
        system.reduce("W[k,i] W[r,i] W[n,i]^2")
    assert len(system.reduce("W[k,i] W[r,i] W[k,j] W[r,j]")) == 1
    for at in ({"N": 2, "p": 2}, AT | {"q": 1}, AT | {"p": 1.5}, AT | {"p": True}):
        with pytest.raises(BadInput, match="at"):
            system.integrate(at, 1)
    with pytest.raises(BadInput, match="shape"):
        system.integrate(AT, 1, start={"W_W": np.eye(3)})
    with pytest.raises(BadInput, match="until"):
        system.integrate(AT, -1)
    with pytest.raises(BadInput, match="with a step"):
        system.iterate(AT, 3)


def test_draws_are_seeded_and_agree_with_their_means() -> None:
    system = close(parse_problem(CUBIC))
    at = {"N": 20000, "p": 2, "ps": 2}
    one, two = system.draw(at, seed=5), system.draw(at, seed=5)
    assert all((one[name] == two[name]).all() for name in system.names)
    assert np.abs(one["W_W"] / 20000 - np.eye(2)).max() < 0.05
    assert np.abs(one["W_Ws"] / 20000).max() < 0.05


def test_gradient_descent_with_decay() -> None:
    """Nothing averaged, a finite step, decay: q = |w|^2 goes to q (1 - eta (2 (q - 1) + 1/2))^2."""
    problem = parse_problem("""
        families = {feature = "d"}
        tensors.w = {families = ["feature"], role = "trained", variance = 1}
        model = {output = "w[i]^2", target = "1"}
        loss = {kind = "squared error", over = [], decay = "1/2"}
        """)
    system = close(problem, step="eta")
    for q, eta in ((0.3, 0.1), (2.0, 0.4)):
        found = system.rates({"d": 3, "eta": eta}, {"w_w": q})["w_w"]
        assert found == pytest.approx((q * (1 - eta * (2 * (q - 1) + 0.5)) ** 2 - q) / eta)
    curves = system.iterate({"d": 3, "eta": 0.1}, 200, every=100, start={"w_w": 0.3})
    assert curves["w_w"].tolist()[2] == pytest.approx(0.75)
    assert curves.times.tolist() == [0, 100, 200]
