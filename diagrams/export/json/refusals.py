"""What does not fit a document, in words: the field, the value, and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import fields

from diagrams.errors import BadInput, Missing, shown
from diagrams.polynomials.plain_data import plain_value

UNFIT = (msgspec.ValidationError, UnicodeEncodeError)
"""What a conversion raises: the second for half a character of UTF-16 in an unknown key."""

_NAMES = {
    "int": "an integer",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "an array",
    "object": "an object",
}
_EXPECTED = re.compile(r"Expected `([^`]+)`(.*)", re.DOTALL)
_D = TypeVar("_D", bound=Struct)


def fitting(data: object, kind: type[_D]) -> _D:
    """Return data as a document; raises :class:`~diagrams.errors.BadInput` where they are none.

    >>> from diagrams.export.json.documents.parts import Term
    >>> fitting({"coefficient": 0.5, "powers": {"p": 2}}, Term)
    Traceback (most recent call last):
        ...
    diagrams.errors.BadInput: coefficient: 0.5 is not allowed; allowed: a text such as '3' or '-1/2'
    """
    try:
        return msgspec.convert(data, kind)
    except UNFIT as error:
        raise _refusal(data, kind, "", str(error)) from None


def _refusal(value: object, kind: Any, field: str, said: str) -> BadInput:
    """What is said of the deepest part of a value that does not fit its type."""
    for part, inner, where in _parts(value, kind, field):
        try:
            msgspec.convert(part, inner)
        except UNFIT as error:
            return _refusal(part, inner, where, str(error))
    for struct, _ in members(kind):
        if not isinstance(value, dict) or not is_struct(struct):
            continue
        known = {found.encode_name: found.required for found in fields(struct)}
        for name in known:
            if known[name] and name not in value:
                return Missing(_joined(field, name), "missing", "a value, it is required")
        for name in value:
            if name not in known and name != "schema":
                return BadInput(field or "JSON", name, f"the keys {', '.join(known)}")
    return BadInput(field or "JSON", plain_value(value), _allowed(kind, said))


def _parts(value: object, kind: Any, field: str) -> Iterator[tuple[object, Any, str]]:
    """The parts of a value, their types, and the names they have in messages."""
    for base, _ in members(kind):
        origin, inner = get_origin(base), get_args(base)
        if isinstance(value, dict) and is_struct(base):
            for found in fields(base):
                name = found.encode_name
                if name in value:
                    yield value[name], found.type, _joined(field, name)
        elif isinstance(value, dict) and origin is dict:
            yield from ((name, inner[0], field) for name in value)
            yield from ((item, inner[1], _joined(field, name)) for name, item in value.items())
        elif isinstance(value, list) and origin is list:
            yield from ((item, inner[0], f"{field}[{k}]") for k, item in enumerate(value))


def _joined(field: str, name: str) -> str:
    key = name if name.isidentifier() else shown(name)
    return f"{field}.{key}" if field else key


def is_struct(base: object) -> bool:
    """Whether a type is one of objects with given keys."""
    return isinstance(base, type) and issubclass(base, Struct)


def members(kind: Any) -> list[tuple[Any, list[Meta]]]:
    """The types of a union, or the only one, and what is said of each beside."""
    base, metas = kind, []
    if get_origin(kind) is Annotated:
        base, *metas = get_args(kind)
    if get_origin(base) in (Union, UnionType):
        return [member for one in get_args(base) for member in members(one)]
    return [(base, metas)]


def _allowed(kind: Any, said: str) -> str:
    """What a type allows, from what msgspec says of a value."""
    names = dict(_NAMES)
    for base, metas in members(kind):
        if get_origin(base) is Literal:
            return " or ".join(map(str, get_args(base)))
        for meta in metas:
            names["str"] = (meta.extra or {}).get("allowed", names["str"])
    expected = _EXPECTED.match(said)
    if expected is None:
        return said.lower()
    words = " or ".join(names.get(name, name) for name in expected[1].split(" | "))
    return words + expected[2].partition(", got")[0].partition(" matching regex")[0]
