"""`konomi info`, and `konomi ingest` with relations."""

import json

import konomi


def test_info_tells_model_and_data(run, demo_model, demo_data):
    assert "model: linear" in run("info", demo_model).out
    assert json.loads(run("info", demo_data, "--json").out)["format"] == "konomi dataset"


def test_relations_join_series_and_are_reported(run, tmp_path):
    (tmp_path / "ratings.csv").write_text("user_id,anime_id,rating\n1,10,8\n2,20,6\n")
    (tmp_path / "items.csv").write_text("anime_id,name,genre\n10,Alpha,x\n20,Beta,x\n")
    (tmp_path / "related.csv").write_text("anime_id,related_anime_id,relation\n10,20,Sequel\n10,77,Prequel\n")
    files = (tmp_path / "ratings.csv", "--items", tmp_path / "items.csv", "--relations", tmp_path / "related.csv")
    ran = run("ingest", *files, "-o", tmp_path / "data")
    assert ran.code == 0
    assert "2 relations: 2 items in 1 franchise\n1 id of the relations not in the catalog\n" in ran.out
    assert konomi.Dataset.open(tmp_path / "data").catalog.frame["franchise"].to_list() == ["Alpha", "Alpha"]


def test_a_file_of_relations_that_is_missing_or_wrong_is_one_message(run, tmp_path):
    (tmp_path / "ratings.csv").write_text("user_id,anime_id,rating\n1,10,8\n")
    for related, message in ((tmp_path / "no.csv", "no.csv"), (tmp_path / "ratings.csv", "ids of two items")):
        ran = run("ingest", tmp_path / "ratings.csv", "--relations", related, "-o", tmp_path / "data")
        assert ran.code == 2
        assert message in ran.err
        assert not (tmp_path / "data").exists()
