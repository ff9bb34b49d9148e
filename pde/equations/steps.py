"""Steps of a solution by characteristics that say what they are made of."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Symbol

from pde.expressions.statement import Statement, sentence


class ClockStep(Statement):
    """The step that says along which clock characteristics are followed."""


class FootStep(Statement):
    """The step that says where on the initial surface a variable of a characteristic starts."""

    variable: Symbol
    start: Expr

    def __new__(cls, variable: Symbol, start: Expr) -> FootStep:
        """The step in words, which keeps what it is made of."""
        found = super().__new__(cls, *sentence("foot: {} = {}", variable, start).pieces)
        found.variable, found.start = variable, start
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return FootStep, (self.variable, self.start)
