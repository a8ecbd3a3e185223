"""The ladder on the From scratch page: its sizes, its climb in a process of its own, its table, chart and code."""

import inspect
from collections.abc import Sequence

import streamlit as st

from cnn_core.experiments import ladder
from cnn_core.experiments.ladder import JOBS, LOOPS, Measured, Sizes
from cnn_core.experiments.ladder_process import Climb, start
from cnn_core.hardware import detect
from cnn_core.ops import convolution, naive, pooling
from pages.shared.charts import ladder_chart
from pages.shared.controls import note

LONG_S = 5.0
MOST_S = 900.0
"""Loops that would take longer are not offered: nobody waits for them."""
CLIMB, LOOPS_TOO = "scratch_climb", "scratch_loops"
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


def choose_sizes() -> Sizes:
    """The sizes that the learner picks. Raises ValueError with a sentence when they do not fit each other."""
    with st.container(horizontal=True):
        for label, name, default, low, high in SIZES:
            hint = "Height and width of each image." if name == "size" else None
            key = f"scratch_{name}"
            st.number_input(label, low, high, default, key=key, bind="query-params", width=112, help=hint)
    return set_sizes()


def set_sizes() -> Sizes:
    """The sizes as they stand in the controls. Raises ValueError as `choose_sizes`."""
    return Sizes(**{name: int(st.session_state[f"scratch_{name}"]) for _, name, *_ in SIZES})


@st.cache_data(max_entries=64, show_spinner=False)
def estimated(sizes: Sizes) -> float:
    """Seconds that the loops will take, measured on a small piece."""
    return ladder.estimate(sizes)


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds >= 90:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


@st.cache_resource(max_entries=1, show_spinner=False)
def first_climb() -> Climb:
    """A climb of the default sizes, once for everybody: what the page shows before one's own."""
    return start(Sizes(), loops=True, gpu=detect().memory is not None)


def current_climb() -> tuple[Climb, bool]:
    """The learner's own climb, or the first one, with what has been measured until now, and whether it goes on."""
    climb: Climb = st.session_state.get(CLIMB) or first_climb()
    return climb, climb.update()


def climb_controls(sizes: Sizes, climb: Climb, running: bool) -> None:
    """The estimate, and the buttons that start and stop."""
    seconds = estimated(sizes)
    if seconds > LONG_S:
        st.warning(f"The plain loops will take about **{duration(seconds)}**, measured on a small piece of this work.")
        if seconds > MOST_S:
            note("That is more than a quarter of an hour: they are left out. Make the sizes smaller to include them.")
        else:
            st.toggle("Run the loops all the same", False, key=LOOPS_TOO, bind="query-params")
    else:
        note(f"The plain loops will take about {duration(seconds)}.")
    own = running and CLIMB in st.session_state
    with st.container(horizontal=True):
        st.button("Climb the ladder", icon=":material/stairs:", key="scratch_climb_it", on_click=_climb, disabled=own)
        if own:
            st.button("Stop", icon=":material/stop:", key="scratch_stop", on_click=climb.stop)


def _climb() -> None:
    """Start with the sizes as they stand now; long loops only where they are wished for."""
    try:
        sizes = set_sizes()
    except ValueError:
        return  # the page says what is wrong with them
    seconds = estimated(sizes)
    loops = seconds <= LONG_S or (seconds <= MOST_S and bool(st.session_state.get(LOOPS_TOO)))
    st.session_state[CLIMB] = start(sizes, loops=loops, gpu=detect().memory is not None)


def show_climb(climb: Climb, running: bool) -> None:
    """What has been measured so far."""
    s = climb.sizes
    note(
        f"{s.batch} images of {s.channels} × {s.size} × {s.size}; {s.filters} filters of {s.kernel} × {s.kernel}, "
        f"stride {s.stride}, padding {s.padding}; pooling {ladder.POOL} × {ladder.POOL}. In double precision."
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
    elif climb.failed:
        st.error(f"The climb ended with an error: {climb.failed}")
    if climb.measured:
        st.markdown("\n".join(table(climb.measured)))
        st.markdown(sentence(climb.measured))
        chart = ladder_chart({(event.job, event.rung): event.seconds for event in climb.measured})
        alt = "Time of each rung for each job, as in the table"
        st.altair_chart(chart, width="stretch", key="scratch_chart", alt=alt)


def table(measured: Sequence[Measured]) -> list[str]:
    """The measurements as lines of Markdown: a row a job, a column a rung with its time and how much faster it is."""
    rungs = list(dict.fromkeys(event.rung for event in measured))
    lines = [f"| | {' | '.join(rungs)} | largest difference |", "|---" + "|---:" * (len(rungs) + 1) + "|"]
    for job in dict.fromkeys(event.job for event in measured):
        events = {event.rung: event for event in measured if event.job == job}
        slowest = next(iter(events.values())).seconds
        cells = [_cell(events.get(rung), slowest) for rung in rungs]
        differences = [event.difference for event in events.values() if event.difference is not None]
        worst = f"{max(differences):.1e}" if differences else ""
        lines.append(f"| **{job}** | {' | '.join(cells)} | {worst} |")
    return lines


def _cell(event: Measured | None, slowest: float) -> str:
    if event is None:
        return ""
    if event.seconds == slowest:
        return milliseconds(event.seconds)
    ratio = slowest / event.seconds
    shown = f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"  # a rung may be slower than the loops: not “0×”
    return f"{milliseconds(event.seconds)} · **{shown}×**"


def milliseconds(seconds: float) -> str:
    """A time to three digits, in the unit that is read most easily."""
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"


def sentence(measured: Sequence[Measured]) -> str:
    """What the numbers say, from the numbers."""
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


def code() -> None:
    """The very code that was timed."""
    st.subheader("The code that ran", anchor=False)
    sources = {
        "Plain loops": (naive.conv2d, naive.conv2d_backward, naive.max_pool2d, naive.max_pool2d_backward),
        "NumPy: convolution": (convolution.conv2d, convolution.conv2d_backward, convolution._columns),
        "NumPy: pooling": (pooling.max_pool2d, pooling.max_pool2d_backward),
        "PyTorch": (ladder.torch_job,),
    }
    for tab, functions in zip(st.tabs(list(sources)), sources.values(), strict=True):
        tab.code("\n\n".join(inspect.getsource(function) for function in functions), language="python", height=360)
