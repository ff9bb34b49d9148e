"""What a user names a problem by: a preset, the path of a problem file, or its text.

A *preset* is ``cp:`` and then settings ``key=value`` with commas between them::

    cp:order=4,ties=2+1+1,target=identity,scale=c,decay=1/10

Only ``order`` is required; what the others mean is said by
:func:`diagrams.problems.cp.cp_problem`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

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
        if spec.startswith(PREFIX) or "\n" in spec:
            return embedded_problem(spec)
        if not spec:
            raise BadInput("spec", spec, allowed)
        if "\0" not in spec and not os.path.lexists(spec):
            raise BadInput("spec", spec, f"{allowed} (there is no such file)")
    elif not isinstance(spec, os.PathLike):
        raise BadInput("spec", type(spec).__name__, allowed)
    return read_problem(spec)


def embedded_problem(spec: str, field: str = "spec") -> Problem:
    """Return the problem of a preset or of a problem file's text, as exports store it.

    Opens no file: what neither is a preset nor has a line break is refused.

    Raises :class:`~diagrams.errors.BadInput`.
    """
    if spec.startswith(PREFIX):
        return parse_preset(spec)
    if "\n" in spec:
        return parse_problem(spec)
    raise BadInput(field, spec, f"a preset, {PREFIX}.., or the text of a problem file")


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


@dataclass(frozen=True, slots=True)
class PresetFamily:
    """The presets that differ in their order only: ``cp:order=even,ties=sym`` and the like.

    ``settings`` are those besides order and ties, as texts.
    """

    parity: str
    ties: str
    settings: tuple[tuple[str, str], ...] = ()

    def problem(self, order: int) -> CPProblem:
        """The member of one order; raises :class:`~diagrams.errors.BadInput`."""
        return cp_problem(order=order, ties=self.ties, **dict(self.settings))

    @property
    def orders(self) -> tuple[int, ...]:
        """The orders of the members, lowest first."""
        return tuple(range(2 if self.parity == "even" else 3, ORDER_LIMIT + 1, 2))

    @property
    def spec(self) -> str:
        """The preset that gives the family again."""
        given = (("order", self.parity), ("ties", self.ties), *self.settings)
        return PREFIX + ",".join(f"{key}={value}" for key, value in given)


def parse_family(text: str) -> PresetFamily | None:
    """Return the family of a preset with ``order=even`` or ``order=odd``; else ``None``.

    Raises :class:`~diagrams.errors.BadInput` for ties that are not the same at every order.

    >>> parse_family("cp:order=even,ties=asym").problem(4).title
    'CP model of order 4, no slots tied, identity target'
    """
    if not re.search("[:,]order=(even|odd)(,|$)", text) or not text.startswith(PREFIX):
        return None
    settings = _settings(text)
    parity, ties = settings.pop("order"), settings.pop("ties", "sym")
    if ties not in ("sym", "asym"):
        raise BadInput("ties", ties, f"sym or asym, where order={parity}")
    family = PresetFamily(parity, ties, tuple(settings.items()))
    family.problem(family.orders[0])
    return family


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
