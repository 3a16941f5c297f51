"""Model: what every model can do, and which further questions it may be able to answer."""

from abc import ABC, abstractmethod
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from konomi.data.ratings import Histories
from konomi.errors import UnsupportedError


class Ability(StrEnum):
    """A question that only some models answer; the others raise UnsupportedError."""

    REASONS = "reasons"
    """`contributions`: a score is a sum over the history."""
    SIMILAR_ITEMS = "similar_items"
    """`item_similarities`."""
    SIMILAR_USERS = "similar_users"
    """`user_similarities`."""
    MAP = "map"
    """`map_vectors`: items have vectors, so they can be drawn on a map."""


class Model(ABC):
    """A trained model over n_items columns, and the n_users rows that it was trained on.

    A model class is a frozen dataclass that lists its `abilities` and overrides the methods that belong to them.
    """

    name: ClassVar[str]
    abilities: ClassVar[frozenset[Ability]] = frozenset()
    config: Any

    @property
    @abstractmethod
    def n_items(self) -> int:
        """Columns that it scores."""

    @abstractmethod
    def scores(self, histories: Histories, users: NDArray[Any] | None = None) -> NDArray[np.float32]:
        """float32 (m, n_items): how well each item fits each person; higher is better, seen items included.

        histories : m people; their planned rows are not evidence and are left out.
        users     : int (m,), the row number of each person among the training users, -1 for a new user;
                    None means that all are new. A model that scores from the history alone does not read it.
        """

    @abstractmethod
    def arrays(self) -> dict[str, NDArray[Any]]:
        """What an artifact keeps of the model; with `config` it is all that `from_arrays` needs."""

    @classmethod
    @abstractmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], config: Any) -> Self:
        """The model again, from (memory-mapped) arrays.

        Every array that a compiled loop uses as an index is checked here, so no kernel checks again.
        Raises ValueError if the arrays do not fit together.
        """

    def contributions(self, history: Histories, items: NDArray[Any]) -> NDArray[np.float32]:  # noqa: ARG002
        """float32 (n_rows, len(items)): what each row of one person adds to the score of each item.

        A column and the item's `popularity_term` sum to the score; a planned row adds 0. Raises UnsupportedError
        without Ability.REASONS.
        """
        raise UnsupportedError(
            f"the score of the {self.name} model is not a sum over titles, so it has no exact reasons; ask with "
            'by="items", or train the linear model'
        )

    def popularity_term(self, history: Histories, items: NDArray[Any]) -> NDArray[np.float32]:  # noqa: ARG002
        """float32 (len(items),): the part of one person's scores that no row adds, 0 in most models."""
        return np.zeros(len(items), dtype=np.float32)

    def item_similarities(self, item_index: int) -> NDArray[np.float32]:  # noqa: ARG002
        """float32 (n_items,): how similar each item is to this one, in [-1, 1]; its own entry holds anything.

        Raises UnsupportedError without Ability.SIMILAR_ITEMS.
        """
        raise self._lacks("which items are similar")

    def user_similarities(self, history: Histories, user_index: int | None = None) -> NDArray[np.float32]:  # noqa: ARG002
        """float32 (n_users,): how similar each training user is to the one person of `history`, in [-1, 1].

        user_index : this person's own row, if among the training users; its entry in the result holds anything.
        Raises UnsupportedError without Ability.SIMILAR_USERS.
        """
        raise self._lacks("which users are similar")

    def map_vectors(self) -> NDArray[np.float32]:
        """float32 (n_items, dim): the vectors of the items, of unit length or zero.

        Raises UnsupportedError without Ability.MAP.
        """
        raise UnsupportedError(
            f"the {self.name} model has no item vectors to draw a map of: train the linear model for that"
        )

    @property
    def figures(self) -> dict[str, Any]:
        """What training measured, by name, as JSON values."""
        return {}

    def update_arrays(self) -> dict[str, NDArray[Any]]:
        """What only exact updating needs, if anything; answers do without. `from_arrays` gets it too."""
        return {}

    def details(self) -> str:
        """Lines of text about what was trained, beyond the figures; "" if there are none."""
        return ""

    def write_plots(self, folder: Path) -> None:  # noqa: B027 - most models have none
        """Write plots of the training into the model's folder, if there are any."""

    def _lacks(self, what: str) -> UnsupportedError:
        return UnsupportedError(f"the {self.name} model cannot say {what}: train the linear model for that")
