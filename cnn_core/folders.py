"""Where CNN Lab keeps what it stores."""

import os
from pathlib import Path


def data_folder() -> Path:
    """The folder for runs, weights and data sets: CNN_LAB_DATA, or data/ beside the code. It need not exist yet."""
    return Path(os.environ.get("CNN_LAB_DATA") or Path(__file__).resolve().parents[1] / "data").resolve()


def dataset_folder() -> Path:
    """The folder for data sets, within the data folder. It need not exist yet."""
    return data_folder() / "datasets"
