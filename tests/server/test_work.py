"""Short answers are worked out at once, long ones in threads, and not too many."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from konomi.server.errors import BusyError
from konomi.server.settings import AT_ONCE_SECONDS, MAX_WAITING, WORK_THREADS
from konomi.server.work import Work


def ask(questions: Callable[[Work], Any]) -> Any:
    """What this coroutine function makes of a Work."""

    async def asked() -> Any:
        work = Work()
        try:
            return await questions(work)
        finally:
            work.close()

    return asyncio.run(asked())


def spin() -> str:
    """Take longer than is answered at once; the name of the thread."""
    stop = time.thread_time() + 2 * AT_ONCE_SECONDS
    while time.thread_time() < stop:
        pass
    return threading.current_thread().name


def where() -> str:
    return threading.current_thread().name


def test_a_short_question_is_answered_on_the_loop_once_its_kind_is_known() -> None:
    async def twice(work: Work) -> list[str]:
        return [await work.run(where, cost_class="short") for _ in range(2)]

    first, second = ask(twice)
    assert first.startswith("konomi")
    assert second == "MainThread"


def test_a_long_question_is_answered_in_a_thread_every_time() -> None:
    async def often(work: Work) -> list[str]:
        return [await work.run(spin, cost_class="long") for _ in range(3)]

    assert all(name.startswith("konomi") for name in ask(often))


def test_a_question_without_a_kind_is_answered_in_a_thread() -> None:
    async def often(work: Work) -> list[str]:
        return [await work.run(where) for _ in range(3)]

    assert all(name.startswith("konomi") for name in ask(often))


def test_long_questions_send_their_kind_back_to_the_threads_and_short_ones_bring_it_back() -> None:
    async def mixed(work: Work) -> list[str]:
        questions = [where, where, *[spin] * 12, *[where] * 20]
        return [await work.run(question, cost_class="some") for question in questions]

    answers = ask(mixed)
    assert answers[1] == "MainThread"
    assert answers[13].startswith("konomi")
    assert answers[-1] == "MainThread"


def test_one_long_question_alone_sends_nobody_to_the_threads() -> None:
    async def mixed(work: Work) -> list[str]:
        return [await work.run(question, cost_class="some") for question in (where, where, spin, where)]

    assert ask(mixed)[1:] == ["MainThread"] * 3


def test_a_short_question_does_not_wait_for_long_ones() -> None:
    async def beside(work: Work) -> bool:
        may_end = threading.Event()
        await work.run(where, cost_class="short")
        long = [asyncio.ensure_future(work.run(lambda: may_end.wait(30))) for _ in range(WORK_THREADS)]
        await asyncio.sleep(0)
        await work.run(where, cost_class="short")
        waits = not any(one.done() for one in long)
        may_end.set()
        await asyncio.gather(*long)
        return waits

    assert ask(beside)


def test_one_question_too_many_is_turned_away_and_those_before_are_answered() -> None:
    async def crowd(work: Work) -> list[Any]:
        may_end = threading.Event()
        crowded = [
            asyncio.ensure_future(work.run(lambda: may_end.wait(30))) for _ in range(MAX_WAITING + WORK_THREADS)
        ]
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="questions wait already"):
            await work.run(where)
        may_end.set()
        return list(await asyncio.gather(*crowded))

    assert ask(crowd) == [True] * (MAX_WAITING + WORK_THREADS)


def test_what_a_question_raises_is_raised_wherever_it_is_answered() -> None:
    async def twice(work: Work) -> None:
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await work.run(lambda: 1 / 0, cost_class="fails")

    ask(twice)
