"""The documents that are written and read back: one Struct each, which is its JSON Schema too.

A document is named for its class: ``OpenSeries`` is ``wickflow.open_series/1``. ``null`` in place
of a number stands for one that is infinite or not known; keys that may be missing are ``UNSET``.
What is said of a key stands beside it, or in the docstring of its class.
"""

from __future__ import annotations

import inspect
import re
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from diagrams.errors import BadInput
from diagrams.export.json.documents.dynamics import ClosedSystem, MeanField, Solution, Solved
from diagrams.export.json.documents.parts import Document, Part, Provenance, said
from diagrams.export.json.documents.problem_file import ProblemFile
from diagrams.export.json.documents.scaling import Fronts, Parameterisation, Regimes
from diagrams.export.json.documents.series import (
    Descent,
    Diagrams,
    Expansion,
    Levels,
    OpenSeries,
)
from diagrams.export.json.documents.trials import Agreement, Check, Simulation

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_NOTE = re.compile(r"^(\w+): (.+)", re.MULTILINE)


class Report(Document, kw_only=True):
    """The data of a report: expansion, diagrams and regimes of one problem.

    Where no regimes follow it has the fronts and the reason.  A loss that averages functions over
    inputs has closed equations, and nothing else is there.
    """

    expansion: Expansion | UnsetType = UNSET
    diagrams: Diagrams | UnsetType = UNSET
    closed_system: ClosedSystem | UnsetType = UNSET
    regimes: Regimes | UnsetType = UNSET
    fronts: Fronts | UnsetType = UNSET
    refusal: Annotated[str | UnsetType, said("why no regimes follow from these fronts")] = UNSET
    solutions: list[Solved] | UnsetType = UNSET
    provenance: Provenance


DOCUMENTS: dict[str, type[Struct]] = {
    "expansion": Expansion,
    "descent": Descent,
    "open_series": OpenSeries,
    "levels": Levels,
    "diagrams": Diagrams,
    "fronts": Fronts,
    "regimes": Regimes,
    "parameterisation": Parameterisation,
    "solution": Solution,
    "closed_system": ClosedSystem,
    "mean_field": MeanField,
    "problem_file": ProblemFile,
    "check": Check,
    "simulation": Simulation,
    "agreement": Agreement,
    "report": Report,
}
"""The documents by the names of their schemas."""


def schema_name(kind: type[Struct]) -> str:
    """The schema of a document, as it names it.

    >>> schema_name(OpenSeries)
    'wickflow.open_series/1'
    """
    return str(kind.__struct_config__.tag)


def schema_data(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a document, or of problem files, as plain data.

    >>> schema_data("expansion")["properties"]["schema"]
    {'enum': ['wickflow.expansion/1']}
    """
    if name not in DOCUMENTS:
        raise BadInput("schema", name, " or ".join(sorted(DOCUMENTS)))
    kind = DOCUMENTS[name]
    parts = msgspec.json.schema(kind)["$defs"]
    known = {found.__name__: found for found in _subclasses(Part)}
    for part, schema in parts.items():
        _tell(schema, known[part])
    body = parts.pop(kind.__name__) | {"title": f"wickflow.{name}/1"}
    return {"$schema": DRAFT, "$id": f"urn:wickflow:{name}:1", **body, "$defs": parts}


def _subclasses(kind: type[Part]) -> list[type[Part]]:
    below = kind.__subclasses__()
    return [*below, *(part for found in below for part in _subclasses(found))]


def _tell(schema: dict[str, Any], kind: type) -> None:
    """Move what docstrings say of keys to these keys."""
    keys = schema["properties"]
    told = [inspect.cleandoc(base.__doc__ or "").replace("\n  ", " ") for base in kind.__mro__]
    for name, note in _NOTE.findall("\n".join(told)):
        if name in keys:
            keys[name].setdefault("description", note)
    rest = _NOTE.sub(lambda note: "" if note[1] in keys else note[0], told[0])
    schema["description"] = " ".join(rest.split())
