"""The README's table of speed, made from benchmarks/results/*.json.

    python benchmarks/report.py [--rows N] [--write README.md]

Prints markdown. With --write, puts it between the two marker comments of that file instead.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from harness import RESULTS, Size

BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
# The results with a peer in the same run, and what is measured.
STAGES = {
    "ingest": "read, filter and encode the CSV",
    "gram": "count who watched both, for all pairs",
    "linear": "train `linear` (peer: 15 iterations of ALS)",
    "spectral": "train `spectral`, 256 dimensions",
    "whole": "CSV to the first answer (peer: the notebook)",
    "evaluation": "evaluate on 10,000 users",
    "batch": "recommend to all users",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=Size().n_rows, help="results of stand-ins of this many rows")
    parser.add_argument("--write", type=Path, metavar="FILE", help="the file with the two marker comments")
    asked = parser.parse_args()
    markdown = table(results(asked.rows))
    if asked.write is None:
        print(markdown)
        return
    text = asked.write.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        sys.exit(f"{asked.write} needs the line {BEGIN} and below it the line {END}, each once")
    before, _, rest = text.partition(BEGIN)
    asked.write.write_text(f"{before}{BEGIN}\n{markdown}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def results(n_rows: int) -> list[dict[str, Any]]:
    """The results at this size that the harness wrote, in the order of `STAGES`."""
    found = []
    for path in RESULTS.glob("*.json"):
        result = json.loads(path.read_text(encoding="utf-8"))
        if "rows" in result and result.get("size", {}).get("n_rows") == n_rows and result["name"] in STAGES:
            found.append(result)
    return sorted(found, key=lambda result: list(STAGES).index(result["name"]))


def table(found: list[dict[str, Any]]) -> str:
    """Markdown: one line for each stage, konomi and its fastest peer."""
    if not found:
        return "No results yet: run `make bench`."
    lines = ["| stage | konomi | best peer | times faster |", "|---|---:|---:|---:|", *map(_line, found)]
    if any(_peer(result)["scaled_by"] != 1 for result in found):
        lines += ["", "\\* Measured on a part of the data and scaled up."]
    return "\n".join(lines)


def _line(result: dict[str, Any]) -> str:
    own, peer = _own(result), _peer(result)
    scaled = "\\*" if peer["scaled_by"] != 1 else ""
    name = peer["work"].split(",")[0]
    own_time, peer_time = seconds_in_words(own["seconds"]), seconds_in_words(peer["seconds"])
    return (
        f"| {STAGES[result['name']]} | {own_time} | {name}, {peer_time}{scaled} "
        f"| {peer['seconds'] / own['seconds']:.2g} |"
    )


def _own(result: dict[str, Any]) -> dict[str, Any]:
    """The last line of konomi's own."""
    return [row for row in result["rows"] if "times_as_long" not in row["figures"]][-1]


def _peer(result: dict[str, Any]) -> dict[str, Any]:
    """The fastest peer."""
    peers = [row for row in result["rows"] if "times_as_long" in row["figures"]]
    return min(peers, key=lambda row: row["seconds"])


def seconds_in_words(value: float) -> str:
    if value < 1:
        return f"{value:.2g} s"
    return f"{value:.0f} s" if value >= 100 else f"{value:.3g} s"


if __name__ == "__main__":
    main()
