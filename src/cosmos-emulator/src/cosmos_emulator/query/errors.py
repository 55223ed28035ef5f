"""Errors in queries, with the messages of Cosmos DB."""

from typing import Self

import orjson


class QueryError(Exception):
    """An invalid or unsupported query. The status is 400, the error number that of Cosmos DB."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @classmethod
    def syntax(cls, near: str) -> Self:
        return cls("SC1001", f"Syntax error, incorrect syntax near '{near}'.")

    def details(self) -> str:
        """Return the `errors` list that the gateway includes in its message."""
        error = {"severity": "Error", "code": self.code, "message": self.message}
        return orjson.dumps({"errors": [error]}).decode()
