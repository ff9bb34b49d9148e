"""Ascent of four tied factors: the loss climbs to p/2, or to infinity.

Run ``python docs/gallery/figures/sym4_ascent.py --out DIR [--small]``.
"""

from figure import compared, main

from diagrams import cp_problem
from diagrams.agreement import Agreement

TITLE = "Ascent, order 4, all slots tied, identity target: below and above the threshold"

problem = cp_problem(order=4)
THRESHOLD = 2.07780944847258027744
"""Of p^3 sigma^4 theta, theta = 1 + 3 H/p^2."""


def at(p: int, H: int, part: float, until: float, seeds: int, small: bool) -> Agreement:
    """A part of the threshold, in units of the time T = sigma^2."""
    theta = 1 + 3 * H / p**2
    sigma = (part * THRESHOLD / (theta * p**3)) ** 0.25
    return compared(
        problem, "full", small, p=p, H=H, sigma=sigma, T=sigma**2, until=until, seeds=seeds
    )


def below(small: bool) -> Agreement:
    """Half of the threshold: the model dies out."""
    return at(64, 2, 0.5, -0.4, 16, small) if small else at(256, 64, 0.5, -0.4, 32, small)


def above(small: bool) -> Agreement:
    """Four times the threshold: the loss becomes infinite at a finite time."""
    return at(64, 2, 4, -0.0075, 16, small) if small else at(256, 64, 4, -0.0075, 32, small)


def below_larger(small: bool) -> Agreement:
    """The same with more features and fewer rows: the largest of few rows is less extreme."""
    return at(256, 2, 0.5, -0.4, 16, small) if small else at(8192, 4, 0.5, -0.4, 32, small)


def above_larger(small: bool) -> Agreement:
    """The same above the threshold."""
    return at(256, 2, 4, -0.0075, 16, small) if small else at(8192, 4, 4, -0.0075, 32, small)


PANELS = [
    ("half of the threshold", below),
    ("four times the threshold", above),
    ("half of the threshold, larger p", below_larger),
    ("four times the threshold, larger p", above_larger),
]

if __name__ == "__main__":
    main("sym4_ascent", TITLE, PANELS)
