"""What goes over the wire: the bodies of requests and the shapes of answers."""

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
    """The one shape of every error."""

    status: int
    """The HTTP status."""
    code: str
    """A word for programs: unknown_id, bad_question, too_large, ..."""
    message: str
    """A sentence for people: what was given, what is allowed, what to do next."""


class Item(Struct, frozen=True):
    """What the catalog knows of an item; null where it does not."""

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
    """All that is known of one item."""

    item: Item
    synopsis: str | None
    studios: list[str] | None
    n_ratings: int
    """Rows of the data that name this item."""


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
    """Largest first; only when asked for with `why`."""


class Recommendations(Struct, frozen=True):
    query: dict[str, Any]
    results: list[Recommendation]
    notes: list[str]


class TogetherResult(Struct, frozen=True, omit_defaults=True):
    rank: int
    score: float
    """In standard deviations above what the person (or the average of them) makes of all that may appear."""
    shares: list[float]
    """The same for each person, in the order asked."""
    item: Item
    because: list[Reason] | UnsetType = UNSET


class TogetherAnswer(Struct, frozen=True):
    query: dict[str, Any]
    results: list[TogetherResult]
    notes: list[str]


class Row(Struct, frozen=True):
    """One row of a list: an item, how it was rated, how far it was watched."""

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
    """Titles that both have watched."""
    correlation: float | None
    """Pearson's, of the ratings of titles that both rated; null where it is not defined."""
    shared_favorites: list[BothSaw]
    """What both liked, the rarest first."""
    differences: list[BothSaw]
    """What both rated most differently, each rating taken relative to the person's own mean."""
    they_loved: list[TheyLoved]
    """What they liked and you have not seen."""
    notes: list[str]


class ListAnswer(Struct, frozen=True):
    """A list file as it was understood; nothing of it is kept."""

    rows: list[Row]
    source: str
    user_name: str
    n_entries: int
    n_matched: int
    matched_by: dict[str, int]
    unknown: list[str]
    """At most 100 entries that are not in this model's catalog."""
    notes: list[str]


class Region(Struct, frozen=True):
    name: str
    x: float
    y: float


class ItemMap(Struct, frozen=True):
    """Every item that has a place in two dimensions, column by column; alike items lie near each other."""

    item_ids: list[Id]
    titles: list[str]
    titles_english: list[str | None]
    titles_japanese: list[str | None]
    x: list[float]
    y: list[float]
    n_ratings: list[int]
    kinds: list[int]
    """For each item the place of its rarest genre in `genres`, -1 for none."""
    genres: list[str]
    regions: list[Region]


class Choice(Struct, frozen=True):
    name: str
    n_items: int


class ModelPage(Struct, frozen=True):
    """What is served: the model, its data, and what may be asked of it."""

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
    """Where the data came from and what was left out."""
    example_user: Id | None


class Health(Struct, frozen=True):
    status: str
    generation: int
    """Counts the artifacts that were taken up since the start."""


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """One title of somebody's list."""

    item_id: Id
    rating: float | None = None
    """On the data's own scale (see /api/model); null = seen, not rated."""
    status: StatusWord = "unknown"


History = Annotated[list[Entry], Meta(min_length=1, max_length=MAX_ENTRIES)]


class RecommendationsBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody's list and what to ask about it; the list is neither stored nor logged."""

    history: History
    k: K = 10
    by: By = "model"
    where: Filters = Filters()
    why: bool = False
    exclude: tuple[Group, ...] = ("seen", "planned", "dropped")
    niche: Annotated[float, Meta(ge=-1, le=1)] = 0.0
    """-1 leans to what everybody knows, 1 to what few do."""
    variety: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """0 takes the best, 1 the most varied."""
    franchise: Franchise = "all"


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    history: History


class TogetherBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Several people's lists."""

    people: Annotated[list[Person], Meta(min_length=2, max_length=MAX_PEOPLE)]
    k: K = 10
    how: Literal["least", "average"] = "least"
    where: Filters = Filters()
    why: bool = False
    exclude: tuple[Group, ...] = ("seen", "planned", "dropped")


class PlannedBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A list with planned titles in it, or titles beside it."""

    history: History
    items: IdList | None = None
    """The items to rank; null ranks what the history has as planned."""
    why: bool = False


class SimilarUsersBody(Struct, frozen=True, forbid_unknown_fields=True):
    history: History
    k: K = 10
    least: bool = False


class CompareBody(Struct, frozen=True, forbid_unknown_fields=True):
    history: History
    k: K = 10
    """How long each of the three lists may be."""
    where: Filters = Filters()
