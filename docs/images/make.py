"""Draw the pictures of README and documentation, and set the README's formula.

Run ``python docs/images/make.py`` when drawing or print has changed.  Every diagram, coefficient
and legend comes from wickflow; this script only sets them in lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

from diagrams import Diagram, Polynomial, cp_problem, diagram_table, expand
from diagrams.export.pictures.diagram_svg import diagram_svg, legend_svg
from diagrams.export.pictures.picture import NEUTRAL, Legend

HERE = Path(__file__).resolve().parent
README = HERE.parent.parent / "README.md"
SIZE, GAP = 22.0, 7.0
FONT = "Georgia, 'Times New Roman', serif"
MINUS = "\N{MINUS SIGN}"

Piece = tuple[str, float, float]
"""An SVG element with the place ``{x} {y}`` of its upper left corner open, width, height."""


def words(text: str, italic: bool = False, size: float = SIZE) -> Piece:
    style = ' font-style="italic"' if italic else ""
    drawn = (
        f'<text x="{{x}}" y="{{y}}" dy="{0.82 * size:g}" font-size="{size:g}"{style} '
        f'fill="#{NEUTRAL.colour}">{text}</text>'
    )
    return drawn, 0.52 * size * len(text), 1.1 * size


def picture(svg: str) -> Piece:
    """A whole SVG picture, nested."""
    found = re.match(r'<svg [^>]*?width="([0-9.]+)" height="([0-9.]+)"', svg)
    assert found is not None
    placed = svg.strip().replace("<svg ", '<svg x="{x}" y="{y}" ', 1)
    return placed, float(found[1]), float(found[2])


def fraction(value: Fraction) -> Piece:
    """A rational number, upright, as a fraction where it is none."""
    if value.denominator == 1:
        return words(str(value))
    above, below = str(value.numerator), str(value.denominator)
    size = 0.72 * SIZE
    width = 0.56 * size * max(len(above), len(below)) + 4
    paint = f'font-size="{size:g}" text-anchor="middle" fill="#{NEUTRAL.colour}"'
    drawn = (
        f'<svg x="{{x}}" y="{{y}}" width="{width:g}" height="{2.3 * size:g}">'
        f'<text x="{width / 2:g}" y="{0.9 * size:g}" {paint}>{above}</text>'
        f'<path d="M0 {1.15 * size:g}H{width:g}" stroke="#{NEUTRAL.colour}" stroke-width="1.2"/>'
        f'<text x="{width / 2:g}" y="{2.08 * size:g}" {paint}>{below}</text></svg>'
    )
    return drawn, width, 2.3 * size


def drawn_sum(terms: Iterable[tuple[Diagram, Polynomial]], legend: Legend) -> list[Piece]:
    """Coefficient, diagram, coefficient, diagram: largest diagram first."""
    pieces: list[Piece] = []
    for diagram, coefficient in sorted(terms, key=lambda term: -len(term[0].edges)):
        ((_, value),) = coefficient.terms
        sign = MINUS if value < 0 else "+" if pieces else ""
        pieces += [words(sign)] * bool(sign)
        pieces += [fraction(abs(value))] * (abs(value) != 1)
        pieces.append(picture(diagram_svg(diagram, legend)))
    return pieces


def document(lines: Sequence[Sequence[Piece]], title: str, description: str) -> str:
    """Set pieces in lines, centred on the middle of each line."""
    body, top, right = [], 4.0, 0.0
    for line in lines:
        tall = max(height for _, _, height in line)
        left = 6.0
        for drawn, width, height in line:
            x, y = f"{left:g}", f"{top + (tall - height) / 2:g}"
            body.append(drawn.replace("{x}", x, 1).replace("{y}", y, 1))
            left += width + GAP
        right = max(right, left)
        top += tall + 14
    size = f'width="{right:g}" height="{top:g}" viewBox="0 0 {right:g} {top:g}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{FONT}">'
        f"<title>{title}</title><desc>{description}</desc>{''.join(body)}</svg>\n"
    )


def loss_picture() -> str:
    """The loss of the tied CP model of order 4, and the diagrams of its first derivative."""
    problem = cp_problem(order=4, ties="sym")
    legend = Legend(problem.families, problem.tensors)
    table = diagram_table(problem, terms=1)
    first = [(entry.diagram, entry.coefficient) for entry in table.orders[1]]
    equals = words("=")
    lines = [
        [words("L", italic=True), equals, *drawn_sum(problem.observable, legend)],
        [
            words("Y\N{SUBSCRIPT ONE}", italic=True),
            equals,
            words("E", italic=True),
            words("[", size=2 * SIZE),
            *drawn_sum(first, legend),
            words("]", size=2 * SIZE),
        ],
        [picture(legend_svg(problem.families, problem.tensors))],
    ]
    description = (
        "L is one half of a diagram of two hidden and four feature nodes, minus four parallel "
        "edges, plus half a feature node. Its first derivative is the average of three diagrams "
        "with the coefficients " + ", ".join(str(weight) for _, weight in first) + "."
    )
    return document(lines, f"{problem.title}: loss and first derivative", description)


def readme_formula() -> str:
    """The first derivative of the tied CP model of order 4, as GitHub shows mathematics."""
    lines = expand(cp_problem(order=4, ties="sym"), terms=1).to_latex()
    first = lines[lines.index("Y_{1}") :].strip()
    return f"```math\n\\begin{{aligned}}\n{first}\n\\end{{aligned}}\n```\n"


def main() -> None:
    """Write all pictures beside this script, and the formula into the README."""
    (HERE / "loss.svg").write_text(loss_picture(), encoding="utf-8", newline="\n")
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition("```math\n")
    after = rest.partition("```\n")[2]
    README.write_text(before + readme_formula() + after, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
