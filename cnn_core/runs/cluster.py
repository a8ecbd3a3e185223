"""The connection to Dask: an embedded cluster of worker processes, or the scheduler that an administrator names."""

import os
from typing import Any

from cnn_core.hardware import cpu_cores, detect_device

CONNECT_WITHIN_S = 10.0
"""A scheduler of the local network answers within a second; after this long it is taken for missing."""
GPU_SLOTS = 4
"""Runs that share a GPU as threads of one process: each process would take memory for a context of its own."""
MAX_WORKERS = 4
"""Worker processes on a CPU: each takes some 600 MB, and more runs at once would not end sooner."""


def connect_to_dask() -> Any:
    """Return a Dask client of the scheduler at DASK_SCHEDULER_ADDRESS, or of an embedded cluster made here.

    Raises OSError when that scheduler does not answer.
    """
    from distributed import Client

    address = os.environ.get("DASK_SCHEDULER_ADDRESS")
    if address:
        return Client(address, timeout=CONNECT_WITHIN_S, set_as_default=False)  # type: ignore[no-untyped-call]
    return Client(_make_cluster(), set_as_default=False)  # type: ignore[no-untyped-call]


def _make_cluster() -> Any:
    import dask
    from distributed import LocalCluster

    workers, slots = _worker_counts()
    threads = str(max(1, cpu_cores() // workers))
    settings = {
        # A killed worker must fail its run visibly; Dask's default is to run it again, unseen, from the start.
        "distributed.scheduler.allowed-failures": 0,
        # Set before the process starts: torch and NumPy read these when they are imported.
        "distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads},
    }
    with dask.config.set(settings):
        return LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=workers,
            threads_per_worker=slots,
            processes=True,
            dashboard_address=None,
            # Without a dashboard Dask still opens its usual port for health metrics; any free one will do.
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
            # No limit: Dask would kill a worker for memory that the memory check has already allowed.
            memory_limit=0,
            # Errors alone: a worker that is stopped within a step makes Dask warn, and that is no fault.
            silence_logs=40,
        )


def _worker_counts() -> tuple[int, int]:
    """Return the number of worker processes and of runs in each: one process for a GPU, else one run a process."""
    if detect_device().kind == "cuda":
        return 1, GPU_SLOTS
    return min(MAX_WORKERS, max(2, cpu_cores() // 2)), 1
