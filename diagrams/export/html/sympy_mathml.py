"""SymPy formulas as presentation MathML, symbols spelled as in all other exports."""

from __future__ import annotations

import re
from typing import Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.printing.mathml import MathMLPresentationPrinter

from diagrams.export.html.mathml import symbol_mathml
from diagrams.polynomials.formulas import GaussianStart, PositiveFirst

_SYMBOL = re.compile(r"<mi>@([A-Za-z0-9_]+)@</mi>")

_UPRIGHT = {"&ExponentialE;": "e", "&ImaginaryI;": "i", "&dd;": "d"}
"""Letters that SymPy writes as double-struck signs, which most fonts draw badly."""

_ARGUMENT = re.compile(
    r"<mo>\(</mo>(<m[in]>[^<>]*</m[in]>|<msub><mi>[^<>]*</mi><mi>[^<>]*</mi></msub>)<mo>\)</mo>"
)
"""A symbol in brackets: brackets that stretch would stand apart from it."""


class _Printer(PositiveFirst, MathMLPresentationPrinter):  # type: ignore[misc]
    """Names between marks, to be spelled afterwards; SymPy changes the case of functions."""

    def _print_Symbol(self, symbol: sympy.Symbol, style: str = "plain") -> Any:
        return self._named(symbol.name)

    def mathml_tag(self, e: Any) -> str:
        if isinstance(e, AppliedUndef):
            return f"@{e.func.__name__}@"
        return str(super().mathml_tag(e))

    def _print_GaussianStart(self, start: GaussianStart) -> Any:
        row = self.dom.createElement("mrow")

        def add(tag: str, text: str) -> None:
            node = self.dom.createElement(tag)
            node.appendChild(self.dom.createTextNode(text))
            row.appendChild(node)

        for place, (value, variance) in enumerate(start.args):
            if place:
                add("mo", ",")
            row.appendChild(self._print(value))
            for tag, text in (("mo", "\u223c"), ("mi", "N"), ("mo", "("), ("mn", "0"), ("mo", ",")):
                add(tag, text)
            row.appendChild(self._print(variance))
            add("mo", ")")
        behind, average = start.words
        add("mtext", f"{behind}, E {average}")
        if not behind:
            row.appendChild(self._print(start.args[0][0]))
        return row

    def _named(self, name: str) -> Any:
        node = self.dom.createElement("mi")
        node.appendChild(self.dom.createTextNode(f"@{name}@"))
        return node


def formula_mathml(formula: sympy.Basic) -> str:
    """Return a SymPy formula as presentation MathML.

    >>> print(formula_mathml(sympy.Symbol("sigma") + 1))
    <mrow><mn>1</mn><mo>+</mo><mi>σ</mi></mrow>
    >>> formula_mathml(sympy.Function("G")(sympy.Symbol("z_2"))).count('stretchy="false"')
    2
    """
    text = str(_Printer().doprint(formula))
    for sign, letter in _UPRIGHT.items():
        text = text.replace(sign, letter)
    text = _SYMBOL.sub(lambda found: symbol_mathml(found[1]), text)
    text = _ARGUMENT.sub(r'<mo stretchy="false">(</mo>\1<mo stretchy="false">)</mo>', text)
    return text.replace("<mo>-</mo>", "<mo>&minus;</mo>")
