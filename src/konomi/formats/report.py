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
    lines += _relation_lines(report.get("relations"))
    return lines + [f"note: {note}" for note in report["notes"]]


def _relation_lines(about: dict[str, Any] | None) -> list[str]:
    """What was read from a file of relations; no line if there was none."""
    if about is None:
        return []
    lines = [
        f"{_counted(about['kept'], 'relation')}: {_counted(about['items'], 'item')} in "
        f"{_counted(about['franchises'], 'franchise')}"
    ]
    reasons = {"without_id": "without two ids", "self_relations": "of an item to itself", "repeats": "repeated"}
    left_out = [f"{about[key]:,} {reason}" for key, reason in reasons.items() if about[key]]
    if left_out:
        lines.append(f"dropped relations: {', '.join(left_out)}")
    if about["unknown_ids"]:
        lines.append(f"{_counted(about['unknown_ids'], 'id')} of the relations not in the catalog")
    if about["rings"]:
        they = "it" if about["rings"] == 1 else "they"
        lines.append(
            f"{_counted(about['rings'], 'relation')} left out of the order of the parts: {they} would form a ring"
        )
    if about["unknown_kinds"]:
        words = list(about["unknown_kinds"].items())
        shown = ", ".join(f'"{word}" ' + ("once" if n == 1 else f"{n:,} times") for word, n in words[:3]) + (
            ", ..." if len(words) > 3 else ""
        )
        lines.append(f"kinds of relations that konomi does not know join nothing: {shown}")
    return lines


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}" + ("" if n == 1 else "s")
