"""Inputs and kernels of several planes for a convolution: generated, cut from photographs and resized."""

import numpy as np
from numpy.typing import NDArray

from cnn_core.images import PHOTOS, load_photo, to_grey
from cnn_core.matrices import examples

Stack = NDArray[np.float64]

COURSE_EXAMPLE = "Course example"
PHOTO_PATCH = "Patch of a photograph"
DRAWN_SOURCES = (
    COURSE_EXAMPLE,
    "Random digits",
    "One bright pixel",
    "Vertical edge",
    "Checkerboard",
    "Gradient",
    "Cross",
)
SOURCES = (*DRAWN_SOURCES, PHOTO_PATCH)
PHOTO_SIZE = 96
"""Long side of the photograph that a patch is cut from: small enough that 8 × 8 pixels show something."""
MAX_DIGIT = 9.0
"""The largest number of a drawn input: one digit is quickest to add up by hand."""


def draw_input(source: str, shape: tuple[int, int, int], *, seed: int = 0) -> Stack:
    """Return an input of `shape` (channels, rows, columns); its channels differ: shifted, turned or random by `seed`.

    The course example always has shape (1, 3, 5). Raises ValueError for a name that is not in DRAWN_SOURCES.

    >>> draw_input("Gradient", (1, 2, 3)).tolist()
    [[[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]]]
    """
    channels, rows, columns = shape
    if source == COURSE_EXAMPLE:
        return next(iter(examples.INPUTS.values()))[None]
    if source == "Random digits":
        return np.random.default_rng(seed).integers(0, int(MAX_DIGIT) + 1, shape).astype(np.float64)
    row, column = np.indices((rows, columns))
    if source == "One bright pixel":
        places = [(rows // 2, columns // 2), (0, 0), (rows - 1, columns - 1)]
        planes = [(row == at[0]) & (column == at[1]) for at in places]
    elif source == "Vertical edge":
        planes = [column >= columns // 2, row >= rows // 2, column < columns // 2]
    elif source == "Checkerboard":
        planes = [(row + column) % 2 == phase for phase in (1, 0, 1)]
    elif source == "Cross":
        planes = [(row == rows // 2) | (column == columns // 2), row == column, (row == 0) | (column == 0)]
    elif source == "Gradient":
        ramps = [row + column, row + (columns - 1 - column), (rows - 1 - row) + column]
        return np.stack([np.minimum(ramp, MAX_DIGIT).astype(np.float64) for ramp in ramps[:channels]])
    else:
        raise ValueError(f"There is no input “{source}”: choose {', '.join(DRAWN_SOURCES)}.")
    return np.stack([np.where(plane, MAX_DIGIT, 0.0) for plane in planes[:channels]])


def cut_patch(name: str, shape: tuple[int, int, int], top: int, left: int) -> Stack:
    """Cut a patch of `shape` (channels, rows, columns) from the photograph `name`, its corner at (top, left); 0 … 255.

    One channel is the grey picture, two are red and green, three red, green and blue. The long side of the photograph
    has PHOTO_SIZE pixels; a patch beyond its edge is moved back inside. Raises ValueError for an unknown name.
    """
    channels, rows, columns = shape
    picture = load_small_photo(name, grey=channels == 1)
    top = min(max(top, 0), picture.shape[1] - rows)
    left = min(max(left, 0), picture.shape[2] - columns)
    return picture[:channels, top : top + rows, left : left + columns].astype(np.float64)


def load_small_photo(name: str, *, grey: bool) -> NDArray[np.uint8]:
    """Load the photograph `name` of cnn_core.images.PHOTOS, PHOTO_SIZE pixels long, as (1 or 3, height, width).

    Raises ValueError for an unknown name.
    """
    if name not in {entry.name for entry in PHOTOS}:
        raise ValueError(f"There is no photograph “{name}”: choose {', '.join(entry.name for entry in PHOTOS)}.")
    picture = load_photo(name, PHOTO_SIZE)
    return to_grey(picture)[None] if grey else np.ascontiguousarray(picture.transpose(2, 0, 1))


def resize_stack(stack: Stack, shape: tuple[int, int, int], *, seed: int = 0) -> Stack:
    """Cut or extend `stack` to `shape`: new rows and columns hold zeros, new channels random digits by `seed`."""
    channels, rows, columns = shape
    kept = stack[:channels, :rows, :columns]
    bigger = np.pad(kept, [(0, 0), (0, rows - kept.shape[1]), (0, columns - kept.shape[2])])
    return np.concatenate([bigger, draw_input("Random digits", (channels, rows, columns), seed=seed)[len(bigger) :]])


def fit_kernels(kernels: Stack, filters: int, channels: int, size: tuple[int, int], *, old_channels: int) -> Stack:
    """Resize kernels, given as planes of `old_channels` channels per filter, to planes (filters · channels, kH, kW).

    What fits is kept and stays centred. A new channel repeats its filter's first one; a new filter is the next named
    kernel of `examples.KERNELS`.
    """
    old = kernels.reshape(-1, old_channels, *kernels.shape[1:])
    library = list(examples.KERNELS.values())
    made = []
    for f in range(filters):
        planes = list(old[f]) if f < len(old) else [library[f % len(library)]]
        made += [centre_kernel(planes[c] if c < len(planes) else planes[0], size) for c in range(channels)]
    return np.stack(made)


def centre_kernel(kernel: Stack, size: tuple[int, int]) -> Stack:
    """Resize a kernel (kH, kW) to `size` by adding zeros around it or cutting off its border; its middle is kept.

    >>> centre_kernel(np.ones((1, 1)), (3, 3)).tolist()
    [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    result = np.zeros(size)
    take, put = [], []
    for old, new in zip(kernel.shape, size, strict=True):
        shift = (new - 1) // 2 - (old - 1) // 2
        start = max(0, shift)
        stop = min(new, old + shift)
        put.append(slice(start, stop))
        take.append(slice(start - shift, stop - shift))
    result[tuple(put)] = kernel[tuple(take)]
    return result
