"""Whether numbers are the moments of a law, and a finite law that has them.

The polynomials orthogonal to a law obey ``P_(k+1) = (x - a_k) P_k - b_k P_(k-1)``; moments to order
n determine ``a_0, b_1, a_1, ..``, and they are those of a law exactly if no b is negative and, once
a ``b_k`` is zero (a law on k points), the others are what they must be.  The eigenvalues of the
tridiagonal matrix of these numbers are the points of Gauss quadrature, a finite law with the same
moments.  (G. H. Golub and J. H. Welsch, "Calculation of Gauss Quadrature Rules", Mathematics of
Computation 23, 1969; W. Gautschi, "Orthogonal Polynomials", 2004, section 2.1 for the recurrence.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from diagrams.errors import BadInput
from diagrams.graphs.shapes import Shape

Recurrence = tuple[tuple[Fraction, ...], tuple[Fraction, ...]]


def recurrence(moments: Sequence[Fraction], field: str = "moments") -> Recurrence:
    """The numbers ``a_0, a_1, ..`` and ``b_1, b_2, ..`` of moments ``E x, E x^2, ..``, exactly.

    Of an even number of moments the last a is free: the mean of the others, so that a symmetric
    law stays symmetric.  Raises :class:`~diagrams.errors.BadInput` where no law has the moments.

    >>> [*map(str, recurrence([Fraction(n) for n in (0, 1, 0, 3)])[1])]
    ['1', '2']
    >>> recurrence([Fraction(1, 2)] * 5)  # 0 or 1, equally likely
    ((Fraction(1, 2), Fraction(1, 2)), (Fraction(1, 4),))
    """
    every = [Fraction(1), *moments]
    before, now = [Fraction(0)] * len(every), every
    means: list[Fraction] = []
    spreads: list[Fraction] = []
    norm, slope = Fraction(1), Fraction(0)
    for k in range(len(every)):
        if k:
            previous = norm
            norm = now[k]
            spread = norm / previous
            if spread < 0 or (not spread and any(now[k:])):
                raise BadInput(field, ", ".join(map(str, moments)), "moments that some law has")
            if not spread:
                break
            spreads.append(spread)
        if 2 * k + 1 >= len(every):
            means.append(sum(means, Fraction(0)) / len(means) if means else Fraction(0))
            break
        ratio = now[k + 1] / norm
        means.append(ratio - slope)
        slope = ratio
        after = [Fraction(0)] * len(every)
        for order in range(k + 1, len(every) - k - 1):
            after[order] = now[order + 1] - means[k] * now[order]
            after[order] -= (spreads[k - 1] if k else 0) * before[order]
        before, now = now, after
        if 2 * k + 2 >= len(every):
            break
    return tuple(means), tuple(spreads)


def moments_at(
    shape: Shape, numbers: Mapping[str, float | Fraction], field: str = "moments"
) -> list[Fraction]:
    """The moments of a shape that are known, at numbers for their symbols.

    Raises :class:`~diagrams.errors.BadInput` for a number that is missing, and where no law has
    these moments.
    """
    missing = sorted(shape.symbols - set(numbers))
    if missing:
        raise BadInput("at", f"no value of {missing[0]}", f"numbers for the symbols of {field}")
    exact = {name: Fraction(numbers[name]) for name in shape.symbols}
    moments = []
    for moment in shape.moments:
        try:
            value = moment.substitute(exact)
        except (ValueError, ZeroDivisionError):
            allowed = "values at which it is rational"
            raise BadInput(field, f"{moment} there", allowed) from None
        moments.append(sum((c for _, c in value.terms), Fraction(0)))
    if moments and moments[1] <= 0:
        raise BadInput(field, f"a variance of {float(moments[1]):g} there", "a positive one")
    recurrence(moments, field)
    return moments


def finite_law(
    moments: Sequence[Fraction], field: str = "moments"
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Points and their probabilities of the smallest finite law with some moments.

    Raises :class:`~diagrams.errors.BadInput` where no law has them.

    >>> points, weights = finite_law([Fraction(n) for n in (0, 1, 0, 3)])
    >>> [round(x, 4) for x in points], [round(w, 4) for w in weights]
    ([-1.7321, 0.0, 1.7321], [0.1667, 0.6667, 0.1667])
    """
    import numpy as np

    means, spreads = recurrence(moments, field)
    matrix = np.diag([float(a) for a in means])
    for k, spread in enumerate(spreads):
        matrix[k, k + 1] = matrix[k + 1, k] = math.sqrt(spread)
    points, vectors = np.linalg.eigh(matrix)
    weights = vectors[0] ** 2
    return tuple(points.tolist()), tuple((weights / weights.sum()).tolist())
