"""The page in a real browser: the flows of a fan, every view's accessibility, phones, and the README's pictures.

Needs /usr/bin/chromium (or $CHROMIUM), playwright and axe-playwright-python.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import konomi
from konomi.synthetic.demo import catalog, write_demo_files

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
PICTURES = Path(__file__).resolve().parents[2] / "docs" / "images"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
STATUSES = {"seen": "Completed", "planned": "Plan to Watch"}
SETTLED = "[aria-label=Recommendations][aria-busy=false]"
pytestmark = pytest.mark.browser


@dataclass
class Watched:
    """A page, and what it should never have: console errors and requests off the server."""

    page: Any
    server: str
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._see)

    def open(self, address: str) -> Any:
        self.page.goto(self.server + address)
        return self.page

    def cards(self) -> list[str]:
        """The items of the cards of a view that has come to rest."""
        self.page.wait_for_selector("main[aria-busy=false]:not(:has([aria-busy=true])) .card")
        return [one.get_attribute("data-item") for one in self.page.query_selector_all("main .card")]

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def _see(self, request: Any) -> None:
        if not request.url.startswith((self.server, "data:", "blob:")):
            self.strangers.append(request.url)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo's model, served."""
    folder = tmp_path_factory.mktemp("demo")
    files = write_demo_files(folder, n_viewers=1500)
    konomi.ingest(files.ratings, items=files.items, out=folder / "data")
    konomi.train(folder / "data", out=folder / "model")
    command = [sys.executable, "-m", "konomi", "serve", str(folder / "model"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+?(?=/ )", process.stdout.readline())
        assert found is not None
        yield found[0]
        process.terminate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@contextmanager
def chromium(*options: str) -> Iterator[Any]:
    """Chromium, its background traffic off."""
    try:
        from playwright.sync_api import sync_playwright

        if not Path(CHROMIUM).exists():
            raise ImportError(f"there is no {CHROMIUM}: apt install chromium, or set CHROMIUM")
    except ImportError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *options])
        yield opened
        opened.close()


@pytest.fixture
def watched(server: str, browser: Any) -> Iterator[Watched]:
    """A page of desktop size; at the end it has met no error and asked nobody else."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light", locale="en-GB")
    context.set_default_timeout(20_000)
    found = Watched(context.new_page(), server)
    yield found
    context.close()
    assert found.errors == []
    assert found.strangers == []


@pytest.fixture(scope="module")
def list_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A MyAnimeList export of thrillers and classics, two of them planned, one title unknown."""
    wanted = {
        "Monster": (10, "seen"),
        "Death Note": (9, "seen"),
        "Cowboy Bebop": (9, "seen"),
        "Mushishi": (10, "seen"),
        "Shingeki no Kyojin": (8, "seen"),
        "Steins;Gate": (10, "seen"),
        "Sen to Chihiro no Kamikakushi": (9, "seen"),
        "Hotaru no Haka": (8, "seen"),
        "Fullmetal Alchemist: Brotherhood": (9, "seen"),
        "Samurai Champloo": (8, "seen"),
        "Psycho-Pass": (0, "planned"),
        "Kimi no Na wa.": (0, "planned"),
    }
    rows = [row for row in catalog().iter_rows(named=True) if row["title"] in wanted]
    assert len(rows) >= 10
    entry = (
        "<anime><series_animedb_id>{}</series_animedb_id><series_title><![CDATA[{}]]></series_title>"
        "<my_score>{}</my_score><my_status>{}</my_status></anime>"
    )
    entries = [
        entry.format(row["item_id"], row["title"], wanted[row["title"]][0], STATUSES[wanted[row["title"]][1]])
        for row in rows
    ]
    entries.append(entry.format(99999999, "A title that nobody knows", 7, "Completed"))
    path = tmp_path_factory.mktemp("list") / "animelist.xml"
    text = '<?xml version="1.0"?><myanimelist><myinfo><user_name>Aki</user_name></myinfo>{}</myanimelist>'
    path.write_text(text.format("".join(entries)), encoding="utf-8")
    return path


def with_list(watched: Watched, list_file: Path) -> Any:
    """The page after a list was dropped on Start."""
    page = watched.open("/")
    page.set_input_files("input[type=file]", list_file)
    page.wait_for_selector(".matched")
    return page


def test_a_file_that_brings_nothing_leaves_the_list_and_one_that_replaces_it_can_be_taken_back(
    watched: Watched, list_file: Path, tmp_path: Path
) -> None:
    page = watched.open("/")
    rows = "() => JSON.parse(localStorage.getItem('konomi.list'))?.rows.length ?? 0"
    page.set_input_files("input[type=file]", str(list_file))
    page.wait_for_selector(".matched")
    before = page.evaluate(rows)
    assert before >= 10
    unknown = tmp_path / "unknown.csv"
    unknown.write_text("title,score\nNobody Knows This,9\n")
    page.set_input_files("input[type=file]", str(unknown))
    page.wait_for_selector(".problem")
    assert "stays as it was" in page.inner_text(".problem")
    assert page.evaluate(rows) == before
    other = tmp_path / "other.csv"
    other.write_text("title,score\nMonster,9\n")
    page.set_input_files("input[type=file]", str(other))
    page.get_by_role("button", name="Bring that one back").click()
    assert page.evaluate(rows) == before


def test_a_list_is_matched_and_leads_to_recommendations(watched: Watched, list_file: Path) -> None:
    page = with_list(watched, list_file)
    assert "1 not in this catalog" in page.inner_text(".matched")
    page.click("text=See what to watch next")
    page.wait_for_url("**/for-you")
    assert len(watched.cards()) == 24
    assert page.query_selector_all("main .card .chip")


def test_taking_out_a_why_chip_scores_again_and_putting_it_back_restores(watched: Watched, list_file: Path) -> None:
    page = with_list(watched, list_file)
    watched.open("/for-you")
    before = watched.cards()
    chip = page.locator("main .card .chip").first
    reason = chip.get_attribute("data-reason")
    with page.expect_response("**/api/recommendations"):
        chip.click()
    page.wait_for_selector(f"[data-left-out='{reason}']")
    page.wait_for_selector(SETTLED)
    assert watched.cards() != before
    assert page.query_selector(f"main .card [data-reason='{reason}']") is None
    assert reason not in watched.cards()
    with page.expect_response("**/api/recommendations"):
        page.click(f"[data-left-out='{reason}']")
    page.wait_for_selector(SETTLED)
    assert watched.cards() == before


def test_filters_stand_in_the_address_and_survive_a_reload(watched: Watched, list_file: Path) -> None:
    page = with_list(watched, list_file)
    watched.open("/for-you")
    page.click("summary:has-text('Filters')")
    with page.expect_response("**/api/recommendations"):
        page.click("[data-type=Movie]")
    page.wait_for_selector(SETTLED)
    assert page.url.endswith("/for-you?type=Movie")
    shared = watched.cards()
    assert all("Movie" in one for one in page.locator("main .card .facts").all_inner_texts())
    page.reload()
    assert watched.cards() == shared


def test_knobs_and_not_interested_change_what_is_shown(watched: Watched, list_file: Path) -> None:
    page = with_list(watched, list_file)
    watched.open("/for-you")
    before = watched.cards()
    with page.expect_response("**/api/recommendations"):
        page.locator("[data-knob=niche]").fill("1")
    page.wait_for_selector(SETTLED)
    assert "niche=1" in page.url
    assert watched.cards() != before
    watched.open("/for-you")
    first = watched.cards()[0]
    with page.expect_response("**/api/recommendations"):
        page.locator("main .card").first.get_by_text("Not interested").click()
    page.wait_for_selector(SETTLED)
    assert first not in watched.cards()


def test_an_item_opens_with_its_neighbors_and_the_way_back_works(watched: Watched, list_file: Path) -> None:
    page = with_list(watched, list_file)
    watched.open("/for-you")
    before = watched.cards()
    page.locator("main .card h3 a").first.click()
    page.wait_for_selector(".hero h1")
    assert page.url.endswith(f"/like/{before[0]}")
    assert len(watched.cards()) == 24
    page.go_back()
    page.wait_for_url("**/for-you")
    page.wait_for_selector("[data-reason]")
    assert watched.cards() == before


def test_search_works_from_the_keyboard(watched: Watched) -> None:
    page = watched.open("/like")
    page.get_by_label("A title").fill("cowby bebop")
    page.wait_for_selector("[role=option][aria-selected=true]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_selector(".hero h1")
    assert page.inner_text(".hero h1") == "Cowboy Bebop"


def test_people_like_you_can_be_compared_with(watched: Watched, list_file: Path) -> None:
    page = with_list(watched, list_file)
    watched.open("/people")
    page.locator(".people a").first.click()
    page.wait_for_selector(".verdict")
    assert "in common" in page.inner_text(".verdict")
    assert page.locator("text=They loved it, you have not seen it").count() == 1


def test_two_lists_are_answered_together(watched: Watched, list_file: Path) -> None:
    page = with_list(watched, list_file)
    watched.open("/together")
    page.wait_for_selector("text=This takes two lists")
    page.get_by_label("Or search and pick").fill("naruto")
    page.wait_for_selector("[role=option][aria-selected=true]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".shares")
    assert len(watched.cards()) == 24


def test_what_is_planned_is_ranked(watched: Watched, list_file: Path) -> None:
    page = with_list(watched, list_file)
    watched.open("/planned")
    page.wait_for_selector("main .card")
    assert len(watched.cards()) == 2
    assert "First" in page.inner_text("main .card .facts")


def test_the_map_is_searched_zoomed_and_clicked(watched: Watched, list_file: Path) -> None:
    page = with_list(watched, list_file)
    watched.open("/map")
    page.wait_for_selector("canvas[data-ready]")
    page.get_by_label("Find on the map").fill("Cowboy Bebop")
    page.wait_for_selector("[role=option][aria-selected=true]")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Around Cowboy Bebop")
    assert re.search(r"/map\?item=\d+$", page.url)
    page.click("[aria-label='Zoom in']")
    box = page.locator("canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.wait_for_selector(".map-label:not([hidden])")
    page.mouse.click(x, y)
    page.wait_for_selector(".hero h1")


def test_titles_are_shown_in_the_language_of_choice(watched: Watched) -> None:
    page = watched.open("/like")
    page.wait_for_selector("main .card")
    page.select_option("#language", "title_japanese")
    page.wait_for_selector("main .card h3 [lang=ja]")
    page.reload()
    page.wait_for_selector("main .card h3 [lang=ja]")


def test_what_goes_wrong_is_said_and_nothing_is_lost(watched: Watched, list_file: Path, tmp_path: Path) -> None:
    page = with_list(watched, list_file)
    wrong = tmp_path / "holiday.xml"
    wrong.write_text("<html>not a list</html>")
    page.set_input_files("input[type=file]", wrong)
    page.wait_for_selector(".problem")
    assert page.locator(".rows li").count() >= 10
    page.goto(watched.server + "/like/999999")
    page.wait_for_selector(".failure")
    assert "No item 999999 among" in page.inner_text(".failure:has(h1)")
    page.goto(watched.server + "/nowhere")
    page.wait_for_selector("h1:has-text('There is nothing here')")
    # The browser itself reports each of these answers; they are the point here.
    watched.errors[:] = [one for one in watched.errors if "Failed to load resource" not in one]


VIEWS = ["/", "/for-you", "/like", "/like/292", "/people", "/people/17", "/together", "/planned", "/map", "/about"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(watched: Watched, list_file: Path, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing")
    page = with_list(watched, list_file)
    page.emulate_media(color_scheme=scheme)
    found = {}
    for view in VIEWS:
        watched.open(view)
        page.wait_for_selector("main h1")
        page.wait_for_load_state("networkidle")
        if view == "/for-you":
            page.click("summary:has-text('Filters')")
        violations = axe.Axe().run(page).response["violations"]
        worst = [
            (one["id"], one["nodes"][0]["html"][:160])
            for one in violations
            if one["impact"] in ("serious", "critical")
        ]
        if worst:
            found[view] = worst
    assert found == {}


def test_every_view_fits_a_phone(watched: Watched, list_file: Path) -> None:
    page = with_list(watched, list_file)
    page.set_viewport_size({"width": 390, "height": 844})
    for view in VIEWS:
        watched.open(view)
        page.wait_for_selector("main h1")
        page.wait_for_load_state("networkidle")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, view


PICTURES_OF = [
    ("for-you", "/for-you", 1280, "light"),
    ("like-this", "/like/292", 1280, "dark"),
    ("map", "/map", 1280, "light"),
    ("phone", "/for-you", 390, "dark"),
]


@pytest.mark.parametrize(("name", "view", "width", "scheme"), PICTURES_OF)
def test_the_readmes_pictures_are_of_this_page(
    watched: Watched, list_file: Path, tmp_path: Path, name: str, view: str, width: int, scheme: str
) -> None:
    page = with_list(watched, list_file)
    page.set_viewport_size({"width": width, "height": 844 if width < 500 else 860})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    watched.open(view)
    page.wait_for_selector("canvas[data-ready]" if view == "/map" else "main .card")
    page.wait_for_load_state("networkidle")
    # They change with every font and every figure: drawn anew only where somebody asks for it.
    folder = PICTURES if os.environ.get("KONOMI_PICTURES") else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    picture = folder / f"{name}.png"
    page.screenshot(path=picture)
    assert 5_000 < picture.stat().st_size < 200_000
