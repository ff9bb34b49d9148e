"""Formal clocks are found out, right ones are not."""

import pytest
from flow.clock import Scale, keeps_time, relative_drops

from diagrams.problems.cp import cp_problem


def test_a_formal_clock() -> None:
    """(2,1), zero target, many neurons: a trace mode of relative size 1/p has p times the rate.

    E[a a a a] = sigma^4 (three pairings) has the eigenvalue (p + 2) sigma^4 on the trace and
    2 sigma^4 elsewhere, so the coefficients follow the time 1/(p H sigma^4); the loss does not.
    """
    problem = cp_problem(order=3, ties="2+1", target="zero")
    drops = relative_drops(problem, (3, 6, 12), lambda p: Scale(4 * p * p, 1.0, 0.1 / p**3), 3)
    assert not keeps_time(drops)
    visible = relative_drops(problem, (3, 6, 12), lambda p: Scale(4 * p * p, 1.0, 0.1 / p**2), 3)
    assert keeps_time(visible)


@pytest.mark.parametrize(
    ("order", "ties", "hidden"), [(4, "sym", 2), (3, "asym", 2), (2, "sym", 1)]
)
def test_right_clocks(order: int, ties: str, hidden: int) -> None:
    """Free evolution on the edge A-B: T = (p sigma^2)^(nu-1), H of the order of its edge."""
    problem = cp_problem(order=order, ties=ties, target="zero")
    drops = relative_drops(problem, (4, 8, 16), lambda p: Scale(p**hidden, p**-0.5, 0.3), 4)
    assert keeps_time(drops)
