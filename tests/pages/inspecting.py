"""What tests of the Inspect page share: runs with weights made to order, and what the page shows and says."""

from collections.abc import Callable

import numpy as np
from streamlit.testing.v1 import AppTest

from cnn_core.networks import NetworkSpec
from cnn_core.runs.store import default_store
from cnn_core.training import TrainConfig
from cnn_core.training.events import Snapshot, Started


def stored(spec: NetworkSpec, change: Callable[[dict[str, np.ndarray]], object] = lambda state: None) -> str:
    """A run with the untrained network as its only checkpoint, its weights changed."""
    store = default_store()
    run_id = store.create_run("inspect-test", spec, TrainConfig(dataset="digits", epochs=1))
    state = {name: value.numpy().copy() for name, value in spec.build(seed=0).state_dict().items()}
    change(state)
    store.append_events(run_id, Started("cpu", spec.total_parameters, 1, 1, 2.3), Snapshot(0, state))
    return run_id


def alts(at: AppTest) -> list[str]:
    return [image.alt for element in at.get("image") for image in element.proto.imgs]


def said(at: AppTest) -> str:
    return "\n".join(text.value for kind in (at.markdown, at.info, at.error) for text in kind)
