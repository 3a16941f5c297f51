"""The options of Filters on the command line."""

import json

import pytest

from konomi.data.filters import filter_options


@pytest.mark.parametrize("command", ["similar-items", "recommend", "map"])
def test_every_filter_is_an_option_of_every_command_that_lists_items(run, command):
    ran = run(command, "--help")
    flags = {"genre_none": "--no-genre"}
    for option in filter_options():
        assert flags.get(option.name, "--" + option.name.replace("_", "-")) in ran.out


def test_options_reach_the_answer(run, demo_model):
    ran = run(
        "similar-items", demo_model, "Death Note", "-k", 30, "--json",
        "--type", "Movie", "--type", "OVA", "--year-from", 1990, "--no-genre", "Comedy",
    )  # fmt: skip
    results = json.loads(ran.out)["results"]
    assert {row["type"] for row in results} <= {"Movie", "OVA"}
    assert all(row["year"] >= 1990 and "Comedy" not in row["genres"] for row in results)


def test_a_value_outside_its_range_is_refused_with_the_range(run, demo_model):
    ran = run("similar-items", demo_model, "Death Note", "--year-from", 20_000)
    assert ran.code == 2
    assert "give a whole number from 0 to 9999" in ran.err
