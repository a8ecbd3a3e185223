"""One's own picture classified: what it is, what the network saw of it, and what it took it for."""

from contextlib import suppress

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.images import MOST_BYTES, decode_upload, scaled
from cnn_core.insight.heat import cam_layer
from cnn_core.insight.own_image import fitted, on_black
from pages.shared import lesson, state
from pages.shared.charts import probability_chart
from pages.shared.evaluate.answers import Answers
from pages.shared.evaluate.cards import Card, Figure, card_html
from pages.shared.evaluate.looks import NO_CONVOLUTION, likes_of, pictures_of, seen_by
from pages.shared.insight.subject import ink, probabilities_of

OWN, PROBLEM = "evaluate_own_picture", "evaluate_own_problem"


def own(answers: Answers) -> None:
    """Upload or photograph a picture; then what the network makes of it."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.file_uploader(
            "A picture: PNG, JPEG, WebP, GIF, BMP or TIFF",
            key="evaluate_upload",
            on_change=_take,
            args=("evaluate_upload", "uploaded"),
            max_upload_size=MOST_BYTES // 10**6,
            help="It is read in memory and never stored.",
        )
        with st.popover("Webcam", icon=":material/photo_camera:", on_change="rerun", key="evaluate_webcam") as box:
            if box.open:  # a closed box must not switch the camera on
                shot = ("evaluate_camera", "from the webcam")
                st.camera_input("Take a picture", key="evaluate_camera", on_change=_take, args=shot)
        dark = on_black(answers.split.images[:64]) and st.toggle(
            "It is ink on paper",
            True,
            key="evaluate_ink",
            bind="query-params",
            help="On: made ready as these images were: bright on black, cut to the ink, centred by mass. "
            "Off: only cut in the middle and resized.",
        )
        problem = st.session_state.pop(PROBLEM, "")
        if problem:
            st.error(problem)
    picture: tuple[NDArray[np.uint8], str] | None = st.session_state.get(OWN)
    with right:
        if picture is None:
            names = answers.names if len(answers.names) <= 12 else (*answers.names[:12], "…")
            st.info(
                f"Choose a picture of one of these: {', '.join(names)}. Whatever else it shows, the network will take "
                "it for one of them: it knows nothing else.",
                icon=":material/add_photo_alternate:",
            )
        else:
            _answer(answers, *picture, dark=dark)
    lesson.show("evaluate", "A picture of your own")


def _take(key: str, source: str) -> None:
    """Read what a visitor brought; what is wrong with it is said beside the control."""
    file = st.session_state.get(key)
    if file is None:
        return
    try:
        upload = decode_upload(file.getvalue())
    except ValueError as problem:
        st.session_state[PROBLEM] = str(problem)
        return
    st.session_state[OWN] = upload.image, " ".join([f"Your picture, {source}.", *upload.notes])


def _answer(answers: Answers, rgb: NDArray[np.uint8], about: str, *, dark: bool) -> None:
    subject, epoch = answers.subject, answers.epoch
    found = fitted(rgb, state.dataset(subject.dataset).input_shape, ink=dark)
    image = found.image
    before, after = st.columns(2)
    before.image(scaled(rgb, 288), output_format="PNG", alt="Your picture")
    with before:
        lesson.note(f"{about} {rgb.shape[1]} × {rgb.shape[0]} pixels.")
    seen = seen_by(subject, image)
    with after:
        zoom = max(1, 288 // max(seen.shape[:2]))
        st.image(seen.repeat(zoom, 0).repeat(zoom, 1), output_format="PNG", alt="What the network saw of it")
        colour = "colour" if subject.spec.input_shape[0] == 3 and len(image) == 3 else "grey"
        done = f": {'; '.join(found.steps)}" if found.steps else ""
        lesson.note(f"What the network saw: {seen.shape[1]} × {seen.shape[0]} pixels, {colour}{done}.")
        if found.empty:
            st.warning("There is nothing on it but its ground: the answer says what the network takes black for.")
    probabilities = probabilities_of(subject, epoch, image)
    said = int(probabilities.argmax())
    st.markdown(f"The network says **{answers.names[said]}** ({probabilities[said]:.1%}).")
    chart = probability_chart(probabilities, answers.names, None, ink=ink())
    alt = f"Probabilities of each class, highest for {answers.names[said]}"
    st.altair_chart(chart, key="evaluate_own_probabilities", alt=alt)
    figures = pictures_of(subject, epoch, image, [("predicted", said)], title="What the network saw", side=192)
    likes: tuple[Figure, ...] = ()
    sentence = ""
    with suppress(ValueError):  # a network without features has nothing to compare
        all_likes, sentence = likes_of(subject, epoch, image[np.newaxis], 7)
        likes = all_likes[0]
    st.html(card_html(Card("Why?", figures, (), likes), side=128))
    layer = cam_layer(subject.spec)
    lesson.note(f"Orange: Grad-CAM at {layer}. {sentence}" if layer else f"{NO_CONVOLUTION} {sentence}")
