"""Libraries are left out of garbage collection; what a session throws away is not."""

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator
from types import ModuleType

import pytest

from pages.shared import garbage


@pytest.fixture(autouse=True)
def thawed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(garbage, "_module_count", 0)
    yield
    gc.unfreeze()


def test_what_is_alive_is_frozen_and_again_after_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    garbage.freeze_libraries()
    frozen = gc.get_freeze_count()
    assert frozen > 10_000
    kept = [[] for _ in range(500)]
    garbage.freeze_libraries()
    assert gc.get_freeze_count() <= frozen
    monkeypatch.setitem(sys.modules, "a_new_library", ModuleType("a_new_library"))
    garbage.freeze_libraries()
    assert gc.get_freeze_count() > frozen
    assert len(kept) == 500


class Knot:
    """Something that refers to itself, which the collector alone can free."""

    def __init__(self) -> None:
        self.self = self


def test_garbage_is_still_collected() -> None:
    before = weakref.ref(Knot())
    garbage.freeze_libraries()
    assert before() is None  # not kept for ever by being frozen
    after = weakref.ref(Knot())
    assert after() is not None
    gc.collect()
    assert after() is None


def test_the_end_of_the_process_is_arranged_by_freezing_not_by_importing() -> None:
    script = (
        "import atexit; before = atexit._ncallbacks()\n"
        "from pages.shared.garbage import freeze_libraries; print(atexit._ncallbacks() - before)\n"
        "for number in range(3):\n"
        "    __import__('sys').modules[f'library_{number}'] = None; freeze_libraries()\n"
        "print(atexit._ncallbacks() - before)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["0", "1"]
