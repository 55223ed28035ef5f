"""HTTP-triggered functions for Azure's Python programming model v2."""

from collections.abc import Sequence

import azure.functions as func
from fastapi.routing import APIRoute

from api.hosting.azure_http import AsgiFunction
from api.hosting.opening import OpeningApp


def http_functions(
    app: OpeningApp, routes: Sequence[APIRoute], *, trusts_forwarded_for: bool
) -> func.FunctionApp:
    """Return a function app with a function for each route, named after its operation."""
    # Function keys are unnecessary: the platform admits only the gateway, and the app verifies
    # access tokens.
    functions = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
    handler = AsgiFunction(app, trusts_forwarded_for=trusts_forwarded_for)
    for route in routes:
        _register(functions, route, handler)
    return functions


def _register(functions: func.FunctionApp, route: APIRoute, handler: AsgiFunction) -> None:
    @functions.function_name(str(route.operation_id))
    @functions.route(route=route.path.removeprefix("/"), methods=sorted(route.methods or ()))
    async def handle(req: func.HttpRequest) -> func.HttpResponse:  # pyright: ignore[reportUnusedFunction]
        return await handler(req)
