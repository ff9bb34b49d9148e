r"""Gaussian averages of products of pieces: polynomials, waves, steps and deltas.

The variables are centred Gaussians with a covariance matrix C, which may be singular.  What is
averaged is a product over variables of ``z^k e^(b z)``, of cores (see
:mod:`~diagrams.wick.activations`) and of functions without pieces.  Everything follows from

* a smoothed core is the plain core of a noisy copy ``y = z + sqrt(v) g`` of its variable;
* a delta conditions: ``E[delta(z_m) F] = E[F | z_m = 0] / sqrt(2 pi C_mm)``, and a derivative of
  one goes to the rest, ``E[delta^(r)(z_m) F] = -E[delta^(r-1)(z_m) (D F - z_m F / C_mm)]`` with
  ``D = sum_l (C_lm / C_mm) d/dz_l``;
* integration by parts, ``E[z_m F] = sum_l C_ml E[dF/dz_l]``, lowers powers;
* ``E[e^(b.z)] = e^(b.C b/2)``, next to which z has the mean ``C b``; and ``E[sign(z_1) sign(z_2)] =
  (2/pi) arcsin(rho)`` (W. F. Sheppard, 1899); an odd number of signs averages to zero.

Conditioning on several variables makes quotients of minors, so entries stay short.

Products at one point are those of smooth functions that tend to the discontinuous ones, all cores
being smoothed alike: ``(sign/2)^n delta = int s^n ds delta`` over ``|s| < 1/2``.  Two deltas at one
point have no value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

import sympy

from diagrams.errors import BadInput
from diagrams.wick.activations import Activation

_ZERO = sympy.Integer(0)


@dataclass(frozen=True)
class Factors:
    """What stands at one variable: ``z^power e^(rate z)``, cores, and derivatives of functions.

    ``cores`` are orders in the chain of ``sign/2``; ``functions`` have no pieces.
    """

    power: int = 0
    rate: sympy.Expr = _ZERO
    cores: tuple[int, ...] = ()
    functions: tuple[tuple[Activation, int], ...] = ()

    @property
    def deltas(self) -> tuple[int, ...]:
        """The orders of deltas and their derivatives."""
        return tuple(order for order in self.cores if order > 0)

    @property
    def is_odd(self) -> bool:
        """Whether it changes its sign with z, functions and waves left out."""
        return (self.power + sum(order + 1 for order in self.cores)) % 2 == 1

    def times(self, power: int) -> Factors:
        """The same times a power of the variable."""
        return replace(self, power=self.power + power)

    def with_core(self, old: int, new: int | None) -> Factors:
        """The same with another core in the place of one, or none."""
        cores = list(self.cores)
        cores.remove(old)
        return replace(self, cores=tuple(sorted(cores + ([] if new is None else [new]))))

    def derivative(self) -> Iterator[tuple[sympy.Expr, Factors]]:
        """The terms of the derivative with their coefficients."""
        if self.power:
            yield sympy.Integer(self.power), self.times(-1)
        if self.rate:
            yield self.rate, self
        for order in sorted(set(self.cores)):
            yield sympy.Integer(self.cores.count(order)), self.with_core(order, order + 1)
        for place, (function, order) in enumerate(self.functions):
            functions = list(self.functions)
            functions[place] = (function, order + 1)
            functions.sort(key=lambda one: (one[0].name, one[1]))
            yield sympy.Integer(1), replace(self, functions=tuple(functions))


NOTHING = Factors()
Integrand = tuple[Factors, ...]
"""The factors of every variable."""


@dataclass(frozen=True)
class Open:
    """An average that has no closed form: an integrand, given that some variables are zero."""

    given: frozenset[int]
    integrand: Integrand


@dataclass
class Integrals:
    """Averages under one covariance matrix; ``opened`` collects those that are not closed.

    >>> C = sympy.Matrix(2, 2, sympy.symbols("a c c b", positive=True))
    >>> step = Factors(cores=(0,))
    >>> Integrals(C).average((step, step))
    asin(c/(sqrt(a)*sqrt(b)))/(2*pi)
    >>> Integrals(C).average((Factors(cores=(1,)), Factors(power=2)))
    sqrt(2)*(a*b - c**2)/(2*sqrt(pi)*a**(3/2))
    """

    covariance: sympy.Matrix
    opened: dict[Open, sympy.Symbol] = field(default_factory=dict)
    _known: dict[Open, sympy.Expr] = field(default_factory=dict)
    _minors: dict[tuple[tuple[int, ...], tuple[int, ...]], sympy.Expr] = field(default_factory=dict)

    def average(self, integrand: Integrand, given: frozenset[int] = frozenset()) -> sympy.Expr:
        """The average of an integrand times deltas at the given variables, which are dropped.

        What has no closed form is a symbol listed in ``opened``.  Raises
        :class:`~diagrams.errors.BadInput` for products without a value.
        """
        key = Open(given, integrand)
        if key not in self._known:
            self._known[key] = self._average(integrand, given)
        return self._known[key]

    def conditional(self, one: int, other: int, given: frozenset[int]) -> sympy.Expr:
        """The covariance of two variables, given that some are zero."""
        return self.minor(one, other, given) / self.determinant(given)

    def minor(self, one: int, other: int, given: frozenset[int]) -> sympy.Expr:
        """The determinant of the rows ``given`` and ``one``, columns ``given`` and ``other``."""
        fixed = tuple(sorted(given))
        rows, columns = (*fixed, min(one, other)), (*fixed, max(one, other))
        if (rows, columns) not in self._minors:
            part = self.covariance.extract(list(rows), list(columns))
            self._minors[rows, columns] = sympy.expand(part.det("berkowitz"))
        return self._minors[rows, columns]

    def determinant(self, given: frozenset[int]) -> sympy.Expr:
        """The determinant of the covariance of the given variables."""
        if not given:
            return sympy.Integer(1)
        last = max(given)
        return self.minor(last, last, given - {last})

    # -- the rules, in the order in which they are tried ------------------------------------

    def _average(self, integrand: Integrand, given: frozenset[int]) -> sympy.Expr:
        for place, factors in enumerate(integrand):
            if factors.deltas:
                return self._at_delta(integrand, given, place)
        if all(not f.rate and not f.functions for f in integrand) and (
            sum(f.is_odd for f in integrand) % 2
        ):
            return sympy.Integer(0)
        for place, factors in enumerate(integrand):
            if factors != NOTHING and self.minor(place, place, given).is_zero:
                return self._still(integrand, given, place)
        for place, factors in enumerate(integrand):
            if len(factors.cores) > 1 or -1 in factors.cores:
                coefficient, merged = _one_step(factors)
                return coefficient * self._replaced(integrand, given, place, merged)
        if any(f.functions for f in integrand):
            return self._left_open(integrand, given)
        for place, factors in enumerate(integrand):
            if factors.power:
                return self._by_parts(integrand, given, place)
        return self._closed(integrand, given)

    def _replaced(
        self, integrand: Integrand, given: frozenset[int], place: int, factors: Factors
    ) -> sympy.Expr:
        changed = list(integrand)
        changed[place] = factors
        return self.average(tuple(changed), given)

    def _at_delta(self, integrand: Integrand, given: frozenset[int], place: int) -> sympy.Expr:
        factors = integrand[place]
        order, *more = factors.deltas
        if more:
            raise BadInput(
                "average", "a product of deltas at one point", "at most one", "has no value"
            )
        if self.minor(place, place, given).is_zero:
            raise BadInput(
                "average",
                "a delta at a variable that does not vary",
                "deltas at variables that are independent of each other",
                "has no value",
            )
        rest = factors.with_core(order, None)
        if order > 1:
            return self._parts_of_delta(integrand, given, place, order)
        if rest.power or -1 in rest.cores:
            return sympy.Integer(0)
        weight = _shared_core(len(rest.cores))
        if not weight:
            return sympy.Integer(0)
        value = _at_zero(rest)
        if value is None:
            return self._left_open(integrand, given)
        self._check_steps(integrand, given | {place}, place)
        return weight * value * self._replaced(integrand, given | {place}, place, NOTHING)

    def _check_steps(self, integrand: Integrand, given: frozenset[int], done: int) -> None:
        """No step at a variable that a delta has just fixed through another one."""
        for place, factors in enumerate(integrand):
            stepped = 0 in factors.cores and not factors.power
            if place != done and stepped and self.minor(place, place, given).is_zero:
                raise BadInput(
                    "average",
                    "a delta times a step at a multiple of its variable",
                    "steps at variables that a delta leaves free",
                    "has no value",
                )

    def _parts_of_delta(
        self, integrand: Integrand, given: frozenset[int], place: int, order: int
    ) -> sympy.Expr:
        lower = integrand[place].with_core(order, order - 1)
        own = self.minor(place, place, given)
        total = -self._replaced(integrand, given, place, lower.times(1)) * (
            self.determinant(given) / own
        )
        lowered = (*integrand[:place], lower, *integrand[place + 1 :])
        for other, factors in enumerate(integrand):
            source = factors if other != place else factors.with_core(order, None)
            weight = self.minor(other, place, given) / own if other != place else sympy.Integer(1)
            if not weight:
                continue
            for coefficient, changed in source.derivative():
                if other == place:
                    changed = replace(changed, cores=tuple(sorted((*changed.cores, order - 1))))
                total += weight * coefficient * self._replaced(lowered, given, other, changed)
        return -total

    def _still(self, integrand: Integrand, given: frozenset[int], place: int) -> sympy.Expr:
        """A variable that does not vary is zero, and so are odd cores there."""
        factors = integrand[place]
        if factors.power or factors.cores:
            return sympy.Integer(0)
        value = _at_zero(factors)
        if value is None:
            return self._left_open(integrand, given)
        return value * self._replaced(integrand, given, place, NOTHING)

    def _by_parts(self, integrand: Integrand, given: frozenset[int], place: int) -> sympy.Expr:
        lowered = list(integrand)
        lowered[place] = integrand[place].times(-1)
        total = sympy.Integer(0)
        for other, factors in enumerate(lowered):
            weight = self.minor(place, other, given) if factors != NOTHING else sympy.Integer(0)
            if not weight:
                continue
            for coefficient, changed in factors.derivative():
                value = self._replaced(tuple(lowered), given, other, changed)
                total += weight * coefficient * value
        return total / self.determinant(given)

    def _closed(self, integrand: Integrand, given: frozenset[int]) -> sympy.Expr:
        """Neither powers nor deltas are left."""
        steps = [place for place, factors in enumerate(integrand) if factors.cores]
        waves = [place for place, factors in enumerate(integrand) if factors.rate]
        if len(steps) > (1 if waves else 2):
            return self._left_open(integrand, given)
        exponent = sum(
            integrand[one].rate * integrand[other].rate * self.conditional(one, other, given) / 2
            for one in waves
            for other in waves
        )
        value = self.density(given) * sympy.exp(sympy.expand(exponent))
        if len(steps) == 1:
            (one,) = steps
            norm = sympy.sqrt(2 * self.conditional(one, one, given))
            real, imaginary = (
                sum(part(integrand[k].rate) * self.conditional(one, k, given) for k in waves) / norm
                for part in (sympy.re, sympy.im)
            )
            whole = (
                sympy.erf(real + sympy.I * imaginary) if real else sympy.I * sympy.erfi(imaginary)
            )
            value *= whole / 2
        if len(steps) == 2:
            one, other = steps
            norm = sympy.sqrt(self.minor(one, one, given)) * sympy.sqrt(
                self.minor(other, other, given)
            )
            value *= sympy.asin(self.minor(one, other, given) / norm) / (2 * sympy.pi)
        return value

    def density(self, given: frozenset[int]) -> sympy.Expr:
        """The density of the given variables at zero."""
        scale = (2 * sympy.pi) ** sympy.Rational(-len(given), 2)
        return scale / sympy.sqrt(self.determinant(given))

    def _left_open(self, integrand: Integrand, given: frozenset[int]) -> sympy.Expr:
        key = Open(given, integrand)
        if key not in self.opened:
            self.opened[key] = sympy.Symbol(f"open{len(self.opened)}")
        return self.opened[key]


def _one_step(factors: Factors) -> tuple[sympy.Expr, Factors]:
    """Cores without deltas multiplied: ``|z|/2 = z sign/2`` and ``(sign/2)^2 = 1/4``."""
    bends = factors.cores.count(-1)
    steps = len(factors.cores)
    left = (0,) * (steps % 2)
    weight = sympy.Rational(1, 4) ** (steps // 2)
    return weight, replace(factors.times(bends), cores=left)


def _shared_core(steps: int) -> sympy.Expr:
    """``int s^n ds`` over ``|s| < 1/2``: a delta times n halves of its own sign."""
    value = Fraction(1, 2**steps * (steps + 1)) if steps % 2 == 0 else Fraction(0)
    return sympy.Rational(value.numerator, value.denominator)


def _at_zero(factors: Factors) -> sympy.Expr | None:
    """The functions at zero; ``None`` where one is a symbol."""
    if any(function.is_symbolic for function, _ in factors.functions):
        return None
    z = sympy.Symbol("z", real=True)
    values = (f.expression(z, order).subs(z, 0) for f, order in factors.functions)
    return sympy.Mul(*values)
