"""The progress line, as a terminal would get it."""

from __future__ import annotations

import re

import pytest

from diagrams import console
from diagrams.campaign import Progress
from diagrams.console import ProgressLine


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands where the test puts it."""
    now = [0.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now[0])
    return now


def test_the_line_says_order_states_and_time(clock, capsys):
    line = ProgressLine()
    seconds_of_order = [0.1, 0.4, 1.6, 6.4, 12.8, 1.3]
    promised = []
    for order, seconds in enumerate(seconds_of_order):
        for done in range(1, 11):
            line(Progress(order, 5, done, 10))
            clock[0] += seconds / 10
            shown = capsys.readouterr().err
            if shown:
                assert f"order {order} of 5" in shown
                assert f"{done} of 10 states" in shown
            guess = re.search(r"about (\d+) s left", shown)
            if guess and order == 3:
                promised.append((int(guess[1]), sum(seconds_of_order) - clock[0]))
    assert promised
    for guess, truth in promised:
        assert truth / 3 < guess < truth * 3
    line.wipe()
    assert capsys.readouterr().err == "\r\033[K"


def test_it_is_not_shown_too_often(clock, capsys):
    line = ProgressLine()
    for done in range(1, 1000):
        line(Progress(1, 3, done, 1000))
        clock[0] += 0.001
    assert 5 < capsys.readouterr().err.count("\r") < 15


def test_nothing_is_wiped_that_was_not_written(capsys):
    ProgressLine().wipe()
    assert capsys.readouterr().err == ""
