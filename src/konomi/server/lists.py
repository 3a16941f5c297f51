"""The endpoint that reads a list file and answers with the matched history. It stores nothing."""

from typing import Annotated, Any

from litestar import Request, Response, post
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.params import Parameter

from konomi.errors import InputFileError
from konomi.formats.lists import read_list
from konomi.server.asking import WITH_BODY, Context, answer, documented
from konomi.server.histories import rows_of
from konomi.server.schemas import ListAnswer
from konomi.server.settings import MAX_LIST_BYTES

N_UNKNOWN_NAMED = 100


class ListUpload(Operation):
    """The OpenAPI operation with a body of raw bytes, which a type annotation cannot describe."""

    def __post_init__(self) -> None:
        schema = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        self.request_body = RequestBody(
            description="The unchanged file: MyAnimeList XML (.xml, .xml.gz), AniList JSON, or CSV.",
            content={"application/octet-stream": OpenAPIMediaType(schema=schema)},
            required=True,
        )


@post(
    "/api/lists",
    responses=documented(ListAnswer, *WITH_BODY, 422),
    tags=["lists"],
    summary="Read a list file",
    description="Example: `curl -H 'Content-Type: application/octet-stream' --data-binary @animelist.xml.gz "
    "'localhost:8000/api/lists?name=animelist.xml.gz'`",
    operation_class=ListUpload,
    status_code=200,
    request_max_body_size=MAX_LIST_BYTES,
)
async def read(
    request: Request[Any, Any, Any],
    context: Context,
    name: Annotated[str, Parameter(max_length=200, description="The file's name, for messages.")] = "",
) -> Response[Any]:
    served = context.served
    content = await request.body()
    if not content:
        raise InputFileError("the file is empty: export your list again")

    def matched() -> ListAnswer:
        found = read_list(content, served.recommender.catalog, name=name)
        return ListAnswer(
            rows_of(served, found.history),
            found.source,
            found.user_name,
            found.n_entries,
            found.n_matched,
            found.matched_by,
            [(title or str(item_id))[:200] for item_id, title in found.unknown[:N_UNKNOWN_NAMED]],
            list(found.notes),
        )

    return answer(await context.work.run(matched))
