"""The person that a question is about: a user of the model, or a new person with a history."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from konomi.answers.questions import note_if_few_ratings
from konomi.artifact import Artifact
from konomi.data.history import Rated, history_of
from konomi.data.ids import Id
from konomi.data.ratings import Histories
from konomi.errors import ConfigError


@dataclass(frozen=True, eq=False)
class Person:
    """One person's list.

    rows  : the rows of the list, planned ones included.
    user  : the person's index among the users of the model; None for a new person.
    query : the part of an answer's `query` that names the person.
    notes : what was left out of the list.
    """

    rows: Histories
    user: int | None
    query: dict[str, Any]
    notes: tuple[str, ...] = ()

    def remarks(self, whose: str = "this history") -> tuple[str, ...]:
        """The notes, and one more if the list is short; `whose` is how that one names the list."""
        return (*self.notes, *note_if_few_ratings(whose, len(self.evidence.item_index)))

    @cached_property
    def evidence(self) -> Histories:
        """The rows that count as evidence of taste: all but the planned ones."""
        return self.rows.watched()


def person_of(artifact: Artifact, user_id: Id | None, history: Rated | Histories | None) -> Person:
    """The person of exactly one of: a user id, what `history_of` takes, or one person's Histories.

    The `query` of a user is the id, that of a history the number of its rows.
    Raises UnknownIdError; ConfigError if both or neither are given, or if the history does not fit.
    """
    if user_id is not None and history is None:
        ratings = artifact.dataset.ratings
        index = user_index(artifact, user_id)
        return Person(ratings.history(index), index, {"user_id": ratings.users.ids[index].item()})
    if user_id is not None or history is None:
        raise ConfigError("for whom? Give either user_id or history, and only one of them")
    catalog = artifact.dataset.catalog
    if isinstance(history, Histories):
        if len(history) != 1 or history.n_items != len(catalog):
            raise ConfigError(
                f"a history is one person's, over {len(catalog):,} items; "
                f"this one has {len(history)} people and {history.n_items:,} items"
            )
        return Person(history, None, {"history": len(history.item_index)})
    rows, notes = history_of(history, catalog.items, artifact.dataset.ratings.levels)
    return Person(rows, None, {"history": len(rows.item_index)}, notes)


def people_of(artifact: Artifact, people: Sequence[Id | Rated | Histories]) -> list[Person]:
    """The person of each user id, history or Histories. Raises as `person_of` does."""
    return [
        person_of(artifact, person, None)
        if isinstance(person, int | str | np.integer)
        else person_of(artifact, None, person)
        for person in people
    ]


def user_index(artifact: Artifact, user_id: Id) -> int:
    """The index of a user of the model.

    Raises UnknownIdError, which names the setting that leaves users out of the model, if it has one.
    """
    min_ratings = artifact.about.get("config", {}).get("min_ratings")
    hint = f"min_ratings={min_ratings} left out users with fewer ratings" if min_ratings else ""
    return artifact.dataset.ratings.users.index_of(user_id, hint=hint)
