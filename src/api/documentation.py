"""The documentation pages `/docs` and `/redoc`.

The assets of both pages are served locally, not from a CDN.
"""

from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

_ASSETS = "/docs/assets"
_PAGES_REACH_US_ONLY = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
        "script-src 'self' 'unsafe-inline'; worker-src blob:; frame-ancestors 'none'"
    )
}


def add_documentation(app: FastAPI) -> None:
    """Serve the documentation pages if the extra `server` with their assets is installed."""
    assets = find_spec("fastapi_offline")
    if assets is None or assets.origin is None:
        return
    folder = Path(assets.origin).parent / "static"
    app.mount(_ASSETS, StaticFiles(directory=folder))

    @app.get("/", include_in_schema=False)
    async def root() -> RedirectResponse:  # pyright: ignore[reportUnusedFunction]
        return RedirectResponse("/docs")

    @app.get("/docs", include_in_schema=False)
    async def swagger_ui() -> HTMLResponse:  # pyright: ignore[reportUnusedFunction]
        page = get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=app.title,
            swagger_js_url=f"{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{_ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{_ASSETS}/favicon.png",
        )
        return HTMLResponse(page.body, headers=_PAGES_REACH_US_ONLY)

    @app.get("/redoc", include_in_schema=False)
    async def redoc() -> HTMLResponse:  # pyright: ignore[reportUnusedFunction]
        page = get_redoc_html(
            openapi_url="/openapi.json",
            title=app.title,
            redoc_js_url=f"{_ASSETS}/redoc.standalone.js",
            redoc_favicon_url=f"{_ASSETS}/favicon.png",
            with_google_fonts=False,
        )
        return HTMLResponse(page.body, headers=_PAGES_REACH_US_ONLY)
