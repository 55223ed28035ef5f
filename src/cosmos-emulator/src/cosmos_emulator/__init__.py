"""An in-process emulator of Cosmos DB for NoSQL, which the real SDK calls without a socket.

Create an `Emulator`, and connect a client to the emulator with `CosmosClient(emulator.endpoint,
emulator.key, transport=AsyncTransport(emulator))`.
"""

from cosmos_emulator.core import Emulator
from cosmos_emulator.faults import Fault, Faults
from cosmos_emulator.files import DamagedFileError, FileError, FileInUseError
from cosmos_emulator.keys import KEY
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.throughput import throttled

__all__ = [
    "KEY",
    "DamagedFileError",
    "Emulator",
    "Fault",
    "Faults",
    "FileError",
    "FileInUseError",
    "Request",
    "Response",
    "throttled",
]
