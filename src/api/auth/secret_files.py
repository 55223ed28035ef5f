"""Files that hold a secret: complete or not there at all, and readable by their owner alone."""

import os
from pathlib import Path
from tempfile import mkstemp


def create_once(path: Path, content: bytes) -> None:
    """Write the file unless it is there: of processes that start together one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    complete = write_beside(path, content)
    try:
        path.hardlink_to(complete)
    except FileExistsError:
        pass  # another process was faster: its secret is the secret
    finally:
        complete.unlink()


def write_beside(path: Path, content: bytes) -> Path:
    """A complete file in the same folder, so that moving it into place is atomic."""
    descriptor, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")  # with mode 0600
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    return Path(name)
