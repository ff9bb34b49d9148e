"""Free evolution of four tied factors: few hidden units, and half as many as features squared.

Run ``python docs/gallery/figures/free_sym4.py --out DIR [--small]``.
"""

from figure import compared, main

from diagrams import cp_problem
from diagrams.agreement import Agreement

TITLE = "Free evolution, order 4, all slots tied: p = 64"

problem = cp_problem(order=4, target="zero")


def at(p: int, H: int, until: float, seeds: int, small: bool) -> Agreement:
    """Edge A-B, in units of its time T = (p sigma^2)^3 = 1."""
    return compared(problem, "A-B", small, p=p, H=H, sigma=p**-0.5, until=until, seeds=seeds)


def few(small: bool) -> Agreement:
    """H/p^2 = 1/64: close to vertex A."""
    return at(16, 4, 0.25, 32, small) if small else at(64, 64, 0.25, 32, small)


def many(small: bool) -> Agreement:
    """H/p^2 = 1/2: in the middle of the edge."""
    return at(12, 72, 0.25, 16, small) if small else at(64, 2048, 0.25, 8, small)


PANELS = [("H = p^2/64", few), ("H = p^2/2", many)]

if __name__ == "__main__":
    main("free_sym4", TITLE, PANELS)
