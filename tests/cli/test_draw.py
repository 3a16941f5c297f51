"""`konomi map`."""

import json

import konomi


def test_the_map_says_its_regions_and_marks_a_history(run, demo_model, tmp_path):
    ran = run("map", demo_model)
    assert ran.out.splitlines()[0] == "664 titles on the map, by region:"
    assert ran.out.splitlines()[1].split() == ["region", "titles", "best", "known", "there"]
    page = tmp_path / "map.html"
    ran = run("map", demo_model, "--like", "Monster=10", "--like", "Mushishi", "--type", "TV", "-o", page, "--json")
    found = json.loads(ran.out)
    assert found["query"] == {
        "history": [{"item_id": 120, "rating": 10.0}, {"item_id": 479, "rating": None}],
        "where": {"type": ["TV"]},
    }
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
    ran = run("map", demo_model, "--user", 7, "--like", "Monster")
    assert (ran.code, "the map marks one person" in ran.err) == (2, True)
    ran = run("map", demo_model, "--year-from", 2100)
    assert (ran.code, "loosen one of them" in ran.err) == (2, True)
    ran = run("map", demo_model, "-o", "map.png")
    assert (ran.code, ".html" in ran.err) == (2, True)
    konomi.train(demo_data, model="popularity", out=tmp_path / "popularity")
    ran = run("map", tmp_path / "popularity")
    assert (ran.code, "train the linear model" in ran.err) == (2, True)
