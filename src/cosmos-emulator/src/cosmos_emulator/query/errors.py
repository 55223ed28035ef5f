"""Errors in queries, with the same error messages as in Cosmos DB."""

from typing import Self

import orjson


class QueryError(Exception):
    """An invalid or unsupported query.

    The HTTP status is 400, and the error number is the same as in Cosmos DB.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @classmethod
    def syntax(cls, near: str) -> Self:
        return cls("SC1001", f"Syntax error, incorrect syntax near '{near}'.")

    def details(self) -> str:
        """Return the `errors` list that Cosmos DB's gateway includes in its error message."""
        error = {"severity": "Error", "code": self.code, "message": self.message}
        return orjson.dumps({"errors": [error]}).decode()
