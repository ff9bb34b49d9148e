r"""Activation functions and their derivatives, in a form that Gaussian averages can use.

All functions but one are sums of *pieces* ``c z^k e^(b z) core(z)``.  A core is a member of one
chain, each the derivative of the one before, in the sense of distributions::

    c = -1: |z|/2      c = 0: sign(z)/2      c = 1: delta(z)      c = 2: delta'(z) ..

or the same chain smoothed, convolved with a centred Gaussian of variance v: ``sign(z)/2`` becomes
``erf(z/sqrt(2 v))/2``.  So relu, sign and erf are one thing, and derivatives are exact: ``sign' =
2 delta``, ``relu'' = delta``.  ``tanh`` obeys ``f' = 1 - f^2``.

``erf`` is the error function as in every library, ``2/sqrt(pi) int_0^z e^(-u^2) du``.  D. Saad and
S. A. Solla (Phys. Rev. E 52, 4225, 1995) write ``g(x) = erf(x/sqrt(2))``: that is ``erf`` of inputs
with half the variance.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.special
import sympy

from diagrams.errors import BadInput
from diagrams.polynomials.polynomial import check_symbol
from diagrams.polynomials.spelling import symbol_latex

DEGREE_LIMIT = 64
"""Degrees of powers and Hermite polynomials, and orders of derivatives."""

_ZERO, _ONE, _HALF, _I = sympy.Integer(0), sympy.Integer(1), sympy.Rational(1, 2), sympy.I
_POLYNOMIAL = re.compile(r"(power|He)([0-9]{1,2})\Z")


@dataclass(frozen=True, order=True)
class Core:
    """The place in the chain of ``sign(z)/2`` smoothed with a Gaussian of variance ``spread``.

    >>> z = sympy.Symbol("z", real=True)
    >>> Core(1).expression(z), Core(0, sympy.Rational(1, 2)).expression(z)
    (DiracDelta(z), erf(z)/2)
    """

    order: int
    spread: sympy.Rational = _ZERO

    @property
    def is_singular(self) -> bool:
        """Whether it is a delta or a derivative of one."""
        return self.order > 0 and not self.spread

    def expression(self, z: sympy.Symbol) -> sympy.Expr:
        """The core as a SymPy expression or distribution."""
        v = self.spread
        if not v and self.order <= 0:
            return sympy.sign(z) / 2 if self.order == 0 else sympy.Abs(z) / 2
        if not v:
            return sympy.DiracDelta(z, self.order - 1) if self.order > 1 else sympy.DiracDelta(z)
        density = sympy.exp(-(z**2) / (2 * v)) / sympy.sqrt(2 * sympy.pi * v)
        if self.order <= 0:
            half = sympy.erf(z / sympy.sqrt(2 * v)) / 2
            return half if self.order == 0 else z * half + v * density
        return sympy.factor(sympy.diff(density, z, self.order - 1))

    def values(self, z: Any) -> Any:
        """The core at numbers; raises :class:`~diagrams.errors.BadInput` for a delta."""
        if self.is_singular:
            raise BadInput("function", "a delta", "functions, where numbers are asked for")
        v = float(self.spread)
        if not v:
            return np.sign(z) / 2 if self.order == 0 else np.abs(z) / 2
        scaled = z / np.sqrt(v)
        density = np.exp(-(scaled**2) / 2) / np.sqrt(2 * np.pi * v)
        if self.order <= 0:
            half = scipy.special.erf(scaled / np.sqrt(2)) / 2
            return half if self.order == 0 else z * half + v * density
        hermite = scipy.special.eval_hermitenorm(self.order - 1, scaled)
        return (-1) ** (self.order - 1) * hermite * density / v ** ((self.order - 1) / 2)


@dataclass(frozen=True)
class Piece:
    """``coefficient * z^power * exp(rate z) * core``, without a core where that is ``None``."""

    coefficient: sympy.Expr
    power: int = 0
    rate: sympy.Expr = _ZERO
    core: Core | None = None

    def derivative(self) -> Iterable[Piece]:
        """The pieces of the derivative."""
        c, k, b, core = self.coefficient, self.power, self.rate, self.core
        if k:
            yield Piece(c * k, k - 1, b, core)
        if b:
            yield Piece(c * b, k, b, core)
        if core is not None:
            yield Piece(c, k, b, Core(core.order + 1, core.spread))

    def expression(self, z: sympy.Symbol) -> sympy.Expr:
        """The piece as a SymPy expression."""
        core = sympy.Integer(1) if self.core is None else self.core.expression(z)
        return self.coefficient * z**self.power * sympy.exp(self.rate * z) * core


@dataclass(frozen=True)
class Activation:
    r"""A function of one real variable, by its name.

    ``pieces`` is ``None`` where the function is no sum of pieces.  Then ``equation`` holds the
    coefficients of ``f' = sum_n c_n f^n``, if it obeys one; a function without either is a mere
    symbol, of which nothing is known.

    >>> z = sympy.Symbol("z", real=True)
    >>> relu = activation("relu")
    >>> [relu.expression(z, j) for j in range(3)]
    [z/2 + Abs(z)/2, sign(z)/2 + 1/2, DiracDelta(z)]
    >>> activation("sign").expression(z, 1), activation("tanh").expression(z, 1)
    (2*DiracDelta(z), 1 - tanh(z)**2)
    >>> activation("phi").spelled(2), activation("phi").latex(3), activation("erf").latex(1)
    ("phi''", '\\phi^{(3)}', "\\operatorname{erf}'")
    """

    name: str
    pieces: tuple[Piece, ...] | None = None
    equation: tuple[int, ...] = ()

    @property
    def is_symbolic(self) -> bool:
        """Whether nothing is known of the function but its name."""
        return self.pieces is None and not self.equation

    def derivative(self, order: int) -> tuple[Piece, ...] | None:
        """The pieces of a derivative, equal ones collected; ``None`` without pieces."""
        _check_order(order)
        return _derived(self, order)

    def expression(self, z: sympy.Symbol, order: int = 0) -> sympy.Expr:
        """The derivative of an order as a SymPy expression, with Dirac deltas where it has any."""
        pieces = self.derivative(order)
        if pieces is not None:
            whole = sympy.Add(*(piece.expression(z) for piece in pieces))
            return whole.rewrite(sympy.cos) if whole.has(sympy.I) else whole
        function = sympy.Function(self.name)
        if self.is_symbolic:
            return sympy.diff(function(z), z, order) if order else function(z)
        base = getattr(sympy, self.name)(z)
        coefficients = self.in_powers(order)
        return sympy.Add(*(c * base**n for n, c in enumerate(coefficients)))

    def in_powers(self, order: int) -> tuple[int, ...]:
        """Coefficients of the derivative in powers of the function, from its equation.

        >>> activation("tanh").in_powers(2)
        (0, -2, 0, 2)
        """
        return _in_powers(self.equation, order)

    def values(self, z: Any, order: int = 0) -> Any:
        """The derivative of an order at an array of numbers.

        Raises :class:`~diagrams.errors.BadInput` for deltas and for a symbolic function.

        >>> activation("relu").values(np.array([-1.0, 3.0])).tolist()
        [0.0, 3.0]
        >>> activation("sin").values(np.array([0.0]), 1).tolist()
        [1.0]
        """
        z = np.asarray(z, dtype=float)
        pieces = self.derivative(order)
        if pieces is not None:
            total = np.zeros(z.shape, dtype=complex)
            for piece in pieces:
                core = 1.0 if piece.core is None else piece.core.values(z)
                wave = np.exp(complex(piece.rate) * z)
                total = total + complex(piece.coefficient) * z**piece.power * wave * core
            return total.real
        if self.is_symbolic:
            raise BadInput("function", self.name, "functions with a formula, for numbers")
        return np.polynomial.polynomial.polyval(getattr(np, self.name)(z), self.in_powers(order))

    def spelled(self, order: int = 0) -> str:
        """The derivative as text."""
        return self.name + ("'" * order if order < 3 else f"^({order})")

    def latex(self, order: int = 0) -> str:
        """The derivative in LaTeX."""
        found = _POLYNOMIAL.match(self.name)
        if found:
            head = rf"\mathrm{{He}}_{{{found[2]}}}"
            if found[1] == "power":
                head = rf"(\,\cdot\,)^{{{found[2]}}}"
        elif self.is_symbolic:
            head = symbol_latex(self.name)
        else:
            head = rf"\operatorname{{{self.name}}}"
        return head + ("'" * order if order < 3 else f"^{{({order})}}")


@lru_cache(maxsize=4096)
def _derived(function: Activation, order: int) -> tuple[Piece, ...] | None:
    if function.pieces is None or not order:
        return function.pieces
    found: dict[tuple[int, sympy.Expr, Core | None], sympy.Expr] = {}
    for piece in _derived(function, order - 1) or ():
        for part in piece.derivative():
            key = (part.power, part.rate, part.core)
            found[key] = found.get(key, sympy.Integer(0)) + part.coefficient
    return tuple(Piece(c, *key) for key, c in found.items() if c)


@lru_cache(maxsize=256)
def _in_powers(equation: tuple[int, ...], order: int) -> tuple[int, ...]:
    if not order:
        return 0, 1
    slope = [n * c for n, c in enumerate(_in_powers(equation, order - 1))][1:]
    found = [0] * (len(slope) + len(equation) - 1)
    for m, c in enumerate(slope):
        for n, e in enumerate(equation):
            found[m + n] += c * e
    return tuple(found)


def _check_order(order: int) -> None:
    if isinstance(order, bool) or not isinstance(order, int) or not 0 <= order <= DEGREE_LIMIT:
        raise BadInput("derivative", order, f"an integer from 0 to {DEGREE_LIMIT}")


_KNOWN = {
    "relu": Activation("relu", (Piece(_HALF, 1), Piece(_ONE, core=Core(-1)))),
    "erf": Activation("erf", (Piece(2 * _ONE, core=Core(0, _HALF)),)),
    "sign": Activation("sign", (Piece(2 * _ONE, core=Core(0)),)),
    "gelu": Activation("gelu", (Piece(_HALF, 1), Piece(_ONE, 1, core=Core(0, _ONE)))),
    "cos": Activation("cos", (Piece(_HALF, rate=_I), Piece(_HALF, rate=-_I))),
    "sin": Activation("sin", (Piece(-_I / 2, rate=_I), Piece(_I / 2, rate=-_I))),
    "exp": Activation("exp", (Piece(_ONE, rate=_ONE),)),
    "tanh": Activation("tanh", equation=(1, 0, -1)),
}
KNOWN = tuple(_KNOWN)
"""The names of the functions that have a formula, besides ``power2``, ``He3`` and the like."""


def activation(name: str) -> Activation:
    """Return the function of a name; one that is not known stays a symbol.

    ``power3`` is ``z^3`` and ``He3`` the Hermite polynomial ``z^3 - 3 z`` of a unit Gaussian.
    Raises :class:`~diagrams.errors.BadInput` for a name that is no symbol, or a degree too high.

    >>> z = sympy.Symbol("z")
    >>> activation("He3").expression(z), activation("power4").expression(z, 2)
    (z**3 - 3*z, 12*z**2)
    """
    check_symbol(name, "function")
    found = _POLYNOMIAL.match(name)
    if not found:
        return _KNOWN.get(name) or Activation(name)
    degree = int(found[2])
    if degree > DEGREE_LIMIT:
        raise BadInput("function", name, f"degrees up to {DEGREE_LIMIT}")
    z = sympy.Symbol("z")
    written = z**degree if found[1] == "power" else 2 ** (-sympy.Rational(degree, 2))
    if found[1] == "He":
        written = sympy.expand(written * sympy.hermite(degree, z / sympy.sqrt(2)))
    return polynomial(name, [written.coeff(z, k) for k in range(degree + 1)])


def polynomial(name: str, coefficients: Sequence[int | sympy.Expr]) -> Activation:
    """Return the polynomial ``sum_k c_k z^k`` as a function of the given name.

    >>> polynomial("f", [1, 0, 2]).expression(sympy.Symbol("z"), 1)
    4*z
    """
    if len(coefficients) > DEGREE_LIMIT + 1:
        raise BadInput("function", name, f"degrees up to {DEGREE_LIMIT}")
    given = [sympy.Integer(c) if isinstance(c, int) else c for c in coefficients]
    return Activation(name, tuple(Piece(c, k) for k, c in enumerate(given) if c))
