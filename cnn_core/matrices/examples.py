"""Inputs and kernels small enough to compute with by hand, each of which shows something."""

import numpy as np
from numpy.typing import NDArray


def _edge_image() -> NDArray[np.float64]:
    image = np.zeros((7, 7))
    image[:, 4:] = 9
    return image


def _impulse_image() -> NDArray[np.float64]:
    image = np.zeros((7, 7))
    image[3, 3] = 1
    return image


def _cross_image() -> NDArray[np.float64]:
    image = np.zeros((7, 7))
    image[3, 1:6] = image[1:6, 3] = 5
    return image


INPUTS: dict[str, NDArray[np.float64]] = {
    "Course example, 3 × 5": np.array([[1, 0, 2, 3, 1], [3, 2, 0, 7, 0], [0, 6, 1, 1, 4]], dtype=np.float64),
    "Vertical edge": _edge_image(),
    "One bright pixel": _impulse_image(),
    "Cross": _cross_image(),
    "Checkerboard": np.indices((6, 6)).sum(axis=0) % 2 * 4.0,
    "Gradient": np.add.outer(np.arange(6.0), np.arange(8.0)),
    "Random digits": np.random.default_rng(7).integers(0, 10, (8, 8)).astype(np.float64),
}

KERNELS: dict[str, NDArray[np.float64]] = {
    "Sobel: vertical edges": np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    "Sobel: horizontal edges": np.array([[-1.0, -2, -1], [0, 0, 0], [1, 2, 1]]),
    "Identity": np.array([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    "Laplacian": np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    "Sharpen": np.array([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "Sum of 2 × 2": np.ones((2, 2)),
    "Mean of 2 × 2": np.full((2, 2), 0.25),
    "Shift to the left": np.array([[0.0, 0, 0], [0, 0, 1], [0, 0, 0]]),
    "Asymmetric 1 to 9": np.arange(1.0, 10).reshape(3, 3),
}

POOLING_INPUTS: dict[str, NDArray[np.float64]] = {
    "Classical 4 × 4": np.array([[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]),
    "Ties": np.array([[7.0, 7, 1, 2], [7, 3, 2, 0], [0, 0, 5, 1], [0, 0, 1, 9]]),
    "All negative": -np.array([[9.0, 4, 7, 2], [3, 8, 1, 6], [5, 2, 9, 4], [7, 6, 3, 8]]),
    "One bright pixel": _impulse_image(),
    "Vertical edge": _edge_image(),
    "Five by five": np.arange(1.0, 26).reshape(5, 5),
    # the fifth digit of scikit-learn's handwritten digits
    "Handwritten 4": np.array(
        [
            [0.0, 0, 0, 1, 11, 0, 0, 0],
            [0, 0, 0, 7, 8, 0, 0, 0],
            [0, 0, 1, 13, 6, 2, 2, 0],
            [0, 0, 7, 15, 0, 9, 8, 0],
            [0, 5, 16, 10, 0, 16, 6, 0],
            [0, 4, 15, 16, 13, 16, 1, 0],
            [0, 0, 0, 3, 15, 10, 0, 0],
            [0, 0, 0, 2, 16, 4, 0, 0],
        ]
    ),
    "Random digits, 12 × 12": np.random.default_rng(3).integers(0, 10, (12, 12)).astype(np.float64),
}

BACKPROP_INPUTS: dict[str, NDArray[np.float64]] = {
    "Three by three": np.array([[1.0, 2, 0], [3, -1, 2], [0, 1, 4]]),
    "Five by five": np.array(
        [[2.0, 0, 1, 3, 1], [1, -2, 0, 1, 0], [0, 3, 2, -1, 2], [4, 1, 0, 2, 1], [1, 0, -1, 3, 2]]
    ),
    "One bright pixel": _impulse_image()[1:6, 1:6],
    "Course image, 3 × 5": INPUTS["Course example, 3 × 5"],
    "Counted through": np.arange(1.0, 17).reshape(4, 4),
}

BACKPROP_KERNELS: dict[str, NDArray[np.float64]] = {
    "Two by two": np.array([[1.0, -2], [3, 0]]),
    "Sum": np.ones((2, 2)),
    "Sobel": KERNELS["Sobel: vertical edges"],
    "Asymmetric 1 to 9": KERNELS["Asymmetric 1 to 9"],
}


def upstream_examples(rows: int, columns: int) -> dict[str, NDArray[np.float64]]:
    """Return gradients that may arrive at an output of `rows` × `columns`, by name.

    >>> upstream_examples(1, 2)["Plus and minus"].tolist()
    [[1.0, -2.0]]
    """
    count = np.arange(rows * columns).reshape(rows, columns)
    return {
        "All ones: L is the sum": np.ones((rows, columns)),
        "Only the first output counts": (count == 0).astype(np.float64),
        "Plus and minus": np.where(count % 2 == 0, 1.0, -2.0),
        "Counted through": count + 1.0,
    }


def example_name(values: NDArray[np.float64], library: dict[str, NDArray[np.float64]]) -> str | None:
    """Return the name under which `library` holds exactly these `values`, or None.

    >>> example_name(np.ones((2, 2)), KERNELS)
    'Sum of 2 × 2'
    """
    return next((name for name, example in library.items() if np.array_equal(example, values)), None)
