"""Long work in a thread while the page stays usable: its progress, how to stop it, and its result."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

log = logging.getLogger(__name__)
Report = Callable[[int, int], None]


class StoppedError(Exception):
    """Raised within the work when somebody asked to stop it."""


@dataclass
class Task:
    """Work in progress: `done` of `total` units, its `result`, or the sentence of its `failure`; whether it ended."""

    done: int = 0
    total: int = 0
    result: Any = None
    failure: str = ""
    stopped: bool = False
    ended: bool = False
    stop_event: threading.Event = field(default_factory=threading.Event)

    def request_stop(self) -> None:
        """Ask the work to stop at its next report."""
        self.stop_event.set()

    def report_progress(self, done: int, total: int) -> None:
        """Record the progress of the work, which calls this repeatedly. Raises StoppedError when it is to stop."""
        if self.stop_event.is_set():
            raise StoppedError
        self.done, self.total = done, total


def start_task(work: Callable[[Report], Any]) -> Task:
    """Start `work`, which is given `Task.report_progress`, in a thread that ends with the program at the latest."""
    task = Task()
    threading.Thread(target=_run_task, args=(work, task), daemon=True).start()
    return task


def _run_task(work: Callable[[Report], Any], task: Task) -> None:
    try:
        task.result = work(task.report_progress)
    except StoppedError:
        task.stopped = True
    except ValueError as error:
        task.failure = str(error)
    except MemoryError:
        task.failure = "There is not enough memory for this: choose smaller images, or fewer."
    except Exception as error:
        log.exception("a task failed")
        task.failure = f"Something went wrong that should not have ({type(error).__name__}): try again."
    finally:
        task.ended = True


class Downloads:
    """The downloads of this server, each started once: all visitors watch the same."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}
        self._lock = threading.Lock()

    def start_download(self, source: str, work: Callable[[Report], Any]) -> Task:
        """Start the download of `source` with `work`, or return the one in progress."""
        with self._lock:
            task = self._tasks.get(source)
            if task is None or task.ended:
                task = self._tasks[source] = start_task(work)
            return task

    def latest_download(self, source: str) -> Task | None:
        """Return the last download of `source`, in progress or ended; None before the first."""
        return self._tasks.get(source)
