"""Errors in queries, with the same error messages as in Cosmos DB."""

from typing import Any, Self

import orjson


class QueryError(Exception):
    """An invalid or unsupported query.

    The HTTP status is 400, and the error number is the same as in Cosmos DB. The location is the
    first and the last character that the error concerns, if they are known. The node is the part of
    a syntax tree that exceeds a limit.
    """

    def __init__(
        self,
        code: str,
        message: str,
        location: tuple[int, int] | None = None,
        node: object = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.location = location
        self.node = node

    @classmethod
    def syntax(cls, near: str, start: int | None = None, end: int = 0) -> Self:
        location = None if start is None else (start, end)
        return cls("SC1001", f"Syntax error, incorrect syntax near '{near}'.", location)

    def details(self) -> str:
        """Return the `errors` list that Cosmos DB's gateway includes in its error message."""
        error: dict[str, Any] = {"severity": "Error"}
        if self.location:
            start, end = self.location
            error["location"] = {"start": start, "end": end}
        error |= {"code": self.code, "message": self.message}
        return orjson.dumps({"errors": [error]}).decode()
