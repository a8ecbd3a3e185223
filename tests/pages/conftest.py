"""Pages are tested through Streamlit's AppTest, entered as a visitor does: app.py first, then the page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening the Train page starts no worker processes here."""
    monkeypatch.setattr("cnn_core.runs.jobs.warm_up_cluster", lambda: None)


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
    from cnn_core.runs.store import default_store
    from cnn_core.training import TrainConfig, train

    store, spec, config = default_store(), preset("Tiny CNN"), TrainConfig(dataset="digits", epochs=2)
    run_id = store.create_run("tests", spec, config)
    for event in train(spec, datasets.load("digits"), config):
        store.append_events(run_id, event)
    return run_id
