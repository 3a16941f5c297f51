"""Checks of the body of a request, before it is read and when it is decoded."""

from typing import Any

from litestar import Request
from litestar.exceptions import ClientException

from konomi.server.errors import WrongTypeError


class JsonRequest(Request[Any, Any, Any]):
    """The request class of all endpoints."""

    async def json(self) -> Any:
        """The decoded body. Raises ClientException (400) if it is not UTF-8 or is nested too deeply.

        Other faults of a body are a SerializationException, which Litestar answers with 400.
        """
        try:
            return await super().json()
        except UnicodeDecodeError as error:
            raise ClientException("the body is not UTF-8: send JSON encoded as UTF-8") from error
        except RecursionError as error:
            raise ClientException("the body is nested too deeply: send what the schema describes") from error


def check_content_type(request: Request[Any, Any, Any]) -> None:
    """Raises WrongTypeError if the body is not of the type that its endpoint takes.

    Without a preflight request, a page of another site can only post text and forms.
    """
    sent, _ = request.content_type
    taken = "application/octet-stream" if request.scope["path"] == "/api/lists" else "application/json"
    if sent.lower() != taken:
        raise WrongTypeError(
            f"the body is {sent or 'of no type'}, this address takes {taken}: "
            f"send the header `Content-Type: {taken}`"
        )
