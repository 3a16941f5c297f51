"""The files of the page, read and compressed once, and served from memory."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

MEDIA_TYPES = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json",
}
# The addresses of the page's own router (js/routes.js).
VIEWS = [
    "/",
    "/for-you",
    "/like",
    "/like/{item_id:str}",
    "/people",
    "/people/{user_id:str}",
    "/together",
    "/planned",
    "/map",
    "/about",
]


@dataclass(frozen=True)
class PageFile:
    """One file of the page; `packed` is its gzip, `tag` its ETag."""

    content: bytes
    packed: bytes
    media_type: str
    tag: str


@lru_cache(maxsize=1)
def files() -> dict[str, PageFile]:
    """All files of the page by path. Requests are looked up here only, so that no path can leave the folder."""
    found: dict[str, PageFile] = {}

    def collect(folder: Traversable, path: str) -> None:
        for entry in folder.iterdir():
            if entry.is_dir():
                collect(entry, f"{path}{entry.name}/")
            elif entry.name.rpartition(".")[2] in MEDIA_TYPES:
                content = entry.read_bytes()
                tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
                kind = MEDIA_TYPES[entry.name.rpartition(".")[2]]
                found[path + entry.name] = PageFile(content, gzip.compress(content, 6, mtime=0), kind, tag)

    collect(resources.files("konomi.server").joinpath("page"), "")
    return found


@get(VIEWS, include_in_schema=False)
async def view(request: Request[Any, Any, Any]) -> Response[Any]:
    return sent(request, files()["index.html"])


@get("/page/{path:path}", include_in_schema=False)
async def file(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[Any]:
    known = files().get(path.lstrip("/"))
    if known is None:
        raise NotFoundException
    return sent(request, known)


def sent(request: Request[Any, Any, Any], known: PageFile, status: int = 200) -> Response[bytes]:
    """A file of the page, or a 304 if the browser's copy is up to date."""
    headers = {"ETag": known.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if status == 200 and request.headers.get("if-none-match") == known.tag:
        return Response(b"", status_code=304, headers=headers)
    content = known.content
    if "gzip" in request.headers.get("accept-encoding", ""):
        content = known.packed
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=known.media_type, headers=headers, status_code=status)
