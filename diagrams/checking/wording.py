"""A comparison in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from diagrams.checking.comparison import Comparison, OrderComparison, Outcome, Verdict
from diagrams.checking.corrections import Correction, correction_name
from diagrams.polynomials.polynomial import Polynomial, printing_order, text

TERMS_SHOWN = 6
LEVELS_SHOWN = 2


def headline(found: Comparison) -> str:
    """Return the verdict on the whole in one line, which no two outcomes share."""
    what = compared_with(found)
    departure = found.departure
    if departure is None:
        if found.outcome is Outcome.UNDECIDABLE:
            return f"undecidable: these values do not tell whether the theory meets {what}"
        return f"agrees with {what} through order t^{found.agrees_through}"
    if found.outcome is Outcome.LEADING:
        return (
            f"agrees with the leading terms of regime {_ruling(found)}"
            f" through order t^{found.leads_through}; the corrections at finite size are missing"
            f" from order t^{departure.s} on"
        )
    if found.outcome is Outcome.LEVEL:
        level = departure.departures(found.problem.sizes)[0]
        return (
            f"wrong in a size level ({level.name}), first at order t^{departure.s}; the leading"
            f" terms are right through order t^{found.leading_through}"
        )
    if found.leads:
        wrong = max(departure.s, found.leads_through + 1)
        return (
            f"wrong in order t^{wrong}: differs from {what}, and from the leading terms of regime"
            f" {_ruling(found).rstrip(',')}"
        )
    return f"wrong in order t^{departure.s}: differs from {what}"


def _ruling(found: Comparison) -> str:
    """The face whose leading terms a prediction is, and why that one."""
    return found.leads if found.source == "expression" else f"{found.leads}, which rules there,"


def compared_with(found: Comparison) -> str:
    """What a prediction was held against, in words."""
    return (
        f"the leading terms of regime {found.regime}" if found.regime else "the exact coefficients"
    )


def summary(found: Comparison) -> tuple[str, ...]:
    """Return the verdict, the departure and what can not be judged, a sentence each."""
    last = found.orders[-1].s
    sentences = []
    through = found.agrees_through
    departure = found.departure
    if departure is None:
        if found.agrees:
            sentences.append(f"agrees with {compared_with(found)} through order t^{last}")
        elif through >= 0:
            sentences.append(f"agrees with {compared_with(found)} through order t^{through}")
    else:
        sentences += _departing(found, departure)
    unknown = [o.s for o in found.orders if o.verdict is Verdict.UNDETERMINED]
    if unknown:
        what = "this function" if found.source == "function" else "these numbers"
        listed = orders_text(unknown)
        sentences.append(f"{listed} cannot be judged from {what}")
    unseen = [o for o in found.orders if o.verdict is Verdict.AGREES and _hidden(found, o)]
    if unseen:
        listed = orders_text([o.s for o in unseen])
        sentences.append(
            f"at {listed} only the larger levels are seen; smaller ones could be missing"
        )
    return tuple(sentences)


def _hidden(found: Comparison, order: OrderComparison) -> bool:
    return order.judged < len(found.levels(order.s))


def _departing(found: Comparison, departure: OrderComparison) -> list[str]:
    sizes = found.problem.sizes
    before = (
        ""
        if departure.s == 0
        else (
            f"agrees through order t^{found.agrees_through}; "
            if found.agrees_through == departure.s - 1
            else ""
        )
    )
    sentences = [f"{before}parts from {compared_with(found)} at order t^{departure.s}"]
    if departure.lower_given:
        sentences[0] += " (or below, by less than the uncertainty there)"
    parts = departure.departures(sizes)
    if parts:
        named = []
        for kind, terms in (
            ("lacks", departure.missing),
            ("has another coefficient on", departure.altered),
            ("has, too many,", departure.extra),
        ):
            if terms:
                named.append(f"{kind} {terms_text(terms, sizes)}")
        sentences[0] += f": {'; '.join(named)} ({levels_text(parts)})"
    elif departure.note:
        sentences[0] += f": {departure.note}"
    through = found.leading_through
    if through >= departure.s:
        seen = found.orders[: through + 1]
        wrong = sorted({level.number for o in seen for level in o.departures(sizes)})
        names = correction_name(wrong[0])
        if len(wrong) > 1:
            names += f" to {correction_name(wrong[-1])}"
        sentence = f"right in the leading level through order t^{through}; what differs there is of"
        sentence += f" smaller relative size ({names})"
        if not any(o.altered or o.extra for o in seen):
            sentence += ", and it is lacking: a theory of infinite size, as far as this goes"
        sentences.append(sentence)
    return sentences


def levels_text(parts: Sequence[Correction]) -> str:
    """The levels of a difference with their relative sizes.

    >>> from fractions import Fraction
    >>> levels_text([Correction(Fraction(2), ("1/p", "1/H"), Polynomial.symbol("p"))])
    'first correction, relative size 1/p or 1/H'
    """
    pieces = []
    for level in parts[:LEVELS_SHOWN]:
        relative = f", relative size {' or '.join(level.relative)}" if level.relative else ""
        pieces.append(f"{level.name}{relative}")
    if len(parts) > LEVELS_SHOWN:
        pieces.append(f"and so on to the {parts[-1].name}")
    return "; ".join(pieces)


def terms_text(polynomial: Polynomial, sizes: Sequence[str] | None = None) -> str:
    """A polynomial shortened to its first terms.

    >>> terms_text(Polynomial.symbol("p") + 1)
    'p + 1'
    """
    ordered = printing_order(polynomial, sizes)
    left = len(ordered) - TERMS_SHOWN
    if left <= 1:
        return text(polynomial)
    shown = text(Polynomial.from_terms(ordered[:TERMS_SHOWN]))
    return f"{shown} + .. ({left} more terms)"


def orders_text(orders: Sequence[int]) -> str:
    """Orders in words, runs of neighbours together.

    >>> orders_text([0, 2, 3, 4])
    'orders 0, 2 to 4'
    """
    runs: list[list[int]] = []
    for s in orders:
        if runs and runs[-1][1] == s - 1:
            runs[-1][1] = s
        else:
            runs.append([s, s])
    pieces = [str(a) if a == b else f"{a}, {b}" if b == a + 1 else f"{a} to {b}" for a, b in runs]
    return ("orders " if len(orders) > 1 else "order ") + ", ".join(pieces)
