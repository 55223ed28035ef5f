"""`analytics` and its commands; one file each."""

from collections.abc import Callable
from functools import wraps

import typer
from rich.text import Text

from api.cli.console import err
from api.cli.errors import Failure
from api.cli.import_events import import_command
from api.cli.token import token_command

COMMANDS: dict[str, Callable[..., None]] = {
    "import": import_command,
    "token": token_command,
}

app = typer.Typer(
    help="Load, read and check customer analytics.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals hold keys and tokens
)


@app.callback()
def analytics() -> None:
    """Load, read and check customer analytics."""


def shows_failure[**P](command: Callable[P, None]) -> Callable[P, None]:
    """The command, with a Failure shown as a message instead of a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except Failure as failure:
            err.print(
                Text("Error: ", "bold red").append(failure.message, "default"), soft_wrap=True
            )
            raise typer.Exit(failure.exit_code) from failure

    return run


for name, function in COMMANDS.items():
    app.command(name)(shows_failure(function))
