"""The whole triangle of a problem of rings, from its table to a closed formula.

Order two: every diagram is a set of rings, so the table factors, ``C[s, d, .., n] =
M[s, d, ..] N[d, n]``: ``M`` counts the merges of rings and ``N`` the planar pairings of one ring
(Narayana numbers).  The generating function of ``M`` comes by characteristics, that of ``N`` as
the root of a quadratic equation, and ``E[L]`` as their Hadamard product, by the residue at the
one pole.  Scale and decay are further integers, or numbers inside the recurrence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.petals.grouping import local
from diagrams.dynamics.recurrences.algebraic import QuadraticFunction, quadratic_function
from diagrams.dynamics.recurrences.generating import GeneratingFunction, generating_function
from diagrams.dynamics.recurrences.separation import Separation, separated
from diagrams.dynamics.recurrences.single_pole import SinglePole, single_pole
from diagrams.dynamics.roads.fitted.table import LeadingTable
from diagrams.dynamics.step import Step
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.spelling import fresh
from pde.recurrences.recurrence import Recurrence

Definitions = tuple[tuple[Symbol, Expr], ...]


@dataclass(frozen=True)
class RingFormula:
    """``E[L]`` without the pure-target constant, in positive symbols.

    ``definitions`` are inserted one after another.  ``end`` is the time, on the side of negative
    ``t``, at which the formula has its first singularity.  ``strength`` is the symbol ``a`` at
    whose zero the formula needs its limit, ``None`` if there is none.
    """

    formula: Expr
    definitions: Definitions
    end: Expr
    strength: Symbol | None
    rate: Expr
    recurrence: Recurrence
    orders: int
    evidence: str
    steps: tuple[Step, ...]

    def plain(self, expression: Expr) -> Expr:
        """Return an expression with all definitions inserted."""
        for symbol, meaning in self.definitions:
            expression = expression.xreplace({symbol: meaning})
        return expression

    def without_strength(self) -> RingFormula:
        """Return the limit in which ``a`` is zero: ``(exp(r a tau) - 1)/a`` is ``r tau``."""
        if self.strength is None:
            return self
        a = self.strength

        def limit(expression: Expr) -> Expr:
            return sympy.limit(expression, a, 0) if expression.has(a) else expression

        return replace(self.mapped(limit), strength=None)

    def mapped(self, change: Callable[[Expr], Expr]) -> RingFormula:
        """Return the formula with all its expressions changed; definitions that vanish go."""
        definitions = tuple(
            (s, change(e)) for s, e in self.definitions if s != self.strength or change(e) != 0
        )
        return replace(
            self, formula=change(self.formula), definitions=definitions, end=change(self.end)
        )


def positive(name: str) -> Symbol:
    """Return the positive symbol of a name, for simplification."""
    return Symbol(name, positive=True)


TIME = Symbol("t", real=True)
CLOCK = positive("T")


def ring_formula(table: LeadingTable, order: int) -> RingFormula:
    """Return the formula of a table of the whole triangle.

    ``order`` is the number of orders that the table was read from.  Raises
    :class:`~diagrams.errors.NotSolved`, with the step that failed.
    """
    split = separated(table.table)
    if len(split.right) != 1:
        raise NotSolved("the second factor of the table has more than one integer")
    x = Symbol("x", real=True)
    rest = tuple(positive(f"q_{k}") for k in split.left)
    v = positive("v")
    merges = generating_function(split.first, (x, v, *rest))
    pole = single_pole(merges.expression, v, x)
    w, y = Symbol("w", real=True), positive("y")
    pairings = quadratic_function(split.second, w, y)
    return _Presentation(table, split, merges, pole, pairings, x, v, rest).formula(order)


class _Presentation:
    """The formula in the symbols that a person would choose."""

    def __init__(
        self,
        table: LeadingTable,
        split: Separation,
        merges: GeneratingFunction,
        pole: SinglePole,
        pairings: QuadraticFunction,
        x: Symbol,
        v: Symbol,
        rest: tuple[Symbol, ...],
    ) -> None:
        self.table, self.split, self.merges = table, split, merges
        self.pole, self.pairings, self.x, self.v = pole, pairings, x, v
        monomials = [axis.monomial for axis in table.axes]
        self.clock = _local(table.clock)
        self.back = {
            symbol: _local(monomials[place - 1])
            for symbol, place in zip(rest, split.left, strict=True)
        }
        taken = {name for m in (table.base, *monomials) for name in m.symbols} | {"T", "t"}
        self.taken = taken
        link = monomials[split.link - 1]
        self.z = positive(fresh("z", taken))
        self.z_meaning = _local(link * table.clock)
        self.link = self.z / self.clock
        self.y = positive(fresh("y", taken))
        self.y_meaning = _local(monomials[split.right[0] - 1])

    def symbol(self, name: str) -> Symbol:
        """A further symbol that the problem does not use."""
        return Symbol(fresh(name, self.taken), real=True)

    def formula(self, order: int) -> RingFormula:
        """The Hadamard product, written with ``h``, its derivative and their parameters."""
        w, surd = self.symbol("w"), self.symbol("S")
        names = (self.symbol("h"), self.symbol("h_1"))
        a, strength, growth, kappa, rate = self._growth()
        here = {self.pairings.w: w, self.pairings.y: self.y}
        base = self._in_z(_local(self.table.base)) / self.y
        parts = []
        for j, weight in enumerate(self.pole.weights):
            constant, power = self._power(weight)
            parts.append(base * constant * self.link**j * growth**power * names[j])
        formula = sympy.factor_terms(sympy.Add(*map(sympy.powsimp, parts)))
        formula = _collected(formula)
        p0, p1, _ = (c.xreplace(here) for c in self.pairings.coefficients)
        discriminant = self.pairings.discriminant.xreplace(here)
        lifted = self._lifted_derivative(names[0], surd, here)
        meanings: list[tuple[Symbol, Expr]] = []
        if len(parts) > 1:
            meanings.append((names[1], lifted))
        meanings += [
            (names[0], 2 * self.y * p0 / (surd - p1)),
            (surd, sympy.sqrt(discriminant)),
            (w, -self.z * kappa),
        ]
        if a is not None:
            meanings.append((a[0], a[1]))
        meanings += [(self.z, self.z_meaning), (self.y, self.y_meaning)]
        edge = self._edge()
        end = self._end(edge, a, kappa, rate)
        evidence = (
            f"the table of {order + 1} orders factors exactly; {self.merges.counts} for the first"
            f" factor, checked on all its entries; {self.pairings.counts}"
        )
        return RingFormula(
            formula,
            tuple(meanings),
            end,
            a[0] if a is not None else strength if strength.is_Symbol else None,
            rate,
            self.merges.fit.basis[0],
            order,
            evidence,
            self._steps(),
        )

    def _growth(self) -> tuple[tuple[Symbol, Expr] | None, Expr, Expr, Expr, Expr]:
        """``a`` with its meaning, ``a``, ``e = exp(r a tau)``, ``(e - 1)/a``, the rate ``r a``."""
        tau = TIME / CLOCK
        rate = sympy.factor(sympy.expand(self._plain(self.pole.rate) * self.clock))
        if rate == 0:
            slope = sympy.simplify(self._plain(sympy.diff(self.pole.base, self.x)))
            if slope.has(self.x):
                raise NotSolved("the Hadamard product: a pole that moves in another way")
            return None, sympy.Integer(0), sympy.Integer(1), -slope * tau, rate
        bare = sympy.expand(self.pole.base / (sympy.exp(self.pole.rate * self.x) - 1))
        factor = sympy.simplify(bare)
        if factor.has(self.x):
            raise NotSolved("the Hadamard product: a pole that moves in another way")
        strength = sympy.expand(sympy.cancel(sympy.together(-self.clock / self._plain(factor))))
        times = sympy.cancel(sympy.together(rate / strength))
        if not times.is_number:
            raise NotSolved("the Hadamard product: a pole that moves at another rate")
        a = None
        shown = strength
        if not strength.is_number and not strength.is_Symbol:
            a = (self.symbol("a"), strength)
            shown = a[0]
        growth = sympy.exp(times * shown * tau)
        return a, shown, growth, (growth - 1) / shown, times * shown

    def _power(self, weight: Expr) -> tuple[Expr, int]:
        """A weight as a constant times a power of the growth."""
        for power in range(4):
            constant = sympy.simplify(weight * sympy.exp(-power * self.pole.rate * self.x))
            if not constant.has(self.x):
                return self._plain(constant), power
        raise NotSolved("the Hadamard product: a residue that is no power of the growth")

    def _plain(self, expression: Expr) -> Expr:
        return expression.xreplace(self.back)

    def _in_z(self, expression: Expr) -> Expr:
        """Powers of the variance of the link's monomial, expressed in ``z``; the rest in ``y``."""
        scale = self.table.axes[self.split.link - 1].symbol
        symbol = positive(scale)
        power = self.z_meaning.as_powers_dict()[symbol]
        others = self.z_meaning / symbol**power
        solved = (self.z / others) ** (1 / power)
        width = positive(self.table.axes[self.split.right[0] - 1].symbol)
        exponent = self.y_meaning.as_powers_dict()[width]
        again = (self.y * width**exponent / self.y_meaning) ** (1 / exponent)
        found = sympy.powsimp(sympy.powdenest(expression.subs(symbol, solved)))
        return sympy.powsimp(sympy.powdenest(found.subs(width, again)))

    def _lifted_derivative(self, h: Symbol, surd: Symbol, here: dict[Expr, Expr]) -> Expr:
        """``dh/dw`` for ``h = y g``, from the quadratic equation of ``g``."""
        slope = self.pairings.derivative(h / self.pairings.y, surd) * self.pairings.y
        return slope.xreplace(here)

    def _edge(self) -> Expr:
        """The least positive ``w`` at which ``S`` vanishes."""
        roots = sympy.solve(self.pairings.discriminant, self.pairings.w)
        samples = [{self.pairings.y: sympy.Rational(k, 3)} for k in (1, 2, 5)]
        found = [
            root
            for root in map(sympy.simplify, roots)
            if all(
                0 < root.subs(at) <= min(r.subs(at) for r in roots if r.subs(at) > 0)
                for at in samples
            )
        ]
        if not found:
            raise NotSolved("the domain: no first singularity of h")
        edge = found[0].xreplace({self.pairings.y: self.y})
        square = (1 + sympy.sqrt(self.y)) ** 2
        return 1 / square if sympy.simplify(edge * square - 1) == 0 else edge

    def _end(self, edge: Expr, a: tuple[Symbol, Expr] | None, kappa: Expr, rate: Expr) -> Expr:
        """The time at which ``w`` reaches the edge."""
        if rate == 0:
            return -edge * CLOCK / (self.z * sympy.diff(kappa * CLOCK, TIME))
        growth_minus = kappa.subs(TIME, 0)
        assert growth_minus == 0
        slope = sympy.simplify(sympy.diff(kappa, TIME).subs(TIME, 0) * CLOCK)
        strength = sympy.cancel(rate / slope)
        return CLOCK * sympy.log(1 - strength * edge / self.z) / rate

    def _steps(self) -> tuple[Step, ...]:
        table = self.table
        monomials = (table.base, table.clock, *(axis.monomial for axis in table.axes))
        names = ("base", "clock", *(f"axis_{k + 1}" for k in range(len(self.table.axes))))
        f, b = Symbol("f"), Symbol("b")
        weights = [(f"c_{j}", weight) for j, weight in enumerate(self.pole.weights)]
        return (
            Step(
                "table",
                "leading coefficients over base and clock; each integer is the power of its axis",
                _labelled(zip(names, map(_local, monomials), strict=True)),
            ),
            Step("recurrence", self.merges.counts, _recurrence("M", self.merges.fit.basis[0])),
            Step(
                "equation", "Theorem 6.1 of arXiv 2602.04548", (self.merges.equation.equation("f"),)
            ),
            Step(
                "characteristics",
                "; ".join(self.merges.solution.steps),
                (sympy.Eq(f, self.merges.expression, evaluate=False),),
            ),
            Step(
                "recurrence of the second factor",
                self.pairings.counts,
                _recurrence("N", self.pairings.fit.basis[0]),
            ),
            Step(
                "quadratic equation",
                "of the generating function g of the second factor",
                (_quadratic(self.pairings.coefficients),),
            ),
            Step(
                "Hadamard product",
                "by the residue at the pole v = 1/b of f",
                (
                    sympy.Eq(f, _partial(b, self.v, len(weights)), evaluate=False),
                    sympy.Eq(b, self.pole.base, evaluate=False),
                    *_labelled(weights),
                ),
            ),
        )


def _recurrence(name: str, recurrence: Recurrence) -> tuple[sympy.Basic, ...]:
    """A recurrence as an equation between the entries of a table."""
    entry, indices = sympy.Function(name), sympy.symbols("i j k l")
    known, rest = sympy.Integer(0), sympy.Integer(0)
    for shift, polynomial in recurrence.terms:
        place = [index + step for index, step in zip(indices, shift, strict=False)]
        factor = polynomial.expression(place)
        if any(shift):
            rest += sympy.factor(-factor) * entry(*place)
        else:
            known += sympy.factor(factor) * entry(*place)
    return (sympy.Eq(known, rest, evaluate=False),)


def _quadratic(coefficients: Iterable[Expr]) -> sympy.Basic:
    g = Symbol("g")
    return sympy.Eq(sympy.Add(*(c * g**j for j, c in enumerate(coefficients))), 0, evaluate=False)


def _partial(b: Symbol, v: Symbol, count: int) -> Expr:
    """The part of ``f`` that is singular at its pole."""
    return sympy.Add(*(Symbol(f"c_{j}") * v**j / (1 - b * v) ** (j + 1) for j in range(count)))


def _labelled(named: Iterable[tuple[str, Expr]]) -> tuple[sympy.Basic, ...]:
    return tuple(sympy.Eq(Symbol(name), value, evaluate=False) for name, value in named)


def _local(monomial: Polynomial) -> Expr:
    return local(monomial.to_sympy())


def _collected(formula: Expr) -> Expr:
    """A sum with the factors that all terms share taken out."""
    terms = sympy.Add.make_args(sympy.expand_mul(sympy.expand(formula)))
    common = terms[0].as_powers_dict()
    for term in terms[1:]:
        other = term.as_powers_dict()
        common = {
            base: min(power, other[base])
            for base, power in common.items()
            if base in other and base.is_Symbol and not (power - other[base]).free_symbols
        }
    factor = sympy.Mul(*(b**e for b, e in common.items() if b.is_Symbol))
    if len(terms) == 1:
        return terms[0]
    return factor * sympy.Add(*(term / factor for term in terms))
