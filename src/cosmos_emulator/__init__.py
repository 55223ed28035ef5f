"""Cosmos DB for NoSQL in process: the real SDK, without an account, a container or a socket.

emulator = Emulator()
CosmosClient(emulator.endpoint, emulator.key, transport=AsyncTransport(emulator))
"""

from .core import Emulator
from .messages import Request, Response
from .storage import FileInUseError
from .throughput import throttled

__all__ = ["Emulator", "FileInUseError", "Request", "Response", "throttled"]
