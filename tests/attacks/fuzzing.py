"""Random damage to every input format, and files that unpack to far more than their size."""

import re
from collections.abc import Iterator

from . import samples
from .lab import Lab, Plan
from .outcomes import Broke, Held, Trial
from .probing import Found, batches, probe, without_end
from .processes import Ended, Zygote

# For an input of at most a few hundred kB, beyond what the process had before.
_MEMORY_BYTES, _SECONDS = 256 << 20, 10
# A file that unpacks to this size is read, or refused, within the memory that the plan takes for free.
_BOMB_BYTES, _FREE_BYTES, _BEYOND_BYTES, _BOMB_SECONDS = 600 << 20, 384 << 20, 160 << 20, 60
# Characters that a terminal may take for a command.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def of_formats(lab: Lab, *, trials: int, seed: int) -> Iterator[Plan]:
    """About `trials` damaged inputs, spread over all formats."""
    groups = (samples.RATINGS, samples.CATALOGS, samples.SYNOPSES, samples.LISTS)
    names = [name for group in groups for name in group]
    for n, name in enumerate(names):
        share = trials // len(names) + (n < trials % len(names))
        for batch in batches(share):
            yield _batch(lab, name, seed, batch)


def of_bombs(lab: Lab, *kinds: str, n_bytes: int = _BOMB_BYTES) -> Iterator[Plan]:
    """Each file that unpacks to `n_bytes`, ingested by a command."""
    for kind in kinds or samples.BOMBS:
        yield _bomb(lab, kind, n_bytes)


def _batch(lab: Lab, name: str, seed: int, trials: range) -> Plan:
    def plan(zygote: Zygote) -> list[Trial]:
        arguments = {"name": name, "model": str(lab.thing("model")), "seed": seed}
        made = []
        for trial, what, found in probe(lab, zygote, "attacks.inputs:probe", arguments, {}, trials):
            outcome, evidence = without_end(found) if isinstance(found, Ended) else _judged(found)
            made.append(Trial("fuzz", name, f"trial {trial}: {what['damage']}", outcome, evidence))
        return made

    return plan


def _judged(found: Found) -> tuple[Held | Broke, str]:
    seen, memory, seconds = found["seen"], found["memory"], found["seconds"]
    if found["answered"] == "traceback":
        return Broke.TRACEBACK, seen
    if _CONTROL.search(seen):
        return Broke.ESCAPE, repr(seen)
    if memory > _MEMORY_BYTES:
        return Broke.MEMORY, f"{memory >> 20} MB"
    if seconds > _SECONDS:
        return Broke.HANG, f"{seconds:.1f} s"
    return (Held.REFUSED if found["answered"] == "refused" else Held.DONE), ""


def _bomb(lab: Lab, kind: str, n_bytes: int) -> Plan:
    def plan(zygote: Zygote) -> list[Trial]:
        with lab.stage({}) as folder:
            path = folder / f"bomb{samples.BOMBS[kind]}"
            samples.write_bomb(kind, path, n_bytes)
            size = path.stat().st_size
            idle = zygote.konomi("info", str(lab.thing("data")), folder=folder).peak_bytes
            arguments = {"arguments": ["ingest", path.name, "-o", "d"], "free_bytes": _FREE_BYTES}
            job = zygote.start("attacks.inputs:ingest_with_little_memory", arguments, folder=folder)
            ended = job.wait(_BOMB_SECONDS)
            how = f"{size >> 10} kB that unpack to {n_bytes >> 20} MB, {_FREE_BYTES >> 20} MB free"
            memory = ended.peak_bytes - idle
        told = f"{memory >> 20} MB of memory, {ended.seconds:.1f} s: {ended}"
        if ended.code is None:
            outcome: Held | Broke = Broke.HANG
        elif ended.code < 0:
            outcome = Broke.SIGNAL
        elif ended.has_traceback:
            outcome = Broke.TRACEBACK
        elif memory > _FREE_BYTES + _BEYOND_BYTES:
            outcome = Broke.MEMORY
        else:
            outcome = Held.DONE if ended.code == 0 else Held.REFUSED
        return [Trial("fuzz", f"bomb: {kind}", how, outcome, told)]

    return plan
