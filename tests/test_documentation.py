"""Every code block of the documentation that can run here runs, and the others say why not."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from konomi.cli import main

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted([DOCS / "tutorial.md", *(DOCS / "how-to").glob("*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A folder in which `konomi demo` has run."""
    folder = tmp_path_factory.mktemp("docs")
    run(f"konomi demo --out {folder / 'konomi-demo'}")
    return folder


def run(command):
    with pytest.raises(SystemExit) as ended:
        main(shlex.split(command)[1:])
    assert not ended.value.code, command


def blocks(page):
    return BLOCK.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_blocks_of_a_page_run(page, demo, monkeypatch):
    monkeypatch.chdir(demo)
    monkeypatch.setenv("COLUMNS", "80")
    names: dict[str, object] = {}
    for language, text in blocks(page):
        if language == "python":
            example = doctest.DocTestParser().get_doctest(text, names, page.name, str(page), 0)
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
            said: list[str] = []
            assert runner.run(example, out=said.append, clear_globs=False).failed == 0, "".join(said)
            names = example.globs
        elif language == "console":
            for line in text.splitlines():
                run(line.removeprefix("$ "))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_block_that_is_not_run_is_a_file_a_server_or_explained(page):
    text = page.read_text(encoding="utf-8")
    for match in BLOCK.finditer(text):
        if match[1] == "":
            explained = "not run here" in text[: match.start()].rsplit("```", 1)[-1]
            assert explained or re.match(r"(konomi serve|curl) ", match[2]), match[2]


def test_every_page_of_the_documentation_is_in_its_navigation():
    navigation = (DOCS.parent / "properdocs.yml").read_text(encoding="utf-8")
    pages = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if page.parent.name != "decisions"}
    assert {page for page in pages if page not in navigation} == set()
