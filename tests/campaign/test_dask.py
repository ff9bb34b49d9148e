"""A real local Dask cluster, with a worker killed in the middle (needs the extra [distributed])."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from diagrams.campaign.running import Campaign, connect
from diagrams.problems.cp import cp_problem
from diagrams.series.ways import derivatives

distributed = pytest.importorskip("distributed", reason="needs the extra [distributed]")
pytestmark = pytest.mark.filterwarnings("default")


@pytest.mark.full
def test_a_cluster_that_loses_a_worker_gives_the_same_result():
    problem = cp_problem(3, "asym")
    expected = list(derivatives(problem, 5))
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    ) as cluster:
        victim = next(iter(cluster.workers.values())).pid

        def kill() -> None:
            time.sleep(0.7)
            os.kill(victim, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        with connect(cluster.scheduler_address) as (executor, workers):
            assert workers == 2
            found = list(derivatives(problem, 5, Campaign(executor, workers)))
        killer.join()
    assert found == expected
