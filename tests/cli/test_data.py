"""`konomi info`."""

import json


def test_info_tells_model_and_data(run, demo_model, demo_data):
    assert "model: linear" in run("info", demo_model).out
    assert json.loads(run("info", demo_data, "--json").out)["format"] == "konomi dataset"
