"""First-order linear partial differential equations with initial data, as values.

Definition. Phi(x) . grad h = phi(x) h + s(x), with the *field* Phi, the *growth* phi and the
*source* s; symbols that are not variables are parameters. Initial data prescribe h on a graph
x_k = L(other variables). Theorem 6.1 of Yarotsky, Golikov, Gusev (arXiv 2602.04548) makes such
equations from recurrences whose polynomials have degree one.

>>> x, t, c = sympy.symbols("x t c")
>>> f = sympy.Function("f")
>>> transport = FirstOrderEquation((t, x), (1, c), initial=InitialData(t, 0, f(x)))
>>> transport.parameters
(c,)
>>> print(transport.verify(f(x - c * t)))
exact: the equation holds; the initial data hold (3 points to 20 digits; algebra; 3 points \
to 20 digits; algebra)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy
from sympy import Expr, Rational, Symbol

from pde.errors import InvalidInputError, VerificationError
from pde.evidence import Evidence
from pde.expressions.sampling import generic_values, numeric
from pde.expressions.verification import vanishing
from pde.pieces.roughness import in_pieces, singular_somewhere
from pde.pieces.verification import verify_in_pieces
from pde.recurrences.differential_operator import DifferentialOperator

STEP = Rational(1, 20)


@dataclass(frozen=True)
class InitialData:
    """h = value on the graph variable = level.

    Level and value are expressions in the other variables and the parameters.
    """

    variable: Symbol
    level: Expr
    value: Expr

    def __post_init__(self) -> None:
        """Turn numbers into expressions and check that the variable does not occur."""
        for name in ("level", "value"):
            object.__setattr__(self, name, sympy.sympify(getattr(self, name)))
        if self.level.has(self.variable) or self.value.has(self.variable):
            raise InvalidInputError(f"initial data: {self.variable} occurs in level or value")


@dataclass(frozen=True)
class FirstOrderEquation:
    """Phi . grad h = growth h + source, with initial data and a point near which it is asked.

    ``near`` gives numbers for some symbols; it fixes the branches of inverse functions and the
    signs of parameters. Raises InvalidInputError if lengths differ, the field vanishes, or the
    initial data are on an unknown variable.
    """

    variables: tuple[Symbol, ...]
    field: tuple[Expr, ...]
    growth: Expr = sympy.S.Zero
    source: Expr = sympy.S.Zero
    initial: InitialData | None = None
    near: tuple[tuple[Symbol, Expr], ...] = ()

    def __post_init__(self) -> None:
        """Turn numbers into expressions and check the shape."""
        components = tuple(sympy.sympify(c) for c in self.field)
        object.__setattr__(self, "field", components)
        object.__setattr__(self, "growth", sympy.sympify(self.growth))
        object.__setattr__(self, "source", sympy.sympify(self.source))
        pairs = self.near.items() if isinstance(self.near, Mapping) else self.near
        near = tuple((s, sympy.nsimplify(v)) for s, v in pairs)
        object.__setattr__(self, "near", near)
        if len(components) != len(self.variables) or len(set(self.variables)) != len(components):
            raise InvalidInputError(
                f"field of {len(components)} components for the variables {self.variables}"
            )
        if not any(components):
            raise InvalidInputError("the field vanishes identically")
        if self.initial is not None and self.initial.variable not in self.variables:
            raise InvalidInputError(f"initial data on {self.initial.variable}: not a variable")

    @classmethod
    def from_operator(
        cls,
        operator: DifferentialOperator,
        variables: Sequence[Symbol],
        initial: InitialData | None = None,
    ) -> FirstOrderEquation:
        """Return the equation operator h = 0 of an operator of order one.

        >>> from pde import Polynomial, Recurrence
        >>> n = Polynomial.variable(0, 1)
        >>> x = sympy.Symbol("x")
        >>> binomial = Recurrence.from_terms(1, {(1,): n, (0,): -1 * (n + 1)})
        >>> FirstOrderEquation.from_operator(binomial.operator(), (x,)).field
        (1 - x,)
        """
        derivatives, zeroth = operator.cleared().first_order_part()

        def expression(terms: Mapping[tuple[int, ...], Any]) -> Expr:
            total = sympy.Integer(0)
            for power, c in terms.items():
                factors = (v**a for v, a in zip(variables, power, strict=True))
                total += sympy.Mul(Rational(c.numerator, c.denominator), *factors)
            return sympy.factor(total)

        components = [expression(d) for d in derivatives]
        growth = -expression(zeroth)
        common = sympy.Integer(0)
        for part in (*components, growth):
            common = sympy.gcd(common, part)
        return cls(
            tuple(variables),
            tuple(sympy.factor(sympy.cancel(c / common)) for c in components),
            sympy.factor(sympy.cancel(growth / common)),
            sympy.Integer(0),
            initial,
        )

    @property
    def coefficients(self) -> tuple[Expr, ...]:
        """Field, growth and source."""
        return (*self.field, self.growth, self.source)

    @property
    def parts(self) -> tuple[Expr, ...]:
        """The coefficients, and the initial value where there is one."""
        return (*self.coefficients, *(() if self.initial is None else (self.initial.value,)))

    @property
    def is_complex(self) -> bool:
        """Whether the equation or its data are complex, so that values may be."""
        return any(part.has(sympy.I) for part in self.parts)

    @cached_property
    def is_rough(self) -> bool:
        """Whether the equation or its data are smooth in pieces only."""
        return any(map(in_pieces, self.parts))

    @cached_property
    def is_delicate(self) -> bool:
        """Whether the equation has walls or singularities, so that every value is confirmed.

        A formula found on one side of a wall, or continued through a singularity of the
        coefficients, may look right on the other side.
        """
        return self.is_rough or any(map(singular_somewhere, self.coefficients))

    @property
    def parameters(self) -> tuple[Symbol, ...]:
        """The symbols that are not variables, sorted by name."""
        expressions = [*self.coefficients]
        if self.initial is not None:
            expressions += [self.initial.level, self.initial.value]
        symbols = set().union(*(e.free_symbols for e in expressions))
        return tuple(sorted(symbols - set(self.variables), key=str))

    def residual(self, candidate: Expr) -> Expr:
        """Return Phi . grad h - growth h - source for an expression h."""
        transported = sympy.Add(
            *(c * sympy.diff(candidate, v) for c, v in zip(self.field, self.variables, strict=True))
        )
        return transported - self.growth * candidate - self.source

    def sample(self, step: Expr = STEP) -> dict[Symbol, Expr]:
        """Return generic values of all symbols, at distance ``step`` from the initial surface."""
        values = generic_values((*self.variables, *self.parameters))
        values.update(dict(self.near))
        if self.initial is not None:
            level = self.initial.level.xreplace(values)
            if not level.is_Rational:
                level = sympy.nsimplify(sympy.N(level, 30), rational=True)
            sign = -1 if self.initial.variable.is_negative else 1
            values[self.initial.variable] = level + sign * step
        return values

    def verify(
        self,
        candidate: Expr,
        sample: Mapping[Symbol, Expr] | None = None,
        conditions: Sequence[Expr] = (),
    ) -> Evidence:
        """Return the evidence that an expression solves the equation and meets its data.

        What is smooth in pieces is checked on every side of every wall (:mod:`pde.pieces.sides`),
        as far as the conditions hold there. Raises VerificationError, naming which of the two fails
        and where.
        """
        values = dict(self.sample() if sample is None else sample)
        for symbol in candidate.free_symbols - set(values):
            raise VerificationError(f"the candidate contains {symbol}, which is no symbol of ours")
        parts = [candidate, *self.coefficients]
        if self.initial is not None:
            parts += [self.initial.level, self.initial.value]
        if any(map(in_pieces, parts)):
            return verify_in_pieces(self, candidate, values, conditions)
        evidence = vanishing(self.residual(candidate), values, "the equation holds")
        if self.initial is None:
            return evidence
        return evidence.also(self._initial_evidence(candidate, values))

    def _initial_evidence(self, candidate: Expr, values: Mapping[Symbol, Expr]) -> Evidence:
        assert self.initial is not None
        at = {self.initial.variable: self.initial.level}
        try:
            difference = candidate.subs(at) - self.initial.value
        except (ZeroDivisionError, ValueError):
            difference = sympy.nan
        claim = "the initial data hold"
        singular = difference.has(sympy.nan, sympy.zoo, sympy.oo)
        if not singular and _has_value(difference, values):
            return vanishing(difference, values, claim)
        return self._limiting_evidence(candidate, values)

    def _limiting_evidence(self, candidate: Expr, values: Mapping[Symbol, Expr]) -> Evidence:
        """Compare candidate and data at a distance 1e-12 from a surface where it is 0/0."""
        assert self.initial is not None
        close = {
            **values,
            **{self.initial.variable: self.sample(Rational(1, 10**12))[self.initial.variable]},
        }
        value = numeric(candidate, close, 40)
        target = numeric(self.initial.value, close, 40)
        claim = "the initial data hold in the limit"
        if value is None or target is None or abs(value - target) > 1e-8 * (1 + abs(target)):
            raise VerificationError(f"{claim}: {value} against {target} at distance 1e-12")
        return Evidence("numerical", claim, ("distance 1e-12",))

    def equation(self, name: str = "h") -> Expr:
        """Return the equation as a SymPy Eq for an undefined function of the variables.

        >>> x, y = sympy.symbols("x y")
        >>> FirstOrderEquation((x, y), (1, x), growth=2).equation()
        Eq(x*Derivative(h(x, y), y) + Derivative(h(x, y), x), 2*h(x, y))
        """
        h = sympy.Function(name)(*self.variables)
        left = sympy.Add(
            *(c * sympy.Derivative(h, v) for c, v in zip(self.field, self.variables, strict=True))
        )
        return sympy.Eq(left, self.growth * h + self.source)

    def to_latex(self) -> str:
        """Return the equation and its data as LaTeX mathematics."""
        text = sympy.latex(self.equation())
        if self.initial is not None:
            data = self.initial
            text += (
                rf",\quad h\big|_{{{sympy.latex(data.variable)} = {sympy.latex(data.level)}}}"
                rf" = {sympy.latex(data.value)}"
            )
        return str(text)

    def _repr_latex_(self) -> str:
        return f"${self.to_latex()}$"


def eliminate(
    first: FirstOrderEquation, second: FirstOrderEquation, variable: Symbol
) -> FirstOrderEquation:
    """Return the combination of two equations for one function without one derivative.

    Raises InvalidInputError if the variables differ or nothing remains.

    >>> x, y = sympy.symbols("x y")
    >>> one = FirstOrderEquation((x, y), (1, y), growth=1)
    >>> two = FirstOrderEquation((x, y), (x, 1), growth=0)
    >>> eliminate(one, two, y).field, eliminate(one, two, y).growth
    ((x*y - 1, 0), -1)
    """
    if first.variables != second.variables:
        raise InvalidInputError(f"variables {first.variables} and {second.variables} differ")
    place = first.variables.index(variable)
    a, b = first.field[place], second.field[place]
    divisor = sympy.gcd(a, b) if a != 0 or b != 0 else sympy.Integer(1)
    left, right = sympy.cancel(b / divisor), sympy.cancel(a / divisor)

    def combined(p: Expr, q: Expr) -> Expr:
        return sympy.factor(sympy.expand(left * p - right * q))

    parts = [combined(p, q) for p, q in zip(first.field, second.field, strict=True)]
    growth = combined(first.growth, second.growth)
    source = combined(first.source, second.source)
    common = sympy.Integer(0)
    for part in (*parts, growth, source):
        common = sympy.gcd(common, part)
    if common == 0:
        raise InvalidInputError("the two equations are proportional: nothing remains")
    parts = [sympy.factor(sympy.cancel(p / common)) for p in parts]
    lead = next((p for p in parts if p != 0), sympy.Integer(1))
    sign = -1 if lead.could_extract_minus_sign() else 1
    return FirstOrderEquation(
        first.variables,
        tuple(sympy.factor(sign * p) for p in parts),
        sympy.factor(sign * sympy.cancel(growth / common)),
        sympy.factor(sign * sympy.cancel(source / common)),
        first.initial,
        first.near,
    )


def _has_value(expression: Expr, values: Mapping[Symbol, Expr]) -> bool:
    from pde.expressions.sampling import with_concrete_functions

    return numeric(with_concrete_functions(expression), values) is not None
