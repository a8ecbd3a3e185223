"""The learning rate of every step."""

import math

from cnn_core.training.config import TrainConfig

# One cycle, with the defaults of `torch.optim.lr_scheduler.OneCycleLR`:
WARM_UP = 0.3
"""The share of the steps in which the rate rises."""
FIRST_SHARE = 1 / 25
"""The rate of the first step, as a share of the highest."""
LAST_SHARE = FIRST_SHARE / 1e4
"""The rate of the last step, as a share of the highest."""


def learning_rate(config: TrainConfig, base: float, step: int, steps_per_epoch: int, epochs: int) -> float:
    """Compute the rate of `step` (from 1) in a run of `epochs` epochs whose constant or highest rate is `base`.

    Cosine: Loshchilov & Hutter 2017, https://arxiv.org/abs/1608.03983, without restarts. One cycle: Smith & Topin 2018,
    https://arxiv.org/abs/1708.07120, in the form of `torch.optim.lr_scheduler.OneCycleLR`.
    """
    total = max(1, steps_per_epoch * epochs)
    done = min(step - 1, total - 1)
    match config.schedule:
        case "step":
            return base * config.step_factor ** (done // steps_per_epoch // config.step_every)
        case "cosine":
            return base * (1 + math.cos(math.pi * done / total)) / 2
        case "one-cycle":
            return base * _one_cycle(done, total)
    return base


def _one_cycle(done: int, total: int) -> float:
    top, last = WARM_UP * total - 1, total - 1
    if done <= top:
        return _cosine_between(FIRST_SHARE, 1.0, done / top if top > 0 else 1.0)
    return _cosine_between(1.0, LAST_SHARE, (done - top) / (last - top) if last > top else 1.0)


def _cosine_between(start: float, end: float, share: float) -> float:
    """Interpolate from `start` to `end` along half a cosine; `share` goes from 0 to 1."""
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))
