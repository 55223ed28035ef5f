"""The command `analytics`. Each subcommand of `analytics` has its own module."""

from collections.abc import Callable

import typer

from api.cli import (
    key_commands,
    lake_commands,
    member_commands,
    metric_commands,
    organization_commands,
    query_commands,
)
from api.cli.audit_log import audit_log_command
from api.cli.command_group import CommandGroup
from api.cli.copy_dead_letters import copy_dead_letters_command
from api.cli.doctor import doctor_command
from api.cli.erase import erase_command
from api.cli.expire import expire_command
from api.cli.export_events import export_command
from api.cli.export_members import export_members_command
from api.cli.import_events import import_command
from api.cli.recount import recount_command
from api.cli.seed import seed_command
from api.cli.token import token_command
from api.cli.usage import usage_command

COMMANDS: dict[str, Callable[..., None]] = {
    "import": import_command,
    "export": export_command,
    "export-members": export_members_command,
    "seed": seed_command,
    "recount": recount_command,
    "audit-log": audit_log_command,
    "usage": usage_command,
    "copy-dead-letters": copy_dead_letters_command,
    "erase": erase_command,
    "expire": expire_command,
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
            "set-timezone": organization_commands.set_timezone_command,
            "set-quota": organization_commands.set_quota_command,
            "set-retention": organization_commands.set_retention_command,
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
    "lake": (
        "Verify, rebuild and compact the event lake.",
        {
            "verify": lake_commands.verify_command,
            "rebuild": lake_commands.rebuild_command,
            "compact": lake_commands.compact_command,
        },
    ),
    "query": (
        "Query trends, funnels and retention.",
        {
            "trends": query_commands.trends_command,
            "funnel": query_commands.funnel_command,
            "retention": query_commands.retention_command,
        },
    ),
    "metric": (
        "Load metrics that don't come from events.",
        {"load": metric_commands.load_command},
    ),
}

app = typer.Typer(
    cls=CommandGroup,
    help="Load, read and check customer analytics.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals contain keys and tokens
)


@app.callback()
def analytics() -> None:
    """Load, read and check customer analytics."""


for name, function in COMMANDS.items():
    app.command(name)(function)

for group, (description, commands) in GROUPS.items():
    subcommands = typer.Typer(help=description, no_args_is_help=True)
    for name, function in commands.items():
        subcommands.command(name)(function)
    app.add_typer(subcommands, name=group)
