"""SymPy formulas as presentation MathML, symbols spelled as in all other exports."""

from __future__ import annotations

import re
from typing import Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.printing.mathml import MathMLPresentationPrinter

from diagrams.export.mathml import symbol_mathml

_SYMBOL = re.compile(r"<mi>@([A-Za-z0-9_]+)@</mi>")

_UPRIGHT = {"&ExponentialE;": "e", "&ImaginaryI;": "i", "&dd;": "d"}
"""Letters that SymPy writes as double-struck signs, which most fonts draw badly."""

_ARGUMENT = re.compile(
    r"<mo>\(</mo>(<m[in]>[^<>]*</m[in]>|<msub><mi>[^<>]*</mi><mi>[^<>]*</mi></msub>)<mo>\)</mo>"
)
"""A symbol in brackets: brackets that stretch would stand apart from it."""


class _Printer(MathMLPresentationPrinter):  # type: ignore[misc]
    """Names between marks, to be spelled afterwards; SymPy changes the case of functions."""

    def _print_Symbol(self, symbol: sympy.Symbol, style: str = "plain") -> Any:
        return self._named(symbol.name)

    def mathml_tag(self, e: Any) -> str:
        if isinstance(e, AppliedUndef):
            return f"@{e.func.__name__}@"
        return str(super().mathml_tag(e))

    def _named(self, name: str) -> Any:
        node = self.dom.createElement("mi")
        node.appendChild(self.dom.createTextNode(f"@{name}@"))
        return node


def formula_mathml(formula: sympy.Basic) -> str:
    """Return a SymPy formula as presentation MathML.

    >>> print(formula_mathml(sympy.Symbol("sigma") + 1))
    <mrow><mi>σ</mi><mo>+</mo><mn>1</mn></mrow>
    >>> formula_mathml(sympy.Function("G")(sympy.Symbol("z_2"))).count('stretchy="false"')
    2
    """
    text = str(_Printer().doprint(formula))
    for sign, letter in _UPRIGHT.items():
        text = text.replace(sign, letter)
    text = _SYMBOL.sub(lambda found: symbol_mathml(found[1]), text)
    text = _ARGUMENT.sub(r'<mo stretchy="false">(</mo>\1<mo stretchy="false">)</mo>', text)
    return text.replace("<mo>-</mo>", "<mo>&minus;</mo>")
