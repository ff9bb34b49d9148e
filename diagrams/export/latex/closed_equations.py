r"""Closed systems of order parameters in print: products of matrices and traces, or with indices.

An equation is written with matrices where every index stands twice: chains of order parameters with
two indices, vectors at their ends, traces.  Any other equation is written with indices.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from math import gcd, lcm
from typing import TYPE_CHECKING

from diagrams.export.latex.formulas import (
    average_latex,
    diagram_formula,
    entry_latex,
    formula_width,
    index_letters,
    numbered,
    polynomial_latex,
)
from diagrams.export.latex.matrix_products import Chains, Word, chains
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, family_letters
from diagrams.graphs.tensors import Averaged, IndexFamily
from diagrams.order_parameters.closed_system import ClosedSystem, opened
from diagrams.order_parameters.cutting import OrderParameter
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.spelling import escape_latex, symbol_latex

if TYPE_CHECKING:
    from diagrams.order_parameters.numbers import OrderParameterCurves
    from diagrams.order_parameters.restricting import RestrictedSystem

# -- one term ------------------------------------------------------------------------------


def _chains_written(found: Chains, latex: bool) -> str:
    def name(text: str) -> str:
        return symbol_latex(text) if latex else text

    def power(count: int) -> str:
        return "" if count == 1 else f"^{{{count}}}" if latex else f"^{count}"

    def product(words: Sequence[Word]) -> str:
        mark = "^{\\top}" if latex else "^T"
        written = []
        for (text, turned), run in groupby(words):
            count = len(list(run))
            if turned:
                written += [name(text) + mark] * count
            else:
                written.append(name(text) + power(count))
        return " ".join(written)

    pieces = [name(text) for text in found.numbers]
    head = "\\operatorname{tr}" if latex else "tr"
    pieces += [f"{head}({product(words)})" for words in found.traces]
    pieces += [f"({product(words)})" for words in found.forms]
    counted = [piece + power(pieces.count(piece)) for piece in dict.fromkeys(pieces)]
    return " ".join([*counted, *([product(found.open)] if found.open else [])])


def _indices_written(
    diagram: Diagram,
    parameters: Mapping[str, OrderParameter],
    letters: Mapping[IndexFamily, str],
    latex: bool,
) -> str:
    legs, names = node_names(diagram, letters, latex)
    factors = []
    counts: dict[tuple[str, tuple[str, ...]], int] = {}
    for edge in diagram.edges:
        if isinstance(edge.tensor.law, Averaged):
            at = [names[node] for node in edge.nodes]
            law = edge.tensor.law
            factors.append(average_latex(law, at) if latex else law.spelled(at))
            continue
        known = parameters.get(edge.tensor.name)
        own = tuple(names[node] for node in edge.nodes)
        own = tuple(sorted(own)) if known and known.is_symmetric else own
        counts[edge.tensor.name, own] = counts.get((edge.tensor.name, own), 0) + 1
    for (name, own), count in sorted(counts.items()):
        plain = name + opened(own) + (f"^{count}" if count > 1 else "")
        factors.append(entry_latex(name, own, count) if latex else plain)
    for place, node in enumerate(diagram.legs):
        if node in diagram.legs[:place]:
            pair = [names[node], legs[place]]
            factors.append(f"\\delta_{{{' '.join(pair)}}}" if latex else f"delta{opened(pair)}")
    summed = [names[node] for node in range(len(diagram.nodes)) if node not in diagram.legs]
    if summed:
        factors.insert(0, f"\\sum_{{{','.join(summed)}}}" if latex else f"sum{opened(summed)}")
    return " ".join(factors)


def node_names(
    diagram: Diagram, letters: Mapping[IndexFamily, str], latex: bool
) -> tuple[list[str], list[str]]:
    """Numbered names of all legs in their order, and of all nodes; one letter a family.

    A node with several legs has the name of its first.
    """
    others = [node for node in range(len(diagram.nodes)) if node not in diagram.legs]
    order = [*diagram.legs, *others]
    counts: dict[str, int] = {}
    listed = []
    for node in order:
        letter = letters[diagram.nodes[node]]
        counts[letter] = counts.get(letter, 0) + 1
        listed.append(f"{letter}_{{{counts[letter]}}}" if latex else f"{letter}{counts[letter]}")
    names = dict(zip(reversed(order), reversed(listed), strict=True))  # the first leg's name wins
    return listed[: len(diagram.legs)], [names[node] for node in range(len(diagram.nodes))]


def system_letters(system: ClosedSystem, latex: bool) -> dict[IndexFamily, str]:
    """An index letter for every family of a system; in LaTeX none that is a symbol."""
    families = sorted({*system.problem.families, *system.eliminated})
    if not latex:
        return family_letters(families)
    tensors = (parameter.tensor.name for parameter in system.parameters)
    parts = {part for name in (*system.symbol_names, *tensors) for part in name.split("_")}
    return index_letters(families, {*system.symbol_names, *parts, "T", "t", "L"})


def combination_written(
    combination: Combination,
    parameters: Sequence[OrderParameter],
    letters: Mapping[IndexFamily, str],
    latex: bool,
) -> tuple[list[str], bool]:
    """The signed terms of a combination of order parameters, and whether they are matrices.

    ``letters`` are those of :func:`system_letters`.
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    found = [chains(diagram, by_name) for diagram, _ in combination]
    matrices = all(item is not None for item in found)
    terms = []
    for (diagram, coefficient), item in zip(combination, found, strict=True):
        if matrices and item is not None:
            body = _chains_written(item, latex)
        else:
            body = _indices_written(diagram, by_name, letters, latex)
        terms.append(_term(coefficient, body, latex))
    return terms, matrices


def _term(coefficient: Polynomial, body: str, latex: bool) -> str:
    common, rest = common_factor(coefficient)
    negative = common.terms[0][1] < 0
    sign, size = ("-", -common) if negative else ("+", common)
    written = polynomial_latex if latex else str
    parts = [] if str(size) == "1" else [written(size)]
    if str(rest) != "1":
        parts.append(f"\\left({written(rest)}\\right)" if latex else f"({rest})")
    return f"{sign} {' '.join([*parts, *([body] if body else [])]) or '1'}"


def common_factor(polynomial: Polynomial) -> tuple[Polynomial, Polynomial]:
    """A monomial and a polynomial with coprime integer coefficients whose product is given.

    >>> N, eta = Polynomial.symbol("N"), Polynomial.symbol("eta")
    >>> [str(part) for part in common_factor(-4 * N * eta - 24 * eta)]
    ['-4*eta', 'N + 6']
    """
    terms = [(dict(powers), value) for powers, value in polynomial.terms]
    least = {
        name: min(powers.get(name, Fraction(0)) for powers, _ in terms)
        for name in polynomial.symbols
    }
    size = Fraction(
        gcd(*(value.numerator for _, value in terms)),
        lcm(*(value.denominator for _, value in terms)),
    )
    size *= -1 if terms[0][1] < 0 and all(value < 0 for _, value in terms) else 1
    rest = Polynomial.from_terms(
        term
        for powers, value in terms
        for term in Polynomial.monomial(
            value / size, {name: powers.get(name, Fraction(0)) - e for name, e in least.items()}
        ).terms
    )
    return Polynomial.monomial(size, least), rest


def polynomial_written(polynomial: Polynomial, variables: Collection[str], latex: bool) -> str:
    """A polynomial as a sum over the powers of some variables, with factors in all other symbols.

    >>> p, q = Polynomial.symbol("p"), Polynomial.symbol("q")
    >>> polynomial_written(4 * q - 4 * q * q - 8 * p**-1 * q * q, ["q"], False)
    '4 q - 4*p**(-1) (p + 2) q**2'
    """
    parts: dict[Polynomial, Polynomial] = {}
    for powers, value in polynomial:
        inner = {name: e for name, e in powers.items() if name in variables}
        outer = {name: e for name, e in powers.items() if name not in variables}
        key = Polynomial.monomial(1, inner)
        parts[key] = parts.get(key, Polynomial()) + Polynomial.monomial(value, outer)

    def reading(term: Polynomial) -> tuple[object, ...]:
        powers = dict(term.terms[0][0])
        return sum(powers.values()), [-powers.get(name, 0) for name in variables]

    terms = []
    for key in sorted(parts, key=reading):
        body = polynomial_latex(key) if latex else str(key)
        terms.append(_term(parts[key], "" if body == "1" else body, latex))
    return joined(terms)


def joined(terms: Sequence[str]) -> str:
    """Signed terms as a sum: no plus in front, a minus without a blank."""
    text = " ".join(terms) or "0"
    return text[2:] if text.startswith("+ ") else text.replace("- ", "-", 1)


# -- the system ----------------------------------------------------------------------------


def system_lines(system: ClosedSystem) -> list[str]:
    """The definitions, equations, observable and initial means in plain letters."""
    letters = system_letters(system, False)
    lines = []
    for parameter in system.parameters:
        left, right = definition_text(parameter)
        mark = ", constant" * (not parameter.moves)
        lines.append(f"{left} = {right}{mark}" if left != right else f"{left}{mark}")
    for parameter, equation in zip(system.parameters, system.equations, strict=True):
        if parameter.moves:
            terms, matrices = combination_written(equation, system.parameters, letters, False)
            own = [] if matrices else _leg_names(parameter, letters, False)
            lines.append(f"{parameter.name}'{opened(own)} = {joined(terms)}")
    terms, _ = combination_written(system.loss, system.parameters, letters, False)
    lines.append(f"{system.problem.observed_name} = {joined(terms)}")
    for parameter, mean in zip(system.parameters, system.initial, strict=True):
        terms, matrices = combination_written(mean, (), letters, False)
        own = [] if matrices else _leg_names(parameter, letters, False)
        left = parameter.name + opened(own)
        lines.append(f"mean of {left} at t = 0: {joined(terms)}")
    return lines


def restricted_lines(found: RestrictedSystem) -> list[str]:
    """The equations of the variables and what is observed, in plain letters."""
    lines = [
        f"{name}' = {polynomial_written(equation, found.variables, False)}"
        for name, equation in zip(found.variables, found.equations, strict=True)
    ]
    loss = polynomial_written(found.loss, found.variables, False)
    return [*lines, f"{found.system.problem.observed_name} = {loss}"]


def _leg_names(
    parameter: OrderParameter, letters: Mapping[IndexFamily, str], latex: bool
) -> list[str]:
    legs = Diagram(parameter.families, (), tuple(range(len(parameter.families))))
    return node_names(legs, letters, latex)[0]


def definition_text(parameter: OrderParameter) -> tuple[str, str]:
    """An order parameter with its indices, and its definition.

    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> w = Tensor("w", (IndexFamily("feature", "d", "i"),))
    >>> definition_text(OrderParameter("q", Diagram.of((w, "i"), (w, "i"))))
    ('q', 'sum[i1] w[i1]^2')
    """
    definition = _legs_first(parameter.definition)
    names = [definition.index_names()[leg] for leg in definition.legs]
    size = "" if str(parameter.prefactor) == "1" else f"{parameter.prefactor} "
    written = str(definition).partition(" (open:")[0]
    return parameter.name + opened(names), size + written


def _legs_first(diagram: Diagram) -> Diagram:
    others = [node for node in range(len(diagram.nodes)) if node not in diagram.legs]
    order = {node: place for place, node in enumerate([*diagram.legs, *others])}
    return diagram.relabel([order[node] for node in range(len(diagram.nodes))])


def system_latex(system: ClosedSystem) -> str:
    r"""Return definitions, equations and loss as aligned lines, for the inside of ``align*``."""
    lines = []
    letters = system_letters(system, True)
    for parameter in system.parameters:
        definition = _legs_first(parameter.definition)
        names = numbered(definition.nodes, letters)
        formula = diagram_formula(definition, letters=letters)
        size = "" if str(parameter.prefactor) == "1" else polynomial_latex(parameter.prefactor)
        left = entry_latex(parameter.name, [names[leg] for leg in definition.legs])
        constant = "" if parameter.moves else ",\\quad \\text{constant}"
        known = left == formula and not size
        right = "" if known else f"= {size} {formula}".replace("  ", " ")
        lines.append(f"{left} &{right}{constant}")
    for parameter, equation in zip(system.parameters, system.equations, strict=True):
        if parameter.moves:
            terms, matrices = combination_written(equation, system.parameters, letters, True)
            own = [] if matrices else _leg_names(parameter, letters, True)
            lines += _broken(entry_latex(parameter.name, own, prime=True), terms)
    terms, _ = combination_written(system.loss, system.parameters, letters, True)
    lines += _broken(observed_latex(system.problem.observed_name), terms)
    return " \\\\\n".join(lines)


def observed_latex(name: str) -> str:
    """The name of an observable as mathematics, ``L`` for the loss."""
    return "L" if name == "L" else f"\\text{{{escape_latex(name)}}}"


def _broken(left: str, terms: Sequence[str], width: float = 38.0) -> list[str]:
    """An equation of several lines, each of a bounded width in em."""
    rows: list[list[str]] = [[]]
    used = formula_width(left)
    for term in terms:
        wide = formula_width(term)
        if rows[-1] and used + wide > width:
            rows.append([])
            used = 2.0
        rows[-1].append(term)
        used += wide
    lines = [f"{left} &= {joined(rows[0])}"]
    return lines + [f"&\\quad {' '.join(row)}" for row in rows[1:]]


def curves_text(system: ClosedSystem, curves: OrderParameterCurves) -> str:
    """Return curves as a table: the observable, and the size of every order parameter.

    The size is the value of a number, and the root of the sum of squares of anything else; of
    draws, the root of its mean.  Means whose observable is not the average are called so.
    """
    moving = [parameter for parameter in system.parameters if parameter.moves]
    heads = [g.name if not g.families else f"|{g.name}|" for g in moving]
    observed = system.problem.observed_name
    shown = {"means": f"{observed}(means)"}.get(curves.start, observed)
    shown = f"E[{observed}]" if curves.draws else shown
    known = curves.squares or curves.values
    columns = ["t/T", shown, *(["std. error"] if curves.draws else []), *heads]
    lines = ["  ".join(f"{head:>14}" for head in columns)]
    for row, time in enumerate(curves.times.tolist()):
        values = [time, float(curves.loss[row])]
        if curves.loss_error is not None:
            values.append(float(curves.loss_error[row]))
        for parameter in moving:
            array = known[parameter.name][row]
            square = float((array * array).sum())
            number = float(curves[parameter.name][row]) if not parameter.families else 0.0
            values.append(square**0.5 if parameter.families else number)
        lines.append("  ".join(f"{value:14.8g}" for value in values))
    of = "" if not curves.draws and curves.start != "means" else " of the integration"
    return "\n".join([*lines, f"error{of} about {curves.error:.1e}", str(curves.evidence)])
