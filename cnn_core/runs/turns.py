"""Whose turn it is: workspaces take turns, so that one learner with ten runs does not hold up a class."""

from collections import Counter
from collections.abc import Mapping, Sequence

MAX_WORKSPACE_RUNS = 40
"""Runs that one workspace may have waiting or going on: the largest experiment fits, an endless loop does not."""


def fair_order(waiting: Sequence[str], running: Mapping[str, int]) -> list[int]:
    """The order in which waiting runs begin: numbers into `waiting`, their workspaces, the longest-waiting first.

    Each turn goes to the workspace with the fewest runs going on (`running`) or begun before; among equals to whoever
    waits longest.
    """
    served = Counter(running)
    left = list(range(len(waiting)))
    order: list[int] = []
    while left:
        following = min(left, key=lambda number: (served[waiting[number]], number))
        left.remove(following)
        served[waiting[following]] += 1
        order.append(following)
    return order


def waiting_time(position: int, left: Sequence[float], typical: float, slots: int) -> float:
    """Seconds until the run in `position` (from 1) begins, when those going on have `left` seconds each and those
    before it in line take `typical` seconds each."""
    free = sorted([*left, *[0.0] * (slots - len(left))])[:slots] or [0.0]
    for _ in range(position - 1):
        free[0] += typical
        free.sort()
    return free[0]
