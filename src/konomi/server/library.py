"""Library: the artifact that is served now, and its replacement by a newer one while requests are under way."""

import asyncio
import contextlib
import gc
import logging
import time
from pathlib import Path

from konomi.errors import KonomiError
from konomi.server.served import Served
from konomi.server.settings import LOOK_SECONDS
from konomi.storage.kind import MODEL

log = logging.getLogger("konomi.server")


class Library:
    """Whoever answers takes `current` once and keeps to it: a swap never mixes two artifacts in one answer."""

    def __init__(self, folder: Path) -> None:
        """Raises ArtifactError if there is no artifact that can be served."""
        self.folder = folder
        self._stamp = stamp_of(folder)
        self.current = open_artifact(folder, generation=1)
        self._swapping = asyncio.Lock()

    async def reload(self) -> bool:
        """Take up the artifact that stands in the folder now; whether one was.

        One that is missing or damaged is logged once, and what was served stays.
        """
        async with self._swapping:
            self._stamp = stamp_of(self.folder)
            start = time.perf_counter()
            try:
                self.current = await asyncio.to_thread(_ready, self.folder, self.current.generation + 1)
            except KonomiError as error:
                log.error("the artifact was not replaced, the old one is still served: %s", error)
                return False
            settle()
            log.info("serving a new artifact, ready in %.2f s", time.perf_counter() - start)
            return True

    async def watch(self) -> None:
        """Reload whenever another artifact stands in the folder; runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            stamp = stamp_of(self.folder)
            if stamp not in (None, self._stamp):
                await self.reload()


def open_artifact(folder: Path, *, generation: int) -> Served:
    """The artifact in `folder`, ready to answer.

    Raises ArtifactError.
    """
    import konomi

    return Served.of(konomi.load(folder), folder, generation)


def settle() -> None:
    """Take what stands in memory now out of the rounds of garbage collection.

    Modules and catalog are 200,000 objects that stay. Looking at all of them again and again would stop every
    request for 150 ms, every few hundred requests. An artifact that is let go has no cycles, so nothing leaks.
    What a request makes is let go with it, so that few rounds are enough: a twentieth of a request's time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _ready(folder: Path, generation: int) -> Served:
    """The artifact in `folder`, asked once, so that nobody waits for it to warm up."""
    served = open_artifact(folder, generation=generation)
    served.warm_up()
    return served


def stamp_of(folder: Path) -> tuple[int, int, int] | None:
    """What changes when another artifact takes the folder's place; None while there is none."""
    with contextlib.suppress(OSError):
        about = (folder / MODEL.marker).stat()
        return about.st_ino, about.st_mtime_ns, about.st_size
    return None
