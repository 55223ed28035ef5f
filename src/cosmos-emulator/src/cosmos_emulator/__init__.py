"""Cosmos DB for NoSQL in process: the real SDK, without an account, a container or a socket.

emulator = Emulator()
CosmosClient(emulator.endpoint, emulator.key, transport=AsyncTransport(emulator))
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
