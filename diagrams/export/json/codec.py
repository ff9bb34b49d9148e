"""One reader and one writer of JSON documents: text to a checked Struct, plain data to text.

Nothing in a document is opened as a path, and whatever does not fit is refused in one line.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Literal, NoReturn, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import fields

from diagrams.errors import BadInput, Missing, shown
from diagrams.export.json.documents import schema_name
from diagrams.polynomials.plain_data import plain_value
from diagrams.problems.problem import Problem
from diagrams.provenance import stamp

TEXT_LIMIT = 500_000_000
_TERM = re.compile(r'\{\s+"coefficient": "[^"]*",\s+"powers": \{[^{}"]*("[^"]*"[^{}"]*)*\}\s+\}')
_D = TypeVar("_D", bound=Struct)
_UNFIT = (msgspec.ValidationError, UnicodeEncodeError)
"""What a conversion raises: the second for half a character of UTF-16 in an unknown key."""

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
    data: dict[str, object] = {"schema": schema_name(kind)}
    if problem is not None:
        data["problem"] = problem.to_dict()
    data |= content
    if problem is not None:
        data["provenance"] = stamp(problem.spec, command, seed)
    _converted(data, kind)
    return data


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
            text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_once
        )
    except RecursionError:
        raise BadInput("JSON", text[:40], "arrays and objects nested a few levels") from None
    except ValueError as error:
        raise BadInput("JSON", text[:40], f"well-formed JSON ({str(error)[:80]})") from None
    if not isinstance(data, dict):
        raise BadInput("JSON", plain_value(data), "an object")
    for kind in kinds:
        if data.get("schema") == schema_name(kind):
            return _converted(data, kind)
    known = " or ".join(map(schema_name, kinds))
    raise BadInput("schema", plain_value(data.get("schema")), known)


def _no_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _finite(number: str) -> float:
    found = float(number)
    if math.isinf(found):
        raise ValueError(f"{number[:20]} is too large")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice[:20]!r} is given twice")
    return found


def _converted(data: object, kind: type[_D]) -> _D:
    try:
        return msgspec.convert(data, kind)
    except _UNFIT:
        raise _refusal(data, kind, "") from None


def _refusal(value: object, kind: Any, field: str) -> BadInput:
    """What is said of the deepest part of a value that does not fit its type."""
    for part, inner, where in _parts(value, kind, field):
        try:
            msgspec.convert(part, inner)
        except _UNFIT:
            return _refusal(part, inner, where)
    base, metas = _plain(kind)
    if isinstance(value, dict):
        for struct in (one for one in _members(base) if _is_struct(one)):
            known = {found.encode_name: found for found in fields(struct)}
            for name in known.keys() - value.keys():
                if known[name].required:
                    where = f"{field}.{name}" if field else name
                    return Missing(where, "missing", "a value, it is required")
            unknown = next((n for n in value if n not in known and n != "schema"), None)
            if unknown is not None:
                return BadInput(field or "JSON", unknown, f"the keys {', '.join(known)}")
    return BadInput(field or "JSON", plain_value(value), _words(base, metas))


def _parts(value: object, kind: Any, field: str) -> Iterator[tuple[object, Any, str]]:
    """The parts of a value, their types, and the names they have in messages."""
    for base in _members(_plain(kind)[0]):
        origin, words = get_origin(base), get_args(base)
        if isinstance(value, dict) and _is_struct(base):
            for found in fields(base):
                name = found.encode_name
                if name in value:
                    yield value[name], found.type, f"{field}.{name}" if field else name
        elif isinstance(value, dict) and origin is dict:
            yield from ((name, words[0], field) for name in value)
            yield from ((item, words[1], f"{field}.{_name(n)}") for n, item in value.items())
        elif isinstance(value, list) and origin is list:
            yield from ((item, words[0], f"{field}[{k}]") for k, item in enumerate(value))


def _name(key: str) -> str:
    return key if key.isidentifier() else shown(key)


def _plain(kind: Any) -> tuple[Any, list[Meta]]:
    """A type, and what is said of it beside."""
    if get_origin(kind) is Annotated:
        base, *metas = get_args(kind)
        return base, metas
    return kind, []


def _members(base: Any) -> tuple[Any, ...]:
    """The types of a union."""
    if get_origin(base) in (Union, UnionType):
        return tuple(_plain(one)[0] for one in get_args(base))
    return (base,)


def _is_struct(base: object) -> bool:
    return isinstance(base, type) and issubclass(base, Struct)


def _words(base: Any, metas: list[Meta]) -> str:
    """What a type allows, in words."""
    if get_origin(base) in (Union, UnionType):
        several = (_words(*_plain(one)) for one in get_args(base) if one is not msgspec.UnsetType)
        return " or ".join(dict.fromkeys(several))
    if get_origin(base) is Literal:
        return " or ".join(map(str, get_args(base)))
    for meta in metas:
        if meta.extra:
            return str(meta.extra["allowed"])
    names = {int: "an integer", float: "a number", str: "text", bool: "true or false"}
    word = "an array" if get_origin(base) in (list, tuple) else names.get(base, "an object")
    word = "null" if base is type(None) else word
    low, high = (
        next((found for m in metas if (found := getattr(m, n)) is not None), None)
        for n in ("ge", "le")
    )
    if low is not None and abs(low) < 1e300:
        word += f" from {low}"
    if high is not None and abs(high) < 1e300:
        word += f" to {high}"
    if any(meta.min_length or meta.max_length for meta in metas):
        word += ", neither too short nor too long"
    return word
