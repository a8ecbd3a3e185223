"""Data sets that several tests of this room use: the built-in ones, and files as they are downloaded."""

import pickle
import struct
from functools import cache
from pathlib import Path

import numpy as np

from cnn_core.datasets import (
    Dataset,
    Split,
    load,
)
from cnn_core.datasets.downloadable import CIFAR10_FILES

ROOT = Path(__file__).resolve().parents[3]


@cache
def built_in(name: str) -> Dataset:
    return load(name)


def splits(data: Dataset) -> tuple[Split, Split, Split]:
    return data.train, data.val, data.test


def write_mnist(folder: Path, counts: tuple[int, int] = (100, 20)) -> list[np.ndarray]:
    """Four valid idx files of random images whose first pixel is the label; returns the images."""
    raw, rng = folder / "MNIST" / "raw", np.random.default_rng(5)
    raw.mkdir(parents=True)
    pictures = []
    for part, count in zip(("train", "t10k"), counts, strict=True):
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        images[:, 0, 0] = np.arange(count) % 10
        header = struct.pack(">4i", 0x0803, count, 28, 28)
        (raw / f"{part}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 0x0801, count) + images[:, 0, 0].tobytes())
        pictures.append(images)
    return pictures


def cifar_pixels(count: int) -> np.ndarray:
    """Images whose red is the number modulo 10, green 100, and one pixel of blue 200."""
    pixels = np.zeros((count, 3, 32, 32), dtype=np.uint8)
    pixels[:, 0], pixels[:, 1], pixels[:, 2, 3, 5] = np.arange(count)[:, None, None] % 10, 100, 200
    return pixels


def write_cifar10(folder: Path, protocol: int = 2) -> np.ndarray:
    """The seven files of CIFAR-10 with 20 images each; returns the test images."""
    (folder / "cifar-10-batches-py").mkdir(parents=True)
    pixels = cifar_pixels(20)
    batch = {"data": pixels.reshape(20, -1), "labels": list(range(10)) * 2}
    names = {"label_names": [f"thing {number}" for number in range(10)]}
    for file in CIFAR10_FILES:
        content = names if file == "batches.meta" else batch
        (folder / "cifar-10-batches-py" / file).write_bytes(pickle.dumps(content, protocol=protocol))
    return pixels


def write_cifar100(folder: Path) -> None:
    """CIFAR-100 with 400 training images; fine label f belongs to the superclass f // 5."""
    (folder / "cifar-100-python").mkdir(parents=True)
    for file, count in (("train", 1000), ("test", 200)):
        fine = [number % 100 for number in range(count)]
        batch = {"data": cifar_pixels(count).reshape(count, -1), "fine_labels": fine}
        batch["coarse_labels"] = [label // 5 for label in fine]
        (folder / "cifar-100-python" / file).write_bytes(pickle.dumps(batch, protocol=2))
    names = {"fine_label_names": [f"f{n}" for n in range(100)], "coarse_label_names": [f"c{n}" for n in range(20)]}
    (folder / "cifar-100-python" / "meta").write_bytes(pickle.dumps(names, protocol=2))
