"""The model that is served now, and its replacement by a newer one between two requests."""

import asyncio
import contextlib
import gc
import logging
import time
from pathlib import Path

from konomi.errors import KonomiError
from konomi.server.served_model import ServedModel
from konomi.server.settings import LOOK_SECONDS
from konomi.storage.kind import MODEL

log = logging.getLogger("konomi.server")


class ModelHolder:
    """Holds the current model. A request reads `current` once, so that no answer mixes two models."""

    def __init__(self, folder: Path) -> None:
        """Raises ArtifactError if the folder holds no model that can be served."""
        self.folder = folder
        self._stamp = stamp_of(folder)
        self.current = open_model(folder, generation=1)
        self._swapping = asyncio.Lock()

    async def reload(self) -> bool:
        """Serve the model that is in the folder now; True if that succeeded.

        A model that is missing or damaged is logged once, and the old one is still served.
        """
        async with self._swapping:
            self._stamp = stamp_of(self.folder)
            start = time.perf_counter()
            try:
                self.current = await asyncio.to_thread(_open_warm, self.folder, self.current.generation + 1)
            except KonomiError as error:
                log.error("the artifact was not replaced, the old one is still served: %s", error)
                return False
            freeze_gc()
            log.info("serving a new artifact, ready in %.2f s", time.perf_counter() - start)
            return True

    async def watch(self) -> None:
        """Reload whenever the folder holds another model; runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            stamp = stamp_of(self.folder)
            if stamp not in (None, self._stamp):
                await self.reload()


def open_model(folder: Path, *, generation: int) -> ServedModel:
    """The model in `folder`, ready to answer. Raises ArtifactError."""
    import konomi

    return ServedModel.of(konomi.load(folder), folder, generation)


def freeze_gc() -> None:
    """Exclude all current objects from garbage collection, and collect the others less often.

    The modules and the catalog are some 200,000 objects that live as long as the server; a full collection of them
    stops every request. A model that is replaced has no reference cycles, so it is freed although it is frozen.
    docs/decisions/0010 has the figures.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _open_warm(folder: Path, generation: int) -> ServedModel:
    served = open_model(folder, generation=generation)
    served.warm_up()
    return served


def stamp_of(folder: Path) -> tuple[int, int, int] | None:
    """Inode, time and size of the folder's marker file, which differ for every model; None if there is none."""
    with contextlib.suppress(OSError):
        about = (folder / MODEL.marker).stat()
        return about.st_ino, about.st_mtime_ns, about.st_size
    return None
