"""What a user names a problem by: a preset, the path of a problem file, or its text.

A *preset* is ``cp:`` and then settings ``key=value`` with commas between them::

    cp:order=4,ties=2+1+1,target=identity,scale=c,decay=1/10

Only ``order`` is required; what the others mean is said by
:func:`diagrams.problems.cp.cp_problem`.
"""

from __future__ import annotations

import os
import re

from diagrams.errors import BadInput
from diagrams.problems.cp import ORDER_LIMIT, CPProblem, cp_problem
from diagrams.problems.files import parse_problem, read_problem
from diagrams.problems.problem import Problem

PREFIX = "cp:"
PRESET_LIMIT = 500
KEYS = ("order", "ties", "target", "scale", "decay")


def load_problem(spec: str | os.PathLike[str]) -> Problem:
    """Return the problem that ``spec`` names.

    Text that begins with ``cp:`` is a preset; other text with a line break in it is a problem
    file's own text (as exports store it); anything else is the path of a problem file.

    Raises :class:`~diagrams.errors.BadInput`.

    >>> load_problem("cp:order=2,ties=asym").title
    'CP model of order 2, no slots tied, identity target'
    >>> load_problem("nowhere.toml")
    Traceback (most recent call last):
        ...
    diagrams.errors.BadInput: spec: 'nowhere.toml' is not allowed; allowed: a preset such as \
cp:order=4,ties=sym, or the path of a TOML problem file (there is no such file)
    """
    allowed = f"a preset such as {PREFIX}order=4,ties=sym, or the path of a TOML problem file"
    if isinstance(spec, str):
        if spec.startswith(PREFIX):
            return parse_preset(spec)
        if "\n" in spec:
            return parse_problem(spec)
        if not spec:
            raise BadInput("spec", spec, allowed)
        if "\0" not in spec and not os.path.lexists(spec):
            raise BadInput("spec", spec, f"{allowed} (there is no such file)")
    elif not isinstance(spec, os.PathLike):
        raise BadInput("spec", type(spec).__name__, allowed)
    return read_problem(spec)


def parse_preset(text: str) -> CPProblem:
    """Return the CP problem of a preset such as ``cp:order=4,ties=sym,target=identity``.

    Raises :class:`~diagrams.errors.BadInput` for what is no preset, for unknown, repeated or
    empty settings, a missing order, and whatever :func:`~diagrams.problems.cp.cp_problem`
    refuses.

    >>> parse_preset("cp:order=3,ties=2+1,scale=1/2").spec
    'cp:order=3,ties=2+1,target=identity,scale=1/2'
    """
    settings = _settings(text)
    order = settings.pop("order")
    if not re.fullmatch("[0-9]{1,4}", order):
        allowed = f"an integer from 2 to {ORDER_LIMIT}"
        if order in ("even", "odd"):
            allowed += "; order=even and order=odd are for `wickflow regimes` only"
        raise BadInput("order", order, allowed)
    return cp_problem(order=int(order), **settings)


def _settings(text: str) -> dict[str, str]:
    """The settings of a preset by key; every value is a non-empty text."""
    allowed = f"{PREFIX} and then key=value pairs with commas, such as {PREFIX}order=4,ties=sym"
    if not text.startswith(PREFIX) or not text.isascii() or len(text) > PRESET_LIMIT:
        raise BadInput("preset", text, f"{allowed}, at most {PRESET_LIMIT} ASCII characters")
    settings: dict[str, str] = {}
    for piece in text.removeprefix(PREFIX).split(","):
        key, equals, value = piece.partition("=")
        if not equals:
            raise BadInput("preset", piece, allowed)
        if key not in KEYS:
            raise BadInput("preset", key, f"the keys {', '.join(KEYS)}")
        if key in settings:
            raise BadInput("preset", f"{key} twice", "every key once")
        if not value:
            raise BadInput(key, value, "a value after the equals sign")
        settings[key] = value
    if "order" not in settings:
        raise BadInput("preset", text, f"{PREFIX}order=.., the order is required")
    return settings
