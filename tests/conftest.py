"""What all tests share: a data folder for each process, and the list of tests that needed a second try."""

import os
import tempfile

import pytest
from hypothesis import settings

# One for each process that pytest-xdist starts, and so for the server that its browser tests talk to: a run that one
# worker stores is met by no other.
os.environ["CNN_LAB_DATA"] = tempfile.mkdtemp(prefix="cnn-lab-test-")

# A busy machine is no fault of the code: no deadlines. `make test` draws the same examples every time, so that a change
# is judged by what it changes; `make test-all` draws new ones.
settings.register_profile("same examples", deadline=None, derandomize=True)
settings.register_profile("new examples", deadline=None)
settings.load_profile("new examples" if os.environ.get("CNN_LAB_NEW_EXAMPLES") else "same examples")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the tests that needed their second try, each with the line that failed first and how the second ended."""
    first_tries = terminalreporter.stats.get("rerun", [])
    if not first_tries:
        return
    failed = {report.nodeid for report in terminalreporter.stats.get("failed", [])}
    terminalreporter.section("needed a second try")
    for report in first_tries:
        outcome = "failed again" if report.nodeid in failed else "then passed"
        terminalreporter.line(f"{report.nodeid}: {outcome}; first: {failure_line(report)}")


def failure_line(report: pytest.TestReport) -> str:
    """Return where and why a try failed, on one line: "tests/browser/test_site.py:40 TimeoutError: …"."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is None:
        return str(report.longrepr).strip().splitlines()[-1][:200]
    message = crash.message.strip().splitlines()
    path = os.path.relpath(crash.path)
    return f"{path}:{crash.lineno} {message[0][:200] if message else ''}"
