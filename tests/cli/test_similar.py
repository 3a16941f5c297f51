"""`konomi similar-items` and `konomi similar-users`."""

import json
import re

import konomi


def test_similar_items_lists_the_franchise_first(run, demo_model):
    ran = run("similar-items", demo_model, "Dragon Ball Z", "-k", 5)
    assert ran.code == 0
    first = ran.out.splitlines()[2]
    assert "Dragon Ball" in first


def test_json_is_one_object_with_the_promised_keys(run, demo_model):
    ran = run("similar-items", demo_model, "Death Note", "-k", 3, "--json")
    answer = json.loads(ran.out)
    assert answer["query"]["title"] == "Death Note"
    assert [row["rank"] for row in answer["results"]] == [1, 2, 3]
    assert set(answer["results"][0]) == {
        "rank", "item_id", "title", "similarity", "genres", "type", "year", "synopsis",
    }  # fmt: skip


def test_similar_users_never_names_the_user_asked_about(run, demo_model):
    ran = run("similar-users", demo_model, 7, "-k", 50, "--json")
    assert 7 not in [row["user_id"] for row in json.loads(ran.out)["results"]]


def test_similar_users_are_found_for_a_list_and_for_named_titles(run, demo_model, tmp_path):
    recommender = konomi.load(demo_model)
    own = recommender.ratings.history(recommender.ratings.users.index_of(7)).watched()
    ids = recommender.catalog.items.ids[own.item_index].tolist()
    path = tmp_path / "list.csv"
    path.write_text("item_id,score\n" + "".join(f"{one},8\n" for one in ids))
    ran = run("similar-users", demo_model, "--list", path, "-k", 3, "--json")
    assert json.loads(ran.out)["results"][0]["user_id"] == 7
    ran = run("similar-users", demo_model, "--like", "Monster=10", "--like", "Mushishi", "-k", 3, "--why")
    assert ran.code == 0, ran.err
    assert "Users most similar to the history Monster=10, Mushishi:" in ran.out
    assert "\nThe history Monster=10, Mushishi and user " in ran.out


def test_similar_users_are_those_of_one_person(run, demo_model):
    for people in ((), (7, "--like", "Monster")):
        ran = run("similar-users", demo_model, *people)
        assert (ran.code, "similar to whom?" in ran.err) == (2, True)


def test_only_and_without_take_item_ids(run, demo_model):
    ran = run("similar-items", demo_model, "Death Note", "-k", 2, "--json")
    first, second = (row["item_id"] for row in json.loads(ran.out)["results"])
    ran = run("similar-items", demo_model, "Death Note", "-k", 1, "--json", "--without", first)
    assert json.loads(ran.out)["results"][0]["item_id"] == second
    ran = run("similar-items", demo_model, "Death Note", "-k", 5, "--json", "--only", second)
    assert [row["item_id"] for row in json.loads(ran.out)["results"]] == [second]


def test_filters_hold(run, demo_model):
    ran = run("similar-items", demo_model, "Death Note", "--type", "movie", "--year-from", 2000, "--json")
    rows = json.loads(ran.out)["results"]
    assert len(rows) == 10
    assert all(row["type"] == "Movie" and row["year"] >= 2000 for row in rows)


def test_the_query_repeats_what_was_asked(run, demo_model, tmp_path):
    ran = run("similar-items", demo_model, "death note", "-k", 3, "--least", "--type", "TV", "--json")
    assert json.loads(ran.out)["query"] == {
        "item_id": 114, "title": "Death Note", "k": 3, "least": True, "where": {"type": ["TV"]},
    }  # fmt: skip
    ran = run("similar-users", demo_model, "--like", "monster=10", "--like", "Mushishi", "-k", 2, "--why", "--json")
    assert json.loads(ran.out)["query"] == {
        "history": [{"item_id": 120, "rating": 10.0}, {"item_id": 479, "rating": None}],
        "k": 2, "least": False, "why": True,
    }  # fmt: skip
    path = tmp_path / "list.csv"
    path.write_text("item_id,score\n120,7\n")
    ran = run("similar-users", demo_model, "--list", path, "-k", 2, "--json")
    assert json.loads(ran.out)["query"]["history"] == [{"item_id": 120, "rating": 7.0}]
    assert json.loads(run("similar-users", demo_model, 7, "--json").out)["query"] == {
        "user_id": 7, "k": 10, "least": False,
    }  # fmt: skip


def test_a_comparison_names_no_title_as_liked_by_both_and_as_unlike(run, demo_model):
    ran = run("similar-users", demo_model, 7, "-k", 100, "--why", "--json")
    compared = [row["comparison"] for row in json.loads(ran.out)["results"]]
    assert sum(bool(one["shared_favorites"]) and bool(one["differences"]) for one in compared) > 10
    for one in compared:
        liked, unlike = ({row["item_id"] for row in one[key]} for key in ("shared_favorites", "differences"))
        assert not liked & unlike


def test_titles_of_another_language_are_shown_and_found(run, demo_model):
    main = json.loads(run("similar-items", demo_model, "Kimi no Na wa.", "--json").out)
    for typed in ("Kimi no Na wa.", "Your Name."):
        ran = run("similar-items", demo_model, typed, "--titles", "english", "--json")
        english = json.loads(ran.out)
        assert english["query"]["title"] == "Your Name."
        assert [row["item_id"] for row in english["results"]] == [row["item_id"] for row in main["results"]]
    assert "Weathering with You" in {row["title"] for row in english["results"]}
    ran = run("recommend", demo_model, "--like", "Your Name.=9", "--titles", "english")
    assert ran.out.startswith("For the history Your Name.=9:")


def test_the_least_similar_items_are_not_listed_where_thousands_tie(run, demo_data, tmp_path):
    """Of item-knn most pairs of items have no similarity: 0."""
    konomi.train(demo_data, model="item-knn", config={"kept_neighbors": 20}, out=tmp_path / "model")
    ran = run("similar-items", tmp_path / "model", "Death Note", "--least")
    assert ran.code == 0, ran.err
    heading, note = ran.out.splitlines()
    assert heading == "Least similar to Death Note (id 114):"
    assert re.match(r"Note: \d{3} items have the same similarity, 0.000: they have no order", note)
