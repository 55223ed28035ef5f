"""Send a batch to `POST /events`, and assign the results to the rows of the file."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import httpx2

from api.cli.batches import Batch
from api.cli.client import Client, code_of, explain, read_object
from api.cli.errors import Permanent
from api.cli.journal import Outcome, RefusedRow
from api.cli.rows import Row

ANSWERED = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.MULTI_STATUS})
AT_FAULT = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.CONTENT_TOO_LARGE, HTTPStatus.UNPROCESSABLE_CONTENT}
)
QUOTA_HINT = "When the quota allows more events, run the same command again to resume."


async def deliver(client: Client, batch: Batch, key: str) -> Outcome:
    """Send the batch with this idempotency key until the API has returned a result for every row.

    If the API rejects the whole payload, the batch is halved until the invalid row is isolated, so
    that the valid rows are stored. Raises Permanent for an error that isn't caused by a row.
    """
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    response = await client.request(
        "POST", "/api/v1/events", org_id=batch.org_id, headers=headers, content=batch.body
    )
    if response.status_code in ANSWERED:
        return read_outcome(batch, read_object(response))
    if response.status_code == HTTPStatus.FORBIDDEN and code_of(response) == "tenant_mismatch":
        # All rows of a batch have the same org_id, which isn't the one of the API key.
        return refuse(batch.rows, "org_id: the API key belongs to another organisation")
    if response.status_code not in AT_FAULT:
        whose = f" of {batch.org_id}" if batch.org_id else ""
        raise Permanent(
            f"The API rejected rows{whose} from line {batch.rows[0].line} on: {explain(response)}",
            hint=QUOTA_HINT if code_of(response) == "quota_exceeded" else "",
        )
    if "results" in (problem := read_object(response)):
        return read_outcome(batch, problem)
    if len(batch.rows) == 1:
        return refuse(batch.rows, refusal(response, problem))
    first, second = batch.halves()
    return await deliver(client, first, f"{key}.0") + await deliver(client, second, f"{key}.1")


def refuse(rows: Sequence[Row], reason: str) -> Outcome:
    return Outcome(0, 0, tuple(RefusedRow(row.line, reason) for row in rows))


def read_outcome(batch: Batch, response: dict[str, Any]) -> Outcome:
    """Return the outcome of the batch, with line numbers instead of the response's indexes."""
    results: list[dict[str, Any]] = response["results"]
    statuses = [result["status"] for result in results]
    refused = tuple(
        RefusedRow(batch.rows[int(result["index"])].line, describe(result.get("error") or {}))
        for result in results
        if result["status"] == "rejected"
    )
    return Outcome(statuses.count("created"), statuses.count("duplicate"), refused)


def describe(error: dict[str, Any]) -> str:
    """Return a field error as text, such as `timestamp: must be …`."""
    field = str(error.get("pointer", "")).rpartition("/")[2]
    detail = str(error.get("detail", "rejected without a reason"))
    return f"{field}: {detail}" if field and not field.isdigit() else detail


def refusal(response: httpx2.Response, problem: dict[str, Any]) -> str:
    return "; ".join(map(describe, problem.get("errors") or ())) or explain(response)
