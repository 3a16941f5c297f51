"""Recommender: answers to questions in external ids and titles."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from konomi.answers.choices import By, Combine, FranchiseRule
from konomi.answers.comparison import Comparison, compare
from konomi.answers.item_map import ItemMap, map_of
from konomi.answers.person import Person, people_of, person_of, user_index
from konomi.answers.questions import (
    PARTS_OF_A_LIST,
    check_choice,
    check_explain,
    check_k,
    excluded_items,
    note_if_few_ratings,
    note_if_fewer_than_k,
    without_cut_ties,
)
from konomi.answers.reasons import reasons
from konomi.answers.rerank import (
    Knobs,
    best_of_each,
    follows_what_was_seen,
    of_new_franchises,
    pool_size,
    shift_to_niche,
    varied,
)
from konomi.answers.results import ItemColumns, Reason, Recommendations, SimilarItems, SimilarUsers
from konomi.answers.scoring import score_all, shares_of, similarities_within
from konomi.answers.together import JointScores, joint_contributions
from konomi.artifact import Artifact
from konomi.data.catalog import Catalog, TitleLanguage
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


@dataclass(frozen=True, eq=False)
class Recommender:
    """A model that answers in titles: similar items, similar users, recommendations and their reasons."""

    artifact: Artifact

    @property
    def model(self) -> Model:
        """The trained model."""
        return self.artifact.model

    @property
    def ratings(self) -> Ratings:
        """The ratings of the model's users."""
        return self.artifact.dataset.ratings

    @property
    def catalog(self) -> Catalog:
        """The titles, genres and other values of the items."""
        return self.artifact.dataset.catalog

    @cached_property
    def franchises(self) -> Franchises:
        """The franchises that the catalog names."""
        return Franchises.of(self.catalog)

    @cached_property
    def map_positions(self) -> NDArray[np.float32]:
        """float32 (n_items, 2): the coordinates of each item on the map, NaN for an item that is not on it.

        They are read from the artifact, or laid out here if training did not.
        Raises UnsupportedError if the model has no item vectors.
        """
        if self.artifact.item_map is not None:
            return self.artifact.item_map
        return places_of(self.model.map_vectors(), self.artifact.row_counts)

    def with_titles(self, language: TitleLanguage) -> "Recommender":
        """The same model with the catalog's "english" or "japanese" titles in its answers, where it has them.

        Titles of every language are still found. Raises ConfigError if the catalog has no title of the language.
        """
        dataset = replace(self.artifact.dataset, catalog=self.catalog.with_titles(language))
        return Recommender(replace(self.artifact, dataset=dataset))

    def similar_items(
        self, item: Id, *, k: int = 10, least: bool = False, where: FiltersLike = None
    ) -> SimilarItems:
        """The k items most similar to this one, best first; the item itself is left out.

        item  : an item id, or a title (main, English or Japanese).
        least : the k least similar items instead, least similar first. Items that tie in large numbers are left out
                if k has no room for all of them; a note says so.
        where : Filters, or a mapping of their names to values.
        Raises UnknownIdError, UnknownTitleError, AmbiguousTitleError, ConfigError; UnsupportedError if the
        model has no similarity of items.
        """
        check_k(k, len(self.catalog), "items")
        item_index = self.item_index(item)
        allowed = Filters.of(where).allowed(self.catalog)
        allowed[item_index] = False
        similarity = self.model.item_similarities(item_index)
        best = k_best(-similarity if least else similarity, k, allowed)
        ties: tuple[str, ...] = ()
        if least:
            best, ties = without_cut_ties(similarity, best, allowed)
        title = self.catalog.columns().titles[item_index]
        return SimilarItems(
            query={"item_id": self.catalog.items.ids[item_index].item(), "title": title, "k": k, "least": least},
            items=ItemColumns.of(self.catalog, best),
            similarity=similarity[best],
            notes=(
                *note_if_few_ratings(f'"{title}"', int(self.artifact.row_counts[item_index])),
                *(ties or note_if_fewer_than_k(k, len(best))),
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
        """The k users of the model most similar to one person, best first.

        user_id : a user of the model, who is left out of the answer.
        history : instead of user_id, a new person: what `history` takes, or one person's Histories.
        least   : the k least similar users instead, least similar first.
        Raises UnknownIdError, ConfigError; UnsupportedError if the model has no similarity of users.
        """
        person = person_of(self.artifact, user_id, history)
        allowed = np.ones(self.ratings.n_users, dtype=np.bool_)
        if person.user is not None:
            allowed[person.user] = False
        check_k(k, int(allowed.sum()), "users" if person.user is None else "other users")
        similarity = self.model.user_similarities(person.evidence, person.user)
        best = k_best(-similarity if least else similarity, k, allowed)
        whose = "this history" if person.user is None else f"user {user_id}"
        return SimilarUsers(
            query={**person.query, "k": k, "least": least},
            user_ids=self.ratings.users.ids[best],
            similarity=similarity[best],
            notes=person.remarks(whose),
        )

    def compare_users(
        self, person: Id | Rated | Histories, other_id: Id, *, k: int = 10, where: FiltersLike = None
    ) -> Comparison:
        """What one person and a user of the model both liked, where they differ, and what only the user has seen.

        person : a user id, what `history` takes, or one person's Histories.
        k      : the maximum length of each of the three lists.
        where  : Filters for the titles that may be listed.
        Raises UnknownIdError, ConfigError.
        """
        check_k(k, len(self.catalog), "items")
        (one,) = people_of(self.artifact, [person])
        other = user_index(self.artifact, other_id)
        try:
            similarity = float(self.model.user_similarities(one.evidence, one.user)[other])
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
            query={**one.query, "other_id": self.ratings.users.ids[other].item(), "k": k},
            similarity=similarity,
            notes=one.remarks(),
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
        franchise: FranchiseRule = "all",
    ) -> Recommendations:
        """The k items that rank highest for one person, best first.

        user_id : a user of the model.
        history : instead of user_id, a new person: what `history` takes, or one person's Histories.
        by      : "model" is the model's own score. "users" is the share of the similarity of the most similar users
                  who rated an item at or above their own 75th percentile. "items" is the sum of an item's
                  similarities to what the person liked.
        where   : Filters, or a mapping of their names to values.
        explain : True also gives the titles of the history whose contributions sum to each score, the largest
                  first; a number gives at most that many of them.
        exclude : the parts of the person's own list that are left out: "seen" (neither of the others), "planned",
                  "dropped".
        niche   : -1 ... 1; above 0 prefers titles that few users have seen, below 0 popular ones.
        variety : 0 ... 1; the higher, the less similar the titles of the answer are to each other.
        franchise : "all" keeps every title; "once" the best one of each franchise; "next" first parts, and parts
                  whose predecessor was seen and not dropped; "none" only franchises of which nothing was seen,
                  each once.
        Filters, `exclude` and `franchise` act before the k best are chosen, so there are k items while k exist.
        Raises UnknownIdError, ConfigError; UnsupportedError if the model cannot answer in this way.
        """
        check_k(k, len(self.catalog), "items")
        knobs = Knobs(niche, variety, franchise)
        check_explain(explain)
        person = person_of(self.artifact, user_id, history)
        allowed = self._allowed(where, [person], exclude)
        scores = self._scores(by, person)
        allowed &= np.isfinite(scores)
        best = self._ranked(scores, allowed, person.evidence, k, knobs)
        return Recommendations(
            query={**person.query, "k": k, "by": by, **knobs.changed()},
            items=ItemColumns.of(self.catalog, best),
            scores=scores[best].astype(np.float32),
            because=self._because(by, person.evidence, best, explain),
            notes=(*person.remarks(), *note_if_fewer_than_k(k, len(best))),
        )

    def rank(
        self,
        items: Sequence[Id],
        *,
        user_id: Id | None = None,
        history: Rated | Histories | None = None,
        explain: bool | int = False,
    ) -> Recommendations:
        """The given items, each once, ranked for one person, best first.

        items : ids or titles, such as those that the person plans to watch.
        user_id, history, explain : as in `recommend`.
        Raises UnknownIdError, UnknownTitleError, AmbiguousTitleError, ConfigError; UnsupportedError.
        """
        if isinstance(items, str) or len(items) == 0:
            raise ConfigError("there is nothing to rank: give a list of item ids or titles")
        check_explain(explain)
        person = person_of(self.artifact, user_id, history)
        allowed = np.zeros(len(self.catalog), dtype=np.bool_)
        allowed[self.catalog.indices_of(items)] = True
        scores = self._scores("model", person)
        best = k_best(scores, int(allowed.sum()), allowed)
        return Recommendations(
            query={**person.query, "n_items": len(items)},
            items=ItemColumns.of(self.catalog, best),
            scores=scores[best],
            because=self._because("model", person.evidence, best, explain),
            notes=person.remarks(),
        )

    def recommend_together(
        self,
        people: Sequence[Id | Rated | Histories],
        *,
        k: int = 10,
        how: Combine = "least",
        where: FiltersLike = None,
        exclude: Iterable[str] = PARTS_OF_A_LIST,
        explain: bool | int = False,
    ) -> Recommendations:
        """The k items that rank highest for several people together, best first.

        people  : for each a user id, what `history` takes, or one person's Histories.
        how     : each person's scores are standardized over the items that may appear. "least" ranks by the lowest
                  of them, so that the least satisfied person decides; "average" by their mean.
        exclude : as in `recommend`; what one person excludes is left out for all.
        explain : as in `recommend`; for "least" the reasons of the person with the lowest score, for "average" the
                  mean of the reasons of all people.
        The `shares` of the answer are each person's standardized scores.
        Raises UnknownIdError, ConfigError, UnsupportedError.
        """
        check_k(k, len(self.catalog), "items")
        check_choice("how", how, get_args(Combine))
        check_explain(explain)
        if isinstance(people, str) or len(people) == 0:
            raise ConfigError("there are no people to recommend to: give a list of user ids or histories")
        persons = people_of(self.artifact, people)
        allowed = self._allowed(where, persons, exclude)
        scores = np.stack([self._scores("model", person) for person in persons])
        allowed &= np.isfinite(scores).all(axis=0)
        joint = JointScores.of(scores, allowed, how)
        best = k_best(joint.combined, k, allowed)
        because = None
        if explain:
            evidence = [person.evidence for person in persons]
            found = joint_contributions(self.model, evidence, joint.weights(best), best)
            because = reasons(self.catalog, found.titles, found.terms, explain, popularity=found.popularity)
        remarks = enumerate((person.remarks() for person in persons), start=1)
        return Recommendations(
            query={"people": [person.query for person in persons], "k": k, "how": how},
            items=ItemColumns.of(self.catalog, best),
            scores=joint.combined[best],
            because=because,
            notes=(
                *(f"person {number}: {note}" for number, notes in remarks for note in notes),
                *note_if_fewer_than_k(k, len(best)),
            ),
            shares=joint.own[:, best],
        )

    def item_map(
        self, user_id: Id | None = None, *, history: Rated | Histories | None = None, where: FiltersLike = None
    ) -> ItemMap:
        """All items in two dimensions, similar ones near each other, with regions named by their genres.

        user_id, history : at most one of them, as in `recommend`: the person whose titles and position are marked.
        where            : Filters for the items on the map.
        Raises UnknownIdError; ConfigError, also if no item is left; UnsupportedError if the model has no item
        vectors.
        """
        has_no_person = user_id is None and history is None
        person = None if has_no_person else person_of(self.artifact, user_id, history)
        return map_of(self.map_positions, self.artifact.row_counts, self.catalog, person=person, where=where)

    def item_index(self, item: Id) -> int:
        """The index of an item given by id or by title; "id:86" is always an id.

        Raises UnknownIdError, UnknownTitleError, AmbiguousTitleError.
        """
        return self.catalog.index_of(item)

    def history(self, rated: Rated) -> tuple[Histories, tuple[str, ...]]:
        """The rows of one new person, and notes on what was left out.

        rated : item id -> rating (None = not rated), item id -> (rating, status), or a list of Entry.
        Raises UnknownIdError if no id is known, ConfigError if a rating is outside the data's scale.
        """
        return history_of(rated, self.catalog.items, self.ratings.levels)

    def _allowed(self, where: FiltersLike, people: Sequence[Person], exclude: Iterable[str]) -> NDArray[np.bool_]:
        """bool (n_items,): the items that pass the filters and are in no excluded part of a person's list."""
        exclude = (exclude,) if isinstance(exclude, str) else tuple(exclude)
        allowed = Filters.of(where).allowed(self.catalog)
        for person in people:
            allowed[excluded_items(person.rows, exclude)] = False
        return allowed

    def _scores(self, by: By, person: Person) -> NDArray[np.float32]:
        """float32 (n_items,): the score of each item for the person, NaN for none."""
        return score_all(by, self.model, self.ratings, person.evidence, person.user)

    def _ranked(
        self, scores: NDArray[np.float32], allowed: NDArray[np.bool_], evidence: Histories, k: int, knobs: Knobs
    ) -> NDArray[np.int32]:
        """int32 (at most k,): the allowed items, best first, as the knobs order them."""
        ranking = shift_to_niche(scores, knobs.niche, self.artifact.row_counts, allowed)
        if knobs.franchise == "next":
            kept = evidence.item_index[evidence.status != Status.DROPPED]
            allowed = allowed & follows_what_was_seen(self.franchises, kept)
        elif knobs.franchise == "none":
            allowed = allowed & of_new_franchises(self.franchises, evidence.item_index)
        n_candidates = pool_size(k) if knobs.variety else k
        if knobs.franchise in ("once", "none"):
            best = best_of_each(ranking, self.franchises.number, n_candidates, allowed)
        else:
            best = k_best(ranking, n_candidates, allowed)
        if knobs.variety:
            best = varied(best, ranking, similarities_within(self.model, best), k=k, variety=knobs.variety)
        return best

    def _because(
        self, by: By, evidence: Histories, best: NDArray[np.int32], explain: bool | int
    ) -> list[tuple[Reason, ...]] | None:
        """The reasons of each item; None if they are not asked for."""
        if not explain:
            return None
        return reasons(
            self.catalog,
            evidence.item_index,
            shares_of(by, self.model, evidence, best),
            explain,
            popularity=self.model.popularity_term(evidence, best) if by == "model" else None,
        )
