"""Answers kept as JSON for questions that are asked again."""

from collections import OrderedDict

from konomi.server.settings import MAX_KEPT_BYTES

Question = tuple[str, bytes]
"""The path and the query string of a request."""


class KeptAnswers:
    """At most MAX_KEPT_BYTES of answers; the least recently used ones are dropped first."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Question, bytes] = OrderedDict()
        self._n_bytes = 0

    def get(self, question: Question) -> bytes | None:
        """The answer, or None if it is not kept."""
        answer = self._answers.get(question)
        if answer is not None:
            self._answers.move_to_end(question)
        return answer

    def keep(self, question: Question, answer: bytes) -> None:
        """Keep an answer."""
        self._n_bytes += len(answer) - len(self._answers.pop(question, b""))
        self._answers[question] = answer
        while self._n_bytes > MAX_KEPT_BYTES:
            _, dropped = self._answers.popitem(last=False)
            self._n_bytes -= len(dropped)
