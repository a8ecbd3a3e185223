"""How fast and how well networks train: `python -m benchmarks.training --data FOLDER [--part …]`, one table a part.

speed     a step of training beside the loop of PyTorch's own tutorial (PIL images, ToTensor and Normalize, DataLoader
          without workers, one loss.item() a step): same network, batch and number of steps, in turn in this process;
          and the same with validation after every epoch
watching  a run written to a store, from which another process reads twice a second as the page does, beside the same
          run with its events thrown away; and the wait from Start until a warm worker's first figure can be read
accuracy  what recipes reach on the test sets, and how long they take

FOLDER holds MNIST and CIFAR-10 as torchvision lays them out. Ratios are medians over rounds in which both sides take
turns, so that a machine whose speed drifts does not favour one of them.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, Subset

from cnn_core.datasets import Dataset, Split, channel_statistics, load
from cnn_core.networks import Conv2d, Flatten, Linear, MaxPool2d, NetworkSpec, ReLU, preset
from cnn_core.training import TrainConfig, train
from cnn_core.training.device import pick_device
from cnn_core.training.events import Failed, Finished, Snapshot, StepDone

THREADS = 2
ROUNDS = {"cpu": 25, "cuda": 7}  # many and short where other work may come between
WATCHED_ROUNDS = 11
POLL_SECONDS = 0.5
WORKSPACE = "benchmark"
SMALL = NetworkSpec(
    "small",
    (1, 28, 28),
    (
        *(Conv2d(16, 3, padding=1), ReLU(), MaxPool2d(2)),
        *(Conv2d(32, 3, padding=1), ReLU(), MaxPool2d(2)),
        *(Flatten(), Linear(10)),
    ),
)


@dataclass(frozen=True)
class SpeedCase:
    """What is timed: `steps` an epoch and the ratio `target_accuracy`, each on a "cpu" and on "cuda"."""

    name: str
    spec: NetworkSpec
    config: TrainConfig
    steps: dict[str, int]
    target_ratio: dict[str, float]


CASES = (
    SpeedCase(
        "MNIST, small network",
        SMALL,
        TrainConfig("mnist", "adam", 1e-3, batch_size=64),
        {"cpu": 50, "cuda": 800},
        {"cpu": 2.5, "cuda": 25},
    ),
    SpeedCase(
        "CIFAR-10, network E",
        preset("E"),
        TrainConfig("cifar10", "adam", 1e-3, batch_size=32),
        {"cpu": 20, "cuda": 1000},
        {"cpu": 1.5, "cuda": 30},
    ),
)


@dataclass(frozen=True)
class Recipe:
    """A run that reaches `target_accuracy` of the test set, in less than `time_call` where that is promised."""

    name: str
    spec: NetworkSpec
    config: TrainConfig
    target_accuracy: float
    max_seconds: float | None = None


RECIPES = (
    Recipe(
        "MNIST, small network",
        SMALL,
        TrainConfig("mnist", "adam", 5e-3, schedule="one-cycle", batch_size=128, epochs=8),
        0.99,
        60.0,
    ),
    Recipe(
        "E",
        preset("E"),
        TrainConfig("cifar10", "adam", 1e-3, schedule="one-cycle", batch_size=32, epochs=8),
        0.766,
    ),
    Recipe(
        "B-net2",
        preset("B-net2"),
        TrainConfig(
            "cifar10",
            "sgd",
            5e-2,
            momentum=0.5,
            schedule="one-cycle",
            augmentation=("flip",),
            patience=4,
            batch_size=64,
            epochs=12,
        ),
        0.761,
    ),
)


@dataclass(frozen=True)
class EpochTimes:
    """Seconds of one epoch's steps, and of the whole epoch with its validation."""

    steps: float
    epoch: float


def tutorial_epochs(
    images: torch.utils.data.Dataset[Any],
    held_out: torch.utils.data.Dataset[Any],
    spec: NetworkSpec,
    config: TrainConfig,
) -> Iterator[EpochTimes]:
    """Epochs of the loop in https://docs.pytorch.org/tutorials/beginner/blitz/cifar10_tutorial.html, with Adam."""
    device = pick_device(config.device)
    net = spec.build(seed=config.seed).to(device)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(net.parameters(), lr=config.learning_rate)
    trainloader = DataLoader(images, batch_size=config.batch_size, shuffle=True, num_workers=0)
    testloader = DataLoader(held_out, batch_size=config.batch_size, shuffle=False, num_workers=0)
    while True:
        started, running_loss, correct = time.perf_counter(), 0.0, 0
        net.train()
        for data in trainloader:
            inputs, labels = data[0].to(device), data[1].to(device)
            optimizer.zero_grad()
            loss = criterion(net(inputs), labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
        steps = time.perf_counter() - started
        net.eval()
        with torch.no_grad():
            for data in testloader:
                inputs, labels = data[0].to(device), data[1].to(device)
                _, predicted = torch.max(net(inputs), 1)
                correct += (predicted == labels).sum().item()
        yield EpochTimes(steps, time.perf_counter() - started)


def our_epochs(spec: NetworkSpec, data: Dataset, config: TrainConfig) -> Iterator[EpochTimes]:
    """Epochs of `train`, its events read as they come; the whole epoch includes the weights it hands over."""
    started, steps = 0.0, 0.0
    for event in train(spec, data, config):
        if isinstance(event, StepDone):
            steps = time.perf_counter()
        elif isinstance(event, Snapshot):
            if event.epoch:
                yield EpochTimes(steps - started, time.perf_counter() - started)
            started = time.perf_counter()


def alternate_epochs(
    first: Iterator[EpochTimes], second: Iterator[EpochTimes], rounds: int
) -> list[tuple[EpochTimes, EpochTimes]]:
    """One of each side a round, after a first that does not count; who begins changes with every round."""
    next(first), next(second)
    pairs = []
    for number in range(rounds):
        if number % 2:
            later = next(second)
            pairs.append((next(first), later))
        else:
            pairs.append((next(first), next(second)))
    return pairs


def shorten_dataset(data: Dataset, images: int, held_out: int) -> Dataset:
    """The data set with so many images to learn from, and so many to validate with and to test with."""
    splits = ((data.train, images), (data.val, held_out), (data.test, held_out))
    learn, val, test = (Split(split.images[:count], split.labels[:count]) for split, count in splits)
    return replace(data, train=learn, val=val, test=test)


def tutorial_images(data: Dataset, root: str) -> torch.utils.data.Dataset[Any]:
    """The training images as the tutorial reads them: one by one, as PIL pictures, normalised by our statistics."""
    from torchvision import datasets, transforms

    mean, deviation = ((stat / 255).tolist() for stat in channel_statistics(data))
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(mean, deviation)])
    source = datasets.MNIST if data.name == "mnist" else datasets.CIFAR10
    return source(root, train=True, transform=transform)


def print_speed(root: str) -> None:
    """Print the table of the tutorial's loop and ours."""
    device = pick_device("auto").type
    rounds = ROUNDS[device]
    print(f"\nspeed: on {device}, {THREADS} threads, medians of {rounds} rounds; milliseconds a step")
    print(
        f"{'':24}{'tutorial':>10}{'CNN Lab':>10}{'ratio':>9}{'from … to':>16}{'wanted':>9}{'with val.':>11}{'load':>7}"
    )
    for case in CASES:
        count = case.steps[device]
        size = count * case.config.batch_size
        data = load(case.config.dataset, root=root)
        source = tutorial_images(data, root)
        held_out = size // 9  # as many as a data set's own split has
        theirs = tutorial_epochs(
            Subset(source, range(size)), Subset(source, range(size, size + held_out)), case.spec, case.config
        )
        ours = our_epochs(case.spec, shorten_dataset(data, size, held_out), replace(case.config, epochs=rounds + 2))
        pairs = alternate_epochs(theirs, ours, rounds)
        ratios = sorted(plain.steps / fast.steps for plain, fast in pairs)
        whole = statistics.median(plain.epoch / fast.epoch for plain, fast in pairs)
        plain, fast = (statistics.median(pair[side].steps for pair in pairs) / count * 1e3 for side in (0, 1))
        span = f"{ratios[0]:.2f} … {ratios[-1]:.2f}"
        print(
            f"{case.name:24}{plain:10.2f}{fast:10.2f}{statistics.median(ratios):8.2f}×{span:>16}"
            f"{case.target_ratio[device]:8.1f}×{whole:10.2f}×{os.getloadavg()[0]:7.1f}"
        )


def read_like_page(url: str, folder: Path, ready: Any, done: Any) -> None:
    """In a process of its own: what the page asks the store for, while the newest run goes on."""
    from cnn_core.runs import RunStore

    store = RunStore(url, folder)
    ready.set()
    while not done.wait(POLL_SECONDS):
        runs = store.list_runs(WORKSPACE)
        if runs and runs[0].is_active:
            store.get_run(runs[0].id), store.load_steps(runs[0].id), store.load_epochs(runs[0].id)


def time_both_runs(
    store: Any, spec: NetworkSpec, data: Dataset, config: TrainConfig, order: tuple[int, int] = (0, 1)
) -> tuple[float, float]:
    """Seconds of the run whose events are thrown away (0), and of the run that is written down (1), in this order."""
    from cnn_core.runs import worker

    def run_alone() -> None:
        for _ in train(spec, data, config):
            pass

    def run_watched() -> None:
        run_id = store.create_run(WORKSPACE, spec, config)
        worker.record_events(store, run_id, train(spec, data, config, orders=worker.make_orders_source(store, run_id)))

    works = (run_alone, run_watched)
    taken = [0.0, 0.0]
    for which in order:
        taken[which] = time_call(works[which])
    return taken[0], taken[1]


def time_call(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def print_watching_cost(root: str) -> None:
    """Print what writing and reading a run costs, and how long its first figure takes."""
    if missing := [name for name in ("sqlalchemy", "distributed") if find_spec(name) is None]:
        print(f"\nwatching: not measured here, where {' and '.join(missing)} cannot be imported")
        return
    from cnn_core.runs import RunStore

    case = CASES[0]  # many short steps: the most to write down
    data = shorten_dataset(load(case.config.dataset, root=root), 400 * case.config.batch_size, 2000)
    config = replace(case.config, epochs=3)
    with tempfile.TemporaryDirectory(prefix="cnn-lab-bench-") as name:
        folder = Path(name)
        store = RunStore(f"sqlite:///{folder / 'runs.sqlite'}", folder)
        context = get_context("spawn")
        ready, done = context.Event(), context.Event()
        reader = context.Process(target=read_like_page, args=(store.url, folder, ready, done))
        reader.start()
        ready.wait()
        time_both_runs(store, case.spec, data, replace(config, epochs=1))
        orders = [(0, 1), (1, 0)] * WATCHED_ROUNDS
        pairs = [time_both_runs(store, case.spec, data, config, order) for order in orders[:WATCHED_ROUNDS]]
        done.set()
        reader.join()
        first = first_figure_waits(store)
    costs = sorted(written / alone - 1 for alone, written in pairs)
    alone, written = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"\nwatching: {case.name}, 1,200 steps; medians of {WATCHED_ROUNDS} rounds; load {os.getloadavg()[0]:.1f}")
    print(f"{'alone':>10}{'watched':>10}{'cost':>9}{'from … to':>20}{'wanted':>12}")
    span = f"{costs[0]:+.1%} … {costs[-1]:+.1%}"
    print(f"{alone:8.2f} s{written:8.2f} s{statistics.median(costs):+9.1%}{span:>20}{'≤ 3 %':>12}")
    span = f"({min(first):.2f} … {max(first):.2f})"
    print(f"first figure after Start on a warm worker: {statistics.median(first):.2f} s {span}, wanted ≤ 1 s")


def first_figure_waits(store: Any, times: int = 5) -> list[float]:
    """Seconds from handing a run to a worker that has trained before until its first step can be read."""
    from cnn_core.runs import JobQueue

    waits, queue = [], JobQueue(store)
    config = TrainConfig(epochs=2, device="cpu")
    for _ in range(times + 4):  # the first ones warm every worker up
        run_id = store.create_run(WORKSPACE, preset("Tiny CNN"), config)
        started = time.perf_counter()
        queue.submit_run(run_id)
        while not store.load_steps(run_id, at_most=1):
            time.sleep(0.01)
        waits.append(time.perf_counter() - started)
        while store.get_run(run_id).is_active:
            time.sleep(0.01)
    queue.close()
    return waits[4:]


def changed_settings(config: TrainConfig) -> str:
    """What differs from the settings a run has by itself."""
    usual = asdict(TrainConfig())
    return ", ".join(f"{name} {value}" for name, value in asdict(config).items() if value != usual[name])


def print_accuracy(root: str) -> None:
    """Print what the recipes reach."""
    device = pick_device("auto").type
    print(f"\naccuracy: on {device}, {THREADS} threads; all training images but a tenth, the whole test set")
    print(f"{'':24}{'reached':>9}{'wanted':>9}{'seconds':>9}{'wanted':>9}{'epochs':>8}{'load':>6}   settings")
    for recipe in RECIPES:
        data = load(recipe.config.dataset, root=root)
        started = time.perf_counter()
        last = run_to_end(recipe.spec, data, recipe.config)
        taken = time.perf_counter() - started
        limit = f"< {recipe.max_seconds:.0f}" if recipe.max_seconds else ""
        print(
            f"{recipe.name:24}{last.test_accuracy:9.2%}{recipe.target_accuracy:9.1%}{taken:9.0f}{limit:>9}{last.epochs:8}"
            f"{os.getloadavg()[0]:6.1f}   {changed_settings(recipe.config)}"
        )


def run_to_end(spec: NetworkSpec, data: Dataset, config: TrainConfig) -> Finished:
    """The last event of a run. Raises RuntimeError when the run failed."""
    for event in train(spec, data, config):
        if isinstance(event, Finished):
            return event
        if isinstance(event, Failed):
            raise RuntimeError(event.message)
    raise RuntimeError("the run had no end")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training")
    parts = {"speed": print_speed, "watching": print_watching_cost, "accuracy": print_accuracy}
    parser.add_argument("--data", help="the folder that holds MNIST and CIFAR-10")
    parser.add_argument("--part", choices=list(parts), help="one table; all without it")
    arguments = parser.parse_args()
    if arguments.data is None:
        print("benchmarks.training measures on MNIST and CIFAR-10: give the folder that holds them with --data FOLDER.")
        return
    torch.set_num_threads(THREADS)
    for name, part in parts.items():
        if arguments.part in (None, name):
            part(arguments.data)


if __name__ == "__main__":
    main()
