"""The command `analytics`. Each of its subcommands has its own module."""

from collections.abc import Callable
from functools import wraps

import typer
from rich.text import Text

from api.cli.console import err
from api.cli.copy_dead_letters import copy_dead_letters_command
from api.cli.doctor import doctor_command
from api.cli.errors import FAILED, Failure
from api.cli.export_events import export_command
from api.cli.export_members import export_members_command
from api.cli.import_events import import_command
from api.cli.recount import recount_command
from api.cli.seed import seed_command
from api.cli.token import token_command
from api.errors import ApiError, ConfigurationError

COMMANDS: dict[str, Callable[..., None]] = {
    "import": import_command,
    "export": export_command,
    "export-members": export_members_command,
    "seed": seed_command,
    "recount": recount_command,
    "copy-dead-letters": copy_dead_letters_command,
    "token": token_command,
    "doctor": doctor_command,
}

app = typer.Typer(
    help="Load, read and check customer analytics.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals contain keys and tokens
)


@app.callback()
def analytics() -> None:
    """Load, read and check customer analytics."""


def shows_failure[**P](command: Callable[P, None]) -> Callable[P, None]:
    """Wrap the command to print errors as messages instead of tracebacks."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except BrokenPipeError:  # the reader of the output has ended
            raise
        except (Failure, ApiError, ConfigurationError, OSError) as error:
            message = _in_words(error)
            err.print(Text("Error: ", "bold red").append(message, "default"), soft_wrap=True)
            exit_code = error.exit_code if isinstance(error, Failure) else FAILED
            raise typer.Exit(exit_code) from error

    return run


def _in_words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


for name, function in COMMANDS.items():
    app.command(name)(shows_failure(function))
