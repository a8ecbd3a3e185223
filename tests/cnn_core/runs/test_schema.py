"""Stored rows as values: lost runs, and networks that are parsed once."""

import time

from cnn_core.runs.schema import LOST_AFTER_S
from tests.cnn_core.runs.storing import CONFIG, SPEC, sql


def test_a_run_that_nobody_works_on_is_shown_as_interrupted(store):
    run_id = store.create_run("mine", SPEC, CONFIG)
    sql(store, "UPDATE runs SET heard_at = :then", then=time.time() - LOST_AFTER_S - 1)
    assert store.get_run(run_id).status == "interrupted"
    assert "it can go on from" in store.get_run(run_id).message
    store.record_heartbeat(run_id)  # the worker was only slow
    assert store.get_run(run_id).status == "queued"


def test_equal_rows_share_their_parsed_network_and_settings(store):
    """Pages read the same rows again and again: their JSON is parsed and validated once."""
    first, second = (store.get_run(store.create_run("mine", SPEC, CONFIG)) for _ in range(2))
    assert first.spec is second.spec
    assert first.config is second.config
    assert (first.spec, first.config) == (SPEC, CONFIG)
