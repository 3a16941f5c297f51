"""The report of an ingest as lines of text: what was read, what was left out and why."""

from typing import Any


def report_lines(report: dict[str, Any]) -> list[str]:
    """A report as lines of text.

    report : `Dataset.report` of a dataset that `ingest` made.
    """
    names = ", ".join(f"{one['name']} ({_counted(one['rows'], 'row')})" for one in report["files"])
    unscored = report["n_rows"] - report["n_rated"]
    lines = [
        f"read {names} as {report['format']}",
        f"kept {_counted(report['n_rows'], 'row')} of {_counted(report['n_users'], 'user')} "
        f"on {_counted(report['n_items'], 'item')}; {unscored:,} of them hold no rating",
    ]
    for reason, about in report["dropped"].items():
        several = len({one["name"] for one in report["files"] if one["role"] == "ratings"}) > 1
        places = [
            f"{line} of {file}" if several else str(line)
            for line, file in zip(about["first_lines"], about["first_files"], strict=True)
        ]
        more = ", ..." if about["count"] > len(places) else ""
        word = "line" if len(places) == 1 else "lines"
        lines.append(f"dropped {_counted(about['count'], 'row')}: {reason} ({word} {', '.join(places)}{more})")
    if report["duplicates"]:
        lines.append(
            f"dropped {_counted(report['duplicates'], 'repeat')} of the same user and item; the last row stays"
        )
    if report["bots"]:
        verb = "kept" if report["bots_kept"] else "left out"
        lines.append(f"{verb} {_counted(report['bots'], 'user')} whose lists look made by a script")
    if report["users_below_min"]:
        lines.append(
            f"left out {_counted(report['users_below_min'], 'user')} with fewer than {report['min_ratings']:,} rows"
        )
    if report["catalog_items_without_ratings"]:
        lines.append(f"{_counted(report['catalog_items_without_ratings'], 'item')} of the catalog without ratings")
    if report["items_without_catalog"] and any(one["role"] == "items" for one in report["files"]):
        lines.append(f"{_counted(report['items_without_catalog'], 'rated item')} not in the catalog: called by id")
    return lines + [f"note: {note}" for note in report["notes"]]


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}" + ("" if n == 1 else "s")
