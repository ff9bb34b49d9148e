"""What documents have in common, as values: problems, evidence, polynomials, orders."""

from __future__ import annotations

import math
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Protocol, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from diagrams.errors import BadInput, Missing
from diagrams.evidence import Evidence, Kind
from diagrams.export.json.documents import parts
from diagrams.polynomials.average_symbols import AverageSymbol, AverageTable, average_from_data
from diagrams.polynomials.plain_data import plain_value, polynomial_from_data
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.problems.spec import embedded_problem
from diagrams.series.cumulants import cumulant_problem, cumulant_texts

ORDER_LIMIT = 200
"""The highest order of an expansion, and so the highest that can have been checked."""

LARGEST = sys.float_info.max
_T = TypeVar("_T")


class _Order(Protocol):
    @property
    def s(self) -> int: ...


_O = TypeVar("_O", bound=_Order)


def problem_of(data: Mapping[str, object]) -> Problem:
    """The problem that a document is about, with its observable; none is the loss.

    Its preset or its text is read; what else the document says of it has to agree.
    """
    spec, text = data.get("spec"), data.get("observable")
    if not isinstance(spec, str):
        raise BadInput("problem.spec", plain_value(spec), "a preset, or the text of a problem file")
    problem = embedded_problem(spec, "problem.spec")
    if text is not None:
        several = cumulant_texts(str(text))
        problem = (
            problem.with_observable(str(text))
            if several is None
            else cumulant_problem(problem, several)
        )
    for name, known in problem.to_dict().items():
        if name != "spec" and data.get(name, known) != known:
            raise BadInput(f"problem.{name}", plain_value(data[name]), f"{known}, as its spec says")
    return problem


def evidence_of(
    given: parts.Evidence, last: int = ORDER_LIMIT, field: str = "evidence"
) -> Evidence:
    """The evidence of a document, marked as claimed by it.

    ``last`` is the highest order that can have been checked.
    """
    checked = None if given.checked_to is UNSET else given.checked_to
    if checked is not None:
        checked = whole(checked, f"{field}.checked_to", last)
    return Evidence(Kind(given.kind), given.statement, checked).as_claimed()


def orders(listed: Sequence[_O], field: str) -> Sequence[_O]:
    """The orders 0, 1, .. of one problem, at least the first."""
    for s, item in enumerate(listed):
        if item.s != s:
            raise BadInput(f"{field}[{s}].s", item.s, str(s))
    if not 1 <= len(listed) <= ORDER_LIMIT + 1:
        raise BadInput(field, f"{len(listed)} orders", f"1 to {ORDER_LIMIT + 1}, order 0 first")
    return listed


def polynomial_of(
    terms: Sequence[parts.Term],
    field: str,
    symbols: Collection[str] | None = None,
    averages: AverageTable | None = None,
) -> Polynomial:
    """The polynomial, which may have no other than some symbols and averages."""
    return polynomial_from_data(msgspec.to_builtins(terms), field, symbols, averages)


def averages_of(listed: Sequence[parts.Part] | UnsetType, problem: Problem | None) -> AverageTable:
    """The symbols of averages that a document defines, by their texts."""
    symbols = None if problem is None else problem.coefficient_symbols
    found: dict[str, AverageSymbol] = {}
    for place, item in enumerate([] if listed is UNSET else listed):
        field = f"averages[{place}]"
        known = average_from_data(msgspec.to_builtins(item), field, symbols)
        if known in found or known in (symbols or ()):
            raise BadInput(f"{field}.symbol", str(known), "a symbol of its own for every average")
        found[str(known)] = known
    return found


def made(cls: type[_T], given: Struct, **own: object) -> _T:
    """A value of the attributes that a part of a document has, and some of its ``own``.

    Lists become tuples, objects pairs; what the document leaves out has its default.
    """
    known = {field.name: getattr(given, field.name) for field in structs.fields(given)}
    named = [field.name for field in fields(cls) if field.name not in own]  # type: ignore[arg-type]
    taken = {n: _frozen(known[n]) for n in named if known.get(n, UNSET) is not UNSET}
    return cls(**taken, **own)


def _frozen(value: object) -> object:
    if isinstance(value, Struct):
        value = structs.astuple(value)
    elif isinstance(value, dict):
        value = list(value.items())
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def there(value: _T | UnsetType, field: str) -> _T:
    """What a document of another shape lacks."""
    if isinstance(value, UnsetType):
        raise Missing(field, "missing", "a value, it is required")
    return value


def whole(value: float, field: str, most: int, least: int = 0) -> int:
    """An integer in a range."""
    if value == int(value) and least <= value <= most:
        return int(value)
    raise BadInput(field, value, f"an integer from {least} to {most}")


def same(
    document: Struct | Mapping[str, object], known: Mapping[str, object], why: str, field: str = ""
) -> None:
    """Refuse what a document says where something else follows; nothing said is no lie."""
    given = msgspec.to_builtins(document)
    for key, value in known.items():
        if key in given and not alike(given[key], value):
            name = f"{field}.{key}" if field else key
            raise BadInput(name, plain_value(given[key]), f"what {why}")


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
    if isinstance(given, float) and isinstance(known, int) and not isinstance(known, bool):
        return given == known
    alike_in_kind = isinstance(known, str) or type(given) is type(known)
    return alike_in_kind and given == known
