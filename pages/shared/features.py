"""Penultimate features of a run's network, and which training images are most like an image in them."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.datasets import Split, explore
from pages.shared import state
from pages.shared.subject import Subject, borrowed

MOST_IMAGES, MOST_NUMBERS, MOST_MACS = 5_000, 20_000_000, 5 * 10**11
"""Training images that are searched: no more than these, than so many features, and than so much work (seconds)."""


def features_of(subject: Subject, epoch: int, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], str]:
    """Features (N, D) of stored images uint8 (N, C, H, W), and in words what they are.

    Raises ValueError when the network has none, or when they are no numbers.
    """
    from cnn_core.insight.embedding import penultimate
    from cnn_core.training.inference import normaliser

    with borrowed(subject, epoch) as model:
        device = next(model.parameters()).device
        found = penultimate(model, images, normaliser(state.dataset(subject.dataset), device, subject.config))
    return found.values, found.what


def learned_from(subject: Subject) -> Split:
    """The training images that the run really saw: fewer than there are, where its settings say so."""
    from cnn_core.training.batches import few

    return few(state.dataset(subject.dataset).train, subject.config.train_images)


@st.cache_resource(max_entries=2, show_spinner="Looking through the training images …")
def _searched(run_id: str, epoch: int, _subject: Subject) -> tuple[NDArray[np.intp], NDArray[np.float32], str]:
    """Places among `learned_from` of the images that are searched, their features, and what these are."""
    train = learned_from(_subject)
    width = features_of(_subject, epoch, train.images[:1])[0].shape[1]
    count = min(MOST_IMAGES, MOST_NUMBERS // width, MOST_MACS // max(1, _subject.spec.total_macs))
    places = explore.some_places(train, 0, max(50, count))
    values, what = features_of(_subject, epoch, train.images[places])
    return places, values, what


def nearest_training(
    subject: Subject, epoch: int, images: NDArray[np.uint8], count: int
) -> tuple[NDArray[np.intp], NDArray[np.float64], str]:
    """Places among `learned_from` of the images most like each of `images`, the cosines, both (N, count), a sentence.

    The sentence says which images were searched and what “alike” means. Raises ValueError as `features_of`.
    """
    from cnn_core.insight.embedding import nearest

    places, values, what = _searched(subject.run_id, epoch, subject)
    closest, cosines = nearest(features_of(subject, epoch, images)[0], values, count)
    total = len(learned_from(subject))
    searched = f"all {total:,}" if len(places) == total else f"{len(places):,} of {total:,}, drawn at random,"
    said = f"Nearest training images: of {searched} those with the largest cosine (1: same direction) of {what}."
    return places[closest], cosines, said
