"""The parts of the Train page: the settings of a run, and the live picture of one."""

from typing import Any

import numpy as np
import streamlit as st

from cnn_core.datasets import BUILT_IN, DESCRIPTIONS, Dataset
from cnn_core.insight import image_rgb, tile_grid
from cnn_core.spec import DESCRIPTIONS as NETWORKS
from cnn_core.spec import PRESETS, NetworkSpec, for_data, preset
from cnn_core.training import TrainConfig, jobs
from cnn_core.training.config import DEFAULT_LEARNING_RATES, OPTIMIZERS
from cnn_core.training.store import Run
from pages.shared import state
from pages.shared.charts import ACCURACY_SPEC, LOSS_SPEC, curve_rows
from pages.shared.designer.draft import DESIGN, DESIGNED
from pages.shared.lesson import note
from pages.shared.site import page

OPTIMIZER_NAMES = {"sgd": "SGD with momentum", "adam": "Adam", "adamw": "AdamW"}
SHORT_KINDS = {
    "Conv2d": "conv",
    "MaxPool2d": "pool",
    "AvgPool2d": "pool",
    "AdaptiveAvgPool2d": "mean",
    "Residual": "sum",
    "Linear": "linear",
}
MOST_STOPS = 9
# Above this many parameters a run on a CPU takes minutes an epoch: offered, but said.
HEAVY = 5_000_000


def choose_data() -> Dataset:
    """The data set, with a strip of its pictures and its size."""
    name = st.segmented_control(
        "Data set",
        BUILT_IN,
        default=BUILT_IN[0],
        required=True,
        format_func=str.capitalize,
        key="train_dataset",
        bind="query-params",
        width="stretch",
    )
    data = state.dataset(name)
    st.image(examples(name), width="stretch", alt=f"Two images of each class of {name.capitalize()}")
    classes = "" if name == "digits" else f" Classes: {', '.join(data.class_names)}."
    note(f"{DESCRIPTIONS[name][:1].upper()}{DESCRIPTIONS[name][1:]}.{classes}")
    return data


@st.cache_data(max_entries=8, show_spinner=False)
def examples(name: str) -> np.ndarray:
    """The first two training images of every class, a class a column."""
    data = state.dataset(name)
    firsts = np.array([np.flatnonzero(data.train.labels == k)[:2] for k in range(len(data.class_names))])
    images = np.stack([image_rgb(image) for image in data.train.images[firsts.T.ravel()]])
    zoom = max(1, 64 // images.shape[1])
    return tile_grid(images, columns=len(data.class_names), zoom=zoom)


def choose_network(data: Dataset) -> NetworkSpec:
    """A preset that fits the images, with what it is and what it costs."""
    networks = fitting(data.input_shape, len(data.class_names))
    design = designed(data)
    networks = {**({DESIGN: design} if design else {}), **networks}
    name = st.selectbox("Network", list(networks), key="train_network", bind="query-params")
    spec = networks[name]
    heavy = " Slow without a GPU." if spec.total_parameters > HEAVY else ""
    note(f"{NETWORKS.get(name, 'Made in the Designer.')} **{spec.total_parameters:,} parameters**.{heavy}")
    note(one_line(spec))
    return spec


def designed(data: Dataset) -> NetworkSpec | None:
    """The network that came from the Designer, for these images and classes; None where there is none that fits."""
    text = st.session_state.get(DESIGNED)
    if not text:
        return None
    try:
        return for_data(NetworkSpec.from_json(text), data.input_shape, len(data.class_names))
    except ValueError as problem:
        st.warning(f"The network of the Designer does not fit these images. {problem}")
        return None


def one_line(spec: NetworkSpec) -> str:
    """The network from image to classes, through the layers that change its shape; long ones without their middle."""
    layers = [(SHORT_KINDS[row.kind], row.output_shape) for row in spec.summary() if row.kind in SHORT_KINDS]
    stops = [f"{kind} {_size(shape)}" for kind, shape in [("image", spec.input_shape), *layers]]
    if len(stops) > MOST_STOPS:
        left_out = len(stops) - MOST_STOPS + 1
        stops[MOST_STOPS // 2 : MOST_STOPS // 2 + left_out] = [f"… {left_out} more …"]
    return " → ".join(stops)


def _size(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


@st.cache_data(max_entries=16, show_spinner=False)
def fitting(input_shape: tuple[int, int, int], classes: int) -> dict[str, NetworkSpec]:
    """Every preset that takes such images, by name."""
    found = {}
    for name in PRESETS:
        try:
            found[name] = preset(name, input_shape=input_shape, classes=classes)
        except ValueError:
            continue
    return found


def choose_settings(data: Dataset) -> TrainConfig:
    """Optimiser, learning rate, batch, epochs and seed. Shows a sentence and stops the page for impossible ones."""
    optimizer = st.selectbox(
        "Optimiser",
        OPTIMIZERS,
        index=OPTIMIZERS.index("adam"),
        format_func=OPTIMIZER_NAMES.__getitem__,
        key="train_optimizer",
        bind="query-params",
        on_change=usual_rate,
    )
    usual = DEFAULT_LEARNING_RATES[optimizer]
    left, right = st.columns(2)
    rate = left.number_input(
        "Learning rate",
        0.0,
        None,
        0.002,
        format="%g",
        step=0.001,
        key="train_rate",
        bind="query-params",
        help=f"How far each step goes. {usual:g} is a good start for {OPTIMIZER_NAMES[optimizer]}.",
    )
    batch = right.number_input(
        "Batch size",
        1,
        4096,
        32,
        key="train_batch",
        bind="query-params",
        help="Images a step: more are steadier and give fewer steps an epoch.",
    )
    epochs = left.number_input(
        "Epochs", 1, 1000, 10, key="train_epochs", bind="query-params", help="How often every training image is seen."
    )
    seed = right.number_input(
        "Seed", 0, 2**31 - 1, 0, key="train_seed", bind="query-params", help="The same seed gives the same run."
    )
    try:
        return TrainConfig(data.name, optimizer, rate, batch_size=batch, epochs=epochs, seed=seed)
    except ValueError as problem:
        st.error(str(problem).replace("_", " ").capitalize())
        st.stop()


def usual_rate() -> None:
    """A new optimiser starts from its own usual learning rate, unless the learner has set another."""
    if st.session_state.train_rate in DEFAULT_LEARNING_RATES.values():
        st.session_state.train_rate = DEFAULT_LEARNING_RATES[st.session_state.train_optimizer]


def start(spec: NetworkSpec, config: TrainConfig) -> None:
    """Queue a run and make it the one that is shown."""
    run_id = state.store().create(state.workspace(), spec, config)
    jobs.submit(state.store(), run_id)
    state.show_run(run_id)


def show(run: Run) -> None:
    """The run: how far it is, its curves, and what can be done with it."""
    state_line(run)
    steps, epochs = state.store().steps(run.id), state.store().epochs(run.id)
    progress(run, steps[-1] if steps else None, len(epochs))
    actions(run)
    rows = curve_rows(
        steps, epochs, steps_per_epoch=run.steps_per_epoch, total_epochs=max(1, len(epochs)), classes=run.spec.classes
    )
    st.vega_lite_chart(rows, LOSS_SPEC, key="train_loss_chart", alt=loss_words(epochs))
    st.vega_lite_chart(rows, ACCURACY_SPEC, key="train_accuracy_chart", alt=accuracy_words(epochs))


def state_line(run: Run) -> None:
    """Where the run stands, in words."""
    match run.status:
        case "queued" | "running" if run.stop_requested:
            st.info("Stopping …", icon=":material/stop_circle:")
        case "queued":
            st.info("Waiting for a free worker …", icon=":material/hourglass_top:")
        case "running":
            where = f"Training **{run.spec.name}** on {run.config.dataset.capitalize()} ({run.device})."
            st.info(where, icon=":material/model_training:")
        case "finished":
            st.success(
                f"Done: **{run.test_accuracy:.1%}** of the test images are right.", icon=":material/check_circle:"
            )
        case "stopped":
            st.warning("Stopped. Every finished epoch is kept.", icon=":material/stop_circle:")
        case _:
            st.error(f"**{run.status.capitalize()}:** {run.message}", icon=":material/error:")


def progress(run: Run, last: Any, epochs: int) -> None:
    """A bar with the time left while it runs; the figures of the run after it."""
    total = run.steps_per_epoch * run.config.epochs
    done = last.step if last else 0
    if run.alive:
        share = done / total if total else 0.0
        left = last.seconds / done * (total - done) if done else None
        speed = f", {done * run.config.batch_size / max(last.seconds, 1e-9):,.0f} images a second" if done else ""
        time_left = f", about {duration(left)} left" if left is not None else ""
        st.progress(
            min(share, 1.0), f"Epoch {min(epochs + 1, run.config.epochs)} of {run.config.epochs}{time_left}{speed}"
        )
        return
    if run.seconds is not None:
        note(f"{epochs} epoch{'' if epochs == 1 else 's'} in {duration(run.seconds)} on {run.device}; {done:,} steps.")


def duration(seconds: float) -> str:
    """4 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    return f"{minutes} min {seconds % 60:.0f} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def loss_words(epochs: Any) -> str:
    """The loss chart in words."""
    if not epochs:
        return "Loss over epochs; no epoch is finished yet"
    return (
        f"Loss after {len(epochs)} epochs: training {epochs[-1].train_loss:.3f}, validation {epochs[-1].val_loss:.3f}"
    )


def accuracy_words(epochs: Any) -> str:
    """The accuracy chart in words."""
    if not epochs:
        return "Accuracy over epochs; no epoch is finished yet"
    last = epochs[-1]
    return (
        f"Accuracy after {len(epochs)} epochs: training {last.train_accuracy:.1%}, validation {last.val_accuracy:.1%}"
    )


def actions(run: Run) -> None:
    """What can be done with the run: stop it, look inside it, start it again."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.alive:
            st.button(
                "Stop training",
                icon=":material/stop:",
                key="train_stop",
                on_click=state.store().request_stop,
                args=(run.id,),
                disabled=run.stop_requested,
            )
            return
        if run.status in ("failed", "interrupted", "stopped"):
            st.button(
                "Start again", icon=":material/replay:", key="train_again", on_click=start, args=(run.spec, run.config)
            )
        if state.store().checkpoints(run.id):
            st.page_link(page("inspect"), label="Look inside", icon=":material/visibility:")
            st.page_link(page("evaluate"), label="Evaluate it", icon=":material/fact_check:")


@st.fragment(run_every=0.5)
def live(run_id: str) -> None:
    """Mounted only while the run goes on; when it ends, the whole page is drawn once more."""
    run = state.store().get(run_id)
    if not run.alive:
        st.rerun()
    show(run)
