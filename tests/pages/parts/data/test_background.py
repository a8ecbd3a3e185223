"""Tasks beside the page: they report, stop, and explain what failed."""

from pages.parts.data import background


def test_a_task_reports_stops_and_explains() -> None:
    task = background.start_task(lambda report: [report(number, 3) for number in range(4)] and "done")
    wait(task)
    assert (task.result, task.done, task.total, task.failure) == ("done", 3, 3, "")

    def endless(report: background.Report) -> None:
        while True:
            report(1, 2)

    task = background.start_task(endless)
    task.request_stop()
    wait(task)
    assert task.stopped

    def fail(report: background.Report) -> None:
        raise ValueError("A sentence.")

    task = background.start_task(fail)
    wait(task)
    assert task.failure == "A sentence."


def wait(task: background.Task) -> None:
    while not task.ended:
        task.stop_event.wait(0.001)
