"""Evaluate JavaScript in a separate process, which the engine starts and can kill.

V8 aborts its process if a script exhausts the memory, so that it can't run in the emulator's own
process. The engine sends one JSON message per evaluation: the number of a session, the code, or
None to end the session, and the seconds after which the code is interrupted. This file must not
import the emulator, so that the process starts quickly.
"""

import asyncio
import json
import resource
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from py_mini_racer import JSEvalException, JSOOMException, MiniRacer

MEMORY_BYTES_MAX = 64 * 1024 * 1024  # of the objects of one session
PROCESS_BYTES_MAX = 1024 * 1024 * 1024  # of the whole process, which includes typed arrays
VALUE_LENGTH_MAX = 16 * 1024 * 1024  # characters
UNAVAILABLE = ("setTimeout", "clearTimeout", "WebAssembly", "SharedArrayBuffer", "Atomics")
TIMEOUT, MEMORY, EXCEPTION = "timeout", "memory", "exception"


def main(handle: int) -> None:
    """Serve the engine at the other end of a connection until the engine closes it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):  # macOS doesn't limit it
        resource.setrlimit(resource.RLIMIT_DATA, (PROCESS_BYTES_MAX, PROCESS_BYTES_MAX))
    with Connection(handle) as connection, suppress(EOFError):
        asyncio.run(_serve(connection))


async def _serve(connection: Connection) -> None:
    sessions: dict[int, MiniRacer] = {}
    while True:
        message: dict[str, Any] = json.loads(connection.recv_bytes())
        number, code = message["session"], message["code"]
        if code is None:
            sessions.pop(number).close()
            continue
        if number not in sessions:
            sessions[number] = _session()
        answer = await _evaluated(sessions[number], code, message["seconds"])
        connection.send_bytes(json.dumps(answer).encode())


def _session() -> MiniRacer:
    session = MiniRacer()
    session.eval("".join(f"globalThis.{name} = undefined;" for name in UNAVAILABLE))
    session.set_hard_memory_limit(MEMORY_BYTES_MAX)
    return session


async def _evaluated(session: MiniRacer, code: str, seconds: float) -> dict[str, str | None]:
    """Return the `value` of the code, or the kind of its `error` with a `message`."""
    try:
        value = await asyncio.wait_for(session.eval_cancelable(code), seconds)
    except TimeoutError:
        return {"error": TIMEOUT, "message": ""}
    except JSOOMException:
        return {"error": MEMORY, "message": ""}
    except JSEvalException as error:
        return {"error": EXCEPTION, "message": str(error)}
    text = value if isinstance(value, str) else ""
    if len(text) > VALUE_LENGTH_MAX:
        return {"error": MEMORY, "message": ""}
    return {"value": text}


if __name__ == "__main__":
    main(int(sys.argv[1]))
