"""Arithmetic of vectors that several modules of this room share."""

import numpy as np
from numpy.typing import NDArray


def unit_vectors(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Scale the vectors along the last axis to norm 1; vectors of zeros stay zeros.

    >>> unit_vectors(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    values = vectors.astype(np.float64)
    lengths = np.linalg.norm(values, axis=-1, keepdims=True)
    unit: NDArray[np.float64] = values / np.where(lengths > 0, lengths, 1.0)
    return unit
