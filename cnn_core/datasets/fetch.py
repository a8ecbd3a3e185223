"""Download a data set once: resume where a download broke off, check the file, and keep it in the data folder.

pooch, the library that scikit-image downloads with, checks files too but begins them again after a break, which costs
170 MB on a weak network; so this module is written with urllib alone.
"""

import errno
import gzip
import hashlib
import http.client
import os
import tarfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cnn_core.datasets.downloadable import (
    DATASET_SOURCES,
    SOURCES,
    Opener,
    download_megabytes,
    is_downloaded,
    prepare_source,
    torchvision_class,
)
from cnn_core.folders import dataset_folder

MIRROR_VARIABLE = "CNN_LAB_DATASETS_URL"
"""Environment variable with another address to download from, which holds SOURCE/FILE, as cifar10/cifar-10-python…"""
TIMEOUT_S = 20.0
"""Seconds without any data after which a connection counts as broken."""
MAX_TRIES = 4
"""Attempts for each file, each of which resumes the one before."""
PAUSE_S = 1.0
"""Seconds between attempts, so that a busy server can recover."""
CHUNK_BYTES = 1 << 18
"""Bytes between two reports of progress."""
Progress = Callable[[int, int], None]
"""Function that is called with the bytes downloaded so far and the bytes in all."""
_lock = threading.Lock()
_source_locks: dict[str, threading.Lock] = {}
"""One lock for each source, so that two visitors do not download it at once; `_lock` guards this dictionary."""


@dataclass(frozen=True)
class DownloadFile:
    """A file to download from any of `urls`: its name, MD5 and size in bytes."""

    urls: tuple[str, ...]
    name: str
    md5: str
    size: int


class _Response(Protocol):
    status: int
    headers: Any

    def read(self, amount: int) -> bytes: ...


def fetch_dataset(name: str, progress: Progress | None = None) -> None:
    """Download the data set `name` into the data folder unless it is there, so that `load(name)` finds it.

    After a break the next call resumes the download. `progress` is called with the bytes downloaded and the bytes in
    all; an exception that it raises ends the download.
    Raises ValueError with a sentence for an unknown name, no network, a full disk, or a wrong file.
    """
    if name not in DATASET_SOURCES:
        raise ValueError(f"Name is {name!r:.60}: it cannot be downloaded; choose one of {', '.join(DATASET_SOURCES)}.")
    source = DATASET_SOURCES[name][0]
    with _lock:
        busy = _source_locks.setdefault(source, threading.Lock())
    with busy, _explain_errors(name):
        if not is_downloaded(name):
            _fetch_source(source, progress or (lambda done, total: None))


def _fetch_source(source: str, progress: Progress) -> None:
    folder = dataset_folder() / "downloads" / source
    folder.mkdir(parents=True, exist_ok=True)
    files = list_downloads(source)
    total = sum(file.size for file in files)
    before = 0
    for file in files:
        start = before

        def report_done(done: int, start: int = start) -> None:  # bound now: `before` changes
            progress(start + done, total)

        _download_file(file, folder / file.name, report_done)
        before += file.size
    prepare_source(source, _make_opener(source, folder))
    for file in files:
        (folder / file.name).unlink()
    folder.rmdir()


def list_downloads(source: str) -> list[DownloadFile]:
    """Return the files of a source with torchvision's addresses and checksums, or with those of the mirror.

    Raises ValueError when the mirror is not a web address.
    """
    known = torchvision_class(source)
    if hasattr(known, "resources"):
        found = [([mirror + name for mirror in known.mirrors], name, md5) for name, md5 in known.resources]
    else:
        found = [([known.url], known.filename, known.tgz_md5)]
    mirror = os.environ.get(MIRROR_VARIABLE, "").rstrip("/")
    if mirror:
        found = [([f"{mirror}/{source}/{name}"], name, md5) for _, name, md5 in found]
    sizes = SOURCES[source].download_bytes
    files = [DownloadFile(tuple(urls), name, md5, size) for (urls, name, md5), size in zip(found, sizes, strict=True)]
    for url in (url for file in files for url in file.urls):
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{MIRROR_VARIABLE} is {mirror!r:.80}: it must begin with http:// or https://.")
    return files


def _download_file(file: DownloadFile, target: Path, report_done: Callable[[int], None]) -> None:
    """Download `file` to `target`, which exists only once it is complete and its checksum is right."""
    part = target.with_name(f"{target.name}.part")
    if target.exists():
        report_done(file.size)
        return
    for number in range(MAX_TRIES):
        begun = part.stat().st_size if part.exists() else 0
        try:
            _receive_bytes(file.urls[number % len(file.urls)], part, file.size, report_done)
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, urllib.error.HTTPError) and error.code == 416:
                part.unlink(missing_ok=True)  # the part is longer than the server's file: begin again
            hopeless = isinstance(error, urllib.error.HTTPError) and 400 <= error.code < 500 and len(file.urls) == 1
            if number + 1 == MAX_TRIES or hopeless or _is_disk_full(error):
                raise
            time.sleep(PAUSE_S)
            continue
        if _file_md5(part) == file.md5:
            os.replace(part, target)
            return
        part.unlink()
        if not begun:
            break  # a wrong file that came in one piece would be wrong again
    raise ValueError(
        f"{file.name} is not the file it should be (its checksum is wrong). It was deleted: try again, and if "
        "it happens again, the server or something between is at fault."
    )


def _receive_bytes(url: str, part: Path, size: int, report_done: Callable[[int], None]) -> None:
    """Append to `part` what is missing of `url`. Raises OSError when the connection ends before the file does."""
    done = part.stat().st_size if part.exists() else 0
    if done == size:
        return
    if done > size:
        done = 0
    headers = {"User-Agent": "CNN-Lab"} | ({"Range": f"bytes={done}-"} if done else {})
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_S) as answer:
        if not (done and answer.status == 206 and _resumes_at(answer, done)):
            done = 0  # the server cannot resume: begin again
        with part.open("r+b" if done else "wb") as out:
            out.seek(done)
            while chunk := answer.read(CHUNK_BYTES):
                done += len(chunk)
                if done > size:
                    break  # longer than the file should be: the checksum will be wrong
                out.write(chunk)
                report_done(done)
    if done < size:
        raise ConnectionError("the connection ended too early")


def _resumes_at(answer: _Response, done: int) -> bool:
    return str(answer.headers.get("Content-Range", "")).startswith(f"bytes {done}-")


def _file_md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _make_opener(source: str, folder: Path) -> Opener:
    """Return a function that reads the source's files inside the downloads; nothing is unpacked to disk."""
    if not source.startswith("cifar"):
        return lambda name: gzip.decompress((folder / f"{name}.gz").read_bytes())

    def open_member(name: str) -> bytes:
        archive = folder / torchvision_class(source).filename
        with tarfile.open(archive) as tar:
            member = tar.extractfile(f"{SOURCES[source].folder}/{name}")
            if member is None:
                raise ValueError(f"{archive.name} holds no file {name}.")
            return member.read()

    return open_member


def _is_disk_full(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def _explain_errors(name: str) -> Iterator[None]:
    """Turn the errors of a download into ValueErrors with a sentence."""
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        raise ValueError(
            f"The server refused to send {name} ({error.code} {error.reason}): try again later."
        ) from error
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        raise ValueError(
            f"{name} could not be downloaded: there is no connection to its server. "
            "What was downloaded is kept; try again when there is a network, and the download resumes."
        ) from error
    except OSError as error:
        if _is_disk_full(error):
            raise ValueError(
                f"The disk is full: {name} needs about {3 * download_megabytes(name):.0f} MB while it is prepared. "
                "Make room, and try again."
            ) from error
        raise ValueError(f"{name} could not be stored in {dataset_folder()}: {error.strerror}.") from error
    except (tarfile.TarError, EOFError, KeyError) as error:
        raise ValueError(f"What was downloaded for {name} cannot be unpacked: try again.") from error
