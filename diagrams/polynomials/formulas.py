"""SymPy formulas in print, sums in the order in which a person writes them.

SymPy sorts a sum by falling powers of its symbols, which ends most formulas of solutions with
their leading term and often starts them with a minus sign.  Here a sum that holds a positive
number starts with it and goes on by rising powers; any other starts with a positive term, if it
has one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy
from sympy import Expr
from sympy.core.function import AppliedUndef
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.str import StrPrinter


def ordered_terms(total: Expr) -> list[Expr]:
    """Return the terms of a sum in the order of print.

    >>> p, y, w = sympy.symbols("p y w")
    >>> ordered_terms(3 * y + 1)
    [1, 3*y]
    >>> ordered_terms(p / 2 - p * y)
    [p/2, -p*y]
    >>> ordered_terms(y - 1)
    [y, -1]
    """
    if not total.is_Add:
        return [total]
    numbers = [term for term in total.args if term.is_number and term.is_positive]
    terms = list(total.as_ordered_terms(order="rev-lex" if numbers else None))
    positive = [*numbers, *(term for term in terms if not term.could_extract_minus_sign())]
    first = positive[0] if positive else terms[0]
    return [first, *(term for term in terms if term is not first)]


class GaussianStart(sympy.Basic):  # type: ignore[misc]
    """Independent Gaussian values of mean zero, as pairs of a value and its variance.

    ``E`` is the average over them.

    >>> v, sigma = sympy.Function("v"), sympy.Symbol("sigma")
    >>> print(formula_text(GaussianStart((v(0), sigma**2))))
    v(0) ~ N(0, sigma**2), E the average over v(0)
    """

    def __new__(cls, *pairs: Any) -> GaussianStart:
        """Hold the pairs as SymPy tuples."""
        made: GaussianStart = super().__new__(cls, *(sympy.Tuple(*pair) for pair in pairs))
        return made

    @property
    def words(self) -> tuple[str, str]:
        """What is said behind the values, and of the average."""
        several = len(self.args) > 1
        return ", independent" if several else "", "the average over " + "them" * several


class PositiveFirst:
    """What a SymPy printer becomes that orders sums by :func:`ordered_terms`."""

    def _as_ordered_terms(self, expr: Expr, order: str | None = None) -> list[Expr]:
        return ordered_terms(expr)


class _Text(PositiveFirst, StrPrinter):  # type: ignore[misc]
    """Equations with their sign, derivatives with a d."""

    def _print_Equality(self, equation: sympy.Equality) -> str:
        return f"{self._print(equation.lhs)} = {self._print(equation.rhs)}"

    def _print_GaussianStart(self, start: GaussianStart) -> str:
        said = [f"{self._print(v)} ~ N(0, {self._print(variance)})" for v, variance in start.args]
        behind, average = start.words
        one = "" if behind else self._print(start.args[0][0])
        return f"{', '.join(said)}{behind}, E {average}{one}"

    def _print_Derivative(self, derivative: sympy.Derivative) -> str:
        if derivative.derivative_count != 1:
            return str(super()._print_Derivative(derivative))
        inside = self.parenthesize(derivative.expr, PRECEDENCE["Mul"], strict=True)
        return f"d{inside}/d{self._print(derivative.variables[0])}"


class _Latex(PositiveFirst, LatexPrinter):  # type: ignore[misc]
    """Derivatives of a bare symbol are partial ones; functions are spelled as symbols are."""

    spell: Callable[[str], str] | None = None

    def _print_GaussianStart(self, start: GaussianStart) -> str:
        said = [
            rf"{self._print(v)} \sim \mathcal{{N}}\left(0, {self._print(variance)}\right)"
            for v, variance in start.args
        ]
        behind, average = start.words
        one = "" if behind else self._print(start.args[0][0])
        independent = rf"\text{{{behind}}}" if behind else ""
        said.append(rf"E\text{{ {average}}} {one}".rstrip())
        return r",\ ".join([*said[:-2], said[-2] + independent, said[-1]])

    def _print_Derivative(self, derivative: sympy.Derivative) -> str:
        if derivative.derivative_count != 1 or not derivative.expr.is_Symbol:
            return str(super()._print_Derivative(derivative))
        above, below = self._print(derivative.expr), self._print(derivative.variables[0])
        return rf"\frac{{\partial {above}}}{{\partial {below}}}"

    def _print_Function(self, expr: sympy.Function, exp: str | None = None) -> str:
        if self.spell is None or not isinstance(expr, AppliedUndef):
            return str(super()._print_Function(expr, exp))
        name = self.spell(expr.func.__name__) + (f"^{{{exp}}}" if exp is not None else "")
        inside = ", ".join(self._print(argument) for argument in expr.args)
        return rf"{name}{{\left({inside} \right)}}"


def formula_text(formula: sympy.Basic) -> str:
    """Return a formula as text.

    >>> H, p, y, t = sympy.symbols("H p y t")
    >>> print(formula_text(p / 2 - H * sympy.exp(4 * t) / (3 * y + 1)))
    p/2 - H*exp(4*t)/(1 + 3*y)
    >>> v = sympy.Function("v")
    >>> print(formula_text(sympy.Eq(v(t).diff(t), v(t) ** 3 - y * v(t))))
    dv(t)/dt = v(t)**3 - y*v(t)
    """
    return str(_Text({"full_prec": False}).doprint(formula))


def formula_latex(
    formula: sympy.Basic,
    names: Mapping[sympy.Basic, str] | None = None,
    spell: Callable[[str], str] | None = None,
) -> str:
    r"""Return a formula as LaTeX; ``names`` are symbols with their own spelling.

    ``spell`` gives that of the names of functions.

    >>> y = sympy.Symbol("y")
    >>> print(formula_latex(sympy.sqrt(3 * y + 1)))
    \sqrt{1 + 3 y}
    """
    settings: dict[str, Any] = {"symbol_names": dict(names or {}), "imaginary_unit": "i"}
    printer = _Latex(settings)
    printer.spell = spell
    return str(printer.doprint(formula))
