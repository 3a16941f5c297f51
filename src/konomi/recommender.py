"""Recommender: questions in external ids and titles, answers likewise."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from konomi.artifact import Artifact
from konomi.catalog import Catalog
from konomi.errors import AmbiguousTitleError, ConfigError, UnknownIdError, UnsupportedError
from konomi.filters import Filters
from konomi.ids import Id
from konomi.models.model import Model
from konomi.ratings import Histories, Ratings, Status
from konomi.results import ItemColumns, Reason, Recommendations, SimilarItems, SimilarUsers
from konomi.similarity import k_best

By = Literal["model", "users", "items"]
Where = Filters | Mapping[str, Any] | None

# Fewer rows than this, and an answer comes with the remark that it rests on little.
LITTLE_TO_GO_ON = 5
# How many similar users `by="users"` asks; the notebook asked 10, which leaves most ranks tied.
N_SIMILAR_USERS = 50


@dataclass(frozen=True, eq=False)
class Recommender:
    """A model that answers in titles: similar items, similar users, recommendations and their reasons."""

    artifact: Artifact

    @property
    def model(self) -> Model:
        return self.artifact.model

    @property
    def ratings(self) -> Ratings:
        return self.artifact.dataset.ratings

    @property
    def catalog(self) -> Catalog:
        return self.artifact.dataset.catalog

    def similar_items(self, item: Id, *, k: int = 10, least: bool = False, where: Where = None) -> SimilarItems:
        """The k items most like this one (or, with `least`, least like it), best first; itself left out.

        item  : an item id, or a title (main, English or Japanese).
        where : Filters, or a mapping of their names.
        Raises UnknownIdError, UnknownTitleError, AmbiguousTitleError, ConfigError; UnsupportedError if the
        model has no similarity of items.
        """
        self._check_k(k, len(self.catalog), "items")
        item_index = self.item_index(item)
        allowed = Filters.of(where).allowed(self.catalog)
        allowed[item_index] = False
        similarity = self.model.item_similarities(item_index)
        best = k_best(-similarity if least else similarity, k, allowed)
        title = self.catalog.frame["title"][item_index]
        return SimilarItems(
            query={"item_id": self.catalog.items.ids[item_index].item(), "title": title, "k": k, "least": least},
            items=ItemColumns.of(self.catalog, best),
            similarity=similarity[best],
            notes=(
                *_few(f'"{title}"', int(self.artifact.item_counts[item_index])),
                *_fewer_than(k, len(best)),
            ),
        )

    def similar_users(self, user_id: Id, *, k: int = 10, least: bool = False) -> SimilarUsers:
        """The k users most like this one (or, with `least`, least like), best first; itself left out.

        Raises UnknownIdError, ConfigError; UnsupportedError if the model has no similarity of users.
        """
        self._check_k(k, self.ratings.n_users - 1, "other users")
        user = self._user_index(user_id)
        history = self.ratings.history(user)
        similarity = self.model.user_similarities(history, user)
        allowed = np.ones(self.ratings.n_users, dtype=np.bool_)
        allowed[user] = False
        best = k_best(-similarity if least else similarity, k, allowed)
        return SimilarUsers(
            query={"user_id": self.ratings.users.ids[user].item(), "k": k, "least": least},
            user_ids=self.ratings.users.ids[best],
            similarity=similarity[best],
            notes=_few(f"user {user_id}", len(history.watched().item_index)),
        )

    def recommend(
        self,
        user_id: Id | None = None,
        *,
        history: Mapping[Any, float | None] | Histories | None = None,
        k: int = 10,
        by: By = "model",
        where: Where = None,
        explain: bool = False,
    ) -> Recommendations:
        """The k items that somebody may like next, best first; nothing that is on their list.

        user_id : a user of the model, or else
        history : somebody new: item id -> rating (None = watched, not rated), or one person's Histories.
        by      : "model" asks the model's own prediction; "users" takes what the most similar users rated at
                  or above their own 75th percentile, ranked by the share of their similarity that stands
                  behind it; "items" adds up the similarities to what the person liked.
        explain : also give the titles of the history whose contributions sum to each score.
        Raises UnknownIdError, ConfigError; UnsupportedError if the model cannot answer in this way.
        """
        self._check_k(k, len(self.catalog), "items")
        notes: tuple[str, ...] = ()
        user: int | None = None
        if (user_id is None) == (history is None):
            raise ConfigError("recommend for whom? Give either user_id or history, and only one of them")
        if user_id is not None:
            user = self._user_index(user_id)
            rows = self.ratings.history(user)
        elif isinstance(history, Histories):
            rows = history
        else:
            assert history is not None
            rows, notes = self.history(history)
        evidence = rows.watched()
        allowed = Filters.of(where).allowed(self.catalog)
        allowed[rows.item_index] = False
        scores, parts = self._scores(by, evidence, user)
        allowed &= ~np.isnan(scores)
        best = k_best(scores, k, allowed)
        because = None
        if explain:
            because = self._because(by, evidence, best, parts)
        who = (
            {"user_id": self.ratings.users.ids[user].item()}
            if user is not None
            else {"history": len(rows.item_index)}
        )
        return Recommendations(
            query={**who, "k": k, "by": by},
            items=ItemColumns.of(self.catalog, best),
            scores=scores[best].astype(np.float32),
            because=because,
            notes=(
                *notes,
                *_few("this history", len(evidence.item_index)),
                *_fewer_than(k, len(best)),
            ),
        )

    def item_index(self, item: Id) -> int:
        """The row number of an item given by id or by title ("id:86" is always an id).

        Raises UnknownIdError, UnknownTitleError, AmbiguousTitleError.
        """
        items = self.catalog.items
        if not isinstance(item, str):
            return items.row_of(item, hint="`similar-items` also takes a title")
        if item.startswith("id:"):
            return items.row_of(item[3:])
        as_id = int(items.rows_of([item])[0]) if not items.are_integers or item.isdecimal() else -1
        if as_id < 0:
            if item.isdecimal() and not self.catalog.bearers(item):
                return items.row_of(item, hint="no title reads so either")
            return self.catalog.find(item)
        others = [row for row in self.catalog.bearers(item) if row != as_id]
        if others:
            named = ", ".join(
                f"id:{items.ids[row]} ({self.catalog.frame['title'][row]})" for row in [as_id, *others]
            )
            raise AmbiguousTitleError(
                f'"{item}" is the id of one item and the title of another; give one of: {named}'
            )
        return as_id

    def history(self, rated: Mapping[Any, float | None]) -> tuple[Histories, tuple[str, ...]]:
        """One new person's rows from item id -> rating (None = not rated), and what was left out.

        Raises UnknownIdError if no id is known, ConfigError if a rating is outside the data's scale.
        """
        if not rated:
            raise ConfigError("the history is empty: give at least one title that the person has seen")
        rows = self.catalog.items.rows_of(list(rated))
        unknown = [one for one, row in zip(rated, rows, strict=True) if row < 0]
        if len(unknown) == len(rated):
            raise UnknownIdError(
                f"none of the {len(rated)} ids of the history ({_some(unknown)}) is among the "
                f"{len(self.catalog):,} items"
            )
        low, high = self._scale()
        values = []
        for one, rating in rated.items():
            if rating is not None and not (isinstance(rating, int | float) and low <= rating <= high):
                raise ConfigError(
                    f"a rating of {rating} for {one} is outside the scale: give {low:g} ... {high:g} or None"
                )
            values.append(math.nan if rating is None else float(rating))
        known = rows >= 0
        history = one_person(rows[known], np.array(values)[known], n_items=len(self.catalog))
        note = (f"{len(unknown)} of {len(rated)} ids are unknown here and were left out: {_some(unknown)}",)
        return history, note if unknown else ()

    def _scores(
        self, by: By, evidence: Histories, user: int | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """float32 (n_items,), and for "items" also the parts (n_rows, n_items) that sum to it."""
        if by == "model":
            users = None if user is None else np.array([user])
            return self.model.scores(evidence, users)[0], None
        if by == "users":
            return self._scores_by_users(evidence, user), None
        if by == "items":
            liked = evidence.liked() | bool(np.isnan(evidence.rating).all())
            parts = np.zeros((len(evidence.item_index), len(self.catalog)), dtype=np.float32)
            for place in np.flatnonzero(liked):
                parts[place] = np.maximum(self.model.item_similarities(int(evidence.item_index[place])), 0)
            return parts.sum(axis=0), parts
        raise ConfigError(f'by="{by}" is not a way to recommend; give "model", "users" or "items"')

    def _scores_by_users(self, evidence: Histories, user: int | None) -> NDArray[np.float32]:
        similarity = self.model.user_similarities(evidence, user)
        allowed = similarity > 0
        if user is not None:
            allowed[user] = False
        people = k_best(similarity, N_SIMILAR_USERS, allowed)
        weight = similarity[people].astype(np.float64)
        theirs = self.ratings.histories(people).watched()
        liked = theirs.liked() if len(self.ratings.levels) > 1 else np.ones(len(theirs.item_index), dtype=np.bool_)
        person = np.repeat(np.arange(len(people)), np.diff(theirs.offsets))
        support = np.bincount(
            theirs.item_index[liked], weights=weight[person[liked]], minlength=len(self.catalog)
        ) / max(float(weight.sum()), 1e-12)
        return np.where(support > 0, support, np.nan).astype(np.float32)

    def _because(
        self, by: By, evidence: Histories, best: NDArray[np.int32], parts: NDArray[np.float32] | None
    ) -> list[tuple[Reason, ...]]:
        if parts is not None:
            shares = parts[:, best]
        elif by == "model" and hasattr(self.model, "contributions"):
            shares = self.model.contributions(evidence, best)
        else:
            whose = "similar users" if by == "users" else f"the {self.model.name} model"
            raise UnsupportedError(
                f'the score of {whose} is not a sum over titles, so it has no exact reasons; ask with by="items", '
                "or train the linear model"
            )
        ids, titles = self.catalog.items.ids, self.catalog.frame["title"]
        reasons = []
        for column in range(len(best)):
            order = np.argsort(-shares[:, column], kind="stable")
            rows = [(int(evidence.item_index[row]), float(shares[row, column])) for row in order]
            reasons.append(tuple(Reason(ids[i].item(), titles[i], share) for i, share in rows if share != 0))
        return reasons

    def _user_index(self, user_id: Id) -> int:
        left_out = self.artifact.about.get("config", {}).get("min_ratings")
        hint = f"min_ratings={left_out} left out users with fewer ratings" if left_out else ""
        return self.ratings.users.row_of(user_id, hint=hint)

    def _scale(self) -> tuple[float, float]:
        levels = self.ratings.levels
        return (float(levels[1]), float(levels[-1])) if len(levels) > 1 else (-math.inf, math.inf)

    def _check_k(self, k: int, most: int, what: str) -> None:
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= most:
            raise ConfigError(f"k={k} is out of range: there are {most:,} {what}, so ask for 1 ... {most}")


def one_person(
    item_index: NDArray[Any],
    rating: NDArray[Any],
    status: NDArray[Any] | None = None,
    *,
    n_items: int,
) -> Histories:
    """One person's rows as Histories."""
    return Histories(
        np.array([0, len(item_index)], dtype=np.int64),
        item_index.astype(np.int32),
        rating.astype(np.float32),
        np.full(len(item_index), Status.UNKNOWN, dtype=np.uint8) if status is None else status.astype(np.uint8),
        n_items,
    )


def _few(whose: str, n_rows: int) -> tuple[str, ...]:
    if n_rows >= LITTLE_TO_GO_ON:
        return ()
    return (f"there is little to go on: {whose} has {n_rows} rating{'' if n_rows == 1 else 's'}",)


def _fewer_than(k: int, found: int) -> tuple[str, ...]:
    return (f"only {found} of the {k} asked for fit",) if found < k else ()


def _some(ids: list[Any]) -> str:
    return ", ".join(map(str, ids[:5])) + (", ..." if len(ids) > 5 else "")
