"""Training runs as they are planned, queued, carried out, stored, judged and compared.

The training itself is in `cnn_core.training`. A `RunStore` keeps runs, a `JobQueue` trains them in worker processes:

    queue = JobQueue(default_store())
    [run_id] = queue.start_runs([Planned("", spec, config)], workspace="class")
    queue.store.get_run(run_id).status
"""

from cnn_core.runs.coach import review_run
from cnn_core.runs.jobs import JobQueue
from cnn_core.runs.planned import Planned
from cnn_core.runs.schema import Run
from cnn_core.runs.store import RunStore, default_store

__all__ = ["JobQueue", "Planned", "Run", "RunStore", "default_store", "review_run"]
