"""Experiments that change one factor: planned, started as jobs, and read with the spread of their seeds."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from cnn_core.evaluation.outcomes import LOSSES, outcome
from cnn_core.runs import comparison as compare
from cnn_core.runs import jobs
from cnn_core.runs.comparison import MOST_SEEDS, MOST_VALUES, NETWORK, Planned, Spread, said
from cnn_core.runs.store import Run
from cnn_core.words import duration
from pages.components.heartbeat import heartbeat
from pages.parts.compare.charts import spread_chart
from pages.parts.compare.chosen import CHOSEN, attempt, labels
from pages.parts.compare.side_by_side import FIGURES
from pages.shared import state
from pages.shared.controls import choice, note, pressed
from pages.shared.run_choice import MOST, one_of
from pages.shared.run_words import age
from pages.shared.site import page
from pages.shared.state import answered, fitting
from pages.shared.tables import plain, shown, table

BASE, BATCH = "compare_base", "compare_batch"
JUDGED = {
    "Validation accuracy": "val_accuracy",
    "Validation loss": "val_loss",
    "Test accuracy": "test_accuracy",
    "Test loss": "test_loss",
}


def experiment(own: Sequence[Run]) -> None:
    """The plan of an experiment, and below it what came of one."""
    if not own:
        st.info(
            "An experiment starts from the settings of a run, and changes one of them. No run of yours is here yet.",
            icon=":material/school:",
        )
        st.page_link(page("train"), label="Train a network", icon=":material/model_training:")
        return
    with st.container(border=True):
        plan, base = _plan(own)
        if plan and pressed("Start the experiment", "compare_start", icon=":material/play_arrow:"):
            own = (*_start(plan, base), *own)
    results(own)


def _plan(own: Sequence[Run]) -> tuple[list[Planned], Run]:
    """What the controls ask for; empty, with a sentence beside them, where that cannot be."""
    names = labels(own, own)
    chosen = one_of("Start from the settings of", names, BASE)
    base = next(run for run in own if run.id == chosen)
    left, middle, right = st.columns([2, 3, 1])
    factor: str = left.selectbox(
        "Factor",
        (NETWORK, *compare.factors()),
        index=1 + list(compare.factors()).index("learning_rate"),
        format_func=lambda name: said(name).capitalize(),
        key="compare_factor",
        bind="query-params",
    )
    with middle:
        values = _values(factor, base)
    hint = "How often each value is trained, with seeds 0, 1, 2 …"
    count = right.number_input("Seeds", 1, MOST_SEEDS, 3, key="compare_seeds", bind="query-params", help=hint)
    try:
        read = compare.read_values(factor, values) if isinstance(values, str) else values
        plan = compare.factor_plan(base.spec, base.config, factor, read, range(int(count)))
    except ValueError as problem:
        st.error(str(problem))
        return [], base
    took = f" The run they start from took {duration(base.seconds)}." if base.seconds else ""
    note(f"**{len(plan)} runs**: {len(plan) // int(count)} values × {count} seeds.{took} All else stays the same.")
    return plan, base


def _values(factor: str, base: Run) -> str | list[Any]:
    """The values to try: picked where there are names to pick, typed otherwise."""
    hint = f"2 to {MOST_VALUES} values."
    if factor == NETWORK:
        networks = {base.spec.name: base.spec, **fitting(base.spec.input_shape, base.spec.classes)}
        first = list(networks)[:2]
        key = "compare_networks"
        picked = st.multiselect("Networks", list(networks), first, key=key, bind="query-params", help=hint)
        return [networks[name] for name in picked]
    if options := compare.choices(factor):
        key = f"compare_values_{factor}"
        return st.multiselect(
            "Values", options, options[:MOST_VALUES], format_func=said, key=key, bind="query-params", help=hint
        )
    typed: str = st.text_input(
        "Values",
        compare.suggested(factor, base.config),
        key=f"compare_values_{factor}",
        bind="query-params",
        help=f"{hint} Between commas.",
        max_chars=200,
    )
    return typed


def _start(plan: Sequence[Planned], base: Run) -> list[Run]:
    """Queue the runs of the plan and make their experiment the one that is shown; newest first."""
    batch, store = secrets.token_urlsafe(9), state.store()
    started: list[Run] = []
    for one in plan:
        run_id = store.create(state.workspace(), one.spec, one.config, name=one.name, batch=batch, parent=base.id)
        jobs.submit(store, run_id)
        started.insert(0, store.get(run_id))
    st.session_state[f"{BATCH}_kept"] = batch
    return started


def results(own: Sequence[Run]) -> None:
    """Choose one of the experiments and see what came of it."""
    batches: dict[str, list[Run]] = {}
    for run in reversed(own):
        if run.batch:
            batches.setdefault(run.batch, []).append(run)
    if not batches:
        note("What comes of an experiment will be drawn here: a point for each seed, their mean, and their spread.")
        return
    newest = dict(reversed(batches.items()))
    chosen = one_of("Experiment", {batch: _title(runs) for batch, runs in newest.items()}, BATCH)
    ids = [run.id for run in newest[chosen]]
    # Outside of the fragment: what it shows is another part of the page.
    label = "See their curves" if len(ids) <= MOST else f"See the curves of the first {MOST}"
    st.button(label, icon=":material/show_chart:", key="compare_curves", on_click=_to_curves, args=(ids,))
    _shown(ids)


def _title(runs: Sequence[Run]) -> str:
    factor, values = compare.changed([(run.spec, run.config) for run in runs])
    tried = ", ".join(dict.fromkeys(values))
    return f"{factor.capitalize() or 'Seeds'}: {tried} · {len(runs)} runs · {age(runs[0])}"


@st.fragment
def _shown(run_ids: Sequence[str]) -> None:
    """How far the experiment is and what came of it until now; drawn again while it goes on."""
    going = True  # also while the database does not answer
    with answered():
        runs = [run for run in state.store().runs(state.workspace()) if run.id in run_ids][::-1]
        alive = [run.id for run in runs if run.alive]
        going = bool(alive)
        if alive:
            with st.container(horizontal=True, vertical_alignment="center"):
                done = len(runs) - len(alive)
                st.progress(done / len(runs), f"{done} of {len(runs)} runs are done")
                st.button("Stop all", icon=":material/stop:", key="compare_stop", on_click=_stop, args=(alive,))
        if not runs:
            return
        figure = choice("Judge by", tuple(JUDGED), next(iter(JUDGED)), "compare_figure")
        if figure.startswith("Test"):
            note("Choosing by the test images uses them up: afterwards they no longer tell how good the network is.")
        _conclusion(runs, figure)
    if going:
        heartbeat(1.0, key="compare_experiment_beat")


def _stop(run_ids: Sequence[str]) -> None:
    for run_id in run_ids:
        attempt(partial(state.store().request_stop, run_id))


def _to_curves(run_ids: Sequence[str]) -> None:
    st.session_state[CHOSEN] = list(run_ids)[:MOST]
    st.session_state.compare_view = "Side by side"


def _conclusion(runs: Sequence[Run], figure: str) -> None:
    """The figures over the values, drawn and tabled, and what may be concluded."""
    field, store = JUDGED[figure], state.store()
    factor, values = compare.changed([(run.spec, run.config) for run in runs])
    found: dict[str, list[float]] = {value: [] for value in values}
    for run, value in zip(runs, values, strict=True):
        reached = getattr(outcome(run, store.epochs(run.id)), field)
        if run.status == "finished" and reached is not None:
            found[value].append(reached)
    spreads = compare.spread(found)
    _left_out(runs, values)
    if not spreads:
        note("No run has finished yet.")
        return
    left, right = st.columns(2, gap="large")
    words = "; ".join(f"{one.label}: mean {one.mean:.4g}" for one in spreads)
    chart = spread_chart(spreads, factor or "all the same", figure.lower(), percent=field not in LOSSES)
    left.altair_chart(chart, key="compare_spread", alt=f"{figure} over {factor}. {words}")
    with left:
        note("A point: one seed. The line: their mean. The band: one standard deviation to each side.")
    with right:
        sentence = compare.verdict([_plainly(one) for one in spreads], higher_is_better=field not in LOSSES)
        if sentence:
            st.markdown(sentence)
        _table(spreads, factor, field)


def _plainly(one: Spread) -> Spread:
    return replace(one, label=plain(one.label))


def _left_out(runs: Sequence[Run], values: Sequence[str]) -> None:
    """Say which runs ended without a result: leaving them out in silence would flatter their value."""
    lost = [f"{value}, seed {run.config.seed}" for run, value in zip(runs, values, strict=True) if _ended_early(run)]
    if lost:
        st.warning(f"Without a result, so not counted: {plain('; '.join(lost))}.", icon=":material/warning:")


def _ended_early(run: Run) -> bool:
    return not run.alive and run.status != "finished"


def _table(spreads: Sequence[Spread], factor: str, field: str) -> None:
    """The same in figures."""
    form = FIGURES[field][1]
    lines = [
        [
            one.label,
            str(len(one.values)),
            shown(one.mean, form),
            shown(one.deviation, form),
            f"{shown(one.lowest, form)}–{shown(one.highest, form)}",
        ]
        for one in spreads
    ]
    header = [factor.capitalize() or "Value", "Seeds", "Mean", "Deviation", "Range"]
    table(header, lines, alt="Mean, standard deviation and range of each value")
