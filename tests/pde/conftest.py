"""The textbook set, loaded by path so that the tests need no package of their own."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def load_textbook() -> ModuleType:
    """Return the module textbook.py beside this file, loaded once."""
    name = "wickflow_textbook"
    if name not in sys.modules:
        path = Path(__file__).with_name("textbook.py")
        specification = importlib.util.spec_from_file_location(name, path)
        assert specification is not None
        assert specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        sys.modules[name] = module
        specification.loader.exec_module(module)
    return sys.modules[name]


def pytest_generate_tests(metafunc: Any) -> None:
    """Parametrize ``problem`` over the textbook and ``hard`` over the rest."""
    book = load_textbook()
    for argument, problems in (("problem", book.TEXTBOOK), ("hard", book.WITHOUT_CLOSED_FORM)):
        if argument in metafunc.fixturenames:
            metafunc.parametrize(argument, problems, ids=[p.name for p in problems])


@pytest.fixture(scope="session")
def book() -> ModuleType:
    """Return the textbook module itself."""
    return load_textbook()
