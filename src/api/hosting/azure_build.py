"""The function that tells a deployment which package the app runs."""

import json
from collections.abc import Awaitable, Callable

import azure.functions as func

ROUTE = "build"  # Terraform excludes this path from the platform's authentication


def add_build_function(
    functions: func.FunctionApp, name: str, build: str, start: Callable[[], Awaitable[object]]
) -> None:
    """Add `GET /build`, which starts the app and returns the hash that identifies its package.

    If the start fails, the function fails too, and the host responds with 500.
    """

    @functions.function_name(f"build_{name}")
    @functions.route(route=ROUTE, methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    async def describe_build(req: func.HttpRequest) -> func.HttpResponse:  # pyright: ignore[reportUnusedFunction]
        del req
        await start()
        return func.HttpResponse(
            json.dumps({"function": name, "build": build}),
            mimetype="application/json",
            headers={"Cache-Control": "no-store"},
        )
