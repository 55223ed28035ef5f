"""The one way a command fails."""

FAILED = 2  # unreachable, refused, misconfigured: nothing that is wrong with single rows
INTERRUPTED = 130


class Failure(Exception):
    """Ends the command. `message` says what happened and what to change."""

    def __init__(self, message: str, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code


class UnusableFile(Failure):
    """A file that can't be read as what it should be; the same command fails again."""
