"""What the garbage collector can leave out: the libraries."""

import atexit
import gc
import sys

_module_count = 0
"""The number of modules that were loaded when everything was frozen last; 0 before that."""


def freeze_libraries() -> None:
    """Take every object that exists now out of garbage collection, if a module was imported since the last call.

    Streamlit collects garbage after every run of a page or fragment and looks at every object of PyTorch, Altair and
    the other libraries: a tenth of a second in which nobody is served, for garbage that is a hundredth of the objects.
    """
    global _module_count
    if len(sys.modules) == _module_count:
        return
    if not _module_count:
        # Libraries clean up when the process ends, and complain if frozen objects are still alive then.
        atexit.register(gc.unfreeze)
    _module_count = len(sys.modules)
    gc.collect()  # What is garbage already would otherwise be kept for ever.
    gc.freeze()
