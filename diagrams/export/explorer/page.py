"""The explorer: a chapter of a report in which one moves over the phase diagram.

What the page shows follows from exact data in it, computed by a script of its own
(``diagrams/export/page``); formulas and curves are those of the other chapters.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from diagrams.export.explorer.data import embedded, explorer_data, shown_axes, symbol_math
from diagrams.export.explorer.places import Scaling
from diagrams.scaling.regimes.finding import Regimes
from diagrams.series.expansion import Series

SCRIPTS = ("rationals.js", "regime_finder.js", "explorer_views.js", "explorer.js")
"""Files of the script, in the order in which they are joined."""

HEADING = '<h2 id="explorer-heading">Explorer</h2>'
ABSENT = "There is no explorer in this report: "


def explorer_html(found: Regimes, series: Series, places: dict[str, Scaling]) -> list[str]:
    """The chapter, with its data; it is invisible where scripts do not run, and on paper."""
    if len(found.symbols) < 2:
        return absent_html(f"{found.symbols[0]} is the only symbol that can grow")
    data = embedded(explorer_data(found, series, places))
    return [
        '<section id="explorer" class="explorer" aria-labelledby="explorer-heading" hidden>',
        HEADING,
        _introduction(found),
        f'<span class="symbols" hidden>{"".join(map(symbol_math, found.symbols))}</span>',
        '<div class="explorer-grid"><div class="side"><div class="move">',
        _plane(found),
        *_controls(found),
        _places(found),
        '</div><div class="pictures">',
        *_pictures(),
        '</div></div><div class="side"><div class="head">',
        *_head(),
        '</div><div class="solved"><h4>Solution</h4><div class="solution"></div></div></div></div>',
        _sizes(found),
        '<p class="live visually-hidden" aria-live="polite"></p>',
        "</section>",
        f'<script type="application/json" id="explorer-data">{data}</script>',
        "<noscript><p>The explorer needs JavaScript; the tables and figures of this page hold the"
        " same.</p></noscript>",
    ]


def absent_html(reason: str) -> list[str]:
    """What stands in place of an explorer where there are no regimes."""
    return [f"<p>{ABSENT}{escape(reason)}.</p>"]


def _introduction(found: Regimes) -> str:
    first, *others = (symbol_math(name) for name in found.symbols)
    listed = ", ".join(others)
    return (
        f"<p>Let {first} = <i>a</i> grow, and {listed} as powers of it. Drag the ring, press arrow"
        " keys, or type exact exponents: the leading terms, the regime, T and the solution follow."
        " Boundaries and their common points hold what comes near them. Hatched regions are free,"
        " dotted ones lazy, plain ones rich.</p>"
    )


def _plane(found: Regimes) -> str:
    axes = " and ".join(shown_axes(found))
    pattern = (
        '<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><path d="M0,0V7"/></pattern>'
        '<pattern id="dots" width="9" height="9" patternUnits="userSpaceOnUse">'
        '<circle cx="3" cy="3" r="1.1"/></pattern>'
    )
    handle = (
        f'<g class="handle" tabindex="0" role="slider" aria-label="Exponents of {escape(axes)};'
        ' arrow keys move, Shift moves further, Home returns" aria-valuenow="0">'
        '<circle r="24" class="reach"/><circle r="11" class="halo"/><circle r="11" class="ring"/>'
        '<path d="M-17,0H-5M5,0H17M0,-17V-5M0,5V17"/></g>'
    )
    return (
        '<svg class="plane" role="group" aria-label="Phase diagram">'
        f"<defs>{pattern}</defs>{handle}</svg>"
    )


def _controls(found: Regimes) -> list[str]:
    base = symbol_math(found.symbols[0])
    rows = []
    for k, name in enumerate(found.symbols):
        if not k:
            continue
        symbol = symbol_math(name)
        rows.append(
            f'<div class="control"><label for="range-{k}">log {symbol} / log {base}</label>'
            f'<input type="range" id="range-{k}" step="any"{_ends(found, k)} />'
            f'<input type="text" id="exponent-{k}" inputmode="text" autocomplete="off"'
            f' spellcheck="false" aria-label="Exact exponent of {escape(name)}"'
            ' aria-describedby="mistake" /></div>'
        )
    return [*rows, '<p class="mistake" id="mistake" role="alert"></p>']


def _ends(found: Regimes, place: int) -> str:
    """Wide limits of a slider; the script narrows them to what the page shows."""
    low = 0 if found.symbols[place] in found.sizes else -100
    return f' min="{low}" max="100" value="1"'


def _places(found: Regimes) -> str:
    buttons = "".join(
        f'<button type="button" data-place="{escape(r.name)}" aria-pressed="false">'
        f"{escape(r.name)}</button>"
        for r in found
    )
    return f'<div class="places" role="group" aria-label="Go to a regime">{buttons}</div>'


def _head() -> Sequence[str]:
    rows = (
        ("where", "conditions"),
        ("T", "clock"),
        ("learning", "learning"),
        ("parameterised", "width"),
    )
    facts = "".join(f'<dt>{name}</dt><dd data-show="{key}"></dd>' for name, key in rows)
    return (
        '<h3>Regime <span class="regime-name"></span></h3>',
        '<p class="warning" role="status"></p>',
        f'<dl class="facts-list">{facts}</dl>',
        '<p class="moves"><small>Boundaries of this regime move with the order; they are drawn'
        " and held where they tend to.</small></p>",
        '<h4 class="terms-name">Leading terms</h4><div class="terms"></div>',
    )


def _pictures() -> Sequence[str]:
    return (
        '<svg class="polygon" role="img"'
        ' aria-label="Terms that can lead; those that lead are larger"></svg>',
        '<div class="choice"><label for="polygon-order">order'
        ' <span class="polygon-order"></span></label>'
        '<input type="range" id="polygon-order" min="0" max="9" step="1" value="2" /></div>',
        '<div class="curve"></div>',
        '<div class="choice curve-choice" hidden><label for="curve">curve'
        ' <span class="curve-name"></span></label>'
        '<input type="range" id="curve" min="0" max="1" step="1" value="0" /></div>',
    )


def _sizes(found: Regimes) -> str:
    fields = "".join(
        f'<label>{symbol_math(name)} = <input type="text" autocomplete="off"'
        f' spellcheck="false" size="7" aria-label="Value of {escape(name)}"'
        f' placeholder="{"64" if name in found.sizes else "1/10"}" /></label>'
        for name in found.symbols
    )
    return (
        '<form class="sizes"><h3>At actual sizes</h3><p>Type numbers to see which terms dominate'
        " the exact coefficients there; a regime counts when its terms make up most of every"
        f' order.</p><div class="fields">{fields}<button type="submit">compare</button></div>'
        '<p class="size-mistake mistake" role="alert"></p></form>'
    )
