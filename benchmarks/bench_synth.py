"""Writing a stand-in of the reference dump: CSV and Parquet.

python benchmarks/bench_synth.py [--rows N] [--users N] [--items N] [--runs N]
"""

from harness import Report, konomi_command, measure_process, options, scratch


def main() -> None:
    asked = options(__doc__, runs=1)
    report = Report("synth", asked.size)
    size = ["--rows", asked.size.n_rows, "--users", asked.size.n_users, "--items", asked.size.n_items]
    for suffix, target in (("csv", "240 s"), ("parquet", "")):
        path = scratch() / f"bench-synth.{suffix}"
        found = measure_process(konomi_command("synth", "-o", path, *size), runs=asked.runs)
        report.add(f"konomi synth, {suffix}", found, target=target, file_gb=path.stat().st_size / 1e9)
        path.unlink()
    report.write()


if __name__ == "__main__":
    main()
