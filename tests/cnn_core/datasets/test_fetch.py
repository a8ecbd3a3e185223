"""Downloads against a real server on this computer: resumed, checked, and explained when they fail."""

import errno
import gzip
import hashlib
import io
import pickle
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from torchvision import datasets as theirs

from cnn_core.datasets import __main__, available_names, downloadable, fetch, load
from cnn_core.datasets.fetch import fetch_dataset as fetch_it
from pages.parts.data import background

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Server:
    """Files by path, how it misbehaves, and what it was asked: (path, Range or "")."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    break_after: list[int] = field(default_factory=list)  # for each answer in turn: bytes until it hangs up
    resumes: bool = True
    refuse: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)


def handler(state: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            state.asked.append((self.path, wanted))
            body = state.files.get(self.path)
            if state.refuse or body is None:
                self.send_error(state.refuse or 404)
                return
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and state.resumes else 0
            if start >= len(body) and start:
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            limit = state.break_after.pop(0) if state.break_after else len(body)
            self.wfile.write(body[start : start + limit])

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    state = Server()
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler(state))
    Thread(target=http.serve_forever, daemon=True).start()
    state.url = f"http://127.0.0.1:{http.server_port}"
    monkeypatch.setenv("CNN_LAB_DATASETS_URL", f"{state.url}/mirror/")
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(fetch, "PAUSE_S", 0.01)
    yield state
    http.shutdown()
    http.server_close()


def offer(server: Server, monkeypatch: pytest.MonkeyPatch, source: str, files: dict[str, bytes]) -> None:
    """Put `files` on the server; their checksums and sizes are taken for the right ones."""
    server.files = {f"/mirror/{source}/{name}": content for name, content in files.items()}
    known = getattr(theirs, downloadable.SOURCES[source].class_name)
    sums = [(name, hashlib.md5(content).hexdigest()) for name, content in files.items()]
    if hasattr(known, "resources"):
        monkeypatch.setattr(known, "resources", sums)
    else:
        monkeypatch.setattr(known, "tgz_md5", sums[0][1])
    sizes = tuple(map(len, files.values()))
    monkeypatch.setitem(downloadable.SOURCES, source, replace(downloadable.SOURCES[source], download_bytes=sizes))


def mnist_files() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    files = {}
    for part, count in (("train", 200), ("t10k", 50)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        images[:, 0, 0] = labels
        header = b"\0\0\x08\x03" + np.array(images.shape, ">u4").tobytes()
        files[f"{part}-images-idx3-ubyte.gz"] = gzip.compress(header + images.tobytes())
        header = b"\0\0\x08\x01" + np.array(labels.shape, ">u4").tobytes()
        files[f"{part}-labels-idx1-ubyte.gz"] = gzip.compress(header + labels.tobytes())
    return files


def cifar100_file() -> dict[str, bytes]:
    """An archive as CIFAR-100 comes, with 10 images of each of 100 classes to learn from."""
    labels = [number % 100 for number in range(1000)]
    pixels = np.zeros((1000, 3072), dtype=np.uint8)
    batch = {"data": pixels, "fine_labels": labels, "coarse_labels": [label // 5 for label in labels]}
    names = {"fine_label_names": [f"f{n}" for n in range(100)], "coarse_label_names": [f"c{n}" for n in range(20)]}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in (("train", batch), ("test", batch), ("meta", names)):
            data = pickle.dumps(content, protocol=2)
            info = tarfile.TarInfo(f"cifar-100-python/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return {"cifar-100-python.tar.gz": buffer.getvalue()}


def test_fetched_once_and_found_from_then_on(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = mnist_files()
    offer(server, monkeypatch, "mnist", files)
    assert "mnist" not in available_names()
    told: list[tuple[int, int]] = []
    fetch_it("mnist", lambda done, total: told.append((done, total)))
    assert "mnist" in available_names()
    total = sum(map(len, files.values()))
    assert told[-1] == (total, total)
    assert told == sorted(told)
    data = load("mnist")
    assert (len(data.train), len(data.val), len(data.test)) == (180, 20, 50)
    np.testing.assert_array_equal(data.test.images[:, 0, 0, 0], data.test.labels)
    asked = len(server.asked)
    fetch_it("mnist")
    assert len(server.asked) == asked == 4
    assert not list((tmp_path / "datasets" / "downloads").iterdir()), "what was downloaded is not kept twice"


def test_both_ways_to_label_cifar100_come_with_one_download(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(server, monkeypatch, "cifar100", cifar100_file())
    fetch_it("cifar100-20")
    assert {"cifar100", "cifar100-20"} <= set(available_names())
    assert (len(load("cifar100").class_names), len(load("cifar100-20").class_names)) == (100, 20)


def test_a_connection_that_breaks_is_resumed_where_it_broke(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    files = mnist_files()
    offer(server, monkeypatch, "mnist", files)
    server.break_after = [1000, 500]
    fetch_it("mnist")
    first = server.asked[0][0]
    assert [wanted for path, wanted in server.asked if path == first] == ["", "bytes=1000-", "bytes=1500-"]
    assert len(load("mnist").test) == 50


def test_a_server_that_cannot_resume_begins_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(server, monkeypatch, "mnist", mnist_files())
    server.break_after, server.resumes = [1000], False
    fetch_it("mnist")
    assert len(load("mnist").test) == 50


def test_stopped_and_resumed_by_the_next_call(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(server, monkeypatch, "mnist", mnist_files())
    monkeypatch.setattr(fetch, "CHUNK_BYTES", 512)

    def stop(done: int, total: int) -> None:
        if done > 3000:
            raise background.StoppedError

    with pytest.raises(background.StoppedError):
        fetch_it("mnist", stop)
    assert "mnist" not in available_names()
    fetch_it("mnist")
    assert server.asked[1][1].startswith("bytes=3")
    assert "mnist" in available_names()


def test_rubbish_left_from_before_is_found_out(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = mnist_files()
    offer(server, monkeypatch, "mnist", files)
    folder = tmp_path / "datasets" / "downloads" / "mnist"
    folder.mkdir(parents=True)
    for (name, content), left in zip(files.items(), (b"rubbish", content_of(files, 1) * 2, b"", b"x"), strict=True):
        (folder / f"{name}.part").write_bytes(left if left else content)
    fetch_it("mnist")
    assert len(load("mnist").test) == 50


def content_of(files: dict[str, bytes], number: int) -> bytes:
    return list(files.values())[number]


@pytest.mark.parametrize(
    "wrong",
    [lambda content: content[:-1] + b"?", lambda content: content + b"more", lambda content: b"?" * len(content)],
)
def test_a_wrong_file_is_refused_and_deleted(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wrong: Callable[[bytes], bytes]
) -> None:
    offer(server, monkeypatch, "mnist", mnist_files())
    server.files = {path: wrong(content) for path, content in server.files.items()}
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte.gz is not the file it should be .*checksum"):
        fetch_it("mnist")
    assert "mnist" not in available_names()
    assert not list((tmp_path / "datasets" / "downloads" / "mnist").iterdir())


def test_a_file_that_is_too_short_for_good_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(server, monkeypatch, "mnist", mnist_files())
    server.files = {path: content[:-5] for path, content in server.files.items()}
    with pytest.raises(ValueError, match="mnist"):
        fetch_it("mnist")


@pytest.mark.parametrize("code", [403, 404, 500])
def test_a_server_that_refuses_is_told_about(server: Server, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    offer(server, monkeypatch, "mnist", mnist_files())
    server.refuse = code
    with pytest.raises(ValueError, match=rf"The server refused to send mnist \({code} .*\): try again later"):
        fetch_it("mnist")
    assert len(server.asked) == (fetch.MAX_TRIES if code == 500 else 1)


def test_no_network_gets_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path))
    monkeypatch.setenv("CNN_LAB_DATASETS_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(fetch, "PAUSE_S", 0.01)
    with pytest.raises(ValueError, match="cifar10 could not be downloaded: there is no connection to its server"):
        fetch_it("cifar10")


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "The disk is full: mnist needs"), (errno.EROFS, "mnist could")]
)
def test_a_disk_that_takes_nothing_gets_a_sentence(
    server: Server, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    offer(server, monkeypatch, "mnist", mnist_files())

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, "the disk says no")

    monkeypatch.setattr("cnn_core.datasets.prepared.np.save", refuse)
    with pytest.raises(ValueError, match=words):
        fetch_it("mnist")


@pytest.mark.parametrize("url", ["file:///etc", "ftp://127.0.0.1", "somewhere"])
def test_mirrors_are_web_addresses(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("CNN_LAB_DATASETS_URL", url)
    with pytest.raises(ValueError, match="it must begin with http"):
        fetch_it("mnist")


@pytest.mark.parametrize("name", ["digits", "own-x", "", "imagenet"])
def test_only_what_can_be_downloaded_is(name: str) -> None:
    with pytest.raises(ValueError, match="it cannot be downloaded; choose one of mnist"):
        fetch_it(name)


def test_sizes_and_addresses_are_torchvisions() -> None:
    for source, known in downloadable.SOURCES.items():
        files = fetch.list_downloads(source)
        assert len(files) == len(known.download_bytes)
        assert all(len(file.md5) == 32 and file.urls[0].endswith(file.name) for file in files)


def test_two_downloads_of_one_source_are_one(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(server, monkeypatch, "mnist", mnist_files())
    threads = [Thread(target=fetch_it, args=("mnist",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.asked) == 4
    assert "mnist" in available_names()


def test_the_command_fetches_lists_and_says_what_failed(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    offer(server, monkeypatch, "mnist", mnist_files())
    assert __main__.main(["fetch", "mnist"]) == 0
    assert "mnist: ready, 250 images in 10 classes" in capsys.readouterr().out
    assert __main__.main(["list"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert " here " in lines["mnist"]
    assert "171 MB" in lines["cifar10"].replace("170 MB", "171 MB")
    assert "built in" in lines["digits"]
    assert __main__.main(["fetch", "mnist", "cifar10"]) == 1
    caught = capsys.readouterr()
    assert "mnist: ready" in caught.out
    assert "The server refused to send cifar10 (404 Not Found)" in caught.err


def test_an_interrupted_command_says_that_it_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(__main__, "fetch_dataset", interrupted)
    assert __main__.main(["fetch", "mnist"]) == 130
    assert "resumes there" in capsys.readouterr().err


def test_the_command_as_it_is_typed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cnn_core.datasets", "fetch", "imagenet"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "invalid choice: 'imagenet'" in done.stderr
