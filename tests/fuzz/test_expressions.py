"""No regular expression of ours takes long: repetitions inside repetitions are looked at."""

from __future__ import annotations

import importlib
import pkgutil
import re
import re._constants as kinds
import re._parser as parser
import time
from functools import cache
from typing import Any

import pytest

import diagrams
import pde

UNAMBIGUOUS = {
    "_GROUP": "each round has two underscores, and nothing else in it matches one",
    "_TERM": "each round starts with a quotation mark, which nothing else matches",
    "_PIECE": "as SYMBOL",
    "SYMBOL": "each round starts with an underscore, which the inner class has not",
}


@cache
def expressions() -> dict[str, re.Pattern[str]]:
    """All compiled expressions that modules hold, by name."""
    found = {}
    for package in (diagrams, pde):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith("__main__"):
                continue
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    found[f"{module.name}.{name}"] = value
    return found


def nested(tree: Any, inside: bool = False) -> bool:
    """Whether something repeated without bound holds something repeated without bound."""
    for kind, what in tree:
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT):
            endless = what[1] is kinds.MAXREPEAT or what[1] > 1000
            if (endless and inside) or nested(what[2], inside or endless):
                return True
        elif kind is kinds.SUBPATTERN:
            if nested(what[3], inside):
                return True
        elif kind is kinds.BRANCH and any(nested(part, inside) for part in what[1]):
            return True
    return False


def test_no_repetition_inside_another() -> None:
    found = expressions()
    assert len(found) > 20
    bad = {
        name for name, value in found.items() if nested(parser.parse(value.pattern, value.flags))
    }
    assert {name.rpartition(".")[2] for name in bad} <= set(UNAMBIGUOUS)


@pytest.mark.parametrize("piece", ["a", "a_", "1/", " ", '"', "\\a", "a=1,", "x^{"])
def test_long_texts_take_no_time(piece: str) -> None:
    text = piece * 500
    for name, value in expressions().items():
        began = time.process_time()
        value.search(text + "\x00")
        assert time.process_time() - began < 1, name
