"""What simulate refuses, how it ends early, and that nothing is left hanging."""

import math
import os
import signal
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from diagrams.campaign.memory import MemoryLimitReached
from diagrams.errors import BadInput
from diagrams.flow import FlowProgress, FlowSettings, FlowStopped, simulate
from diagrams.problems.cp import cp_problem
from diagrams.problems.problem import Problem

GOOD: dict[str, Any] = {"p": 2, "H": 2, "sigma": 0.5, "until": 1, "seeds": 2, "points": 3}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("p", 0), ("p", -3), ("p", 2.0), ("p", True), ("p", "2"), ("p", 10**30), ("H", 0),
        ("sigma", 0), ("sigma", -1), ("sigma", math.nan), ("sigma", math.inf), ("sigma", "1/2/2"),
        ("sigma", 10**400), ("sigma", 1e50), ("T", 0), ("T", -1), ("T", math.nan),
        ("until", 0), ("until", math.nan), ("until", math.inf), ("until", None), ("until", True),
        ("seeds", 0), ("seeds", -1), ("seeds", 1.5), ("seeds", 10**9), ("seed", -1),
        ("seed", 0.5), ("points", 1), ("points", 0), ("points", "3"), ("points", []),
        ("points", [0, 2]), ("points", [0.5, 0.5]), ("points", [-0.5, 0.5]), ("points", [0]),
        ("points", [0, math.nan]), ("points", 10**9), ("settings", 3),
        ("scale", 2), ("decay", 1), ("scale", math.nan),
    ],
)  # fmt: skip
def test_bad_input_names_the_field(field: str, value: object) -> None:
    with pytest.raises(BadInput) as refusal:
        simulate(cp_problem(order=4), **{**GOOD, field: value})
    assert refusal.value.field == field
    assert refusal.value.exit_code == 2
    assert "\n" not in str(refusal.value)


def test_symbols_need_values() -> None:
    for field, symbol in (("scale", "c"), ("decay", "lambda")):
        problem = cp_problem(order=3, **{field: symbol})
        with pytest.raises(BadInput, match=f"a number for the symbol {symbol}") as refusal:
            simulate(problem, **GOOD)
        assert refusal.value.field == "at"
        assert simulate(problem, **GOOD, at={symbol: 0.5}).value_at(symbol) == 0.5
    free = cp_problem(order=3, target="zero", scale="c")
    plain = simulate(cp_problem(order=3, target="zero"), **GOOD)
    assert simulate(free, **GOOD).rows == plain.rows


def test_numbers_may_be_exact_texts_and_T_stands_with_the_others() -> None:
    free = cp_problem(order=3, target="zero")
    plain = simulate(free, **GOOD, T=2)
    assert simulate(free, **{**GOOD, "sigma": "1/2"}, at={"T": "2"}).rows == plain.rows
    with pytest.raises(BadInput, match="T: 'twice'"):
        simulate(free, **GOOD, T=3, at={"T": 2})


@pytest.mark.parametrize(
    ("field", "value"),
    [("tolerance", 0), ("tolerance", 1), ("tolerance", math.nan), ("jobs", 0), ("jobs", 10**6),
     ("max_memory", 0), ("steps", 0), ("check", "no")],
)  # fmt: skip
def test_settings_name_the_field(field: str, value: Any) -> None:
    with pytest.raises(BadInput) as refusal:
        FlowSettings(**{field: value})
    assert refusal.value.field == field
    with pytest.raises(BadInput, match=rf"FlowSettings\({field}"):
        simulate(cp_problem(order=4), **GOOD, **{field: value})


def test_numbers_may_be_exact() -> None:
    problem = cp_problem(order=3, scale="1/2")
    exact = {**GOOD, "sigma": Fraction(1, 2), "until": Fraction(1), "T": Fraction(1)}
    assert simulate(problem, **exact) == simulate(problem, **GOOD)


def test_only_cp_problems() -> None:
    cp = cp_problem(order=2)
    other = Problem(cp.title, cp.spec, cp.observable, cp.potential)
    with pytest.raises(BadInput, match="problem"):
        simulate(other, **GOOD)  # type: ignore[arg-type]


def test_times_must_agree_in_sign() -> None:
    with pytest.raises(BadInput, match="points"):
        simulate(cp_problem(order=2), **{**GOOD, "until": -1, "points": [0, 0.5]})


@pytest.mark.parametrize(
    "size", [{"p": 10**5, "H": 10**5}, {"p": 10**9, "H": 1}, {"seeds": 10**6, "points": 10**5}]
)
def test_memory_is_refused_before_it_is_taken(size: dict[str, int]) -> None:
    began = time.monotonic()
    with pytest.raises(MemoryLimitReached, match=r"max-memory: .* need about") as refusal:
        simulate(cp_problem(order=3), **{**GOOD, **size}, settings=FlowSettings(max_memory=2**30))
    assert time.monotonic() - began < 5
    assert refusal.value.exit_code == 5


def test_an_implicit_method_takes_memory_for_all_weights_at_once() -> None:
    size = {**GOOD, "p": 64, "H": 128}
    with pytest.raises(MemoryLimitReached, match=r"need about 3"):
        simulate(
            cp_problem(order=2), **size, settings=FlowSettings(method="Radau", max_memory=2**30)
        )
    with pytest.raises(BadInput, match="method: 'RK4' is not allowed; allowed: DOP853, Radau, BDF"):
        FlowSettings(method="RK4")


def test_memory_is_bounded_as_promised() -> None:
    """What is asked for is about what is used: a little less is refused, a little more suffices."""
    import tracemalloc

    size = {**GOOD, "p": 90, "H": 90, "until": 1e-4, "seeds": 1}
    problem = cp_problem(order=3, ties="2+1")
    tracemalloc.start()
    simulate(problem, **size, settings=FlowSettings(check=False))
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    with pytest.raises(MemoryLimitReached):
        simulate(problem, **size, settings=FlowSettings(max_memory=used // 2))
    simulate(problem, **size, settings=FlowSettings(max_memory=4 * used))


@pytest.mark.parametrize(("order", "ties"), [(4, "sym"), (6, "2+2+2"), (3, "asym")])
def test_no_tensor_is_built(order: int, ties: str) -> None:
    """p^nu numbers would take a gigabyte and more; some multiple of p H is enough."""
    import tracemalloc

    size = {**GOOD, "p": 512, "H": 8, "sigma": 0.05, "until": 1e-3}
    tracemalloc.start()
    simulate(cp_problem(order=order, ties=ties), **size)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used < 2**24


def test_too_stiff() -> None:
    with pytest.raises(FlowStopped, match=r"steps: after 50 steps .* too stiff"):
        simulate(cp_problem(order=4), **{**GOOD, "until": 1e6}, settings=FlowSettings(steps=50))


def test_a_failure_in_one_thread_ends_all() -> None:
    size = {**GOOD, "p": 12, "H": 1400, "until": 1e6, "seeds": 4}
    before = threading.active_count()
    with pytest.raises(FlowStopped):
        simulate(cp_problem(order=2, ties="asym"), **size, settings=FlowSettings(steps=3, jobs=2))
    assert threading.active_count() == before


# -- progress and interrupts --------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
def test_progress(jobs: int) -> None:
    seen: list[FlowProgress] = []
    size = {**GOOD, "p": 12, "H": 1400, "seeds": 3, "sigma": 0.1, "until": 0.01}
    run = simulate(
        cp_problem(order=2, ties="asym"),
        **size,
        progress=seen.append,
        settings=FlowSettings(jobs=jobs, check=False),
    )
    assert seen[-1].done == 1.0
    assert seen[-1].finished == seen[-1].seeds == 3
    assert seen[-1].steps == sum(run.steps)
    assert all(0 <= progress.done <= 1 for progress in seen)
    assert [progress.steps for progress in seen] == sorted(progress.steps for progress in seen)


@pytest.fixture
def alarm() -> Iterator[None]:
    """An interrupt of this process in a moment, as Ctrl-C would send it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    yield
    timer.cancel()
    timer.join()
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.usefixtures("alarm")
def test_an_interrupt_leaves_nothing_hanging(jobs: int) -> None:
    began = time.monotonic()
    size = {**GOOD, "p": 12, "H": 1400, "seeds": 4, "until": 1e5}
    with pytest.raises(KeyboardInterrupt):
        simulate(
            cp_problem(order=2, ties="asym"), **size, settings=FlowSettings(steps=10**8, jobs=jobs)
        )
    assert time.monotonic() - began < 10
    assert not [t for t in threading.enumerate() if t.name.startswith("ThreadPoolExecutor")]
