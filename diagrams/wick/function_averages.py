r"""Averages of products of functions of Gaussian variables: names, closed forms, numbers.

``E prod_i phi_i^(j_i)(z_{m_i})``, the z centred Gaussians with a covariance matrix C that may be
singular.  The functions are those of :mod:`~diagrams.wick.activations`, the integrals those of
:mod:`~diagrams.wick.gaussian_integrals`.  Closed are: all polynomials; waves (cos, sin, exp) with
polynomials and one step; relu, sign, erf, their derivatives and polynomials together, as long as no
more than three undifferentiated steps are left.  So are the integrals I_2, I_3, I_4 of D. Saad and
S. A. Solla (Phys. Rev. E 52, 4225, 1995) and the kernels of Y. Cho and L. K. Saul ("Kernel methods
for deep learning", NIPS 2009).  Elsewhere there is a number with an estimated error
(:mod:`~diagrams.wick.function_quadrature`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import sympy

from diagrams.errors import BadInput
from diagrams.polynomials.average_symbols import FACTORS_LIMIT
from diagrams.wick.activations import Activation
from diagrams.wick.function_quadrature import number_of
from diagrams.wick.gaussian_integrals import NOTHING, Factors, Integrals
from pde.numbers.evaluation import Value

TERMS_LIMIT = 4096
"""Products of pieces in one average."""

Factor = tuple[Activation, int]
"""A function and the order of its derivative."""


@dataclass(frozen=True)
class FunctionAverage:
    """A Gaussian average of a product; ``groups[v]`` are the factors at the v-th variable.

    Groups are sorted, so that averages that differ by the numbering of variables alone are equal;
    :meth:`of` says which variable is which.

    Raises :class:`~diagrams.errors.BadInput` for too many factors.

    >>> from diagrams.wick.activations import activation
    >>> phi = activation("phi")
    >>> kernel, places = FunctionAverage.of([(phi, 1, "x"), (phi, 0, "y"), (phi, 1, "x")])
    >>> print(kernel, kernel.name, places)
    E[phi(z1) phi'(z2)^2] E_phi_0__phi_11 ('y', 'x')
    >>> kernel.closed() is None
    True
    >>> erf = activation("erf")
    >>> kernel, _ = FunctionAverage.of([(erf, 0, 1), (erf, 0, 2)])
    >>> kernel.closed(sympy.Matrix([[1, 1], [1, 1]]) / 2)
    1/3
    """

    groups: tuple[tuple[Factor, ...], ...]

    def __post_init__(self) -> None:
        count = sum(map(len, self.groups))
        if count > FACTORS_LIMIT:
            raise BadInput("average", f"{count} functions", f"at most {FACTORS_LIMIT}")
        groups = [tuple(sorted(group, key=_order)) for group in self.groups]
        ordered = sorted(groups, key=lambda group: [_order(factor) for factor in group])
        object.__setattr__(self, "groups", tuple(ordered))

    @staticmethod
    def of(
        factors: Iterable[tuple[Activation, int, Hashable]],
    ) -> tuple[FunctionAverage, tuple[Any, ...]]:
        """The average of a product of ``(function, order of derivative, variable)``.

        With it comes the variable of every group.  Variables of equal groups keep the order in
        which they are met.
        """
        met: dict[Hashable, list[Factor]] = {}
        for function, order, variable in factors:
            met.setdefault(variable, []).append((function, order))
        sorted_groups = {v: sorted(group, key=_order) for v, group in met.items()}
        places = sorted(met, key=lambda v: [_order(factor) for factor in sorted_groups[v]])
        return FunctionAverage(tuple(tuple(sorted_groups[v]) for v in places)), tuple(places)

    # -- in print -------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """A symbol for it, the same for equal averages: functions, orders of derivatives."""
        return self.symbol()

    def symbol(self, labels: Sequence[object] = ()) -> str:
        """A symbol for it, with a label for every variable where covariances tell them apart.

        >>> from diagrams.wick.activations import activation
        >>> phi = activation("phi")
        >>> average, places = FunctionAverage.of([(phi, 0, 1), (phi, 2, 2), (phi, 0, 2)])
        >>> average.symbol(places)
        'E_phi_0_at1__phi_02_at2'
        """
        written = []
        for place, group in enumerate(self.groups):
            text = ""
            for function in dict.fromkeys(function for function, _ in group):
                orders = [order for other, order in group if other == function]
                text += f"_{function.name}_{''.join(map(_digit, orders))}"
            written.append(text + (f"_at{labels[place]}" if labels else ""))
        return "E" + "_".join(written)

    def __str__(self) -> str:
        return f"E[{' '.join(self._written('{}({})', '^{}', lambda f, j: f.spelled(j)))}]"

    def latex(self, variables: Sequence[str] = ()) -> str:
        r"""The average in LaTeX; variables are ``z_1``, ``z_2`` unless others are given.

        >>> from diagrams.wick.activations import activation
        >>> average, _ = FunctionAverage.of([(activation("erf"), 1, 1), (activation("erf"), 0, 2)])
        >>> print(average.latex())
        \left\langle \operatorname{erf}(z_{1})\, \operatorname{erf}'(z_{2}) \right\rangle
        """
        names = variables or [f"z_{{{place + 1}}}" for place in range(len(self.groups))]
        pieces = self._written("{}({})", "^{{{}}}", lambda f, j: f.latex(j), names)
        return r"\left\langle " + r"\, ".join(pieces) + r" \right\rangle"

    def _written(
        self, form: str, power: str, spelled: Any, names: Sequence[str] = ()
    ) -> Iterable[str]:
        names = names or [f"z{place + 1}" for place in range(len(self.groups))]
        for name, group in zip(names, self.groups, strict=True):
            for factor in dict.fromkeys(group):
                count = group.count(factor)
                text = form.format(spelled(*factor), name)
                yield text + (power.format(count) if count > 1 else "")

    # -- values ---------------------------------------------------------------------------

    @property
    def default_covariance(self) -> sympy.ImmutableMatrix:
        """The covariance in symbols ``C11, C12, ..``."""
        count = len(self.groups)
        names = [[f"C{min(i, j) + 1}{max(i, j) + 1}" for j in range(count)] for i in range(count)]
        return sympy.ImmutableMatrix(
            count,
            count,
            lambda i, j: sympy.Symbol(names[i][j], positive=i == j or None, real=True),
        )

    def closed(self, covariance: sympy.Matrix | None = None) -> sympy.Expr | None:
        """The average in closed form, or ``None`` where none is known.

        ``covariance`` has a row for every variable (default: symbols ``C11``, ``C12``, ..).
        Variables that are equal belong in one group.

        Raises :class:`~diagrams.errors.BadInput` for a product without a value, such as two deltas
        at one point.

        >>> from diagrams.wick.activations import activation
        >>> relu = activation("relu")
        >>> FunctionAverage.of([(relu, 0, 1), (relu, 0, 1)])[0].closed()
        C11/2
        >>> FunctionAverage.of([(relu, 1, 1), (relu, 1, 2)])[0].closed()
        asin(C12/(sqrt(C11)*sqrt(C22)))/(2*pi) + 1/4
        """
        given = self._checked(covariance)
        expression, integrals = _integrated(self, given)
        return None if integrals.opened else expression

    def in_integrals(self) -> tuple[sympy.Expr, Integrals]:
        """The average in symbols of the covariance, and the integrals that stay open in it."""
        return _integrated(self, self.default_covariance)

    def number(self, covariance: sympy.Matrix, digits: int = 12) -> Value:
        """The average as a number with an error, for a covariance of numbers.

        Raises :class:`~diagrams.errors.BadInput` for a product without a value, a function
        without a formula, a matrix that is no covariance, or more variables than can be
        integrated over.

        >>> from diagrams.wick.activations import activation
        >>> tanh = activation("tanh")
        >>> average, _ = FunctionAverage.of([(tanh, 0, 1), (tanh, 0, 2)])
        >>> print(average.number(sympy.Matrix([[2, 1], [1, 2]]), digits=8))
        0.2360073346 +- 5.9e-10 (two tolerances)
        """
        given = self._checked(covariance)
        if not all(entry.is_number and entry.is_real for entry in given):
            raise BadInput("covariance", str(list(given)), "real numbers")
        expression, integrals = _integrated(self, given)
        return number_of(expression, integrals, digits)

    def _checked(self, covariance: sympy.Matrix | None) -> sympy.ImmutableMatrix:
        if covariance is None:
            return self.default_covariance
        given = sympy.ImmutableMatrix(covariance)
        count = len(self.groups)
        if given.shape != (count, count) or given != given.T:
            raise BadInput("covariance", str(list(given)), f"a symmetric matrix, {count} x {count}")
        return given


def _order(factor: Factor) -> tuple[str, int]:
    return factor[0].name, factor[1]


def _digit(order: int) -> str:
    return str(order) if order < 10 else f"n{order}"


@lru_cache(maxsize=1024)
def _integrated(
    average: FunctionAverage, covariance: sympy.ImmutableMatrix
) -> tuple[sympy.Expr, Integrals]:
    """The average, with symbols for the integrals that stay open."""
    terms = list(_products(average))
    count = len(average.groups)
    copies = sorted({copy for _, _, noisy in terms for copy in noisy}, key=str)
    source = [*range(count), *(place for place, _, _ in copies)]
    noise = [sympy.Integer(0)] * count + [spread for _, spread, _ in copies]
    whole = sympy.Matrix(
        len(source),
        len(source),
        lambda i, j: covariance[source[i], source[j]] + (noise[i] if i == j else 0),
    )
    integrals = Integrals(whole)
    total = sympy.Integer(0)
    for coefficient, integrand, noisy in terms:
        at_copies = (Factors(cores=(noisy[c],)) if c in noisy else NOTHING for c in copies)
        total += coefficient * integrals.average((*integrand, *at_copies))
    return (sympy.expand(total) if total.has(sympy.I) else total), integrals


Noisy = dict[tuple[int, sympy.Expr, int], int]
"""The core at every noisy copy: variable, variance of the noise, and number of the factor."""


def _products(average: FunctionAverage) -> Iterable[tuple[sympy.Expr, list[Factors], Noisy]]:
    """The product written out in pieces."""
    known, rest = [], []
    for place, group in enumerate(average.groups):
        rest.append(Factors(functions=tuple(f for f in group if f[0].pieces is None)))
        pieces = [(place, n, f.derivative(j)) for n, (f, j) in enumerate(group)]
        known += [one for one in pieces if one[2] is not None]
    if sympy.prod([len(pieces or ()) for _, _, pieces in known]) > TERMS_LIMIT:
        raise BadInput("average", str(average), f"at most {TERMS_LIMIT} products of terms")
    for choice in product(*(pieces or () for _, _, pieces in known)):
        coefficient, noisy = sympy.Integer(1), Noisy()
        found = list(rest)
        for (place, number, _), piece in zip(known, choice, strict=True):
            coefficient *= piece.coefficient
            old = found[place]
            cores = old.cores
            if piece.core is not None and piece.core.spread:
                noisy[place, piece.core.spread, number] = piece.core.order
            elif piece.core is not None:
                cores = tuple(sorted((*cores, piece.core.order)))
            found[place] = Factors(
                old.power + piece.power, old.rate + piece.rate, cores, old.functions
            )
        yield coefficient, found, noisy
