"""The ladder on the From scratch page: its sizes, its climb in a process of its own, its table, chart and code."""

import inspect
from collections.abc import Sequence

import streamlit as st

from cnn_core.experiments import ladder
from cnn_core.experiments.ladder import JOBS, LOOPS, LadderSizes, Measurement
from cnn_core.experiments.ladder_process import LadderProcess, start_ladder
from cnn_core.hardware import detect_device
from cnn_core.ops import convolution, naive, pooling
from cnn_core.words import format_duration
from pages.shared.charts import ladder_chart
from pages.shared.controls import show_note

LONG_SECONDS = 5.0
MAX_SECONDS = 900.0
"""Loops that would take longer are not offered: nobody waits for them."""
CLIMB_KEY = "scratch_climb"
LOOPS_KEY = "scratch_loops"
SIZES = (
    ("Images", "batch", 2, 1, 64),
    ("Channels", "channels", 3, 1, 32),
    ("Size", "size", 16, 2, 48),
    ("Filters", "filters", 8, 1, 64),
    ("Kernel", "kernel", 3, 1, 5),
    ("Stride", "stride", 1, 1, 4),
    ("Padding", "padding", 1, 0, 4),
)
"""Label, name, first value, least and most of every size; each is kept in the link."""


def choose_sizes() -> LadderSizes:
    """Let the learner choose the sizes. Raises ValueError with a sentence when they do not fit together."""
    with st.container(horizontal=True):
        for label, name, default, low, high in SIZES:
            hint = "Height and width of each image." if name == "size" else None
            key = f"scratch_{name}"
            st.number_input(label, low, high, default, key=key, bind="query-params", width=112, help=hint)
    return read_sizes()


def read_sizes() -> LadderSizes:
    """Read the sizes from the controls. Raises ValueError as `choose_sizes` does."""
    return LadderSizes(**{name: int(st.session_state[f"scratch_{name}"]) for _, name, *_ in SIZES})


@st.cache_data(max_entries=64, show_spinner=False)
def estimate_seconds(sizes: LadderSizes) -> float:
    """Estimate the seconds of the loops by timing a small part."""
    return ladder.estimate_seconds(sizes)


@st.cache_resource(max_entries=1, show_spinner=False)
def default_climb() -> LadderProcess:
    """Run the ladder for the default sizes once for all visitors; it is shown until they start their own run."""
    return start_ladder(LadderSizes(), loops=True, gpu=detect_device().memory is not None)


def current_climb() -> tuple[LadderProcess, bool]:
    """Return the learner's run of the ladder, or the first one, updated, and whether it is running."""
    climb: LadderProcess = st.session_state.get(CLIMB_KEY) or default_climb()
    return climb, climb.update_progress()


def show_climb_controls(sizes: LadderSizes, climb: LadderProcess, running: bool) -> None:
    """Show the estimate, and the buttons that start and stop."""
    seconds = estimate_seconds(sizes)
    if seconds > LONG_SECONDS:
        st.warning(
            f"The plain loops will take about **{format_duration(seconds)}**, measured on a small piece of this work."
        )
        if seconds > MAX_SECONDS:
            show_note(
                "That is more than a quarter of an hour: they are left out. Make the sizes smaller to include them."
            )
        else:
            st.toggle("Run the loops all the same", False, key=LOOPS_KEY, bind="query-params")
    else:
        show_note(f"The plain loops will take about {format_duration(seconds)}.")
    running_own = running and CLIMB_KEY in st.session_state
    with st.container(horizontal=True):
        st.button(
            "Climb the ladder",
            icon=":material/stairs:",
            key="scratch_climb_it",
            on_click=_start_climb,
            disabled=running_own,
        )
        if running_own:
            st.button("Stop", icon=":material/stop:", key="scratch_stop", on_click=climb.stop)


def _start_climb() -> None:
    """Start a run with the current sizes; loops that take long run only when they are switched on."""
    try:
        sizes = read_sizes()
    except ValueError:
        return  # the page says what is wrong with them
    seconds = estimate_seconds(sizes)
    loops = seconds <= LONG_SECONDS or (seconds <= MAX_SECONDS and bool(st.session_state.get(LOOPS_KEY)))
    st.session_state[CLIMB_KEY] = start_ladder(sizes, loops=loops, gpu=detect_device().memory is not None)


def show_climb(climb: LadderProcess, running: bool) -> None:
    """Show the measurements so far."""
    s = climb.sizes
    show_note(
        f"{s.batch} images of {s.channels} × {s.size} × {s.size}; {s.filters} filters of {s.kernel} × {s.kernel}, "
        f"stride {s.stride}, padding {s.padding}; pooling {ladder.POOL_SIZE} × {ladder.POOL_SIZE}. In double precision."
    )
    if running:
        share, text = 0.0, "Starting Python and PyTorch …"
        if climb.progress is not None:
            done = len({event.job for event in climb.measured if event.rung == LOOPS})
            share = min(1.0, (done + climb.progress.share * (climb.progress.share < 1)) / len(JOBS))
            text = f"Plain loops: {climb.progress.job}, {climb.progress.share:.0%}"
        st.progress(share, text)
    elif climb.stopped:
        st.info("Stopped. What was measured until then is below." if climb.measured else "Stopped.")
    elif climb.error:
        st.error(f"The climb ended with an error: {climb.error}")
    if climb.measured:
        st.markdown("\n".join(timing_table(climb.measured)))
        st.markdown(summarise_timings(climb.measured))
        chart = ladder_chart({(event.job, event.rung): event.seconds for event in climb.measured})
        alt = "Time of each rung for each job, as in the table"
        st.altair_chart(chart, width="stretch", key="scratch_chart", alt=alt)


def timing_table(measured: Sequence[Measurement]) -> list[str]:
    """Return the measurements as Markdown: a row for each job, a column for each rung with time and speed-up."""
    rungs = list(dict.fromkeys(event.rung for event in measured))
    lines = [f"| | {' | '.join(rungs)} | largest difference |", "|---" + "|---:" * (len(rungs) + 1) + "|"]
    for job in dict.fromkeys(event.job for event in measured):
        events = {event.rung: event for event in measured if event.job == job}
        slowest = next(iter(events.values())).seconds
        cells = [_format_cell(events.get(rung), slowest) for rung in rungs]
        differences = [event.difference for event in events.values() if event.difference is not None]
        worst = f"{max(differences):.1e}" if differences else ""
        lines.append(f"| **{job}** | {' | '.join(cells)} | {worst} |")
    return lines


def _format_cell(event: Measurement | None, slowest: float) -> str:
    if event is None:
        return ""
    if event.seconds == slowest:
        return format_time(event.seconds)
    ratio = slowest / event.seconds
    shown = f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"  # a rung may be slower than the loops: not “0×”
    return f"{format_time(event.seconds)} · **{shown}×**"


def format_time(seconds: float) -> str:
    """Return a time with three digits, in the unit that is easiest to read."""
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"


def summarise_timings(measured: Sequence[Measurement]) -> str:
    """Summarise the measurements in sentences."""
    times = {(event.job, event.rung): event.seconds for event in measured}
    both = [job for job in JOBS if {(job, LOOPS), (job, ladder.NUMPY)} <= times.keys()]
    ratios = [times[job, LOOPS] / times[job, ladder.NUMPY] for job in both]
    differences = [event.difference for event in measured if event.difference is not None]
    parts = []
    if ratios:
        span = " to ".join(dict.fromkeys(f"{ratio:,.0f}" for ratio in (min(ratios), max(ratios))))
        parts.append(f"Vectorised NumPy is **{span} times** as fast as the loops.")
    if differences:
        parts.append(f"All rungs agree to **{max(differences):.0e}**: the same numbers, added in another order.")
    return " ".join(parts)


def show_code() -> None:
    """Show the code that was timed."""
    st.subheader("The code that ran", anchor=False)
    sources = {
        "Plain loops": (naive.conv2d, naive.conv2d_backward, naive.max_pool2d, naive.max_pool2d_backward),
        "NumPy: convolution": (convolution.conv2d, convolution.conv2d_backward, convolution._window_columns),
        "NumPy: pooling": (pooling.max_pool2d, pooling.max_pool2d_backward),
        "PyTorch": (ladder.make_torch_job,),
    }
    for tab, functions in zip(st.tabs(list(sources)), sources.values(), strict=True):
        tab.code("\n\n".join(inspect.getsource(function) for function in functions), language="python", height=360)
