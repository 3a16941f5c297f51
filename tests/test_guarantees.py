"""docs/guarantees.md promises nothing without a test."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
PAGE = (TESTS.parent / "docs" / "guarantees.md").read_text(encoding="utf-8")
NAME = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
ROWS = [line for line in PAGE.splitlines() if line.startswith("|") and not re.match(r"\|(---| promise )", line)]
NAMED = sorted(set(NAME.findall(PAGE)))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2:50])
def test_every_promise_names_a_test(row):
    promise, _bounds, tests = [cell.strip() for cell in row.strip("|").split("|")]
    assert promise.endswith(".")
    assert NAME.findall(tests)


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_every_named_test_exists(file, name):
    path = TESTS / file
    assert path.is_file()
    defined = ast.parse(path.read_text(encoding="utf-8")).body
    assert name in {one.name for one in defined if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_the_page_names_no_test_in_another_way():
    assert len(re.findall(r"\btest_\w+`", PAGE)) == len(NAME.findall(PAGE))
