"""Documents read back: text to checked values, one refusal in one line for all else.

A document speaks of the problem whose preset or text it holds; nothing in it is opened as a path.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.polynomials.plain_data import array_at, object_at, plain_value, rational_at
from diagrams.problems.problem import Problem
from diagrams.problems.spec import embedded_problem
from diagrams.series.cumulants import cumulant_problem, cumulant_texts

TEXT_LIMIT = 500_000_000
LINE_LIMIT = 10**6
ORDER_LIMIT = 200
"""The highest order of an expansion, and so the highest that can have been checked."""

NUMBER_LIMIT = 1e300
LARGEST = sys.float_info.max


def document_at(text: object, *schemas: str) -> Mapping[str, Any]:
    """Return the object that a JSON text holds, if it is of one of the schemas.

    Raises :class:`~diagrams.errors.BadInput`, also for keys given twice, and for numbers and
    constants that JSON or a double does not have.

    >>> document_at('{"schema": "a", "x": 1, "x": 2}', "a")
    Traceback (most recent call last):
        ...
    diagrams.errors.BadInput: JSON: '{"schema": "a", "x": 1, "x": 2}' is not allowed; allowed: \
well-formed JSON ('x' is given twice)
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
    document = object_at(data, "JSON")
    if document.get("schema") not in schemas:
        raise BadInput("schema", plain_value(document.get("schema")), " or ".join(schemas))
    return document


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


def problem_at(document: Mapping[str, Any]) -> Problem:
    """The problem that a document is about, with its observable; none is the loss.

    Its preset or its text is read; what else the document says of it has to agree.
    """
    data = object_at(document.get("problem"), "problem")
    spec = data.get("spec")
    if not isinstance(spec, str):
        raise BadInput("problem.spec", plain_value(spec), "a preset, or the text of a problem file")
    problem = embedded_problem(spec, "problem.spec")
    text = data.get("observable")
    if text is not None:
        if not isinstance(text, str):
            raise BadInput("problem.observable", plain_value(text), "the text of an observable")
        several = cumulant_texts(text)
        problem = (
            problem.with_observable(text) if several is None else cumulant_problem(problem, several)
        )
    for name, known in problem.to_dict().items():
        if name != "spec" and data.get(name, known) != known:
            raise BadInput(f"problem.{name}", plain_value(data[name]), f"{known}, as its spec says")
    return problem


def evidence_at(data: object, last: int = ORDER_LIMIT, field: str = "evidence") -> Evidence:
    """Return the evidence of a document, marked as claimed by it.

    ``last`` is the highest order that can have been checked.
    """
    given = object_at(data, field)
    kinds = [kind.value for kind in Kind]
    if given.get("kind") not in kinds:
        raise BadInput(f"{field}.kind", plain_value(given.get("kind")), " or ".join(kinds))
    statement = line_at(given.get("statement"), f"{field}.statement")
    checked = given.get("checked_to")
    if checked is not None:
        checked = whole_at(checked, f"{field}.checked_to", last)
    return Evidence(Kind(given["kind"]), statement, checked).as_claimed()


def orders_at(document: Mapping[str, Any], field: str) -> list[Mapping[str, Any]]:
    """The objects of the orders 0, 1, .. of one problem, at least the first."""
    found = []
    for s, item in enumerate(array_at(document.get(field), field)):
        where = f"{field}[{s}]"
        if rational_at(object_at(item, where).get("s"), f"{where}.s") != s:
            raise BadInput(f"{where}.s", plain_value(item["s"]), str(s))
        found.append(item)
    if not 1 <= len(found) <= ORDER_LIMIT + 1:
        raise BadInput(field, f"{len(found)} orders", f"1 to {ORDER_LIMIT + 1}, order 0 first")
    return found


def whole_at(value: object, field: str, most: int, least: int = 0) -> int:
    """Return an integer in range."""
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise BadInput(field, plain_value(value), f"an integer from {least} to {most}")


def real_at(
    value: object, field: str, least: float = -NUMBER_LIMIT, most: float = NUMBER_LIMIT
) -> float:
    """Return a number in range as a float."""
    if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most:
        return float(value)
    bounds = (
        "" if (least, most) == (-NUMBER_LIMIT, NUMBER_LIMIT) else f" from {least:g} to {most:g}"
    )
    raise BadInput(field, plain_value(value), f"a number{bounds}")


def line_at(value: object, field: str) -> str:
    """Return one line of text, which may be empty."""
    if isinstance(value, str) and len(value) <= LINE_LIMIT and value.isprintable():
        return value
    raise BadInput(field, plain_value(value), "one line of text")


def flag_at(value: object, field: str) -> bool:
    """Return ``true`` or ``false``."""
    if isinstance(value, bool):
        return value
    raise BadInput(field, plain_value(value), "true or false")


def same_at(
    document: Mapping[str, Any], key: str, known: object, why: str, field: str = ""
) -> None:
    """Refuse what a document says where something else follows; nothing said is no lie."""
    if key in document and not alike(document[key], known):
        raise BadInput(field or key, plain_value(document[key]), f"what {why}")


def alike(given: object, known: object) -> bool:
    """Whether two plain values are the same, floating-point numbers up to rounding."""
    if isinstance(known, float) and isinstance(given, int | float) and not isinstance(given, bool):
        return abs(given) <= LARGEST and math.isclose(given, known, rel_tol=1e-9)
    if isinstance(known, Mapping):
        return (
            isinstance(given, Mapping)
            and given.keys() == known.keys()
            and all(alike(given[key], value) for key, value in known.items())
        )
    if isinstance(known, Sequence) and not isinstance(known, str):
        return (
            isinstance(given, list) and len(given) == len(known) and all(map(alike, given, known))
        )
    return type(given) is type(known) and given == known
