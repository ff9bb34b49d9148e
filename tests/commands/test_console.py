"""The progress line, as a terminal would get it."""

from __future__ import annotations

import argparse
import re

import pytest

from diagrams import expand
from diagrams.campaign import checkpoints
from diagrams.campaign.running import Progress
from diagrams.cli import main
from diagrams.commands import console, output
from diagrams.commands.console import ProgressLine
from diagrams.problems.cp import cp_problem


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands where the test puts it."""
    now = [0.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard error is a terminal."""
    monkeypatch.setattr(output, "on_terminal", lambda: True)


@pytest.mark.usefixtures("terminal")
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


@pytest.mark.usefixtures("terminal")
def test_it_is_not_shown_too_often(clock, capsys):
    line = ProgressLine()
    for done in range(1, 1000):
        line(Progress(1, 3, done, 1000))
        clock[0] += 0.001
    assert 5 < capsys.readouterr().err.count("\r") < 15


MODEL = """
[families]
hidden = { size = "N", index = "k" }
feature = { size = "d", index = "i" }

[tensors.W]
families = ["hidden", "feature"]
role = "trained"
variance = 1

[model]
output = "W[k,i]"
target = "1"

[loss]
kind = "squared error"
over = ["k"]
"""


@pytest.mark.parametrize(
    ("option", "note", "steps"),
    [((), True, False), (("--quiet",), False, False), (("--verbose",), True, True)],
)
def test_quiet_drops_notes_and_verbose_tells_steps(tmp_path, capsys, option, note, steps):
    (tmp_path / "model.toml").write_text(MODEL)
    assert main(["solve", str(tmp_path / "model.toml"), *option]) == 0
    told = capsys.readouterr().err
    assert ("note: " in told) is note
    assert bool(re.search(r"^ +[0-9.]+ s  .+: full$", told, re.MULTILINE)) is steps


def test_with_quiet_an_error_is_still_said(capsys):
    assert main(["expand", "cp:order=1", "--quiet"]) == 2
    assert "order" in capsys.readouterr().err


def test_nothing_is_wiped_that_was_not_written(capsys):
    ProgressLine().wipe()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("options", "place", "kept", "said"),
    [
        ([], "cache", True, ("finished work is kept; run the same command again to go on",)),
        ([], "cache", False, ()),
        ([], "file/cache", True, ("the same command starts over",)),
        (["--no-cache"], "cache", True, ("the same command starts over",)),
    ],
)
def test_what_an_interrupt_promises_holds(tmp_path, monkeypatch, options, place, kept, said):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WICKFLOW_CACHE_DIR", str(tmp_path / place))
    monkeypatch.setattr(checkpoints, "WORTH_KEEPING", 0.0 if kept else 1e9)
    command = argparse.ArgumentParser()
    console.add_resource_options(command)

    def stop(told: Progress) -> None:
        if told.order == 2:
            raise KeyboardInterrupt

    def interrupted() -> None:
        with console.resources(command.parse_args(options)) as resources:
            resources["progress"] = stop
            expand(cp_problem(3, "asym"), 3, **resources)

    with pytest.raises(KeyboardInterrupt) as caught:
        interrupted()
    assert caught.value.args == said
