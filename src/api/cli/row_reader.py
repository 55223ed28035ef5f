"""Read events row by row from CSV or NDJSON files, which may be gzipped.

Invalid rows are rejected. The text of a JSON event is sent unchanged, so its numbers don't change.
"""

import os
import shutil
import stat
import sys
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from gzip import BadGzipFile, GzipFile
from io import BufferedIOBase
from pathlib import Path
from tempfile import TemporaryFile
from typing import cast

from api.cli.csv_rows import CsvRows
from api.cli.errors import Failure, UnusableFile
from api.cli.rows import (
    LINE_BYTES_MAX,
    RejectedRow,
    Row,
    RowError,
    RowIds,
    excerpt,
    make_row,
    parse_object,
)

STDIN = "-"
BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_HEAD_BYTES = 64 * 1024
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_FORMATS = {
    b"PK\x03\x04": "a zip archive, as Excel workbooks are. Unpack it, or save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an Excel workbook. Save the sheet as CSV",
    b"PAR1": "a Parquet file. Convert it to NDJSON or CSV",
    b"BZh": "packed with bzip2. Unpack it, or use gzip",
    b"\xfd7zXZ": "packed with xz. Unpack it, or use gzip",
    b"\x28\xb5\x2f\xfd": "packed with zstd. Unpack it, or use gzip",
}


@contextmanager
def open_rows_file(path: Path) -> Generator[BufferedIOBase]:
    """Open a file of rows so that it can be read twice.

    Input from a pipe is copied to a temporary file first.

    Raises UnusableFile if the file doesn't exist.
    """
    if str(path) == STDIN:
        with _copy(cast("BufferedIOBase", sys.stdin.buffer)) as copy:
            yield copy
        return
    if not path.exists() or path.is_dir():
        raise UnusableFile(f"{path} {'is a folder' if path.is_dir() else 'does not exist'}.")
    with path.open("rb") as file:
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            yield file
        else:
            with _copy(file) as copy:
                yield copy


def name_beside(path: Path, ending: str) -> Path:
    """Return the path of a file next to this file or, for standard input, in the current folder."""
    is_device = str(path) == STDIN or path.parts[:2] in {("/", "dev"), ("/", "proc")}
    return Path(f"stdin{ending}") if is_device else path.parent / f"{path.name}{ending}"


@contextmanager
def _copy(source: BufferedIOBase) -> Generator[BufferedIOBase]:
    with TemporaryFile() as file:
        copy = cast("BufferedIOBase", file)
        shutil.copyfileobj(source, copy)
        copy.seek(0)
        yield copy


class RowReader:
    """A reader that yields the rows of an open file one by one.

    `position` and `size` are in bytes of the file on disk, which may be compressed. Raises
    UnusableFile for a file that is neither NDJSON nor a CSV file of events.
    """

    def __init__(self, file: BufferedIOBase, name: Path) -> None:
        self.size = file.seek(0, os.SEEK_END)
        file.seek(0)
        self._file = file
        self.name = name
        with self._gzip_errors():
            self._rows = self._open()

    @property
    def position(self) -> int:
        return self.size if self._file.closed else self._file.tell()

    def __iter__(self) -> Iterator[Row | RejectedRow]:
        """Yield the rows. Raises Failure if the gzip data is damaged."""
        with self._gzip_errors():
            yield from self._rows

    @contextmanager
    def _gzip_errors(self) -> Generator[None]:
        try:
            yield
        except (EOFError, BadGzipFile, zlib.error) as error:
            raise Failure(f"{self.name} contains damaged gzip: {error}") from error

    def _open(self) -> Iterable[Row | RejectedRow]:
        is_packed = self._file.read(len(_GZIP)) == _GZIP
        self._file.seek(0)
        stream = GzipFile(fileobj=self._file) if is_packed else self._file
        head = stream.read(_HEAD_BYTES)
        stream.seek(0)
        text = head.removeprefix(BOM).lstrip()
        if text.startswith(b"{") and text[1:2] != b"\0":
            return read_ndjson(stream)
        self._require_text(head)
        if text.startswith(b"["):
            raise UnusableFile(
                f"{self.name} is a JSON array. Write one event per line, for instance with "
                f"`jq -c '.[]' {self.name}`."
            )
        return CsvRows(stream, str(self.name))

    def _require_text(self, head: bytes) -> None:
        for magic, what in _FORMATS.items():
            if head.startswith(magic):
                raise UnusableFile(f"{self.name} is {what}.")
        if head.startswith(_UTF_16) or (b"\0" in head and b"\0\0" not in head):
            raise UnusableFile(
                f"{self.name} is UTF-16. Convert it to UTF-8 first, for instance with "
                f"`iconv -f UTF-16 -t UTF-8`."
            )
        if b"\0" in head:
            raise UnusableFile(f"{self.name} is not a text file: it contains NUL bytes.")


def read_ndjson(stream: BufferedIOBase) -> Iterator[Row | RejectedRow]:
    """Yield a row or a rejected row for each line that isn't blank."""
    ids = RowIds()
    for number, line in enumerate(lines(stream), 1):
        if not (text := line.removeprefix(BOM if number == 1 else b"").strip()):
            continue
        try:
            yield make_row(number, text, parse_object(text), ids)
        except RowError as error:
            yield RejectedRow(number, str(error), excerpt(text[:4000].decode(errors="replace")))


def lines(stream: BufferedIOBase) -> Iterator[bytes]:
    """Yield the lines of a stream, using bounded memory.

    Only the beginning of a line that is too long is yielded.
    """
    while line := stream.readline(LINE_BYTES_MAX + 1):
        rest = line
        while len(rest) > LINE_BYTES_MAX and not rest.endswith(b"\n"):
            rest = stream.readline(LINE_BYTES_MAX + 1)
        yield line
