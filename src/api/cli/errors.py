"""The errors that end a command."""

FAILED = 2  # the exit code for errors that no single row causes, such as an unreachable API
INTERRUPTED = 130


class Failure(Exception):
    """An error that ends the command; `message` says what happened and how to correct it.

    `hint` is an additional sentence, which is printed on its own line.
    """

    def __init__(self, message: str, exit_code: int = FAILED, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.hint = hint


class Permanent(Failure):
    """An error that occurs again if the command is repeated unchanged."""


class UnusableFile(Permanent):
    """Raised for a file in the wrong format."""
