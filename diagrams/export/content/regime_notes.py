"""What is said of regimes wherever they stand: conditions, time scales, evidence, cautions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction

from diagrams.evidence import Evidence, Kind
from diagrams.export.content import blocks as b
from diagrams.export.content.prose import prose_names
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.spelling import LARGE, letter, order_letter
from diagrams.scaling.orders.law import OrderRegime
from diagrams.scaling.regimes.clock_rule import ClockRule
from diagrams.scaling.regimes.declared import KNOWN_AS, declared_regime
from diagrams.scaling.regimes.regime import Regime, Regimes

ENOUGH_HELD_OUT = 6
"""Held-out orders from which on a fitted law is given without a caution."""

TIME = b.Spelled("T", "T")


def order_of(symbols: Collection[str]) -> b.Math:
    """The order of a coefficient, as a letter that is none of the symbols."""
    return b.Math(b.Spelled(order_letter(symbols), order_letter(symbols)))


def large(symbols: Collection[str]) -> b.Spelled:
    """The number that sizes and scales are powers of, as a letter that is none of them."""
    return b.Spelled(letter(LARGE, symbols), letter(LARGE, symbols))


def clock_rules(found: Regimes) -> list[tuple[list[str], ClockRule]]:
    """What the coefficients say of the time scales: each verdict with the regimes' names.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes.finding import regimes
    >>> found = regimes(cp_problem(order=3, ties="2+1", target="zero"))
    >>> [(names, rule.verdict) for names, rule in clock_rules(found)]
    [(['A-B'], 'undetermined'), (['A'], 'moves'), (['B'], 'formal')]
    >>> clock_rules(regimes(cp_problem(order=4, target="zero")))[0][0]
    ['all regimes']
    """
    groups: dict[ClockRule, list[str]] = {}
    for regime in found:
        groups.setdefault(regime.clock_rule, []).append(regime.name)
    if len(groups) == 1 and len(found) > 1:
        return [(["all regimes"], next(iter(groups)))]
    return [(names, rule) for rule, names in groups.items()]


def clock_evidence(found: Regimes) -> Evidence:
    """The evidence of what is said of time scales, the same for all regimes of a problem."""
    return found.members[0].clock_rule.evidence


def own_evidence(found: Regimes) -> list[tuple[list[str], str]]:
    """What the evidence of single regimes says beyond that of all, with the regimes' names."""
    notes: dict[str, list[str]] = {}
    for regime in found:
        own, law = regime.evidence.statement, found.families.statement
        if regime.evidence.kind is not found.evidence.kind:
            notes.setdefault(str(regime.evidence), []).append(regime.name)
        elif own.startswith(f"{law}; "):
            notes.setdefault(own.removeprefix(f"{law}; "), []).append(regime.name)
        elif own not in found.evidence.statement:
            notes.setdefault(own, []).append(regime.name)
    return [(names, words) for words, names in notes.items()]


def caution(found: Regimes) -> str:
    """What to beware of where a fitted law has been held against few orders; else empty.

    Laws of this kind are known to break: for tied CP models of odd order one holds up to order 5
    and fails at order 6.
    """
    held = len(found.families.held_out)
    fitted = found.evidence.kind is Kind.CONJECTURED and not found.families.seen
    if not fitted or held >= ENOUGH_HELD_OUT:
        return ""
    return (
        f"the law was held against {held} order{'s' * (held != 1)} only; laws that held so"
        " far have failed at the next order (for tied CP models of odd order, at the sixth), and"
        " regimes read off such a law look right and are wrong"
    )


def beware(found: Regimes) -> b.Blocks:
    """The caution as a block, if there is one."""
    words = caution(found)
    return (b.note("caution", words),) if words else ()


def conditions(regime: Regime | OrderRegime) -> b.Listed:
    """The scaling conditions."""
    return b.maths(regime.relations, "all sizes grow")


def clock(regime: Regime | OrderRegime) -> b.Piece:
    """The natural time scale."""
    if regime.clock is None:
        return "none common"
    if isinstance(regime, OrderRegime):
        return b.Math(b.Spelled(regime.clock_latex, regime.clock_text))
    return b.Math(b.Monomial(regime.symbols, regime.clock))


def scaling_powers(exponents: Iterable[tuple[str, Fraction | int]]) -> b.Listed:
    """How symbols grow, as powers of a large number."""
    known = dict(exponents)
    base = (large(known).plain,)
    return b.maths(
        b.Chain((Polynomial.symbol(name), "~", b.Monomial(base, (Fraction(e),))))
        for name, e in known.items()
    )


def clock_rule_note(names: Sequence[str], rule: ClockRule) -> b.Note:
    """What the coefficients say of the time scale of some regimes."""
    head, tail = rule.phrases
    where: b.Pieces = (" where ", b.maths(rule.where)) if rule.where else ()
    return b.Note(", ".join(names), (b.Prose(head), *where, b.Prose(tail)))


def _as_declared(found: Regimes) -> b.Blocks:
    """Where the problem stands if its width alone grows, if that is a limit with a name."""
    regime = declared_regime(found)
    if regime is None or found.width is None:
        return ()
    width = b.Math(Polynomial.symbol(found.width))
    said: b.Pieces = (
        b.Name(regime.name),
        " where ",
        width,
        " alone grows: ",
        KNOWN_AS[regime.learning],
    )
    return (b.Note("as declared", said),)


def regimes_notes(found: Regimes) -> b.Blocks:
    """Evidence of all regimes, of single ones, and of what is said of time scales."""
    names = tuple(sorted(prose_names(found.symbols)))
    return (
        *_as_declared(found),
        *(b.note(", ".join(listed), words, names) for listed, words in own_evidence(found)),
        *(clock_rule_note(*rule) for rule in clock_rules(found)),
        b.evidence_note(found.evidence, names=names),
        b.evidence_note(clock_evidence(found), "evidence of what is said of T", names),
        *beware(found),
    )
