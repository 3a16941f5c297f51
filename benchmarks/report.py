"""The README's table of benchmarks, made from benchmarks/results/*.json.

python benchmarks/report.py [--rows N] [--only NAME...] [--write README.md]

Prints markdown; with --write, puts it between the two marker comments of that file instead. Without --only it is
the table of the stages, for the README.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import RESULTS, Size

BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
ORDER = (
    "synth",
    "ingest",
    "gram",
    "inverse",
    "linear",
    "spectral",
    "neural",
    "whole",
    "evaluation",
    "recommend",
    "batch",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=Size().n_rows, help="results of stand-ins of this many rows")
    parser.add_argument("--only", nargs="+", default=ORDER, metavar="NAME", help="the benchmarks to tell of")
    parser.add_argument("--write", type=Path, metavar="FILE", help="the file with the two marker comments")
    asked = parser.parse_args()
    markdown = table(results(asked.rows, asked.only))
    if asked.write is None:
        print(markdown)
        return
    text = asked.write.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        sys.exit(f"{asked.write} needs the line {BEGIN} and below it the line {END}, each once")
    before, _, rest = text.partition(BEGIN)
    asked.write.write_text(f"{before}{BEGIN}\n{markdown}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def results(n_rows: int, names: Sequence[str]) -> list[dict[str, Any]]:
    """The results at this size that the harness wrote, in the order of these names."""
    found = []
    for path in RESULTS.glob("*.json"):
        result = json.loads(path.read_text(encoding="utf-8"))
        if "rows" in result and result.get("size", {}).get("n_rows") == n_rows and result["name"] in names:
            found.append(result)
    return sorted(found, key=lambda result: names.index(result["name"]))


def table(found: list[dict[str, Any]]) -> str:
    """Markdown: one line for each line of each result, and below it where and from what they were measured."""
    if not found:
        return "No results yet: run `make bench`."
    size = Size(**found[0]["size"])
    lines = [
        f"A stand-in of {size}. Median of the runs; processor time is summed over all cores.",
        "",
        "| work | took | runs | processor time | memory | to reach | beside konomi |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    lines += [_line(row) for result in found for row in result["rows"]]
    return "\n".join([*lines, "", *dict.fromkeys(_about(result) for result in found)])


def _line(row: dict[str, Any]) -> str:
    ratio = row["figures"].get("times_as_long")
    beside = f"{ratio:.3g} times as long" if ratio else ""
    others = "; ".join(
        f"{name} {value:.3g}" for name, value in row["figures"].items() if not name.startswith("times")
    )
    scaled = "" if row["scaled_by"] == 1 else f", scaled by {row['scaled_by']:.3g}"
    return (
        f"| {row['work']}{scaled} | {_seconds(row['seconds'])} ± {_seconds(row['spread'] / 2)} | {row['runs']} "
        f"| {_seconds(row['cpu_seconds']) if row['cpu_seconds'] else ''} "
        f"| {_memory(row['peak_gb'])} | {row['target']} "
        f"| {'; '.join(one for one in (row['remark'], beside, others) if one)} |"
    )


def _about(result: dict[str, Any]) -> str:
    machine, of = result["machine"], result["versions"]
    packages = ", ".join(f"{name} {version}" for name, version in of.items())
    return (
        f"{machine['cores']} cores of {machine['processor']}, {machine['memory_gb']:.0f} GB, "
        f"{'AVX-512' if machine['avx512'] else 'AVX2' if machine['avx2'] else 'no AVX2'}, {machine['blas']}; "
        f"commit {result['commit']}; {packages}."
    )


def _seconds(value: float) -> str:
    if value < 1:
        return f"{value * 1000:.3g} ms"
    return f"{value:.3g} s" if value < 1000 else f"{value:,.0f} s"


def _memory(gigabytes: float) -> str:
    return f"{gigabytes:.2f} GB" if gigabytes else ""


if __name__ == "__main__":
    main()
