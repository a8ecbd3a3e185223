"""One store and one queue with real worker processes, for all tests of the runs that need them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import Client, LocalCluster

from cnn_core.runs import JobQueue, RunStore


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    folder = tmp_path_factory.mktemp("runs")
    return RunStore(f"sqlite:///{folder / 'runs.sqlite'}", folder)


@pytest.fixture(scope="session")
def queue(store: RunStore) -> Iterator[JobQueue]:
    queue = JobQueue(store)
    yield queue
    queue.close()


@pytest.fixture
def idle_queue(tmp_path: Path) -> Iterator[JobQueue]:
    """A queue whose cluster has a scheduler but no worker, so that nothing it is given ever starts."""

    def connect() -> Client:
        cluster = LocalCluster(n_workers=0, processes=False, dashboard_address=None)
        return Client(cluster, set_as_default=False)

    queue = JobQueue(RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path), connect)
    yield queue
    queue.close()
