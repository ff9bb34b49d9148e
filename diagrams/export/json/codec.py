"""One reader and one writer of JSON documents: text to a checked Struct, plain data to text.

Nothing in a document is opened as a path, and whatever does not fit is refused in one line.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping
from typing import Any, NoReturn, TypeVar, get_args, get_origin

import msgspec
from msgspec import Struct, UnsetType
from msgspec.structs import fields

from diagrams.errors import BadInput
from diagrams.export.json.documents import schema_name
from diagrams.export.json.refusals import fitting, is_struct, members
from diagrams.graphs.diagram import Diagram
from diagrams.polynomials.plain_data import plain_value, polynomial_data
from diagrams.polynomials.polynomial import Polynomial
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


def written(value: Any, kind: Any, sizes: Collection[str] | None = None) -> Any:
    """A value as the plain data of a type of documents.

    A Struct has the attributes that its fields are named for, whatever the keys are called; they
    may stand in a mapping.  A tuple is taken place by place, a method is asked with the ``sizes``.
    Texts are what values print, numbers that are not finite are ``None``.

    >>> from diagrams.export.json.documents.series import Derivative
    >>> from diagrams.polynomials.polynomial import Polynomial
    >>> written(enumerate([Polynomial.constant(2)]), list[Derivative])
    [{'s': 0, 'terms': [{'coefficient': '2', 'powers': {}}]}]
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Polynomial):
        return polynomial_data(value, sizes)
    if isinstance(value, Diagram):
        return diagram_data(value)
    if hasattr(value, "tolist"):  # NumPy's
        return finite(value)
    bases = [base for base, _ in members(kind)]
    for base in bases:
        inner = get_args(base)
        if is_struct(base):
            return value.to_dict() if hasattr(value, "to_dict") else _object(value, base, sizes)
        if get_origin(base) is list:
            return [written(item, inner[0], sizes) for item in value]
        if get_origin(base) is dict:
            items = value.items() if isinstance(value, Mapping) else value
            return {str(name): written(item, inner[1], sizes) for name, item in items}
    if float in bases:
        return finite(value if isinstance(value, int | float) else float(value))
    if int in bases:
        return int(value) if value == int(value) else str(value)
    return str(value)


def _object(value: Any, kind: type[Struct], sizes: Collection[str] | None) -> dict[str, Any]:
    """The same for a Struct; keys that may be missing are where there is nothing to say."""
    found = {}
    for place, field in enumerate(fields(kind)):
        if isinstance(value, tuple):
            part = value[place]
        elif isinstance(value, Mapping):
            part = value[field.name]
        else:
            part = getattr(value, field.name)
        plain = written(part(sizes) if callable(part) else part, field.type, sizes)
        bases = [base for base, _ in members(field.type)]
        if plain not in (None, "") or UnsetType not in bases or type(None) in bases:
            found[field.encode_name] = plain
    return found


def diagram_data(diagram: Diagram) -> dict[str, object]:
    """Return a diagram as plain data: node families, edges with tensor names, legs, formula."""
    return {
        "nodes": [family.name for family in diagram.nodes],
        "edges": [
            {"tensor": edge.tensor.name, "nodes": list(edge.nodes), "copies": copies}
            for edge, copies in diagram.multiplicities().items()
        ],
        "legs": list(diagram.legs),
        "formula": str(diagram),
    }


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
