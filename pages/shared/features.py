"""Penultimate features of a run's network, and the training images that are nearest to an image by them."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.datasets import Split, explore
from pages.shared import state
from pages.shared.subject import BY_RUN, LoadedRun, locked_model

MAX_SEARCHED_IMAGES = 5_000
"""Training images that are searched, at most."""
MAX_SEARCHED_NUMBERS = 20_000_000
"""Features of all searched images together, at most: 80 MB."""
MAX_SEARCHED_MACS = 5 * 10**11
"""Multiplications for their features, at most: about a minute on two cores."""


def compute_features(subject: LoadedRun, epoch: int, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], str]:
    """Compute the features (N, D) of stored images uint8 (N, C, H, W), and say what they are.

    Raises ValueError when the network has none, or when they are not finite.
    """
    from cnn_core.insight.embedding import penultimate_features
    from cnn_core.training.inference import make_normaliser

    with locked_model(subject, epoch) as model:
        device = next(model.parameters()).device
        found = penultimate_features(
            model, images, make_normaliser(state.load_dataset(subject.dataset_name), device, subject.config)
        )
    return found.values, found.description


def used_training_split(subject: LoadedRun) -> Split:
    """Return the training images that the run used: fewer than there are, where its settings say so."""
    from cnn_core.training.batches import balanced_subset

    return balanced_subset(state.load_dataset(subject.dataset_name).train, subject.config.train_images)


@st.cache_resource(max_entries=2, show_spinner="Looking through the training images …", hash_funcs=BY_RUN)
def _training_features(subject: LoadedRun, epoch: int) -> tuple[NDArray[np.intp], NDArray[np.float32], str]:
    """The places in `used_training_split` of the images that are searched, their features, and what these are."""
    train = used_training_split(subject)
    width = compute_features(subject, epoch, train.images[:1])[0].shape[1]
    count = min(
        MAX_SEARCHED_IMAGES, MAX_SEARCHED_NUMBERS // width, MAX_SEARCHED_MACS // max(1, subject.spec.total_macs)
    )
    places = explore.sample_indices(train, 0, max(50, count))
    values, what = compute_features(subject, epoch, train.images[places])
    return places, values, what


def nearest_training_images(
    subject: LoadedRun, epoch: int, images: NDArray[np.uint8], count: int
) -> tuple[NDArray[np.intp], NDArray[np.float64], str]:
    """Find the training images nearest to each of `images`: places in `used_training_split`, cosines, and a sentence.

    Places and cosines are (N, count); the sentence says which images were searched and what "nearest" means.
    Raises ValueError as `compute_features` does.
    """
    from cnn_core.insight.embedding import nearest_neighbours

    places, values, what = _training_features(subject, epoch)
    closest, cosines = nearest_neighbours(compute_features(subject, epoch, images)[0], values, count)
    total = len(used_training_split(subject))
    searched = f"all {total:,}" if len(places) == total else f"{len(places):,} of {total:,}, drawn at random,"
    sentence = f"Nearest training images: of {searched} those with the largest cosine (1: same direction) of {what}."
    return places[closest], cosines, sentence
