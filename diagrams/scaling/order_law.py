"""Regimes for every order of the model at once: exponents fitted as linear functions of nu.

Regimes of several models that differ in their order nu only are compared name by name.  Every
exponent of a condition, of the time scale and of the vertices has to be linear in nu; two
orders fix the line and all others are held out and must agree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.export.latex import symbol_latex
from diagrams.provenance import stamp
from diagrams.scaling.chambers import FAR
from diagrams.scaling.families import Line, line_through
from diagrams.scaling.linear import Vector, in_span
from diagrams.scaling.regime import Regime, Regimes
from diagrams.scaling.relations import Limit, Relation

if TYPE_CHECKING:
    import sympy

ORDER = "nu"
STEP = "s"


@dataclass(frozen=True, slots=True)
class OrderRelation:
    """A scaling relation whose exponents are ``fixed(nu) + s * moving(nu)``."""

    symbols: tuple[str, ...]
    fixed: Line
    moving: Line
    limit: Limit

    def exponents(self) -> tuple[sympy.Expr, ...]:
        """The exponents in nu (and s), denominators cleared."""
        import sympy

        nu, s = sympy.symbols(f"{ORDER} {STEP}")
        lines = (self.fixed, self.moving)
        whole = sympy.ilcm(1, *(x.denominator for e in lines for x in (*e.start, *e.slope)))
        return tuple(
            sympy.factor(whole * (_affine(self.fixed, k, nu) + s * _affine(self.moving, k, nu)))
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
class OrderRegime:
    """One regime for every order: its conditions and the exponents of T as lines in nu."""

    name: str
    dimension: int
    symbols: tuple[str, ...]
    relations: tuple[OrderRelation, ...]
    clock: Line | None
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

    def clock_powers(self) -> list[tuple[str, sympy.Expr]]:
        """The powers of T that are not zero for every nu."""
        import sympy

        if self.clock is None:
            return []
        nu = sympy.Symbol(ORDER)
        powers = [
            (name, sympy.expand(_affine(self.clock, k, nu))) for k, name in enumerate(self.symbols)
        ]
        return [(name, power) for name, power in powers if power != 0]

    def __str__(self) -> str:
        clock = "none common" if self.clock is None else _product(self.clock_powers(), "text")
        words = f"{self.learning}, {self.parameterization}"
        return f"{self.name}: {self.condition}; T = {clock or '1'}; {words}"


@dataclass(frozen=True)
class OrderLaw:
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

    def to_latex(self) -> str:
        """Return the law as a LaTeX table (booktabs)."""
        rows = [
            f"{r.name.replace('-', '--')} & ${r.condition_latex}$ &"
            f" ${_product(r.clock_powers(), 'latex') or '1'}$ &"
            f" {r.learning} & {r.parameterization} \\\\"
            for r in self.members
        ]
        column = ">{\\raggedright\\arraybackslash}p{0.44\\linewidth}"
        return "\n".join(
            [
                f"\\begin{{tabular}}{{@{{}}l{column}lll@{{}}}}",
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
        rows = [
            f"\\text{{{r.name}}} &:\\ {r.condition_latex},\\quad T ="
            f" {_product(r.clock_powers(), 'latex') or '1'}"
            for r in self.members
        ]
        return "$\\displaystyle\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}$"

    def __str__(self) -> str:
        lines = [self.title, *(f"  {regime}" for regime in self.members)]
        return "\n".join([*lines, f"evidence: {self.evidence}"])


def order_law(known: Mapping[int, Regimes], title: str | None = None) -> OrderLaw:
    """Return the law in nu that the regimes of several orders follow.

    Raises :class:`~diagrams.errors.BadInput` for fewer than three orders, for regimes that
    differ in name, learning or parameterisation, and for exponents that are not linear in nu.
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
    fitted = ", ".join(map(str, orders[-2:]))
    held = ", ".join(map(str, orders[:-2]))
    reached = min(found.families.last for found in known.values())
    statement = (
        f"exponents linear in nu: fitted to nu = {fitted}, held-out nu = {held} agree;"
        f" each from fronts exact to order s = {reached} or higher, conjectured beyond"
    )
    evidence = Evidence(Kind.CONJECTURED, statement, reached)
    return OrderLaw(title or _title(first), orders, members, evidence)


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
    """The law of one relation of the last order: a line to the order before that all confirm."""
    for partner in found[-2].relations:
        if partner.limit is not relation.limit:
            continue
        fixed, moving = (
            line_through(orders[-1], one, orders[-2], other)
            for one, other in ((relation.fixed, partner.fixed), (relation.moving, partner.moving))
        )
        if all(
            _confirmed(fixed.at(order), moving.at(order), relation.limit, regime)
            for order, regime in zip(orders, found, strict=True)
        ):
            return OrderRelation(relation.symbols, fixed, moving, relation.limit)
    raise BadInput(
        "orders", f"{found[-1].name}: {relation}", "conditions with exponents linear in nu"
    )


def _confirmed(fixed: Vector, moving: Vector, limit: Limit, regime: Regime) -> bool:
    """Whether a relation says the same as one of a regime, up to the regime's equalities."""
    given = Relation(regime.symbols, tuple(map(int, fixed)), tuple(map(int, moving)), limit)
    whole = tuple(map(Fraction, fixed)) == tuple(map(Fraction, given.fixed))
    vector = tuple(a + FAR * b for a, b in zip(fixed, moving, strict=True))
    level = [r.exponents(FAR) for r in regime.equalities]
    if limit is Limit.ONE:
        return any(vector) and in_span(vector, level)
    if in_span(vector, level) or (whole and not given.holds(regime.direction, FAR)):
        return False
    return any(in_span(vector, [*level, r.exponents(FAR)]) for r in regime.inequalities)


def _clock_law(found: Sequence[Regime], orders: Sequence[int]) -> Line | None:
    """The law of T: through two orders' forms, equal to the others' up to their equalities."""
    clocks = [regime.clock for regime in found]
    if any(clock is None for clock in clocks):
        return None
    forms = [clock for clock in clocks if clock is not None]
    for i, j in ((-1, -2), (-1, -3), (-2, -3)):
        line = line_through(orders[i], forms[i], orders[j], forms[j])
        if all(
            _same_clock(line.at(order), form, regime)
            for order, form, regime in zip(orders, forms, found, strict=True)
        ):
            return line
    raise BadInput("orders", f"{found[0].name}: T", "time scales with exponents linear in nu")


def _same_clock(one: Vector, other: Vector, regime: Regime) -> bool:
    step = [a - b for a, b in zip(one, other, strict=True)]
    if not any(step):
        return True
    return in_span(step, [r.eventual for r in regime.equalities])


# -- print ---------------------------------------------------------------------------------


def _affine(line: Line, place: int, nu: sympy.Symbol) -> sympy.Expr:
    import sympy

    start, slope = Fraction(line.start[place]), Fraction(line.slope[place])
    return (
        sympy.Rational(start.numerator, start.denominator)
        + sympy.Rational(slope.numerator, slope.denominator) * nu
    )


def _text(power: sympy.Expr) -> str:
    """An exponent as text, such as ``2nu-2``."""
    written = str(power).replace(" ", "").replace("**", "^")
    for name in (ORDER, STEP):
        written = written.replace(f"*{name}", name)
    return written


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
