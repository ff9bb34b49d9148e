"""Closures certified against exact leading coefficients, and refused where they are wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dynamics.by_road import leading_coefficients

from diagrams.dynamics.certificate import certify, leading_part
from diagrams.dynamics.face import Face, face_of
from diagrams.dynamics.petals.closure import Closure, closure_of
from diagrams.dynamics.petals.petals import PetalPolynomial, double_factorial
from diagrams.dynamics.solving import solve
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.scaling.leading import leading_derivatives
from diagrams.series.expansion import expand


def certified(face: Face, closure: Closure, terms: int) -> tuple[int, ...]:
    return certify(closure.coefficients(terms), face.exact, face.regime, "the closure").orders


@pytest.mark.parametrize(
    ("order", "ties", "regime", "orders"),
    [
        (4, "sym", "full", range(7)),
        (6, "sym", "B-E", range(7)),
        pytest.param(8, "sym", "E", range(7), marks=pytest.mark.full),
        pytest.param(10, "sym", "A-B", range(7), marks=pytest.mark.full),
        (4, "2+2", "full", range(7)),
        (6, "4+2", "E-A", range(7)),
        (2, "sym", "E-A", range(6)),
        (3, "asym", "E-A", range(6)),
        (3, "asym", "C-D", range(6)),
    ],
)
def test_where_the_closure_holds(order: int, ties: str, regime: str, orders: range) -> None:
    face = face_of(cp_problem(order=order, ties=ties), regime)
    closure = closure_of(face.problem, face.regime)
    last = min(orders[-1], face.exact.terms)
    assert certified(face, closure, last) == tuple(range(face.regime.first, last + 1))
    assert last >= 5


@pytest.mark.parametrize(
    ("order", "ties", "regime"),
    [(2, "sym", "full"), (2, "sym", "A-B"), (3, "asym", "A-B"), (3, "asym", "B-C")],
)
def test_where_the_closure_fails_the_order_is_named(order: int, ties: str, regime: str) -> None:
    face = face_of(cp_problem(order=order, ties=ties), regime)
    closure = closure_of(face.problem, face.regime)
    with pytest.raises(NotSolved, match=rf"misses .* on {regime}, first at order 1") as failure:
        certified(face, closure, 3)
    assert failure.value.exit_code == 4


def test_exact_expansion_gives_the_same_leading_coefficients() -> None:
    """The whole series, every contraction counted, instead of the pruned recursion."""
    problem = cp_problem(order=4)
    face = face_of(problem, "full")
    series = expand(problem, terms=2)
    closure = closure_of(problem, face.regime)
    known = leading_coefficients(series, face.regime)
    assert closure.coefficients(2) == known


def test_a_planted_atom_that_first_leads_at_the_third_order_is_noticed() -> None:
    """c (z_4 - 3 z_2^2/p)^3 is zero at t = 0 and stays so to first order: s = 1, 2 see nothing."""
    face = face_of(cp_problem(order=4), "full")
    closure = closure_of(face.problem, face.regime)
    kurtosis = PetalPolynomial.of(
        [((((4,), 1),), 1), ((((2,), 2),), Polynomial.monomial(-3, {"p": -1}))]
    )
    atom = Polynomial.monomial(1, {"p": 4, "H": 1}) * (kurtosis * kurtosis * kurtosis)
    planted = replace(closure, whole_generator=closure.whole_generator + atom)
    assert certified(face, planted, 2) == (0, 1, 2)
    scaling = dict(zip(face.regime.symbols, face.regime.direction, strict=True))
    assert leading_part(planted.coefficients(3)[3], scaling) == planted.coefficients(3)[3]
    with pytest.raises(NotSolved, match="first at order 3"):
        certified(face, planted, face.exact.terms)


def test_solutions_are_certified_beyond_the_third_order() -> None:
    """The orders that `solve` takes by itself are enough to see such an atom."""
    for ties in ("sym", "2+2"):
        solution = solve(cp_problem(order=4, ties=ties), "full")
        assert (solution.evidence.checked_to or 0) > 3


def test_the_printed_initial_condition_fails() -> None:
    """The paper prints g(0) with z_2^2 in place of z_2^nu."""
    face = face_of(cp_problem(order=4), "E-A")
    closure = closure_of(face.problem, face.regime)
    printed = PetalPolynomial.of(
        (((m, 2),) if m == (2,) else ((m, power),), c)
        for petals, c in closure.observable
        for m, power in petals
    )
    wrong = replace(closure, observable=printed)
    with pytest.raises(NotSolved, match="first at order 0"):
        certified(face, wrong, 3)


@pytest.mark.parametrize("right", [True, False])
def test_printed_power_of_the_initial_petals(right: bool) -> None:
    """z_m = p c_m at t = 0, c_m = (m - 1)!! sigma^m; a power that does not grow with m fails."""
    face = face_of(cp_problem(order=4), "E")

    def start(m: tuple[int, ...]) -> Polynomial:
        return Polynomial.monomial(
            double_factorial(m[0] - 1), {"p": 1, "sigma": m[0] if right else 2}
        )

    petals = closure_of(face.problem, face.regime).derivatives(3)
    proposed = [g.value(start) for g in petals]
    if right:
        assert certify(proposed, face.exact, face.regime, "the closure").orders == (0, 1, 2, 3)
        return
    with pytest.raises(NotSolved, match="first at order 0"):
        certify(proposed, face.exact, face.regime, "the closure")


def test_too_few_orders_are_no_certificate() -> None:
    face = face_of(cp_problem(order=4), "full")
    closure = closure_of(face.problem, face.regime)
    with pytest.raises(NotSolved, match="only orders"):
        certified(face, closure, 1)


def test_colours_that_are_alike_share_their_petals() -> None:
    face = face_of(cp_problem(order=6, ties="2+2+2", target="zero"), "A-B")
    closure = closure_of(face.problem, face.regime)
    assert closure.classes == (0, 0, 0)
    assert closure.variables == ((2, 0, 0),)
    unequal = face_of(cp_problem(order=6, ties="4+2", target="zero"), "A-B")
    assert closure_of(unequal.problem, unequal.regime).classes == (0, 1)


def test_liouville_form_of_the_identity_target() -> None:
    """v' = nu v^(nu-1) - nu theta z_2^(nu-1) v, theta = 1 + (nu-1)!! H/p^(nu/2)."""
    face = face_of(cp_problem(order=6), "full")
    drift = dict(closure_of(face.problem, face.regime).drift(0))
    assert set(drift) == {(1,), (5,)}
    assert str(drift[(5,)]) == "(6) 1"
    assert str(drift[(1,)]) == "(-6 - 90*p**(-3)*H) z_2^5"


def test_decay_that_no_condition_weighs_is_kept_and_certified_apart() -> None:
    """A regime without conditions on the decay: its atom holds at any size."""
    problem = cp_problem(order=4, target="zero", decay="d")
    free = face_of(cp_problem(order=4, target="zero"), "A-B")
    # the same face in the symbols of the decaying problem: d of order one, not compared
    symbols = (*free.regime.symbols, "d")
    regime = replace(
        free.regime,
        symbols=symbols,
        direction=(*free.regime.direction, 0),
        equalities=tuple(
            replace(r, symbols=symbols, fixed=(*r.fixed, 0), moving=(*r.moving, 0))
            for r in free.regime.equalities
        ),
        inequalities=(),
    )
    closure = closure_of(problem, regime)
    assert {atom.name for atom in closure.atoms} == {"self", "coherent", "decay"}
    exact = leading_derivatives(problem, 4)
    proposed = closure.coefficients(4)
    assert certify(proposed, exact, regime, "the closure", ("d",)).orders == (0, 1, 2, 3, 4)
    without = closure_of(free.problem, free.regime).coefficients(4)
    with pytest.raises(NotSolved, match="first at order 1"):
        certify(without, exact, regime, "the closure", ("d",))
