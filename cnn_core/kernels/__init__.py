"""Image kernels: made by family or number, edited, applied to pictures, and explained.

families, library, notation   make kernels, name them and read them from text
editing                       rotates, scales, adds and separates kernels
filtering, chain, edges       apply them to pictures
neighbourhood                 cuts out the pixels behind one value
frequency, explain            compute what they do to waves, and say it in words
as_code, export               write them as code and files
"""

from cnn_core.kernels.chain import equivalent_kernel
from cnn_core.kernels.edges import edge_gradient
from cnn_core.kernels.editing import normalise_kernel, separate_kernel
from cnn_core.kernels.explain import describe_gain
from cnn_core.kernels.filtering import FilterSettings, apply_kernel, filter_picture
from cnn_core.kernels.frequency import wave_gain
from cnn_core.kernels.notation import make_recipe, parse_kernel

__all__ = [
    "FilterSettings",
    "apply_kernel",
    "describe_gain",
    "edge_gradient",
    "equivalent_kernel",
    "filter_picture",
    "make_recipe",
    "normalise_kernel",
    "parse_kernel",
    "separate_kernel",
    "wave_gain",
]
