"""What plots of curves share: words, and numbers as SVG writes them."""

from __future__ import annotations

from diagrams.export.pictures.diagram_svg import escape


def words_svg(
    x: float, y: float, text: str, anchor: str = "middle", size: float = 12, style: str = ""
) -> str:
    """Return a line of text at a place; ``style`` is a font style such as ``italic``."""
    slanted = f' font-style="{style}"' if style else ""
    return (
        f'<text x="{number_svg(x)}" y="{number_svg(y)}" text-anchor="{anchor}"'
        f' font-size="{number_svg(size)}"{slanted}>{escape(text)}</text>'
    )


def number_svg(value: float) -> str:
    """Return a coordinate with two decimals at most.

    >>> number_svg(1.50), number_svg(-0.001)
    ('1.5', '0')
    """
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")
