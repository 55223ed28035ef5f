"""Queries that are computed whole and then cut into pages.

These are DISTINCT, GROUP BY, aggregates, and ORDER BY a property that has no column of its own.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import orjson

from cosmos_emulator.query.aggregate import group
from cosmos_emulator.query.evaluate import Parameters
from cosmos_emulator.query.run import Page, Run
from cosmos_emulator.query.values import UNDEFINED, Json, Value, encode


class Entry(NamedTuple):
    """A result and its place: an encoding for each ORDER BY term, then one that breaks ties."""

    order: tuple[bytes, ...]
    tie: bytes
    result: bytes


def collect(run: Run) -> Page:
    """The next page of a query over single items."""
    page = Page()
    return _cut(run, _of_items(run, page), page)


def collect_groups(run: Run) -> Page:
    """The next page of a query over groups of items; without GROUP BY all are one group."""
    page = Page()
    return _cut(run, _of_groups(run, page), page)


def _of_items(run: Run, page: Page) -> Iterator[Entry]:
    for number, item in _items(run, page):
        value = run.build(item, run.parameters)
        if value is not UNDEFINED:
            yield _entry(run, item, value, run.parameters, number.to_bytes(8, "big"))


def _of_groups(run: Run, page: Page) -> Iterator[Entry]:
    items = (item for _, item in _items(run, page))
    for found in group(items, run.query, run.parameters):
        parameters = {**run.parameters, **found.results()}
        value = run.build(found.item, parameters)
        if value is not UNDEFINED:
            yield _entry(run, found.item, value, parameters, found.key)


def _items(run: Run, page: Page) -> Iterator[tuple[int, Json]]:
    for body, number in run.rows(run.selection.statement("body, number", [], None, None)):
        page.documents_read += 1
        page.bytes_read += len(body)
        yield number, orjson.loads(body)


def _entry(run: Run, item: Json, value: Value, parameters: Parameters, own: bytes) -> Entry:
    order = tuple(encode(term(item, parameters)) or b"" for term in run.order)
    tie = (encode(value) or b"") if run.query.distinct else own
    return Entry(order, tie, orjson.dumps(value))


def _cut(run: Run, found: Iterable[Entry], page: Page) -> Page:
    entries = list({entry.tie: entry for entry in found}.values())
    start = _sort(run, entries) + run.skip
    chosen = entries[start : start + run.wanted]
    page.results = [entry.result for entry in chosen]
    if chosen and len(entries) > start + len(chosen):
        last = (*chosen[-1].order, chosen[-1].tie)
        page.continuation = run.continued_after(last, len(chosen))
    return page


def _sort(run: Run, entries: list[Entry]) -> int:
    """Sorts in place, and says where the entries after the position begin."""
    here: Entry | None = None
    if run.position is not None:
        *order, tie = (value if isinstance(value, bytes) else b"" for value in run.position.values)
        here = Entry(tuple(order), tie, b"")
        entries.append(here)  # at the end: sorting is stable, so it follows its equal
    entries.sort(key=lambda entry: entry.tie)
    for place, order in reversed(list(enumerate(run.query.order_by))):
        entries.sort(key=lambda entry, place=place: entry.order[place], reverse=order.descending)
    if here is None:
        return 0
    start = next(place for place, entry in enumerate(entries) if entry is here)
    del entries[start]
    return start
