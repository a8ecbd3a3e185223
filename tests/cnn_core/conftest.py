"""A PostgreSQL server of the tests' own, where its programs are installed."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Debian keeps the server's programs out of the path.
PLACES = [*map(Path, os.environ.get("PATH", "").split(os.pathsep)), *sorted(Path("/usr/lib/postgresql").glob("*/bin"))]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a fresh server that answers on a socket in a temporary folder; skips where there is none."""
    programs = next((place for place in PLACES if (place / "initdb").exists() and (place / "pg_ctl").exists()), None)
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    user: dict[str, str] = {}
    folder = Path(tempfile.mkdtemp(prefix="cnn-lab-pg-"))
    if os.geteuid() == 0:  # the server refuses to run as root
        user = {"user": "postgres"}
        try:
            shutil.chown(folder, "postgres")
        except LookupError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")

    def call(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(folder / "data"), *arguments]
        # To a file: the server inherits a pipe, and whoever reads it would wait for the server's end.
        with (folder / "log").open("ab") as log:
            subprocess.run(command, check=True, stdout=log, stderr=log, cwd=folder, **user)

    try:
        call("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        call("pg_ctl", "-w", "-o", f"-k {folder} -c listen_addresses= -c fsync=off", "start")
        try:
            yield f"postgresql+psycopg://postgres@/{{name}}?host={folder}"
        finally:
            call("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
