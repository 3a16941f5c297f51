"""Model: what every model can do, so that recommender, evaluation and server need not know which it is."""

from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from konomi.data.ratings import Histories


class Model(Protocol):
    """A trained model over n_items columns, and the n_users rows that it was trained on.

    Each model's file also holds its `Config` (frozen, keyword-only) and
    `train(dataset: Dataset, config: Config, *, progress: Progress = SILENT) -> Model`.
    """

    name: ClassVar[str]

    @property
    def config(self) -> Any:
        """The settings it was trained with."""

    @property
    def n_items(self) -> int:
        """Columns that it scores."""

    def scores(self, histories: Histories, users: NDArray[Any] | None = None) -> NDArray[np.float32]:
        """float32 (m, n_items): how well each item fits each person; higher is better, seen items included.

        histories : m people; their planned rows are not evidence and are left out.
        users     : int (m,), the row number of each person among the training users, -1 for somebody new;
                    None means that all are new. A model that scores from the history alone does not read it.
        """

    def item_similarities(self, item_index: int) -> NDArray[np.float32]:
        """float32 (n_items,): how similar each item is to this one, in [-1, 1]; its own place holds anything.

        Raises UnsupportedError if the model has no such measure.
        """

    def user_similarities(self, history: Histories, user_index: int | None = None) -> NDArray[np.float32]:
        """float32 (n_users,): how similar each training user is to the one person of `history`, in [-1, 1].

        user_index : this person's own row, if among the training users; its place in the result holds anything.
        Raises UnsupportedError if the model has no such measure.
        """

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What an artifact keeps of the model; with `config` it is all that `from_arrays` needs."""

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], config: Any) -> Self:
        """The model again, from (memory-mapped) arrays.

        Every array that a compiled loop uses as an index is checked here, so no kernel checks again.
        Raises ValueError if the arrays do not fit together.
        """
