"""Recommender: questions in external ids and titles, answers likewise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from konomi.answers.comparison import Comparison, compare
from konomi.answers.item_map import ItemMap
from konomi.answers.questions import (
    PARTS_OF_A_LIST,
    Person,
    check_choice,
    check_explain,
    check_k,
    check_knob,
    hidden,
    note_if_few_ratings,
    note_if_fewer_than_k,
)
from konomi.answers.reasons import joint_contributions, reasons
from konomi.answers.rerank import (
    best_of_each,
    follows_what_was_seen,
    of_new_franchises,
    pool_size,
    shift_to_niche,
    varied,
)
from konomi.answers.results import ItemColumns, Reason, Recommendations, SimilarItems, SimilarUsers
from konomi.answers.scoring import By, score_all, shares_of, similarities_within, standardized
from konomi.artifact import Artifact
from konomi.data.catalog import Catalog
from konomi.data.filters import Filters, FiltersLike
from konomi.data.franchises import Franchises
from konomi.data.history import Entry, Rated, history_of, one_person
from konomi.data.ids import Id
from konomi.data.ratings import Histories, Ratings, Status
from konomi.errors import ConfigError, UnsupportedError
from konomi.models.map_layout import places_of
from konomi.models.model import Model
from konomi.models.nearest import k_best

__all__ = ["Entry", "Recommender", "one_person"]

Franchise = Literal["all", "once", "next", "none"]
How = Literal["least", "average"]


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

    def similar_items(
        self, item: Id, *, k: int = 10, least: bool = False, where: FiltersLike = None
    ) -> SimilarItems:
        """The k items most like this one (or, with `least`, least like it), best first; itself left out.

        item  : an item id, or a title (main, English or Japanese).
        where : Filters, or a mapping of their names.
        Raises UnknownIdError, UnknownTitleError, AmbiguousTitleError, ConfigError; UnsupportedError if the
        model has no similarity of items.
        """
        check_k(k, len(self.catalog), "items")
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
                *note_if_few_ratings(f'"{title}"', int(self.artifact.row_counts[item_index])),
                *note_if_fewer_than_k(k, len(best)),
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
        check_k(k, int(allowed.sum()), "users" if person.user is None else "other users")
        evidence = person.rows.watched()
        similarity = self.model.user_similarities(evidence, person.user)
        best = k_best(-similarity if least else similarity, k, allowed)
        whose = "this history" if person.user is None else f"user {user_id}"
        return SimilarUsers(
            query={**person.who, "k": k, "least": least},
            user_ids=self.ratings.users.ids[best],
            similarity=similarity[best],
            notes=(*person.notes, *note_if_few_ratings(whose, len(evidence.item_index))),
        )

    def recommend(
        self,
        user_id: Id | None = None,
        *,
        history: Rated | Histories | None = None,
        k: int = 10,
        by: By = "model",
        where: FiltersLike = None,
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
        check_k(k, len(self.catalog), "items")
        check_choice("franchise", franchise, ("all", "once", "next", "none"))
        check_knob("niche", niche, -1)
        check_knob("variety", variety, 0)
        check_explain(explain)
        person = self._person(user_id, history)
        evidence = person.rows.watched()
        allowed = Filters.of(where).allowed(self.catalog)
        allowed[hidden(person.rows, exclude)] = False
        scores = self._scores(by, evidence, person)
        allowed &= np.isfinite(scores)
        ranking = shift_to_niche(scores, niche, self.artifact.row_counts, allowed)
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
            best = varied(best, ranking, similarities_within(self.model, best), k=k, variety=variety)
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
                *note_if_few_ratings("this history", len(evidence.item_index)),
                *note_if_fewer_than_k(k, len(best)),
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
        check_explain(explain)
        person = self._person(user_id, history)
        evidence = person.rows.watched()
        rows = self.catalog.indices_of(items)
        scores = self._scores("model", evidence, person)
        allowed = np.zeros(len(self.catalog), dtype=np.bool_)
        allowed[rows] = True
        best = k_best(scores, int(allowed.sum()), allowed)
        return Recommendations(
            query={**person.who, "n_items": len(items)},
            items=ItemColumns.of(self.catalog, best),
            scores=scores[best],
            because=self._because("model", evidence, best, explain) if explain else None,
            notes=(*person.notes, *note_if_few_ratings("this history", len(evidence.item_index))),
        )

    def recommend_together(
        self,
        people: Sequence[Id | Rated | Histories],
        *,
        k: int = 10,
        how: How = "least",
        where: FiltersLike = None,
        exclude: Iterable[str] = PARTS_OF_A_LIST,
        explain: bool | int = False,
    ) -> Recommendations:
        """The k items that several people may like together, best first; nothing that one of them excludes.

        people : for each a user id, one person's Histories, or what `history` takes.
        how    : each person's scores are standardized over the items that may appear; "least" ranks by the lowest
                 of them (the least happy person decides), "average" by their mean.
        explain: the reasons of "average" are the means of everybody's, those of "least" the least happy person's.
        The answer's `shares` are each person's standardized scores.
        Raises UnknownIdError, ConfigError, UnsupportedError.
        """
        check_k(k, len(self.catalog), "items")
        check_choice("how", how, ("least", "average"))
        check_explain(explain)
        if isinstance(people, str) or len(people) == 0:
            raise ConfigError("recommend for whom? Give a list of user ids or histories")
        everybody = [self._anybody(one) for one in people]
        exclude = tuple(exclude)
        allowed = Filters.of(where).allowed(self.catalog)
        raw = np.empty((len(everybody), len(self.catalog)), dtype=np.float32)
        evidence = [person.rows.watched() for person in everybody]
        for number, person in enumerate(everybody):
            allowed[hidden(person.rows, exclude)] = False
            raw[number] = self._scores("model", evidence[number], person)
        allowed &= np.isfinite(raw).all(axis=0)
        own, spread = standardized(raw, allowed)
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
                    for note in note_if_few_ratings(f"the history of person {n}", len(rows.item_index))
                ),
                *note_if_fewer_than_k(k, len(best)),
            ),
            shares=own[:, best],
        )

    def compare_users(
        self,
        person: Id | Rated | Histories,
        other_id: Id,
        *,
        k: int = 10,
        where: FiltersLike = None,
    ) -> Comparison:
        """What somebody and a user of the model share, where they differ, and what the other liked unseen by them.

        person : a user id, one person's Histories, or what `history` takes.
        k      : how long each of the three lists may be.
        where  : Filters for the titles that may be listed.
        Raises UnknownIdError, ConfigError.
        """
        check_k(k, len(self.catalog), "items")
        one = self._anybody(person)
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
            row_counts=self.artifact.row_counts,
            n_users=self.ratings.n_users,
            allowed=Filters.of(where).allowed(self.catalog),
            k=k,
            query={**one.who, "other_id": self.ratings.users.ids[other].item(), "k": k},
            similarity=similarity,
            notes=(*one.notes, *note_if_few_ratings("this history", len(evidence.item_index))),
        )

    def item_map(
        self, user_id: Id | None = None, *, history: Rated | Histories | None = None, where: FiltersLike = None
    ) -> ItemMap:
        """Every item in two dimensions, alike ones near each other, with regions named by their genres.

        user_id, history : at most one of them, as in `recommend`: whose titles and whose place are marked.
        where            : Filters for the items on the map.
        Raises UnknownIdError; ConfigError, also if nothing is left; UnsupportedError if the model has no vectors of
        items.
        """
        person = None if user_id is None and history is None else self._person(user_id, history)
        places = self.places()
        on_map = Filters.of(where).allowed(self.catalog) & np.isfinite(places).all(axis=1)
        most_watched = np.argsort(-self.artifact.row_counts, kind="stable")
        shown = most_watched[on_map[most_watched]]
        found = ItemMap.of(places[shown], ItemColumns.of(self.catalog, shown))
        if len(found) == 0:
            raise ConfigError("no title with a place on the map passes these filters: loosen one of them")
        if person is None:
            return found
        found = replace(found, query=person.who, notes=person.notes)
        return found.marked(np.flatnonzero(np.isin(shown, person.rows.watched().item_index)))

    def places(self) -> NDArray[np.float32]:
        """float32 (n_items, 2): each item's place on the map, NaN for none; laid out if training did not.

        Raises UnsupportedError if the model has no vectors of items.
        """
        if self.artifact.item_map is not None:
            return self.artifact.item_map
        vectors = getattr(self.model, "item_vectors", None)
        if vectors is None:
            raise UnsupportedError(
                f"the {self.model.name} model has no item vectors to draw a map of: train linear or spectral"
            )
        if "places" not in self._made:
            self._made["places"] = places_of(vectors, self.artifact.row_counts)
        found: NDArray[np.float32] = self._made["places"]
        return found

    def franchises(self) -> Franchises:
        """The catalog's franchises, or those found in its titles if it names none; kept after the first call."""
        if "franchises" not in self._made:
            self._made["franchises"] = Franchises.of(self.catalog)
        found: Franchises = self._made["franchises"]
        return found

    def item_index(self, item: Id) -> int:
        """The row number of an item given by id or by title ("id:86" is always an id).

        Raises UnknownIdError, UnknownTitleError, AmbiguousTitleError.
        """
        return self.catalog.index_of(item)

    def history(self, rated: Rated) -> tuple[Histories, tuple[str, ...]]:
        """One new person's rows, and what was left out.

        rated : item id -> rating (None = not rated), item id -> (rating, status), or a list of Entry.
        Raises UnknownIdError if no id is known, ConfigError if a rating is outside the data's scale.
        """
        return history_of(rated, self.catalog.items, self.ratings.levels)

    def _person(self, user_id: Id | None, history: Rated | Histories | None) -> Person:
        if (user_id is None) == (history is None):
            raise ConfigError("for whom? Give either user_id or history, and only one of them")
        if user_id is not None:
            user = self._user_index(user_id)
            return Person(self.ratings.history(user), user, {"user_id": self.ratings.users.ids[user].item()}, ())
        if isinstance(history, Histories):
            if len(history) != 1 or history.n_items != len(self.catalog):
                raise ConfigError(
                    f"a history is one person's, over {len(self.catalog):,} items; "
                    f"this one has {len(history)} people and {history.n_items:,} items"
                )
            return Person(history, None, {"history": len(history.item_index)}, ())
        assert history is not None
        rows, notes = self.history(history)
        return Person(rows, None, {"history": len(rows.item_index)}, notes)

    def _anybody(self, person: Id | Rated | Histories) -> Person:
        if isinstance(person, int | str | np.integer):
            return self._person(person, None)
        return self._person(None, person)

    def _scores(self, by: By, evidence: Histories, person: Person) -> NDArray[np.float32]:
        return score_all(by, self.model, self.ratings, evidence, person.user)

    def _because(
        self, by: By, evidence: Histories, best: NDArray[np.int32], explain: bool | int
    ) -> list[tuple[Reason, ...]]:
        return reasons(self.catalog, evidence.item_index, shares_of(by, self.model, evidence, best), explain)

    def _user_index(self, user_id: Id) -> int:
        left_out = self.artifact.about.get("config", {}).get("min_ratings")
        hint = f"min_ratings={left_out} left out users with fewer ratings" if left_out else ""
        return self.ratings.users.index_of(user_id, hint=hint)
