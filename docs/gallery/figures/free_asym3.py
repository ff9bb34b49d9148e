"""Free evolution of three untied factors: few hidden units, and many.

Run ``python docs/gallery/figures/free_asym3.py --out DIR [--small]``.
"""

from figure import compared, main

from diagrams import cp_problem
from diagrams.agreement import Agreement

TITLE = "Free evolution, order 3, no ties: under- and over-parameterised"

problem = cp_problem(order=3, ties="asym", target="zero")


def under(small: bool) -> Agreement:
    """H far below p^2: a power law."""
    p = 24 if small else 128
    T = p**2 * p**-2.0  # the time of regime A, p^2 sigma^4
    return compared(problem, "A", small, p=p, H=p, sigma=p**-0.5, T=T, until=3, seeds=8)


def over(small: bool) -> Agreement:
    """H far above p^2: an exponential."""
    p, H = (4, 128) if small else (16, 8192)
    T = H / p**2  # the time of regime B, H sigma^4
    seeds = 64 if small else 4
    return compared(problem, "B", small, p=p, H=H, sigma=p**-0.5, T=T, until=1, seeds=seeds)


PANELS = [("under-parameterised, regime A", under), ("over-parameterised, regime B", over)]

if __name__ == "__main__":
    main("free_asym3", TITLE, PANELS)
