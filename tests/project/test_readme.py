"""The README's example does what it says."""

import re
from pathlib import Path

import pytest

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_notebook_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, object] = {}
    exec(blocks[0], names)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == f"conv1 (16, 8, 8) {16 * (1 * 3 * 3 + 1)}"
    epochs = [line.split() for line in printed[-3:]]
    assert [int(epoch) for epoch, _, _ in epochs] == [1, 2, 3]
    assert float(epochs[-1][1]) < float(epochs[0][1])


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)\)", README))))
def test_links_to_files_lead_somewhere(link: str) -> None:
    assert (Path(__file__).resolve().parents[2] / link).exists()
