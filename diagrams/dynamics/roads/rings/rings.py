"""Problems of rings (order two, all slots tied): the whole triangle and all its faces.

The whole triangle has a closed formula (:mod:`diagrams.dynamics.roads.rings.formula`); faces are
its limits (:mod:`diagrams.dynamics.expressions.leading`).  Either is then compared with the exact
leading coefficients of the problem and the face in question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from operator import attrgetter

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.ends.ends_by_scale import OF_FORMULA
from diagrams.dynamics.explicit.domains import domain_text
from diagrams.dynamics.explicit.formula_with_end import FormulaWithEnd
from diagrams.dynamics.expressions.leading import LeadingTerms, leading_definitions
from diagrams.dynamics.expressions.writing import written
from diagrams.dynamics.face import FULL, Face
from diagrams.dynamics.petals.grouping import inserted, local, public
from diagrams.dynamics.petals.petals import monomial_height
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import Applies, Derivation, Road
from diagrams.dynamics.roads.certified import certified
from diagrams.dynamics.roads.rings.formula import (
    CLOCK,
    EVIDENCE,
    TIME,
    RingFormula,
    remaining,
    whole_triangle,
)
from diagrams.dynamics.roads.rings.normal_form import RingForm, ring_form
from diagrams.dynamics.roads.rings.taylor import taylor_polynomials
from diagrams.dynamics.sentences import sentence
from diagrams.dynamics.step import Step
from diagrams.errors import NotSolved
from diagrams.evidence import Evidence, Kind
from diagrams.polynomials.polynomial import Polynomial, Powers, sympy_symbol
from diagrams.scaling.regimes.regime import Regime
from diagrams.series.expansion import expand

ORDERS = 10
"""Orders at which a formula is compared with exact coefficients."""
OUTLINE = (
    "The solution is found in these steps: every eigenvalue of the square of the matrix moves on"
    " its own; averages of powers at the start are planar pairings; summed over powers they give a"
    " closed formula, whose limit is taken in this regime; the Taylor coefficients of what comes"
    " out are held against the exact ones."
)
LATE_TIMES = "late times"
"""The step of a derivation that shows the limit for t -> inf."""
LATE_TIMES_TEXT = "of the formula: the limit t -> inf of the limit of large sizes"
LATE_TIMES_TEXT += " (for {} = {} they do not commute)"


class Rings(Road[Face, RingForm]):
    """A problem of rings: its whole triangle, and the limit on the face.

    >>> from diagrams.dynamics.face import face_of
    >>> from diagrams.problems.cp import cp_problem
    >>> rings, face = Rings(), face_of(cp_problem(order=2), "E-A")
    >>> rings.derived(face, rings.applies(face).found).formula.subs({"t": 0})
    H*(p*sigma**2 - 1)**2/2 - H/2 + p/2
    """

    name = "the rings"
    outline = OUTLINE

    def applies(self, asked: Face) -> Applies[RingForm] | Inapplicable:
        """Where every diagram is a ring of one matrix, of one or two rows."""
        found = ring_form(asked.problem)
        return found if isinstance(found, Inapplicable) else Applies(found)

    def derived(self, asked: Face, found: RingForm) -> Derivation:
        """The closed formula of the whole triangle, and its limit on the face."""
        face = replace(asked, regime=with_decay_in_time(found, asked.regime))
        return _derivation(face, found)


def _derivation(face: Face, form: RingForm) -> Derivation:
    whole = whole_triangle(form)
    limit = on_face(whole, face)
    constant = local(face.constant.to_sympy())
    subject = "the formula of the rings" if face.regime.name == FULL else "the limit of the rings"
    exact = replace(face, exact=expand(face.problem, ORDERS))
    certificate = certified(coefficients(limit, ORDERS), exact, subject)
    statement = EVIDENCE + "; " + certificate.evidence.statement
    evidence = Evidence(Kind.DERIVED, statement, certificate.evidence.checked_to)
    shown = limit.presented()
    late = remaining(form, constant) if face.regime.name == FULL else None
    steps = (
        *whole.steps,
        *limit.steps,
        *(
            ()
            if late is None
            else (
                Step(
                    LATE_TIMES, sentence(LATE_TIMES_TEXT, *map(sympy_symbol, form.sizes)), (late,)
                ),
            )
        ),
        Step("certificate", certificate.evidence.sentence),
    )
    end = () if limit.end is None else (public(_tidy(limit.plain(limit.end))),)
    return Derivation(
        "explicit",
        public(shown.formula + constant),
        limit.numbers(constant),
        OF_FORMULA,
        evidence,
        steps,
        tuple((Symbol(s.name), public(meaning)) for s, meaning in shown.definitions),
        domain=domain_text(end),
        existence=end,
        late=late,
    )


def with_decay_in_time(form: RingForm, regime: Regime) -> Regime:
    """Return a regime with a decay that its conditions leave open taken of the order of T.

    Such a decay then acts on the regime's own time scale; where it is smaller, it may be put to
    zero in the formula.
    """
    others = (form.scale, form.weight, form.clock, form.variance)
    known = {name for value in others for name in value.symbols} | set(form.sizes)
    free = set(form.decay.symbols) - known
    free -= {
        name
        for relation in regime.relations
        for name, fixed, moving in zip(
            relation.symbols, relation.fixed, relation.moving, strict=True
        )
        if fixed or moving
    }
    if len(free) != 1 or regime.clock is None or not form.decay.is_monomial:
        return regime
    height = sum(
        (Fraction(e) * d for e, d in zip(regime.clock, regime.direction, strict=True)), Fraction(0)
    )
    rate = form.decay * form.clock
    (name,) = free
    alone = rate.substitute({name: 1})
    height -= monomial_height(alone, regime.scaling)
    height /= dict(rate.terms[0][0])[name]
    unit = height.denominator
    direction = tuple(
        int(height * unit) if name in free else d * unit
        for name, d in zip(regime.symbols, regime.direction, strict=True)
    )
    return replace(regime, direction=direction)


@dataclass(frozen=True)
class FaceFormula:
    """The limit of a :class:`RingFormula` on a face; ``end`` is ``None`` where there is none.

    ``exceptional`` is the limit at parameters where ``a`` is zero.
    """

    formula: Expr
    definitions: tuple[tuple[Symbol, Expr], ...]
    end: Expr | None
    strength: Expr | None
    exceptional: FaceFormula | None
    steps: tuple[Step, ...]

    def plain(self, expression: Expr) -> Expr:
        """Return an expression with all definitions inserted."""
        return inserted(expression, self.definitions)

    def presented(self) -> FaceFormula:
        """Return the formula as shown: short ones without definitions."""
        whole = self.plain(self.formula)
        square_roots = [p for p in whole.atoms(sympy.Pow) if p.exp.is_Rational and p.exp.q == 2]
        if square_roots:
            used = self._used()
            return replace(self, definitions=tuple(d for d in self.definitions if d[0] in used))
        return replace(self, formula=_short(whole), definitions=())

    def _used(self) -> set[Symbol]:
        found = set(self.formula.free_symbols) | (self.end.free_symbols if self.end else set())
        for symbol, meaning in self.definitions:
            if symbol in found:
                found |= meaning.free_symbols
        return found

    def numbers(self, constant: Expr) -> FormulaWithEnd:
        """Return what turns values into numbers."""
        ends = () if self.end is None else (public(self.plain(self.end)),)
        exceptional = self.exceptional
        return FormulaWithEnd(
            public(self.plain(self.formula) + constant),
            ends,
            None if self.strength is None else public(self.strength),
            None if exceptional is None else exceptional.numbers(constant),
        )


def _leading_on(regime: Regime) -> str:
    where = sentence("{}", regime, spell=attrgetter("condition"))
    return f"leading terms on {regime.name}: " + where


def on_face(whole: RingFormula, face: Face) -> FaceFormula:
    """Return the limit on a face.

    Raises :class:`~diagrams.errors.NotSolved` where the leading terms cancel.
    """
    regime = face.regime
    if regime.clock is None:
        raise NotSolved(f"the limit of the rings on {regime.name}: no common time scale")
    scaling = regime.scaling
    heights = {Symbol(name, positive=True): Fraction(e) for name, e in scaling.items()}
    heights[TIME] = (
        sum(
            (Fraction(e) * scaling[n] for n, e in zip(regime.symbols, regime.clock, strict=True)),
            Fraction(0),
        )
        * -1
    )
    work, definitions = leading_definitions(whole.definitions, heights)
    formula = work.of(sympy.expand(whole.formula))[1]
    end = _limit_of_end(work, whole.end)
    strength, exceptional = None, None
    if whole.strength is not None:
        inside = dict(definitions)
        strength = inside.get(whole.strength, whole.strength)
        used = any(e.has(whole.strength) for e in (formula, *inside.values()))
        if used and whole.at_zero is not None and not strength.is_number:
            exceptional = on_face(whole.at_zero, face)
        else:
            strength = None
    steps = (Step("limit", _leading_on(regime), (_named(formula),)),)
    inlined: dict[Symbol, Expr] = {}
    if whole.strength is not None:
        meaning = dict(definitions).get(whole.strength)
        if meaning is not None and not meaning.is_Add:
            inlined[whole.strength] = meaning

    def plain(expression: Expr) -> Expr:
        return expression.xreplace(inlined)

    return FaceFormula(
        sympy.factor_terms(plain(formula)),
        tuple((s, sympy.factor_terms(plain(e))) for s, e in definitions if s not in inlined),
        None if end is None else plain(end),
        strength,
        exceptional,
        steps,
    )


def _named(formula: Expr) -> sympy.Basic:
    """A formula of the loss without its constant, as an equation."""
    return sympy.Eq(Symbol("g"), formula, evaluate=False)


def _limit_of_end(work: LeadingTerms, end: Expr) -> Expr | None:
    try:
        return work.of(end)[1]
    except NotSolved:
        return None  # the singularity lies at times that are infinite on this scale, or complex


def coefficients(limit: FaceFormula, order: int) -> tuple[Polynomial, ...]:
    """Return ``Y_0, .., Y_order`` of a formula, from its Taylor polynomial."""
    formula = limit.formula
    meanings: dict[str, Polynomial] = {}
    defined = {TIME, *(symbol for symbol, _ in limit.definitions)}
    for symbol, meaning in limit.definitions:
        names, bases = meaning.free_symbols, meaning.as_powers_dict()
        if names and not names & defined and not any(base.is_Add for base in bases):
            meanings[symbol.name] = _polynomial(meaning, {})  # a ratio of sizes and scales
        else:
            formula = formula.xreplace({symbol: meaning})
    found = taylor_polynomials(formula.xreplace({CLOCK: sympy.Integer(1)}), TIME, order)
    return tuple(
        _polynomial(sympy.expand(c * sympy.factorial(s)), meanings) for s, c in enumerate(found)
    )


def _polynomial(expression: Expr, meanings: Mapping[str, Polynomial]) -> Polynomial:
    total: list[tuple[Powers, Fraction]] = []
    for term in sympy.Add.make_args(expression):
        number, rest = term.as_coeff_Mul()
        part = Polynomial.constant(Fraction(int(number.p), int(number.q)))
        for base, exponent in rest.as_powers_dict().items():
            if base == 1:
                continue
            power = Fraction(int(exponent.p), int(exponent.q))
            part = part * meanings.get(base.name, Polynomial.symbol(base.name)) ** power
        total.extend(part.terms)
    return Polynomial.from_terms(total)


def _short(expression: Expr) -> Expr:
    """The form of a few that has fewest fractions in fractions, then fewest operations."""
    plain = sympy.powsimp(expression.xreplace({CLOCK: sympy.Integer(1)}))
    terms = sympy.Add.make_args(sympy.expand_mul(plain))
    forms = [
        sympy.factor_terms(plain),
        sympy.Add(*(sympy.factor(sympy.cancel(sympy.together(term))) for term in terms)),
        sympy.factor_terms(sympy.factor(sympy.together(plain))),
        written(plain, TIME),
    ]
    best = min(forms, key=lambda e: (_nested(e), sympy.count_ops(e), len(str(e))))
    return best.xreplace({TIME: TIME / CLOCK})


def _nested(expression: Expr) -> int:
    """The number of fractions inside sums inside products."""
    inner = {node for term in sympy.Add.make_args(expression) for node in term.atoms(sympy.Add)}
    return sum(bool(sympy.fraction(term)[1].free_symbols) for node in inner for term in node.args)


def _tidy(end: Expr) -> Expr:
    """The time of existence with the roots of sizes over one denominator."""
    joined = end.replace(
        lambda e: e.is_Pow and e.base.is_Add,
        lambda e: sympy.expand_power_base(sympy.together(e.base) ** e.exp),
    )
    return joined if sympy.count_ops(joined) <= sympy.count_ops(end) else end
