"""The rooms of the house: who may import whom.

Read from the sources, lazy imports and those for type checkers included.  A room is a folder of
``diagrams/``; ``ROOMS`` is their order from the ground up, and a module imports from its own room
and from those below.  Modules that stand in no room have floors of their own: ``errors``,
``provenance``, ``display`` and ``evidence`` below all rooms, ``report`` and ``cli`` around the
commands.  Simulations stand right above the problems: they use nothing of the series.

Values know no formats: nothing below ``export`` imports it, but for one line in ``display`` that
asks the registry.  ``pde`` imports nothing of ``diagrams``.

Nothing else points upward, so that there is no circle of imports between rooms.  The rooms within
a room (``scaling/fronts``, ``dynamics/roads``) are not ordered here; there are circles of modules
inside ``checking``, ``graphs`` and ``order_parameters``, and none inside ``dynamics``.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

ROOMS = (
    *("errors", "provenance", "display", "evidence"),
    *("polynomials", "graphs", "campaign", "wick", "problems", "flow", "series", "scaling"),
    *("order_parameters", "mean_fields", "dynamics", "agreement", "checking"),
    *("export", "report", "commands", "cli"),
)
"""From the ground up."""

FRONT = {"__init__", "entry", "front"}
"""What hands names out, to users only."""


def modules(package: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / package).rglob("*.py")):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts), path


def imported(path: Path) -> Iterator[str]:
    """The full names of all modules and names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: an import that leaves out where from"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(name: str) -> str:
    """The room of a module, or the module itself where it stands in none."""
    return name.split(".")[1]


@cache
def arrows() -> Counter[tuple[str, str]]:
    """How many imports lead from a module of ``diagrams`` to another room of it."""
    return Counter(
        (module, room(name))
        for module, path in modules("diagrams")
        if room(module) not in FRONT
        for name in imported(path)
        if name.startswith("diagrams.") and room(name) != room(module)
    )


def test_the_rooms_are_those_of_the_tree() -> None:
    """A new room has its place in the order."""
    assert {room(module) for module, _ in modules("diagrams")} - FRONT == set(ROOMS)


def test_values_know_no_formats() -> None:
    above = ROOMS[ROOMS.index("export") :]
    outside = {m: n for (m, r), n in arrows().items() if r == "export" and room(m) not in above}
    assert outside == {"diagrams.display": 1}
    names = imported(ROOT / "diagrams" / "display.py")
    assert [n for n in names if n.startswith("diagrams.")] == ["diagrams.export.registry"]


def test_the_registry_imports_no_value() -> None:
    names = imported(ROOT / "diagrams" / "export" / "registry.py")
    assert {n.rpartition(".")[0] for n in names if n.startswith("diagrams.")} == {"diagrams.errors"}


def test_the_theory_of_equations_stands_alone() -> None:
    for module, path in modules("pde"):
        assert not [name for name in imported(path) if name.split(".")[0] == "diagrams"], module


def test_rooms_import_downward() -> None:
    floor = {name: place for place, name in enumerate(ROOMS)}
    upward = {(m, r) for m, r in arrows() if floor[r] > floor[room(m)]}
    assert upward == {("diagrams.display", "export")}


def test_no_circle_of_modules_in_dynamics() -> None:
    """Solutions know no roads, roads no list of them: modules that import no other go first."""
    known = dict(modules("diagrams/dynamics"))
    left = {
        module: {other for name in imported(path) for other in (name, name.rpartition(".")[0])}
        & (set(known) - {module})
        for module, path in known.items()
    }
    while done := {module for module, others in left.items() if not others}:
        left = {m: others - done for m, others in left.items() if m not in done}
    assert not left


@pytest.mark.parametrize("line", ["import diagrams.export.text", "from diagrams import export"])
def test_every_kind_of_import_is_seen(line: str, tmp_path: Path) -> None:
    for text in (line, f"def late():\n    {line}", f"if TYPE_CHECKING:\n    {line}"):
        (tmp_path / "value.py").write_text(text)
        assert [room(name) for name in imported(tmp_path / "value.py")] == ["export"]


def test_the_page_for_contributors_names_what_is_there() -> None:
    page = (ROOT / "docs" / "contribute.md").read_text("utf-8")
    places = re.findall(r"`((?:diagrams|pde|tests|benchmarks)(?:/[\w/.]*)?)`", page)
    assert len(places) > 40
    assert not [place for place in places if not (ROOT / place).exists()]
    table = page[page.index("## Where things are") : page.index("## How it is built")]
    named = {part for line in table.splitlines() for part in re.findall(r"`diagrams/(\w+)", line)}
    assert named | {"provenance"} == set(ROOMS)


def test_every_slow_case_is_a_test(unknown_slow_cases: list[str]) -> None:
    assert unknown_slow_cases == []
