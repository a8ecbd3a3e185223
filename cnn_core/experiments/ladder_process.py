"""The ladder in a process of its own: its loops disturb nobody, and stopping it is immediate."""

from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any

from cnn_core.experiments.ladder import Measured, Progress, Sizes, climb


@dataclass(frozen=True)
class Failed:
    """The climb ended with an error; `message` is a sentence."""

    message: str


@dataclass
class Climb:
    """A climb under way: what it has measured, how far the loops are, and whether it still runs."""

    sizes: Sizes
    process: Any
    events: Connection
    measured: list[Measured] = field(default_factory=list)
    progress: Progress | None = None
    failed: str = ""
    stopped: bool = False
    lock: Any = field(default_factory=Lock)

    def update(self) -> bool:
        """Take in what has happened since the last time, and say whether more may come. Several readers may ask."""
        more = self.alive  # before all is taken in: it may end meanwhile
        with self.lock:
            self._take_in()
        return more

    def _take_in(self) -> None:
        try:
            while self.events.poll():
                event = self.events.recv()
                if isinstance(event, Measured):
                    self.measured.append(event)
                elif isinstance(event, Progress):
                    self.progress = event
                else:
                    self.failed = event.message
        except (EOFError, OSError):  # the other end is gone: it has finished, or was stopped
            return

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return bool(self.process.is_alive())

    def stop(self) -> None:
        """End it at once; what it has measured stays."""
        self.stopped = self.alive
        self.process.terminate()
        self.process.join(2)


def start(sizes: Sizes, *, loops: bool, gpu: bool) -> Climb:
    """Begin to climb in a new process, which ends with this one at the latest."""
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_climb, args=(sender, sizes, loops, gpu), daemon=True)
    process.start()
    sender.close()  # the child holds the only one now, so that its end is seen here
    return Climb(sizes, process, receiver)


def _climb(sender: Connection, sizes: Sizes, loops: bool, gpu: bool) -> None:
    try:
        for event in climb(sizes, loops=loops, gpu=gpu):
            sender.send(event)
    except Exception as error:  # whatever it is, the learner is told, and the server goes on
        sender.send(Failed(str(error) or type(error).__name__))
