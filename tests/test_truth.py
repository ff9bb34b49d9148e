"""Brute force and naive pairings against each other, closed forms and known numbers.

The tests of the Monte Carlo and graph methods lie beside them in `truth`.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from math import prod

import pytest
import sympy
from truth import brute_force, naive_pairings
from truth.brute_force import brute_force_derivative, brute_force_polynomial
from truth.naive_pairings import naive_derivative

Series = dict[tuple[int, int, int], Fraction]
SIZES = [(1, 1), (2, 1), (1, 2), (2, 2), (3, 2), (2, 3)]


def double_factorial(n: int) -> int:
    return prod(range(n, 0, -2))


# Brute force against the naive enumerator


@pytest.mark.parametrize(
    ("ties", "orders"),
    [
        ((2,), 3),
        ((1, 1), 3),
        ((3,), 2),
        ((2, 1), 2),
        ((1, 2), 2),
        ((1, 1, 1), 2),
        ((4,), 1),
        ((3, 1), 1),
        ((2, 2), 2),
        ((2, 1, 1), 2),
        ((1, 1, 1, 1), 2),
        ((5,), 1),
        ((2, 2, 1), 1),
    ],
)
@pytest.mark.parametrize("target", ["identity", pytest.param("zero", marks=pytest.mark.full)])
def test_brute_force_and_pairings_agree(ties: Sequence[int], orders: int, target: str) -> None:
    assert target in ("identity", "zero")
    for s in range(orders):
        series = naive_derivative(sum(ties), ties, s, target)  # type: ignore[arg-type]
        for p, H in SIZES:
            expected = naive_pairings.evaluate(series, p, H)
            exact = brute_force_derivative(
                sum(ties),
                ties,
                p,
                H,
                s,
                target,  # type: ignore[arg-type]
            )
            assert exact == expected, (ties, s, p, H)


def test_average_of_the_quadratic_term() -> None:
    """E[D] = E |f|^2, the values of the theory for (2), (3) and all different colours."""

    def average(*ties: int) -> dict[tuple[int, int, int], int]:
        return naive_pairings.average(naive_pairings.quadratic_term(ties))

    assert average(2) == {(2, 1, 4): 1, (1, 2, 4): 1, (1, 1, 4): 1}
    assert average(3) == {(3, 1, 6): 1, (2, 1, 6): 6, (1, 1, 6): 8}
    for order in range(2, 7):
        assert average(*[1] * order) == {(order, 1, 2 * order): 1}
    for p, H in [*SIZES, (3, 3)]:
        half = brute_force_derivative(3, [3], p, H, 0, "zero")
        assert half == {(6, 0, 0): Fraction((p**3 + 6 * p**2 + 8 * p) * H, 2)}


# Brute force against closed forms


@pytest.mark.parametrize("order", [2, 3, 4, 5, 7])
def test_single_variable_free_evolution(order: int) -> None:
    """u' = -nu u^(2nu-1): L = u0^(2nu)/2 (1 + 2nu(nu-1) u0^(2nu-2) t)^(-nu/(nu-1))."""
    for s in range(7):
        power = Fraction(1)
        for j in range(s):
            power *= Fraction(-order, order - 1) - j
        two_l = 2 * order + s * (2 * order - 2)
        value = power * (2 * order * (order - 1)) ** s * double_factorial(two_l - 1) / 2
        assert brute_force_derivative(order, [order], 1, 1, s, "zero") == {(two_l, 0, 0): value}


@pytest.mark.parametrize("order", [2, 3, 4])
def test_single_variable_with_target_and_decay(order: int) -> None:
    """L = (u^nu - c)^2 / 2 and the decay lambda, differentiated by a computer algebra system."""
    u, c, decay = sympy.symbols("u c lambda")
    loss = (u**order - c) ** 2 / 2
    derivative = loss
    for s in range(5):
        expected: Series = {}
        for (n, c_power, d_power), value in sympy.Poly(derivative, u, c, decay).terms():
            if n % 2 == 0:
                moment = Fraction(int(value.p), int(value.q)) * double_factorial(n - 1)
                expected[n, c_power, d_power] = moment
        exact = brute_force_derivative(order, [order], 1, 1, s, scale="c", decay="lambda")
        assert exact == expected
        derivative = sympy.expand(-sympy.diff(derivative, u) * (sympy.diff(loss, u) + decay * u))


@pytest.mark.parametrize("ties", [(2,), (3,), (2, 1), (1, 1), (2, 2)])
def test_scaled_target(ties: Sequence[int]) -> None:
    """L(t; sigma, c, lambda) = c^2 L(c^(2-2/nu) t; sigma c^(-1/nu), 1, lambda c^(2/nu-2)).

    So the powers of sigma and lambda fix that of c.
    """
    order = sum(ties)
    step = 2 - Fraction(2, order)
    for s in range(3):
        series = brute_force_derivative(order, ties, 2, 2, s, scale="c", decay="lambda")
        assert series
        for n, c_power, d_power in series:
            assert c_power == 2 + step * (s - d_power) - Fraction(n, order)


def test_symbols_stand_for_their_values() -> None:
    c, decay = Fraction(-2, 3), Fraction(3, 5)
    for s in range(4):
        expected: Series = {}
        symbolic = brute_force_derivative(3, [2, 1], 2, 1, s, scale="c", decay="lambda")
        for (n, c_power, d_power), value in symbolic.items():
            share = value * c**c_power * decay**d_power
            expected[n, 0, 0] = expected.get((n, 0, 0), Fraction(0)) + share
        exact = brute_force_derivative(3, [2, 1], 2, 1, s, scale=c, decay=decay)
        assert exact == {key: value for key, value in expected.items() if value}


def test_zero_target_is_the_part_without_target() -> None:
    for s in range(4):
        scaled = brute_force_derivative(3, [3], 2, 2, s, scale="c")
        without = {key: value for key, value in scaled.items() if key[1] == 0}
        assert without == brute_force_derivative(3, [3], 2, 2, s, "zero")


@pytest.mark.parametrize("ties", [(3,), (2, 1), (1, 1)])
def test_symmetry_of_the_last_step_is_harmless(ties: Sequence[int]) -> None:
    for s, (p, H) in product((1, 2), SIZES):
        fast, slow = (
            brute_force_derivative(
                sum(ties), ties, p, H, s, scale="c", decay="lambda", symmetry=symmetry
            )
            for symmetry in (True, False)
        )
        assert fast == slow


def test_given_target_is_the_named_one() -> None:
    entries: dict[tuple[int, ...], Fraction | int] = {(i, i, i): 1 for i in range(2)}
    for s in range(3):
        named = brute_force_derivative(3, [2, 1], 2, 2, s)
        assert brute_force_derivative(3, [2, 1], 2, 2, s, entries) == named


def test_free_matrix_factorisation_exchanges_its_sizes() -> None:
    """(2) with zero target is symmetric in p and H, (1,1) is not."""
    for s in range(5):
        one, other = (brute_force_derivative(2, [2], p, H, s, "zero") for p, H in [(3, 2), (2, 3)])
        assert one == other
    one, other = (brute_force_derivative(2, [1, 1], p, H, 0, "zero") for p, H in [(3, 2), (2, 3)])
    assert one != other


def test_modular_addition_and_its_real_surrogate() -> None:
    """Equal to the identity of scale sqrt(p) for s <= 2 (all colours different), s = 0 (SYM)."""
    p = 3

    def agree(ties: Sequence[int], H: int, s: int) -> bool:
        target = brute_force.modular_target(p, symmetric=len(ties) == 1)
        modular = brute_force_derivative(3, ties, p, H, s, target)
        surrogate: Series = {}
        for (n, c_power, _), value in brute_force_derivative(3, ties, p, H, s, scale="c").items():
            assert c_power % 2 == 0
            share = value * p ** (c_power // 2)
            surrogate[n, 0, 0] = surrogate.get((n, 0, 0), Fraction(0)) + share
        return modular == {key: value for key, value in surrogate.items() if value}

    assert all(agree([1, 1, 1], H, s) for H in (1, 2) for s in (0, 1, 2))
    assert not agree([1, 1, 1], 1, 3)
    assert all(agree([3], H, 0) for H in (1, 2))
    assert not agree([3], 1, 1)


# Two-layer linear networks


def test_one_unit_sample_is_a_matrix_problem_of_size_one() -> None:
    """f = a.W x with |x| = 1 and label 1: the (1, 1) problem with p = 1, and c = 2 for label 2."""
    x = [Fraction(3, 5), Fraction(4, 5)]
    for width, c in ((1, 1), (2, 2)):
        t = [c * value for value in x]
        loss, variables = brute_force.two_layer_data(
            width, 2, 1, x_variance=0, t_variance=0, x_mean=[x], t_mean=t
        )
        for s in range(4):
            series = brute_force_derivative(2, [1, 1], 1, width, s, scale=c, decay=Fraction(1, 3))
            exact = brute_force_polynomial(loss, variables, s, decay=Fraction(1, 3))
            assert exact == sum(series.values())


def test_orthonormal_data_is_the_teacher_itself() -> None:
    unit = [[1, 0], [0, 1]]
    a, w = Fraction(1, 2), Fraction(2, 3)
    teacher = brute_force.two_layer_teacher(2, 2, a, w, 3, t_mean=[1, -2], a_rate=2)
    data = brute_force.two_layer_data(2, 2, 2, a, w, 0, 3, unit, t_mean=[1, -2], a_rate=2)
    for s in range(4):
        assert brute_force_polynomial(*teacher, s) == brute_force_polynomial(*data, s)


@pytest.mark.parametrize(("N", "d"), [(1, 1), (2, 1), (1, 2), (2, 3), (3, 2)])
def test_teacher_network_by_hand(N: int, d: int) -> None:
    """E[L] and -E|grad L|^2, averaged by hand, with different variances and rates."""
    a, w, t = Fraction(2, 3), Fraction(1, 5), Fraction(7, 2)
    network = brute_force.two_layer_teacher(N, d, a, w, t, a_rate=3, w_rate=5)
    assert brute_force_polynomial(*network, 0) == (N * d * a * w + d * t) / 2
    by_w = N * d * (a * a * w * (N + 2) + t * a)
    by_a = N * d * (a * w * w * (N + 2) + t * w) + N * d * (d - 1) * a * w * w
    assert brute_force_polynomial(*network, 1) == -(3 * by_a + 5 * by_w)


def test_random_data_by_hand() -> None:
    """With a frozen, dE[L]/dt = -E[|a|^2 r.C^2 r], and E[C^2] = n (n + d + 1) for C = X^T X."""
    N, d = 2, 2
    teacher = brute_force.two_layer_teacher(N, d, 1, 2, 3, a_rate=0)
    for n in (1, 2, 3):
        data = brute_force.two_layer_data(N, d, n, 1, 2, 5, 3, a_rate=0)
        loss, slope = (brute_force_polynomial(*data, s) for s in (0, 1))
        assert loss == 5 * n * brute_force_polynomial(*teacher, 0)
        assert slope == 25 * n * (n + d + 1) * brute_force_polynomial(*teacher, 1)
    teacher = brute_force.two_layer_teacher(2, 1)
    data = brute_force.two_layer_data(2, 1, 1)
    for s in range(5):  # one sample in one dimension: the time is multiplied by x^2
        moment = double_factorial(2 * s + 1)
        expected = moment * brute_force_polynomial(*teacher, s)
        assert brute_force_polynomial(*data, s) == expected
