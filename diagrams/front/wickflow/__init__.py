"""wickflow: the public names of ``diagrams``, and the command, under the project's own name.

The packages ``diagrams`` and ``pde`` share their names with other projects' packages, which may
have been installed over them.  This package looks first, and says so.

>>> import wickflow as wf
>>> print(wf.expand(wf.cp_problem(order=2), terms=0).coefficient(0))
1/2*p**2*H*sigma**4 + 1/2*p*H**2*sigma**4 + 1/2*p*H*sigma**4 - p*H*sigma**2 + 1/2*p
"""

from __future__ import annotations

import sys
from importlib import import_module

TYPE_CHECKING = False  # as in typing, which takes long to import
if TYPE_CHECKING:
    from typing import Any

    from diagrams import *  # noqa: F403

PACKAGES = ("diagrams", "pde")


def foreign_package() -> str | None:
    """Return the name of a package of ours in whose place another project's lies, if one does."""
    for name in PACKAGES:
        try:
            found = getattr(import_module(name), "DISTRIBUTION", None)
        except Exception:  # whatever a stranger's package does when it is imported
            found = None
        if found != "wickflow":
            return name
    return None


def _refusal(name: str) -> str:
    return (
        f"wickflow: the package {name!r} installed here is another project's; install wickflow"
        " into an environment of its own"
    )


def main() -> int:
    """Run the command; exit code 2 where another project's package lies in our place."""
    name = foreign_package()
    if name is not None:
        print(_refusal(name), file=sys.stderr)
        return 2
    code: int = import_module("diagrams.entry").main()  # hears interrupts from there on
    return code


def __getattr__(name: str) -> Any:
    """Hand on a public name of ``diagrams``, loaded when first used (PEP 562)."""
    if name.startswith("__") and name != "__all__":
        raise AttributeError(f"module 'wickflow' has no attribute {name!r}")
    foreign = foreign_package()
    if foreign is not None:
        raise ImportError(_refusal(foreign))
    package = import_module("diagrams")
    if name == "__all__":
        return list(package.__all__)
    if name in package.__all__:
        return getattr(package, name)
    raise AttributeError(f"module 'wickflow' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__getattr__("__all__"))
