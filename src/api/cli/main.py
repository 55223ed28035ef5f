"""The command `analytics`. Each subcommand of `analytics` has its own module."""

from collections.abc import Callable
from functools import wraps

import typer
from rich.text import Text

from api.cli import key_commands, member_commands, metric_commands, organization_commands
from api.cli.audit_log import audit_log_command
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
from api.cli.usage import usage_command
from api.errors import ApiError, ConfigurationError

COMMANDS: dict[str, Callable[..., None]] = {
    "import": import_command,
    "export": export_command,
    "export-members": export_members_command,
    "seed": seed_command,
    "recount": recount_command,
    "audit-log": audit_log_command,
    "usage": usage_command,
    "copy-dead-letters": copy_dead_letters_command,
    "token": token_command,
    "doctor": doctor_command,
}

type Group = tuple[str, dict[str, Callable[..., None]]]  # the help and the commands

GROUPS: dict[str, Group] = {
    "organization": (
        "Create, list and change organisations.",
        {
            "create": organization_commands.create_command,
            "list": organization_commands.list_command,
            "show": organization_commands.show_command,
            "rename": organization_commands.rename_command,
            "change-plan": organization_commands.change_plan_command,
            "suspend": organization_commands.suspend_command,
            "resume": organization_commands.resume_command,
            "delete": organization_commands.delete_command,
        },
    ),
    "member": (
        "Add, list, change and remove the members of an organisation.",
        {
            "add": member_commands.add_command,
            "list": member_commands.list_command,
            "role": member_commands.role_command,
            "remove": member_commands.remove_command,
        },
    ),
    "key": (
        "Create, list and revoke the API keys of an organisation.",
        {
            "create": key_commands.create_command,
            "list": key_commands.list_command,
            "revoke": key_commands.revoke_command,
        },
    ),
    "metric": (
        "Load metrics that don't come from events.",
        {"load": metric_commands.load_command},
    ),
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

for group, (description, commands) in GROUPS.items():
    subcommands = typer.Typer(help=description, no_args_is_help=True)
    for name, function in commands.items():
        subcommands.command(name)(shows_failure(function))
    app.add_typer(subcommands, name=group)
