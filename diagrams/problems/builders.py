"""Problems from Python: the tables of a problem file as arguments, one to one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from diagrams.errors import BadInput
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.files import parse_problem
from diagrams.problems.problem import Problem

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
DEPTH_LIMIT = 8


def polynomial_problem(
    *,
    families: Mapping[str, object],
    tensors: Mapping[str, Mapping[str, object]],
    loss: Mapping[str, object] | Sequence[Mapping[str, object]],
    model: Mapping[str, object] | None = None,
    observables: Mapping[str, str] | None = None,
    title: str | None = None,
    width: str | None = None,
) -> Problem:
    """Return the problem that a problem file with these tables describes.

    Arguments are the tables of :mod:`diagrams.problems.files`, as dictionaries; monomials may be
    texts, integers, fractions or :class:`~diagrams.polynomials.polynomial.Polynomial` values.  The
    problem's ``spec`` is the text of the file, so that everything it makes can be made again.

    Raises :class:`~diagrams.errors.BadInput`, as for a file.

    >>> problem = polynomial_problem(
    ...     families={"unit": "p", "feature": {"size": "N", "index": "i"}},
    ...     tensors={
    ...         "W": {"families": ["unit", "feature"], "role": "trained", "variance": 1},
    ...         "x": {"families": ["feature"], "role": "frozen", "variance": Fraction(1, 2)},
    ...     },
    ...     model={"output": "W[k,i] x[i]", "target": "0"},
    ...     loss={"kind": "squared error", "over": ["k"], "average": ["x"]},
    ... )
    >>> print(problem.observable)
    (1/4) sum[k1;i1] W[k1,i1]^2
    """
    heads = {"title": title, "width": width}
    lines = [f"{key} = {_written(value)}" for key, value in heads.items() if value is not None]
    lines += _table("families", families)
    for name, tensor in tensors.items():
        lines += _table(f"tensors.{_key(name)}", tensor)
    if model is not None:
        lines += _table("model", model)
    if isinstance(loss, Mapping):
        lines += _table("loss", loss)
    else:
        for term in loss:
            lines += _table("loss", term, repeated=True)
    if observables is not None:
        lines += _table("observables", observables)
    return parse_problem("\n".join([*lines, ""]), "arguments")


def _table(name: str, values: Mapping[str, object], repeated: bool = False) -> list[str]:
    if not isinstance(values, Mapping):
        raise BadInput(name, values, "a dictionary")
    head = f"[[{name}]]" if repeated else f"[{name}]"
    return ["", head, *(f"{_key(key)} = {_written(value)}" for key, value in values.items())]


def _key(name: object) -> str:
    if not isinstance(name, str):
        raise BadInput("key", name, "text")
    return name if _BARE.match(name) else _quoted(name)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped) + '"'


def _written(value: object, depth: int = 0) -> str:
    """A value in TOML."""
    if depth > DEPTH_LIMIT:
        raise BadInput("arguments", "deep nesting", f"at most {DEPTH_LIMIT} levels")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Polynomial | Fraction):
        return _quoted(str(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        pairs = (f"{_key(key)} = {_written(item, depth + 1)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_written(item, depth + 1) for item in value) + "]"
    raise BadInput("arguments", value, "texts, integers, fractions, lists and dictionaries")
