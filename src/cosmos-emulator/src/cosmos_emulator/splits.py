"""Split and merge the physical partitions of a container.

Items keep their log sequence numbers, so a client that reads the change feed of a physical
partition continues at the same position in the partitions that replace it. A request that names a
replaced partition gets 410 with substatus 1002, and the client reads the list of partitions again.
https://learn.microsoft.com/rest/api/cosmos-db/get-partition-key-ranges describes that list.
"""
# ruff: noqa: S608  only the table's name is put into SQL text

from cosmos_emulator.containers import Container
from cosmos_emulator.history import move_history
from cosmos_emulator.partitions import PhysicalPartition, boundary, hash_bounds
from cosmos_emulator.storage import Storage


def split(storage: Storage, container: Container, partition: PhysicalPartition) -> None:
    """Replace a physical partition with two of half its range."""
    definition = container.partition_key
    cut = boundary(definition, sum(hash_bounds(definition, partition.low, partition.high)) // 2)
    first = container.next_partition
    parents = (*partition.parents, partition.number)
    halves = (
        PhysicalPartition(first, partition.low, cut, parents),
        PhysicalPartition(first + 1, cut, partition.high, parents),
    )
    _replace(storage, container, (partition,), halves)


def merge(
    storage: Storage, container: Container, left: PhysicalPartition, right: PhysicalPartition
) -> None:
    """Replace two neighbouring physical partitions with one."""
    parents = (*left.parents, *right.parents, left.number, right.number)
    unique = tuple(dict.fromkeys(parents))
    merged = PhysicalPartition(container.next_partition, left.low, right.high, unique)
    _replace(storage, container, (left, right), (merged,))


def grow(storage: Storage, container: Container, count: int) -> Container:
    """Split the largest partitions until the container has at least `count` partitions."""
    while len(container.partitions) < count:
        split(storage, container, max(container.partitions, key=lambda p: _width(container, p)))
        container = storage.container(container.database, container.name)
    return container


def _replace(
    storage: Storage,
    container: Container,
    old: tuple[PhysicalPartition, ...],
    new: tuple[PhysicalPartition, ...],
) -> None:
    lsn = max(storage.lsn[container.number, partition.number] for partition in old)
    with storage.commits.transaction():
        for partition in new:
            _move_items(storage, container, old, partition)
        storage.replace_partitions(container, old, new, lsn)
    storage.reload()


def _move_items(
    storage: Storage,
    container: Container,
    old: tuple[PhysicalPartition, ...],
    new: PhysicalPartition,
) -> None:
    low, high = new.bounds
    for partition in old:
        storage.sql.execute(
            f'UPDATE "{container.table.name}" SET partition = ?'
            " WHERE partition = ? AND epk >= ? AND epk < ?",
            (new.number, partition.number, low, high),
        )
        move_history(storage.sql, container, partition.number, new)


def _width(container: Container, partition: PhysicalPartition) -> int:
    low, high = hash_bounds(container.partition_key, partition.low, partition.high)
    return high - low
