r"""Melon equations in print: correlations and responses at two times."""

from __future__ import annotations

from collections.abc import Sequence

from diagrams.export.latex.formulas import polynomial_latex
from diagrams.mean_fields.melons import MelonEquations
from diagrams.polynomials.polynomial import Polynomial

Row = tuple[str, str, str, str]
Pair = tuple[str, str]
"""The same in LaTeX and in plain letters."""


class _Melons:
    """Letters for the kinds of factors, numbered where there are several."""

    def __init__(self, equations: MelonEquations) -> None:
        self.kinds = equations.factors
        self.count = [f.count for f in self.kinds]
        self.numbered = len(self.kinds) > 1

    def symbol(self, letter: str, c: int) -> Pair:
        latex = "\\Sigma" if letter == "Sigma" else letter
        index = str(c + 1) if self.numbered else ""
        return latex + (f"_{{{index}}}" if index else ""), letter + f"_{index}" * bool(index)

    def correlations(self, *left_out: int) -> Pair:
        """The product over all factors, some of them left out."""
        powers = [m - left_out.count(c) for c, m in enumerate(self.count)]
        parts = [(self.symbol("C", c), m) for c, m in enumerate(powers) if m]
        latex = " ".join(s[0] + f"^{{{m}}}" * (m > 1) for s, m in parts)
        return latex, "*".join(s[1] + f"**{m}" * (m > 1) for s, m in parts)


def melon_rows(equations: MelonEquations, observed: Pair) -> list[Row]:
    """The equations of all kinds of factors, each with its left and its right side."""
    melons = _Melons(equations)
    start = _sum(
        [
            _product(equations.start, melons.correlations()),
            _product(equations.target, ("", "")),
        ]
    )
    kernel = [
        _product(-f.count * f.kappa, melons.symbol("R", c), melons.correlations(c))
        for c, f in enumerate(melons.kinds)
    ]
    series = ("\\delta + K + K * K + \\ldots", "delta + K + K * K + ..")
    rows = [
        _row(("F", "F"), (f"R_f * ({start[0]}) * R_f^{{\\top}}", f"R_f * ({start[1]}) * R_f^T")),
        _row(("R_f", "R_f"), series),
        _row(("K", "K"), _sum(kernel)),
    ]
    for c, f in enumerate(melons.kinds):
        C, R, sigma, D = (melons.symbol(letter, c) for letter in ("C", "R", "Sigma", "D"))
        noise = (f"{D[0]} * {R[0]}^{{\\top}}", f"{D[1]} * {R[1]}^T")
        lost = [_product(-f.decay, C), _product(-f.decay, R)]
        moved = [(f"-{sigma[0]} * {X[0]}", f"-{sigma[1]} * {X[1]}") for X in (C, R)]
        if not equations.coupling:
            rows.append(_row(_rate(C), _sum([moved[0], noise, lost[0]])))
            rows.append(_row(_rate(R), _sum([("\\delta", "delta"), moved[1], lost[1]])))
        terms = [_product(f.stiff, ("R_f", "R_f"), melons.correlations(c))]
        for j, weight in enumerate(f.back):
            twins = melons.count[j] - (j == c)
            answer = melons.symbol("R", j)
            terms.append(
                _product(-twins * weight, ("F", "F"), answer, melons.correlations(c, j))
                if twins
                else ("", "")
            )
        rows.append(_row(sigma, _sum(terms)))
        rows.append(_row(D, _sum([_product(f.noise, ("F", "F"), melons.correlations(c))])))
    total = [_product(equations.observable, ("F(t,t)", "F(t,t)"))]
    if equations.coupling:
        rows += _coordinates(equations)
        total.append(_product(equations.diagonal, ("(1 - m)^2", "(1 - m)**2")))
    rows.append(_row(observed, _sum(total)))
    return rows


def _coordinates(equations: MelonEquations) -> list[Row]:
    """Of a site under a target: its coordinates, and the averages that they give."""
    pull = ("(1 - m) \\prod_{b \\neq a} x_b", "(1 - m)*prod_{b != a} x_b")
    drift = [_product(equations.coupling, pull), ("-\\Sigma * x_a", "-Sigma * x_a")]
    drift.append(("\\eta_a", "eta_a"))
    mean = ("\\langle \\prod_a x_a \\rangle", "<prod_a x_a>")
    return [
        _row(("\\dot{x}_a", "x_a'"), _sum(drift)),
        _row(("\\langle \\eta_a \\eta_a \\rangle", "<eta_a eta_a>"), ("D", "D")),
        _row(("m", "m"), _product(equations.overlap, mean)),
        _row(("C", "C"), ("\\langle x_a x_a \\rangle", "<x_a x_a>")),
        _row(
            ("R", "R"),
            ("\\langle \\delta x_a / \\delta \\eta_a \\rangle", "<d x_a / d eta_a>"),
        ),
    ]


def _rate(symbol: Pair) -> Pair:
    return f"\\partial_t {symbol[0]}", f"d/dt {symbol[1]}"


def _row(left: Pair, right: Pair) -> Row:
    return left[0], right[0], left[1], right[1]


def _product(weight: Polynomial, *parts: Pair) -> Pair:
    """A coefficient times symbols; empty for zero."""
    if not weight:
        return "", ""
    latex, plain = polynomial_latex(weight), str(weight)
    if len(weight) > 1:
        latex, plain = f"({latex})", f"({plain})"
    factors = [part for part in parts if part[0]]
    if factors and plain in ("1", "-1"):
        latex, plain = latex[:-1], plain[:-1]
    told = [latex, *(part[0] for part in factors)]
    said = "*".join([x for x in [plain.rstrip("-")] if x] + [part[1] for part in factors])
    return " ".join(x for x in told if x), "-" * plain.startswith("-") * (plain == "-") + said


def _sum(terms: Sequence[Pair]) -> Pair:
    """The terms that there are, with signs between them."""
    found = [term for term in terms if term[1]]
    if not found:
        return "0", "0"
    latex, plain = found[0]
    for more, said in found[1:]:
        latex += f" - {more[1:].strip()}" if more.startswith("-") else f" + {more}"
        plain += f" - {said[1:]}" if said.startswith("-") else f" + {said}"
    return latex, plain
