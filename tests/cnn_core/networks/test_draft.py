"""Networks being designed: editing, what is wrong with them, branches, memory, and everything that leaves or enters."""

import csv
import io
import subprocess
import sys
from pathlib import Path
from random import Random

import nbformat
import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode
from torchvision.datasets import FakeData

from cnn_core.insight.graph import network_graph, receptive_pixels
from cnn_core.networks import PRESETS, NetworkSpec, preset
from cnn_core.networks.blocks import Branches, Residual, block_parts
from cnn_core.networks.draft import (
    Draft,
    duplicate_layer,
    examine_draft,
    exchange_layer,
    field_box,
    insert_layer,
    layer_at,
    move_layer,
    read_draft,
    remove_layer,
)
from cnn_core.networks.export import to_csv, to_markdown, to_notebook, to_onnx, to_source
from cnn_core.networks.layers import (
    ELU,
    GELU,
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dropout,
    Flatten,
    LeakyReLU,
    Linear,
    MaxPool2d,
    ReLU,
    ReLU6,
    Tanh,
)
from cnn_core.networks.measured_field import measure_field
from cnn_core.networks.memory import memory_sizes, saved_bytes, training_peak
from cnn_core.networks.quiz import COLUMNS, FIELD, PARAMETERS, SHAPE, make_question
from cnn_core.networks.read_sequential import read_sequential
from tests.golden import GOLDEN

NETWORK_FIGURES = GOLDEN["networks"]
SMALL = [name for name in PRESETS if preset(name).total_parameters < 3e7]
INCEPTION = Branches(
    (
        (Conv2d(4, 1), ReLU()),
        (Conv2d(3, 1), ReLU(), Conv2d(6, 3, padding=1), BatchNorm()),
        (MaxPool2d(3, 1, 1), Conv2d(2, 1)),
        (),
    )
)
BRANCHED = NetworkSpec(
    "Branched",
    (3, 12, 12),
    (Conv2d(5, 3), INCEPTION, ReLU(), Residual((INCEPTION, Conv2d(17, 1))), Flatten(), Linear(7)),
)

plain = st.one_of(
    st.builds(Conv2d, st.integers(1, 6), st.integers(1, 3), padding=st.integers(0, 1), bias=st.booleans()),
    st.builds(Conv2d, st.integers(1, 6), st.tuples(st.integers(1, 3), st.integers(1, 3)), stride=st.integers(1, 2)),
    st.builds(MaxPool2d, st.integers(1, 2)),
    st.builds(AvgPool2d, st.integers(1, 2), ceil_mode=st.booleans()),
    st.sampled_from([BatchNorm(), ReLU(), ReLU6(), GELU(), Tanh(), ELU(), LeakyReLU(), AdaptiveAvgPool2d((3, 2))]),
)


def block(inner):
    """A block that fits wherever its input has two axes: its parts keep the size."""
    keep = st.lists(
        st.one_of(st.builds(Conv2d, st.just(4), st.just(3), padding=st.just(1)), st.just(ReLU()), inner), max_size=3
    ).map(tuple)
    return st.one_of(
        keep.map(lambda body: Residual((*body, Conv2d(4, 1)), (Conv2d(4, 1),))),
        st.lists(keep, min_size=2, max_size=3).map(lambda branches: Branches(tuple(branches))),
    )


@st.composite
def networks(draw) -> NetworkSpec:
    """Networks whose layers mostly fit; those that do not are drawn again."""
    layers = draw(st.lists(st.one_of(plain, block(st.just(Tanh()))), min_size=1, max_size=6))
    head = draw(st.sampled_from([(), (Flatten(), Linear(3)), (Flatten(), Linear(5, bias=False), ReLU(), Linear(2))]))
    shape = (draw(st.integers(1, 3)), draw(st.integers(6, 12)), draw(st.integers(6, 12)))
    for count in range(len(layers), 0, -1):
        try:
            return NetworkSpec("Drawn", shape, (*layers[:count], *head))
        except ValueError:
            continue
    return NetworkSpec("Drawn", shape, (ReLU(),))


def check_against_torch(spec: NetworkSpec) -> None:
    """Shapes, parameters and MACs against hooks, `numel` and torch's own counter."""
    model = spec.build(seed=0).eval()
    shapes: dict[str, tuple[int, ...]] = {}
    for name, module in model.named_modules():
        module.register_forward_hook(lambda _, __, y, name=name: shapes.update({name: tuple(y.shape[1:])}))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(torch.zeros(2, *spec.input_shape))
    rows = spec.summary()
    assert {row.name: row.output_shape for row in rows} == {row.name: shapes[row.name] for row in rows}
    assert spec.total_parameters == sum(p.numel() for p in model.parameters())
    for row in rows:
        if not parts_of(spec, row.name):
            assert row.parameters == sum(p.numel() for p in model.get_submodule(row.name).parameters())
    assert 4 * spec.total_macs == counter.get_total_flops()  # two images, two operations each


def parts_of(spec: NetworkSpec, name: str) -> bool:
    line = next(line for line in examine_draft(Draft(spec.name, spec.input_shape, spec.layers)) if line.name == name)
    return bool(block_parts(line.layer))


# Counting


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks())
def test_generated_networks_count_as_torch_does(spec: NetworkSpec) -> None:
    check_against_torch(spec)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_count_as_torch_does(name: str) -> None:
    check_against_torch(preset(name))


def test_branches_count_as_torch_does() -> None:
    check_against_torch(BRANCHED)
    assert BRANCHED.from_json(BRANCHED.to_json()) == BRANCHED


@pytest.mark.parametrize("name", ["D-vgg", "D-resnet18"])
def test_megabytes_are_the_course_s_to_the_last_digit(name: str) -> None:
    found, wanted = memory_sizes(preset(name)), NETWORK_FIGURES[name]
    assert round(found.every_layer, 2) == wanted["forward_backward_mb"]
    assert round(found.parameters, 2) == wanted["params_mb"]
    assert round(found.input, 2) == wanted.get("input_mb", 0.05)


def autograd_bytes(spec: NetworkSpec) -> int:
    """What autograd saves for one image beside the parameters, each tensor once."""
    model = spec.build(seed=0).train()
    own = {p.untyped_storage().data_ptr() for p in (*model.parameters(), *model.buffers())}
    kept: dict[int, int] = {}
    held = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
            held.append(tensor)  # kept alive, so that no address comes twice
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        y = model(torch.rand(1, *spec.input_shape))
    assert y.requires_grad
    return sum(kept.values())


@pytest.mark.parametrize("name", ["Tiny CNN", "LeNet-5", "B-base", "C", "A", "ResNet-18", "MobileNet-V2", "D-vgg"])
def test_saved_memory_is_what_autograd_saves(name: str) -> None:
    spec = preset(name, input_shape=(3, 64, 64)) if name in ("ResNet-18", "MobileNet-V2") else preset(name)
    # batch norm keeps two numbers a channel besides, of which the count knows nothing
    assert saved_bytes(spec) == pytest.approx(autograd_bytes(spec), rel=0.03)


def test_the_training_peak_grows_with_batch_and_optimiser() -> None:
    spec = preset("B-base")
    weights, saved = memory_sizes(spec).parameters, memory_sizes(spec).saved
    assert training_peak(spec, 1, "SGD") == pytest.approx(2 * weights + saved)
    assert training_peak(spec, 64, "Adam") == pytest.approx(4 * weights + 64 * saved)
    with pytest.raises(ValueError, match="optimizer is 'LBFGS': choose SGD"):
        training_peak(spec, 1, "LBFGS")


# Drafts


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks())
def test_the_lines_of_a_finished_draft_are_the_rows_of_the_network(spec: NetworkSpec) -> None:
    draft = Draft(spec.name, spec.input_shape, spec.layers)
    lines = examine_draft(draft)
    assert sorted((line.row for line in lines), key=lambda row: row.name) == sorted(
        spec.summary(), key=lambda row: row.name
    )
    assert not any(line.problem for line in lines)
    assert draft.to_spec() == spec
    assert read_draft(draft.to_json()) == draft
    for line in lines:
        assert layer_at(draft.layers, line.path) == line.layer
        assert line.input_shape is not None


def test_the_layer_that_does_not_fit_carries_the_sentence() -> None:
    draft = Draft("Wrong", (3, 8, 8), (Conv2d(4, 3), Linear(5), ReLU(), Conv2d(2, 9)))
    first, second, third, _ = examine_draft(draft)
    assert first.row.output_shape == (4, 6, 6)
    assert second.problem == "Fc1: needs flat input, but gets 4×6×6: put a flatten before it."
    assert (third.row, third.problem, third.input_shape) == (None, "", None)
    with pytest.raises(ValueError, match="needs flat input"):
        draft.to_spec()


def test_blocks_that_do_not_join_carry_the_sentence() -> None:
    sum_, *_ = examine_draft(Draft("Sum", (3, 8, 8), (Residual((Conv2d(4, 3),)),)))
    assert sum_.problem == "Block1: its body gives 4×6×6 and its shortcut 3×8×8; a sum needs them equal."
    stack, *_ = examine_draft(Draft("Stack", (3, 8, 8), (Branches(((Conv2d(4, 3),), ())),)))
    assert "its branches give 4×6×6 and 3×8×8; stacking channels needs the other sizes equal" in stack.problem
    inside = examine_draft(Draft("Inside", (3, 8, 8), (Residual((Conv2d(4, 3), Linear(3))), ReLU())))
    assert [bool(line.problem) for line in inside] == [False, False, True, False]


def test_networks_beyond_all_memory_are_refused_with_the_estimate() -> None:
    lines = examine_draft(Draft("Huge", (3, 512, 512), (Flatten(), Linear(65_536))))
    assert lines[1].problem == "The network has 51,539,673,088 parameters, 192.0 GB: at most 1,000,000,000 fit."
    wide = examine_draft(Draft("Wide", (1, 4096, 4096), (Conv2d(65_536, 1),)))
    assert "1,099,511,627,776 values for one image, 4,096.0 GB; at most 268,435,456 fit" in wide[0].problem


def test_editing_everywhere() -> None:
    a, b, c, d = Conv2d(1, 1), ReLU(), Tanh(), GELU()
    layers = (a, Residual((b, c)), d)
    assert insert_layer(layers, (0,), d) == (d, *layers)
    assert insert_layer(layers, (99,), d) == (*layers, d)
    assert insert_layer(layers, (1, 1, 0), a)[1] == Residual((b, c), (a,))
    assert remove_layer(layers, (1, 0, 0))[1] == Residual((c,))
    assert remove_layer(layers, (1,)) == (a, d)
    assert exchange_layer(layers, (1, 0, 1), d)[1] == Residual((b, d))
    assert duplicate_layer(layers, (1,)) == (a, layers[1], layers[1], d)
    assert move_layer(layers, (0,), 1) == (layers[1], a, d)
    assert move_layer(layers, (2,), -5) == (d, a, layers[1])
    assert move_layer(layers, (1, 0, 0), 1)[1] == Residual((c, b))
    with pytest.raises(ValueError, match="at least one layer"):
        remove_layer(remove_layer(layers, (1, 0, 0)), (1, 0, 0))
    for path in ((9,), (1, 7, 0), (1, 0, 9), ()):
        with pytest.raises(ValueError, match="There is no"):
            layer_at(layers, path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not valid JSON"),
        ("[" * 100_000, "nested too deeply|not valid JSON"),
        ("[]", "must be an object with name"),
        ('{"name": 3, "input_shape": [1, 8, 8], "layers": []}', "name must be a text"),
        ('{"name": "x", "input_shape": [1, 8, 1e99], "layers": []}', "input_shape is"),
        ('{"name": "x", "input_shape": [1, 8, 8], "layers": [{"kind": "exec"}]}', "is no layer"),
        (
            '{"name": "x", "input_shape": [1, 8, 8], "layers": [{"kind": "Branches", "branches": 5}]}',
            "branches must be a list",
        ),
        (
            '{"name": "x", "input_shape": [1, 8, 8], "layers": [{"kind": "Branches", "branches": [[]]}]}',
            "branches has 1 of them: at least 2",
        ),
        (
            '{"name": "x", "input_shape": [1, 8, 8], "layers": [{"kind": "Conv2d", "filters": -1, "kernel_size": 3}]}',
            "filters is -1",
        ),
        ("x" * 300_000, "at most 200,000 characters"),
    ],
)
def test_hostile_json_gets_a_sentence(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_draft(text)


# Leaving


@pytest.mark.parametrize("name", [*SMALL, "Branched"])
def test_the_source_makes_the_same_parameters(name: str) -> None:
    spec = BRANCHED if name == "Branched" else preset(name)
    here: dict = {"__name__": "taken_home"}
    exec(to_source(spec, seed=3), here)
    torch.manual_seed(3)
    theirs, ours = here["network"]().state_dict(), spec.build(seed=3).state_dict()
    assert list(theirs) == list(ours)
    assert all(torch.equal(theirs[key], ours[key]) for key in ours)


def test_the_source_runs_by_itself(tmp_path: Path) -> None:
    assert BRANCHED.to_code(seed=3) == to_source(BRANCHED, seed=3)
    hostile = NetworkSpec('"""\nimport os; os.abort()\n\\', BRANCHED.input_shape, BRANCHED.layers)
    file = tmp_path / "net.py"
    file.write_text(to_source(hostile))
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"(1, 7) {BRANCHED.total_parameters}"


def test_the_notebook_builds_and_trains(tmp_path: Path) -> None:
    notebook = nbformat.reads(to_notebook(preset("Tiny CNN")), as_version=4)
    nbformat.validate(notebook)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    out = io.StringIO()
    here: dict = {"__name__": "notebook", "print": lambda *words: print(*words, file=out)}
    for cell in code:
        exec(cell, here)
    assert len(out.getvalue().splitlines()) == 5
    assert here["accuracy"] > 0.8
    cifar = nbformat.reads(to_notebook(preset("E")), as_version=4)
    assert "CIFAR10" in cifar.cells[2].source
    compile(cifar.cells[2].source, "cifar", "exec")


class Pictures(FakeData):
    """Twelve pictures in place of CIFAR-10, which would be downloaded."""

    def __init__(self, root: str, train: bool, download: bool, transform) -> None:
        super().__init__(12, (3, 32, 32), 10, transform)
        self.targets = [self[index][1] for index in range(12)]


@pytest.mark.parametrize(
    "spec",
    [
        NetworkSpec("Few classes", (3, 16, 16), (Conv2d(4, 3), Flatten(), Linear(3))),
        NetworkSpec("No linear layer, five channels", (5, 12, 10), (Conv2d(10, 3), ReLU())),
        NetworkSpec("Grey, many classes", (1, 20, 20), (Flatten(), Linear(20))),
    ],
    ids=lambda spec: spec.name,
)
def test_every_notebook_trains(spec: NetworkSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torchvision.datasets.CIFAR10", Pictures)
    here: dict = {"__name__": "notebook", "print": lambda *_: None}
    for cell in nbformat.reads(to_notebook(spec), as_version=4).cells:
        if cell.cell_type == "code":
            exec(cell.source.replace("epochs = 5", "epochs = 1"), here)
    assert 0 <= here["accuracy"] <= 1


@pytest.mark.parametrize("name", ["Tiny CNN + batch norm", "A", "Branched"])
def test_onnx_gives_the_same_answers(name: str, tmp_path: Path) -> None:
    spec = BRANCHED if name == "Branched" else preset(name)
    to_onnx(spec, tmp_path / "net.onnx", seed=1)
    x = torch.randn(5, *spec.input_shape)
    theirs = onnxruntime.InferenceSession(tmp_path / "net.onnx").run(None, {"image": x.numpy()})[0]
    np.testing.assert_allclose(theirs, spec.build(seed=1).eval()(x).detach(), atol=1e-4)


def test_tables() -> None:
    spec = preset("E")
    rows = list(csv.DictReader(io.StringIO(to_csv(spec))))
    assert sum(int(row["parameters"]) for row in rows) == NETWORK_FIGURES["E"]["parameters"]
    assert rows[0]["output shape"] == "64×30×30"
    assert [rows[3][name] for name in ("kind", "activations (bytes)", "receptive field", "jump", "centre")] == [
        *("MaxPool2d", str(4 * 64 * 15 * 15), "4×4", "2×2", "2.5×2.5"),
    ]
    assert f"**{NETWORK_FIGURES['E']['parameters']:,}**" in to_markdown(spec)


# Entering


def test_a_pasted_sequential() -> None:
    source = """
model = nn.Sequential(
    nn.Conv2d(3, 16, kernel_size=(3, 5), padding="same"), nn.BatchNorm2d(16), nn.ReLU(inplace=True),
    torch.nn.MaxPool2d(2, ceil_mode=True),
    nn.Sequential(nn.Conv2d(in_channels=16, out_channels=8, kernel_size=1, bias=False), nn.LeakyReLU(-0.0 + 0.2)
        if False else nn.LeakyReLU(0.2)),
    nn.Flatten(), nn.Linear(in_features=999, out_features=10),
)"""
    with pytest.raises(ValueError, match="only layers such as"):
        read_sequential(source, (3, 8, 8))
    source = source.replace("nn.LeakyReLU(-0.0 + 0.2)\n        if False else ", "")
    layers = read_sequential(source, (3, 8, 8)).layers
    assert layers == (
        Conv2d(16, (3, 5), padding="same"),
        BatchNorm(),
        ReLU(),
        MaxPool2d(2, ceil_mode=True),
        Conv2d(8, 1, bias=False),
        LeakyReLU(0.2),
        Flatten(),
        Linear(10),
    )


@pytest.mark.parametrize("name", ["Tiny CNN", "LeNet-5", "A", "B-net1", "C", "E", "AlexNet", "VGG-11"])
def test_our_own_source_and_torchs_repr_come_back(name: str) -> None:
    spec = preset(name)
    inside = to_source(spec).split("    return ")[1].split("\n\n\nif __name__")[0]
    assert read_sequential(inside, spec.input_shape).layers == spec.layers
    if spec.total_parameters < 1e7:
        printed = ", ".join(f"nn.{module!r}" for module in spec.build(seed=0))
        again = read_sequential(f"nn.Sequential({printed})", spec.input_shape).to_spec()
        assert [row.output_shape for row in again.summary()] == [row.output_shape for row in spec.summary()]
        assert again.total_parameters == spec.total_parameters


@pytest.mark.parametrize("name", ["Branched", *PRESETS])
def test_a_file_that_was_taken_home_comes_back(name: str) -> None:
    spec = BRANCHED if name == "Branched" else preset(name)
    assert read_sequential(to_source(spec), spec.input_shape).layers == spec.layers


DEEP = "Residual(body=nn.Sequential(" * 6 + "nn.ReLU()" + "), shortcut=nn.Sequential())" * 6


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nn.Sequential(Residual(nn.ReLU()))", "Residual needs body=… and shortcut=…"),
        (
            "nn.Sequential(Residual(body=nn.ReLU(), shortcut=nn.Sequential()))",
            "every part of Residual is an nn.Sequential",
        ),
        ("nn.Sequential(Residual(body=nn.Sequential(), shortcut=nn.Sequential()))", "body is empty"),
        ("nn.Sequential(Branches(branch1=nn.Sequential()))", "branches has 1 of them"),
        ("nn.Sequential(Branches(a=nn.Sequential(), b=nn.Sequential()))", "Branches needs branch1=…, branch2=…"),
        ("nn.Sequential(Branches(**{}))", "every part of Branches is an nn.Sequential"),
        (f"nn.Sequential({DEEP})", "blocks are nested more than 4 deep"),
        ("", "There are 0 nn.Sequential"),
        ("nn.Sequential(", "This is no Python that can be read"),
        ("nn.Sequential()", "holds no layers"),
        ("nn.Sequential(nn.ReLU()); nn.Sequential(nn.ReLU())", "There are 2 nn.Sequential"),
        ("nn.Sequential(__import__('os').system('true'))", "is no layer that is known here"),
        ("nn.Sequential(nn.Conv2d(3, 8, open('x')))", "Line 1: only plain numbers can stand here"),
        ("nn.Sequential(nn.Conv2d(3, 8, 3, **{}))", "has no argument"),
        ("nn.Sequential(nn.Conv2d(3, 8))", "nn.Conv2d lacks an argument"),
        ("nn.Sequential(nn.Conv2d(3, 8, -1))", "Line 1: kernel_size is -1"),
        ("nn.Sequential(nn.Conv2d(3, 10**99, 1))", "only plain numbers"),
        ("nn.Sequential(nn.Conv2d(3, " + "9" * 5000 + ", 1))", "no Python|filters is|only plain"),
        ("nn.Sequential(nn.Transformer())", "“Transformer” is no layer"),
        ("nn.Sequential(*layers)", "only layers such as"),
        ("nn.Sequential([nn.ReLU()])", "only layers such as"),
        ("nn.Sequential(" * 60 + "nn.ReLU()" + ")" * 60, "nested more than 20 deep"),
        ("(" * 5000, "This is no Python"),
        ("nn.Sequential(nn.Conv2d(1, 8, 3))", "Its first convolution takes 1 channels, the input has 3"),
        ("nn.Sequential(nn.ReLU(1, 2, 3))", "takes at most 1 arguments"),
        ("x" * 300_000, "at most 200,000"),
        ("evil.Sequential(nn.ReLU())", "There are 0"),
        ("nn.Sequential(nn.BatchNorm2d(3, eps=0.1))", "eps is 0.1: only 1e-05 is known here"),
    ],
)
def test_hostile_source_gets_a_sentence_and_runs_nothing(source: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_sequential(source, (3, 8, 8))


def test_dropout_survives_the_round_trip() -> None:
    assert read_sequential("nn.Sequential(nn.Dropout(0.3))", (1, 4, 4)).layers == (Dropout(0.3),)


# Predicting and measuring


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks())
def test_questions_have_the_answer_of_the_table_and_slips_that_are_wrong(spec: NetworkSpec) -> None:
    for line in examine_draft(Draft(spec.name, spec.input_shape, spec.layers)):
        for column in COLUMNS:
            asked = make_question(line, column)
            assert asked.answer not in asked.slips
            assert asked.hint.endswith(".")
        assert make_question(line, SHAPE).answer == "×".join(map(str, line.row.output_shape))
        assert make_question(line, PARAMETERS).answer == str(line.row.parameters)


def test_slips_name_the_term_that_differs() -> None:
    layers = (Conv2d(32, 5, padding=2), MaxPool2d(2), Conv2d(64, 5), BatchNorm(), Flatten())
    lines = examine_draft(Draft("B", (3, 32, 32), layers))
    conv, _, deeper, norm, flat = lines
    assert make_question(conv, PARAMETERS).answer == "2432"
    slips = make_question(conv, PARAMETERS).slips
    assert "biases are missing" in slips[str(32 * 3 * 25)]
    assert "channels are missing" in slips[str(32 * 25 + 32)]
    assert "One bias for each filter" in slips[str(32 * 75 + 1)]
    assert "padding is missing" in make_question(conv, SHAPE).slips["32×28×28"]
    assert "not those of the input" in make_question(conv, SHAPE).slips["3×32×32"]
    field = make_question(deeper, FIELD)
    assert field.answer == "14×14"
    assert "strides before it" in field.slips["10×10"]
    assert "kept, not learned" in make_question(norm, PARAMETERS).slips["256"]
    assert "channels count too" in make_question(flat, SHAPE).slips["144"]
    with pytest.raises(ValueError, match="column is 'MACs': choose Output shape"):
        make_question(conv, "MACs")


LOST = NetworkSpec("Lost row", (1, 11, 6), (MaxPool2d(2), AvgPool2d(2, ceil_mode=True), Conv2d(1, 2)))
"""Row 11 is lost in the first pooling; the formula, which knows no edges, counts it where a later window hangs over."""


def test_the_first_layer_of_a_block_is_asked_from_what_goes_into_the_block() -> None:
    layers = (Conv2d(4, 5, stride=2), Residual((Conv2d(4, 3, padding=1),)), AdaptiveAvgPool2d(2), Flatten())
    _, _, inside, pool, flat = examine_draft(Draft("Deep", (3, 21, 21), layers))
    assert make_question(inside, FIELD).answer == "9×9"
    assert make_question(inside, FIELD).hint.startswith("5 + (kernel − 1) · 2")
    assert "strides before it" in make_question(inside, FIELD).slips["7×7"]
    assert "output size that is set" in make_question(pool, SHAPE).hint
    assert make_question(pool, FIELD).answer == "17×17"  # bins of 5 of the 9 rows: 9 + (5 − 1) · 2
    assert make_question(flat, FIELD).hint == "From here on all places are seen together: 17 + (2 − 1) · 10."
    assert make_question(flat, FIELD).answer == "27×27"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks(), st.randoms(use_true_random=False))
@example(LOST, Random(0))
@example(NetworkSpec("Lost column", (1, 6, 11), LOST.layers), Random(0))
def test_the_measured_field_is_counted_back_and_lies_in_the_formula_s(spec: NetworkSpec, chance: Random) -> None:
    nodes = network_graph(spec)
    for line in examine_draft(Draft(spec.name, spec.input_shape, spec.layers)):
        shape = line.row.output_shape
        place = tuple(chance.randrange(size) for size in shape[1:]) or (0, 0)
        seen = measure_field(spec, line.name, place) > 0
        np.testing.assert_array_equal(
            seen, receptive_pixels(nodes, line.name, *place), err_msg=f"{line.name} at {place}"
        )
        if len(shape) == 3 and not uneven(spec):
            top, bottom, left, right = field_box(line, place)
            rows, columns = seen.any(axis=1).nonzero()[0], seen.any(axis=0).nonzero()[0]
            assert all(top <= row < bottom for row in rows)
            assert all(left <= column < right for column in columns)


def test_a_row_that_an_earlier_layer_lost_is_not_seen() -> None:
    *_, conv = examine_draft(Draft(LOST.name, LOST.input_shape, LOST.layers))
    assert field_box(conv, (1, 0))[:2] == (4, 4 + 8)  # 2 · 2 · 2 rows, one of them beyond the edge
    assert measure_field(LOST, "conv1", (1, 0)).any(axis=1).nonzero()[0].tolist() == [4, 5, 6, 7, 8, 9]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(plain, min_size=1, max_size=4))
def test_far_from_every_edge_the_measured_field_is_the_formula_s(layers: list) -> None:
    try:
        spec = NetworkSpec("Wide", (1, 120, 130), tuple(layers))
    except ValueError:
        return
    *_, line = examine_draft(Draft(spec.name, spec.input_shape, spec.layers))
    if uneven(spec):
        return
    place = (line.row.output_shape[1] // 2, line.row.output_shape[2] // 2)
    seen = measure_field(spec, line.name, place)
    box = field_box(line, place)
    rows, columns = seen.any(axis=1).nonzero()[0], seen.any(axis=0).nonzero()[0]
    assert (rows[0], rows[-1] + 1, columns[0], columns[-1] + 1) == box


def uneven(spec: NetworkSpec) -> bool:
    """Whether a field depends on the place: in adaptive bins, and where branches see parts of different size."""
    return any(isinstance(layer, AdaptiveAvgPool2d) or block_parts(layer) for layer in spec.layers)


def test_paths_are_counted() -> None:
    spec = NetworkSpec("Two", (2, 7, 7), (Conv2d(4, 3, padding=1), ReLU(), Conv2d(3, 3, padding=1)))
    paths = measure_field(spec, "conv2", (3, 3))
    one = np.array([1, 2, 3, 2, 1])  # 3 by 3 ones, convolved with themselves
    np.testing.assert_allclose(paths[1:6, 1:6] / paths[1, 1], np.outer(one, one))


@pytest.mark.slow
def test_the_measured_field_of_resnet() -> None:
    spec = preset("ResNet-18", input_shape=(3, 512, 512))
    rows = {row.name: row for row in spec.summary()}
    for name in ("pool1", "block1", "block3"):
        shape = rows[name].output_shape
        seen = measure_field(spec, name, (shape[1] // 2, shape[2] // 2)) > 0
        assert (seen.any(axis=1).sum(), seen.any(axis=0).sum()) == rows[name].receptive_field
    with pytest.raises(ValueError, match="There is no layer “nope” in ResNet-18"):
        measure_field(spec, "nope")
    with pytest.raises(ValueError, match=r"place is \(0, 256\): conv1 has 256 rows and 256 columns"):
        measure_field(spec, "conv1", (0, 256))


def test_what_does_not_fit_into_memory_is_refused_before_anything_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = NetworkSpec("Heavy", (3, 64, 64), (Flatten(), Linear(60_000)))
    monkeypatch.setattr("cnn_core.networks.memory.free_mb", lambda: 1024.0)
    monkeypatch.setattr(
        "cnn_core.networks.torch_modules.build_module", lambda *_: pytest.fail("something was allocated")
    )
    with pytest.raises(ValueError, match=r"Heavy needs about 2\.7 GB of memory, and 1\.0 GB are free"):
        spec.build()
    with pytest.raises(ValueError, match=r"Measuring Heavy needs about 8\.2 GB"):
        measure_field(spec, "fc1")
    with pytest.raises(ValueError, match=r"The ONNX file needs about 11\.0 GB"):
        to_onnx(spec, Path("never.onnx"))
