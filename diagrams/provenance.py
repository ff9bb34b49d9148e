"""Provenance: what made an export, so that it can be made again."""

from __future__ import annotations

from importlib import metadata

EXACT_DEPENDENCIES = ("sympy", "networkx", "mpmath", "numpy")


def version() -> str:
    """The version of wickflow that is installed (or ``0+unknown`` in a bare source tree)."""
    try:
        return metadata.version("wickflow")
    except metadata.PackageNotFoundError:
        return "0+unknown"


def stamp(spec: str, command: str | None = None, seed: int | None = None) -> dict[str, object]:
    """Return the provenance of an export: version, SPEC, command, seed and dependencies.

    >>> stamp("cp:order=4,ties=sym")["spec"]
    'cp:order=4,ties=sym'
    """
    found: dict[str, object] = {"wickflow": version(), "spec": spec}
    if command is not None:
        found["command"] = command
    if seed is not None:
        found["seed"] = seed
    found["dependencies"] = {name: metadata.version(name) for name in EXACT_DEPENDENCIES}
    return found


def stamp_line(provenance: dict[str, object]) -> str:
    """Return the provenance as one line of text for a footer or a comment."""
    dependencies = provenance["dependencies"]
    assert isinstance(dependencies, dict)
    listed = ", ".join(f"{name} {number}" for name, number in dependencies.items())
    command = f"; command: {provenance['command']}" if "command" in provenance else ""
    seed = f"; seed {provenance['seed']}" if "seed" in provenance else ""
    return f"wickflow {provenance['wickflow']}{command}{seed}; with {listed}"
