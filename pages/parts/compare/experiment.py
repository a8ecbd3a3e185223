"""Experiments that change one factor: their plan, their start, and their results with the spread over seeds."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from cnn_core.evaluation.outcomes import LOSS_FIELDS, run_outcome
from cnn_core.runs import Planned, Run, comparison
from cnn_core.runs.comparison import MAX_FACTOR_VALUES, MAX_SEEDS, NETWORK, Spread, describe_setting
from cnn_core.runs.explain import experiment_verdict
from cnn_core.words import capitalize_first, format_duration
from pages.components.heartbeat import schedule_rerun
from pages.parts.compare.charts import spread_chart
from pages.parts.compare.chosen import CHOSEN_KEY, attempt_change, run_labels
from pages.parts.compare.side_by_side import FIGURES
from pages.shared import state
from pages.shared.controls import choose_option, show_note
from pages.shared.fresh import button_pressed
from pages.shared.problems import show_problem
from pages.shared.run_choice import MAX_RUNS, choose_by_id
from pages.shared.run_words import format_age
from pages.shared.site import get_page
from pages.shared.start import start_all
from pages.shared.state import fitting_presets, show_store_errors
from pages.shared.tables import escape_markdown, format_figure, show_table

BASE_KEY = "compare_base"
BATCH_KEY = "compare_batch"
CRITERIA = {
    "Validation accuracy": "val_accuracy",
    "Validation loss": "val_loss",
    "Test accuracy": "test_accuracy",
    "Test loss": "test_loss",
}


def show_experiment(own: Sequence[Run]) -> None:
    """Show the plan of an experiment, and below it the results of one."""
    if not own:
        st.info(
            "An experiment starts from the settings of a run, and changes one of them. No run of yours is here yet.",
            icon=":material/school:",
        )
        st.page_link(get_page("train"), label="Train a network", icon=":material/model_training:")
        return
    with st.container(border=True):
        plan, base = _choose_plan(own)
        if plan and button_pressed("Start the experiment", "compare_start", icon=":material/play_arrow:"):
            try:
                own = (*_start_experiment(plan, base), *own)
            except ValueError as problem:
                show_problem(problem)
    show_results(own)


def _choose_plan(own: Sequence[Run]) -> tuple[list[Planned], Run]:
    """Choose factor, values and seeds; returns the plan (empty, with an error, where impossible) and the base run."""
    names = run_labels(own, own)
    chosen = choose_by_id("Start from the settings of", names, BASE_KEY)
    base = next(run for run in own if run.id == chosen)
    left, middle, right = st.columns([2, 3, 1])
    factor: str = left.selectbox(
        "Factor",
        (NETWORK, *comparison.experiment_factors()),
        index=1 + list(comparison.experiment_factors()).index("learning_rate"),
        format_func=lambda name: capitalize_first(describe_setting(name)),
        key="compare_factor",
        bind="query-params",
    )
    with middle:
        values = _choose_values(factor, base)
    hint = "Each value is trained this many times, with seeds 0, 1, 2 …"
    count = right.number_input("Seeds", 1, MAX_SEEDS, 3, key="compare_seeds", bind="query-params", help=hint)
    try:
        parsed = comparison.parse_values(factor, values) if isinstance(values, str) else values
        plan = comparison.plan_factor_runs(base.spec, base.config, factor, parsed, range(int(count)))
    except ValueError as problem:
        show_problem(problem)
        return [], base
    duration_note = f" The run they start from took {format_duration(base.seconds)}." if base.seconds else ""
    show_note(
        f"**{len(plan)} runs**: {len(plan) // int(count)} values × {count} seeds.{duration_note} All else stays the "
        "same."
    )
    return plan, base


def _choose_values(factor: str, base: Run) -> str | list[Any]:
    """Choose the values to try: from a list where there is one, else typed."""
    hint = f"2 to {MAX_FACTOR_VALUES} values."
    if factor == NETWORK:
        networks = {base.spec.name: base.spec, **fitting_presets(base.spec.input_shape, base.spec.classes)}
        first = list(networks)[:2]
        key = "compare_networks"
        picked = st.multiselect("Networks", list(networks), first, key=key, bind="query-params", help=hint)
        return [networks[name] for name in picked]
    if options := comparison.factor_choices(factor):
        key = f"compare_values_{factor}"
        return st.multiselect(
            "Values",
            options,
            options[:MAX_FACTOR_VALUES],
            format_func=describe_setting,
            key=key,
            bind="query-params",
            help=hint,
        )
    typed: str = st.text_input(
        "Values",
        comparison.suggest_values(factor, base.config),
        key=f"compare_values_{factor}",
        bind="query-params",
        help=f"{hint} Between commas.",
        max_chars=200,
    )
    return typed


def _start_experiment(plan: Sequence[Planned], base: Run) -> list[Run]:
    """Queue the runs of the plan, show their experiment below, and return them, newest first.

    Raises ValueError as `start_all`.
    """
    started = [state.run_store().get_run(run_id) for run_id in start_all(plan, parent=base.id)]
    st.session_state[f"{BATCH_KEY}_kept"] = started[0].batch
    return started[::-1]


def show_results(own: Sequence[Run]) -> None:
    """Choose one of the experiments and show its results."""
    batches: dict[str, list[Run]] = {}
    for run in reversed(own):
        if run.batch:
            batches.setdefault(run.batch, []).append(run)
    if not batches:
        show_note(
            "The results of an experiment will be drawn here: a point for each seed, their mean, and their spread."
        )
        return
    newest = dict(reversed(batches.items()))
    chosen = choose_by_id("Experiment", {batch: _experiment_title(runs) for batch, runs in newest.items()}, BATCH_KEY)
    ids = [run.id for run in newest[chosen]]
    # Outside the fragment, as it changes another part of the page.
    label = "See their curves" if len(ids) <= MAX_RUNS else f"See the curves of the first {MAX_RUNS}"
    st.button(label, icon=":material/show_chart:", key="compare_curves", on_click=_open_curves, args=(ids,))
    _show_progress(ids)


def _experiment_title(runs: Sequence[Run]) -> str:
    factor, values = comparison.describe_change([(run.spec, run.config) for run in runs])
    tried = ", ".join(dict.fromkeys(values))
    return f"{capitalize_first(factor) or 'Seeds'}: {tried} · {len(runs)} runs · {format_age(runs[0])}"


@st.fragment
def _show_progress(run_ids: Sequence[str]) -> None:
    """Show the progress of the experiment and its results so far; drawn again while runs are in progress."""
    going = True  # also while the database does not answer
    with show_store_errors():
        runs = [run for run in state.run_store().list_runs(state.current_workspace()) if run.id in run_ids][::-1]
        alive = [run.id for run in runs if run.is_active]
        going = bool(alive)
        if alive:
            with st.container(horizontal=True, vertical_alignment="center"):
                done = len(runs) - len(alive)
                st.progress(done / len(runs), f"{done} of {len(runs)} runs are done")
                st.button("Stop all", icon=":material/stop:", key="compare_stop", on_click=_stop_runs, args=(alive,))
        if not runs:
            return
        figure = choose_option("Judge by", tuple(CRITERIA), next(iter(CRITERIA)), "compare_figure")
        if figure.startswith("Test"):
            show_note(
                "Choosing by the test images uses them up: afterwards they no longer tell how good the network is."
            )
        _show_conclusion(runs, figure)
    if going:
        schedule_rerun(1.0, key="compare_experiment_beat")


def _stop_runs(run_ids: Sequence[str]) -> None:
    for run_id in run_ids:
        attempt_change(partial(state.run_store().request_stop, run_id))


def _open_curves(run_ids: Sequence[str]) -> None:
    st.session_state[CHOSEN_KEY] = list(run_ids)[:MAX_RUNS]
    st.session_state.compare_view = "Side by side"


def _show_conclusion(runs: Sequence[Run], figure: str) -> None:
    """Show the results of each value as a chart and a table, and what may be concluded from them."""
    field, store = CRITERIA[figure], state.run_store()
    factor, values = comparison.describe_change([(run.spec, run.config) for run in runs])
    results_by_value: dict[str, list[float]] = {value: [] for value in values}
    for run, value in zip(runs, values, strict=True):
        reached = getattr(run_outcome(run, store.load_epochs(run.id)), field)
        if run.status == "finished" and reached is not None:
            results_by_value[value].append(reached)
    spreads = comparison.compute_spreads(results_by_value)
    _warn_of_missing_results(runs, values)
    if not spreads:
        show_note("No run has finished yet.")
        return
    left, right = st.columns(2, gap="large")
    words = "; ".join(f"{one.label}: mean {one.mean:.4g}" for one in spreads)
    chart = spread_chart(spreads, factor or "all the same", figure.lower(), percent=field not in LOSS_FIELDS)
    left.altair_chart(chart, key="compare_spread", alt=f"{figure} over {factor}. {words}")
    with left:
        show_note("A point: one seed. The line: their mean. The band: one standard deviation to each side.")
    with right:
        sentence = experiment_verdict(
            [_escape_label(one) for one in spreads], higher_is_better=field not in LOSS_FIELDS
        )
        if sentence:
            st.markdown(sentence)
        _show_spread_table(spreads, factor, field)


def _escape_label(spread: Spread) -> Spread:
    return replace(spread, label=escape_markdown(spread.label))


def _warn_of_missing_results(runs: Sequence[Run], values: Sequence[str]) -> None:
    """Warn of runs that ended without a result: leaving them out silently would flatter their value."""
    lost = [f"{value}, seed {run.config.seed}" for run, value in zip(runs, values, strict=True) if _ended_early(run)]
    if lost:
        st.warning(f"Without a result, so not counted: {escape_markdown('; '.join(lost))}.", icon=":material/warning:")


def _ended_early(run: Run) -> bool:
    return not run.is_active and run.status != "finished"


def _show_spread_table(spreads: Sequence[Spread], factor: str, field: str) -> None:
    """Show the spreads as a table."""
    form = FIGURES[field][1]
    lines = [
        [
            one.label,
            str(len(one.values)),
            format_figure(one.mean, form),
            format_figure(one.deviation, form),
            f"{format_figure(one.lowest, form)}–{format_figure(one.highest, form)}",
        ]
        for one in spreads
    ]
    header = [capitalize_first(factor) or "Value", "Seeds", "Mean", "Deviation", "Range"]
    show_table(header, lines, alt="Mean, standard deviation and range of each value")
