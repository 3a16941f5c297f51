"""No command removes or replaces a file that konomi did not write."""

import shutil

import pytest

import konomi
from konomi.errors import StorageError
from konomi.synthetic.demo import write_demo_files


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    files = write_demo_files(folder, n_viewers=60)
    konomi.ingest(files.ratings, items=files.items, out=folder / "data")
    konomi.train(folder / "data", model="popularity", out=folder / "model")
    return folder


@pytest.fixture
def here(made, tmp_path):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def everything(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def train(here, **options):
    return konomi.train(here / "data", model="popularity", out=here / "model", **options)


@pytest.mark.parametrize("name", ["linear", "popularity", "neural"])
def test_a_folder_of_the_users_own_named_like_a_checkpoint_survives_training(here, name):
    (here / "model.checkpoint").mkdir()
    (here / "model.checkpoint" / "thesis.txt").write_text("mine")
    if name == "neural":  # the one model that would write there
        with pytest.raises(StorageError, match=r"holds no checkpoint\.json"):
            konomi.train(here / "data", model="neural", out=here / "model", config={"min_ratings": 1, "epochs": 1})
    else:
        konomi.train(here / "data", model=name, out=here / "model")
    assert (here / "model.checkpoint" / "thesis.txt").read_text() == "mine"


def test_the_checkpoint_of_a_paused_network_survives_the_training_of_another_model(here):
    from konomi.models.neural.model import NeuralConfig, prepare
    from konomi.models.neural.model import train as train_neural

    config = NeuralConfig(min_ratings=1, epochs=1, embedding_dim=8)
    dataset = prepare(konomi.Dataset.open(here / "data"), config)
    train_neural(dataset, config, checkpoint=here / "model.checkpoint")
    before = everything(here / "model.checkpoint")
    train(here)
    assert everything(here / "model.checkpoint") == before


def test_a_finished_network_leaves_no_checkpoint(here):
    konomi.train(here / "data", model="neural", out=here / "n", config={"min_ratings": 1, "epochs": 1})
    assert not (here / "n.checkpoint").exists()


def test_an_input_inside_the_output_is_refused(here):
    shutil.copy(here / "simulated_animelist.csv", here / "data" / "raw.csv")
    before = everything(here)
    with pytest.raises(StorageError, match=r"holds the input .*raw\.csv"):
        konomi.ingest(here / "data" / "raw.csv", out=here / "data")
    assert everything(here) == before


def test_a_catalog_inside_the_output_is_refused(here):
    (here / "new").mkdir()
    shutil.copy(here / "demo_anime.csv", here / "new" / "anime.csv")
    with pytest.raises(StorageError, match="holds the input"):
        konomi.ingest(here / "simulated_animelist.csv", items=here / "new" / "anime.csv", out=here / "new")
    assert (here / "new" / "anime.csv").exists()


@pytest.mark.parametrize("out", ["model", "data"])
def test_training_never_replaces_the_dataset_that_it_reads(here, out):
    before = everything(here)
    with pytest.raises(StorageError):
        konomi.train(here / out / "dataset" if out == "model" else here / "data", out=here / out)
    assert everything(here) == before


@pytest.mark.parametrize("name", ["map.html", "notes.txt", "nested/model.json", "model/extra.npy"])
def test_what_a_user_put_into_a_model_is_never_removed(here, name):
    (here / "model" / name).parent.mkdir(exist_ok=True)
    (here / "model" / name).write_text("mine")
    before = everything(here)
    with pytest.raises(StorageError, match=f"holds files that konomi did not write: {name}"):
        train(here)
    assert everything(here) == before


def test_a_model_inside_a_dataset_is_never_removed(here):
    konomi.train(here / "data", model="popularity", out=here / "data" / "model")
    before = everything(here)
    with pytest.raises(StorageError, match="did not write: model/"):
        konomi.ingest(here / "simulated_animelist.csv", items=here / "demo_anime.csv", out=here / "data")
    assert everything(here) == before


def test_a_foreign_dataset_json_protects_the_files_next_to_it(here):
    (here / "mine").mkdir()
    (here / "mine" / "dataset.json").write_text("{}")
    (here / "mine" / "mine.txt").write_text("mine")
    with pytest.raises(StorageError, match="is not replaced"):
        konomi.ingest(here / "simulated_animelist.csv", out=here / "mine")
    assert (here / "mine" / "mine.txt").read_text() == "mine"
