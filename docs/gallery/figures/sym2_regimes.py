"""Two tied factors and the identity: three vertices of the triangle, and its inside.

Run ``python docs/gallery/figures/sym2_regimes.py --out DIR [--small]``.
"""

from figure import compared, main

from diagrams import cp_problem
from diagrams.agreement import Agreement

TITLE = "Order 2, tied, identity target: A, B, E and the triple point"

problem = cp_problem(order=2)


def vertex_a(small: bool) -> Agreement:
    """H/p -> 0, p sigma^2 -> infinity: T = p sigma^2."""
    p, H, size, seeds = (32, 4, 1000, 64) if small else (512, 16, 1000, 32)
    sigma = (size / p) ** 0.5
    return compared(problem, "A", small, p=p, H=H, sigma=sigma, T=size, until=1, seeds=seeds)


def vertex_b(small: bool) -> Agreement:
    """H/p -> infinity, H sigma^2 -> infinity: T = H sigma^2."""
    p, H, size, seeds = (8, 256, 1000, 64) if small else (128, 4096, 1000, 8)
    sigma = (size / H) ** 0.5
    return compared(problem, "B", small, p=p, H=H, sigma=sigma, T=size, until=1, seeds=seeds)


def vertex_e(small: bool) -> Agreement:
    """p sigma^2 -> 0, H sigma^2 -> 0: T = 1."""
    p, seeds = (32, 32) if small else (512, 8)
    sigma = 0.01 * p**-0.5
    return compared(problem, "E", small, p=p, H=p, sigma=sigma, until=1.5, seeds=seeds)


def inside(small: bool) -> Agreement:
    """H ~ p, p sigma^2 ~ 1: all of them together, T = 1."""
    p, seeds = (32, 32) if small else (512, 8)
    sigma = 0.5 * p**-0.5
    return compared(problem, "full", small, p=p, H=p, sigma=sigma, until=2, seeds=seeds)


PANELS = [
    ("A: free, under-parameterised", vertex_a),
    ("B: free, over-parameterised", vertex_b),
    ("E: small weights", vertex_e),
    ("triple point", inside),
]

if __name__ == "__main__":
    main("sym2_regimes", TITLE, PANELS)
