"""The two tables of docs/speed.md, made from benchmarks/results/curve.json and walls.json.

python benchmarks/report_speed.py [--write docs/speed.md]
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness import RESULTS
from report import BEGIN, END, seconds_in_words

STAGES = ("ingest", "train linear", "train spectral")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, metavar="FILE", help="the file with the two marker comments")
    asked = parser.parse_args()
    tables = "\n".join([*curve(rows_of("curve")), "", *walls(rows_of("walls"))])
    if asked.write is None:
        print(tables)
        return
    before, _, rest = asked.write.read_text(encoding="utf-8").partition(BEGIN)
    asked.write.write_text(f"{before}{BEGIN}\n{tables}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def rows_of(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))["rows"]
    return rows


def curve(rows: list[dict[str, Any]]) -> Iterator[str]:
    """One line for each size, one column for each stage."""
    by_size: dict[str, dict[str, str]] = {}
    for row in rows:
        stage, size = row["work"].split(", ", 1)
        by_size.setdefault(size, {})[stage] = f"{seconds_in_words(row['seconds'])}, {row['peak_gb']:.1f} GB"
    yield "| size | " + " | ".join(STAGES) + " |"
    yield "|---|" + "---:|" * len(STAGES)
    for size, took in by_size.items():
        yield f"| {size} | " + " | ".join(took.get(stage, "refused") for stage in STAGES) + " |"


def walls(rows: list[dict[str, Any]]) -> Iterator[str]:
    """One line for each stage: what it took, what bounds it, and how many times longer it took than the bound."""
    yield "| stage | took | at the bound | times longer | bounded by |"
    yield "|---|---:|---:|---:|---|"
    for row in rows:
        figures = row["figures"]
        if "distance" in figures:
            yield (
                f"| {row['work']} | {seconds_in_words(row['seconds'])} | {figures['at_the_wall']:.2g} s "
                f"| {figures['distance']:.3g} | {row['remark']} |"
            )


if __name__ == "__main__":
    main()
