"""Pretrained ResNets: the same answers as torchvision's, what is frozen, where files come from, what is refused."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision import models
from torchvision.transforms.v2 import functional as transforms

from cnn_core.datasets import Dataset, Split
from cnn_core.insight import feature_maps
from cnn_core.insight.load import load_network
from cnn_core.networks import NetworkSpec, preset
from cnn_core.training import TrainConfig, pretrained, train
from cnn_core.training.events import EpochDone, Finished, Snapshot, Started, StepDone
from cnn_core.training.inference import IMAGENET_STATISTICS, make_normaliser, predict_logits
from cnn_core.training.orders import StartPoint

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A weights folder and an empty cache of torch's own; no internet behind them."""
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("CNN_LAB_WEIGHTS_URL", "http://127.0.0.1:9/weights")  # nobody listens there
    (tmp_path / "weights").mkdir()
    return tmp_path / "weights"


def theirs(name: str = "resnet18", classes: int = 1000) -> nn.Module:
    """torchvision's network with weights and running averages unlike the initial ones."""
    torch.manual_seed(7)
    model = models.get_model(name, weights=None, num_classes=classes)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias)
    return model.eval()


def ours(classes: int = 3, side: int = 32, name: str = "ResNet-18") -> NetworkSpec:
    return preset(name, input_shape=(3, side, side), classes=classes)


def photos(channels: int = 1, side: int = 8) -> Dataset:
    rng = np.random.default_rng(3)

    def split(count: int) -> Split:
        images = rng.integers(0, 256, (count, channels, side, side), dtype=np.uint8)
        return Split(images, np.arange(count, dtype=np.int64) % 3)

    return Dataset("photos", ("a", "b", "c"), split(12), split(6), split(6))


def config(**changes) -> TrainConfig:
    base = {"pretrained": "fine-tuned", "weights": "net.pth", "resize": 32, "batch_size": 6, "epochs": 1}
    return TrainConfig("photos", device="cpu", precision="float32", **{**base, **changes})


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
@pytest.mark.parametrize(("name", "preset_name"), [("resnet18", "ResNet-18"), ("resnet34", "ResNet-34")])
def test_the_answers_are_torchvisions(folder: Path, name: str, preset_name: str, suffix: str) -> None:
    oracle = theirs(name)
    state = oracle.state_dict()
    save_file(state, folder / "net.safetensors") if suffix == "safetensors" else torch.save(state, folder / "net.pth")
    spec = ours(1000, 64, preset_name)
    model = spec.build(seed=0)
    pretrained.apply_pretrained(model, spec, config(weights=f"net.{suffix}"))
    x = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        torch.testing.assert_close(model.eval()(x), oracle(x), atol=1e-5, rtol=1e-5)


def test_every_tensor_has_its_own_place(folder: Path) -> None:
    """Logits alone would not tell two equal tensors apart: here all are different."""
    state = {
        key: torch.full_like(value, number) for number, (key, value) in enumerate(theirs().state_dict().items(), 1)
    }
    model = ours(1000).build(seed=0)
    made = pretrained.translate_state(state, "ResNet-18", model)
    assert [int(value.flatten()[0]) for value in made.values()] == list(range(1, len(state) + 1))
    assert list(made) == list(model.state_dict())


def test_the_last_layer_is_new_for_other_classes(folder: Path) -> None:
    oracle = theirs()
    torch.save(oracle.state_dict(), folder / "net.pth")
    model, fresh = ours(3).build(seed=5), ours(3).build(seed=5)
    pretrained.apply_pretrained(model, ours(3), config())
    assert torch.equal(model[-1].weight, fresh[-1].weight)
    assert torch.equal(model[0].weight, oracle.conv1.weight)
    x = torch.randn(2, 3, 32, 32)
    oracle.fc = nn.Identity()
    with torch.inference_mode():
        torch.testing.assert_close(model.eval()[:-1](x), oracle(x), atol=1e-5, rtol=1e-5)


def test_older_files_count_no_batches(folder: Path) -> None:
    state = {key: value for key, value in theirs().state_dict().items() if "num_batches" not in key}
    model = ours().build(seed=0)
    assert set(pretrained.translate_state(state, "ResNet-18", model)) == set(model.state_dict())


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda s: s.pop("layer2.0.conv1.weight"), "'layer2.0.conv1.weight' is missing"),
        (lambda s: s.update(extra=torch.zeros(1)), "they have 'extra'"),
        (lambda s: s.update({"conv1.weight": torch.zeros(64, 3, 3, 3)}), "'conv1.weight' must hold 64×3×7×7"),
        (lambda s: s["bn1.bias"].fill_(math.nan), "'bn1.bias' must hold 64 finite"),
        (lambda s: s.update({"fc.weight": torch.zeros(3, 100)}), "'fc.weight' must hold 1000×512"),
    ],
)
def test_weights_that_do_not_fit_get_a_sentence(spoil, words: str) -> None:
    state = theirs().state_dict()
    spoil(state)
    with pytest.raises(ValueError, match=words):
        pretrained.translate_state(state, "ResNet-18", ours().build(seed=0))


def test_resnet18_weights_are_none_for_resnet34() -> None:
    with pytest.raises(ValueError, match="not those of ResNet-34"):
        pretrained.translate_state(theirs().state_dict(), "ResNet-34", ours(name="ResNet-34").build(seed=0))


class Evil:
    ran: ClassVar[list[int]] = []

    def __reduce__(self):
        return Evil.ran.append, (1,)


@pytest.mark.parametrize("content", ["text", "code", "list", "numbers"])
def test_files_that_are_no_weights_get_a_sentence(folder: Path, content: str) -> None:
    if content == "text":
        (folder / "net.pth").write_text("no weights at all")
    else:
        torch.save({"code": {"a": Evil()}, "list": [1], "numbers": {"a": 1}}[content], folder / "net.pth")
    with pytest.raises(ValueError, match=r"'net\.pth'"):
        list(train(ours(), photos(), config()))
    assert not Evil.ran
    (folder / "net.safetensors").write_bytes(b"\xff" * 40)
    with pytest.raises(ValueError, match="no readable file"):
        list(train(ours(), photos(), config(weights="net.safetensors")))


@pytest.mark.parametrize("name", ["../net.pth", "/etc/net.pth", "a/b.pth", ".net.pth", "net.txt", "a\\b.pth", "net", 7])
def test_only_bare_names_are_taken(name: object) -> None:
    with pytest.raises(ValueError, match="bare name"):
        config(weights=name)


def test_a_link_out_of_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    torch.save(theirs().state_dict(), tmp_path / "secret.pth")
    (folder / "net.pth").symlink_to(tmp_path / "secret.pth")
    with pytest.raises(ValueError, match="no such file in the folder weights/"):
        train(ours(), photos(), config())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pretrained": "yes"}, "choose 'frozen' or 'fine-tuned'"),
        ({"pretrained": ""}, "needs pretrained"),
        ({"resize": 16}, "whole number from 32 to 256"),
        ({"resize": 300}, "whole number from 32 to 256"),
        ({"resize": True}, "whole number from 32 to 256"),
    ],
)
def test_bad_settings_get_a_sentence(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        config(**changes)


def test_settings_go_to_json_and_back() -> None:
    assert TrainConfig.from_dict(config().to_dict()) == config()


def test_what_does_not_fit_is_said_before_anything_runs() -> None:
    tiny = preset("Tiny CNN", input_shape=(3, 32, 32), classes=3)
    with pytest.raises(ValueError, match="ResNet-18 and ResNet-34 alone: 'Tiny CNN' has other layers"):
        train(tiny, photos(), config())
    with pytest.raises(ValueError, match="no such file"):
        train(ours(), photos(), config())
    with pytest.raises(ValueError, match=r"\(3, 32, 32\)"):
        train(ours(3, 64), photos(), config())


def weights_of(events: list[object]) -> list[dict[str, np.ndarray]]:
    return [event.weights for event in events if isinstance(event, Snapshot)]


@pytest.mark.parametrize("kind", ["frozen", "fine-tuned"])
def test_what_learns_and_what_stays(folder: Path, kind: str) -> None:
    torch.save(theirs().state_dict(), folder / "net.pth")
    events = list(train(ours(), photos(), config(pretrained=kind)))
    assert isinstance(events[-1], Finished)
    before, after = weights_of(events)
    moved = {name for name in before if not np.array_equal(before[name], after[name])}
    last = {"fc1.weight", "fc1.bias"}
    assert moved == last if kind == "frozen" else moved >= last | {"conv1.weight", "bn1.running_mean"}


def test_a_frozen_run_is_a_linear_layer_on_fixed_features(folder: Path) -> None:
    """The oracle: torchvision's features, computed once, and a linear layer trained on them."""
    oracle = theirs()
    torch.save(oracle.state_dict(), folder / "net.pth")
    data, how = photos(3), config(pretrained="frozen", optimizer="sgd", momentum=0, learning_rate=0.1, batch_size=12)
    events = list(train(ours(), data, replace(how, epochs=3)))
    weight, bias = (
        torch.from_numpy(weights_of(events)[0][f"fc1.{part}"]).requires_grad_() for part in ("weight", "bias")
    )
    oracle.fc = nn.Identity()
    losses = []
    with torch.inference_mode():
        features = oracle(make_normaliser(data, CPU, how)(torch.from_numpy(data.train.images))).clone()
    for _ in range(3):
        loss = nn.functional.cross_entropy(features.clone() @ weight.T + bias, torch.from_numpy(data.train.labels))
        losses.append(loss.item())
        weight, bias = (
            (part - 0.1 * grad).detach().requires_grad_()
            for part, grad in zip((weight, bias), torch.autograd.grad(loss, (weight, bias)), strict=True)
        )
    assert [event.loss for event in events if isinstance(event, StepDone)] == pytest.approx(losses, rel=1e-3)


def test_images_are_made_ready_as_imagenets() -> None:
    data = photos(1, 8)
    grey = torch.from_numpy(data.test.images)
    resized = transforms.resize(grey.float(), [32, 32], antialias=True).expand(-1, 3, -1, -1) / 255
    expected = transforms.normalize(resized, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    torch.testing.assert_close(make_normaliser(data, CPU, config())(grey), expected, atol=1e-4, rtol=1e-4)
    assert IMAGENET_STATISTICS.shape == (2, 3)


def test_large_images_shrink_without_moiré() -> None:
    data = photos(3, 80)
    images = torch.from_numpy(data.test.images)
    found = make_normaliser(data, CPU, TrainConfig(resize=32))(images)
    plain = make_normaliser(data, CPU)(transforms.resize(images.float(), [32, 32], antialias=True))
    torch.testing.assert_close(found, plain, atol=1e-4, rtol=1e-4)


def test_a_run_is_evaluated_as_it_was_trained(folder: Path) -> None:
    torch.save(theirs().state_dict(), folder / "net.pth")
    data, how = photos(), config(pretrained="frozen")
    events = list(train(ours(), data, how))
    model = load_network(ours(), weights_of(events)[-1])
    right = (predict_logits(model, data.test.images, data, how).argmax(1) == data.test.labels).mean()
    assert right == pytest.approx(events[-1].test_accuracy)
    logits = torch.from_numpy(predict_logits(model, data.val.images, data, how))
    loss = nn.functional.cross_entropy(logits, torch.from_numpy(data.val.labels)).item()
    assert loss == pytest.approx(next(e.val_loss for e in events if isinstance(e, EpochDone)), rel=1e-4)
    ready = make_normaliser(data, CPU, how)(torch.from_numpy(data.test.images[:1]))
    maps = feature_maps(model, ready[0].numpy())
    assert next(iter(maps.values())).shape == (64, 16, 16)


def test_resizing_works_for_networks_that_begin_anew() -> None:
    spec = preset("Tiny CNN", input_shape=(1, 32, 32), classes=3)
    events = list(train(spec, photos(), TrainConfig(resize=32, epochs=1, device="cpu")))
    assert isinstance(events[-1], Finished)
    assert abs(next(e.initial_loss for e in events if isinstance(e, Started)) - math.log(3)) < 0.3


def test_going_on_needs_no_file(folder: Path) -> None:
    torch.save(theirs().state_dict(), folder / "net.pth")
    how = config(pretrained="frozen", epochs=2)
    whole = list(train(ours(), photos(), how))
    first = [event for event in whole if isinstance(event, Snapshot)][1]
    again = train(
        ours(), photos(), how, start=StartPoint(1, first.weights, first.optimizer)
    )  # the file is there to check
    rest = [event for event in again if isinstance(event, StepDone)]
    assert [e.loss for e in rest] == [e.loss for e in whole if isinstance(e, StepDone) and e.epoch == 2]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that CNN_LAB_WEIGHTS_URL serves over HTTP."""
    root = tmp_path / "served"
    root.mkdir()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(root)))
    monkeypatch.setenv("CNN_LAB_WEIGHTS_URL", f"http://127.0.0.1:{httpd.server_port}/")
    Thread(target=httpd.serve_forever, daemon=True).start()
    yield root
    httpd.shutdown()
    httpd.server_close()


def test_weights_are_downloaded_once_and_checked(server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = server / "made.pth"
    torch.save(theirs().state_dict(), made)
    name = f"resnet18-{hashlib.sha256(made.read_bytes()).hexdigest()[:8]}.pth"
    made.rename(server / name)
    base = pretrained.published_url("ResNet-18").rsplit("/", 1)[0]
    # torchvision's own file cannot be had here, so this one takes its name, which holds the sum it is checked by.
    monkeypatch.setattr(pretrained, "published_url", lambda _: f"{base}/{name}")
    model = ours().build(seed=0)
    pretrained.apply_pretrained(model, ours(), config(weights=""))
    assert torch.equal(model[0].weight, theirs().conv1.weight)
    (server / name).unlink()
    again = ours().build(seed=1)
    pretrained.apply_pretrained(again, ours(), config(weights=""))  # from torch's cache
    assert torch.equal(again[0].weight, model[0].weight)


def test_a_download_with_another_sum_is_refused(server: Path, tmp_path: Path) -> None:
    file = pretrained.published_url("ResNet-18").rsplit("/", 1)[1]
    torch.save(theirs().state_dict(), server / file)
    with pytest.raises(ValueError, match="could not be downloaded"):
        pretrained.apply_pretrained(ours().build(seed=0), ours(), config(weights=""))
    assert not list((tmp_path / "torch").glob("**/*.pth"))


def test_without_internet_a_sentence_says_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"connect to the internet, or put the file resnet34-\w{8}\.pth"):
        pretrained.apply_pretrained(ours(name="ResNet-34").build(seed=0), ours(name="ResNet-34"), config(weights=""))


def test_torchvisions_own_address_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CNN_LAB_WEIGHTS_URL")
    assert pretrained.published_url("ResNet-18") == models.ResNet18_Weights.IMAGENET1K_V1.url
    assert pretrained.published_url("ResNet-34") == models.ResNet34_Weights.IMAGENET1K_V1.url
