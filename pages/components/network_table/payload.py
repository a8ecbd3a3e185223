"""What the browser gets of a network that is being designed."""

from typing import TypedDict


class NetworkColumn(TypedDict):
    """A column of the table: its name, whether it holds numbers, and what it says."""

    name: str
    number: bool
    hint: str


class NetworkQuestion(TypedDict):
    """What is asked of a layer: the right answer, wrong ones with the sentence that tells why, a hint for others."""

    answer: str
    slips: dict[str, str]
    hint: str


class NetworkLine(TypedDict):
    """A layer: what its cells say and their shares of the total, by the name of the column.

    `path` names the layer to Python, `problem` is the sentence of why it does not fit, and a layer behind such a one
    `waits`.
    """

    path: str
    depth: int
    title: str
    kind: str
    settings: str
    cells: dict[str, str]
    shares: dict[str, float]
    problem: str
    waits: bool
    question: NetworkQuestion | None


class NetworkBox(TypedDict):
    """A box of the diagram: `height` is the larger side of its maps, `depth` their number; `path` is empty for none."""

    name: str
    role: str
    shape: str
    height: int
    depth: int
    path: str


class NetworkTablePayload(TypedDict):
    """What network_table.js draws: `chosen` is a path, `predict` the column that is asked for instead of shown."""

    label: str
    columns: list[NetworkColumn]
    chosen: str
    predict: str
    lines: list[NetworkLine]
    boxes: list[NetworkBox]
    alt: str
    shown: str
