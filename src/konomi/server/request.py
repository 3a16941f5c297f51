"""JsonRequest: a request whose body is JSON in UTF-8, or the reason why it is not."""

from typing import Any

from litestar import Request
from litestar.exceptions import ClientException


class JsonRequest(Request[Any, Any, Any]):
    """The request that every endpoint receives."""

    async def json(self) -> Any:
        """The decoded body. Raises ClientException (400) if it is not UTF-8 or is nested too deeply.

        All else that is wrong with a body is a SerializationException, which Litestar answers with 400 itself.
        """
        try:
            return await super().json()
        except UnicodeDecodeError as error:
            raise ClientException("the body is not UTF-8: send JSON encoded as UTF-8") from error
        except RecursionError as error:
            raise ClientException("the body is nested too deeply: send what the schema describes") from error
