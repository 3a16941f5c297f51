"""Plans of many attacks carried out side by side, until they are done or the time is over."""

import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from .lab import Lab, LeftAloneError, Plan
from .outcomes import Broke, Trial


def carry_out(
    lab: Lab, plans: Iterable[Plan], *, seconds: float = float("inf"), loud: bool = False
) -> Iterator[Trial]:
    """The trials of the plans as they are made, one for each zygote at a time; no plan is begun after `seconds`."""
    deadline = time.monotonic() + seconds

    def run(plan: Plan) -> list[Trial]:
        if time.monotonic() > deadline:
            return []
        with lab.zygote() as zygote:
            try:
                found = plan(zygote)
            except LeftAloneError as error:
                found = [Trial("none", error.subject, "without an attack", Broke.ALONE, str(error))]
        if loud:
            for one in found:
                print("x" if one.broke else ".", end="", file=sys.stderr, flush=True)
        return found

    with ThreadPoolExecutor(lab.n_zygotes) as threads:
        for found in threads.map(run, plans):
            yield from found
