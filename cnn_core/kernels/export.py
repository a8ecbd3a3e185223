"""Write kernels as files: JSON, CSV, NumPy and Python."""

import io
import json
from collections.abc import Sequence

import numpy as np

from cnn_core.kernels.as_code import torch_code
from cnn_core.kernels.families import Weights
from cnn_core.kernels.filtering import FilterSettings
from cnn_core.kernels.notation import Kernel


def to_json(kernels: Sequence[Kernel], settings: FilterSettings) -> str:
    """Return weights, recipes and filter settings as JSON."""
    listed = [
        {"recipe": str(kernel.recipe) if kernel.recipe else None, "weights": kernel.weights.tolist()}
        for kernel in kernels
    ]
    return json.dumps({"kernels": listed, "layer": vars(settings)}, indent=2)


def to_csv(weights: Weights) -> str:
    """Return the weights as CSV, a line for each row, with all digits of float64."""
    return "\r\n".join(",".join(f"{value:.17g}" for value in row) for row in weights) + "\r\n"


def to_npy(weights: Weights) -> bytes:
    """Return a .npy file of one kernel (rows, columns), or of kernels of one size (filters, rows, columns)."""
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(weights, dtype=np.float64), allow_pickle=False)
    return buffer.getvalue()


def to_torch(weights: Weights, settings: FilterSettings) -> str:
    """Return Python code that makes the weights and filters a picture `x` (N, 1, H, W) with them."""
    rows = ",\n".join("    [" + ", ".join(f"{value:.17g}" for value in row) + "]" for row in weights)
    call = torch_code(weights.shape, settings)
    start, _, rest = call.partition("\n")
    return f"import torch\n{start}\n\nw = torch.tensor([\n{rows},\n])\n{rest}\n"
