"""The TypeScript of what Python and the browser send each other is written from Python's TypedDicts."""

from typing import NotRequired, TypedDict

import pytest

from assets.write_payload_types import TARGET, _declare, write_types


def test_the_types_are_up_to_date() -> None:
    assert TARGET.read_text(encoding="utf-8") == write_types(), "run python -m assets.write_payload_types"


def test_every_component_has_a_payload() -> None:
    text = write_types()
    folders = {path.parent.name for path in TARGET.parent.glob("*/*.js")} - {"common"}
    assert len(folders) == 12
    for folder in folders:
        assert f"interface {folder.title().replace('_', '')}Payload {{" in text


def test_a_typed_dict_becomes_an_interface() -> None:
    class Part(TypedDict):
        """A part."""

        sizes: tuple[int, float]

    class Whole(Part):
        """A whole.

        Of parts.
        """

        parts: list[Part | None]
        words: NotRequired[dict[str, bool]]

    assert _declare(Whole) == (
        "/**\n * A whole.\n *\n * Of parts.\n */\nexport interface Whole {\n  sizes: [number, number];\n"
        "  parts: (Part | null)[];\n  words?: Record<string, boolean>;\n}\n"
    )


def test_what_json_has_no_form_for_is_refused() -> None:
    class Odd(TypedDict):
        """Odd."""

        numbers: set[int]

    with pytest.raises(TypeError, match="no form in TypeScript"):
        _declare(Odd)
