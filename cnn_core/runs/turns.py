"""The order of waiting runs: workspaces take turns, so that one learner with ten runs does not hold up a class."""

from collections import Counter
from collections.abc import Mapping, Sequence

MAX_WORKSPACE_RUNS = 40
"""Runs that one workspace may have waiting or in progress: the largest experiment fits, an endless loop does not."""


def fair_order(waiting: Sequence[str], running: Mapping[str, int]) -> list[int]:
    """Return the order in which waiting runs begin, as indices into `waiting`.

    `waiting` gives the workspace of each waiting run, the longest-waiting first. Each turn goes to the workspace with
    the fewest runs in progress (`running`) or already chosen; a tie goes to the run that waits longest.

    >>> fair_order(["anna", "anna", "ben"], {"anna": 1})
    [2, 0, 1]
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
    """Return the seconds until the run in `position` (from 1) begins.

    Runs in progress have `left` seconds each; every run ahead in line takes `typical` seconds on one of the `slots`.

    >>> waiting_time(2, [30.0, 10.0], typical=20.0, slots=2)
    30.0
    """
    free = sorted([*left, *[0.0] * (slots - len(left))])[:slots] or [0.0]
    for _ in range(position - 1):
        free[0] += typical
        free.sort()
    return free[0]
