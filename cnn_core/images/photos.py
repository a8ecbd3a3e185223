"""Photographs that come with the app, inside scikit-image's wheel."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from cnn_core.checks import whole
from cnn_core.images.pixels import LONG_SIDE, Pixels, shrink_image


@dataclass(frozen=True)
class Photo:
    """A photograph inside scikit-image's wheel: its name there, a short title, and a description.

    >>> PHOTOS[2]
    Photo(name='chelsea', title='Cat', alt='The face of a tabby cat, close up')
    """

    name: str
    title: str
    alt: str


PHOTOS = (
    Photo("camera", "Photographer", "A man in a coat looks into a camera on a tripod; towers far behind him"),
    Photo("astronaut", "Astronaut", "Portrait of an astronaut in an orange space suit before a flag and a shuttle"),
    Photo("chelsea", "Cat", "The face of a tabby cat, close up"),
    Photo("coffee", "Coffee", "A cup of coffee with a spoon on its saucer, on a wooden table"),
    Photo("coins", "Coins", "Four rows of old coins on a dark ground"),
    Photo("rocket", "Rocket", "A white rocket on its launch pad before dawn"),
    Photo("page", "Book page", "A page of a printed book, unevenly lit"),
    Photo("brick", "Brick wall", "A wall of bricks, seen straight on"),
    Photo("grass", "Grass", "Blades of grass from above"),
    Photo("gravel", "Gravel", "Small stones from above"),
    Photo("moon", "Moon", "The surface of the Moon with one large crater"),
    Photo("clock", "Moving clock", "A clock, blurred along the way it moved"),
    Photo("hubble_deep_field", "Deep field", "Galaxies and stars of every size before the black sky"),
    Photo("immunohistochemistry", "Tissue", "Stained tissue under a microscope: brown and blue cells, white gaps"),
    Photo("retina", "Retina", "The back of an eye: fine blood vessels on an orange disc"),
)


def load_photo(name: str, size: int = LONG_SIDE) -> Pixels:
    """Load the photograph `name` of PHOTOS as uint8 RGB (height, width, 3), its longer side at most `size` pixels.

    Raises ValueError for a name that is not in PHOTOS and for a size below 1.

    >>> load_photo("chelsea", 128).shape
    (85, 128, 3)
    """
    if name not in {entry.name for entry in PHOTOS}:
        raise ValueError(f"There is no photograph “{name}”: choose {', '.join(entry.name for entry in PHOTOS)}.")
    whole("size", size, 1)
    import skimage.data  # slow to import, and not needed for uploads

    pixels = getattr(skimage.data, name)()
    return np.array(shrink_image(Image.fromarray(pixels).convert("RGB"), size))
