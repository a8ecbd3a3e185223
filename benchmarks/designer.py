"""How long the designer takes on the server: `python -m benchmarks.designer` prints one table, in milliseconds.

table    examining a network and making everything the page draws of it, from its JSON, without building a module
summary  the library's own table of the same network
build    what a tool that asks torch has to do first: make the module and run one image through it
"""

import statistics
import time
from collections.abc import Callable

from cnn_core.networks import NetworkSpec, preset
from cnn_core.networks.draft import examine_draft, read_draft
from pages.parts.designer.table import table_data

NETWORKS = ("B-base", "VGG-16", "ResNet-18", "ResNet-34", "MobileNet-V2")
ROUNDS = 9


def median_milliseconds(work: Callable[[], object]) -> float:
    """Milliseconds of `work`, the median of ROUNDS."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times)


def build_table(text: str) -> object:
    """The page's work."""
    draft = read_draft(text)
    return table_data(draft, examine_draft(draft), (0,), "Parameters")


def build_and_run(spec: NetworkSpec) -> None:
    """Make the module and run one image."""
    import torch

    with torch.no_grad():
        spec.build(seed=0).eval()(torch.zeros(1, *spec.input_shape))


def main() -> None:
    """Measure and print."""
    print(f"{'':16}{'layers':>8}{'table':>10}{'summary':>10}{'build':>10}   milliseconds, medians of {ROUNDS}")
    for name in NETWORKS:
        spec = preset(name)
        text = spec.to_json()
        page = median_milliseconds(lambda text=text: build_table(text))  # type: ignore[misc]
        summary = median_milliseconds(lambda text=text: NetworkSpec.from_json(text).summary())  # type: ignore[misc]
        build = median_milliseconds(lambda spec=spec: build_and_run(spec))  # type: ignore[misc]
        print(f"{name:16}{len(spec.summary()):8}{page:10.1f}{summary:10.1f}{build:10.1f}")


if __name__ == "__main__":
    main()
