"""Orders to a run under way: pause, single steps, another learning rate, more or fewer epochs."""

from dataclasses import replace

import pytest

from cnn_core.training import train
from cnn_core.training.events import EpochDone, Finished, Paused, StepDone
from cnn_core.training.orders import Orders
from tests.cnn_core.training.small_run import CONFIG, DATA, SPEC, of, run, told


def test_a_paused_run_waits_takes_single_steps_and_goes_on_as_if_nothing_had_been() -> None:
    orders, events, since = [Orders()], [], []
    for event in train(SPEC, DATA, CONFIG, orders=lambda: orders[-1]):
        events.append(event)
        match event:
            case StepDone(step=3):
                orders.append(Orders(paused=True))
            case Paused(step=step) if step < 5:
                orders.append(Orders(paused=True, step_until=step + 1))
                since.append(step)
            case Paused():
                orders.append(Orders())
    assert since == [3, 4]
    assert [pause.step for pause in of(Paused, events)] == [3, 4, 5]
    assert told([event for event in events if not isinstance(event, Paused)]) == told(run())


def test_a_paused_run_can_be_stopped() -> None:
    asked = iter([Orders()] * 4 + [Orders(paused=True)] * 3)
    events = run(orders=lambda: next(asked, Orders(paused=True, stop=True)))
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "stopped"


def test_the_learning_rate_changes_while_it_runs_and_the_schedule_goes_on_from_it() -> None:
    config = replace(CONFIG, schedule="cosine")
    steps = of(StepDone, run(config, orders=lambda: Orders(learning_rate=0.5)))
    usual = of(StepDone, run(config))
    assert [step.learning_rate for step in steps] == pytest.approx([s.learning_rate / 0.002 * 0.5 for s in usual])


def test_a_run_is_extended_and_shortened() -> None:
    assert len(of(EpochDone, run(orders=lambda: Orders(epochs=7)))) == 7
    assert len(of(EpochDone, run(orders=lambda: Orders(epochs=2)))) == 2
    assert told(run(orders=lambda: Orders(epochs=7)))[1 : len(told(run())) - 1] == told(run())[1:-1]
