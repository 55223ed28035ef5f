"""Paths of requests in logs and traces."""

_PARTS = 3  # such as /api/v1/users


def without_ids(path: str) -> str:
    """Return the beginning of a path, because the rest may contain the id of a person."""
    parts = path.split("/")
    shown = parts[: _PARTS + 1]
    return "/".join(shown) + ("/…" if len(parts) > len(shown) else "")
