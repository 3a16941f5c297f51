"""The page on the demo's model, in a fresh Chromium each time: when something useful stands there.

python benchmarks/bench_page.py [--runs N]

Each run is a new browser, so nothing is cached. "Useful" is the first frame after the heading of Start, and after
the first card of recommendations for a list of ten titles; both are counted from the start of the navigation, as
the browser's own first contentful paint is. Needs playwright and Chromium (Debian: `apt install chromium`).
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import konomi
from bench_server import serving
from harness import Measured, Report, Size, options
from konomi.data.dataset import Dataset
from konomi.synthetic.demo import write_demo_files

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
N_TITLES = 10
# Notes when an element first stands there and the frame with it is being drawn.
WATCH = """
new MutationObserver((_, watcher) => {
  if (!document.querySelector(%s)) return;
  watcher.disconnect();
  requestAnimationFrame(() => setTimeout(() => { document.documentElement.dataset.usefulAt = performance.now(); }));
}).observe(document, { childList: true, subtree: true });
"""


def main() -> None:
    asked = options(__doc__, runs=7)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sys.exit("bench_page needs playwright: pip install playwright")
    with tempfile.TemporaryDirectory() as folder:
        model = demo_model(Path(folder))
        ratings = Dataset.open(model / "dataset").ratings
        report = Report("page", Size(ratings.n_rows, ratings.n_users, ratings.n_items))
        with serving(model) as (address, _), sync_playwright() as playwright:
            for work, path, useful in (
                ("Start, its heading", "/", "main h1"),
                (f"For you, the first card of a list of {N_TITLES}", "/for-you", "main .card"),
            ):
                firsts, times = [], []
                for _ in range(asked.runs):
                    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
                    first, time = painted(browser, address, path, useful)
                    browser.close()
                    firsts.append(first)
                    times.append(time)
                took = Measured(seconds=tuple(times), cpu_seconds=tuple(0.0 for _ in times))
                figures = {"first_contentful_paint": sorted(firsts)[len(firsts) // 2], "slowest": max(times)}
                report.add(work, took, target="1 s", load_average=os.getloadavg()[0], **figures)
        report.write()


def demo_model(folder: Path) -> Path:
    """The demo's model, as `konomi demo` makes it."""
    files = write_demo_files(folder)
    konomi.ingest(files.ratings, items=files.items, out=folder / "data")
    konomi.train(folder / "data", out=folder / "model")
    return folder / "model"


def painted(browser: Any, address: str, path: str, useful: str) -> tuple[float, float]:
    """Seconds until the first contentful paint, and until what is useful stands there."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    context.add_init_script(
        f"localStorage.setItem('konomi.list', {json.dumps(json.dumps(a_list(context, address)))})"
    )
    context.add_init_script(WATCH % json.dumps(useful))
    page = context.new_page()
    page.goto(address + path)
    page.wait_for_selector("html[data-useful-at]", state="attached")
    first = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    return first / 1000, float(page.get_attribute("html", "data-useful-at")) / 1000


def a_list(context: Any, address: str) -> dict[str, Any]:
    """Ten well-known titles, as the page itself keeps a list."""
    found = context.request.get(f"{address}/api/items?limit={N_TITLES}").json()["results"]
    return {"name": "", "rows": [{"item": item, "rating": 8, "status": "completed"} for item in found]}


if __name__ == "__main__":
    main()
