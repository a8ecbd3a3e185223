"""Which layers Grad-CAM can look at, told from the description of a network. No torch."""

import numpy as np

from cnn_core.networks import NetworkSpec

_UNSUITABLE_KINDS = ("MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "Dropout2d", "Dropout")


def cam_layers(spec: NetworkSpec) -> tuple[str, ...]:
    """The layers whose output Grad-CAM can weigh: those with height and width, from the first convolution on.

    Empty for a network without convolutions: nothing in it keeps apart what was seen and where.
    """
    rows = spec.summary()
    first = next((place for place, row in enumerate(rows) if row.kind == "Conv2d"), None)
    if first is None:
        return ()
    return tuple(row.name for row in rows[first:] if len(row.output_shape) == 3)


def default_cam_layer(spec: NetworkSpec) -> str | None:
    """The layer to explain with: the last that has more than one position and does not pool or drop; None without any.

    Selvaraju et al. (2017) take the last convolution with what follows it: there, features mean most and still have
    a place.
    """
    kinds = {row.name: row.kind for row in spec.summary()}
    shapes = {row.name: row.output_shape for row in spec.summary()}
    candidates = cam_layers(spec)
    suitable = [name for name in candidates if np.prod(shapes[name][1:]) > 1 and kinds[name] not in _UNSUITABLE_KINDS]
    return suitable[-1] if suitable else candidates[-1] if candidates else None
