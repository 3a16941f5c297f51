"""Answers of `similar` are kept within a budget of bytes."""

import pytest

from konomi.server import kept_answers
from konomi.server.kept_answers import KeptAnswers


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> KeptAnswers:
    """Room for 10 bytes."""
    monkeypatch.setattr(kept_answers, "MAX_KEPT_BYTES", 10)
    return KeptAnswers()


def question(name: str) -> tuple[str, bytes]:
    return f"/api/items/{name}/similar", b"k=1"


def test_the_least_recently_used_answers_are_dropped_first(kept: KeptAnswers) -> None:
    kept.keep(question("a"), b"aaaa")
    kept.keep(question("b"), b"bbbb")
    assert kept.get(question("a")) == b"aaaa"
    kept.keep(question("c"), b"cccc")
    assert [kept.get(question(name)) for name in "abc"] == [b"aaaa", None, b"cccc"]


def test_an_answer_that_is_kept_twice_counts_once(kept: KeptAnswers) -> None:
    for _ in range(5):
        kept.keep(question("a"), b"aaaa")
    kept.keep(question("b"), b"bbbbbb")
    assert [kept.get(question(name)) for name in "ab"] == [b"aaaa", b"bbbbbb"]


def test_an_answer_that_is_larger_than_the_budget_is_not_kept(kept: KeptAnswers) -> None:
    kept.keep(question("a"), b"a" * 11)
    assert kept.get(question("a")) is None
    kept.keep(question("b"), b"b" * 10)
    assert kept.get(question("b")) == b"b" * 10


def test_another_query_is_another_question(kept: KeptAnswers) -> None:
    kept.keep(("/api/items/a/similar", b"k=1"), b"one")
    assert kept.get(("/api/items/a/similar", b"k=2")) is None
