"""Which layers Grad-CAM can explain, read from the description of a network. No torch."""

import numpy as np

from cnn_core.networks import NetworkSpec

_UNSUITABLE_KINDS = ("MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "Dropout2d", "Dropout")


def cam_layers(spec: NetworkSpec) -> tuple[str, ...]:
    """Return the layers whose output Grad-CAM can weigh: those with height and width, from the first convolution on.

    There are none in a network without convolutions: no layer of it separates what a feature is from where it is.
    """
    rows = spec.summary()
    first = next((place for place, row in enumerate(rows) if row.kind == "Conv2d"), None)
    if first is None:
        return ()
    return tuple(row.name for row in rows[first:] if len(row.output_shape) == 3)


def default_cam_layer(spec: NetworkSpec) -> str | None:
    """Return the layer to explain at first: the last with several positions that is no pooling and no dropout.

    Selvaraju et al. 2017 take the last convolution with its activation: its features carry the most meaning and still
    have a place. Where no layer suits, it is the last of `cam_layers`; None where there is none of these either.
    """
    kinds = {row.name: row.kind for row in spec.summary()}
    shapes = {row.name: row.output_shape for row in spec.summary()}
    candidates = cam_layers(spec)
    suitable = [name for name in candidates if np.prod(shapes[name][1:]) > 1 and kinds[name] not in _UNSUITABLE_KINDS]
    return suitable[-1] if suitable else candidates[-1] if candidates else None
