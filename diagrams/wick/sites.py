"""The average of functions at one site: a polynomial, or a named symbol with its definition.

A *site* is one hidden index: all function nodes there are functions of the same Gaussian weights,
at different inputs.  Its average is a
:class:`~diagrams.wick.function_averages.FunctionAverage` under the covariance
``variance * factor_a * factor_b * K[a,b]``.  For whole powers it is a polynomial in the entries of
K.  Otherwise it stays a symbol such as ``E_phi_00_atW`` or ``E_phi_0_at1W__phi_1_at2W``: functions,
orders of their derivatives, and where: the number of the input and the weights.  It carries its
definition (:class:`~diagrams.polynomials.average_symbols.AverageSymbol`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import perm, prod

import sympy

from diagrams.errors import BadInput
from diagrams.graphs.laws import Drawn, Gram
from diagrams.graphs.tensors import Function, Role, Tensor
from diagrams.polynomials.average_symbols import AverageSymbol
from diagrams.polynomials.polynomial import ONE, Polynomial
from diagrams.wick.activations import activation
from diagrams.wick.function_averages import FunctionAverage

_POWER = re.compile(r"power([0-9]+)\Z")
_ODD = ("erf", "sign", "tanh", "sin")
_EVEN = ("cos",)


@dataclass(frozen=True)
class Factor:
    """A function node at a site: its law, and the number of its input, from 0."""

    law: Function
    sample: int = 0

    @property
    def key(self) -> tuple[int, str, str, int]:
        """Order of factors: by variable, then by function and derivative."""
        return self.sample, str(self.law.factor), self.law.name, self.law.order

    @property
    def label(self) -> str:
        """The variable that it is a function of: number of the input, weights, factor.

        The number is left out where there is one input alone, the factor where it is 1.  Different
        variables of one problem have different labels: blanks in names, which are ``_``, are
        written ``_0``, and ``_`` stands between names, powers and numbers.
        """
        law = self.law
        several = law.inputs is not None and any(f.size != "1" for f in law.inputs.families[:-1])
        parts = [law.weights.name.replace("_", "_0")]
        for powers, number in law.factor.terms:
            parts += [_written(number)] * (number != 1)
            for name, power in powers:
                parts += [name.replace("_", "_0"), *[_written(power)] * (power != 1)]
        return f"{self.sample + 1 if several else ''}{'_'.join(parts)}"


def _written(number: Fraction) -> str:
    """A number as part of a name: ``-1/2`` is ``1o2m``."""
    below = f"o{number.denominator}" * (number.denominator > 1)
    return f"{abs(number.numerator)}{below}{'m' * (number < 0)}"


def site_average(factors: Iterable[Factor]) -> Polynomial:
    """The average of a product of function nodes at one site, in polynomials and symbols.

    Raises :class:`~diagrams.errors.BadInput` where the product has no value.

    >>> from diagrams.graphs.tensors import Gaussian, IndexFamily
    >>> k = IndexFamily("hidden", "N")
    >>> W = Tensor("W", (k,), law=Gaussian(Polynomial.symbol("v")))
    >>> print(site_average([Factor(Function("power2", W)), Factor(Function("phi", W))]))
    E_phi_0_power2_0_atW
    >>> print(site_average([Factor(Function("power2", W)), Factor(Function("power2", W))]))
    3*v**2
    """
    return _site_average(tuple(sorted(factors, key=lambda factor: factor.key)))


@lru_cache(maxsize=65536)
def _site_average(factors: tuple[Factor, ...]) -> Polynomial:
    for factor in factors:
        _check_smooth(factor.law)
    value = ONE
    for part in _parts(factors):
        value = value * _connected_average(part)
        if not value:
            break
    for factor in factors:
        value = value * factor.law.factor**factor.law.order
    return value


def _check_smooth(law: Function) -> None:
    """Refuse a delta, in a derivative of a function of weights that move.

    The weights cross the kink with different speeds on its two sides: what this adds to a
    derivative by time is the flux on either side, and no product of the delta with a step.
    """
    pieces = activation(law.name).derivative(law.order)
    singular = any(piece.core is not None and piece.core.is_singular for piece in pieces or ())
    if singular and law.weights.role is Role.TRAINED:
        shown = activation(law.name).spelled(law.order)
        allowed = (
            f"fewer orders: {shown} is a delta at the kink of {law.name}, which weights cross at"
            " another speed from one side than from the other, so that this derivative is not the"
            " average of a product; simulate follows such a flow"
        )
        raise BadInput("function", shown, allowed)


def _parts(factors: tuple[Factor, ...]) -> list[tuple[Factor, ...]]:
    """The factors in groups that are independent of each other."""
    found: list[list[Factor]] = []
    for factor in factors:
        met = [part for part in found if any(covariance(factor, other) for other in part)]
        found = [part for part in found if part not in met]
        found.append([*(other for part in met for other in part), factor])
    return [tuple(sorted(part, key=lambda factor: factor.key)) for part in found]


def covariance(one: Factor, other: Factor) -> Polynomial:
    """The covariance of the arguments of two function nodes of a site."""
    a, b = one.law, other.law
    assert isinstance(a.weights.law, Drawn)
    if a.inputs != b.inputs:
        names = ", ".join(law.inputs.name if law.inputs else "none" for law in (a, b))
        allowed = f"functions of {a.weights.name} with the same inputs everywhere"
        raise BadInput("inputs", names, allowed)
    return a.weights.law.variance * a.factor * b.factor * overlap(one, other)


def overlap(one: Factor, other: Factor) -> Polynomial:
    """The inner product of the inputs of two function nodes of a site; 1 without inputs."""
    inputs = one.law.inputs
    if inputs is None:
        return ONE
    assert isinstance(inputs.law, Gram)
    number = prod(int(family.size) for family in inputs.families[:-1])
    return inputs.law.products[one.sample * number + other.sample]


def _connected_average(factors: tuple[Factor, ...]) -> Polynomial:
    powers = [_POWER.match(factor.law.name) for factor in factors]
    parity = [_parity(factor.law) for factor in factors]
    if None not in parity and sum(p or 0 for p in parity) % 2:
        return Polynomial()
    if all(powers):
        value = ONE
        left = []
        for factor, power in zip(factors, powers, strict=True):
            exponent = int(power[1]) if power else 0
            value = value * perm(exponent, factor.law.order)
            left += [factor] * (exponent - factor.law.order)
        return value * _moment(tuple(left)) if value else value
    average, variables = _average_of(factors)
    if len(variables) == 1 and not any(f.is_symbolic for group in average.groups for f, _ in group):
        spread = covariance(factors[0], factors[0]).to_sympy()
        closed = average.closed(sympy.ImmutableMatrix([[spread]]))
        exact = None if closed is None else polynomial_of(closed)
        if exact is not None:
            return exact
    return Polynomial.monomial(1, {_symbol(average, variables): 1})


def _parity(law: Function) -> int | None:
    """Whether a derivative of a function is odd (1) or even (0); ``None`` where it is neither."""
    power = _POWER.match(law.name)
    if power:
        return (int(power[1]) - law.order) % 2
    if law.name in _ODD + _EVEN:
        return ((law.name in _ODD) + law.order) % 2
    return None


@lru_cache(maxsize=65536)
def _moment(factors: tuple[Factor, ...]) -> Polynomial:
    """The moment of Gaussian arguments, by Wick's theorem."""
    if not factors:
        return ONE
    if len(factors) % 2:
        return Polynomial()
    first, *rest = factors
    total = Polynomial()
    for other in dict.fromkeys(rest):
        left = list(rest)
        left.remove(other)
        pairs = covariance(first, other) * rest.count(other)
        total = total + pairs * _moment(tuple(left)) if pairs else total
    return total


# -- symbols ----------------------------------------------------------------------------------


def _average_of(factors: Iterable[Factor]) -> tuple[FunctionAverage, tuple[Factor, ...]]:
    """The average of factors, with a factor at every variable."""
    variables: dict[str, Factor] = {}
    listed = []
    for factor in factors:
        variables.setdefault(factor.label, factor)
        listed.append((activation(factor.law.name), factor.law.order, factor.label))
    average, places = FunctionAverage.of(listed)
    return average, tuple(variables[place] for place in places)


def _symbol(average: FunctionAverage, variables: tuple[Factor, ...]) -> AverageSymbol:
    return AverageSymbol(
        average.symbol([factor.label for factor in variables]),
        tuple((f.name, j, place) for place, group in enumerate(average.groups) for f, j in group),
        tuple(tuple(covariance(one, other) for other in variables) for one in variables),
    )


def defined(symbol: AverageSymbol) -> tuple[FunctionAverage, sympy.ImmutableMatrix]:
    """What a symbol stands for: an average, and the covariance of its variables.

    >>> from diagrams.graphs.tensors import Gaussian, IndexFamily
    >>> W = Tensor("W", (IndexFamily("hidden", "N"),), law=Gaussian(Polynomial.symbol("v")))
    >>> square = site_average([Factor(Function("phi", W)), Factor(Function("phi", W, order=1))])
    >>> average, variances = defined(square.symbols[0])
    >>> print(square, average, variances[0, 0])
    E_phi_01_atW E[phi(z1) phi'(z1)] v
    """
    factors = [(activation(name), order, place) for name, order, place in symbol.factors]
    average, places = FunctionAverage.of(factors)
    entries = [[symbol.covariance[a][b].to_sympy() for b in places] for a in places]
    return average, sympy.ImmutableMatrix(entries)


def check_symbols(functions: Iterable[Tensor], symbols: Iterable[str]) -> None:
    """Refuse symbols that averages of the functions could be called.

    Raises :class:`~diagrams.errors.BadInput`.
    """
    laws = (node.law for node in functions)
    heads = tuple(sorted({f"E_{law.name}_" for law in laws if isinstance(law, Function)}))
    for symbol in symbols:
        if symbol.startswith(heads):
            raise BadInput("symbol", symbol, "another name: averages of functions are called so")


def polynomial_of(expression: sympy.Expr) -> Polynomial | None:
    """A SymPy expression as a polynomial; ``None`` where it is none with rational coefficients.

    >>> x = sympy.Symbol("x")
    >>> print(polynomial_of(x**2 / 2 + 1), polynomial_of(x / sympy.pi))
    1/2*x**2 + 1 None
    """
    total = Polynomial()
    for term in sympy.Add.make_args(sympy.expand(expression)):
        powers: dict[str, Fraction] = {}
        number, rest = term.as_coeff_Mul()
        if not number.is_Rational:
            return None
        for base, exponent in rest.as_powers_dict().items():
            if not (base.is_Symbol and exponent.is_Rational) and base != 1:
                return None
            if base.is_Symbol:
                powers[base.name] = Fraction(exponent.p, exponent.q)
        total = total + Polynomial.monomial(Fraction(number.p, number.q), powers)
    return total
