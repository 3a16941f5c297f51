"""Questions on the command line."""

import json

from rich.cells import cell_len


def test_similar_items_lists_the_franchise_first(run, demo_model):
    ran = run("similar-items", demo_model, "Dragon Ball Z", "-k", 5)
    assert ran.code == 0
    first = ran.out.splitlines()[2]
    assert "Dragon Ball" in first


def test_tables_fit_eighty_columns(run, demo_model):
    for command in (
        ("similar-items", demo_model, "Kimi no Na wa.", "-k", 20),
        ("recommend", demo_model, "--user", 1, "-k", 20),
        ("recommend", demo_model, "--user", 1, "--why"),
    ):
        ran = run(*command)
        assert ran.code == 0, ran.err
        assert max(cell_len(line) for line in ran.out.splitlines() if not line.startswith("Note")) <= 80


def test_json_is_one_object_with_the_promised_keys(run, demo_model):
    ran = run("similar-items", demo_model, "Death Note", "-k", 3, "--json")
    answer = json.loads(ran.out)
    assert answer["query"]["title"] == "Death Note"
    assert [row["rank"] for row in answer["results"]] == [1, 2, 3]
    assert set(answer["results"][0]) == {
        "rank", "item_id", "title", "similarity", "genres", "type", "year", "synopsis",
    }  # fmt: skip


def test_json_reasons_sum_to_the_score(run, demo_model):
    ran = run("recommend", demo_model, "--like", "Monster=10", "--like", "Mushishi=9", "--why", "--json")
    for row in json.loads(ran.out)["results"]:
        assert abs(sum(reason["contribution"] for reason in row["because"]) - row["score"]) < 1e-4


def test_similar_users_never_names_the_user_asked_about(run, demo_model):
    ran = run("similar-users", demo_model, 7, "-k", 50, "--json")
    assert 7 not in [row["user_id"] for row in json.loads(ran.out)["results"]]


def test_recommend_by_users_shows_only_unseen_titles(run, demo_model):
    import konomi

    recommender = konomi.load(demo_model)
    seen = recommender.ratings.history(recommender.ratings.users.row_of(7)).item_index
    ran = run("recommend", demo_model, "--user", 7, "--by", "users", "--json")
    shown = recommender.catalog.items.rows_of([row["item_id"] for row in json.loads(ran.out)["results"]])
    assert ran.code == 0
    assert len(shown) == 10
    assert not set(shown.tolist()) & set(seen.tolist())


def test_recommendations_for_everybody_go_into_one_file(run, demo_model, tmp_path):
    import polars as pl

    ran = run("recommend", demo_model, "--all", "-o", tmp_path / "recs.parquet", "-k", 3)
    assert ran.code == 0, ran.err
    frame = pl.read_parquet(tmp_path / "recs.parquet")
    alone = json.loads(run("recommend", demo_model, "--user", 7, "-k", 3, "--json").out)["results"]
    assert frame.filter(pl.col("user_id") == 7)["item_id"].to_list() == [row["item_id"] for row in alone]


def test_a_list_gives_recommendations_and_says_what_was_matched(run, demo_model, tmp_path):
    mine = tmp_path / "mine.csv"
    mine.write_text("title,score\nMonster,10\nMushishi,9\nNo Such Title,5\n")
    ran = run("recommend", demo_model, "--list", mine, "-k", 3)
    assert ran.code == 0, ran.err
    assert "matched 2 of 3" in ran.out


def test_several_people_get_one_answer(run, demo_model):
    ran = run("recommend", demo_model, "--user", 1, "--user", 2, "-k", 4, "--json")
    assert ran.code == 0, ran.err
    assert len(json.loads(ran.out)["results"]) == 4


def test_filters_hold(run, demo_model):
    ran = run("similar-items", demo_model, "Death Note", "--type", "movie", "--year-from", 2000, "--json")
    rows = json.loads(ran.out)["results"]
    assert len(rows) == 10
    assert all(row["type"] == "Movie" and row["year"] >= 2000 for row in rows)


def test_info_tells_model_and_data(run, demo_model, demo_data):
    assert "model: linear" in run("info", demo_model).out
    assert json.loads(run("info", demo_data, "--json").out)["format"] == "konomi dataset"


def test_doctor_finds_this_machine_fit(run):
    ran = run("doctor")
    assert ran.code == 0
    assert "FAIL" not in ran.out


def test_every_command_has_help_with_an_example(run):
    commands = [line.split()[0] for line in run("-h").out.split("Commands:")[1].splitlines() if line.strip()]
    assert len(commands) >= 8
    for command in commands:
        ran = run(command, "-h")
        assert ran.code == 0
        assert f"Example: konomi {command}" in ran.out, command
