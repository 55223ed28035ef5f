"""Ingest of events that are sent while a page unloads.

A request that outlives its page can't send headers that require a CORS preflight. The body of a
beacon is therefore JSON with the content type text/plain, and contains the credential.
"""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth.caller import EVENTS_WRITE, Caller, scopes_of_api_key
from api.auth.exchange import find_api_key, subject_of
from api.dependencies import Resources, ResourcesDep, admit, charge, check_query
from api.domain.events import EVENTS_PER_REQUEST_MAX
from api.errors import ApiError
from api.routers.bodies import as_object, check_payload, media_type_of, read_body, request_body
from api.routers.event_payloads import parse_events, submission_of
from api.routers.event_schemas import EventPayload
from api.routers.events import PATH
from api.routers.ingest import (
    INGESTED,
    IngestResponse,
    clock_skew,
    find_unnamed,
    ingest_response,
    split_sent_at,
)
from api.routers.problem_schema import problem_responses
from api.services.events import ingest

BODY_BYTES_MAX = 64 * 1024  # browsers limit all requests that outlive a page to this total

router = APIRouter(tags=["events"])


class BeaconCredential(BaseModel):
    """Either an API key or an access token, but not both."""

    model_config = ConfigDict(strict=True)

    api_key: str | None = Field(default=None, min_length=1, max_length=256)
    access_token: str | None = Field(default=None, min_length=1)


class BeaconBatch(BeaconCredential):
    """A credential, and 1 to 100 events, each with an `event_id` and a `timestamp`."""

    model_config = ConfigDict(extra="forbid")

    events: list[EventPayload] = Field(min_length=1, max_length=EVENTS_PER_REQUEST_MAX)
    sent_at: str | None = Field(default=None, description="As in POST /api/v1/events")


@router.post(
    f"{PATH}/beacon",
    operation_id="beacon_events",
    status_code=201,
    response_model=IngestResponse,
    responses={**INGESTED, **problem_responses(400, 401, 403, 408, 413, 415, 422, 429, 503)},
    openapi_extra=request_body({"text/plain": BeaconBatch}),
)
async def beacon_events(request: Request, resources: ResourcesDep) -> Response:
    """Store up to 64 KiB of events that a page sends while it unloads."""
    if media_type_of(request) != "text/plain":
        raise ApiError("unsupported_media_type", "Send Content-Type: text/plain.")
    check_query(request)
    received_at = resources.now()
    body = await read_body(request, bytes_max=BODY_BYTES_MAX)
    payload, sent_at = split_sent_at(parse_events(body, BeaconBatch.model_fields))
    credential, payload = _split(payload)
    caller = await _caller(credential, resources, resources.now())
    admit(request, resources, caller)
    if turn := getattr(request.state, "turn", None):
        await turn.take_slot()  # only now is the credential known
    caller.require_origin(request.headers.getlist("origin"))
    caller.require_unbound()
    caller.require_scope(EVENTS_WRITE)
    skew = clock_skew(request, sent_at, received_at)
    submission = submission_of(payload, body, caller, skew)
    charge(request, resources, caller, submission.entries)
    ingested = await ingest(
        resources.store,
        org_id=caller.org_id,
        source=caller.source,
        submission=submission,
        key=None,
        now=resources.now,
        quotas=resources.quotas,
    )
    unnamed = await find_unnamed(resources, caller, submission)
    return ingest_response(ingested, submission, unnamed)


def _split(payload: object) -> tuple[BeaconCredential, dict[str, Any]]:
    """Return the credential, and the rest of the payload in the format of POST /events."""
    fields = as_object(payload) or {}
    names = BeaconCredential.model_fields.keys()
    credential = {name: value for name, value in fields.items() if name in names}
    return (
        check_payload(BeaconCredential, credential),
        {name: value for name, value in fields.items() if name not in names},
    )


async def _caller(credential: BeaconCredential, resources: Resources, now: datetime) -> Caller:
    match credential:
        case BeaconCredential(api_key=str(api_key), access_token=None):
            key = await find_api_key(resources.store, api_key, now=now, is_local=resources.is_local)
            scopes = scopes_of_api_key(key.kind)
            return Caller(
                subject_of(key),
                key.org_id,
                scopes,
                role=None,
                expires_at=now,
                origins=key.origins,
            )
        case BeaconCredential(api_key=None, access_token=str(access_token)):
            return Caller.from_claims(await resources.verifier.verify(access_token))
        case _:
            raise ApiError(
                "credential_invalid",
                "Send one credential in the body: api_key or access_token.",
                headers={"WWW-Authenticate": "Bearer"},
            )
