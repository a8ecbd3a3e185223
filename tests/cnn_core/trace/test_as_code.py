"""The loops and the PyTorch code that are shown compute what the trace holds."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core import ops
from cnn_core.trace import convolution_trace
from cnn_core.trace.as_code import loop_code, torch_code
from tests.cnn_core.trace.drawn_convolutions import convolutions


@given(convolutions())
@settings(max_examples=60, deadline=None)
def test_the_loops_shown_are_loops_that_run(case):
    x, w, b, options = case
    trace = convolution_trace(x, w, b, **options)
    loops = loop_code(trace, stride=options["stride"], dilation=options["dilation"], groups=options["groups"])
    y = np.full(trace.grid["output"].values.shape, np.nan)
    exec("\n".join(loops["lines"]), {"xp": trace.grid["input"].values, "w": w, "b": b, "y": y})
    np.testing.assert_allclose(y, ops.conv2d(x[None], w, b, **options)[0], atol=1e-12)
    assert len(loops["step"]) == len(trace.steps)
    assert len(loops["term"]) == len(trace.steps[0].terms)
    assert "+=" in loops["lines"][loops["lit"]["term"]]


def test_one_channel_and_one_filter_are_four_loops():
    loops = loop_code(convolution_trace(np.ones((1, 4, 4)), np.ones((1, 1, 3, 3))))
    assert sum(line.lstrip().startswith("for ") for line in loops["lines"]) == 4
    assert (loops["step"][3], loops["term"][5]) == ("i = 1  j = 1", "u = 1  v = 2")


@given(convolutions(), st.sampled_from(["zeros", "reflect", "replicate", "circular"]), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_torch_code_computes_what_the_player_shows(case, mode, flip, uneven):
    x, w, b, options = case
    if uneven:
        options["padding"] = ((options["padding"], 0), (1, options["padding"]))
    try:
        trace = convolution_trace(x, w, b, **options, padding_mode=mode, flip=flip)
    except ValueError:  # too little input for this padding: the page shows the sentence
        return
    names = {"x": torch.tensor(x)[None], "w": torch.tensor(w), "b": None if b is None else torch.tensor(b)}
    exec(torch_code(options, padding_mode=mode, flip=flip, bias=b is not None), names)
    np.testing.assert_allclose(names["y"][0].numpy(), trace.grid["output"].values, atol=1e-12)
