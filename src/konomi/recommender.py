"""Recommender: questions in external ids and titles, answers likewise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from konomi.artifact import Artifact
from konomi.catalog import Catalog
from konomi.comparison import Comparison, compare
from konomi.errors import ConfigError, UnsupportedError
from konomi.filters import Filters, Where
from konomi.franchises import Franchises
from konomi.history import Entry, Rated, history_of, one_person
from konomi.ids import Id
from konomi.models.model import Model
from konomi.ratings import Histories, Ratings, Status
from konomi.reasons import joint_contributions, reasons
from konomi.rerank import best_of_each, follows_what_was_seen, lean, of_new_franchises, pool_size, varied
from konomi.results import ItemColumns, Reason, Recommendations, SimilarItems, SimilarUsers
from konomi.scoring import By, score_all, shares_of
from konomi.similarity import k_best

__all__ = ["Entry", "Recommender", "one_person"]

Franchise = Literal["all", "once", "next", "none"]
How = Literal["least", "average"]
PARTS_OF_A_LIST = ("seen", "planned", "dropped")

# Fewer rows than this, and an answer comes with the remark that it rests on little.
LITTLE_TO_GO_ON = 5


@dataclass(frozen=True, eq=False)
class _Person:
    """Whom an answer is for: the rows of the list, the row number among the users, words for the query, notes."""

    rows: Histories
    user: int | None
    who: dict[str, Any]
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Recommender:
    """A model that answers in titles: similar items, similar users, recommendations and their reasons."""

    artifact: Artifact
    _made: dict[str, Any] = field(init=False, repr=False, default_factory=dict)

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

    def similar_users(
        self,
        user_id: Id | None = None,
        *,
        history: Rated | Histories | None = None,
        k: int = 10,
        least: bool = False,
    ) -> SimilarUsers:
        """The k users of the model most like somebody (or, with `least`, least like), best first.

        user_id : a user of the model, who is never among them, or else
        history : somebody new: what `history` takes, or one person's Histories.
        Raises UnknownIdError, ConfigError; UnsupportedError if the model has no similarity of users.
        """
        person = self._person(user_id, history)
        allowed = np.ones(self.ratings.n_users, dtype=np.bool_)
        if person.user is not None:
            allowed[person.user] = False
        self._check_k(k, int(allowed.sum()), "users" if person.user is None else "other users")
        evidence = person.rows.watched()
        similarity = self.model.user_similarities(evidence, person.user)
        best = k_best(-similarity if least else similarity, k, allowed)
        whose = "this history" if person.user is None else f"user {user_id}"
        return SimilarUsers(
            query={**person.who, "k": k, "least": least},
            user_ids=self.ratings.users.ids[best],
            similarity=similarity[best],
            notes=(*person.notes, *_few(whose, len(evidence.item_index))),
        )

    def recommend(
        self,
        user_id: Id | None = None,
        *,
        history: Rated | Histories | None = None,
        k: int = 10,
        by: By = "model",
        where: Where = None,
        explain: bool | int = False,
        exclude: Iterable[str] = PARTS_OF_A_LIST,
        niche: float = 0.0,
        variety: float = 0.0,
        franchise: Franchise = "all",
    ) -> Recommendations:
        """The k items that somebody may like next, best first.

        user_id : a user of the model, or else
        history : somebody new: what `history` takes, or one person's Histories.
        by      : "model" asks the model's own prediction; "users" takes what the most similar users rated at
                  or above their own 75th percentile, ranked by the share of their similarity that stands
                  behind it; "items" adds up the similarities to what the person liked.
        explain : also give the titles of the history whose contributions sum to each score, the largest first;
                  a number gives only so many of them.
        exclude : the parts of the person's own list that never appear: "seen" (neither of the others), "planned",
                  "dropped".
        niche   : -1 ... 1; above 0 pulls towards titles that few have seen, below 0 towards popular ones.
        variety : 0 ... 1; the more of it, the less alike the titles of the answer.
        franchise : "all" shows every title; "once" the best one of each franchise; "next" first parts, and parts
                  whose predecessor was seen and not dropped; "none" only franchises of which nothing was seen,
                  each once.
        Filters, exclude and franchise act before the k best are chosen, so there are k while k exist.
        Raises UnknownIdError, ConfigError; UnsupportedError if the model cannot answer in this way.
        """
        self._check_k(k, len(self.catalog), "items")
        _check_choice("franchise", franchise, ("all", "once", "next", "none"))
        _check_knob("niche", niche, -1)
        _check_knob("variety", variety, 0)
        _check_explain(explain)
        person = self._person(user_id, history)
        evidence = person.rows.watched()
        allowed = Filters.of(where).allowed(self.catalog)
        allowed[_hidden(person.rows, exclude)] = False
        scores = self._scores(by, evidence, person)
        allowed &= np.isfinite(scores)
        ranking = lean(scores, niche, self.artifact.item_counts, allowed)
        if franchise in ("next", "none"):
            seen = evidence.item_index
            if franchise == "next":
                allowed &= follows_what_was_seen(self.franchises(), seen[evidence.status != Status.DROPPED])
            else:
                allowed &= of_new_franchises(self.franchises(), seen)
        once = franchise in ("once", "none")
        n_wanted = pool_size(k) if variety else k
        if once:
            best = best_of_each(ranking, self.franchises().number, n_wanted, allowed)
        else:
            best = k_best(ranking, n_wanted, allowed)
        if variety:
            best = varied(best, ranking, self._similarities_within(best), k=k, variety=variety)
        return Recommendations(
            query={
                **person.who,
                "k": k,
                "by": by,
                **({"niche": niche} if niche else {}),
                **({"variety": variety} if variety else {}),
                **({"franchise": franchise} if franchise != "all" else {}),
            },
            items=ItemColumns.of(self.catalog, best),
            scores=scores[best].astype(np.float32),
            because=self._because(by, evidence, best, explain) if explain else None,
            notes=(
                *person.notes,
                *_few("this history", len(evidence.item_index)),
                *_fewer_than(k, len(best)),
            ),
        )

    def rank(
        self,
        items: Sequence[Id],
        *,
        user_id: Id | None = None,
        history: Rated | Histories | None = None,
        explain: bool | int = False,
    ) -> Recommendations:
        """These items, each once, from best to worst for somebody: a list of what is planned, say.

        items : ids or titles.
        Raises UnknownIdError, UnknownTitleError, AmbiguousTitleError, ConfigError; UnsupportedError.
        """
        if isinstance(items, str) or len(items) == 0:
            raise ConfigError("there is nothing to rank: give a list of item ids or titles")
        _check_explain(explain)
        person = self._person(user_id, history)
        evidence = person.rows.watched()
        rows = self._rows_of(items)
        scores = self._scores("model", evidence, person)
        allowed = np.zeros(len(self.catalog), dtype=np.bool_)
        allowed[rows] = True
        best = k_best(scores, int(allowed.sum()), allowed)
        return Recommendations(
            query={**person.who, "n_items": len(items)},
            items=ItemColumns.of(self.catalog, best),
            scores=scores[best],
            because=self._because("model", evidence, best, explain) if explain else None,
            notes=(*person.notes, *_few("this history", len(evidence.item_index))),
        )

    def recommend_together(
        self,
        people: Sequence[Id | Rated | Histories],
        *,
        k: int = 10,
        how: How = "least",
        where: Where = None,
        exclude: Iterable[str] = PARTS_OF_A_LIST,
        explain: bool | int = False,
    ) -> Recommendations:
        """The k items that several people may like together, best first; nothing that one of them excludes.

        people : for each a user id, one person's Histories, or what `history` takes.
        how    : each person's scores are standardised over the items that may appear; "least" ranks by the lowest
                 of them (the least happy person decides), "average" by their mean.
        explain: the reasons of "average" are the means of everybody's, those of "least" the least happy person's.
        The answer's `shares` are each person's standardised scores.
        Raises UnknownIdError, ConfigError, UnsupportedError.
        """
        self._check_k(k, len(self.catalog), "items")
        _check_choice("how", how, ("least", "average"))
        _check_explain(explain)
        if isinstance(people, str) or len(people) == 0:
            raise ConfigError("recommend for whom? Give a list of user ids or histories")
        everybody = [
            self._person(one, None) if isinstance(one, int | str | np.integer) else self._person(None, one)
            for one in people
        ]
        exclude = tuple(exclude)
        allowed = Filters.of(where).allowed(self.catalog)
        raw = np.empty((len(everybody), len(self.catalog)), dtype=np.float32)
        evidence = [person.rows.watched() for person in everybody]
        for number, person in enumerate(everybody):
            allowed[_hidden(person.rows, exclude)] = False
            raw[number] = self._scores("model", evidence[number], person)
        allowed &= np.isfinite(raw).all(axis=0)
        spread = np.ones(len(raw), dtype=np.float32)
        if allowed.any():
            within = raw[:, allowed]
            spread = np.maximum(within.std(axis=1), np.float32(1e-12))
            raw -= within.mean(axis=1)[:, None]
        own = raw / spread[:, None]
        joint = own.min(axis=0) if how == "least" else own.mean(axis=0)
        best = k_best(joint, k, allowed)
        because = None
        if explain:
            weights = np.full((len(own), len(best)), 1 / len(own), dtype=np.float32)
            if how == "least":
                weights = (np.arange(len(own))[:, None] == own[:, best].argmin(axis=0)).astype(np.float32)
            items, terms = joint_contributions(self.model, evidence, weights / spread[:, None], best)
            because = reasons(self.catalog, items, terms, explain)
        return Recommendations(
            query={"people": [person.who for person in everybody], "k": k, "how": how},
            items=ItemColumns.of(self.catalog, best),
            scores=joint[best],
            because=because,
            notes=(
                *(f"person {n}: {note}" for n, one in enumerate(everybody, start=1) for note in one.notes),
                *(
                    note
                    for n, rows in enumerate(evidence, start=1)
                    for note in _few(f"the history of person {n}", len(rows.item_index))
                ),
                *_fewer_than(k, len(best)),
            ),
            shares=own[:, best],
        )

    def compare_users(
        self,
        person: Id | Rated | Histories,
        other_id: Id,
        *,
        k: int = 10,
        where: Where = None,
    ) -> Comparison:
        """What somebody and a user of the model share, where they differ, and what the other liked unseen by them.

        person : a user id, one person's Histories, or what `history` takes.
        k      : how long each of the three lists may be.
        where  : Filters for the titles that may be listed.
        Raises UnknownIdError, ConfigError.
        """
        self._check_k(k, len(self.catalog), "items")
        if isinstance(person, int | str | np.integer):
            one = self._person(person, None)
        else:
            one = self._person(None, person)
        other = self._user_index(other_id)
        evidence = one.rows.watched()
        try:
            similarity = float(self.model.user_similarities(evidence, one.user)[other])
        except UnsupportedError:
            similarity = None
        return compare(
            one.rows,
            self.ratings.history(other),
            catalog=self.catalog,
            item_counts=self.artifact.item_counts,
            n_users=self.ratings.n_users,
            allowed=Filters.of(where).allowed(self.catalog),
            k=k,
            query={**one.who, "other_id": self.ratings.users.ids[other].item(), "k": k},
            similarity=similarity,
            notes=(*one.notes, *_few("this history", len(evidence.item_index))),
        )

    def franchises(self) -> Franchises:
        """The catalogue's franchises, or those found in its titles if it names none; kept after the first call."""
        if "franchises" not in self._made:
            self._made["franchises"] = Franchises.of(self.catalog)
        found: Franchises = self._made["franchises"]
        return found

    def item_index(self, item: Id) -> int:
        """The row number of an item given by id or by title ("id:86" is always an id).

        Raises UnknownIdError, UnknownTitleError, AmbiguousTitleError.
        """
        return self.catalog.row_of(item)

    def history(self, rated: Rated) -> tuple[Histories, tuple[str, ...]]:
        """One new person's rows, and what was left out.

        rated : item id -> rating (None = not rated), item id -> (rating, status), or a list of Entry.
        Raises UnknownIdError if no id is known, ConfigError if a rating is outside the data's scale.
        """
        return history_of(rated, self.catalog.items, self.ratings.levels)

    def _person(self, user_id: Id | None, history: Rated | Histories | None) -> _Person:
        if (user_id is None) == (history is None):
            raise ConfigError("for whom? Give either user_id or history, and only one of them")
        if user_id is not None:
            user = self._user_index(user_id)
            return _Person(self.ratings.history(user), user, {"user_id": self.ratings.users.ids[user].item()}, ())
        if isinstance(history, Histories):
            if len(history) != 1 or history.n_items != len(self.catalog):
                raise ConfigError(
                    f"a history is one person's, over {len(self.catalog):,} items; "
                    f"this one has {len(history)} people and {history.n_items:,} items"
                )
            return _Person(history, None, {"history": len(history.item_index)}, ())
        assert history is not None
        rows, notes = self.history(history)
        return _Person(rows, None, {"history": len(rows.item_index)}, notes)

    def _rows_of(self, items: Sequence[Id]) -> NDArray[np.int32]:
        """The row number of each id or title."""
        rows = self.catalog.items.rows_of(items) if all(isinstance(one, int) for one in items) else None
        if rows is None or (rows < 0).any():
            rows = np.array([self.item_index(one) for one in items], dtype=np.int32)
        return rows

    def _similarities_within(self, pool: NDArray[np.int32]) -> Any:
        """A function: an item's similarity to each item of the pool."""
        vectors = getattr(self.model, "item_vectors", None)
        if vectors is None:
            return lambda item: self.model.item_similarities(item)[pool]
        near = np.asarray(vectors[pool], dtype=np.float32)
        return lambda item: near @ vectors[item]

    def _scores(self, by: By, evidence: Histories, person: _Person) -> NDArray[np.float32]:
        return score_all(by, self.model, self.ratings, evidence, person.user)

    def _because(
        self, by: By, evidence: Histories, best: NDArray[np.int32], explain: bool | int
    ) -> list[tuple[Reason, ...]]:
        return reasons(self.catalog, evidence.item_index, shares_of(by, self.model, evidence, best), explain)

    def _user_index(self, user_id: Id) -> int:
        left_out = self.artifact.about.get("config", {}).get("min_ratings")
        hint = f"min_ratings={left_out} left out users with fewer ratings" if left_out else ""
        return self.ratings.users.row_of(user_id, hint=hint)

    def _check_k(self, k: int, most: int, what: str) -> None:
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= most:
            raise ConfigError(f"k={k} is out of range: there are {most:,} {what}, so ask for 1 ... {most}")


def _hidden(rows: Histories, exclude: Iterable[str]) -> NDArray[np.int32]:
    """The items of these parts of a list."""
    parts = (exclude,) if isinstance(exclude, str) else tuple(exclude)
    for part in parts:
        _check_choice("exclude", part, PARTS_OF_A_LIST)
    planned, dropped = rows.status == Status.PLANNED, rows.status == Status.DROPPED
    which = {"planned": planned, "dropped": dropped, "seen": ~planned & ~dropped}
    hidden = np.zeros(len(rows.item_index), dtype=np.bool_)
    for part in parts:
        hidden |= which[part]
    return rows.item_index[hidden]


def _check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigError(f"{name}={value!r} is not among the choices: {', '.join(choices)}")


def _check_knob(name: str, value: Any, low: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float | np.floating) or not low <= value <= 1:
        raise ConfigError(f"{name}={value!r} is out of range: give a number from {low} to 1")


def _check_explain(explain: Any) -> None:
    if not isinstance(explain, bool | int) or explain < 0:
        raise ConfigError(f"explain={explain!r} does not fit: give true, false or how many reasons")


def _few(whose: str, n_rows: int) -> tuple[str, ...]:
    if n_rows >= LITTLE_TO_GO_ON:
        return ()
    return (f"there is little to go on: {whose} has {n_rows} rating{'' if n_rows == 1 else 's'}",)


def _fewer_than(k: int, found: int) -> tuple[str, ...]:
    return (f"only {found} of the {k} asked for fit",) if found < k else ()
