"""A visitor's picture or drawing prepared for a network: size, channels, and MNIST's centring for digits. No torch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.images import Pixels, to_grey

DIGIT_SHARE = 20 / 28
"""MNIST scales a digit into 20 × 20 of its 28 × 28 pixels (LeCun, Cortes, Burges: yann.lecun.com/exdb/mnist)."""
SMALL_SIDE = 16
"""On fewer pixels a digit fills the height, as in scikit-learn's Digits (8 × 8)."""
INK_THRESHOLD = 64
"""How far from the background a pixel is ink: JPEG noise and shadows on paper stay below."""
MAX_DARK_GROUND = 48
"""Images whose edge pixels have a median below this show something bright on black."""


@dataclass(frozen=True, eq=False)
class FittedImage:
    """What the network gets: `image` uint8 (C, H, W), and the `steps` that were taken, each in words.

    `is_empty` says that a drawing holds no ink.
    """

    image: NDArray[np.uint8]
    steps: tuple[str, ...]
    is_empty: bool = False


def fit_image(rgb: Pixels, input_shape: tuple[int, int, int], *, is_drawing: bool = False) -> NDArray[np.uint8]:
    """Turn a picture uint8 (H, W, 3) into a network's input uint8 `input_shape` (C, h, w).

    A picture is cropped in the middle to the aspect ratio of the input and resized (Pillow's box filter, which
    averages); one channel is its brightness (BT.601), three are red, green and blue, any other number repeats the
    brightness. With `is_drawing` it is a digit or letter on a plain background, prepared as MNIST's are: grey, ink
    bright on black, cropped to the ink, scaled into 20/28 of the side, its centre of mass in the middle. Without any
    ink all is zero. Raises ValueError for another shape or kind of numbers.
    """
    return fit_with_steps(rgb, input_shape, is_drawing=is_drawing).image


def fit_with_steps(rgb: Pixels, input_shape: tuple[int, int, int], *, is_drawing: bool = False) -> FittedImage:
    """Do what `fit_image` does, with the same arguments and errors, and say in words what was done."""
    picture = np.asarray(rgb)
    if picture.ndim != 3 or picture.shape[2] != 3 or not picture.size or picture.dtype != np.uint8:
        raise ValueError(f"The picture is {picture.dtype} {picture.shape}: it must be uint8 (height, width, 3).")
    if len(input_shape) != 3 or min(input_shape) < 1:
        raise ValueError(f"The input shape is {input_shape}: it must be (channels, height, width), each at least 1.")
    return _fit_drawing(picture, input_shape) if is_drawing else _fit_picture(picture, input_shape)


def is_bright_on_black(images: NDArray[np.uint8]) -> bool:
    """Tell whether stored images (N, C, H, W) are grey and show something bright on black, as MNIST's digits do."""
    if images.shape[1] != 1 or not images.size:
        return False
    edge = np.concatenate([images[:, 0, [0, -1]].ravel(), images[:, 0, :, [0, -1]].ravel()])
    return bool(np.median(edge) < MAX_DARK_GROUND)


def _fit_picture(picture: Pixels, shape: tuple[int, int, int]) -> FittedImage:
    channels, height, width = shape
    steps = []
    part = _crop_middle(picture, height / width)
    if part.shape != picture.shape:
        steps.append(f"cut in the middle to {part.shape[1]} × {part.shape[0]} pixels")
    if part.shape[:2] != (height, width):
        steps.append(f"resized from {part.shape[1]} × {part.shape[0]} to {width} × {height}")
    small = _resize_picture(part, height, width)
    if channels == 3:
        return FittedImage(np.ascontiguousarray(small.transpose(2, 0, 1)), tuple(steps))
    colour = "turned to grey, as the network takes one channel"
    steps.append(colour if channels == 1 else f"turned to grey and repeated on its {channels} channels")
    return FittedImage(np.repeat(to_grey(small)[np.newaxis], channels, axis=0), tuple(steps))


def _crop_middle(picture: Pixels, ratio: float) -> Pixels:
    """The largest part around the middle whose height is `ratio` times its width."""
    rows, columns = picture.shape[:2]
    height = max(1, min(rows, round(columns * ratio)))
    width = max(1, min(columns, round(rows / ratio)))
    top, left = (rows - height) // 2, (columns - width) // 2
    return picture[top : top + height, left : left + width]


def _resize_picture(picture: Pixels, height: int, width: int) -> Pixels:
    image = Image.fromarray(np.ascontiguousarray(picture))
    return np.array(image.resize((width, height), Image.Resampling.BOX))


def _fit_drawing(picture: Pixels, shape: tuple[int, int, int]) -> FittedImage:
    channels, height, width = shape
    grey = to_grey(picture)
    ground = float(np.median(np.concatenate([grey[[0, -1]].ravel(), grey[:, [0, -1]].ravel()])))
    steps = []
    ink = grey.astype(np.float64) - ground
    if ground > 127:
        ink = -ink
        steps.append("inverted: ink bright on black, as in the data set")
    ink = np.clip(ink, 0, None)
    if ink.max(initial=0) < INK_THRESHOLD:
        return FittedImage(np.zeros(shape, np.uint8), ("there is no ink: the network sees black only",), is_empty=True)
    rows, columns = (
        np.flatnonzero((ink >= INK_THRESHOLD).any(axis=1)),
        np.flatnonzero((ink >= INK_THRESHOLD).any(axis=0)),
    )
    digit = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] * (255 / ink.max())
    share = DIGIT_SHARE if min(height, width) >= SMALL_SIDE else 1.0
    scale = min(height * share / digit.shape[0], width * share / digit.shape[1])
    size = [max(1, round(side * scale)) for side in digit.shape]
    steps.append(f"cut to the ink and scaled to {size[1]} × {size[0]} of {width} × {height} pixels")
    steps.append("its centre of mass moved to the middle")
    small = _resize_picture(np.rint(digit).astype(np.uint8), *size)
    return FittedImage(np.repeat(_centre_digit(small, height, width)[np.newaxis], channels, axis=0), tuple(steps))


def _centre_digit(digit: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """A grey digit on black (height, width), its centre of mass as close to the middle as the edges allow."""
    weight = digit.astype(np.float64)
    corner = []
    for axis, size in ((0, height), (1, width)):
        mass = weight.sum(axis=1 - axis)
        centre = float(mass @ np.arange(len(mass))) / max(float(mass.sum()), 1e-12)
        corner.append(min(max(round((size - 1) / 2 - centre), 0), size - len(mass)))
    image = np.zeros((height, width), np.uint8)
    image[corner[0] : corner[0] + digit.shape[0], corner[1] : corner[1] + digit.shape[1]] = digit
    return image
