"""Write files that contain secrets, atomically and readable only by their owner."""

import os
from pathlib import Path
from tempfile import mkstemp


def create_once(path: Path, content: bytes) -> None:
    """Write the file unless it exists.

    If two processes write the file at the same time, the first content is kept.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    complete = write_beside(path, content)
    try:
        path.hardlink_to(complete)
    except FileExistsError:
        pass  # another process created the file first, and its secret is used
    finally:
        complete.unlink()


def write_beside(path: Path, content: bytes) -> Path:
    """Write a temporary file next to `path`, so that it can be moved into place atomically."""
    descriptor, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")  # with mode 0600
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    return Path(name)
