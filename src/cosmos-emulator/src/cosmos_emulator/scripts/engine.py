"""The JavaScript engine: V8 in a process of its own, which is started when it is first needed.

All emulators of a Python process share the engine, because it takes a fifth of a second to start.
The engine's process has no access to the emulator. A script can only return texts, among them
descriptions of the operations that the emulator executes for it.
"""

import atexit
import os
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

import orjson

from cosmos_emulator.errors import CosmosError, bad_request
from cosmos_emulator.query.values import Json

PACKAGE = "py_mini_racer"
WORKER = Path(__file__).with_name("worker.py")
RUNTIME = Path(__file__).with_name("runtime.js")
# https://learn.microsoft.com/azure/cosmos-db/nosql/stored-procedures-triggers-udfs#bounded-execution
SECONDS_MAX = 5.0  # per stored procedure, trigger, or call of a function
STARTUP_SECONDS_MAX = 30.0
GRACE_SECONDS = 2.0  # after which the process is killed, because V8 doesn't end a script
FUNCTIONS_MAX = 16  # sessions of user-defined functions that are kept for later queries
COMPILE_ERROR = 65_535  # a substatus


class Deadline:
    """The time until which a script must end."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the remaining seconds. Raises 408 if none are left."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise timed_out()
        return seconds


class Session:
    """The global variables of one script."""

    def __init__(self, engine: "Engine", number: int) -> None:
        self.number = number
        self._engine = engine
        self.evaluate(RUNTIME.read_text(), Deadline(STARTUP_SECONDS_MAX))

    def call(self, function: str, argument: Json, deadline: Deadline) -> dict[str, Any]:
        """Call a function of the runtime and return its result.

        Raises 408 if the script takes too long, and 400 if it needs too much memory or fails.
        """
        result = self.evaluate(f"__cosmos.{function}(JSON.parse({_literal(argument)}))", deadline)
        if failure := result.get("failure"):
            raise exception(failure["message"], is_compiled=failure["isCompiled"])
        return result

    def evaluate(self, code: str, deadline: Deadline) -> dict[str, Any]:
        """Return the JSON object to which code evaluates, or an empty one for other values."""
        text = self._engine.evaluate(self.number, code, deadline)
        try:
            return orjson.loads(text) if text else {}
        except orjson.JSONDecodeError as error:
            raise exception(f"Error: The script produced invalid JSON: {error}") from None


class Engine:
    """V8 in a process of its own, which runs one script at a time."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._numbers = count()
        self._functions: dict[str, Session] = {}  # by source, the most recently used one last

    @contextmanager
    def session(self) -> Generator[Session]:
        """Provide a session with the API of server-side scripts until the `with` block ends."""
        with self._lock:
            session = Session(self, next(self._numbers))
            try:
                yield session
            finally:
                self._end(session)

    def apply(self, source: str, parameters: list[Json], seconds: float) -> dict[str, Any]:
        """Return the result of a user-defined function.

        Raises 408 if the function takes too long, and 400 if its source is invalid or if it fails.
        """
        with self._lock:
            return self._function(source).call("apply", parameters, Deadline(seconds))

    def _function(self, source: str) -> Session:
        """Return a session in which a user-defined function is compiled."""
        session = self._functions.pop(source, None)
        if session is None:
            session = Session(self, next(self._numbers))
            session.call("define", source, Deadline(SECONDS_MAX))
        self._functions[source] = session
        if len(self._functions) > FUNCTIONS_MAX:
            self._end(self._functions.pop(next(iter(self._functions))))
        return session

    def evaluate(self, session: int, code: str, deadline: Deadline) -> str:
        """Return the text to which code evaluates. Raises 408 or 400 as `Session.call` does."""
        seconds = deadline.remaining()
        connection = self._connection or self._start()
        message = {"session": session, "code": code, "seconds": seconds}
        try:
            connection.send_bytes(orjson.dumps(message))
            if not connection.poll(seconds + GRACE_SECONDS):
                self.close()
                raise timed_out()
            answer: dict[str, str] = orjson.loads(connection.recv_bytes())
        except (EOFError, OSError):
            self.close()
            raise out_of_memory() from None
        return self._value(answer)

    def _value(self, answer: dict[str, str]) -> str:
        match answer.get("error"):
            case None:
                return answer["value"]
            case "timeout":
                self.close()
                raise timed_out()
            case "memory":
                self.close()
                raise out_of_memory()
            case _:
                raise exception(answer["message"])

    def _end(self, session: Session) -> None:
        """End a session, unless its process has ended."""
        if self._connection:
            with suppress(OSError):
                message = {"session": session.number, "code": None}
                self._connection.send_bytes(orjson.dumps(message))

    def _start(self) -> Connection:
        if find_spec(PACKAGE) is None:
            raise exception(
                "Error: The emulator needs mini-racer to execute scripts: install"
                " cosmos-emulator[scripts]."
            )
        own, other = Pipe()
        with other:
            command = [sys.executable, "-P", str(WORKER), str(other.fileno())]
            nothing = subprocess.DEVNULL
            self._process = subprocess.Popen(  # noqa: S603  our own command
                command,
                pass_fds=[other.fileno()],
                stdin=nothing,
                stdout=nothing,
                stderr=nothing,
            )
        self._connection = cast("Connection", own)
        return self._connection

    def close(self) -> None:
        """End the process. It is started again when it is needed."""
        self._functions.clear()
        if self._connection:
            self._connection.close()
            self._connection = None
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def forget(self) -> None:
        """Leave the process to the parent, in the child of a fork."""
        if self._process:
            self._process.returncode = 0
        self.__init__()


SHARED = Engine()
atexit.register(SHARED.close)
os.register_at_fork(after_in_child=SHARED.forget)


def _literal(value: Json) -> str:
    """Return a JSON text as a string literal of JavaScript."""
    return orjson.dumps(orjson.dumps(value).decode()).decode()


def exception(message: str, *, is_compiled: bool = True) -> CosmosError:
    """Return the 400 error for a script that threw an exception or can't be compiled."""
    action = "executing" if is_compiled else "compiling"
    text = f"Encountered exception while {action} Javascript. Exception = {message}"
    return bad_request(text, substatus=0 if is_compiled else COMPILE_ERROR)


def timed_out() -> CosmosError:
    """Return the 408 error for a script that takes too long."""
    return CosmosError(
        408,
        "The operation did not complete within the allotted amount of time: a script can run for"
        f" {SECONDS_MAX:g} seconds.",
    )


def out_of_memory() -> CosmosError:
    """Return the 400 error for a script that needs too much memory."""
    return exception("Error: The script exceeds the memory that a script may use.")
