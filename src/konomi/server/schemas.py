"""The bodies of requests and the shapes of answers."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from konomi.data.filters import Filters
from konomi.server.settings import MAX_ENTRIES, MAX_K, MAX_PEOPLE

Id = int | str
K = Annotated[int, Meta(ge=1, le=MAX_K, description="How many results.", examples=[10])]
IdList = Annotated[tuple[Id, ...], Meta(max_length=MAX_ENTRIES)]
StatusWord = Literal["watching", "completed", "on_hold", "dropped", "planned", "unknown"]
By = Literal["model", "users", "items"]
Franchise = Literal["all", "once", "next", "none"]
Group = Literal["seen", "planned", "dropped"]


class Problem(Struct, frozen=True):
    """The shape of all errors."""

    status: int
    """The HTTP status."""
    code: str
    """For programs: unknown_id, bad_question, too_large, ..."""
    message: str
    """For people: what was sent, what is allowed, what to do next."""


class Item(Struct, frozen=True):
    """What the catalog has about an item; null where a value is unknown."""

    item_id: Id
    title: str
    title_english: str | None
    title_japanese: str | None
    type: str | None
    year: int | None
    episodes: int | None
    genres: list[str] | None
    score: float | None
    members: int | None
    franchise: str | None


class ItemPage(Struct, frozen=True):
    """One item with all its facts."""

    item: Item
    synopsis: str | None
    studios: list[str] | None
    n_ratings: int
    """The number of rows of the data with this item."""


class Items(Struct, frozen=True):
    results: list[Item]


class SimilarItem(Struct, frozen=True):
    rank: int
    similarity: float
    """Cosine, in [-1, 1]."""
    item: Item


class SimilarItems(Struct, frozen=True):
    query: dict[str, Any]
    results: list[SimilarItem]
    notes: list[str]


class SimilarUser(Struct, frozen=True):
    rank: int
    user_id: Id
    similarity: float


class SimilarUsers(Struct, frozen=True):
    query: dict[str, Any]
    results: list[SimilarUser]
    notes: list[str]


class Reason(Struct, frozen=True):
    """A term of a score: a title of the history, or popularity, and what it adds; below 0 it speaks against."""

    item_id: Id | None
    """None for popularity."""
    title: str
    contribution: float
    kind: Literal["watched", "disliked", "popularity"]


class Recommendation(Struct, frozen=True, omit_defaults=True):
    rank: int
    score: float
    item: Item
    because: list[Reason] | UnsetType = UNSET
    """Largest contribution first; only if `why` is true."""


class Recommendations(Struct, frozen=True):
    query: dict[str, Any]
    results: list[Recommendation]
    notes: list[str]


class TogetherResult(Struct, frozen=True, omit_defaults=True):
    rank: int
    score: float
    """Standard deviations above the mean of all titles that may appear, for the person who likes it least, or on
    average."""
    shares: list[float]
    """The same for each person, in the order of the request."""
    item: Item
    because: list[Reason] | UnsetType = UNSET


class TogetherAnswer(Struct, frozen=True):
    query: dict[str, Any]
    results: list[TogetherResult]
    notes: list[str]


class Row(Struct, frozen=True):
    """One row of a list: an item, its rating and its status."""

    item: Item
    rating: float | None
    status: StatusWord


class UserPage(Struct, frozen=True):
    user_id: Id
    n_rows: int
    n_rated: int
    mean_rating: float | None
    rows: list[Row]
    """Best rated first."""


class BothSaw(Struct, frozen=True):
    item: Item
    yours: float | None
    theirs: float | None


class TheyLoved(Struct, frozen=True):
    item: Item
    theirs: float | None


class Comparison(Struct, frozen=True):
    """Two lists side by side."""

    user_id: Id
    similarity: float | None
    n_shared: int
    """The number of titles that both have watched."""
    correlation: float | None
    """Pearson's correlation of the ratings of titles that both rated; null if it is undefined."""
    shared_favorites: list[BothSaw]
    """Titles that both liked, the least watched first."""
    differences: list[BothSaw]
    """Titles that both rated, the most different first; ratings are relative to the mean of each list."""
    they_loved: list[TheyLoved]
    """Titles that they liked and you have not seen."""
    notes: list[str]


class ListAnswer(Struct, frozen=True):
    """A list file matched with the catalog. It is not stored."""

    rows: list[Row]
    source: str
    user_name: str
    n_entries: int
    n_matched: int
    matched_by: dict[str, int]
    unknown: list[str]
    """The titles of at most 100 entries that are not in this model's catalog."""
    notes: list[str]


class Region(Struct, frozen=True):
    name: str
    x: float
    y: float


class ItemMap(Struct, frozen=True):
    """All items with a position in two dimensions, as columns; similar items are near each other."""

    item_ids: list[Id]
    titles: list[str]
    titles_english: list[str | None]
    titles_japanese: list[str | None]
    x: list[float]
    y: list[float]
    n_ratings: list[int]
    kinds: list[int]
    """For each item the index of its rarest genre in `genres`; -1 for none."""
    genres: list[str]
    regions: list[Region]


class MapPosition(Struct, frozen=True):
    """The position of a list on the map: that of the item in the middle of its better-rated half."""

    x: float | None
    """null if none of its items is on the map; so is `y`."""
    y: float | None
    notes: list[str]


class Choice(Struct, frozen=True):
    name: str
    n_items: int


class ModelPage(Struct, frozen=True):
    """The model, its data, and the questions that it can answer."""

    name: str
    summary: str
    created: str | None
    config: dict[str, Any]
    figures: dict[str, Any]
    versions: dict[str, str]
    n_users: int
    n_items: int
    n_ratings: int
    rating_scale: list[float] | None
    types: list[Choice]
    genres: list[Choice]
    years: list[int] | None
    abilities: dict[str, bool]
    limits: dict[str, float]
    needs_token: bool
    report: dict[str, Any]
    """The files that the data came from, and what was left out of them."""
    example_user: Id | None


class Health(Struct, frozen=True):
    status: str
    generation: int
    """The number of models opened since the start."""


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """One title of a list."""

    item_id: Id
    rating: float | None = None
    """On the scale of the data (see /api/model); null = seen, not rated."""
    status: StatusWord = "unknown"


History = Annotated[list[Entry], Meta(min_length=1, max_length=MAX_ENTRIES)]


class RecommendationsBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A list and the options of the recommendations. The list is neither stored nor logged."""

    history: History
    k: K = 10
    by: By = "model"
    where: Filters = Filters()
    why: bool = False
    exclude: tuple[Group, ...] = ("seen", "planned", "dropped")
    niche: Annotated[float, Meta(ge=-1, le=1)] = 0.0
    """-1 prefers well-known titles, 1 little-known ones."""
    variety: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """0 prefers the best titles, 1 the most varied ones."""
    franchise: Franchise = "all"


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    history: History


class TogetherBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The lists of several people."""

    people: Annotated[list[Person], Meta(min_length=2, max_length=MAX_PEOPLE)]
    k: K = 10
    how: Literal["least", "average"] = "least"
    where: Filters = Filters()
    why: bool = False
    exclude: tuple[Group, ...] = ("seen", "planned", "dropped")


class PlannedBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A list that has planned titles, or a list and the titles to rank."""

    history: History
    items: IdList | None = None
    """The items to rank; null ranks the planned titles of the history."""
    why: bool = False


class MapBody(Struct, frozen=True, forbid_unknown_fields=True):
    history: History
    adult: bool = False
    """Whether the map has the adult titles too."""


class SimilarUsersBody(Struct, frozen=True, forbid_unknown_fields=True):
    history: History
    k: K = 10
    least: bool = False


class CompareBody(Struct, frozen=True, forbid_unknown_fields=True):
    history: History
    k: K = 10
    """The most titles of each of the three lists of the answer."""
    where: Filters = Filters()
