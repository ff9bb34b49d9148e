"""One reader and one writer of JSON documents: text to a checked Struct, plain data to text.

Nothing in a document is opened as a path, and whatever does not fit is refused in one line.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

import msgspec
from msgspec import Struct

from diagrams.errors import BadInput
from diagrams.export.json.documents import schema_name
from diagrams.export.json.refusals import fitting
from diagrams.polynomials.plain_data import plain_value
from diagrams.problems.problem import Problem
from diagrams.provenance import stamp

TEXT_LIMIT = 500_000_000
LONGEST = 308
"""Digits of an integer, which have to make a double; exact numbers are texts."""

_TERM = re.compile(r'\{\s+"coefficient": "[^"]*",\s+"powers": \{[^{}"]*("[^"]*"[^{}"]*)*\}\s+\}')
_D = TypeVar("_D", bound=Struct)

# -- writing ------------------------------------------------------------------------------


def document(
    kind: type[Struct],
    content: Mapping[str, object],
    problem: Problem | None = None,
    command: str | None = None,
    seed: int | None = None,
) -> dict[str, object]:
    """The plain data of a document: its schema, its problem, what it says, and what made it.

    Raises :class:`~diagrams.errors.BadInput` for numbers that no document holds.
    """
    data: dict[str, Any] = {"schema": schema_name(kind)}
    if problem is not None:
        data["problem"] = problem.to_dict()
    data |= content
    if problem is not None:
        data["provenance"] = stamp(problem.spec, command, seed)
    plain: dict[str, object] = msgspec.to_builtins(data, enc_hook=_plain)
    fitting(plain, kind)  # numbers of NumPy are plain ones by now
    return plain


def _plain(value: Any) -> object:
    """Arrays of NumPy as lists, sentences as text."""
    return str(value) if isinstance(value, str) else value.tolist()


def json_lines(data: Mapping[str, object]) -> str:
    """Return data as JSON text, indented, every term of a polynomial on one line."""
    text = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    return _TERM.sub(lambda term: re.sub(r"\s+", " ", term[0]), text)


def json_rows(data: Mapping[str, object]) -> str:
    """Return data as JSON text: a line for every key, and for every row of a table."""
    return (
        "{\n"
        + ",\n".join(f" {_line(key)}: {_rows(value)}" for key, value in data.items())
        + "\n}\n"
    )


def _rows(value: object) -> str:
    if isinstance(value, dict) and "schema" in value:
        return json_rows(value).strip()
    if isinstance(value, list) and any(isinstance(item, list | dict) for item in value):
        return "[\n  " + ",\n  ".join(map(_line, value)) + "\n ]"
    return _line(value)


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def finite(value: Any) -> Any:
    """Numbers with ``None`` in place of those that JSON has no word for, in lists and arrays too.

    >>> finite([1.0, math.inf, None])
    [1.0, None, None]
    """
    if hasattr(value, "tolist"):  # NumPy's
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value if value is not None and math.isfinite(value) else None


# -- reading ------------------------------------------------------------------------------


def read(text: object, *kinds: type[_D]) -> _D:
    """Return the document of one of some kinds that a JSON text holds.

    Raises :class:`~diagrams.errors.BadInput`, also for keys given twice, and for numbers and
    constants that JSON or a double does not have.

    >>> from diagrams.export.json.documents import Levels
    >>> read('{"schema": "a", "x": 1, "x": 2}', Levels)
    Traceback (most recent call last):
        ...
    diagrams.errors.BadInput: JSON: '{"schema": "a", "x": 1, "x": 2}' is not allowed; allowed: \
well-formed JSON ('x' is given twice)
    >>> read('{"schema": "wickflow.levels/1", "symbol": "N", "scaling": {}}', Levels)
    Traceback (most recent call last):
        ...
    diagrams.errors.BadInput: scaling: 'an object' is not allowed; allowed: an array
    """
    if not isinstance(text, str):
        raise BadInput("JSON", type(text).__name__, "text")
    if len(text) > TEXT_LIMIT:
        raise BadInput("JSON", f"{len(text)} characters", f"at most {TEXT_LIMIT}")
    try:
        data = json.loads(
            text,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_whole,
            object_pairs_hook=_once,
        )
    except RecursionError:
        raise BadInput("JSON", text[:40], "arrays and objects nested a few levels") from None
    except ValueError as error:
        raise BadInput("JSON", text[:40], f"well-formed JSON ({str(error)[:80]})") from None
    if not isinstance(data, dict):
        raise BadInput("JSON", plain_value(data), "an object")
    for kind in kinds:
        if data.get("schema") == schema_name(kind):
            return fitting(data, kind)
    known = " or ".join(map(schema_name, kinds))
    raise BadInput("schema", plain_value(data.get("schema")), known)


def _no_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _finite(number: str) -> float:
    found = float(number)
    if math.isinf(found):
        raise ValueError(f"{number[:20]} is too large")
    return found


def _whole(number: str) -> int:
    if len(number) > LONGEST:
        raise ValueError(f"{number[:20]} is too large")
    return int(number)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice[:20]!r} is given twice")
    return found
