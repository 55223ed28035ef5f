"""The data explorer, a page at `/_explorer` that signs its requests in the browser.

The page has no access of its own: it uses the key that is typed into it, or the key of Microsoft's
emulator.
"""

from functools import cache
from importlib import resources

from cosmos_emulator.messages import Response

PATH = "/_explorer"
FILES = {
    PATH: ("page.html", "text/html"),
    f"{PATH}/": ("page.html", "text/html"),
    f"{PATH}/page.css": ("page.css", "text/css"),
    f"{PATH}/page.js": ("page.js", "text/javascript"),
    f"{PATH}/requests.js": ("requests.js", "text/javascript"),
}
# The page loads only its own files. With trusted types, no text of an item can become markup.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}


def page(path: str) -> Response | None:
    """Return a file of the page, or None for any other path."""
    if path not in FILES:
        return None
    name, kind = FILES[path]
    return Response(200, {**HEADERS, "content-type": f"{kind}; charset=utf-8"}, _read(name))


@cache
def _read(name: str) -> bytes:
    return resources.files(__package__).joinpath(name).read_bytes()
