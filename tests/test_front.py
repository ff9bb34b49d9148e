"""The package ``wickflow``: the public names, and what it does where strangers' packages lie."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import wickflow

import diagrams

ROOT = Path(__file__).resolve().parent.parent


def test_it_has_the_public_names_and_no_others() -> None:
    assert dir(wickflow) == sorted(diagrams.__all__)
    assert wickflow.expand is diagrams.expand
    with pytest.raises(AttributeError):
        wickflow.nothing  # noqa: B018


@pytest.mark.parametrize("name", ["diagrams", "pde"])
@pytest.mark.parametrize("body", ["", "raise RuntimeError('no graphviz')"])
def test_a_foreign_package_is_named(tmp_path: Path, name: str, body: str) -> None:
    """Another project's package, installed over ours, is told apart before anything is run."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text(body, "utf-8")
    place = [str(tmp_path), str(ROOT / "diagrams" / "front"), str(ROOT)]
    for code, expected in (
        ("import wickflow; raise SystemExit(wickflow.main())", 2),
        ("import wickflow; wickflow.expand", 1),
        ("from wickflow import expand", 1),
    ):
        script = f"import sys; sys.path[:0] = {place!r}; sys.argv[1:] = ['--version']; {code}"
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=False
        )
        assert done.returncode == expected
        assert f"the package {name!r} installed here is another project's" in done.stderr
