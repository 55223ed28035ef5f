"""Group rows into batches, each of which is sent in one request.

Retries require that the same rows always form the same batches.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from api.cli.rows import Row

EVENTS_MAX = 100
BODY_BYTES_MAX = 900_000  # the API's limit is 1 MiB

_PREFIX, _SUFFIX = b'{"events":[', b"]}"


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one organisation, in file order, that are sent in one request."""

    rows: Sequence[Row]

    @property
    def org_id(self) -> str | None:
        return self.rows[0].org_id

    @property
    def body(self) -> bytes:
        return _PREFIX + b",".join(row.event for row in self.rows) + _SUFFIX

    def halves(self) -> tuple["Batch", "Batch"]:
        middle = len(self.rows) // 2
        return Batch(self.rows[:middle]), Batch(self.rows[middle:])


def make_batches(rows: Iterable[Row]) -> Iterator[Batch]:
    """Yield each batch when it is full, and the incomplete batches at the end.

    While rows are read, there is one incomplete batch per organisation.
    """
    waiting: dict[str | None, list[Row]] = {}
    sizes: dict[str | None, int] = {}
    for row in rows:
        batch = waiting.setdefault(row.org_id, [])
        size = sizes.get(row.org_id, 0) + len(row.event) + 1
        if batch and (len(batch) == EVENTS_MAX or size > BODY_BYTES_MAX):
            yield Batch(batch)
            batch, size = [], len(row.event) + 1
        batch.append(row)
        waiting[row.org_id], sizes[row.org_id] = batch, size
    yield from map(Batch, waiting.values())
