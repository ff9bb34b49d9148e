"""Laws of the entries of a tensor: drawn, given, or a pattern.

Entries are *drawn* at time zero, Gaussian or of another shape, about a mean; *given*, one by one or
by their inner products; or follow a pattern of their indices: a Kronecker delta, or a linear
relation modulo the size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from math import isqrt
from typing import Any

from diagrams.errors import BadInput
from diagrams.graphs.shapes import Kind, Shape
from diagrams.polynomials.polynomial import ONE, ZERO, Polynomial

COEFFICIENT_LIMIT = 1000


class Mean(StrEnum):
    """Pattern of the mean of a random tensor."""

    ZERO = "zero"
    CONSTANT = "constant"
    DELTA = "delta"


@dataclass(frozen=True, slots=True)
class Drawn:
    """Independent entries with a common variance and a patterned mean: what random laws share.

    ``variance`` is a monomial in sizes and scales (or zero).  The mean of an entry is
    zero; or ``mean_value`` for all entries (``Mean.CONSTANT``); or ``mean_value`` where
    all indices of the entry are equal and zero elsewhere (``Mean.DELTA``).
    """

    variance: Polynomial = ONE
    mean: Mean = Mean.ZERO
    mean_value: Polynomial = ZERO

    def __post_init__(self) -> None:
        if len(self.variance) > 1 or any(c < 0 for _, c in self.variance.terms):
            raise BadInput("variance", str(self.variance), "zero or a monomial, coefficient > 0")
        if len(self.mean_value) > 1:
            raise BadInput("mean", str(self.mean_value), "zero or a monomial")
        if (self.mean is Mean.ZERO) != (not self.mean_value):
            raise BadInput("mean", self.mean.value, "zero exactly when mean_value is zero")

    @property
    def symbols(self) -> tuple[str, ...]:
        """The sizes and scales that the law holds, sorted."""
        return tuple(sorted({*self.variance.symbols, *self.mean_value.symbols}))


@dataclass(frozen=True, slots=True)
class Gaussian(Drawn):
    """Independent Gaussian entries; those of variance zero are fixed values."""


@dataclass(frozen=True, slots=True)
class Shaped(Drawn):
    """Independent entries ``mean + sqrt(variance) x``, the law of x a shape other than Gaussian.

    Odd powers of ``sqrt(variance)`` occur where odd moments do, so that it is rational there.

    Raises :class:`~diagrams.errors.BadInput`.
    """

    shape: Shape = field(default_factory=lambda: Shape(Kind.RADEMACHER))

    def __post_init__(self) -> None:
        Drawn.__post_init__(self)
        if not self.variance:
            raise BadInput("variance", "0", "one that is not zero, or fixed values")
        if not self.shape.even:
            root_of(self.variance)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The sizes and scales that the law holds, those of its moments too, sorted."""
        own = {*self.variance.symbols, *self.mean_value.symbols}
        return tuple(sorted(own | self.shape.symbols))


@dataclass(frozen=True, slots=True)
class Haar(Drawn):
    """Entries of a random orthogonal matrix, or of a block of one: ``sqrt(variance size) O``.

    O is drawn from the Haar measure of the orthogonal group of matrices of the ``size``; a block
    that has all its rows, or columns, has orthonormal columns, or rows.  There is no mean.

    Raises :class:`~diagrams.errors.BadInput`.
    """

    size: int = 1

    def __post_init__(self) -> None:
        Drawn.__post_init__(self)
        if not self.variance or self.mean is not Mean.ZERO:
            allowed = "a variance that is not zero, and no mean"
            raise BadInput("law", "haar", allowed)


def root_of(variance: Polynomial) -> Polynomial:
    """The deviation; raises :class:`~diagrams.errors.BadInput` where its factor is irrational."""
    try:
        return variance ** Fraction(1, 2)
    except ValueError:
        allowed = "a variance whose number is the square of a rational: odd moments hold its root"
        raise BadInput("variance", str(variance), allowed) from None


@dataclass(frozen=True, slots=True)
class Delta:
    """The structural law of a Kronecker delta: 1 where all indices are equal, else 0."""


@dataclass(frozen=True, slots=True)
class GroupLaw:
    """The structural law of a relation ``sum_j a_j i_j = 0`` between indices modulo their size.

    An entry is 1 where the relation holds, else 0; ``coefficients`` are the integers ``a_j``,
    one for every slot, none of them zero.  A relation and its negative are one: the first
    coefficient is made positive.  Index values are residues, so the value ``size`` is 0.

    Raises :class:`~diagrams.errors.BadInput`.

    >>> GroupLaw((-1, -1, 1))
    GroupLaw(coefficients=(1, 1, -1))
    """

    coefficients: tuple[int, ...]

    def __post_init__(self) -> None:
        given = tuple(self.coefficients)
        whole = all(isinstance(a, int) and not isinstance(a, bool) for a in given)
        if not given or not whole or not all(0 < abs(a) <= COEFFICIENT_LIMIT for a in given):
            allowed = f"integers from -{COEFFICIENT_LIMIT} to {COEFFICIENT_LIMIT} other than 0"
            raise BadInput("coefficients of a group law", given, allowed)
        normal = given if given[0] > 0 else tuple(-a for a in given)
        object.__setattr__(self, "coefficients", normal)

    @property
    def is_delta(self) -> bool:
        """Whether the relation says that two indices are equal."""
        return sorted(self.coefficients) == [-1, 1]

    @property
    def is_reversible(self) -> bool:
        """Whether changing all signs permutes the coefficients, as in ``i + j = k + l``."""
        return sorted(self.coefficients) == sorted(-a for a in self.coefficients)

    def relation(self, nodes: Sequence[int]) -> tuple[tuple[int, int], ...]:
        """What the law says about the nodes in its slots: pairs of a node and a coefficient.

        Equal relations are written alike, whatever the order of slots and the overall sign.

        >>> GroupLaw((1, 1, -1)).relation((4, 2, 4))
        ((2, -1),)
        """
        total: dict[int, int] = {}
        for node, coefficient in zip(nodes, self.coefficients, strict=True):
            total[node] = total.get(node, 0) + coefficient
        signed = [tuple(sorted((n, s * a) for n, a in total.items() if a)) for s in (1, -1)]
        return min(signed)

    def equation(self, names: Sequence[str]) -> str:
        """The law as an equation between named indices, positive terms on the left.

        >>> GroupLaw((1, 1, -1)).equation("ijk"), GroupLaw((1, 2, 1)).equation("ijk")
        ('i+j=k', 'i+2j+k=0')
        """
        sides: tuple[list[str], list[str]] = ([], [])
        for coefficient, name in zip(self.coefficients, names, strict=True):
            size = "" if abs(coefficient) == 1 else str(abs(coefficient))
            sides[coefficient < 0].append(size + name)
        return "=".join("+".join(side) or "0" for side in sides)


@dataclass(frozen=True, slots=True)
class Listed:
    """Entries that are given one by one, in the order of the last index first; sizes are numbers.

    >>> Listed((ONE, -ONE)).symbols
    ()
    """

    entries: tuple[Polynomial, ...]

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols that the entries hold, sorted."""
        return tuple(sorted({name for entry in self.entries for name in entry.symbols}))


@dataclass(frozen=True, slots=True)
class Gram:
    """Entries that are given by their inner products: ``sum_i x[m,i] x[n,i]``.

    ``products`` are those of all pairs of values of the other indices, row by row; the last index
    is summed, and nothing else is known of the entries.
    """

    products: tuple[Polynomial, ...]

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols that the inner products hold, sorted."""
        return tuple(sorted({name for entry in self.products for name in entry.symbols}))

    def check(self, values: Mapping[str, Fraction], field: str) -> None:
        """Raise :class:`~diagrams.errors.BadInput` where no vectors have these inner products.

        That is so if the matrix has a negative eigenvalue at numbers for all its symbols; exactly.
        """
        number = isqrt(len(self.products))
        entries = [_exact(entry, values) for entry in self.products]
        rows = [entries[k * number : (k + 1) * number] for k in range(number)]
        while rows:  # pivots on the diagonal
            (pivot, *rest), *others = rows
            if pivot < 0 or (not pivot and any(rest)):
                shown = [[str(entry) for entry in entries[k::number]] for k in range(number)]
                raise BadInput(field, shown, "inner products of vectors: no negative eigenvalue")
            rows = [
                [_reduced(a - other[0] * b / pivot) for a, b in zip(other[1:], rest, strict=True)]
                if pivot
                else other[1:]
                for other in others
            ]


def _exact(entry: Polynomial, values: Mapping[str, Fraction]) -> Any:
    """A polynomial at numbers: rational, or an algebraic number of SymPy where roots occur."""
    if all(e.denominator == 1 for powers, _ in entry.terms for _, e in powers):
        found = entry.substitute(values)
        return sum((number for _, number in found.terms), Fraction(0))
    import sympy

    exact = {n: sympy.Rational(v.numerator, v.denominator) for n, v in values.items()}
    return _reduced(entry.to_sympy().subs(exact))


def _reduced(value: Any) -> Any:
    """A number; zero where it is an algebraic one that vanishes."""
    if isinstance(value, Fraction):
        return value
    import sympy

    return sympy.Integer(0) if value.equals(0) else value
