"""An in-process emulator of Cosmos DB for NoSQL, which the real SDK calls without a socket.

Create an `Emulator`, and connect a client to the emulator with `CosmosClient(emulator.endpoint,
emulator.key, transport=AsyncTransport(emulator))`.
"""

from cosmos_emulator.core import KEY, Emulator
from cosmos_emulator.files import DamagedFileError, FileError, FileInUseError
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.throughput import throttled

__all__ = [
    "KEY",
    "DamagedFileError",
    "Emulator",
    "FileError",
    "FileInUseError",
    "Request",
    "Response",
    "throttled",
]
