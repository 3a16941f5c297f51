"""`konomi verify`: a folder as it was written, or the names of what is not."""

import json
import shutil

import numpy as np
import pytest

from konomi.storage.kind import MODEL


@pytest.fixture
def model(demo_model, tmp_path):
    shutil.copytree(demo_model, tmp_path / "model")
    return tmp_path / "model"


def test_a_model_and_its_dataset_verify(run, model, demo_data):
    for folder, kind in (
        (model, "konomi model"),
        (model / "dataset", "konomi dataset"),
        (demo_data, "konomi dataset"),
    ):
        ran = run("verify", folder)
        assert ran.code == 0
        assert f"is a {kind} as it was written: " in ran.out


def test_a_flipped_bit_is_named_and_ends_with_2(run, model):
    path = model / "model" / "weight_values.npy"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    ran = run("verify", model)
    assert ran.code == 2
    assert "changed: model/weight_values.npy" in ran.err
    assert ran.out == ""


def test_a_folder_whose_manifest_fits_and_whose_indices_do_not_is_refused(run, model):
    path = model / "model" / "weight_offsets.npy"
    offsets = np.load(path)
    offsets[2] = 10**12
    np.save(path, offsets)
    about = json.loads((model / MODEL.marker).read_text())
    (model / MODEL.marker).unlink()
    MODEL.write(model, {key: about[key] for key in about if key not in ("files", "checksum", "format_version")})
    ran = run("verify", model)
    assert ran.code == 2
    assert "weight_offsets does not rise from 0" in ran.err


def test_a_folder_of_something_else_is_one_message(run, tmp_path):
    ran = run("verify", tmp_path)
    assert ran.code == 2
    assert "is neither a dataset nor a model: it holds no model.json, dataset.json, checkpoint.json" in ran.err


def test_info_does_not_print_the_manifest(run, model):
    ran = run("info", model)
    assert ran.code == 0
    assert "sha256" not in ran.out
