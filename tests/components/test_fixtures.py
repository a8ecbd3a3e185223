"""The fixtures of the JavaScript tests are what Python computes today."""

from pathlib import Path

import pytest

from tests.components.write_fixtures import FIXTURES, FOLDER, fixture_text


@pytest.mark.parametrize("name", FIXTURES)
def test_a_fixture_is_up_to_date(name: str) -> None:
    committed = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert committed == fixture_text(name), "run python -m tests.components.write_fixtures"


def test_every_fixture_is_read_by_a_test() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.test.js"))
    assert {path.stem for path in FOLDER.glob("*.json")} == set(FIXTURES)
    assert [name for name in FIXTURES if f'readFixture("{name}")' not in tests] == []
