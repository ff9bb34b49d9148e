r"""Mean-field equations in print: the effective processes of one site per family."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from diagrams.export.content import blocks as b
from diagrams.export.content.melons import melon_rows
from diagrams.export.latex.formulas import polynomial_latex
from diagrams.export.latex.fragments import Fragment, Shape
from diagrams.graphs.shapes import Kind
from diagrams.graphs.shapes import Shape as EntryShape
from diagrams.mean_fields.certificate import Certificate
from diagrams.mean_fields.curves import MeanFieldCurve
from diagrams.mean_fields.equations import Applied, Field, Moving, Number, TreeEquations
from diagrams.mean_fields.late_ends import LateEnd
from diagrams.mean_fields.mean_field import MeanField
from diagrams.mean_fields.melons import MelonEquations
from diagrams.mean_fields.trees import is_atom
from diagrams.mean_fields.two_times import TwoTimeFunctions
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.spelling import escape_latex, fresh, letter, symbol_latex
from diagrams.problems.problem import problem_names
from diagrams.problems.tensor_tables import shape_in_words
from diagrams.wick.activations import activation

Row = tuple[str, str, str, str]
"""Left and right side in LaTeX, and both in plain letters."""


class Spelling:
    """Names for atoms that no symbol of the problem has: fields h_1, .., numbers q_1, ..

    Functions are f_1, .., and what they are of is u_1, ..
    """

    def __init__(self, found: MeanField) -> None:
        equations = found.equations
        assert isinstance(equations, TreeEquations)
        taken = {*found.problem.symbols, *equations.parameters, "T", "E", "L", "R"}
        taken |= {q.entry.moved.name for q in equations.moving}
        self.time = letter("trxz", taken)
        self.before = letter("svyw", {*taken, self.time})
        taken |= {self.time, self.before}
        self.names: dict[str, str] = {}
        for q in equations.moving:
            values = [str(v) for v in q.entry.at if v]
            name = "_".join([q.entry.moved.name, *values])
            others = (taken - {q.entry.moved.name}) | set(self.names.values())
            self.names[q.atom] = fresh(name, others)
        taken |= set(self.names.values())
        met = equations.met
        kinds: tuple[tuple[Sequence[Moving | Field | Number | Applied], str], ...] = (
            ([q for q in equations.moving if q.entry.factor], "uhx"),
            (equations.fields, "hgz"),
            ([k for k in met if isinstance(k, Number)], "qmr"),
            (equations.functions, "fgs"),
        )
        for known, letters in kinds:
            own = letter(letters, taken)
            taken |= {own} if known else set()
            self.names |= {k.atom: f"{own}_{place}" for place, k in enumerate(known, 1)}
        self.number = {k.atom: place for place, k in enumerate(equations.fields, 1)}

    def polynomial(self, value: Polynomial) -> tuple[str, str]:
        """A polynomial of atoms in LaTeX and in plain letters."""
        renamed = value.substitute(
            {n: Polynomial.monomial(1, {self.names[n]: 1}) for n in value.symbols if is_atom(n)}
        )
        return polynomial_latex(renamed), str(renamed)

    def timed(self, row: Row) -> Row:
        """A row in which @ stands for the time and ~~ for one before."""
        told = [text.replace("@", self.time).replace("~~", self.before) for text in row]
        return told[0], told[1], told[2], told[3]

    def symbol(self, atom: str) -> tuple[str, str]:
        """An atom in LaTeX and in plain letters."""
        return symbol_latex(self.names[atom]), self.names[atom]


def rows(found: MeanField) -> list[Row]:
    """The equations, each with its left and its right side."""
    if isinstance(found.equations, MelonEquations):
        return melon_rows(found.equations, observed(found))
    spelling = Spelling(found)
    equations = found.equations
    listed = [_moving(spelling, q) for q in equations.moving]
    listed += [_applied(spelling, one) for one in equations.functions]
    for known in equations.met:
        listed += (
            _field(spelling, equations, known)
            if isinstance(known, Field)
            else [_number(spelling, known)]
        )
    latex, plain = spelling.polynomial(found.equations.observable)
    left = observed(found)
    return [*listed, (left[0], latex, left[1], plain)]


def observed(found: MeanField) -> tuple[str, str]:
    """What is observed, divided by its power of the large parameter."""
    name = found.problem.observed_name
    power = _power(found.symbol, found.equations.exponent)
    inner = "L" if name == "L" else f"\\mathrm{{{escape_latex(name)}}}"
    return f"\\mathbb{{E}}[{inner}]{power[0]}", f"E[{name}]{power[1]}"


def _power(symbol: str, exponent: Fraction) -> tuple[str, str]:
    """What the observable is divided by."""
    if not exponent:
        return "", ""
    if exponent == 1:
        return f" / {symbol_latex(symbol)}", f" / {symbol}"
    whole = exponent.denominator == 1 and exponent > 0
    plain = f"{exponent}" if whole else f"({exponent})"
    return f" / {symbol_latex(symbol)}^{{{exponent}}}", f" / {symbol}**{plain}"


def _shape(shape: EntryShape) -> tuple[str, str]:
    """A law that is no Gaussian, in LaTeX and in plain letters."""
    if shape.kind is not Kind.MOMENTS:
        return f"\\text{{{shape.kind.value}}}", shape.kind.value
    latex = ",\\ ".join(map(polynomial_latex, shape.moments))
    return f"\\text{{central moments }} {latex}", shape_in_words(shape)


def _moving(spelling: Spelling, q: Moving) -> Row:
    latex, plain = spelling.symbol(q.atom)
    drift = spelling.polynomial(q.drift)
    mean, spread = polynomial_latex(q.mean), polynomial_latex(q.variance)
    start = (
        f"{latex}(0) \\sim \\mathcal{{N}}({mean}, {spread})",
        f"{plain}(0) ~ N({q.mean}, {q.variance})",
    )
    if q.shape is not None:
        shaped = [f"{latex}(0) \\sim ", f"{plain}(0) ~ "]
        if q.mean:
            shaped = [shaped[0] + f"{mean} + ", shaped[1] + f"{q.mean} + "]
        told = _shape(q.shape)
        start = (
            shaped[0] + f"\\sqrt{{{spread}}}\\,\\xi, \\quad \\xi: {told[0]}",
            shaped[1] + f"sqrt({q.variance}) x, x: {told[1]}",
        )
    for other, value in q.covariances:
        its = spelling.symbol(other)
        start = (
            start[0] + f",\\ \\langle {latex}\\,{its[0]} \\rangle = {polynomial_latex(value)}",
            start[1] + f", <{plain} {its[1]}> = {value}",
        )
    if not q.variance:
        start = (f"{latex}(0) = {mean}", f"{plain}(0) = {q.mean}")
    return (
        f"\\dot{{{latex}}}",
        f"{drift[0]}, \\quad {start[0]}",
        f"{plain}'",
        f"{drift[1]},  {start[1]}",
    )


def _applied(spelling: Spelling, one: Applied) -> Row:
    """A function at a site."""
    latex, plain = spelling.symbol(one.atom)
    factor = spelling.polynomial(one.factor)
    outside = spelling.polynomial(one.factor**one.law.order)
    argument = spelling.symbol(one.argument)
    function = activation(one.law.name)
    inside = [_factor(f, p) + a for f, p, a in zip(factor, ("\\, ", "*"), argument, strict=True)]
    return (
        latex,
        f"{_factor(outside[0])}{function.latex(one.law.order)}({inside[0]})",
        plain,
        f"{_factor(outside[1], '*')}{function.spelled(one.law.order)}({inside[1]})",
    )


def _number(spelling: Spelling, known: Number) -> Row:
    latex, plain = spelling.symbol(known.atom)
    weight, value = spelling.polynomial(known.weight), spelling.polynomial(known.value)
    right = _mean(weight, value, known.family.name)
    return latex, right[0], plain, right[1]


def _field(spelling: Spelling, equations: TreeEquations, known: Field) -> list[Row]:
    """A field: its sources, what it is made of, the covariance of its noise, its responses."""
    k = spelling.number[known.atom]
    latex, plain = spelling.symbol(known.atom)
    own = [_source(known, k, place) for place in range(len(known.sources))]
    fields = {field.atom: field for field in equations.fields}
    parts: list[tuple[str, str]] = []
    more: list[Row] = []

    def means(weight: Polynomial, inner: Iterable[tuple[int, str, str]]) -> tuple[str, str]:
        """A weight times the mean at the slot of each of some sources."""
        whole = spelling.polynomial(weight)
        for place, one, other in inner:
            whole = _mean(whole, (one, other), known.source_families[place].name)
        return whole

    if known.noise:
        parts.append((f"\\zeta_{{{k}}}(@)", f"zeta_{k}(@)"))
    for other in equations.fields if known.noise else ():
        j = spelling.number[other.atom]
        if other.group == known.group and other.noise and j <= k:
            its = [_source(other, j, place) for place in range(len(other.sources))]
            right = means(known.noise, _pairs(own, its, enumerate(range(len(own)))))
            left = f"\\langle \\zeta_{{{k}}}(@) \\zeta_{{{j}}}(~~) \\rangle"
            more.append((left, right[0], f"<zeta_{k}(@) zeta_{j}(~~)>", right[1]))
    for atom, weight in known.memory:
        j, (field, word) = spelling.number[atom], spelling.symbol(atom)
        answering, given, pairs = known.meeting(fields[atom])
        its = [_source(fields[atom], j, place) for place in range(len(own))]
        response = f"R_{{{k},{j}}}(@,~~)"
        integral = f"\\int_0^@ {response} {its[given][0]}(~~) \\, \\mathrm{{d}}~~"
        parts.append((integral, f"int_0^@ R_{k},{j}(@,~~) {its[given][1]}(~~) d~~"))
        ratio = f"\\frac{{\\delta {own[answering][0]}(@)}}{{\\delta {field}(~~)}}"
        answer = answering, ratio, f"d {own[answering][1]}(@) / d {word}(~~)"
        right = means(weight, (answer, *_pairs(own, its, pairs)))
        more.append((response, right[0], f"R_{k},{j}(@,~~)", right[1]))
    for weight, left_, right_ in known.motion:
        here = spelling.polynomial(left_)
        moved = enumerate(map(spelling.polynomial, right_))
        average = means(
            weight,
            (
                (j, f"({there[0]})(~~) \\, {own[j][0]}(@)", f"({there[1]})(~~) {own[j][1]}(@)")
                for j, there in moved
            ),
        )
        integral = f"\\int_0^@ ({here[0]})(~~) \\, {average[0]} \\, \\mathrm{{d}}~~"
        parts.append((integral, f"int_0^@ ({here[1]})(~~) {average[1]} d~~"))
    sums = [" + ".join(side) or "0" for side in zip(*parts, strict=True)] or ["0", "0"]
    values = map(spelling.polynomial, known.sources)
    listed = [
        *((one[0], value[0], one[1], value[1]) for one, value in zip(own, values, strict=True)),
        (f"{latex}(@)", sums[0], f"{plain}(@)", sums[1]),
        *more,
    ]
    return [spelling.timed(row) for row in listed]


def _source(known: Field, number: int, place: int) -> tuple[str, str]:
    """The name of a source of a field, in LaTeX and in plain letters."""
    index = f"{number},{place + 1}" if len(known.sources) > 1 else f"{number}"
    return f"\\psi_{{{index}}}", f"psi_{index}"


def _pairs(
    own: Sequence[tuple[str, str]],
    its: Sequence[tuple[str, str]],
    places: Iterable[tuple[int, int]],
) -> Iterator[tuple[int, str, str]]:
    """Products of a source now and one before, with the slot where they meet."""
    for j, k in places:
        yield j, f"{own[j][0]}(@) {its[k][0]}(~~)", f"{own[j][1]}(@) {its[k][1]}(~~)"


def _mean(weight: tuple[str, str], inner: tuple[str, str], family: str) -> tuple[str, str]:
    """A weight times the mean over the sites of a family."""
    named = f"\\mathrm{{{escape_latex(family)}}}"
    latex = f"{_factor(weight[0])}\\left\\langle {inner[0]} \\right\\rangle_{{{named}}}"
    return latex, f"{_factor(weight[1], '*')}<{inner[1]}>_{family}"


def _factor(text: str, product: str = "\\, ") -> str:
    return "" if text == "1" else text + product  # weights are monomials


def fragment(found: MeanField) -> Fragment:
    """The equations as rows, aligned."""
    text = " \\\\\n".join(f"{left} &= {right}" for left, right, _, _ in rows(found))
    names = problem_names(found.problem)
    return Fragment(text, Shape.ROWS, names, _title(found), found.evidence, found.problem.spec)


def lines(found: MeanField) -> list[str]:
    """The equations in plain letters."""
    return [f"{left} = {right}" for _, _, left, right in rows(found)]


def _title(found: MeanField) -> str:
    return f"Mean-field equations: {found.problem.title}"


def document(found: MeanField) -> b.Document:
    """What was scaled how, the equations, coefficients, certificate, curve, evidence."""
    put = [
        b.Math(b.equation(Polynomial.symbol(name), value))
        for name, value in found.scaling
        if name != found.symbol
    ]
    large = b.Math(Polynomial.symbol(found.symbol) if found.symbol else Polynomial())
    scaled = (", with ", b.Listed(tuple(put))) if put else ()
    told = (
        "R are responses and stars integrals over the time between; ordinary products are products"
        " of functions of two times."
    )
    if isinstance(found.equations, TreeEquations):
        sites = ", ".join(family.name for family in found.equations.families)
        told = (
            f"One site of every family ({sites}) stands for all; brackets are averages over sites"
        )
        told += ", and responses count what acts at once." if found.equations.fields else "."
    where: tuple[b.Piece, ...] = ("Large: ", large, *scaled, ". ", told)
    if found.regime:
        where = ("Leading in the regime ", b.Name(found.regime), ", in units of T. ", told)
    blocks: list[b.Block] = [b.said(*where)]
    blocks.append(b.Rows(found))
    blocks.append(b.said("Derivatives at time zero, at this order:"))
    for s, value in enumerate(found.derivatives):
        blocks.append(b.Formula(value, b.Spelled(f"Y_{{{s}}}", f"Y_{s}")))
    if found.certificate is not None:
        blocks.append(b.note("certificate", str(found.certificate)))
    if found.curve is not None:
        blocks += curve_blocks(found.curve)
    blocks.append(b.evidence_note(found.evidence))
    spec = found.problem.spec
    return b.Document(
        _title(found), tuple(blocks), problem_names(found.problem), spec, found.problem
    )


def curve_blocks(curve: MeanFieldCurve) -> Iterable[b.Block]:
    """Values with their errors."""
    head = b.columns(("t", 0.2, "c"), ("value", 0.3, "c"), ("error", 0.3, "c"))
    cells = zip(curve.times, curve.values, curve.errors, strict=True)
    table = tuple(
        ((f"{t:.6g}",), (f"{value:.8g}",), (f"{error:.2g}",)) for t, value, error in cells
    )
    return (b.Table(head, table), b.note("method", curve.method))


def curve_document(curve: MeanFieldCurve) -> b.Document:
    """A curve alone."""
    blocks = (*curve_blocks(curve), b.evidence_note(curve.evidence))
    return b.Document("Curve of mean-field equations", blocks)


def late_end_document(found: LateEnd) -> b.Document:
    """What was fitted, with its scatter."""
    limit = f"limit {found.limit:.6g}, scatter {found.limit_scatter:.1g}; "
    power = f"power of time -{found.exponent:.4g}, scatter {found.exponent_scatter:.1g}"
    blocks = (b.said("Fitted: ", limit, power), b.evidence_note(found.evidence))
    return b.Document("Late end of a curve, fitted", blocks)


def two_times_document(found: TwoTimeFunctions) -> b.Document:
    """The functions that there are, with their ranges and errors."""
    functions = (*found.correlations, *found.responses)
    head = b.columns(("function", 0.4), ("least", 0.15), ("largest", 0.15), ("error", 0.15))
    table = tuple(
        ((b.Prose(name),), (f"{values.min():.4g}",), (f"{values.max():.4g}",), (f"{error:.1g}",))
        for (name, error), (_, values) in zip(found.errors, functions, strict=True)
    )
    until = f"{found.times[-1]:g}"
    blocks = (
        b.said(b.Prose(f"Correlations C and responses R from 0 to {until}, in units of T:")),
        b.Table(head, table),
        b.note("method", found.method),
        b.evidence_note(found.evidence),
    )
    return b.Document("Correlations and responses at two times", blocks)


def certificate_document(certificate: Certificate) -> b.Document:
    """A certificate alone."""
    return b.Document("Certificate", (b.said(b.Prose(str(certificate))),))
