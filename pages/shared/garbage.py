"""What the garbage collector need not look at."""

import atexit
import gc
import sys

_module_count = 0
atexit.register(gc.unfreeze)  # libraries take themselves apart at the end, and complain of what is still held


def freeze_libraries() -> None:
    """Take what is alive now out of garbage collection, whenever a library was imported since.

    Streamlit collects after every run of a page or fragment, through every object of PyTorch, Altair and the rest:
    a tenth of a second in which nobody is served, while the garbage is a hundredth of it.
    """
    global _module_count
    if len(sys.modules) == _module_count:
        return
    _module_count = len(sys.modules)
    gc.collect()  # what is garbage already must not be kept
    gc.freeze()
