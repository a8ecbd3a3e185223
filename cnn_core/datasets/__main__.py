"""Download data sets beforehand, for a classroom: `python -m cnn_core.datasets fetch cifar10 mnist`."""

import argparse
import sys

from cnn_core.datasets import BUILT_IN, DESCRIPTIONS, DOWNLOADABLE, available_names, download_megabytes, load
from cnn_core.datasets.fetch import MIRROR_VARIABLE, fetch_dataset
from cnn_core.folders import dataset_folder
from cnn_core.words import format_megabytes


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0 on success, 1 when a data set could not be fetched, and 130 when interrupted."""
    parser = argparse.ArgumentParser(prog="python -m cnn_core.datasets", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="list the data sets, and which are on this computer")
    fetching = commands.add_parser(
        "fetch", help="download data sets", epilog=f"{MIRROR_VARIABLE} names a mirror to use."
    )
    fetching.add_argument("names", nargs="+", choices=DOWNLOADABLE, metavar="NAME", help=", ".join(DOWNLOADABLE))
    options = parser.parse_args(arguments)
    if options.command == "list":
        _list_datasets()
        return 0
    try:
        return max([_fetch_and_report(name) for name in options.names])
    except KeyboardInterrupt:
        print("\nStopped. What was downloaded is kept: the same command resumes there.", file=sys.stderr)
        return 130


def _list_datasets() -> None:
    here = available_names()
    for name in (*BUILT_IN, *DOWNLOADABLE):
        state = "built in" if name in BUILT_IN else "here" if name in here else f"{download_megabytes(name):.0f} MB"
        print(f"{name:15} {state:10} {DESCRIPTIONS[name]}")
    print(f"They are kept in {dataset_folder()}")


def _fetch_and_report(name: str) -> int:
    shown_percent = -1

    def show_progress(done: int, total: int) -> None:
        nonlocal shown_percent
        percent = 100 * done // max(total, 1)
        if percent != shown_percent and (sys.stdout.isatty() or percent % 10 == 0):
            shown_percent = percent
            start, end = ("\r", "") if sys.stdout.isatty() else ("", "\n")
            print(f"{start}{name}: {done / 1e6:.1f} of {format_megabytes(total, 1)}, {percent} %", end=end, flush=True)

    try:
        fetch_dataset(name, show_progress)
        data = load(name)
    except ValueError as problem:
        print(f"\n{problem}" if sys.stdout.isatty() and shown_percent >= 0 else problem, file=sys.stderr)
        return 1
    count = sum(len(part) for part in (data.train, data.val, data.test))
    line = f"{name}: ready, {count:,} images in {len(data.class_names)} classes"
    print(f"\r{line:60}" if sys.stdout.isatty() else line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
