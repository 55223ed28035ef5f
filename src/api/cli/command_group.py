"""The group of all commands, which reports every expected error without a traceback."""

import sys
from typing import Any, NoReturn

import typer
from rich.text import Text
from typer.core import TyperGroup
from typer.exceptions import TyperException

from api.cli.console import err, one_line
from api.cli.errors import FAILED, Failure
from api.errors import ApiError, ConfigurationError
from api.stores.protocol import Refused


class CommandGroup(TyperGroup):
    """A command group that prints expected errors as text and ends with their exit code."""

    def main(self, *args: Any, **options: Any) -> NoReturn:  # noqa: ANN401 - Typer's own
        for stream in (sys.stdout, sys.stderr):
            # File names may contain bytes that the encoding of the output can't represent.
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        try:
            code = super().main(*args, **{**options, "standalone_mode": False})
        except Exception as error:
            failure = as_failure(error)
            if failure is None:
                raise
            show(failure)
            code = failure.exit_code
        sys.exit(code or 0)


def as_failure(error: Exception) -> Failure | None:
    """Return the error with a message for the user, or None if the error is unexpected."""
    match error:
        case Failure():
            return error
        case ExceptionGroup():
            return as_failure(error.exceptions[0])
        case TyperException():
            return Failure(_usage(error), error.exit_code)
        case typer.Abort():
            return Failure("Aborted; nothing was changed.", 1)
        case _:
            message = _in_words(error)
            return None if message is None else Failure(message, FAILED)


def _in_words(error: Exception) -> str | None:
    match error:
        case OSError() if error.strerror:
            return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        case ApiError() if reason := getattr(error, "reason", ""):
            return f"{error.title}: {reason}"
        case ApiError() | ConfigurationError() | OSError():
            return str(error)
        case UnicodeEncodeError():
            return f"{error.object[:40]!r} is not valid UTF-8."
        case Refused():
            return f"The store rejected a value: {error}"
        case _:
            return None


def show(failure: Failure) -> None:
    """Print the message as one line, and the hint, if any, as a second one."""
    if not failure.message:
        return
    line = Text("Error: ", "bold red").append(one_line(failure.message), "default")
    err.print(line, soft_wrap=True)
    if failure.hint:
        err.print(failure.hint, soft_wrap=True)


def _usage(error: TyperException) -> str:
    """Return the message of a usage error, and refer to the command's `--help`."""
    # Pydantic, with which Typer validates values, begins its messages with "Value error".
    message = error.format_message().replace(": Value error, ", ": ")
    context = getattr(error, "ctx", None)
    if not message or context is None:
        return message
    return f"{message.rstrip('.')}. See `{context.command_path} --help`."
