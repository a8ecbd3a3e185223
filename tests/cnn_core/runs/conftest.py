"""Stores in both databases, a queue with real worker processes, and one whose runs never start."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from distributed import Client, LocalCluster

from cnn_core.runs import JobQueue, RunStore


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> RunStore:
    """An empty store in each of the two databases."""
    if request.param == "sqlite":
        return RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    server, name = request.getfixturevalue("postgres"), f"t{secrets.token_hex(8)}"
    admin = sa.create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return RunStore(server.format(name=name), tmp_path)


@pytest.fixture(scope="session")
def queue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobQueue]:
    """The queue with real worker processes that all tests share."""
    folder = tmp_path_factory.mktemp("runs")
    queue = JobQueue(RunStore(f"sqlite:///{folder / 'runs.sqlite'}", folder))
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
