"""Pages are tested through Streamlit's AppTest, entered as a visitor does: app.py first, then the page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.networks import NetworkSpec
from cnn_core.runs import default_store
from cnn_core.training import TrainConfig
from cnn_core.training.events import Snapshot, Started

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening the Train page starts no worker processes here."""
    monkeypatch.setattr("cnn_core.runs.jobs.JobQueue.warm_up_cluster", lambda self: None)


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    """Open `pages/<name>.py` with the given query parameters, and insist that nothing was raised."""

    def open_(name: str, **query: Any) -> AppTest:
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for key, value in query.items():
            at.query_params[key] = str(value)
        at.run()
        at.switch_page(f"pages/{name}.py").run()
        assert not at.exception, [e.value for e in at.exception]
        return at

    return open_


@pytest.fixture(scope="session")
def digits_run() -> str:
    """Id of a finished run of two epochs on Digits, stored event by event as a job stores it."""
    from cnn_core import datasets
    from cnn_core.networks import preset
    from cnn_core.runs import default_store
    from cnn_core.training import TrainConfig, train

    store, spec, config = default_store(), preset("Tiny CNN"), TrainConfig(dataset="digits", epochs=2)
    run_id = store.create_run("tests", spec, config)
    for event in train(spec, datasets.load("digits"), config):
        store.append_events(run_id, event)
    return run_id


@pytest.fixture
def stored() -> Callable[..., str]:
    """Store a run with the untrained network as its only checkpoint, its weights changed in place; return its id."""

    def store_run(spec: NetworkSpec, change: Callable[[dict[str, np.ndarray]], object] = lambda state: None) -> str:
        store = default_store()
        run_id = store.create_run("inspect-test", spec, TrainConfig(dataset="digits", epochs=1))
        state = {name: value.numpy().copy() for name, value in spec.build(seed=0).state_dict().items()}
        change(state)
        store.append_events(run_id, Started("cpu", spec.total_parameters, 1, 1, 2.3), Snapshot(0, state))
        return run_id

    return store_run


@pytest.fixture
def alts() -> Callable[[AppTest], list[str]]:
    """Read what the images of a page show, as a visitor who cannot see them is told."""
    return lambda at: [image.alt for element in at.get("image") for image in element.proto.imgs]


@pytest.fixture
def said() -> Callable[[AppTest], str]:
    """Read the texts, notes and errors of a page as one text."""
    return lambda at: "\n".join(text.value for kind in (at.markdown, at.info, at.error) for text in kind)
