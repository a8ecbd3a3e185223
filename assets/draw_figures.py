"""Draws the app's illustrations from real numbers: `python -m assets.draw_figures` writes assets/figures/*.svg."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from skimage import data

from assets.svg import (
    FALLBACK_COLOURS,
    FIGURES_FOLDER,
    Grid,
    draw_box,
    draw_cells,
    draw_label,
    embed_picture,
    grey_to_rgb,
    save_figure,
    svg_element,
    theme_colour,
)
from cnn_core.datasets import channel_statistics, load
from cnn_core.evaluation.metrics import confusion_matrix
from cnn_core.experiments.ladder import LadderSizes, Measurement, run_ladder
from cnn_core.geometry import conv_output_size, pool_output_size
from cnn_core.insight import feature_maps
from cnn_core.insight.activations import evaluation_mode
from cnn_core.matrices.examples import BACKPROP_INPUTS, POOLING_INPUTS
from cnn_core.networks import preset
from cnn_core.ops import avg_pool2d, conv2d, max_pool2d, max_pool2d_switches
from cnn_core.render.colour import diverging_rgb, symmetric_limit
from cnn_core.training import TrainConfig, train
from cnn_core.training.augmentation import AUGMENTATIONS
from cnn_core.training.events import EpochDone, Finished, Snapshot, StepDone
from cnn_core.words import format_number

SOBEL: Grid = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def edge_image() -> Grid:
    """A 6 × 6 picture with a bright right half and one odd row, so that the edges stand out."""
    image = np.zeros((6, 6))
    image[:, 3:] = 2
    image[3, 2] = 1
    image[4, 1:] = 2
    return image


def draw_window() -> None:
    """The hero: a 3 × 3 kernel walks over a 6 × 6 picture once (under five seconds) and uncovers a 4 × 4 result."""
    image, size, seconds = edge_image(), 34, 4.8
    result = conv2d(image[None, None], SOBEL[None, None])[0, 0]
    steps = [(row, column) for row in range(4) for column in range(4)]
    x0, y0, x2 = 10, 40, 430
    outline = {"fill": theme_colour("orange"), "stroke": theme_colour("orange"), "stroke_width": 3}
    frame = svg_element(
        "rect", x=x0, y=y0, width=3 * size, height=3 * size, rx=5, fill_opacity=0.16, class_="frame", **outline
    )
    target = svg_element(
        "rect", x=x2, y=y0 + size, width=size, height=size, rx=4, fill_opacity=0, class_="target", **outline
    )
    stops = "".join(
        f"{index / 16:.2%}{{transform:translate({column * size}px,{row * size}px)}}"
        for index, (row, column) in enumerate(steps)
    )
    uncover = "".join(f".o{i}{{animation:show .2s {i * seconds / 16:.2f}s both}}" for i in range(16))
    style = (
        f"@keyframes walk{{{stops}100%{{transform:translate({3 * size}px,{3 * size}px)}}}}"
        "@keyframes show{from{opacity:0}to{opacity:1}}"
        f".frame,.target{{transform:translate({size}px,{size}px)}}"
        "@media (prefers-reduced-motion:no-preference){"
        f".frame,.target{{animation:walk {seconds}s step-end both}}{uncover}}}"
    )
    parts = [
        draw_label("input", x0 + 3 * size, 20, 15, role="blue"),
        draw_cells(image, x0, y0, size, "blue"),
        frame,
        draw_label("∗", 240, y0 + 3 * size, 24),
        draw_label("kernel", 318, y0 + size, 15, role="orange"),
        draw_cells(SOBEL, 318 - 1.5 * size, y0 + 1.5 * size, size, "orange"),
        draw_label("=", 396, y0 + 3 * size, 24),
        draw_label("output", x2 + 2 * size, y0 + size - 20, 15, role="green"),
        draw_cells(result, x2, y0 + size, size, "green", prefix="o"),
        target,
    ]
    title = "A 3 by 3 kernel slides over a 6 by 6 picture; each position gives one number of the 4 by 4 output."
    save_figure("window", title, 576, 254, parts, style)


def draw_convolution() -> None:
    """One position of the window, its products and their sum."""
    patch = edge_image()[2:5, 1:4]
    products = patch * SOBEL
    pairs = [(a, w) for a, w in zip(patch.flat, SOBEL.flat, strict=True) if a and w]
    terms = " + ".join(
        f"{format_number(a)}·({format_number(w)})" if w < 0 else f"{format_number(a)}·{format_number(w)}"
        for a, w in pairs
    )
    size, top = 30, 26
    parts = [
        draw_cells(patch, 8, top, size, "blue"),
        draw_label("·", 116, top + 45, 20),
        draw_cells(SOBEL, 134, top, size, "orange"),
        draw_label("=", 243, top + 45, 20),
        draw_cells(np.array([[products.sum()]]), 262, top + 22, 46, "green"),
        draw_label(f"{terms} = {format_number(products.sum())}", 160, 148, 13),
    ]
    save_figure("convolution", "Nine numbers times nine weights, added up: one number of the output.", 320, 176, parts)


def draw_pooling() -> None:
    """Four windows of the classical example, and the largest and the mean of each."""
    image, size, top = POOLING_INPUTS["Classical 4 × 4"], 30, 30
    largest, mean = (pool(image[None, None], 2)[0, 0] for pool in (max_pool2d, avg_pool2d))
    windows = [
        svg_element(
            "rect",
            x=8 + 2 * size * column,
            y=top + 2 * size * row,
            width=2 * size,
            height=2 * size,
            rx=4,
            fill="none",
            stroke=theme_colour("orange"),
            stroke_width=2.5,
        )
        for row, column in np.ndindex(2, 2)
    ]
    winners = []
    for place in max_pool2d_switches(image[None, None], 2).ravel():
        row, column = divmod(int(place), 4)
        winners.append(draw_box(8 + size * column, top + size * row, size, size, "green"))
        middle = size * (column + 0.5) + 8, size * (row + 0.5) + top + 0.5
        winners.append(
            draw_label(format_number(image[row, column]), *middle, size * 0.44, role="green", font_weight=700)
        )
    means = [
        draw_box(246 + 34 * column, top + 26 + 34 * row, 34, 34, "green")
        + draw_label(format_number(value), 263 + 34 * column, top + 43.5 + 34 * row, 12, role="green")
        for (row, column), value in np.ndenumerate(mean)
    ]
    parts = [
        draw_cells(image, 8, top, size, "blue"),
        *winners,
        *windows,
        draw_label("→", 148, top + 60, 20),
        draw_cells(largest, 168, top + 26, 34, "green"),
        *means,
        draw_label("largest", 202, top + 110, 13, role="green"),
        draw_label("mean", 280, top + 110, 13, role="green"),
    ]
    save_figure(
        "pooling", "Four windows of a 4 by 4 picture; of each, the largest number and the mean.", 320, 176, parts
    )


def draw_backprop() -> None:
    """A gradient slides over an input: the gradient of the kernel."""
    image, upstream, size, top = BACKPROP_INPUTS["Three by three"], np.array([[1.0, 2], [-1, 3]]), 30, 36
    window = image[:2, :2]
    total = float((window * upstream).sum())
    terms = " + ".join(
        f"{format_number(a)}·({format_number(g)})" if g < 0 else f"{format_number(a)}·{format_number(g)}"
        for a, g in zip(window.flat, upstream.flat, strict=True)
    )
    frame = {"fill": "none", "stroke": theme_colour("violet"), "stroke_width": 2.5, "rx": 4}
    parts = [
        draw_cells(image, 20, top, size, "blue"),
        svg_element("rect", x=20, y=top, width=2 * size, height=2 * size, **frame),
        draw_label("∗", 130, top + 45, 20),
        draw_cells(upstream, 152, top + 15, size, "violet"),
        draw_label("=", 232, top + 45, 20),
        draw_cells(np.array([[total]]), 254, top + 22, 46, "violet"),
        draw_label("X", 65, top - 12, 13, role="blue"),
        draw_label("∂L/∂O", 182, top - 12, 13, role="violet"),
        draw_label("∂L/∂F", 277, top - 12, 13, role="violet"),
        draw_label(f"{terms} = {format_number(total)}", 160, 154, 13),
    ]
    save_figure(
        "backprop", "The output's gradient slides over the input and gives the kernel's gradient.", 320, 176, parts
    )


def draw_scratch() -> None:
    """The times of three rungs, measured now, as bars on a logarithmic scale."""
    sizes = LadderSizes(batch=4, channels=8, size=24, filters=16)
    times = {e.rung: e.seconds for e in run_ladder(sizes) if isinstance(e, Measurement) and e.job == "conv2d forward"}
    slowest = max(times.values())
    parts = []
    for i, ((rung, seconds), role) in enumerate(zip(times.items(), ("orange", "blue", "green"), strict=True)):
        width = 24 + 250 * (1 + np.log10(seconds / slowest) / 5.5)
        top = 16 + 50 * i
        faster = "one product at a time" if seconds == slowest else f"{slowest / seconds:,.0f} times as fast"
        parts += [
            draw_box(16, top + 16, width, 20, role),
            draw_label(f"{rung}: {faster}", 16, top + 6, 13, role=role, anchor="start"),
        ]
    save_figure(
        "scratch", "One convolution in plain loops, vectorised, and by PyTorch: times on a log scale.", 320, 176, parts
    )


def draw_kernels() -> None:
    """A photograph, the Sobel kernel, and the edges it finds."""
    photo = np.asarray(data.camera(), dtype=np.float64)  # type: ignore[no-untyped-call]
    edges = conv2d(photo[None, None], SOBEL[None, None])[0, 0]
    # A third of the largest value ends the scale: the strongest edges saturate, the others can be seen.
    coloured = diverging_rgb(edges, symmetric_limit(edges) / 3)
    before, after = (np.asarray(Image.fromarray(rgb).resize((220, 220))) for rgb in (grey_to_rgb(photo), coloured))
    parts = [
        embed_picture(before, 4, 28, 118),
        draw_cells(SOBEL, 130, 57, 20, "orange"),
        embed_picture(after, 198, 28, 118),
        draw_label("photo", 63, 160, 13, role="blue"),
        draw_label("kernel", 160, 130, 13, role="orange"),
        draw_label("edges", 257, 160, 13, role="green"),
    ]
    save_figure(
        "kernels", "A photograph of a man with a camera, the Sobel kernel, and the edges it finds.", 320, 176, parts
    )


def draw_shapes() -> None:
    """Three layers as stacks of maps whose sizes come from the formulas."""
    first = conv_output_size(28, 5)
    pooled = pool_output_size(first, 2)
    second = conv_output_size(pooled, 5)
    stages = [(28, 1, "blue"), (first, 6, "green"), (pooled, 6, "green"), (second, 16, "green")]
    x, parts = 8.0, []
    for extent, maps, role in stages:
        edge, shown = 20 + 1.9 * extent, min(maps, 6)
        corners = [(x + 4 * sheet, 78 - edge / 2 + 4 * sheet - 2 * shown) for sheet in range(shown)]
        parts += [draw_box(left, top, edge, edge, role) for left, top in corners]
        parts.append(draw_label(f"{maps}×{extent}×{extent}", x + (edge + 4 * shown) / 2, 142, 11.5, role=role))
        x += edge + 4 * shown + 4
    parts.append(draw_label(f"⌊(28 − 5 + 2·0) / 1⌋ + 1 = {first}", 160, 164, 13))
    save_figure(
        "shapes", "A 28 by 28 picture becomes 6, then 16 ever smaller maps as it passes the layers.", 320, 176, parts
    )


def draw_designer() -> None:
    """The layers of B-base with their parameters as bars, from its own table."""
    rows = [row for row in preset("B-base").summary() if row.parameters]
    most = max(row.parameters for row in rows)
    parts = []
    for index, row in enumerate(rows):
        y = 20 + 28 * index
        role = "orange" if row.kind == "Conv2d" else "violet"
        parts.append(draw_label(row.name, 12, y + 15, 13, anchor="start", role=role))
        parts.append(draw_box(66, y, max(2, 150 * row.parameters / most), 20, role))
        parts.append(draw_label(f"{row.parameters:,}", 308, y + 15, 13, anchor="end"))
    save_figure("designer", "Five layers of a network and the parameters of each, as bars", 320, 176, parts)


def draw_data_sets() -> None:
    """One image of every class of Shapes; below, one of them as the augmentations change it."""
    dataset = load("shapes")
    firsts = [int(np.flatnonzero(dataset.train.labels == label)[1]) for label in range(5)]
    star = torch.from_numpy(dataset.train.images[[firsts[3]]])
    rows = [(name, dataset.train.images[first]) for name, first in zip(dataset.class_names, firsts, strict=True)]
    rows += [
        (name, np.asarray(change(star, torch.Generator().manual_seed(8)).round().to(torch.uint8))[0])
        for name, change in AUGMENTATIONS.items()
    ]
    parts = []
    for index, (name, image) in enumerate(rows):
        x, y = 9 + 62 * (index % 5), 4 + 88 * (index // 5)
        parts.append(embed_picture(image.transpose(1, 2, 0), x, y, 54, crisp=True))
        parts.append(draw_label(name, x + 27, y + 66, 12, role="orange" if index >= 5 else ""))
    save_figure(
        "data", "Five drawn shapes, and below one of them cropped, mirrored, turned and so on.", 320, 176, parts
    )


def draw_curve(values: list[float], top: float, role: str) -> str:
    """A line over the plot area of `draw_training`, from 0 at the bottom to `top`; value i of n at i/n of it."""
    xs = 34 + 274 * np.arange(1, len(values) + 1) / len(values)
    points = " ".join(f"{x:.1f},{138 - 116 * value / top:.1f}" for x, value in zip(xs, values, strict=True))
    return svg_element(
        "polyline", points=points, fill="none", stroke=theme_colour(role), stroke_width=2.4, stroke_linejoin="round"
    )


def draw_training(losses: list[float], epochs: list[EpochDone], accuracy: float) -> None:
    """Loss of every step and validation accuracy of every epoch of one real run."""
    smooth = [float(np.mean(losses[max(0, i - 12) : i + 1])) for i in range(len(losses))]
    axis = "var(--st-border-color, #D5DBE6)"
    parts = [svg_element("line", x1=34, x2=308, y1=y, y2=y, stroke=axis, stroke_width=1) for y in (22, 80, 138)]
    parts += [
        draw_curve(smooth, max(smooth), "orange"),
        draw_curve([epoch.val_accuracy for epoch in epochs], 1, "green"),
        draw_label("loss", 92, 112, 13, role="orange", anchor="start"),
        draw_label("accuracy", 300, 46, 13, role="green", anchor="end"),
        draw_label("100 %", 30, 22, 10, anchor="end"),
        draw_label("0", 30, 138, 10, anchor="end"),
        draw_label(f"{len(epochs)} epochs on Digits: {accuracy:.1%} of the test images right", 160, 160, 12.5),
    ]
    save_figure(
        "train", "While a network trains, its loss falls and its accuracy on unseen images rises.", 320, 176, parts
    )


def draw_comparison() -> None:
    """Validation loss of the same network with three learning rates, on Digits."""
    digits, spec = load("digits"), preset("Tiny CNN")
    rates = {0.0005: "violet", 0.002: "green", 0.02: "orange"}
    losses = {}
    for rate in rates:
        events = train(spec, digits, TrainConfig(dataset="digits", learning_rate=rate, epochs=12, device="cpu"))
        losses[rate] = [event.val_loss for event in events if isinstance(event, EpochDone)]
    top = max(max(values) for values in losses.values())
    axis = "var(--st-border-color, #D5DBE6)"
    parts = [svg_element("line", x1=34, x2=308, y1=y, y2=y, stroke=axis, stroke_width=1) for y in (22, 80, 138)]
    parts += [draw_curve(losses[rate], top, role) for rate, role in rates.items()]
    parts += [
        draw_label(f"{rate:g}", 300, 34 + 18 * place, 13, role=role, anchor="end")
        for place, (rate, role) in enumerate(rates.items())
    ]
    parts.append(draw_label("loss", 30, 22, 10, anchor="end"))
    parts.append(draw_label("one network, three learning rates, 12 epochs", 160, 160, 12.5))
    save_figure(
        "compare", "The loss of one network trained with three learning rates, drawn over each other.", 320, 176, parts
    )


def draw_inspect(filters: NDArray[Any], image: NDArray[np.uint8], maps: NDArray[Any]) -> None:
    """A digit, eight learned filters and the feature maps they make of it, each set on one scale."""
    parts = [embed_picture(grey_to_rgb(image), 6, 46, 64, crisp=True), draw_label("digit", 38, 126, 13, role="blue")]
    limit = symmetric_limit(filters)
    for index in range(8):
        left, top = 27 * (index % 4), 46 + 35 * (index // 4)
        parts.append(embed_picture(diverging_rgb(filters[index], limit), 88 + left, top, 24, crisp=True))
        parts.append(embed_picture(grey_to_rgb(255 * maps[index] / maps[:8].max()), 212 + left, top, 24, crisp=True))
    parts += [
        draw_label("filters", 140, 126, 13, role="orange"),
        draw_label("feature maps", 264, 126, 13, role="green"),
    ]
    save_figure(
        "inspect", "A handwritten digit, eight filters a network learned, and what they see in it.", 320, 176, parts
    )


def draw_evaluation(matrix: NDArray[np.int64]) -> None:
    """A confusion matrix; mistakes are drawn strong enough to be seen although they are few."""
    size, left, top, parts = 13.2, 104, 10, []
    for (row, column), share in np.ndenumerate(matrix / matrix.sum(axis=1, keepdims=True)):
        strength = share if row == column else min(1, 0.3 + 6 * share) if share else 0.07
        place = {
            "x": f"{left + column * size:.1f}",
            "y": f"{top + row * size:.1f}",
            "width": size - 1,
            "height": size - 1,
        }
        fill = theme_colour("green" if row == column else "orange")
        parts.append(svg_element("rect", **place, rx=2, fill=fill, fill_opacity=f"{strength:.2f}"))
    for digit in range(10):
        middle = (digit + 0.5) * size - 0.5
        parts.append(draw_label(str(digit), left - 9, top + middle, 9.5))
        parts.append(draw_label(str(digit), left + middle, top + 10 * size + 8, 9.5))
    parts.append(draw_label("true", left - 22, top + 5 * size, 12.5, anchor="end"))
    parts.append(draw_label("predicted", left + 5 * size, top + 10 * size + 23, 12.5))
    save_figure(
        "evaluate", "A confusion matrix: rows are the true digits, columns what the network said.", 320, 176, parts
    )


def draw_trained_network() -> None:
    """Train one small network on Digits; draw its curves, filters, feature maps and confusion matrix."""
    digits = load("digits")
    spec = preset("Tiny CNN", input_shape=digits.input_shape, classes=10)
    events = list(train(spec, digits, TrainConfig(dataset="digits", epochs=12, device="cpu")))
    epochs = [event for event in events if isinstance(event, EpochDone)]
    ended = next(event for event in events if isinstance(event, Finished))
    losses = [event.loss for event in events if isinstance(event, StepDone)]
    draw_training(losses, epochs, float(ended.test_accuracy or 0))

    weights = [event for event in events if isinstance(event, Snapshot)][-1].weights
    model = spec.build()
    model.load_state_dict({name: torch.as_tensor(values) for name, values in weights.items()})
    mean, std = (np.reshape(values, (-1, 1, 1)) for values in channel_statistics(digits))
    images = ((digits.test.images - mean) / std).astype(np.float32)
    with evaluation_mode(model):
        predictions = model(torch.from_numpy(images)).argmax(1).numpy()
    draw_evaluation(confusion_matrix(digits.test.labels, predictions, 10))
    three = int(np.flatnonzero(digits.test.labels == 3)[0])
    draw_inspect(
        weights["conv1.weight"][:, 0], digits.test.images[three, 0], feature_maps(model, images[three])["relu1"]
    )


def draw_icon() -> None:
    """The app's icon in the browser tab: a window of nine cells, the kernel's middle one, and the output."""
    image = Image.new("RGBA", (192, 192))
    pen = ImageDraw.Draw(image)
    for row, column in np.ndindex(3, 3):
        corner = (8 + 60 * column, 8 + 60 * row)
        role = "orange" if row == column == 1 else "green" if row == column == 2 else "blue"
        pen.rounded_rectangle((*corner, corner[0] + 54, corner[1] + 54), 12, fill=FALLBACK_COLOURS[role][0])
    image.resize((64, 64), Image.Resampling.LANCZOS).save(FIGURES_FOLDER.parent / "icon.png", optimize=True)


def main() -> None:
    """Draw everything."""
    FIGURES_FOLDER.mkdir(exist_ok=True)
    draw_icon()
    draw_window()
    draw_convolution()
    draw_pooling()
    draw_backprop()
    draw_scratch()
    draw_kernels()
    draw_shapes()
    draw_designer()
    draw_data_sets()
    draw_comparison()
    draw_trained_network()


if __name__ == "__main__":
    main()
