"""Secret files: written atomically and readable only by their owner."""

import os
from pathlib import Path
from tempfile import mkstemp


def create_once(path: Path, content: bytes) -> None:
    """Write the file unless it exists; if processes start at the same time, one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    complete = write_beside(path, content)
    try:
        path.hardlink_to(complete)
    except FileExistsError:
        pass  # another process was faster: its secret is used
    finally:
        complete.unlink()


def write_beside(path: Path, content: bytes) -> Path:
    """Write a temporary file in the same folder, so that moving it into place is atomic."""
    descriptor, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")  # with mode 0600
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    return Path(name)
