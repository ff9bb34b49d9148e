"""Closures in finitely many petals: one first-order equation, solved by its characteristics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy
from sympy import Expr, Rational, Symbol

from diagrams.dynamics.closure import Closure
from diagrams.dynamics.numbers import REFINEMENTS, lost_digits
from diagrams.dynamics.petals import Exponent, PetalPolynomial, petal_name
from diagrams.dynamics.solution import Kind, Step, shifted
from diagrams.dynamics.surds import with_omega
from diagrams.dynamics.writing import with_few_logarithms, written
from diagrams.errors import NotSolved, OutsideDomain
from diagrams.polynomial import Polynomial, sympy_symbol
from pde.characteristics import FAILURES
from pde.characteristics import solve as solve_equation
from pde.darboux import solve_pair
from pde.errors import OutsideDomainError
from pde.evaluation import Value
from pde.evidence import Evidence as EquationEvidence
from pde.first_order import FirstOrderEquation, InitialData
from pde.solution import Solution as EquationSolution

TIME = Symbol("tau", real=True)
"""The time ``t/T``."""


@dataclass(frozen=True)
class Grouping:
    """Polynomials of several terms, each written as a monomial times a named parameter.

    ``names`` are pairs of a normalised polynomial and its symbol; ``ratios`` the monomials that
    occur in them, with their symbols.  All symbols are positive or real, for simplification;
    :meth:`public` returns to plain ones.
    """

    row_size: str
    names: tuple[tuple[Polynomial, Symbol], ...]
    ratios: tuple[tuple[Polynomial, Symbol], ...]

    def expression(self, polynomial: Polynomial) -> Expr:
        """Return a polynomial with groups replaced by their parameters."""
        if len(polynomial) < 2:
            return local(polynomial.to_sympy())
        factor, rest = normalised(polynomial, self.row_size)
        named = dict(self.names)
        inner = named[rest] if rest in named else local(rest.to_sympy())
        return local(factor.to_sympy()) * inner

    def definitions(self) -> tuple[tuple[Symbol, Expr], ...]:
        """The parameters with their meanings, in plain symbols."""
        found: list[tuple[Symbol, Expr]] = []
        for polynomial, symbol in self.names:
            total = sympy.Integer(0)
            for powers, c in polynomial.terms:
                monomial = Polynomial(((powers, Fraction(1)),))
                name = dict(self.ratios).get(monomial)
                part = monomial.to_sympy() if name is None else name
                total += Rational(c.numerator, c.denominator) * part
            found.append((Symbol(symbol.name), public(total)))
        found += [(Symbol(s.name), monomial.to_sympy()) for monomial, s in self.ratios]
        return tuple(found)


def normalised(polynomial: Polynomial, row_size: str) -> tuple[Polynomial, Polynomial]:
    """Return a monomial and the polynomial divided by it, which then starts with 1.

    The monomial is the term with the least power of the number of rows.

    >>> p, H = Polynomial.symbol("p"), Polynomial.symbol("H")
    >>> [str(part) for part in normalised(4 * p * H * H + 2 * p * p * H, "H")]
    ['2*p**2*H', '1 + 2*p**(-1)*H']
    """
    first = min(polynomial.terms, key=lambda t: (dict(t[0]).get(row_size, Fraction(0)), t[0]))
    factor = Polynomial((first,))
    return factor, polynomial * factor**-1


def grouping(polynomials: Sequence[Polynomial], row_size: str) -> Grouping:
    """Return names for the groups in some polynomials: theta, or theta_1, theta_2, ..

    Ratios are named y, or y_1, y_2, ..
    """
    groups: dict[Polynomial, None] = {}
    for polynomial in polynomials:
        if len(polynomial) > 1:
            groups[normalised(polynomial, row_size)[1]] = None
    ratios: dict[Polynomial, None] = {}
    for group in groups:
        for powers, _ in group.terms:
            if powers:
                ratios[Polynomial(((powers, Fraction(1)),))] = None
    return Grouping(
        row_size,
        tuple(zip(groups, _symbols("theta", len(groups)), strict=True)),
        tuple(zip(ratios, _symbols("y", len(ratios)), strict=True)),
    )


def _symbols(name: str, count: int) -> list[Symbol]:
    names = [name] if count == 1 else [f"{name}_{k + 1}" for k in range(count)]
    return [Symbol(n, positive=True) for n in names]


def local(expression: Expr) -> Expr:
    """Return an expression with its symbols taken as positive, for simplification."""
    return expression.xreplace({s: Symbol(s.name, positive=True) for s in expression.free_symbols})


def public(expression: Expr) -> Expr:
    """Return an expression in plain symbols."""
    return expression.xreplace({s: sympy_symbol(s.name) for s in expression.free_symbols})


@dataclass(frozen=True)
class ClosedForm:
    """What the characteristics of a closed closure give, before it becomes a Solution."""

    kind: Kind
    formula: Expr
    conditions: tuple[sympy.Basic, ...]
    definitions: tuple[tuple[Symbol, Expr], ...]
    domain: str
    existence: tuple[Expr, ...]
    steps: tuple[Step, ...]
    numbers: ByCharacteristics
    checks: tuple[str, ...]


@dataclass(frozen=True)
class ByCharacteristics:
    """Numbers from a solved equation: ``point`` says what every symbol of it stands for."""

    solution: EquationSolution
    point: tuple[tuple[str, Expr], ...]
    constant: Expr

    def value(self, values: Mapping[str, Rational], digits: int) -> Value:
        """Return ``E[L]``; raises :class:`~diagrams.errors.OutsideDomain`."""
        plain = {sympy_symbol(name): value for name, value in values.items()}
        at = {name: meaning.xreplace(plain) for name, meaning in self.point}
        constant = self.constant.xreplace(plain)
        working = digits
        try:
            for _ in range(REFINEMENTS):
                found = shifted(self.solution.evaluate(at, working + 3), constant, working)
                lost = lost_digits(found, constant, digits)
                if not lost:
                    break
                working = digits + lost
        except OutsideDomainError as error:
            raise in_real_time(error, values) from error
        return found

    def curve(
        self, values: Mapping[str, Rational], times: Sequence[Rational], digits: int
    ) -> tuple[Value, ...]:
        """Return ``E[L]`` at several times."""
        plain = {sympy_symbol(name): value for name, value in values.items()}
        at = {n: meaning.xreplace(plain) for n, meaning in self.point if n != TIME.name}
        clocks = [t / values["T"] for t in times]
        time = self.solution.equation.variables[0]
        try:
            found = self.solution.curve(time, clocks, at, digits + 3)
        except OutsideDomainError as error:
            raise in_real_time(error, values) from error
        constant = self.constant.xreplace(plain)
        values_found = [shifted(value, constant, digits) for value in found]
        return tuple(
            self.value({**values, "t": t}, digits)
            if lost_digits(value, constant, digits)
            else value
            for t, value in zip(times, values_found, strict=True)
        )


def in_real_time(error: OutsideDomainError, values: Mapping[str, Rational]) -> OutsideDomain:
    """Return the refusal of an equation in ``tau`` as one in ``t``."""
    if error.variable != TIME.name or not error.bound:
        return OutsideDomain(str(error), "t")
    bound = sympy.Float(Rational(error.bound)) * values["T"]
    shown = sympy.sstr(bound.evalf(12), full_prec=False)
    return OutsideDomain(
        f"t = {values['t']}: the solution exists only up to t = {shown} (time of existence)",
        "t",
        shown,
    )


def petal_symbols(closure: Closure, variables: Sequence[Exponent]) -> dict[Exponent, Symbol]:
    """Return a symbol for every petal, positive where all its exponents are even."""
    return {
        m: Symbol(petal_name(m), positive=True)
        if all(entry % 2 == 0 for entry in m)
        else Symbol(petal_name(m), real=True)
        for m in variables
    }


def petal_expression(
    polynomial: PetalPolynomial, symbols: Mapping[Exponent, Expr], groups: Grouping
) -> Expr:
    """Return a polynomial in petals as a SymPy expression."""
    return sympy.Add(
        *(
            groups.expression(c) * sympy.Mul(*(symbols[m] ** power for m, power in petals))
            for petals, c in polynomial
        )
    )


def equation_of(
    closure: Closure,
) -> tuple[FirstOrderEquation, dict[Exponent, Symbol], Grouping]:
    """Return the equation of a closure in finitely many petals, their symbols, and its groups.

    Raises :class:`~diagrams.errors.NotSolved` for infinitely many petals.
    """
    variables = closure.variables
    if variables is None:
        raise NotSolved("the closure: infinitely many petals")
    rates = {m: closure.rate(m) for m in variables}
    coefficients = [c for value in (closure.observable, *rates.values()) for _, c in value]
    groups = grouping(coefficients, closure.rows.number)
    symbols = petal_symbols(closure, variables)
    observable = petal_expression(closure.observable, symbols, groups)
    equation = FirstOrderEquation(
        (TIME, *symbols.values()),
        (sympy.Integer(1), *(petal_expression(rates[m], symbols, groups) for m in variables)),
        initial=InitialData(TIME, sympy.Integer(0), observable),
        near=tuple((s, Rational(1, 10)) for s in symbols.values() if not s.is_positive),
    )
    return equation, symbols, groups


def closed_form(closure: Closure, constant: Polynomial) -> ClosedForm:
    """Return the solution of a closure in finitely many petals.

    Raises :class:`~diagrams.errors.NotSolved` if the characteristics are not solved.
    """
    equation, symbols, groups = equation_of(closure)
    solved = _solved(equation)
    if solved.kind == "unsolved":
        raise NotSolved(f"the characteristics of {equation.equation()}: {solved.failure}")
    if solved.expression is None:
        return _as_system(closure, equation, solved, symbols, groups, constant)
    return _presented(closure, equation, solved, symbols, groups, constant)


def _solved(equation: FirstOrderEquation) -> EquationSolution:
    """The solution by invariant lines where a pair of petals has them, else by all methods."""
    if any(not v.is_positive for v in equation.variables[1:]):
        try:
            return solve_pair(equation)
        except FAILURES as error:
            # the general methods try for long and fail: such systems are not integrable by them
            evidence = EquationEvidence("derived", "the characteristics are integrated numerically")
            return EquationSolution("ode", equation, None, evidence, failure=str(error))
    return solve_equation(equation)


def _as_system(
    closure: Closure,
    equation: FirstOrderEquation,
    solved: EquationSolution,
    symbols: Mapping[Exponent, Symbol],
    groups: Grouping,
    constant: Polynomial,
) -> ClosedForm:
    """The petals as functions of tau, with their equations and initial values."""
    assert equation.initial is not None
    plain = sympy_symbol(TIME.name)
    moving = {s: sympy.Function(s.name)(plain) for s in symbols.values()}
    conditions: list[sympy.Basic] = []
    for (m, symbol), rate in zip(symbols.items(), equation.field[1:], strict=True):
        start = closure.rows.initial(m).to_sympy()
        conditions.append(sympy.Eq(moving[symbol].diff(plain), public(-rate.xreplace(moving))))
        conditions.append(sympy.Eq(sympy.Function(symbol.name)(0), start, evaluate=False))
    clock = sympy_symbol("t") / sympy_symbol("T")
    conditions.append(sympy.Eq(plain, clock))
    return ClosedForm(
        "ode",
        public(equation.initial.value.xreplace(moving)) + constant.to_sympy(),
        tuple(conditions),
        groups.definitions(),
        "all t to which the equations can be integrated",
        (),
        (Step("equation", "the closure as a linear equation", (equation.equation(),)),),
        ByCharacteristics(
            solved, point_of(closure, equation, symbols, groups), constant.to_sympy()
        ),
        (solved.failure,),
    )


def point_of(
    closure: Closure,
    equation: FirstOrderEquation,
    symbols: Mapping[Exponent, Symbol],
    groups: Grouping,
) -> tuple[tuple[str, Expr], ...]:
    """What every symbol of the equation stands for, in plain symbols."""
    definitions = groups.definitions()
    meanings = dict(definitions)
    point = [(s.name, closure.rows.initial(m).to_sympy()) for m, s in symbols.items()]
    point += [(s.name, _inserted(s, definitions)) for s in meanings if _used(equation, s)]
    point += [
        (s.name, sympy_symbol(s.name))
        for s in equation.parameters
        if sympy_symbol(s.name) not in meanings
    ]
    point.append((TIME.name, sympy_symbol("t") / sympy_symbol("T")))
    return tuple(point)


def _presented(
    closure: Closure,
    equation: FirstOrderEquation,
    solved: EquationSolution,
    symbols: Mapping[Exponent, Symbol],
    groups: Grouping,
    constant: Polynomial,
) -> ClosedForm:
    assert solved.expression is not None
    initial = {s: local(closure.rows.initial(m).to_sympy()) for m, s in symbols.items()}
    unknown = {u.symbol: Symbol("z", positive=True) for u in solved.unknowns}
    clock = sympy_symbol("t") / sympy_symbol("T")

    def shown(expression: Expr) -> Expr:
        here = written(expression.xreplace(unknown).xreplace(initial), TIME)
        return public(here).xreplace({sympy_symbol(TIME.name): clock})

    formula = shown(solved.expression) + constant.to_sympy()
    definitions = groups.definitions()
    factored = with_omega(solved.expression.xreplace(initial) + local(constant.to_sympy()), TIME)
    if factored is not None:
        form, omega, meaning = factored
        formula = public(form).xreplace({sympy_symbol(TIME.name): clock})
        definitions = ((sympy_symbol(omega.name), public(meaning)), *definitions)
    conditions = tuple(sympy.Eq(shown(u.equation), 0, evaluate=False) for u in solved.unknowns)
    bounds = [
        with_few_logarithms(sympy.factor(bound.xreplace(initial)))
        for bound in solved.existence_bounds()
    ]
    bounds = [bound for bound in bounds if any(number.is_real for number in _sampled(bound))]
    existence = tuple(public(bound) * sympy_symbol("T") for bound in bounds)
    steps = (
        Step("equation", "the closure as a linear equation of first order", (equation.equation(),)),
        Step(
            "initial data", f"at {TIME} = 0", (equation.initial.value,) if equation.initial else ()
        ),
        Step("characteristics", "; ".join(solved.steps), (solved.expression,)),
        Step(
            "initial petals",
            "Gaussian averages",
            tuple(sympy.Eq(s, value) for s, value in initial.items()),
        ),
    )
    kind: Kind = "explicit" if solved.kind == "unsolved" else solved.kind
    return ClosedForm(
        kind,
        formula,
        conditions,
        definitions,
        _domain(bounds, existence),
        existence,
        steps,
        ByCharacteristics(
            solved, point_of(closure, equation, symbols, groups), constant.to_sympy()
        ),
        (str(solved.evidence),),
    )


def _domain(bounds: Sequence[Expr], shown: Sequence[Expr]) -> str:
    """The domain in words: from t = 0 up to the first of the bounds, where they are real."""
    if not bounds:
        return "all t"
    parts = []
    for bound, text in zip(bounds, shown, strict=True):
        if _is_negative(bound):
            parts.append(f"t > {text}")
        elif _is_negative(-bound):
            parts.append(f"t < {text}")
        else:
            parts.append(f"t on the side of 0 of {text}, where this is real")
    return "; ".join(parts)


SAMPLES = ((3, 5, 7, 11), (1, 2, 1, 3), (5, 1, 9, 2), (11, 7, 2, 3), (2, 13, 17, 19))
"""Values at which the sign of a bound is looked up, divided by 4."""


def _is_negative(bound: Expr) -> bool:
    """Whether a bound is real and negative for all positive parameters (or in all samples)."""
    if bound.is_negative or bound.is_positive:
        return bool(bound.is_negative)
    return all(number.is_real and number < 0 for number in _sampled(bound))


def _sampled(bound: Expr) -> list[Expr]:
    names = sorted(bound.free_symbols, key=str)
    return [
        sympy.N(
            bound.xreplace({s: Rational(sample[k % 4], 4) for k, s in enumerate(names)}),
            20,
            chop=True,
        )
        for sample in SAMPLES
    ]


def _used(equation: FirstOrderEquation, symbol: Symbol) -> bool:
    return any(s.name == symbol.name for s in equation.parameters)


def _inserted(symbol: Symbol, definitions: Sequence[tuple[Symbol, Expr]]) -> Expr:
    expression: Expr = symbol
    for name, meaning in definitions:
        expression = expression.xreplace({name: meaning})
    return expression
