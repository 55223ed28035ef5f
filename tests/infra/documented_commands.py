"""Parse the commands of a document, and find the ones that their tools would reject."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import typer
from botocore import xform_name
from botocore.model import OperationModel

from api.cli.main import app
from tests.infra.terraform import REPOSITORY

MAKEFILE = (REPOSITORY / "Makefile").read_text()
SEPARATORS = {";", "|", "&&", "||", "&", "\n"}
OF_THE_CLI = {"query", "output", "region", "profile"}
SERVICES = {"s3api": "s3"}  # by the name in the CLI
VALUE = "VALUE"  # in place of what the shell would insert


@dataclass(frozen=True, slots=True)
class Document:
    """A document with commands, and the folder in which its `terraform` runs by default."""

    text: str
    folder: Path

    def problems(self) -> list[str]:
        """Return what the tools would reject."""
        return [
            f"{' '.join(words)}: {problem}"
            for words in self.commands()
            for problem in self._problems(words)
        ]

    def commands(self) -> Iterator[list[str]]:
        """Yield the words of each command, in blocks of code and in code within sentences."""
        for block in re.findall(r"^ *```sh\n(.*?)^ *```", self.text, re.MULTILINE | re.DOTALL):
            yield from commands_of(block)
        prose = re.sub(r"^ *```.*?^ *```", "", self.text, flags=re.MULTILINE | re.DOTALL)
        for code in re.findall(r"`((?:aws|az|make|terraform|uv run analytics) [^`]+)`", prose):
            yield from commands_of(code.replace("…", VALUE))

    def _problems(self, words: list[str]) -> Iterator[str]:
        match words:
            case ["aws", service, operation, *options]:
                yield from _of_aws(service, operation, options)
            case ["make", *targets]:
                yield from _of_make(targets)
            case ["terraform", *arguments]:
                yield from _of_terraform(self.folder, arguments)
            case ["uv", "run", "analytics", *arguments]:
                yield from _of_analytics(arguments)
            case _:
                pass
        for word in words:
            if re.fullmatch(r"(infra|docs|scripts|functions)/[\w./-]+", word):
                yield from () if (REPOSITORY / word).exists() else [f"{word} doesn't exist"]


def commands_of(code: str) -> Iterator[list[str]]:
    """Yield the words of each simple command, also of those in `$(…)`."""
    code = re.sub(r"\\\n", " ", re.sub(r"(?<=\s)#[^\n'\"]*$", "", code, flags=re.MULTILINE))
    for name, words in re.findall(r"^(\w+)=\(([^()]*)\)$", code, re.MULTILINE):
        code = code.replace(f'"${{{name}[@]}}"', words)
    while nested := re.search(r"\$\(([^()]*)\)", code):
        yield from commands_of(nested[1])
        code = code[: nested.start()] + VALUE + code[nested.end() :]
    lexer = shlex.shlex(code, posix=True, punctuation_chars=";|&\n")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t", True, ""
    words: list[str] = []
    for token in [*lexer, "\n"]:
        if token.strip(" \n") not in SEPARATORS | {""} or (token and token[0] not in ";|&\n"):
            words.append(token)
            continue
        while words and re.match(r"[A-Z_a-z]\w*=", words[0]):
            del words[0]
        if words[:1] in (["export"], ["do"], ["then"]):
            del words[0]
        if words := [word for word in words if not re.match(r"\d?[<>]", word)]:
            yield words
        words = []


def _options(words: list[str]) -> dict[str, str]:
    """Return the values of `--name value`, and "" for an option without a value."""
    options: dict[str, str] = {}
    for place, word in enumerate(words):
        if word.startswith("--"):
            after = words[place + 1 : place + 2]
            options[word[2:]] = after[0] if after and not after[0].startswith("--") else ""
    return options


def problems_of_az(words: list[str]) -> Iterator[str]:
    """Yield what the Azure CLI would reject. Its help, which takes a second, lists the options."""
    first = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
    command, options = words[:first], words[first:]
    shown = _help_of_az(*command)
    if shown.startswith("\nGroup\n") and not options:
        return
    listed = re.findall(r"^    (--?\w[\w -]*?) +(\[.*?)?:", shown, re.MULTILINE)
    if not listed:
        yield f"no command {' '.join(command)}"
        return
    given = {word.partition("=")[0] for word in options if re.match(r"--?[a-z]", word)}
    known = {name for names, _ in listed for name in names.split()}
    yield from (f"no option {name}" for name in sorted(given - known))
    for names, note in listed:
        if options and "[Required]" in note and given.isdisjoint(names.split()):
            yield f"{names.split()[0]} is required"


@cache
def _help_of_az(*command: str) -> str:
    done = subprocess.run(  # noqa: S603 - words of our own documents
        [*command, "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


@cache
def _operations(service: str) -> dict[str, OperationModel]:
    session: Any = botocore.session.Session()
    model = session.get_service_model(SERVICES.get(service, service))
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


def _of_aws(service: str, operation: str, words: list[str]) -> Iterator[str]:
    if (service, operation) in (("sso", "login"), ("s3", "rm")):  # only in the CLI
        return
    found = _operations(service).get(operation)
    if not found or not found.input_shape:
        yield f"no operation {operation}"
        return
    members = {xform_name(name, "-"): m for name, m in found.input_shape.members.items()}
    options = _options(words)
    for name, value in options.items():
        member = members.get(name) or members.get(name.removeprefix("no-"))
        if not member and name not in OF_THE_CLI:
            yield f"no option --{name}"
        allowed = getattr(member, "enum", None)
        if allowed and value not in allowed:
            yield f"--{name} must be one of {allowed}"
    for name in found.input_shape.required_members:
        if xform_name(name, "-") not in options:
            yield f"--{xform_name(name, '-')} is required"


def _of_make(words: list[str]) -> Iterator[str]:
    for word in words:
        name, is_variable, _ = word.partition("=")
        if is_variable and f"$({name})" not in MAKEFILE and f"${{{name}" not in MAKEFILE:
            yield f"no recipe reads {name}"
        if not is_variable and not re.search(rf"^{re.escape(name)}:.*## ", MAKEFILE, re.MULTILINE):
            yield f"no target {name}"


@cache
def _help(subcommand: str) -> str:
    done = subprocess.run(  # noqa: S603 - a word of our own document
        ["terraform", subcommand, "-help"],  # noqa: S607 - the one on the PATH
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def _of_terraform(folder: Path, words: list[str]) -> Iterator[str]:
    if words and words[0].startswith("-chdir="):
        folder = REPOSITORY / words.pop(0).partition("=")[2]
    subcommand, *arguments = words
    if f"terraform [global options] {subcommand}" not in _help(subcommand):
        yield f"no subcommand {subcommand}"
        return
    for argument in arguments:
        name, _, value = argument.partition("=")
        # `destroy -help` refers to the options of `plan`.
        if name.startswith("-") and not re.search(
            rf"^ +{name}\b", _help(subcommand) + _help("plan"), re.MULTILINE
        ):
            yield f"no option {name}"
        if name in ("-var-file", "-backend-config") and not (folder / value).exists():
            yield f"{value} doesn't exist"
    if subcommand == "output" and arguments and not arguments[-1].startswith("-"):
        texts = [file.read_text() for file in folder.glob("*.tf")]
        if not any(f'output "{arguments[-1]}"' in text for text in texts):
            yield f"no output {arguments[-1]}"


def _of_analytics(words: list[str]) -> Iterator[str]:
    command: Any = typer.main.get_command(app)
    name = "analytics"
    while hasattr(command, "commands"):
        name = words.pop(0) if words else ""
        if name not in command.commands:
            yield f"no command {name!r}"
            return
        command = command.commands[name]
    is_inserted = any("$" in word or VALUE in word for word in words)
    try:
        command.make_context(name, words)
    except Exception as error:  # Typer's own copy of click is private, and so are its errors
        if not hasattr(error, "format_message"):
            raise
        if not (is_inserted and error.format_message().startswith("Invalid value")):
            yield error.format_message()
