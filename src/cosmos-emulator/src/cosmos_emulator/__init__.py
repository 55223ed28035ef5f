"""An in-process emulator of Cosmos DB for NoSQL. The real SDK calls it without a socket.

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
