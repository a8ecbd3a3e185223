"""Run the ladder in its own process, so that its loops slow down nobody and can be stopped at once."""

from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any

from cnn_core.experiments.ladder import LadderSizes, LoopProgress, Measurement, run_ladder


@dataclass(frozen=True)
class LadderFailure:
    """The error that ended a run; `message` is a sentence."""

    message: str


@dataclass
class LadderProcess:
    """A run of the ladder: its measurements, the progress of the loops, and its error."""

    sizes: LadderSizes
    process: Any
    events: Connection
    measured: list[Measurement] = field(default_factory=list)
    progress: LoopProgress | None = None
    error: str = ""
    stopped: bool = False
    lock: Any = field(default_factory=Lock)

    def update_progress(self) -> bool:
        """Receive new events, and return whether more may come. Safe to call from several threads."""
        more = self.is_running  # asked first, because the process may end in between
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
        except (EOFError, OSError):  # the process has finished or was stopped
            return

    @property
    def is_running(self) -> bool:
        """Whether the process is running."""
        return bool(self.process.is_alive())

    def stop(self) -> None:
        """Stop the process at once; its measurements are kept."""
        self.stopped = self.is_running
        self.process.terminate()
        self.process.join(2)


def start_ladder(sizes: LadderSizes, *, loops: bool, gpu: bool) -> LadderProcess:
    """Start the ladder in a new process, which ends with this one at the latest."""
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run_in_child, args=(sender, sizes, loops, gpu), daemon=True)
    process.start()
    sender.close()  # now only the child holds it, so that its end is noticed here
    return LadderProcess(sizes, process, receiver)


def _run_in_child(sender: Connection, sizes: LadderSizes, loops: bool, gpu: bool) -> None:
    try:
        for event in run_ladder(sizes, loops=loops, gpu=gpu):
            sender.send(event)
    except Exception as error:  # shown to the learner, whatever it is
        sender.send(LadderFailure(str(error) or type(error).__name__))
