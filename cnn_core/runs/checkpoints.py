"""The files of one run: its weights after some epochs, the state of its optimiser, and its latest filters.

Every file is written beside its place and then moved there, so that a reader sees a whole file or none.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from cnn_core.training.events import Arrays, Filters, Snapshot

MAX_CHECKPOINTS = 50
"""Of a longer run only every 2nd, every 4th, … epoch is kept, and always the first, the best and the last."""
MAX_CHECKPOINT_BYTES = 2**30
"""Disk space for the checkpoints of one run: of a large network, fewer are kept."""


@dataclass(frozen=True)
class Checkpoints:
    """The folder of one run's files; it is made when the first file is saved."""

    folder: Path

    def list_epochs(self) -> tuple[int, ...]:
        """Return the epochs whose weights are stored, in order; 0 is the untrained network."""
        return tuple(sorted(int(path.stem.removeprefix("epoch-")) for path in self.folder.glob("epoch-*.safetensors")))

    def load_weights(self, epoch: int | None = None) -> Arrays:
        """Return the weights after `epoch`, by default the last stored one, as {state_dict name: array}.

        Raises ValueError when they are not stored.
        """
        stored = self.list_epochs()
        if not stored or (epoch is not None and epoch not in stored):
            has = f"of the epochs {', '.join(map(str, stored))} weights" if stored else "no weights"
            raise ValueError(f"Epoch is {epoch}: {has} are stored for this run.")
        return _read_arrays(self._weights_path(stored[-1] if epoch is None else epoch))

    def save_snapshot(self, snapshot: Snapshot, best_epoch: int | None) -> None:
        """Write the weights and the optimiser's state, and delete files that are no longer needed.

        The optimiser's state is kept for the last epoch only; old weights are thinned, but never those of `best_epoch`.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        _write_arrays(self._state_path(snapshot.epoch), snapshot.optimizer)
        path = self._weights_path(snapshot.epoch)
        _write_arrays(path, snapshot.weights)
        for old in set(self.folder.glob("state-*.safetensors")) - {self._state_path(snapshot.epoch)}:
            old.unlink(missing_ok=True)
        affordable = MAX_CHECKPOINT_BYTES // max(1, path.stat().st_size)
        self._thin_weights(max(2, min(MAX_CHECKPOINTS, affordable)), best_epoch)

    def resumable_epoch(self) -> int | None:
        """Return the last epoch if the optimiser's state is stored with its weights, so that the run can go on."""
        stored = self.list_epochs()
        return stored[-1] if stored and self._state_path(stored[-1]).is_file() else None

    def load_optimizer_state(self, epoch: int) -> Arrays:
        """Return the optimiser's state after `epoch`."""
        return _read_arrays(self._state_path(epoch))

    def save_filters(self, filters: Filters) -> None:
        """Write the latest filters of the first convolution over the ones before."""
        self.folder.mkdir(parents=True, exist_ok=True)
        _write_arrays(self._filters_path(), {"weights": filters.weights, "step": np.array([filters.step])})

    def load_filters(self) -> tuple[int, NDArray[np.float32]] | None:
        """Return the step and the weights (F, C, kh, kw) of the latest filters; None when there are none yet."""
        path = self._filters_path()
        if not path.is_file():
            return None
        arrays = _read_arrays(path)
        return int(arrays["step"][0]), arrays["weights"].astype(np.float32)

    def remove_files(self) -> None:
        """Delete the folder for good."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _thin_weights(self, limit: int, best_epoch: int | None) -> None:
        """Keep about `limit` epochs, evenly spaced: else a thousand epochs of a large network fill the disk."""
        stored = self.list_epochs()
        every = 2 ** (stored[-1] // limit).bit_length()
        for epoch in stored[:-1]:
            if epoch % every and epoch != best_epoch:
                self._weights_path(epoch).unlink(missing_ok=True)

    def _weights_path(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch:04d}.safetensors"

    def _state_path(self, epoch: int) -> Path:
        return self.folder / f"state-{epoch:04d}.safetensors"

    def _filters_path(self) -> Path:
        return self.folder / "filters.safetensors"


def _read_arrays(path: Path) -> Arrays:
    from safetensors.numpy import load_file

    return cast(Arrays, load_file(path))


def _write_arrays(path: Path, arrays: Arrays) -> None:
    from safetensors.numpy import save_file

    unfinished = path.with_suffix(".part")
    save_file({name: np.asarray(array, order="C") for name, array in arrays.items()}, unfinished)
    os.replace(unfinished, path)
