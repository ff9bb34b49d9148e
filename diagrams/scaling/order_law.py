"""Regimes for every order of the model at once: exponents fitted as functions of nu.

Regimes of several models that differ in their order nu only are compared name by name.  Every
exponent of a condition and of the time scale has to be linear in nu, or quadratic, T over a
common denominator linear in nu; as many orders as there are coefficients fix it, and all others
are held out and must agree: three orders at least for a line, four for a parabola.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING

from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.export.latex import symbol_latex
from diagrams.provenance import stamp
from diagrams.scaling.chambers import FAR
from diagrams.scaling.linear import Vector, in_span
from diagrams.scaling.order_curve import DEGREE_LIMIT, Curve, common_denominator, curve_through
from diagrams.scaling.regime import Regime, Regimes
from diagrams.scaling.relations import Limit, Relation
from diagrams.typesetting import Fragment, Shape, Typeset

if TYPE_CHECKING:
    import sympy

ORDER = "nu"
STEP = "s"
_ALLOWED = "{} with exponents linear in nu, or quadratic (from four orders at least)"


@dataclass(frozen=True, slots=True)
class OrderRelation:
    """A scaling relation whose exponents are ``fixed(nu) + s * moving(nu)``."""

    symbols: tuple[str, ...]
    fixed: Curve
    moving: Curve
    limit: Limit

    def exponents(self) -> tuple[sympy.Expr, ...]:
        """The exponents in nu (and s), denominators cleared."""
        import sympy

        nu, s = sympy.symbols(f"{ORDER} {STEP}")
        curves = (self.fixed, self.moving)
        whole = sympy.ilcm(1, *(x.denominator for curve in curves for x in curve.coefficients()))
        return tuple(
            sympy.factor(whole * (self.fixed.expression(k, nu) + s * self.moving.expression(k, nu)))
            for k in range(len(self.symbols))
        )

    def _sides(self) -> tuple[list[tuple[str, sympy.Expr]], list[tuple[str, sympy.Expr]]]:
        """Powers above and below the fraction line, judged at large nu and s."""
        over: list[tuple[str, sympy.Expr]] = []
        under: list[tuple[str, sympy.Expr]] = []
        far = {ORDER: 10**3, STEP: 10**6}
        for name, exponent in zip(self.symbols, self.exponents(), strict=True):
            if exponent != 0:
                positive = exponent.subs(far) > 0
                (over if positive else under).append((name, exponent if positive else -exponent))
        return over, under

    def __str__(self) -> str:
        over, under = (_product(side, "text") for side in self._sides())
        if self.limit is Limit.ONE:
            return f"{over} ~ {under or '1'}"
        below = f"/({under})" if " " in under else f"/{under}"
        return f"{over}{below if under else ''} {self.limit.value}"

    def to_latex(self) -> str:
        """The relation as mathematics."""
        over, under = (_product(side, "latex") for side in self._sides())
        if self.limit is Limit.ONE:
            return f"{over} \\sim {under or '1'}"
        limit = "0" if self.limit is Limit.ZERO else "\\infty"
        below = f" / ({under})" if " " in under else f" / {under}"
        return f"{over}{below if under else ''} \\to {limit}"


@dataclass(frozen=True, slots=True)
class OrderRegime(Typeset):
    """One regime for every order: its conditions and the exponents of T as curves in nu."""

    name: str
    dimension: int
    symbols: tuple[str, ...]
    relations: tuple[OrderRelation, ...]
    clock: Curve | None
    learning: str
    parameterization: str

    @property
    def condition(self) -> str:
        """The scaling conditions as text."""
        return ", ".join(map(str, self.relations)) or "all sizes grow"

    @property
    def condition_latex(self) -> str:
        """The scaling conditions as LaTeX mathematics."""
        return ",\\ ".join(r.to_latex() for r in self.relations) or "\\text{all sizes grow}"

    @property
    def degree(self) -> int:
        """The degree in nu of the conditions and of T."""
        curves = [curve for r in self.relations for curve in (r.fixed, r.moving)]
        curves += [] if self.clock is None else [self.clock]
        return max((curve.degree for curve in curves), default=0)

    def clock_powers(self) -> list[tuple[str, sympy.Expr]]:
        """The powers of T that are not zero for every nu."""
        import sympy

        if self.clock is None:
            return []
        nu = sympy.Symbol(ORDER)
        powers = [
            (name, _simplest(self.clock.expression(k, nu))) for k, name in enumerate(self.symbols)
        ]
        return [(name, power) for name, power in powers if power != 0]

    def _fragment(self) -> Fragment:
        clock = "\\text{none common}"
        if self.clock is not None:
            clock = _product(self.clock_powers(), "latex") or "1"
        return Fragment(
            f"{self.condition_latex},\\quad T = {clock}",
            Shape.FORMULA,
            (*self.symbols, "nu"),
            title=f"Regime {self.name}",
        )

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle \\text{{{self.name}}}:\\ {self.to_latex()}$"

    def __str__(self) -> str:
        clock = "none common" if self.clock is None else _product(self.clock_powers(), "text")
        words = f"{self.learning}, {self.parameterization}"
        return f"{self.name}: {self.condition}; T = {clock or '1'}; {words}"


@dataclass(frozen=True)
class OrderLaw(Typeset):
    """The regimes of a family of models for symbolic order nu.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes import regimes
    >>> known = {nu: regimes(cp_problem(order=nu, ties="sym"), terms=2) for nu in (2, 4, 6)}
    >>> print(order_law(known)["A-B"])
    A-B: H^2 ~ p^nu, p^(nu-1) sigma^nu -> inf; T = p^(nu-1) sigma^(2nu-2); free, critical
    """

    title: str
    orders: tuple[int, ...]
    members: tuple[OrderRegime, ...]
    evidence: Evidence

    def __getitem__(self, name: str) -> OrderRegime:
        for regime in self.members:
            if regime.name == name:
                return regime
        raise BadInput("regime", name, ", ".join(regime.name for regime in self.members))

    def to_json(self, command: str | None = None) -> str:
        """Return the law as JSON text; exponents are expressions in nu."""
        data = {
            "schema": "wickflow.regimes/1",
            "problem": {"title": self.title, "orders": list(self.orders)},
            "regimes": [
                {
                    "name": r.name,
                    "dimension": r.dimension,
                    "condition": r.condition,
                    "condition_latex": r.condition_latex,
                    "time_scale": {name: _text(power) for name, power in r.clock_powers()}
                    if r.clock is not None
                    else None,
                    "learning": r.learning,
                    "parameterization": r.parameterization,
                    "evidence": self.evidence.to_dict(),
                }
                for r in self.members
            ],
            "evidence": self.evidence.to_dict(),
            "provenance": stamp(self.title, command),
        }
        return json.dumps(data, ensure_ascii=False, indent=1) + "\n"

    def _fragment(self) -> Fragment:
        from diagrams.export.phase_documents import law_names, order_law_document

        return Fragment(
            self._table(),
            Shape.TEXT,
            law_names(self),
            document=lambda symbols: order_law_document(self, self.title, symbols=symbols),
        )

    def _table(self) -> str:
        """The law as a table (booktabs)."""
        from diagrams.export.phase_table import REGIME_COLUMNS

        rows = [
            f"{r.name.replace('-', '--')} & ${r.condition_latex}$ &"
            f" ${_product(r.clock_powers(), 'latex') or '1'}$ &"
            f" {r.learning} & {r.parameterization} \\\\"
            for r in self.members
        ]
        return "\n".join(
            [
                f"\\begin{{tabular}}{{{REGIME_COLUMNS}}}",
                "\\toprule",
                "regime & conditions & $T$ & learning & parameterisation \\\\",
                "\\midrule",
                *rows,
                "\\bottomrule",
                "\\end{tabular}",
                f"\\par\\smallskip\\noindent{{\\footnotesize {self.evidence}\\par}}",
            ]
        )

    def _repr_latex_(self) -> str:
        rows = [f"\\text{{{r.name}}} &:\\ {r.to_latex()}" for r in self.members]
        return "$\\displaystyle\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}$"

    def __str__(self) -> str:
        lines = [self.title, *(f"  {regime}" for regime in self.members)]
        return "\n".join([*lines, f"evidence: {self.evidence}"])


def order_law(known: Mapping[int, Regimes], title: str | None = None) -> OrderLaw:
    """Return the law in nu that the regimes of several orders follow.

    Raises :class:`~diagrams.errors.BadInput` for fewer than three orders, for regimes that
    differ in name, learning or parameterisation, and for exponents of no law with an order
    held out.
    """
    orders = tuple(sorted(known))
    if len(orders) < 3:
        raise BadInput("orders", orders, "three at least: two to fit, one held out")
    first = known[orders[0]]
    for order in orders[1:]:
        if known[order].names != first.names or known[order].symbols != first.symbols:
            found = f"{', '.join(known[order].names)} at order {order}"
            raise BadInput("orders", found, "the same regimes at every order")
    members = tuple(
        _regime([known[order][name] for order in orders], orders) for name in first.names
    )
    return OrderLaw(title or _title(first), orders, members, _evidence(known, members))


def _evidence(known: Mapping[int, Regimes], members: Sequence[OrderRegime]) -> Evidence:
    orders = sorted(known)
    degree = max(1, *(member.degree for member in members))
    word = "linear" if degree == 1 else "of degree two at most"
    fitted = ", ".join(map(str, orders[-degree - 1 :]))
    held = ", ".join(map(str, orders[: -degree - 1]))
    statement = f"exponents {word} in nu: fitted to nu = {fitted}, held-out nu = {held} agree"
    kinds = {found.evidence.kind for found in known.values()}
    if Kind.CONJECTURED in kinds:
        reached = min(found.families.last for found in known.values())
        statement += f"; each from fronts exact to order s = {reached}, conjectured beyond"
        return Evidence(Kind.CONJECTURED, statement, reached)
    statement += "; for each of these nu the front is proved for all s, conjectured for other nu"
    return Evidence(Kind.CONJECTURED, statement)


def _title(found: Regimes) -> str:
    words = found.problem.title.split(" of order ", 1)
    rest = words[1].split(",", 1)[1] if len(words) > 1 and "," in words[1] else ""
    return f"{words[0]} of order nu,{rest}" if rest else found.problem.title


def _regime(found: Sequence[Regime], orders: Sequence[int]) -> OrderRegime:
    first = found[0]
    kinds = {(r.learning, r.parameterization, r.dimension, len(r.relations)) for r in found}
    if len(kinds) > 1:
        raise BadInput("orders", f"regime {first.name}: {sorted(kinds)}", "one kind at every order")
    relations = []
    for relation in found[-1].relations:
        relations.append(_relation_law(relation, found, orders))
    return OrderRegime(
        first.name,
        first.dimension,
        first.symbols,
        tuple(relations),
        _clock_law(found, orders),
        first.learning,
        first.parameterization,
    )


def _relation_law(
    relation: Relation, found: Sequence[Regime], orders: Sequence[int]
) -> OrderRelation:
    """The law of one relation of the last order: through some of the last orders; all confirm."""
    for degree in range(1, min(DEGREE_LIMIT, len(orders) - 2) + 1):
        through = orders[-degree - 1 :]
        alike = [
            [partner for partner in regime.relations if partner.limit is relation.limit]
            for regime in found[-degree - 1 : -1]
        ]
        for partners in product(*alike):
            listed = (*partners, relation)
            fixed = curve_through(through, [partner.fixed for partner in listed])
            moving = curve_through(through, [partner.moving for partner in listed])
            if fixed is None or moving is None:
                continue
            if all(
                _confirmed(fixed.at(order), moving.at(order), relation.limit, regime)
                for order, regime in zip(orders, found, strict=True)
            ):
                return OrderRelation(relation.symbols, fixed, moving, relation.limit)
    allowed = _ALLOWED.format("conditions")
    raise BadInput("orders", f"{found[-1].name}: {relation}", allowed)


def _confirmed(fixed: Vector, moving: Vector, limit: Limit, regime: Regime) -> bool:
    """Whether a relation says the same as one of a regime, up to the regime's equalities."""
    given = Relation(regime.symbols, tuple(map(int, fixed)), tuple(map(int, moving)), limit)
    whole = (given.fixed, given.moving) == (tuple(fixed), tuple(moving))
    vector = tuple(a + FAR * b for a, b in zip(fixed, moving, strict=True))
    level = [r.exponents(FAR) for r in regime.equalities]
    if limit is Limit.ONE:
        return any(vector) and in_span(vector, level)
    if in_span(vector, level) or (whole and not given.holds(regime.direction, FAR)):
        return False
    return any(in_span(vector, [*level, r.exponents(FAR)]) for r in regime.inequalities)


def _clock_law(found: Sequence[Regime], orders: Sequence[int]) -> Curve | None:
    """The law of T: through a few orders' forms, equal to the others' up to their equalities."""
    clocks = [regime.clock for regime in found]
    if any(clock is None for clock in clocks):
        return None
    forms = [clock for clock in clocks if clock is not None]
    for degree in range(1, min(DEGREE_LIMIT, len(orders) - 2) + 1):
        for chosen in combinations(range(len(orders) - 1, -1, -1), degree + 1):
            through = [orders[k] for k in chosen]
            listed = [forms[k] for k in chosen]
            curve = curve_through(through, listed, [common_denominator(x) for x in listed])
            if curve is not None and all(
                _same_clock(curve.at(order), form, regime)
                for order, form, regime in zip(orders, forms, found, strict=True)
            ):
                return curve
    raise BadInput("orders", f"{found[0].name}: T", _ALLOWED.format("time scales"))


def _same_clock(one: Vector, other: Vector, regime: Regime) -> bool:
    step = [a - b for a, b in zip(one, other, strict=True)]
    if not any(step):
        return True
    return in_span(step, [r.eventual for r in regime.equalities])


# -- print ---------------------------------------------------------------------------------


def _simplest(power: sympy.Expr) -> sympy.Expr:
    """An exponent in nu: written out if it is linear, in factors otherwise."""
    import sympy

    written_out = sympy.expand(power)
    linear = written_out.is_polynomial() and sympy.total_degree(written_out) <= 1
    return written_out if linear else sympy.factor(power)


def _text(power: sympy.Expr) -> str:
    """An exponent as text, such as ``2nu-2``."""
    written = str(power).replace(" ", "").replace("**", "^")
    written = re.sub(r"(\d)\*(?=[a-z(])", r"\1", written)
    return re.sub(r"(?<=[a-z)])\*(?=[a-z])", " ", written).replace("*(", "(")


def _product(powers: Sequence[tuple[str, sympy.Expr]], style: str) -> str:
    import sympy

    factors = []
    for name, power in powers:
        base = symbol_latex(name) if style == "latex" else name
        if power == 1:
            factors.append(base)
        elif style == "latex":
            factors.append(f"{base}^{{{sympy.latex(power)}}}")
        else:
            written = _text(power)
            factors.append(
                f"{base}^{written}"
                if written.isdigit() or written.isalpha()
                else f"{base}^({written})"
            )
    return " ".join(factors)
