"""Fronts, regimes and places among them as plain text: complete, or wrapped for a screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from textwrap import wrap

from diagrams.evidence import Evidence, Kind
from diagrams.scaling.fronts.front import Front, Fronts
from diagrams.scaling.fronts.front_theorem import known_law
from diagrams.scaling.orders.law import OrderLaw
from diagrams.scaling.polyhedra.linear import Vector
from diagrams.scaling.regimes.boundaries import boundaries
from diagrams.scaling.regimes.clock import clock_text
from diagrams.scaling.regimes.clock_rule import ClockRule
from diagrams.scaling.regimes.dominance import Standing
from diagrams.scaling.regimes.location import Distance, Location
from diagrams.scaling.regimes.regime import Regime, Regimes

SCREEN_TERMS = 12
"""Terms of one order that are shown on a screen."""

SCREEN_ORDERS = 5
"""Orders whose leading terms are shown on a screen."""

ENOUGH_HELD_OUT = 6
"""Held-out orders from which on a fitted law is given without a caution."""

CONDITION_WIDTH = 28
"""The least room for conditions in a table on a screen."""

CLOCK_EVIDENCE = "evidence of what is said of T"
REGIME_COLUMNS = ("regime", "T", "learning", "parameterised", "conditions")


def fronts_text(found: Fronts, width: int | None = None) -> str:
    """Return the Pareto-optimal terms order by order, vertices of the hull marked.

    Without ``width`` every order is complete and on one line; with it lines are broken to that
    many characters, and long orders are shortened.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.fronts.front import fronts
    >>> listed = fronts_text(fronts(cp_problem(order=2, ties="sym"), terms=0))
    >>> print(*listed.splitlines()[2:4], sep="\\n")
    s = 0: p H sigma^2 *, p H^2 sigma^4 *, p^2 H sigma^4 *
    all terms of an order lead together for p ~ a, H ~ a, sigma ~ a^(-1/2)
    """
    marks = "Pareto-optimal terms of Y_s, coefficients left out; * marks vertices of the hull:"
    lines = [*_broken(found.problem.title, width), *_broken(marks, width)]
    for front in found.orders:
        shown = list(_marked(front))
        left = 0 if width is None else max(0, len(shown) - SCREEN_TERMS)
        kept = shown[: len(shown) - left] + [f"... ({left} more)"] * bool(left)
        lines += _flowing(f"s = {front.s}: ", kept or ["none"], width)
    if found.normal is not None:
        together = _scaling_text(zip(found.symbols, found.normal, strict=True))
        lines += _broken(f"all terms of an order lead together for {together}", width)
    law = known_law(found)
    if law is not None:
        lines += _broken("Every order:", width)
        written = str(law).replace("evidence: ", "evidence of this law: ")
        lines += [line for text in written.splitlines() for line in _broken(text, width)]
    return "\n".join([*lines, *_broken(f"evidence: {found.evidence}", width)])


def _marked(front: Front) -> Iterable[str]:
    corners = set(front.vertices)
    for term in sorted(front.terms, key=lambda t: (t not in corners, t)):
        yield monomial_text(front.symbols, term) + (" *" if term in corners else "")


def monomial_text(symbols: Sequence[str], exponents: Vector) -> str:
    """A monomial such as ``p^3 sigma^(-1/2)``."""
    return clock_text(symbols, tuple(map(Fraction, exponents)))


def _scaling_text(exponents: Iterable[tuple[str, Fraction | int]]) -> str:
    return ", ".join(f"{name} ~ {clock_text(('a',), (Fraction(e),))}" for name, e in exponents)


def regimes_text(found: Regimes, width: int | None = None) -> str:
    """Return the table of regimes, the boundaries between regions, and the evidence."""
    rows = [
        (r.name, _clock(r), r.learning, _short(r.parameterization), [str(x) for x in r.relations])
        for r in found
    ]
    lines = [*_broken(found.problem.title, width), *_table(rows, width)]
    between = [f"{b.between[0]} | {b.between[1]}: {b.relation}" for b in boundaries(found)]
    if between:
        lines += _flowing("boundaries: ", between, width, "; ")
    if any(regime.drifts for regime in found):
        lines += _broken("Where s occurs, the boundary moves with the order s.", width)
    for names, note in own_evidence(found):
        lines += _broken(f"{', '.join(names)}: {note}", width)
    for names, rule in clock_rules(found):
        lines += _broken(f"{', '.join(names)}: {rule.words}", width)
    lines += _broken(f"evidence: {found.evidence}", width)
    lines += _broken(f"{CLOCK_EVIDENCE}: {clock_evidence(found)}", width)
    return "\n".join([*lines, *(_broken(caution(found), width) if caution(found) else [])])


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
    return [(names, note) for note, names in notes.items()]


def caution(found: Regimes) -> str:
    """What to beware of where a fitted law has been held against few orders; else empty.

    Laws of this kind are known to break: for tied CP models of odd order one holds up to order 5
    and fails at order 6.
    """
    held = len(found.families.held_out)
    if found.evidence.kind is not Kind.CONJECTURED or held >= ENOUGH_HELD_OUT:
        return ""
    return (
        f"caution: the law was held against {held} order{'s' * (held != 1)} only; laws that held so"
        " far have failed at the next order (for tied CP models of odd order, at s = 6), and"
        " regimes read off such a law look right and are wrong"
    )


def order_law_text(found: OrderLaw, width: int | None = None) -> str:
    """Return the table of regimes for symbolic nu, and the evidence."""
    rows = []
    for regime in found.members:
        relations = [str(relation) for relation in regime.relations]
        word = _short(regime.parameterization)
        rows.append((regime.name, regime.clock_text, regime.learning, word, relations))
    lines = [*_broken(found.title, width), *_table(rows, width)]
    for names, words in found.clock_rules:
        lines += _broken(f"{', '.join(names)}: {words}", width)
    return "\n".join([*lines, *_broken(f"evidence: {found.evidence}", width)])


def location_text(here: Location, width: int | None = None, beware: str = "") -> str:
    """Return where a scaling stands: the regime, its terms, T, and the boundaries around.

    ``beware`` is the :func:`caution` of the regimes, if there is one.
    """
    regime = here.regime
    lines = _broken(f"{_scaling_text(here.scaling)}, a -> inf", width)
    lines += _named(regime, width)
    shown = here.terms if width is None else here.terms[:SCREEN_ORDERS]
    for s, terms in shown:
        listed = [monomial_text(regime.symbols, term) for term in terms]
        left = 0 if width is None else max(0, len(listed) - SCREEN_TERMS)
        listed = listed[: len(listed) - left] + [f"... ({left} more)"] * bool(left)
        note = " (not those of this regime)" if s in here.early else ""
        lines += _flowing(f"leading at s = {s}{note}: ", listed or ["none"], width)
    if len(shown) < len(here.terms):
        lines.append(f"... ({len(here.terms) - len(shown)} more orders)")
    if not here.distances:
        lines += _broken("on every boundary that meets here: any change leaves the regime", width)
    for distance in here.distances:
        lines += _broken(f"to {distance.boundary}: {distance_text(distance)}", width)
    lines += _broken(f"evidence: {regime.evidence}", width)
    return "\n".join([*lines, *(_broken(beware, width) if beware else [])])


def distance_text(distance: Distance) -> str:
    """How to reach a boundary, in words."""
    steps = " or ".join(
        f"of {name} by {'+' if step > 0 else ''}{step}" for name, step in distance.by_symbol
    )
    return f"change the exponent {steps} (distance {distance.euclidean:.3g})"


def standing_text(at: Standing, width: int | None = None, beware: str = "") -> str:
    """Return where actual sizes stand: the regime, its share of every order, and warnings.

    ``beware`` is the :func:`caution` of the regimes, if there is one.
    """
    named = ", ".join(f"{name} = {value}" for name, value in at.sizes)
    lines = _broken(named, width) + _named(at.regime, width)
    for share in at.shares:
        text = f"s = {share.s}: its terms are {share.share:.1%} of Y_{share.s}"
        text += f"; largest {_term(share.largest)}" if share.largest else ""
        if share.largest and share.rival:
            text += f", {share.ratio:.3g} times the largest other, {_term(share.rival)}"
        lines += _broken(text, width)
    listed = [f"{name} {share:.1%}" for name, share in at.dominance]
    lines += _flowing("least share of any order, by regime: ", listed, width)
    if at.warning:
        lines += _broken(f"warning: {at.warning}", width)
    lines += _broken(f"evidence: {at.regime.evidence}", width)
    return "\n".join([*lines, *(_broken(beware, width) if beware else [])])


def _term(text: str) -> str:
    """A term such as ``1/2*p*H**2`` in the notation of monomials."""
    return text.replace("**", "^").replace("*", " ")


def _named(regime: Regime, width: int | None) -> list[str]:
    words = f"T = {_clock(regime)}; {regime.learning}, {regime.parameterization}"
    lines = (f"regime {regime.name}: {regime.condition}", words, regime.clock_rule.words)
    return [line for text in lines for line in _broken(text, width)]


def _clock(regime: Regime) -> str:
    return "none common" if regime.clock is None else clock_text(regime.symbols, regime.clock)


def _short(word: str) -> str:
    """``over`` for ``over-parameterised``, as the head of the column says the rest."""
    return word.removesuffix("-parameterised")


def _table(
    rows: Sequence[tuple[str, str, str, str, Sequence[str]]], width: int | None
) -> list[str]:
    """Columns as wide as needed; the conditions last, below each other where they are long."""
    heads = REGIME_COLUMNS[:-1]
    wide = [max(len(head), *(len(row[k]) for row in rows)) for k, head in enumerate(heads)]
    margin = sum(wide) + 2 * len(wide)
    if width is not None and margin + CONDITION_WIDTH > width:
        return [line for row in rows for line in _block(row, width)]
    lines = ["  ".join(h.ljust(w) for h, w in zip(heads, wide, strict=True)) + "  conditions"]
    for *cells, conditions in rows:
        start = "  ".join(str(c).ljust(w) for c, w in zip(cells, wide, strict=True)) + "  "
        lines += _flowing(start, list(conditions) or ["all sizes grow"], width, ", ", margin)
    return lines


def _block(row: tuple[str, str, str, str, Sequence[str]], width: int) -> list[str]:
    """A row on lines of its own, where a table would be too wide."""
    name, clock, learning, parameterised, conditions = row
    return [
        *_flowing(f"{name}: ", list(conditions) or ["all sizes grow"], width),
        *_flowing("    ", [f"T = {clock}", learning, parameterised], width, "; "),
    ]


def _flowing(
    start: str,
    words: Sequence[str],
    width: int | None,
    joint: str = ", ",
    margin: int = 4,
) -> list[str]:
    """Words after a start, none of them broken; further lines are indented."""
    lines, line, fresh = [], start, True
    for place, word in enumerate(words):
        piece = word + (joint.rstrip() if place < len(words) - 1 else "")
        gap = "" if fresh else " "
        if width is not None and not fresh and len(line) + len(gap) + len(piece) > width:
            lines.append(line.rstrip())
            line, gap = " " * margin, ""
        line += gap + piece
        fresh = False
    return [*lines, line.rstrip()]


def _broken(text: str, width: int | None) -> list[str]:
    if width is None:
        return [text]
    return wrap(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
