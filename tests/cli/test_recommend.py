"""`konomi recommend`."""

import json

from rich.cells import cell_len

import konomi
from konomi.data.history import Entry


def test_tables_fit_eighty_columns(run, demo_model):
    for command in (
        ("similar-items", demo_model, "Kimi no Na wa.", "-k", 20),
        ("recommend", demo_model, "--user", 1, "-k", 20),
        ("recommend", demo_model, "--user", 1, "--why"),
    ):
        ran = run(*command)
        assert ran.code == 0, ran.err
        assert max(cell_len(line) for line in ran.out.splitlines() if not line.startswith("Note")) <= 80


def test_json_reasons_sum_to_the_score(run, demo_model):
    ran = run("recommend", demo_model, "--like", "Monster=10", "--like", "Mushishi=9", "--why", "--json")
    for row in json.loads(ran.out)["results"]:
        assert abs(sum(reason["contribution"] for reason in row["because"]) - row["score"]) < 1e-4


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


def test_parts_of_the_own_list_are_included_on_request(run, demo_model):
    liked = ("--like", "Death Note=10", "--like", "Monster=9")
    ran = run("recommend", demo_model, *liked, "--json", "-k", 100, "--include", "seen")
    assert "Monster" in [row["title"] for row in json.loads(ran.out)["results"]]
    ran = run("recommend", demo_model, "--like", "Monster=10", "--include", "loved")
    assert (ran.code, "'seen', 'planned', 'dropped'" in ran.err) == (2, True)


def test_recommend_by_users_shows_only_unseen_titles(run, demo_model):
    recommender = konomi.load(demo_model)
    seen = recommender.ratings.history(recommender.ratings.users.index_of(7)).item_index
    ran = run("recommend", demo_model, "--user", 7, "--by", "users", "--json")
    shown = recommender.catalog.items.indices_of([row["item_id"] for row in json.loads(ran.out)["results"]])
    assert ran.code == 0
    assert len(shown) == 10
    assert not set(shown.tolist()) & set(seen.tolist())


def test_recommendations_for_all_users_go_into_one_file(run, demo_model, tmp_path):
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
    ran = run("recommend", demo_model, "--user", 1, "--user", 2, "-k", 4)
    assert ran.out.splitlines()[0] == "For user 1 and user 2 together:"
    assert ran.out.splitlines()[1].split()[:6] == ["#", "score", "person", "1", "person", "2"]


LIST = """<myanimelist>
<anime><series_animedb_id>120</series_animedb_id><series_title>Monster</series_title><my_score>10</my_score>
<my_status>Completed</my_status></anime>
<anime><series_animedb_id>479</series_animedb_id><series_title>Mushishi</series_title><my_score>0</my_score>
<my_status>Plan to Watch</my_status></anime>
</myanimelist>"""


def test_the_query_repeats_what_was_asked(run, demo_model, tmp_path):
    ran = run(
        "recommend", demo_model, "--like", "monster=10", "--like", "Mushishi", "-k", 2, "--by", "items", "--json",
        "--niche", 0.5, "--franchise", "next", "--include", "seen", "--why", "--year-from", 1990,
        "--genre", "Drama",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["query"] == {
        "history": [{"item_id": 120, "rating": 10.0}, {"item_id": 479, "rating": None}],
        "k": 2, "by": "items", "niche": 0.5, "franchise": "next", "include": ["seen"], "why": True,
        "where": {"genre": ["Drama"], "year_from": 1990},
    }  # fmt: skip
    mine = tmp_path / "mine.xml"
    mine.write_text(LIST)
    asked = [
        {"item_id": 120, "rating": 10.0, "status": "completed"},
        {"item_id": 479, "rating": None, "status": "planned"},
    ]
    ran = run("recommend", demo_model, "--list", mine, "--planned", "--json")
    assert json.loads(ran.out)["query"] == {"history": asked, "n_items": 1, "planned": True}
    ran = run("recommend", demo_model, "--list", mine, "--user", 7, "--json", "--together", "average")
    assert json.loads(ran.out)["query"] == {
        "people": [{"user_id": 7}, {"history": asked}], "k": 10, "how": "average",
    }  # fmt: skip


def test_the_history_of_a_query_is_one_that_the_library_takes(run, demo_model, tmp_path):
    recommender = konomi.load(demo_model)
    mine = tmp_path / "mine.xml"
    mine.write_text(LIST)
    found = json.loads(run("recommend", demo_model, "--list", mine, "--json").out)
    again = recommender.recommend(history=[Entry(**row) for row in found["query"]["history"]])
    assert again.item_ids.tolist() == [row["item_id"] for row in found["results"]]


def test_the_heading_names_the_history(run, demo_model, tmp_path):
    ran = run("recommend", demo_model, "--like", "monster=8.0", "--like", "id:479")
    assert ran.out.splitlines()[0] == "For the history Monster=8, Mushishi:"
    (tmp_path / "mine.csv").write_text("title,score\nMonster,10\n")
    ran = run("recommend", demo_model, "--list", tmp_path / "mine.csv")
    assert ran.out.splitlines()[1] == f"For the list {tmp_path / 'mine.csv'}:"
    titles = konomi.load(demo_model).catalog.titles[:23]
    ran = run("recommend", demo_model, *(word for title in titles for word in ("--like", title)))
    assert ran.out.splitlines()[0].endswith(" and 3 more:")
