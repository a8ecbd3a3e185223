"""Where CNN Lab keeps what it stores."""

import os
from pathlib import Path


def data_folder() -> Path:
    """Return the folder for runs, weights and data sets: CNN_LAB_DATA, or else data/ beside the code.

    It may not exist yet.
    """
    return Path(os.environ.get("CNN_LAB_DATA") or Path(__file__).resolve().parents[1] / "data").resolve()


def dataset_folder() -> Path:
    """Return the folder for data sets, inside the data folder. It may not exist yet."""
    return data_folder() / "datasets"
