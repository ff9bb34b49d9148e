"""What is derived, under the names of the problem: where symbols of ours meet a user's.

Derivations work under standard names (:mod:`diagrams.problems.standard`).  Here every symbol of the
problem gets its own name back, and a symbol of ours (theta, tau, psi, ..), that would have the
name of one of the problem's, gets a number: ``theta_1``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from typing import Any, TypeVar

import sympy
from sympy import Symbol
from sympy.core.function import AppliedUndef, UndefinedFunction

from diagrams.dynamics.ends.ending import END, Ending
from diagrams.dynamics.petals.petals import PetalPolynomial
from diagrams.dynamics.step import Step
from diagrams.errors import BadInput, NotSolved, OutsideDomain
from diagrams.evidence import Evidence
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.spelling import fresh
from diagrams.problems.problem import Problem
from diagrams.problems.renaming import Renaming
from diagrams.scaling.leading import LeadingSeries
from diagrams.scaling.regimes.regime import Regime
from diagrams.scaling.regimes.relations import Relation
from pde.expressions.statement import Statement, message

Formula = TypeVar("Formula", bound=sympy.Basic)
Result = TypeVar("Result")

TIME = ("T", "t")
AVERAGE = "E"
"""The average, which has its arguments in brackets, as in ``E[L]``, whatever a scale is called."""


class Names:
    """What the names of a derivation become under the names of a problem."""

    def __init__(self, back: Renaming, formulas: Iterable[sympy.Basic]) -> None:
        self._back = back
        self._given = dict(back.symbols)
        renamed = {new for old, new in back.tensors if old != new}
        self._barred = {*self._given.values(), *renamed, *TIME}
        self._taken = set(self._barred)
        self._known: dict[str, str] = {}
        self._suffixes = {old: new for old, new in back.tensors if old != new}
        own = sorted({END.name, *(name for formula in formulas for name in _names(formula))})
        self._taken.update(own)
        for name in own:
            self.of(name)

    def _coloured(self, name: str) -> str:
        """A symbol of ours that is marked with a tensor, marked with the tensor's own name."""
        head, mark, tail = name.rpartition("_")
        return f"{head}_{self._suffixes[tail]}" if mark and tail in self._suffixes else name

    def of(self, name: str) -> str:
        """The name of a symbol or a function."""
        if name in self._given or name in TIME:
            return self._given.get(name, name)
        if name not in self._known:
            wanted = self._coloured(name)
            used = {*self._barred, *self._known.values()}
            self._known[name] = wanted if wanted not in used else fresh(wanted, used | self._taken)
        return self._known[name]

    def formula(self, formula: Formula) -> Formula:
        """A formula in the new names; equations stay as they stand."""
        if isinstance(formula, sympy.Equality):
            sides = self.formula(formula.lhs), self.formula(formula.rhs)
            return sympy.Equality(*sides, evaluate=False)  # type: ignore[no-any-return]
        functions = {
            f.func: sympy.Function(self.of(f.func.__name__))
            for f in formula.atoms(AppliedUndef)
            if f.func.__name__ != AVERAGE and self.of(f.func.__name__) != f.func.__name__
        }
        if functions:
            formula = formula.replace(
                lambda e: isinstance(e, AppliedUndef) and e.func in functions,
                lambda e: functions[e.func](*e.args),
            )
        symbols = {s: self._symbol(s) for s in formula.atoms(Symbol) if type(s) is Symbol}
        changed = {old: new for old, new in symbols.items() if old != new}
        return formula.xreplace(changed) if changed else formula  # type: ignore[no-any-return]

    def _symbol(self, symbol: Symbol) -> Symbol:
        name = self.of(symbol.name)
        return symbol if name == symbol.name else Symbol(name, **symbol.assumptions0)

    def value(self, value: Any) -> Any:
        """Anything that a solution holds: formulas, sentences, evidence, steps, ends, tuples."""
        if isinstance(value, Statement):
            return value.mapped(self.value)
        if isinstance(value, sympy.Basic):
            return self.formula(value)
        if isinstance(value, UndefinedFunction):
            return sympy.Function(self.of(value.__name__))
        if isinstance(value, tuple):
            return tuple(map(self.value, value))
        if isinstance(value, Diagram):
            return self._back.diagram(value)
        if isinstance(value, Tensor):
            return self._back.tensor(value)
        if isinstance(value, IndexFamily):
            return self._back.family(value)
        if isinstance(value, Polynomial):
            return self._back.polynomial(value)
        if isinstance(value, PetalPolynomial):
            return PetalPolynomial.of((m, self.value(c)) for m, c in value)
        if isinstance(value, Regime):
            return regime_under(value, self._back)
        if isinstance(value, Relation):
            return replace(value, symbols=tuple(map(self._back.symbol, value.symbols)))
        if isinstance(value, Evidence | Ending):
            return self._fields(value)
        if isinstance(value, Step):
            return replace(self._fields(value), name=value.name)
        return value

    def _fields(self, value: Any) -> Any:
        return replace(value, **{f.name: self.value(getattr(value, f.name)) for f in fields(value)})

    def asked(self, work: Callable[[], Result]) -> Result:
        """The result of some work; a refusal comes out under the new names."""
        try:
            return work()
        except OutsideDomain as refusal:
            said = self.value(message(refusal))
            raise OutsideDomain(said, refusal.variable, refusal.bound) from None
        except NotSolved as refusal:
            raise NotSolved(self.value(refusal.step)) from None
        except BadInput as refusal:
            parts = refusal.field, refusal.value, refusal.allowed
            raise type(refusal)(*map(self.value, parts)) from None


def _names(formula: sympy.Basic) -> Iterator[str]:
    yield from (symbol.name for symbol in formula.atoms(Symbol) if type(symbol) is Symbol)
    called = (function.func.__name__ for function in formula.atoms(AppliedUndef))
    yield from (name for name in called if name != AVERAGE)


def regime_under(regime: Regime, names: Renaming) -> Regime:
    """Return a regime with its symbols renamed."""
    put = Names(names, ()).value
    early = regime.first_orders
    return replace(
        regime,
        symbols=tuple(map(names.symbol, regime.symbols)),
        equalities=put(regime.equalities),
        inequalities=put(regime.inequalities),
        evidence=put(regime.evidence),
        first_orders=replace(early, sizes=tuple(map(names.symbol, early.sizes))),
    )


def leading_under(found: LeadingSeries, problem: Problem, names: Renaming) -> LeadingSeries:
    """Return leading terms, found under the names of a renaming, under those of a problem."""
    back = names.inverse
    one, other = map(back.symbol, found.sizes)
    return replace(
        found,
        problem=problem,
        weights=tuple(map(back.polynomial, found.weights)),
        sizes=(one, other),
        orders=tuple(
            tuple(replace(part, prefactor=back.polynomial(part.prefactor)) for part in sector)
            for sector in found.orders
        ),
    )
