"""Two tied factors and the identity: fewer hidden units than features, as many, and more.

Run ``python docs/gallery/figures/sym2.py --out DIR [--small]``.
"""

from figure import compared, main

from diagrams import cp_problem
from diagrams.agreement import Agreement

TITLE = "Order 2, tied, identity target: H = 2p, H = p, H = p/2"

problem = cp_problem(order=2)


def at(p: int, H: int, until: float, seeds: int, small: bool) -> Agreement:
    """The triple point of the regimes, p sigma^2 = 1."""
    sigma = p**-0.5
    return compared(
        problem, "full", small, p=p, H=H, sigma=sigma, until=until, seeds=seeds, sizes=()
    )


def over(small: bool) -> Agreement:
    """Every direction is learned: the loss tends to zero."""
    return at(24, 48, 2, 32, small) if small else at(512, 1024, 2, 4, small)


def critical(small: bool) -> Agreement:
    """The hard edge: mean and median part when t is about log(p)/2."""
    return at(24, 24, 3, 64, small) if small else at(512, 512, 4, 32, small)


def under(small: bool) -> Agreement:
    """H directions are learned: (p - H)/2 stays."""
    return at(24, 12, 2, 32, small) if small else at(512, 256, 2, 32, small)


def edge(small: bool) -> Agreement:
    """The hard edge again, at a size where it is reached soon, with many seeds."""
    return at(12, 12, 3, 200, small) if small else at(64, 64, 4, 300, small)


PANELS = [
    ("over-parameterised, H = 2p", over),
    ("critical, H = p", critical),
    ("under-parameterised, H = p/2", under),
    ("critical, H = p, smaller", edge),
]

if __name__ == "__main__":
    main("sym2", TITLE, PANELS)
