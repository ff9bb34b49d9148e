"""Campaigns: the same result whoever computes it, whatever interrupts it."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
import zlib
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import diagrams.campaign.checkpoints as checkpoints
import diagrams.scaling.regimes.exploration as exploration
import diagrams.series.merging_shares as merging_shares
import diagrams.wick.transfer.running as running
from diagrams.campaign.cache import Store
from diagrams.campaign.memory import MemoryLimitReached, parse_bytes, resident_memory
from diagrams.campaign.running import Campaign, Progress, connect
from diagrams.campaign.workers import workers
from diagrams.cli import main
from diagrams.errors import BadInput
from diagrams.graphs.incidence import Alphabet
from diagrams.graphs.merging import merged_powers
from diagrams.problems.cp import cp_problem
from diagrams.problems.problem import Problem
from diagrams.problems.spec import load_problem
from diagrams.scaling.regimes.exploration import coefficients_within
from diagrams.series.expansion import expand
from diagrams.series.merging_shares import averaged, averaged_powers
from diagrams.series.prediction import predict
from diagrams.series.ways import atoms_of, derivatives
from diagrams.wick.transfer.checkpoints import FORM

PROBLEM = cp_problem(3, "2+1", scale="c")
TERMS = 4
ATTENTION = str(Path(__file__).parents[2] / "benchmarks" / "files" / "merged_attention.toml")


@dataclass(frozen=True)
class Case:
    """A problem, an order, and the module whose ``work`` its workers do."""

    problem: Problem
    terms: int
    module: ModuleType

    def whole(self, executor: Executor | None = None, **settings: Any) -> tuple:
        return tuple(derivatives(self.problem, self.terms, Campaign(executor, 2, **settings)))


CLOSING = Case(PROBLEM, TERMS, running)
MERGING = Case(load_problem(ATTENTION), 4, merging_shares)
KILLED = """
import sys
from pathlib import Path
import diagrams.campaign.checkpoints as checkpoints
import diagrams.scaling.regimes.exploration as exploration
from diagrams.campaign.cache import Store
from diagrams.series.expansion import expand
from diagrams.export.json.series import series_json
from diagrams.problems.spec import load_problem
checkpoints.WORTH_KEEPING = 0.0
series = expand(load_problem(sys.argv[2]), int(sys.argv[3]), store=Store(Path(sys.argv[1])))
print(series_json(series))
"""


class Reluctant(Executor):
    """Runs the first tasks and then says it is broken, as a pool that lost a worker does."""

    def __init__(self, tasks: int, at: str) -> None:
        self.left, self.at = tasks, at

    def submit(self, function, /, *args, **kwargs):
        if self.left <= 0 and self.at == "submit":
            raise BrokenProcessPool("a worker is gone")
        self.left -= 1
        future: Future = Future()
        if self.left < 0:
            future.set_exception(BrokenProcessPool("a worker is gone"))
        else:
            future.set_result(function(*args, **kwargs))
        return future


@pytest.fixture(scope="module", params=[CLOSING, MERGING], ids=["closing", "merging"])
def case(request) -> Case:
    return request.param


@pytest.fixture(scope="module")
def expected(case) -> tuple:
    return case.whole()


@pytest.fixture
def early(monkeypatch):
    """Checkpoints from the first moment on."""
    monkeypatch.setattr(checkpoints, "WORTH_KEEPING", 0.0)


def test_threads_and_processes_agree_term_for_term(case, expected):
    with ThreadPoolExecutor(1) as threads:
        assert case.whole(threads) == expected
    with ProcessPoolExecutor(2) as processes:
        assert case.whole(processes) == expected
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as fresh:
        assert case.whole(fresh) == expected
    problem, terms = case.problem, case.terms
    assert expand(problem, terms, jobs=2).coefficients == expand(problem, terms).coefficients


def test_merging_in_shares_agrees_with_merging_at_once():
    for case in (CLOSING, MERGING):
        terms = min(3, case.terms)
        observable, generators = atoms_of(case.problem)
        alphabet = Alphabet.of([atom.diagram for atom in (*observable, *generators)])
        shared = averaged_powers(alphabet, observable, generators, terms, Campaign())
        at_once = merged_powers(alphabet, observable, generators, terms)
        for found, collected in zip(shared, at_once, strict=True):
            wanted = {sector: averaged(alphabet, counts) for sector, counts in collected.items()}
            assert found == wanted


@pytest.mark.parametrize("at", ["submit", "result"])
@pytest.mark.parametrize("tasks", [0, 1, 7, 30])
def test_a_pool_that_breaks_is_replaced_by_this_process(case, expected, tasks, at):
    assert case.whole(Reluctant(tasks, at)) == expected


def test_a_killed_worker_does_no_harm(case, expected):
    with ProcessPoolExecutor(2) as pool:
        victims: list[int] = []

        def kill(told: Progress) -> None:
            if told.order == case.terms - 1 and not victims:
                victims.append(next(iter(pool._processes)))
                os.kill(victims[0], signal.SIGKILL)

        assert case.whole(pool, progress=kill) == expected
        assert victims


def test_checkpoints_resume_where_the_run_stopped(tmp_path, case, expected, early, monkeypatch):
    done: list[int] = []
    original = case.module.work

    def counted(task):
        done.append(1)
        return original(task)

    monkeypatch.setattr(case.module, "work", counted)
    store = Store(tmp_path / "store.sqlite")
    assert case.whole(store=store) == expected
    complete = len(done)
    for stop in range(1, complete, 7):
        store.clear()
        done.clear()

        def failing(task, stop=stop):
            if len(done) == stop:
                raise KeyboardInterrupt
            return counted(task)

        monkeypatch.setattr(case.module, "work", failing)
        with pytest.raises(KeyboardInterrupt):
            case.whole(store=store)
        monkeypatch.setattr(case.module, "work", counted)
        assert case.whole(store=store) == expected
        assert len(done) == complete
    assert store.info().entries == 0


@pytest.mark.parametrize("entry", ["known", "piece"])
def test_damaged_checkpoints_are_computed_again(tmp_path, case, expected, early, entry):
    store = Store(tmp_path / "store.sqlite")
    chance = random.Random(3)
    hits: list[str] = []
    original = Store.get

    def stop(told: Progress) -> None:
        if told.order == case.terms - 1:
            raise KeyboardInterrupt

    def damaged(self, key):
        payload = original(self, key)
        if payload and key.endswith("known") == (entry == "known"):
            hits.append(key)
            return bytes(chance.randrange(256) for _ in payload)
        return payload

    with pytest.raises(KeyboardInterrupt):
        case.whole(store=store, progress=stop)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "get", damaged)
        assert case.whole(store=store) == expected
    assert hits


def test_a_run_to_another_order_or_problem_has_entries_of_its_own(tmp_path):
    campaign = Campaign(store=Store(tmp_path / "store.sqlite"))
    runs = {
        checkpoints.Checkpoints(campaign, FORM, problem, terms).run
        for problem in ("a", "b")
        for terms in (2, 3)
    }
    assert len(runs) == 4


@pytest.mark.parametrize("payload", [b"", b"junk", checkpoints.written_states({})[:-1]])
def test_what_is_no_level_is_refused(payload):
    with pytest.raises((ValueError, zlib.error)):
        checkpoints.read_states(payload)


def test_finished_orders_come_from_the_store(tmp_path, monkeypatch):
    store = Store(tmp_path / "store.sqlite")
    first = expand(PROBLEM, 3, store=store)

    def never(*_):
        raise AssertionError("computed again")

    monkeypatch.setattr("diagrams.series.expansion.derivatives", never)
    assert expand(PROBLEM, 3, store=store) == first
    assert expand(PROBLEM, 2, store=store).coefficients == first.coefficients[:3]
    with pytest.raises(AssertionError):
        expand(cp_problem(3, "2+1", scale="b"), 1, store=store)


def start(store: Path, spec: str, terms: int) -> subprocess.Popen:
    words = [sys.executable, "-c", KILLED, str(store), spec, str(terms)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def finish_after_kills(tmp_path: Path, kills: int, spec: str, terms: int) -> None:
    store = tmp_path / "store.sqlite"
    chance = random.Random(4)
    process = start(store, spec, terms)
    for _ in range(kills):
        time.sleep(0.3 + chance.random())
        process.send_signal(signal.SIGKILL)
        process.communicate()
        process = start(store, spec, terms)
    text, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    derivatives_found = json.loads(text)["derivatives"]
    from diagrams.export.json.series import series_json

    plain = json.loads(series_json(expand(load_problem(spec), terms)))
    assert derivatives_found == plain["derivatives"]


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on this system")
@pytest.mark.parametrize("kills", [2, pytest.param(12, marks=pytest.mark.full)])
def test_killed_many_times_the_result_is_right(tmp_path, kills):
    finish_after_kills(tmp_path, kills, "cp:order=3,ties=asym", 4 + (kills > 2))


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on this system")
def test_killed_while_merging_the_result_is_right(tmp_path):
    finish_after_kills(tmp_path, 2, ATTENTION, 6)


@pytest.mark.full
@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on this system")
def test_killed_a_hundred_times_the_result_is_right(tmp_path):
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        finish_after_kills(folder, 30, "cp:order=3,ties=sym", 6)


def test_a_memory_bound_stops_with_advice(tmp_path):
    store = Store(tmp_path / "store.sqlite")
    with pytest.raises(MemoryLimitReached, match="max-memory: .* larger --max-memory"):
        expand(PROBLEM, TERMS, store=store, max_memory=1000)
    assert resident_memory() > 10 * 2**20


def test_progress_never_goes_back(case, expected):
    seen: list[Progress] = []
    assert case.whole(progress=seen.append) == expected
    assert seen
    assert [told.order for told in seen] == sorted(told.order for told in seen)
    assert all(told.done <= told.states for told in seen)


@pytest.mark.parametrize("jobs", [0, -1, 10**6, "2", True])
def test_jobs_that_make_no_sense(jobs):
    with pytest.raises(BadInput, match="jobs"), workers(jobs):
        pass


@pytest.mark.parametrize("text", ["", "0", "-1G", "G", "1X", "1e9", "1.2.3G", "9" * 30])
def test_sizes_that_make_no_sense(text):
    with pytest.raises(BadInput, match="max-memory"):
        parse_bytes(text, "max-memory")


@pytest.mark.parametrize("address", ["localhost:8786", "http://a", "", "tls://localhost:8786"])
def test_addresses_that_make_no_sense(address):
    with pytest.raises(BadInput, match="executor"), connect(address):
        pass


def test_the_command_line_uses_and_shows_the_store(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WICKFLOW_CACHE_DIR", str(tmp_path))
    words = ["expand", "cp:order=2,ties=asym", "--terms", "3", "--format", "json"]
    assert main(words) == 0
    first = json.loads(capsys.readouterr().out)["derivatives"]
    assert main(["cache", "info"]) == 0
    assert "4 entries" in capsys.readouterr().out
    assert main([*words, "--jobs", "2"]) == 0
    assert json.loads(capsys.readouterr().out)["derivatives"] == first
    assert main(["cache", "clear"]) == 0
    assert "4 entries deleted" in capsys.readouterr().out
    assert main([*words, "--no-cache"]) == 0
    assert json.loads(capsys.readouterr().out)["derivatives"] == first
    assert main(["cache", "info"]) == 0
    assert "0 entries" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["--jobs", "0"],
        ["--jobs", "two"],
        ["--max-memory", "lots"],
        ["--executor", "nowhere"],
    ],
)
def test_options_that_make_no_sense(words, capsys):
    assert main(["expand", "cp:order=2", "--no-cache", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert words[0].lstrip("-") in err


def test_a_prediction_computes_little(capsys):
    began = time.process_time()
    assert main(["expand", "cp:order=4,ties=sym", "--terms", "40", "--dry-run"]) == 0
    assert time.process_time() - began < 30
    out = capsys.readouterr().out
    assert "predicted for 40 terms" in out
    assert "growth" in out


def test_a_prediction_that_cannot_be_made_says_so_in_time():
    began = time.process_time()
    predicted = predict(cp_problem(24, "asym"), 9, budget=0.4)
    assert time.process_time() - began < 2
    assert len(predicted.measured) < 3
    assert "cannot be told" in str(predicted)
    assert "predicted" not in str(predicted)


def test_a_prediction_far_away_is_a_number(monkeypatch):
    measured = [(0, 0.01, 10_000), (1, 0.5, 200_000), (2, 100.0, 0)]
    monkeypatch.setattr(
        "diagrams.series.prediction._measure", lambda *given: given[3].extend(measured)
    )
    predicted = predict(cp_problem(4, "asym"), 200)
    assert predicted.growth == pytest.approx(100)
    assert 1e200 < predicted.seconds < math.inf
    assert "years" in str(predicted)


def test_memory_that_was_not_measured_is_no_number(monkeypatch):
    measured = [(0, 0.3, 0), (1, 0.4, 0), (2, 0.5, 0)]
    monkeypatch.setattr(
        "diagrams.series.prediction._measure", lambda *given: given[3].extend(measured)
    )
    predicted = predict(cp_problem(2), 5)
    assert predicted.memory == 0
    assert "s, memory not measured (one process" in str(predicted)


def test_a_search_ends_in_time_in_the_middle_of_an_order(monkeypatch):
    begun = []

    def endless(problem, order, **resources):
        begun.append(order)
        while order:
            pass
        return expand(problem, order)

    monkeypatch.setattr(exploration, "expand", endless)
    monkeypatch.setattr(exploration, "_expected", lambda times: 0.0)
    monkeypatch.setattr(exploration, "LEAST", 0.1)
    assert coefficients_within(PROBLEM, 9, seconds=0.1).terms == 0
    assert begun == [0, 1]
