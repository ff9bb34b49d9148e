r"""Formulas as LaTeX mathematics: symbols, polynomials, and the sums diagrams stand for.

Everything compiles with plain pdflatex; multi-line polynomials need ``amsmath``.  Names are
escaped, never passed through.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from diagrams.errors import BadInput
from diagrams.export.content.sectors import Sector, sectors
from diagrams.graphs.diagram import Diagram, Edge, family_letters
from diagrams.graphs.laws import GroupLaw
from diagrams.graphs.tensors import Averaged, Function, IndexFamily
from diagrams.polynomials.polynomial import Polynomial, Powers, printing_order, symbol_order
from diagrams.polynomials.spelling import GREEK, derivative_latex, symbol_latex, symbol_parts

TEXT_WIDTH = 32.0
"""Default width of a line of a polynomial in em; a ten-point article is 34.5 em wide."""

_OPERATOR_WIDTH = 1.25
_LETTERS = "kijlmnabcdefghoqrstvwxyz"


# -- polynomials ---------------------------------------------------------------------------


def polynomial_latex(polynomial: Polynomial) -> str:
    r"""Return a polynomial as mathematics, terms in printing order.

    Negative powers go below a fraction line, powers 1/2 under a root.

    >>> sigma, p = Polynomial.symbol("sigma"), Polynomial.symbol("p")
    >>> print(polynomial_latex(3 * p * sigma**4 / 2 - p ** Fraction(1, 2) + p ** Fraction(-1, 2)))
    \frac{3}{2} p \sigma^{4} - \sqrt{p} + \frac{1}{\sqrt{p}}
    """
    pieces = [
        f"{'-' if coefficient < 0 else '+'} {_monomial(powers, abs(coefficient))[0]}"
        for powers, coefficient in printing_order(polynomial)
    ]
    return _without_plus(" ".join(pieces)) or "0"


def polynomial_lines(
    polynomial: Polynomial,
    prefix: str = "",
    *,
    width: float = TEXT_WIDTH,
    aligned: bool = True,
    marked: Polynomial = Polynomial(),  # noqa: B008 -- an immutable value
    sizes: Collection[str] | None = None,
) -> str:
    r"""Return a polynomial broken over lines, for the inside of an amsmath environment.

    Each line is at most about ``width`` em wide, one term at least.  ``prefix`` is the left
    side, mathematics such as ``Y_{3}``.  With ``aligned`` the lines are aligned with ``&``
    behind the equality sign (for ``align``, ``align*``, ``aligned`` and ``split``); without,
    there are no marks (for ``multline``).  Terms that occur in ``marked`` are put into
    ``\\wickleading{..}``, a macro that the document defines.  When ``sizes`` are given, every
    power of the scales has its own bracket, on lines of its own.

    Raises :class:`~diagrams.errors.BadInput` when ``width`` is not positive.

    >>> p, H = Polynomial.symbol("p"), Polynomial.symbol("H")
    >>> print(polynomial_lines((p + H) ** 2, "Y_{0}", width=6))
    Y_{0} ={}& p^{2} \\
    & {}+ 2 p H \\
    & {}+ H^{2}
    """
    if not width > 0:
        raise BadInput("width of a line", width, "a positive number")
    mark = "&" if aligned else ""
    margin = formula_width(prefix) + _OPERATOR_WIDTH if prefix else 0.0
    lines, used, fresh = [f"{prefix} ={{}}{mark}" if prefix else mark], margin, True
    was_bracketed = False
    for number, sector in enumerate(sectors(polynomial, sizes)):
        apart = number > 0 and (sector.bracketed or was_bracketed)
        was_bracketed = sector.bracketed
        for place, (sign, term, across) in enumerate(sector_terms(sector, marked)):
            if not fresh and (used + across > width or (apart and not place)):
                lines.append(mark + " \\quad" * (place > 0 and sector.bracketed))
                used, fresh = (margin if aligned else 0.0) + (place > 0 and sector.bracketed), True
            if number + place == 0:
                lines[-1] += f" {_without_plus(f'{sign} {term}')}"
            else:
                lines[-1] += f" {{}}{sign} {term}" if fresh else f" {sign} {term}"
            used, fresh = used + across, False
    if not polynomial:
        lines[-1] += " 0"
    return " \\\\\n".join(line.strip() for line in lines)


def sector_terms(sector: Sector, marked: Polynomial) -> Iterator[tuple[str, str, float]]:
    """Sign, mathematics and rough width of the terms of a sector, bracket included."""
    leading = {powers for powers, _ in marked.terms}
    for place, (powers, coefficient) in enumerate(sector.terms):
        term, width = _monomial(powers, abs(coefficient))
        sign = "-" if coefficient < 0 else "+"
        if sector.whole(powers) in leading:
            term = f"\\wickleading{{{term}}}"
        if sector.bracketed and place == 0:
            scales, across = _monomial(sector.scales, Fraction(1))
            term = f"{scales} \\bigl({_without_plus(f'{sign} {term}')}"
            sign, width = "-" if sector.sign < 0 else "+", width + across + 0.5
        if sector.bracketed and place == len(sector.terms) - 1:
            term, width = f"{term}\\bigr)", width + 0.5
        yield sign, term, width + _OPERATOR_WIDTH


def formula_width(formula: str) -> float:
    """A rough width of simple mathematics in em: letters, digits and indices are counted.

    >>> formula_width("Y_{12}") < formula_width("Y_{12} + Y_{13}")
    True
    """
    bare = re.sub(r"\\[A-Za-z]+", "x", formula)
    scripts = sum(len(script) for script in re.findall(r"[_^]\{([^{}]*)\}", bare))
    rest = re.sub(r"[_^]\{[^{}]*\}|[{}\s]", "", bare)
    operators = sum(character in "+-=" for character in rest)
    capitals = sum(character.isupper() for character in rest)
    return 0.58 * len(rest) + 0.3 * capitals + 0.42 * scripts + 0.7 * operators


def _without_plus(joined: str) -> str:
    return "-" + joined[2:] if joined.startswith("- ") else joined[2:]


def _monomial(powers: Powers, coefficient: Fraction) -> tuple[str, float]:
    ordered = sorted(powers, key=lambda item: symbol_order(item[0]))
    over = [_power(name, e) for name, e in ordered if e > 0]
    under = [_power(name, -e) for name, e in ordered if e < 0]
    top, bottom = str(coefficient.numerator), str(coefficient.denominator)
    if under:
        above = " ".join([*([top] if top != "1" or not over else []), *over])
        below = " ".join([*([bottom] if bottom != "1" else []), *under])
        width = max(formula_width(above), formula_width(below)) + 0.3
        return f"\\frac{{{above}}}{{{below}}}", width
    if bottom != "1":
        over.insert(0, f"\\frac{{{top}}}{{{bottom}}}")
        width = formula_width(" ".join(over[1:])) + 0.5 * max(len(top), len(bottom)) + 0.3
        return " ".join(over), width
    if top != "1" or not over:
        over.insert(0, top)
    return " ".join(over), formula_width(" ".join(over))


def _power(name: str, exponent: Fraction) -> str:
    symbol = symbol_latex(name)
    if exponent == 1:
        return symbol
    return f"\\sqrt{{{symbol}}}" if exponent == Fraction(1, 2) else f"{symbol}^{{{exponent}}}"


# -- diagrams ------------------------------------------------------------------------------


BREAK = " \\allowbreak "
"""Between factors of a product that a line may end behind."""


def diagram_formula(
    diagram: Diagram, joint: str = " ", letters: Mapping[IndexFamily, str] | None = None
) -> str:
    r"""Return the sum that a diagram stands for; the indices of open nodes are free.

    The index of a tensor's name, if any, is written above it in brackets.  A node with
    several legs gives Kronecker deltas between its free indices, told apart by primes.  A group
    law is the bracket of what it says, modulo the size of its indices' family.  ``joint`` stands
    between factors.  ``letters`` are those of :func:`index_letters` for all formulas of a text.

    >>> from diagrams.graphs.tensors import Tensor
    >>> u = Tensor("u", (IndexFamily("hidden", "H"), IndexFamily("feature", "p")))
    >>> print(diagram_formula(Diagram.of((u, "k i"), (u, "k i"), (u, "k j"), legs="j")))
    \sum_{k=1}^{H} \sum_{i_{1}=1}^{p} u_{k i_{1}}^{2} u_{k i_{2}}
    """
    taken = {family.size for family in diagram.nodes} | {t.name for t in diagram.tensors}
    names = numbered(diagram.nodes, letters or index_letters(diagram.nodes, taken))
    sums: dict[IndexFamily, list[str]] = {}
    for node, family in enumerate(diagram.nodes):
        if node not in diagram.legs:
            sums.setdefault(family, []).append(names[node])
    pieces = [
        f"\\sum_{{{_listed(indices)}=1}}^{{{symbol_latex(family.size)}}}"
        for family, indices in sums.items()
    ]
    factors = [_factor(edge, count, names) for edge, count in diagram.multiplicities().items()]
    for node in dict.fromkeys(diagram.legs):
        for copy in range(1, diagram.legs.count(node)):
            factors.append(f"\\delta_{{{names[node]} {names[node]}{_primes(copy)}}}")
    return joint.join(pieces + (factors or ["1"]))


def index_letters(families: Iterable[IndexFamily], taken: Container[str]) -> dict[IndexFamily, str]:
    """Return an index letter for every family, as mathematics: its own where that is free.

    Letters in ``taken`` (sizes, tensors) are not used again: a symbol has one meaning.
    """
    letters = family_letters(dict.fromkeys(families))
    free = (letter for letter in _LETTERS if letter not in taken and letter not in letters.values())
    for family, letter in letters.items():
        if letter in GREEK and letter not in taken:
            letters[family] = f"\\{letter}"
        elif letter in taken or len(letter) > 1:
            letters[family] = next(free, f"\\mathit{{{letter}}}")
    return letters


def numbered(nodes: Sequence[IndexFamily], letters: Mapping[IndexFamily, str]) -> list[str]:
    """An index for every node: the family's letter, numbered if the family has several."""
    seen: dict[IndexFamily, int] = {}
    names = []
    for family in nodes:
        seen[family] = seen.get(family, 0) + 1
        number = f"_{{{seen[family]}}}" if nodes.count(family) > 1 else ""
        names.append(letters[family] + number)
    return names


def entry_latex(name: str, indices: Sequence[str], count: int = 1, prime: bool = False) -> str:
    r"""Return an entry of a named tensor, perhaps its derivative, to a power.

    A name's own index is written above in brackets, so that no letter has two indices below.

    >>> print(entry_latex("q_1", ["k", "l"], 2), entry_latex("Q", ["k", "l"], prime=True))
    \bigl(q^{(1)}_{k l}\bigr)^{2} Q'_{k l}
    """
    base, mark = symbol_parts(name)
    power, primes = f"^{{{count}}}" if count > 1 else "", "'" * prime
    if not indices:
        return base + (f"_{{{mark}}}" if mark else "") + primes + power
    below = f"_{{{' '.join(indices)}}}"
    if not mark:
        return base + primes + below + power
    entry = f"{base}^{{({mark})}}{below}"
    return f"\\bigl({entry}\\bigr){primes}{power}" if primes or power else entry


def _listed(indices: Sequence[str]) -> str:
    """Indices with commas; runs of consecutive ones are shortened."""
    numbers = [re.fullmatch(r"(.*)_\{(\d+)\}", index) for index in indices]
    if len(indices) > 4 and all(numbers):
        values = [int(match[2]) for match in numbers if match]
        if values == list(range(values[0], values[0] + len(values))):
            return f"{indices[0]},\\ldots,{indices[-1]}"
    return ",".join(indices)


def _primes(count: int) -> str:
    return "'" * count


def _factor(edge: Edge, count: int, names: Sequence[str]) -> str:
    if isinstance(edge.tensor.law, GroupLaw):
        equation = edge.tensor.law.equation([names[node] for node in edge.nodes])
        return f"\\bigl[{equation.replace('=', chr(92) + 'equiv ')}\\bigr]"
    if isinstance(edge.tensor.law, Averaged):
        return average_latex(edge.tensor.law, [names[node] for node in edge.nodes], count)
    if isinstance(edge.tensor.law, Function):
        law = edge.tensor.law
        head = derivative_latex(law.name, law.order)
        argument = "".join(symbol_latex(part.name) for part in law.parts)
        body = f"{head}({argument})_{{{' '.join(names[node] for node in edge.nodes)}}}"
        return body if count == 1 else f"\\bigl[{body}\\bigr]^{{{count}}}"
    return entry_latex(edge.tensor.name, [names[node] for node in edge.nodes], count)


def average_latex(law: Averaged, names: Sequence[str], count: int = 1) -> str:
    r"""An average of functions over their inputs, given the names of its indices.

    >>> from diagrams.graphs.tensors import Tensor
    >>> k, i = IndexFamily("hidden", "N", "k"), IndexFamily("feature", "d", "i")
    >>> W, x = Tensor("W", (k, i)), Tensor("x", (i,))
    >>> law = Averaged((Function("phi", W, x, 1), Function("phi", W, x, 1, order=1)))
    >>> print(average_latex(law, ["k_{1}", "k_{2}"]))
    \left\langle \phi(W_{k_{1}} x)\, \phi'(W_{k_{2}} x) \right\rangle
    """
    left, written = list(names), []
    for one in law.functions:
        own, left = left[: len(one.families)], left[len(one.families) :]
        parts = [entry_latex(one.weights.name, own)]
        parts += [] if one.inputs is None else [symbol_latex(one.inputs.name)]
        factor = polynomial_latex(one.factor) + "\\, " if str(one.factor) != "1" else ""
        written.append(f"{derivative_latex(one.name, one.order)}({factor}{' '.join(parts)})")
    body = "\\left\\langle " + "\\, ".join(written) + " \\right\\rangle"
    return body if count == 1 else f"{body}^{{{count}}}"
