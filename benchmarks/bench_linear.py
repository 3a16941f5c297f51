"""Training the linear model, from the stored dataset to the artifact; beside it implicit's ALS, fit only.

python benchmarks/bench_linear.py [--rows N] [--users N] [--items N] [--runs N]

implicit: 128 factors, 3 iterations, scaled to 15 (each iteration costs the same).
"""

from harness import Report, konomi_command, measure_peer, measure_process, options, remove, scratch, stored

ITERATIONS, MEASURED_ITERATIONS = 15, 3


def main() -> None:
    asked = options(__doc__, runs=3)
    report = Report("linear", asked.size)
    data, out = stored(asked.size), scratch() / "bench-linear.model"
    ours, theirs = [], []
    for _ in range(asked.runs):
        remove(out)
        ours.append(measure_process(konomi_command("train", data, "-o", out, "--model", "linear")))
        theirs.append(measure_peer("implicit_als.py", data, MEASURED_ITERATIONS, 0))
    remove(out)
    report.add_runs("konomi train, linear", ours, target="75 s, 5 GB")
    peers = [one for one in theirs if one is not None]
    if peers:
        name = f"implicit ALS-128, {ITERATIONS} iterations, fit only"
        report.versions["implicit"] = peers[0].value["implicit"]
        report.add_runs(name, peers, scale=ITERATIONS / MEASURED_ITERATIONS, target="konomi's or more")
        report.compare(name, "konomi train, linear")
    report.write()


if __name__ == "__main__":
    main()
