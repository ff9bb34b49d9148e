"""References in docstrings: a public name is found by its home module, too.

Docstrings name things where they are defined (``diagrams.errors.BadInput``), pages where they
are imported from (``diagrams.BadInput``); this resolves the one to the other.  Names outside
the public list and those of other packages stay plain text, as do types that signatures name
without their module; anything else is a warning.
"""

from __future__ import annotations

import ast
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

PACKAGES = ("diagrams", "pde")
OTHERS = (*sys.stdlib_module_names, "sympy", "networkx", "mpmath", "numpy")


def public_home(target: str, here: str | None) -> str | None:
    """The public name that a home module's name, or a bare name, stands for.

    A bare name is looked for in the package ``here`` first; a member is found by its class.
    """
    name = target.rpartition(".")[2]
    for package in sorted(PACKAGES, key=lambda package: package != here):
        inside = target.startswith(f"{package}.") or "." not in target
        if inside and name in import_module(package).__all__:
            return f"{package}.{name}"
    owner = target.rpartition(".")[0]
    home = public_home(owner, here) if "." in owner else None
    return None if home is None else f"{home}.{name}"


def is_defined(target: str) -> bool:
    """Whether a dotted name is one that can be imported: a module, or a name in one."""
    module, _, name = target.rpartition(".")
    try:
        return hasattr(import_module(module), name) or import_module(target) is not None
    except (ImportError, ValueError):
        return False


@cache
def own_types() -> frozenset[str]:
    """Classes and type aliases of the packages, and what they import by name.

    Signatures give these names without their module.
    """
    found = set()
    for package in PACKAGES:
        for path in Path(str(import_module(package).__file__)).parent.rglob("*.py"):
            for statement in ast.parse(path.read_text("utf-8")).body:
                match statement:
                    case ast.ClassDef(name=name) | ast.Assign(targets=[ast.Name(id=name)]):
                        found.add(name)
                    case ast.ImportFrom(names=names):
                        found.update(alias.asname or alias.name for alias in names)
    return frozenset(found)


def resolve(
    app: Sphinx, environment: BuildEnvironment, node: Any, shown: nodes.Element
) -> nodes.Node | None:
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    python = environment.domains["py"]
    home = public_home(target, node.get("py:module"))
    if home is not None and home in python.objects:
        where = node["refdoc"]
        return python.resolve_xref(environment, where, app.builder, "obj", home, node, shown)
    if target.split(".")[0] in OTHERS:
        return shown
    if is_defined(target) if "." in target else target in own_types():
        return shown
    return None


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("missing-reference", resolve)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
