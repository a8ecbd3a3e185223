"""The ladder in a process of its own: its loops disturb nobody, and stopping it is immediate."""

from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any

from cnn_core.experiments.ladder import LadderSizes, LoopProgress, Measurement, run_ladder


@dataclass(frozen=True)
class LadderFailure:
    """The climb ended with an error; `message` is a sentence."""

    message: str


@dataclass
class LadderProcess:
    """A climb under way: what it has measured, how far the loops are, and whether it still runs."""

    sizes: LadderSizes
    process: Any
    events: Connection
    measured: list[Measurement] = field(default_factory=list)
    progress: LoopProgress | None = None
    error: str = ""
    stopped: bool = False
    lock: Any = field(default_factory=Lock)

    def update_progress(self) -> bool:
        """Take in what has happened since the last time, and say whether more may come. Several readers may ask."""
        more = self.is_running  # before all is taken in: it may end meanwhile
        with self.lock:
            self._receive_events()
        return more

    def _receive_events(self) -> None:
        try:
            while self.events.poll():
                event = self.events.recv()
                if isinstance(event, Measurement):
                    self.measured.append(event)
                elif isinstance(event, LoopProgress):
                    self.progress = event
                else:
                    self.error = event.message
        except (EOFError, OSError):  # the other end is gone: it has finished, or was stopped
            return

    @property
    def is_running(self) -> bool:
        """Whether it still runs."""
        return bool(self.process.is_alive())

    def stop(self) -> None:
        """End it at once; what it has measured stays."""
        self.stopped = self.is_running
        self.process.terminate()
        self.process.join(2)


def start_ladder(sizes: LadderSizes, *, loops: bool, gpu: bool) -> LadderProcess:
    """Begin to climb in a new process, which ends with this one at the latest."""
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run_in_child, args=(sender, sizes, loops, gpu), daemon=True)
    process.start()
    sender.close()  # the child holds the only one now, so that its end is seen here
    return LadderProcess(sizes, process, receiver)


def _run_in_child(sender: Connection, sizes: LadderSizes, loops: bool, gpu: bool) -> None:
    try:
        for event in run_ladder(sizes, loops=loops, gpu=gpu):
            sender.send(event)
    except Exception as error:  # whatever it is, the learner is told, and the server goes on
        sender.send(LadderFailure(str(error) or type(error).__name__))
