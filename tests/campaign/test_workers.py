"""Worker processes end with the one that started them, however that ends."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from diagrams.campaign.memory import MemoryLimitReached
from diagrams.campaign.workers import workers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are counted in /proc")

COMMAND = """
import signal, sys, diagrams.cli
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(diagrams.cli.main())
"""
LONG = ["expand", "cp:order=4,ties=asym", "--terms", "40", "--no-cache", "--jobs"]
SECONDS = 5.0


def living(group: int) -> list[int]:
    """The processes of a group that have not ended."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            state, _, of, *_ = (entry / "stat").read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        if int(of) == group and state != "Z":
            found.append(int(entry.name))
    return found


def ended_by(
    number: int, times: int, gap: float, jobs: int, whole_group: bool, wait: float = 0.0
) -> tuple[int, str]:
    """Start a long command, send a signal so many times; return its code and what it said."""
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *LONG, str(jobs)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    try:
        until = time.monotonic() + 60
        while len(living(process.pid)) < 1 + jobs * (jobs > 1) and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.5 if jobs == 1 else 0.1)
        time.sleep(wait)
        for _ in range(times):
            if process.poll() is None:
                (os.killpg if whole_group else os.kill)(process.pid, number)
                time.sleep(gap)
        until = time.monotonic() + SECONDS
        while living(process.pid) and time.monotonic() < until:
            time.sleep(0.02)
        assert not living(process.pid)
        return process.wait(1), process.communicate()[1]
    finally:
        for left in living(process.pid):
            os.kill(left, signal.SIGKILL)


@pytest.mark.parametrize(
    ("number", "times", "jobs"),
    [(signal.SIGINT, 1, 2), (signal.SIGINT, 5, 2), (signal.SIGTERM, 2, 1), (signal.SIGKILL, 1, 2)],
)
def test_no_process_is_left(number: int, times: int, jobs: int) -> None:
    code, said = ended_by(number, times, 0.3 / times, jobs, number == signal.SIGINT)
    if number == signal.SIGKILL:
        assert (code, said) == (-9, "")
    else:
        assert code == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
        assert said.startswith("wickflow: interrupted; ")
        assert said.count("\n") == 1
        assert "kept" not in said


@pytest.mark.full
def test_no_process_is_left_whenever_and_however_often() -> None:
    chance = random.Random(5)
    for _ in range(60):
        number = chance.choice([signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
        code, said = ended_by(
            number,
            chance.choice([1, 2, 5]),
            chance.choice([0.0, 0.1, 0.3, 1.0]),
            chance.choice([1, 2, 4]),
            number == signal.SIGINT or (number == signal.SIGTERM and chance.random() < 0.5),
            chance.random() * 3,
        )
        assert code == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[number]
        assert said.count("\n") == (number != signal.SIGKILL)


TRIPPING = """
import os, signal, threading
from diagrams.commands.interrupts import Interrupts
heard = Interrupts(lambda: None)
try:
    os.kill(os.getpid(), signal.SIGTERM)
except KeyboardInterrupt:
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    heard.leave()
"""


def test_threads_of_an_interrupted_command_say_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", TRIPPING], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, b"")


def test_workers_are_killed_when_the_block_is_left_by_an_error() -> None:
    began = time.monotonic()
    processes, sleeping = [], []

    def leave_early() -> None:
        with workers(2) as pool:
            assert pool is not None
            sleeping.extend(pool.submit(time.sleep, 60) for _ in range(3))
            processes.extend(pool._processes.values())
            raise KeyError

    with pytest.raises(KeyError):
        leave_early()
    while any(process.is_alive() for process in processes) and time.monotonic() < began + 10:
        time.sleep(0.01)  # the pool's own thread waits for them too; one of the two is told late
    assert not any(process.is_alive() for process in processes)
    assert all(task.cancelled() or task.exception() for task in sleeping)
    assert time.monotonic() - began < 10


def test_a_worker_has_a_limit_of_its_own() -> None:
    with workers(2, 2**20) as pool:
        assert pool is not None
        task = pool.submit(bytearray, 2**34)
        with pytest.raises(MemoryError):
            task.result()


def test_a_worker_short_of_memory_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    from diagrams import expand
    from diagrams.problems.cp import cp_problem
    from diagrams.wick.transfer import running

    def short(task: object) -> None:
        raise MemoryError

    monkeypatch.setattr(running, "work", short)
    with pytest.raises(MemoryLimitReached, match="more than 8 GiB"):
        expand(cp_problem(3, "asym"), 1, max_memory=2**33)
