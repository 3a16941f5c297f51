"""Transfer: people of another dataset, who were not looked at while models were made, as a split of this one."""

from dataclasses import replace

from konomi.data.dataset import Dataset
from konomi.errors import EvaluationError
from konomi.evaluation.splits import MIN_TITLES, Split, Targets, draw_hidden, split_of, users_with_titles


def transfer_split(
    training: Dataset,
    others: Dataset,
    *,
    targets: Targets = "watched",
    seed: int = 0,
    min_titles: int = MIN_TITLES,
) -> Split:
    """All of `training` trains, and the people of `others` are measured, held out whole.

    Titles are matched by id; rows of titles that `training` lacks are left out, and then who has fewer than
    `min_titles`. What is hidden is drawn as by `strong_split`. `user_index` counts the users of `others`.
    Raises EvaluationError where no user is left to measure, or where both datasets hold users of the same id, so
    that it is not known who trains; ConfigError for a negative seed.
    """
    theirs, items = others.ratings, training.ratings.items
    n_shared = int((training.ratings.users.indices_of(theirs.users.ids) >= 0).sum())
    if n_shared:
        raise EvaluationError(
            f"{n_shared:,} user ids are in both datasets: if they are the same people, they train too; if they are "
            "not, give the users of one dataset other ids"
        )
    column = items.indices_of(theirs.items.ids)
    known = theirs.keep_rows(column[theirs.item_index] >= 0)
    ratings = replace(known, item_index=column[known.item_index], items=items)
    people = users_with_titles(ratings, min_titles)
    if len(people) == 0:
        raise EvaluationError(
            f"no test user is left: none of {theirs.n_users:,} people has {min_titles} titles or more among the "
            f"{len(items):,} that train. Do both datasets name titles by the same ids?"
        )
    histories = ratings.histories(people)
    hidden = draw_hidden(histories, targets, seed)
    measured = Dataset(ratings, training.catalog)
    return split_of(measured, training, histories, hidden, people, "strong", "test", targets, seed)
