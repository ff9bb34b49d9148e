"""Limits in the middle of the work: of time, nested, in threads, in delicate places."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from diagrams.campaign import watch
from diagrams.campaign.memory import (
    RESERVED,
    MemoryLimitReached,
    exceeded,
    last_line,
    resident_memory,
)
from diagrams.campaign.watch import look, watched, within

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer here")


def forever() -> None:
    while True:
        sum(range(1000))


def test_time_is_up_in_the_middle_of_a_loop() -> None:
    began = time.monotonic()
    assert within(0.1, forever) is None
    assert time.monotonic() - began < 2
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    assert within(30, lambda: 7) == 7


def test_the_shorter_of_two_limits_ends_its_own_work_only() -> None:
    def inner_first() -> str:
        assert within(0.05, forever) is None
        return "outer goes on"

    assert within(30, inner_first) == "outer goes on"
    assert within(0.05, lambda: within(30, forever)) is None


def test_no_handler_of_errors_takes_the_end_of_time_for_its_own() -> None:
    def stubborn() -> str:
        try:
            forever()
        except Exception:
            return "taken"
        return "never"

    assert within(0.05, stubborn) is None


def test_work_that_goes_on_after_all_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "QUIET", 0.02)
    ends: list[int] = []

    def deaf() -> None:
        for turn in range(3):
            try:
                forever()
            except BaseException:
                ends.append(turn)
        forever()

    assert within(0.05, deaf) is None
    assert ends == [0, 1, 2]


def test_an_import_is_not_left_half_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow_to_import.py").write_text("import time\ntime.sleep(0.3)\nwhole = True\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    def work() -> None:
        __import__("slow_to_import")
        forever()

    assert within(0.05, work) is None
    assert sys.modules.pop("slow_to_import").whole


@pytest.mark.parametrize("where", ["collector", "finaliser"])
def test_what_python_swallows_is_raised_again_and_not_reported(where: str) -> None:
    """``filterwarnings = error`` makes a reported error fail this test at its end."""
    until = time.monotonic() + 0.15

    def slow(*_: object) -> None:
        while time.monotonic() < until:
            sum(range(100))

    def work() -> None:
        if where == "collector":
            gc.callbacks.append(slow)
            gc.collect()
        else:
            type("Slow", (), {"__del__": slow})()
        forever()

    report = sys.unraisablehook
    began = time.monotonic()
    try:
        assert within(0.05, work) is None
    finally:
        if slow in gc.callbacks:
            gc.callbacks.remove(slow)
    assert sys.unraisablehook is report
    assert time.monotonic() - began < 5


def test_a_report_of_someone_else_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda lost: heard.append(lost.exc_value))
    error = OSError("not of a watch")

    def fails(_: object) -> None:
        raise error

    within(30, lambda: type("Failing", (), {"__del__": fails})() and None)
    assert heard == [error]


def test_another_thread_looks_where_it_is_told_to_and_at_its_own_limits_only() -> None:
    found: list[object] = []

    def work() -> None:
        while True:
            time.sleep(0.01)
            look()

    thread = threading.Thread(target=lambda: found.append(within(0.1, work)))
    thread.start()
    assert within(30, lambda: thread.join(20)) is None
    assert found == [None]


def test_a_timer_of_someone_else_is_left_alone() -> None:
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    try:
        assert within(0.0, lambda: "to its end") == "to its end"
        assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    finally:
        signal.signal(signal.SIGALRM, before)


def test_memory_is_bounded_in_the_middle_of_a_loop() -> None:
    bound = resident_memory() + 30 * 2**20
    kept: list[bytes] = []

    def grow() -> None:
        while True:
            kept.append(b"x" * 10_000)

    with pytest.raises(MemoryLimitReached, match="max-memory: .* in use.*; less"):
        watched(grow, lambda: exceeded(bound, lambda: "less"))
    # what is kept may fill memory that was in use, and freed, before
    assert resident_memory() < bound + 60 * 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="no such limit here")
def test_one_large_allocation_is_refused_by_the_system() -> None:
    bound = resident_memory() + 2**20
    large = 2 * bound + RESERVED * (os.cpu_count() or 1)
    with pytest.raises(MemoryLimitReached, match="larger --max-memory"), last_line(bound):
        bytearray(large)
    assert len(bytearray(large)) == large
