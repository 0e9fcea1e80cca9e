"""Every answer that is no result, in one shape, without a word of what was sent."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from infer.serve.schemas import MANY, ONE

CODES = {
    400: ("bad_json", "the body is no JSON in UTF-8"),
    404: ("not_found", "there is nothing here; see /openapi.json"),
    405: ("method_not_allowed", "this address takes another method; see /openapi.json"),
}


class ProblemError(Exception):
    """A request that is refused.

    Attributes:
        status: Of the answer.
        code: For programs.
        field: Where in the request.
        headers: Of the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        field: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.field, self.headers = status, code, field, headers


def problem(
    status: int,
    code: str,
    message: str,
    *,
    field: str | None = None,
    request_id: str | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """An answer that says what went wrong."""
    told = {"code": code, "message": message, "field": field, "request_id": request_id}
    return JSONResponse({"error": {name: text for name, text in told.items() if text}}, status, headers)


def install(app: FastAPI) -> None:
    """Let an app answer whatever goes wrong in this shape."""

    @app.exception_handler(ProblemError)
    async def _refused(request: Request, error: ProblemError) -> JSONResponse:
        return problem(
            error.status,
            error.code,
            str(error),
            field=error.field,
            request_id=_id(request),
            headers=error.headers,
        )

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            return problem(400, *CODES[400], request_id=_id(request))
        place = ".".join(str(step) for step in first["loc"][1:] if step not in (ONE, MANY)) or None
        more = f" ({len(error.errors()) - 1} more)" if len(error.errors()) > 1 else ""
        message = f"{place or 'body'}: {first['msg']}{more}; see /openapi.json"
        return problem(422, "invalid", message, field=place, request_id=_id(request))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        code, message = CODES.get(error.status_code, ("error", str(error.detail)))
        headers = dict(error.headers) if error.headers else None
        return problem(error.status_code, code, message, request_id=_id(request), headers=headers)


def _id(request: Request) -> str | None:
    return request.scope.get("request_id")
