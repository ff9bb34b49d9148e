"""Numbers of mean-field equations, for ``t >= 0``: grids of two times, sampled sites, or sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Final

import mpmath
from sympy import Rational

from diagrams.dynamics.numbers import Numbers, Values, shifted
from diagrams.errors import OutsideDomain
from diagrams.mean_fields.curves import MeanFieldCurve, melon_curve, tree_curve
from diagrams.mean_fields.equations import TreeEquations
from diagrams.mean_fields.jets import taylor
from diagrams.mean_fields.melons import MelonEquations
from diagrams.mean_fields.trees import by_atoms
from diagrams.polynomials.evaluation import number_at
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol
from pde.numbers.evaluation import Value

BITS = 32
"""Of numbers put into the equations: far finer than their sums, and exact series stay short."""

ESTIMATED: Final = "two tolerances"
"""How the errors are known: estimated from grids, samples or sums, and no bounds."""


class OnTrees(Numbers):
    """Numbers of tree equations whose observable holds the constant."""

    def __init__(self, equations: TreeEquations) -> None:
        self.equations = equations
        self.start = None if equations.functions else taylor(equations, 0)[0]

    def curve(self, values: Values, times: Sequence[Rational], digits: int) -> tuple[Value, ...]:
        """The observable with errors from two grids and two numbers of sites, or from sums."""
        _check(times)
        known = {}
        if self.start is not None:  # averages of functions at the start are integrated, too
            with mpmath.workdps(digits + 10):
                start = number_at(self.start, values)
                rounding = abs(start) * mpmath.mpf(10) ** (-digits - 8)
                known[Rational(0)] = Value(start, rounding, ESTIMATED)
        own = sorted(set(times) - set(known))
        if own:
            found = self._integrated(values, own)
            for t, value, error in zip(own, found.values, found.errors, strict=True):
                known[t] = Value(mpmath.mpf(value), mpmath.mpf(error), ESTIMATED)
        return tuple(known[t] for t in times)

    def _integrated(self, values: Values, times: Sequence[Rational]) -> MeanFieldCurve:
        """The curve at times above zero."""
        one = values.get("T", Rational(1))

        def put(value: Polynomial) -> Polynomial:
            """A polynomial of atoms at numbers, where roots are none of rationals."""
            total = Polynomial()
            for atoms, weight in by_atoms(value).items():
                total += plain(number_at(weight, values)) * Polynomial.monomial(1, dict(atoms))
            return total

        return tree_curve(self.equations.mapped(put), [float(t / one) for t in times], {})


def _check(times: Sequence[Rational]) -> None:
    if any(t < 0 for t in times):
        raise OutsideDomain("the equations are integrated from t = 0 on", "t", "0")


def plain(value: mpmath.mpf) -> Polynomial:
    """A number as a rational of few bits."""
    mantissa, power = mpmath.frexp(value)
    rounded = Fraction(int(mpmath.nint(mantissa * 2**BITS)))
    return Polynomial.constant(rounded * Fraction(2) ** (int(power) - BITS))


class OnGrids(Numbers):
    """Numbers of melon equations, for ``t >= 0``."""

    def __init__(self, equations: MelonEquations, constant: Polynomial) -> None:
        self.equations, self.constant = equations, constant

    def curve(self, values: Values, times: Sequence[Rational], digits: int) -> tuple[Value, ...]:
        """The observable with errors from three grids; the pure-target constant is added."""
        _check(times)
        with mpmath.workdps(digits + 10):
            plain, rate, scale = _in_own_units(self.equations, values)
            rate /= _exact(values.get("T", Rational(1)))
            own = sorted(set(times))
            try:
                found = melon_curve(plain, [float(_exact(t) * rate) for t in own], {})
            except OutsideDomain:
                raise OutsideDomain(
                    f"t = {own[-1]} is beyond what the finest grid can bear at these values", "t"
                ) from None
            pairs = zip(found.values, found.errors, strict=True)
            known = {t: (v * scale, e * scale) for t, (v, e) in zip(own, pairs, strict=True)}
        named = {sympy_symbol(name): value for name, value in values.items()}
        constant = Rational(self.constant.to_sympy().subs(named))
        made = []
        for t in times:
            one = Value(mpmath.mpf(known[t][0]), mpmath.mpf(known[t][1]), ESTIMATED)
            made.append(shifted(one, constant, digits))
        return tuple(made)


def _exact(value: Rational) -> mpmath.mpf:
    return mpmath.mpf(value.p) / value.q


def _in_own_units(
    equations: MelonEquations, values: Values
) -> tuple[MelonEquations, mpmath.mpf, mpmath.mpf]:
    """The equations at numbers, in units in which all are of order one; a rate; the observable."""

    at = partial(number_at, values=values)
    factors = equations.factors
    whole = at(equations.start) + at(equations.target)
    rates = [v for f in factors for v in (f.kappa, f.stiff, f.decay)]
    rate = max(abs(at(v)) for v in (*rates, equations.coupling))

    kinds = tuple(
        replace(
            f,
            kappa=plain(at(f.kappa) / rate),
            stiff=plain(at(f.stiff) / rate),
            decay=plain(at(f.decay) / rate),
            back=tuple(plain(at(b) * whole / rate**2) for b in f.back),
            noise=plain(at(f.noise) * whole / rate**2),
        )
        for f in factors
    )
    made = replace(
        equations,
        factors=kinds,
        start=plain(at(equations.start) / whole),
        target=plain(at(equations.target) / whole),
        observable=Polynomial.constant(1),
        coupling=plain(at(equations.coupling) / rate),
        overlap=plain(at(equations.overlap)),
        diagonal=plain(at(equations.diagonal) / (whole * at(equations.observable))),
    )
    return made, rate, whole * at(equations.observable)
