"""Read the pickles of CIFAR without running any code that a pickle may name."""

import io
import pickle
from typing import Any

import numpy as np
from numpy.typing import NDArray


class _ByteArray:
    """Takes the place of a NumPy array of bytes, because NumPy's own unpickling is not safe for untrusted data."""

    values: NDArray[np.uint8]

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, by_columns, raw = state
        if not isinstance(kind, _ByteType):
            raise pickle.UnpicklingError("an array without a type")
        data = raw.encode("latin1") if isinstance(raw, str) else raw
        self.values = np.frombuffer(data, np.uint8).reshape(shape, order="F" if by_columns else "C")


class _ByteType:
    """Takes the place of the type uint8, the only one in these files."""

    def __init__(self, code: str, *_: Any) -> None:
        if code not in ("u1", "|u1"):
            raise pickle.UnpicklingError(f"numbers of the type {code!r:.20}")

    def __setstate__(self, state: Any) -> None:
        """Ignore byte order and alignment, which do not matter for single bytes."""


def _new_array(*_: Any) -> _ByteArray:
    return _ByteArray()


def _encode_latin1(text: str, *_: Any) -> bytes:
    return text.encode("latin1")  # Python 3 writes bytes so into pickles of old protocols


_ALLOWED = {
    ("_codecs", "encode"): _encode_latin1,
    ("numpy.core.multiarray", "_reconstruct"): _new_array,
    ("numpy._core.multiarray", "_reconstruct"): _new_array,
    ("numpy", "ndarray"): _ByteArray,
    ("numpy", "dtype"): _ByteType,
}
"""Module and name that a pickle may ask for → what it gets instead."""


class _SafeUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which may do anything")
        return _ALLOWED[module, name]


def read_pickle(data: bytes) -> dict[str, Any]:
    """Read a dictionary of plain containers, numbers, texts (Latin-1) and arrays of bytes from a pickle.

    Raises ValueError for damaged data, for anything but a dictionary, and for a pickle that names any other class or
    function: none is ever imported or called.
    """
    try:
        found = _SafeUnpickler(io.BytesIO(data), encoding="latin1").load()
    except Exception as error:  # damaged pickles fail in many ways
        raise ValueError(f"The pickle cannot be read: {error!s:.120}.") from error
    if not isinstance(found, dict):
        raise ValueError("The pickle holds no dictionary.")
    return {name: value.values if isinstance(value, _ByteArray) else value for name, value in found.items()}
