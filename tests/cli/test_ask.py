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


def test_similar_users_are_found_for_a_list_and_for_what_somebody_likes(run, demo_model, tmp_path):
    import konomi

    recommender = konomi.load(demo_model)
    own = recommender.ratings.history(recommender.ratings.users.index_of(7)).watched()
    ids = recommender.catalog.items.ids[own.item_index].tolist()
    path = tmp_path / "list.csv"
    path.write_text("item_id,score\n" + "".join(f"{one},8\n" for one in ids))
    ran = run("similar-users", demo_model, "--list", path, "-k", 3, "--json")
    assert json.loads(ran.out)["results"][0]["user_id"] == 7
    ran = run("similar-users", demo_model, "--like", "Monster=10", "--like", "Mushishi", "-k", 3, "--why")
    assert ran.code == 0, ran.err
    assert "somebody who likes Monster=10, Mushishi" in ran.out


def test_a_list_says_what_the_model_lacks_and_is_refused_if_that_is_all(run, demo_model, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("title,score\nMonster,9\nNobody Knows This,8\n")
    ran = run("recommend", demo_model, "--list", path)
    assert "matched 1 of 2 titles" in ran.out
    assert "not in this model: Nobody Knows This" in ran.out
    ran = run("recommend", demo_model, "--list", path, "--json")
    assert json.loads(ran.out)["results"]
    assert "not in this model: Nobody Knows This" in ran.err
    path.write_text("title,score\nNobody Knows This,8\n")
    ran = run("recommend", demo_model, "--list", path)
    assert (ran.code, "none of the 1 titles" in ran.err) == (2, True)


def test_the_map_says_its_regions_and_marks_what_somebody_likes(run, demo_model, tmp_path):
    ran = run("map", demo_model)
    assert ran.out.splitlines()[1].split() == ["region", "titles", "best", "known", "there"]
    page = tmp_path / "map.html"
    ran = run("map", demo_model, "--like", "Monster=10", "--like", "Mushishi", "--type", "TV", "-o", page, "--json")
    found = json.loads(ran.out)
    mine = {row["title"]: (row["x"], row["y"]) for row in found["results"]}
    assert (found["you"]["x"], found["you"]["y"]) in (mine["Monster"], mine["Mushishi"])
    assert "Kimi no Na wa." not in mine
    assert sum(row["region"] is not None for row in found["results"]) == sum(
        one["n_items"] for one in found["regions"]
    )
    drawn = page.read_text()
    assert "you are here" in drawn
    assert "https://cdn" not in drawn.split("</script>", 1)[1]


def test_a_map_is_of_one_person_and_of_a_model_with_vectors(run, demo_model, demo_data, tmp_path):
    import konomi

    ran = run("map", demo_model, "--user", 7, "--like", "Monster")
    assert (ran.code, "whose place?" in ran.err) == (2, True)
    ran = run("map", demo_model, "--year-from", 2100)
    assert (ran.code, "loosen one of them" in ran.err) == (2, True)
    ran = run("map", demo_model, "-o", "map.png")
    assert (ran.code, ".html" in ran.err) == (2, True)
    konomi.train(demo_data, model="popularity", out=tmp_path / "popularity")
    ran = run("map", tmp_path / "popularity")
    assert (ran.code, "train linear or spectral" in ran.err) == (2, True)


def test_similar_users_of_nobody_or_of_two_is_an_error(run, demo_model):
    for nobody in ((), (7, "--like", "Monster")):
        ran = run("similar-users", demo_model, *nobody)
        assert (ran.code, "like whom?" in ran.err) == (2, True)


def test_several_filters_hold_together(run, demo_model):
    ran = run(
        "recommend", demo_model, "--user", 7, "-k", 5, "--json", "--type", "TV", "--genre-all", "Action",
        "--genre-all", "Drama", "--no-genre", "Mecha", "--year-from", 1995, "--episodes-from", 12,
        "--episodes-to", 30,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    rows = json.loads(ran.out)["results"]
    assert rows
    assert all({"Action", "Drama"} <= set(row["genres"]) and row["year"] >= 1995 for row in rows)


def test_only_and_without_take_item_ids(run, demo_model):
    ran = run("similar-items", demo_model, "Death Note", "-k", 2, "--json")
    first, second = (row["item_id"] for row in json.loads(ran.out)["results"])
    ran = run("similar-items", demo_model, "Death Note", "-k", 1, "--json", "--without", first)
    assert json.loads(ran.out)["results"][0]["item_id"] == second
    ran = run("similar-items", demo_model, "Death Note", "-k", 5, "--json", "--only", second)
    assert [row["item_id"] for row in json.loads(ran.out)["results"]] == [second]


def test_parts_of_the_own_list_are_included_on_request(run, demo_model):
    liked = ("--like", "Death Note=10", "--like", "Monster=9")
    ran = run("recommend", demo_model, *liked, "--json", "-k", 100, "--include", "seen")
    assert "Monster" in [row["title"] for row in json.loads(ran.out)["results"]]
    ran = run("recommend", demo_model, "--like", "Monster=10", "--include", "loved")
    assert (ran.code, "is no part of a list" in ran.err) == (2, True)


def test_recommend_by_users_shows_only_unseen_titles(run, demo_model):
    import konomi

    recommender = konomi.load(demo_model)
    seen = recommender.ratings.history(recommender.ratings.users.index_of(7)).item_index
    ran = run("recommend", demo_model, "--user", 7, "--by", "users", "--json")
    shown = recommender.catalog.items.indices_of([row["item_id"] for row in json.loads(ran.out)["results"]])
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


def test_every_command_has_help_with_an_example(run):
    commands = [line.split()[0] for line in run("-h").out.split("Commands:")[1].splitlines() if line.strip()]
    assert len(commands) >= 8
    for command in commands:
        ran = run(command, "-h")
        assert ran.code == 0
        assert f"Example: konomi {command}" in ran.out, command
