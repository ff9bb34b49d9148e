"""Published JSON Schemas, held against documents by a validator that is not ours."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from diagrams.export.json.documents import schema_data


@cache
def validator(name: str) -> Draft202012Validator:
    """The validator of a published schema."""
    Draft202012Validator.check_schema(schema_data(name))
    return Draft202012Validator(schema_data(name))


def checked(text: str) -> Any:
    """The data of a document that fits the schema which it names."""
    data = json.loads(text)
    validator(data["schema"].removeprefix("wickflow.").removesuffix("/1")).validate(data)
    return data
