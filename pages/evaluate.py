"""Evaluate page."""

from pages.shared.site import ensure_router, header

ensure_router()
header("evaluate", "…")
