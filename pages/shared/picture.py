"""What is put into a network."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Picture:
    """What is put into the network: `image` uint8 (C, H, W), as the data set stores images, and its `title`.

    `label` is its true class, None when it is unknown; `test_index` its place in the test set,
    None for a picture from elsewhere. `drawing_number` distinguishes drawings, whose titles are equal.
    """

    image: NDArray[np.uint8]
    title: str
    label: int | None = None
    test_index: int | None = None
    drawing_number: str = ""
