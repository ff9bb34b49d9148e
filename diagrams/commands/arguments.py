"""Arguments that several commands share, read and checked."""

from __future__ import annotations

import argparse
import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from diagrams.commands.output import note
from diagrams.errors import BadInput

if TYPE_CHECKING:
    from diagrams.problems.problem import Problem

_ASSIGNMENT = re.compile(r"([A-Za-z][A-Za-z0-9_]{0,30})=(.{1,100})", re.DOTALL)
SECONDS = 10
"""The default of ``--within``, that of :data:`diagrams.scaling.regimes.exploration.BUDGET`."""

SECONDS_LIMIT = 10**6
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
_FRACTION = re.compile(r"[+-]?[0-9]{1,40}/0*[1-9][0-9]{0,39}")


def add_spec(command: argparse.ArgumentParser) -> None:
    """Add the problem that a command is about."""
    command.add_argument("spec", metavar="SPEC", help="a preset or a problem file")


def read_problem(chosen: argparse.Namespace) -> Problem:
    """The problem that a command is about, with a note on what its text may not have meant."""
    from diagrams.problems.losses import ALONE
    from diagrams.problems.spec import load_problem

    problem = load_problem(chosen.spec)
    if alone := dict(problem.facts).get(ALONE):
        note(f"each summed over the one entry in which it stands: {alone}")
    return problem


def add_terms(command: argparse.ArgumentParser, default: int, given: bool = False) -> None:
    """Add ``--terms``, the highest order; with ``given`` it is ``None`` where it is left out."""
    value = None if given else str(default)
    command.add_argument(
        "--terms", metavar="S", default=value, help=f"highest order (default {default})"
    )


def read_order(text: str) -> int:
    """The value of ``--terms``; raises ``BadInput``."""
    from diagrams.series.expansion import TERMS_LIMIT, check_terms

    return check_terms(read_count("terms", text, 0, TERMS_LIMIT))


def read_count(field: str, text: str, least: int = 0, most: int = 10**18, other: str = "") -> int:
    """The value of an option that counts something; raises ``BadInput``.

    ``other`` is what the option takes beside numbers.

    >>> read_count("seeds", "8")
    8
    """
    if text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most:
        return int(text)
    bound = f" to {most}" if most < 10**18 else " on"
    raise BadInput(field, text, f"an integer from {least}{bound}{other and f', or {other}'}")


def read_folder(field: str, name: str) -> Path:
    """The value of an option that names a directory; raises ``BadInput``."""
    if not name:
        raise BadInput(field, name, "the name of a directory; . for the one you are in")
    return Path(name)


def read_number(field: str, text: str) -> Fraction:
    """An exact decimal or a fraction; raises ``BadInput``.

    >>> read_number("until", "0.25")
    Fraction(1, 4)
    >>> read_number("at", "1e-1")
    Fraction(1, 10)
    """
    if not _is_number(text):
        raise BadInput(
            field, text, "an exact decimal or a fraction, such as 2, -0.75, 1e-3 or 1/50"
        )
    return Fraction(text)


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text) or _FRACTION.fullmatch(text))


def read_values(field: str, text: str | None) -> dict[str, Fraction]:
    """Numbers by name, as in ``--at p=64,sigma=1/50``, none without it; raises ``BadInput``.

    >>> read_values("at", "p=64,sigma=1/50")
    {'p': Fraction(64, 1), 'sigma': Fraction(1, 50)}
    """
    pairs = [] if text is None else _assigned(field, text)
    return {name: read_number(f"{field}, {name}", value) for name, value in pairs}


def read_assignments(field: str, text: str) -> dict[str, Fraction | str]:
    """Numbers or formulas by name, as in ``--levels d=1,n=alpha*d``; raises ``BadInput``.

    >>> read_assignments("levels", "d=1,n=alpha*d")
    {'d': Fraction(1, 1), 'n': 'alpha*d'}
    """
    return {
        name: Fraction(value) if _is_number(value) else value
        for name, value in _assigned(field, text)
    }


def read_texts(field: str, text: str) -> dict[str, str]:
    """Texts by name, as in ``--symbols p=d,H=m``; raises ``BadInput``."""
    return dict(_assigned(field, text))


def _assigned(field: str, text: str) -> list[tuple[str, str]]:
    """Names and values of ``name=value`` pairs, every name once."""
    pairs: list[tuple[str, str]] = []
    for piece in text.split(","):
        found = _ASSIGNMENT.fullmatch(piece.strip())
        if found is None:
            raise BadInput(field, piece, "name=value pairs with commas, such as p=64,sigma=1/50")
        name, value = found.groups()
        if name in dict(pairs):
            raise BadInput(field, f"{name} twice", "every name once")
        pairs.append((name, value))
    return pairs


def add_search(command: argparse.ArgumentParser) -> None:
    """Add ``--terms`` without a default, and ``--within`` for what to do then."""
    command.add_argument(
        "--terms", metavar="S", help="highest order (default: as high as needed, see --within)"
    )
    command.add_argument(
        "--within",
        metavar="SECONDS",
        help="without --terms, the order is raised until a law of the front is confirmed, but"
        " none is begun that is not expected to end in this time, nor followed for twice as long"
        f" (default {SECONDS})",
    )


def read_seconds(text: str) -> float:
    """The value of ``--within``; raises ``BadInput``."""
    seconds = read_number("within", text)
    if not 0 < seconds <= SECONDS_LIMIT:
        raise BadInput("within", text, f"a time in seconds, above 0 and at most {SECONDS_LIMIT}")
    return float(seconds)
