"""Antiderivatives that close, and definite integrals that stay quadratures.

SymPy's general integrator may run for minutes; here a few strategies are tried in the order of
their cost, and every result is differentiated and compared at sample points. What does not
close stays an unevaluated definite integral from a stated lower limit: a quadrature is a
perfectly good answer.

>>> s, a = sympy.symbols("s a", positive=True)
>>> antiderivative(1 / (a + s), s)
log(a + s)
>>> antiderivative(sympy.exp(sympy.sin(s)), s) is None
True
>>> primitive(sympy.exp(sympy.sin(s)), s, sympy.Integer(0)).has(sympy.Integral)
True
"""

from __future__ import annotations

import sympy
from sympy import Add, Dummy, Expr, Integral, Piecewise, Symbol
from sympy.integrals.manualintegrate import manualintegrate
from sympy.integrals.rationaltools import ratint
from sympy.simplify.fu import TR8

from pde.expressions.sampling import generic_values, numeric, perturbed, with_concrete_functions

COST = 60
KERNELS = (
    sympy.log,
    sympy.LambertW,
    sympy.exp,
    sympy.sin,
    sympy.cos,
    sympy.tan,
    sympy.asin,
    sympy.atan,
)


def antiderivative(integrand: Expr, variable: Symbol) -> Expr | None:
    """Return a closed antiderivative, or None if no strategy finds a verified one.

    Piecewise answers of SymPy are replaced by their generic case (``x**(n+1)/(n+1)`` for a
    symbolic ``n``).
    """
    integrand = sympy.sympify(integrand)
    if not integrand.has(variable):
        return integrand * variable
    if integrand.has(Integral) or integrand.atoms(sympy.Function) & _undefined(integrand):
        return _termwise(integrand, variable) if integrand.is_Add else None
    rational = sympy.together(integrand).is_rational_function(variable)
    for strategy in STRATEGIES:
        if strategy is not _rational and (
            rational or integrand.count_ops() > COST or _hopeless(integrand, variable)
        ):
            continue
        try:
            candidate = strategy(integrand, variable)
        except (
            NotImplementedError,
            ValueError,
            TypeError,
            AttributeError,
            KeyError,
            RecursionError,
            ZeroDivisionError,
            sympy.PolynomialError,
        ):
            continue
        if candidate is None:
            continue
        candidate = _generic_case(candidate)
        if not candidate.has(Integral, Piecewise) and _verified(candidate, integrand, variable):
            return candidate
    return None


def primitive(integrand: Expr, variable: Symbol, lower: Expr) -> Expr:
    """Return an antiderivative, as a definite integral from ``lower`` if it does not close."""
    closed = antiderivative(integrand, variable)
    if closed is not None:
        return closed
    return integral_between(integrand, variable, lower)


def _hopeless(integrand: Expr, variable: Symbol) -> bool:
    """Return whether a denominator mixes the variable with its logarithm or the like.

    Such integrals (of 1/(x + log x), say) are not elementary, and searching takes minutes.
    """
    for power in sympy.factor_terms(integrand).atoms(sympy.Pow):
        if power.base.is_Add and not power.exp.is_nonnegative:
            kernels = [k for k in power.base.atoms(*KERNELS) if k.has(variable)]
            outside = power.base.xreplace({k: Dummy() for k in kernels})
            if kernels and outside.has(variable):
                return True
    return False


def integral_between(integrand: Expr, variable: Symbol, lower: Expr) -> Expr:
    """Return the unevaluated integral from ``lower`` to the variable, its dummy numbered.

    Nested integrals get higher numbers, so that they print without confusion.

    >>> s = sympy.Symbol("s")
    >>> integral_between(integral_between(s, s, sympy.Integer(0)), s, sympy.Integer(0))
    Integral(_s1, (_s1, 0, _s2), (_s2, 0, s))
    """
    taken = {str(b) for i in integrand.atoms(Integral) for b in i.bound_symbols}
    number = 1
    while f"_{variable.name}{number}" in taken:
        number += 1
    dummy = Dummy(f"{variable.name}{number}", real=True)
    return Integral(integrand.xreplace({variable: dummy}), (dummy, lower, variable))


def _undefined(expression: Expr) -> set[Expr]:
    return set(expression.atoms(sympy.core.function.AppliedUndef))


def _rational(integrand: Expr, variable: Symbol) -> Expr | None:
    together = sympy.together(integrand)
    if not together.is_rational_function(variable):
        return None
    together = sympy.cancel(together)
    _, denominator = sympy.fraction(together)
    factors = sympy.factor_list(denominator, variable)[1]
    high = [sympy.Poly(f, variable) for f, _ in factors if sympy.degree(f, variable) > 2]
    if high:
        if together.free_symbols != {variable} or not all(map(_plain_roots, high)):
            return None
        return _numerical_poles(together, variable)
    parts = [_partial(term, variable) for term in Add.make_args(sympy.apart(together, variable))]
    return Add(*parts)


def _plain_roots(polynomial: sympy.Poly) -> bool:
    """Return whether the roots are those of a binomial or of a quadratic in the square."""
    degrees = {m for (m,) in polynomial.monoms()}
    return degrees <= {0, 2, 4} or (len(degrees) == 2 and polynomial.degree() <= 4)


def _numerical_poles(integrand: Expr, variable: Symbol) -> Expr | None:
    """Integrate a rational function with number coefficients, its poles roots of high degree."""
    plain = Dummy(variable.name, real=True)
    result = ratint(integrand.xreplace({variable: plain}), plain)
    return None if result.has(sympy.RootSum, sympy.I) else result.xreplace({plain: variable})


def _partial(term: Expr, variable: Symbol) -> Expr:
    numerator, denominator = sympy.fraction(sympy.together(term))
    base, exponent = sympy.factor_terms(denominator).as_base_exp()
    coefficients = sympy.Poly(denominator, variable).all_coeffs()
    if len(coefficients) == 3 and exponent == 1 and not numerator.has(variable):
        return _quadratic(numerator, coefficients, variable)
    del base
    result = manualintegrate(term, variable)
    if result.has(Integral):
        result = ratint(term, variable)
    return result


def _quadratic(numerator: Expr, coefficients: list[Expr], variable: Symbol) -> Expr:
    a, b, c = coefficients
    discriminant = sympy.factor(4 * a * c - b**2)
    shifted = 2 * a * variable + b
    if discriminant == 0:
        return -2 * numerator / shifted
    sign = discriminant.is_positive
    if sign is None:
        value = numeric(discriminant, generic_values(sorted(discriminant.free_symbols, key=str)))
        sign = value is not None and value.real > 0
    if sign:
        root = sympy.sqrt(discriminant)
        return 2 * numerator * sympy.atan(shifted / root) / root
    root = sympy.sqrt(-discriminant)
    return numerator * (sympy.log(shifted - root) - sympy.log(shifted + root)) / root


def _exponential_polynomial(integrand: Expr, variable: Symbol) -> Expr | None:
    """Integrate sums of s^n exp(a s + b) times 1, sin(w s + f) or cos(w s + f)."""
    plain = sympy.expand(sympy.powsimp(sympy.expand(integrand)))
    if plain.has(sympy.sin, sympy.cos):
        plain = sympy.expand(TR8(plain))
    if not plain.has(sympy.exp, sympy.sin, sympy.cos):
        return None
    total = sympy.Integer(0)
    for term in Add.make_args(plain):
        part = _exponential_term(sympy.powsimp(term), variable)
        if part is None:
            return None
        total += part
    return total


def _exponential_term(term: Expr, variable: Symbol) -> Expr | None:
    """Integrate one term: s^n exp(z s) gives exp(z s) sum_k (-1)^k n!/(n-k)! s^(n-k) / z^(k+1)."""
    constant, dependent = term.as_independent(variable, as_Add=False)
    power, exponent, wave = 0, sympy.Integer(0), None
    for factor in sympy.Mul.make_args(dependent):
        if isinstance(factor, sympy.exp):
            exponent += factor.args[0]
        elif isinstance(factor, (sympy.sin, sympy.cos)) and wave is None:
            wave = factor
        elif factor.as_base_exp()[0] == variable and factor.as_base_exp()[1].is_Integer:
            power = int(factor.as_base_exp()[1])
        elif dependent != 1:
            return None
    angle = wave.args[0] if wave is not None else sympy.Integer(0)
    rate, frequency = (sympy.factor(sympy.diff(e, variable)) for e in (exponent, angle))
    if power < 0 or rate.has(variable) or frequency.has(variable):
        return None
    if rate == 0 and frequency == 0:
        return constant * variable ** (power + 1) / (power + 1)
    squared = rate**2 + frequency**2
    even, odd = sympy.Integer(0), sympy.Integer(0)
    real, imaginary = sympy.Integer(1), sympy.Integer(0)
    for k in range(power + 1):
        # (real + i imaginary) / squared^(k+1) is 1/z^(k+1)
        real, imaginary = (
            sympy.expand(real * rate + imaginary * frequency),
            sympy.expand(imaginary * rate - real * frequency),
        )
        weight = (-1) ** k * sympy.ff(power, k) * variable ** (power - k) / squared ** (k + 1)
        even, odd = even + weight * real, odd + weight * imaginary
    envelope = constant * sympy.exp(exponent)
    if wave is None:
        return envelope * even
    sine, cosine = sympy.sin(angle), sympy.cos(angle)
    if isinstance(wave, sympy.sin):
        return envelope * (even * sine + odd * cosine)
    return envelope * (even * cosine - odd * sine)


def _manual(integrand: Expr, variable: Symbol) -> Expr | None:
    return manualintegrate(integrand, variable)


def _simplified(integrand: Expr, variable: Symbol) -> Expr | None:
    simpler = sympy.powsimp(sympy.expand(sympy.powdenest(integrand, force=True)))
    return None if simpler == integrand else manualintegrate(simpler, variable)


def _termwise(integrand: Expr, variable: Symbol) -> Expr | None:
    terms = Add.make_args(sympy.expand(integrand))
    if len(terms) < 2:
        return None
    parts = [antiderivative(term, variable) for term in terms]
    return None if any(p is None for p in parts) else Add(*parts)


def _exponential_substitution(integrand: Expr, variable: Symbol) -> Expr | None:
    rates = set()
    integrand = sympy.powsimp(integrand, combine="exp")
    for power in integrand.atoms(sympy.exp):
        rate = _coefficient(power.args[0], variable, 1)
        if sympy.simplify(power.args[0] - rate * variable).has(variable):
            return None
        rates.add(rate)
    if not rates:
        return None
    unit = sorted(rates, key=sympy.default_sort_key)[0]
    ratios = [sympy.cancel(rate / unit) for rate in rates]
    if not all(r.is_Rational for r in ratios):
        return None
    unit = unit / sympy.ilcm(1, *(r.q for r in ratios))
    new = Dummy("u", positive=True)
    changed = integrand.replace(
        lambda e: isinstance(e, sympy.exp),
        lambda e: (
            new ** sympy.cancel(_coefficient(e.args[0], variable, 1) / unit)
            * sympy.exp(_coefficient(e.args[0], variable, 0))
        ),
    )
    if changed.has(variable):
        return None
    inner = _rational(sympy.powsimp(changed) / (unit * new), new)
    return None if inner is None else inner.xreplace({new: sympy.exp(unit * variable)})


def _coefficient(exponent: Expr, variable: Symbol, power: int) -> Expr:
    return sympy.factor(sympy.expand(exponent).coeff(variable, power))


def _tangent_substitution(integrand: Expr, variable: Symbol) -> Expr | None:
    """Integrate rational functions of sin and cos, even ones by u = tan, others by tan/2."""
    arguments = {e.args[0] for e in integrand.atoms(sympy.sin, sympy.cos, sympy.tan)}
    if len(arguments) != 1:
        return None
    (angle,) = arguments
    rate = sympy.diff(angle, variable)
    if rate.has(variable):
        return None
    new = Dummy("u", real=True)
    for sine, cosine, part in (
        (new / sympy.sqrt(1 + new**2), 1 / sympy.sqrt(1 + new**2), 1),
        (2 * new / (1 + new**2), (1 - new**2) / (1 + new**2), 2),
    ):
        changed = sympy.cancel(
            sympy.together(
                integrand.xreplace(
                    {
                        sympy.sin(angle): sine,
                        sympy.cos(angle): cosine,
                        sympy.tan(angle): sine / cosine,
                    }
                )
            )
        )
        if changed.has(variable) or not changed.is_rational_function(new):
            continue
        inner = _rational(part * changed / (rate * (1 + new**2)), new)
        if inner is not None:
            return inner.xreplace({new: sympy.tan(angle / part)})
    return None


def _generic_case(expression: Expr) -> Expr:
    """Replace piecewise answers by the piece that does not ask for an equality."""

    def choose(piecewise: Piecewise) -> Expr:
        pieces = [e for e, condition in piecewise.args if not condition.has(sympy.Eq)]
        return pieces[0] if pieces else piecewise.args[0][0]

    while expression.has(Piecewise):
        expression = expression.replace(lambda e: isinstance(e, Piecewise), choose)
    return expression


def _verified(candidate: Expr, integrand: Expr, variable: Symbol) -> bool:
    residual = with_concrete_functions(sympy.diff(candidate, variable) - integrand)
    if residual == 0:
        return True
    symbols = sorted(residual.free_symbols, key=str)
    values = generic_values(symbols)
    tested = 0
    for number in range(4):
        value = numeric(residual, perturbed(values, symbols, number))
        if value is not None:
            if abs(value) > 1e-15:
                return False
            tested += 1
    return tested > 0


STRATEGIES = (
    _rational,
    _exponential_substitution,
    _exponential_polynomial,
    _manual,
    _tangent_substitution,
    _simplified,
    _termwise,
)
