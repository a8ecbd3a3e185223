"""Inspect: a network looked into, from its filters to what every layer makes of one picture."""

import streamlit as st

from pages.shared import lesson
from pages.shared.controls import choice
from pages.shared.insight.source import choose_picture
from pages.shared.insight.subject import choose_epoch, choose_subject, untrained_subject
from pages.shared.inspect.answer import answer
from pages.shared.inspect.embedding import embedding
from pages.shared.inspect.filters import filters
from pages.shared.inspect.glance import glance
from pages.shared.inspect.maps import maps
from pages.shared.site import ensure_router, header

VIEWS = {"At a glance": glance, "Feature maps": maps, "Filters": filters, "Map of images": embedding}

ensure_router()
header("inspect", "What a trained network looks for, and what every layer makes of one image.")
subject = choose_subject("see here what it learned. Below: a small network **before** any training.")
if subject is None:
    subject = untrained_subject()
epoch = choose_epoch(subject, "inspect")
try:
    picture = choose_picture(subject)
    answer(subject, epoch, picture)
    VIEWS[choice("Look at", tuple(VIEWS), "At a glance", "inspect_view")](subject, epoch, picture)
except ValueError as error:
    st.error(f"This checkpoint cannot be shown: {error}")
lesson.try_this("inspect")
