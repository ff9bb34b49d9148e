"""Validate what the commands write as JSON: published schemas, exact numbers, loading back.

The argument is the ``data.json`` of a report; everything else is made here.
"""

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import jsonschema

from diagrams import Series

FILES = Path("tests/problems")


def written(*words: str) -> str:
    return subprocess.run(
        ["wickflow", *words], check=True, capture_output=True, text=True, encoding="utf-8"
    ).stdout


def validate(text: str) -> dict[str, object]:
    """Check a text against the schema that it names, and return the data."""
    data = json.loads(text)
    name = data["schema"].removeprefix("wickflow.").split("/")[0]
    schema = json.loads(written("schema", name))
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    kind(schema).validate(data)
    print(f"{data['schema']}: {len(text)} characters are valid")
    return data


def main() -> None:
    validate(Path(sys.argv[1]).read_text("utf-8"))
    for spec in ("cp:order=4,ties=sym", "cp:order=3,ties=2+1,scale=c,decay=lambda"):
        validate(written("diagrams", spec, "--terms", "1", "--format", "json"))
    for spec in (
        "cp:order=4,ties=sym",
        "cp:order=2,ties=asym,target=zero",
        "cp:order=3,ties=2+1,scale=c,decay=1/10",
        *map(str, sorted(FILES.glob("*.toml"))),
    ):
        text = written("expand", spec, "--terms", "2", "--format", "json")
        data = validate(text)
        series = Series.from_json(text)
        for s, polynomial in enumerate(series.coefficients):
            terms = data["derivatives"][s]["terms"]
            found = sum(Fraction(term["coefficient"]) for term in terms)
            assert found == sum(coefficient for _, coefficient in polynomial), (spec, s)


main()
