"""The whole path, from the dump's CSV to a linear model that answers; beside it the notebook's, pandas and Keras.

python benchmarks/bench_whole.py [--rows N] [--users N] [--items N] [--runs N]

The notebook's path runs on a stand-in of a tenth of the rows and users (those with 400 rows or more), one epoch
scaled from 40 batches, and is multiplied by ten.
"""

from harness import (
    Report,
    Size,
    konomi_command,
    measure_peer,
    measure_process,
    merged,
    options,
    remove,
    scratch,
    stand_in,
)

PART = 10


def main() -> None:
    asked = options(__doc__, runs=1)
    report = Report("whole", asked.size)
    ratings, items = stand_in(asked.size)
    data, model = scratch() / "bench-whole.data", scratch() / "bench-whole.model"
    steps = {
        "ingest": konomi_command("ingest", ratings, "--items", items, "-o", data, "--keep-bots"),
        "train": konomi_command("train", data, "-o", model, "--model", "linear"),
        "first answer": konomi_command("recommend", model, "--user", 0, "--json"),
    }
    runs = []
    for _ in range(asked.runs):
        remove(data)
        remove(model)
        runs.append({name: measure_process(command) for name, command in steps.items()})
    for name in steps:
        report.add(f"konomi {name}", merged([run[name] for run in runs]))
    report.add_total(
        "konomi, CSV to the first answer", tuple(f"konomi {name}" for name in steps), target="100 s, 5 GB"
    )
    remove(data)
    remove(model)
    size = asked.size
    part = Size(size.n_rows // PART, max(1, size.n_users // PART), size.n_items)
    peer = measure_peer("notebook.py", stand_in(part)[0], 400, 40)
    if peer is not None:
        report.versions |= {name: peer.value[name] for name in ("pandas", "keras")}
        name = "the notebook's path, pandas and Keras, one epoch"
        report.add(name, peer, scale=PART, remark="memory of a tenth")
        report.compare(name, "konomi, CSV to the first answer")
    report.write()


if __name__ == "__main__":
    main()
