"""Hypothesis profiles, chosen by the environment variable HYPOTHESIS_PROFILE."""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile("default", max_examples=15, deadline=None, suppress_health_check=QUIET)
settings.register_profile(
    "ci",
    max_examples=15,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=QUIET,
)
settings.register_profile("full", max_examples=600, deadline=None, suppress_health_check=QUIET)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


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
