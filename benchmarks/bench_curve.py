"""How the cost of each stage grows: over 1 to 100 million rows, and over 5,000 to 60,000 items.

python benchmarks/bench_curve.py [--rows N] [--items N]

--rows and --items end the two curves. A step that the machine has no memory for is left out, and said.
"""

import sys

from harness import Report, Size, konomi_command, measure_process, options, remove, scratch, stand_in

ROWS = (1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000)
ITEMS = (5_000, 10_000, 20_000, 40_000, 60_000)
MODELS = ("linear", "spectral")
ROWS_OF_ITEMS = 10_000_000


def main() -> None:
    asked = options(__doc__, runs=1)
    report = Report("curve", asked.size)
    for n_rows in (one for one in ROWS if one <= asked.size.n_rows):
        step(report, Size(n_rows, max(1, n_rows // 335), asked.size.n_items), f"{n_rows:,} rows")
    report.write()
    for n_items in (one for one in ITEMS if one <= asked.items or asked.items == Size().n_items):
        n_rows = min(ROWS_OF_ITEMS, asked.size.n_rows)
        step(report, Size(n_rows, max(1, n_rows // 335), n_items), f"{n_items:,} items")
    report.write()


def step(report: Report, size: Size, name: str) -> None:
    """Every stage once at this size; what it wrote is removed."""
    ratings, items = stand_in(size)
    data, model = scratch() / "bench-curve.data", scratch() / "bench-curve.model"
    remove(data)
    report.add(f"ingest, {name}", measure_process(konomi_command("ingest", ratings, "--items", items, "-o", data)))
    for kind in MODELS:
        remove(model)
        try:
            found = measure_process(konomi_command("train", data, "-o", model, "--model", kind))
        except RuntimeError as error:
            print(f"  {kind}, {name}, is left out: {str(error).strip().splitlines()[-1]}", file=sys.stderr)
        else:
            report.add(f"train {kind}, {name}", found)
    remove(data)
    remove(model)
    ratings.unlink()
    items.unlink()


if __name__ == "__main__":
    main()
