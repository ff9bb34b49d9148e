"""Hypothesis profiles, chosen by the environment variable HYPOTHESIS_PROFILE; slow cases."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile("default", max_examples=10, deadline=None, suppress_health_check=QUIET)
settings.register_profile(
    "ci",
    max_examples=10,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=QUIET,
)
settings.register_profile("full", max_examples=30, deadline=None, suppress_health_check=QUIET)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


SLOW = Path(__file__).with_name("slow.txt")
"""Cases that take seconds, one a line: run at length, as ``full``."""

UNKNOWN = pytest.StashKey[list[str]]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark slow cases; note lines that name none, where all tests were collected."""
    lines = SLOW.read_text("utf-8").splitlines()
    named = {line for line in lines if line and not line.startswith("#")}
    for item in items:
        if item.nodeid in named:
            item.add_marker(pytest.mark.full)
    if config.args == config.getini("testpaths"):
        config.stash[UNKNOWN] = sorted(named - {item.nodeid for item in items})


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Call a text of several lines by its argument: versions of pytest differ in how they do."""
    return argname if isinstance(val, str) and "\n" in val else None


@pytest.fixture
def unknown_slow_cases(pytestconfig: pytest.Config) -> list[str]:
    """Lines of the list of slow cases that name no test."""
    return pytestconfig.stash.get(UNKNOWN, [])


def pytest_collection_finish() -> None:
    """Leave all that was imported out of garbage collections: that saves time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests out of the user's cache, and the cache out of the tests.

    Reports are written without solutions, unless a test asks for them: that saves time.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WICKFLOW_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setattr("diagrams.report.SOLUTION_SECONDS", 0.0)
        yield
