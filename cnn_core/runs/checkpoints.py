"""The files of one run: its weights after some epochs, what its optimiser keeps, and its filters of the last second.

Every file is written beside its place and then moved there, so that a reader sees a whole file or none.
"""

import os
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from cnn_core.training.events import Arrays, Filters, Snapshot

# Of a long run only some checkpoints stay: every 2nd, every 4th, … epoch, and always the first, the best and the last.
MAX_CHECKPOINTS, MAX_CHECKPOINT_BYTES = 50, 2**30


def checkpoint_epochs(folder: Path) -> tuple[int, ...]:
    """The epochs whose weights are there, in order; 0 is the untrained network."""
    return tuple(sorted(int(path.stem.removeprefix("epoch-")) for path in folder.glob("epoch-*.safetensors")))


def load_weights(folder: Path, epoch: int | None = None) -> Arrays:
    """The weights after `epoch`, by default the last one stored, by state_dict name. Raises ValueError without them."""
    stored = checkpoint_epochs(folder)
    if not stored or (epoch is not None and epoch not in stored):
        has = f"of the epochs {', '.join(map(str, stored))} weights" if stored else "no weights"
        raise ValueError(f"epoch is {epoch}: {has} are stored for this run.")
    return _read_arrays(checkpoint_path(folder, stored[-1] if epoch is None else epoch))


def save_checkpoint(folder: Path, snapshot: Snapshot, best_epoch: int | None) -> None:
    """Write a checkpoint and thin the older ones but the best; the optimiser's numbers are kept for the last alone."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_arrays(_state_path(folder, snapshot.epoch), snapshot.optimizer)
    path = checkpoint_path(folder, snapshot.epoch)
    _write_arrays(path, snapshot.weights)
    for old in set(folder.glob("state-*.safetensors")) - {_state_path(folder, snapshot.epoch)}:
        old.unlink(missing_ok=True)
    _thin_checkpoints(
        folder, max(2, min(MAX_CHECKPOINTS, MAX_CHECKPOINT_BYTES // max(1, path.stat().st_size))), best_epoch
    )


def resumable_epoch(folder: Path) -> int | None:
    """The epoch from which the run can go on: the last one, whose optimiser's numbers are there too."""
    stored = checkpoint_epochs(folder)
    return stored[-1] if stored and _state_path(folder, stored[-1]).is_file() else None


def load_optimizer_state(folder: Path, epoch: int) -> Arrays:
    """What the optimiser kept after `epoch`."""
    return _read_arrays(_state_path(folder, epoch))


def save_filters(folder: Path, filters: Filters) -> None:
    """Keep the newest filters of the first convolution."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_arrays(folder / "filters.safetensors", {"weights": filters.weights, "step": np.array([filters.step])})


def load_filters(folder: Path) -> tuple[int, NDArray[np.float32]] | None:
    """The step and the weights (F, C, kh, kw) of the newest filters; None when there are none yet."""
    path = folder / "filters.safetensors"
    if not path.is_file():
        return None
    arrays = _read_arrays(path)
    return int(arrays["step"][0]), arrays["weights"].astype(np.float32)


def _thin_checkpoints(folder: Path, most: int, best_epoch: int | None) -> None:
    """Keep about `most` checkpoints, evenly spaced; else a thousand epochs of a large network fill the disk."""
    stored = checkpoint_epochs(folder)
    every = 2 ** (stored[-1] // most).bit_length()
    for epoch in stored[:-1]:
        if epoch % every and epoch != best_epoch:
            checkpoint_path(folder, epoch).unlink(missing_ok=True)


def checkpoint_path(folder: Path, epoch: int) -> Path:
    """Where the weights after `epoch` lie, if they are stored."""
    return folder / f"epoch-{epoch:04d}.safetensors"


def _state_path(folder: Path, epoch: int) -> Path:
    return folder / f"state-{epoch:04d}.safetensors"


def _read_arrays(path: Path) -> Arrays:
    from safetensors.numpy import load_file

    return cast(Arrays, load_file(path))


def _write_arrays(path: Path, arrays: Arrays) -> None:
    from safetensors.numpy import save_file

    unfinished = path.with_suffix(".part")
    save_file({name: np.asarray(array, order="C") for name, array in arrays.items()}, unfinished)
    os.replace(unfinished, path)
