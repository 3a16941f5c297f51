"""From the dump's CSV to a stored dataset, every user kept; beside it the notebook's lines in pandas.

python benchmarks/bench_ingest.py [--rows N] [--users N] [--items N] [--runs N]

konomi's figure holds its start, reading, grouping, the catalog and writing to disk; that of pandas begins after
its import and writes nothing.
"""

from harness import PEERS, Report, konomi_command, measure_peer, measure_process, options, remove, scratch, stand_in


def main() -> None:
    asked = options(__doc__, runs=3)
    report = Report("ingest", asked.size)
    ratings, items = stand_in(asked.size)
    out = scratch() / "bench-ingest.data"
    command = konomi_command("ingest", ratings, "--items", items, "-o", out, "--keep-bots")
    ours, theirs = [], []
    for _ in range(asked.runs):
        # Taken in turns, so that a busy machine harms both alike.
        remove(out)
        ours.append(measure_process(command))
        if PEERS.exists():
            theirs.append(measure_peer("pandas_read.py", ratings, 1))
    report.add_runs("konomi ingest, every user", ours, target="15 s, 3 GB")
    peers = [one for one in theirs if one is not None]
    if peers:
        report.versions["pandas"] = peers[0].value["pandas"]
        report.add_runs("pandas, the notebook's lines, every user", peers, target="7 times konomi's or more")
        report.compare("pandas, the notebook's lines, every user", "konomi ingest, every user")
    remove(out)
    report.write()


if __name__ == "__main__":
    main()
