"""Events from a page that is being left.

A request that outlives its page may carry no header that needs a preflight: the body is text/plain
for the browser, JSON for us, and the credential travels inside.
"""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth.caller import EVENTS_WRITE, Caller, scopes_of_api_key
from api.auth.exchange import find_api_key, subject_of
from api.dependencies import Services, ServicesDep, admit, charge
from api.domain.events import EVENTS_PER_REQUEST_MAX
from api.errors import ApiError
from api.routers.bodies import as_object, check_payload, media_type_of, read_body
from api.routers.event_payloads import EventPayload, parse_events, submission_of
from api.routers.events import INGESTED, PATH, IngestAnswer, answer_of, find_unnamed
from api.routers.ingest_headers import clock_skew, split_sent_at
from api.routers.problem_schema import problem_responses
from api.services.events import ingest

BODY_BYTES_MAX = 64 * 1024  # what browsers let all requests together carry that outlive a page

router = APIRouter(tags=["events"])


class BeaconCredential(BaseModel):
    """Who sends: one of the two."""

    model_config = ConfigDict(strict=True)

    api_key: str | None = Field(default=None, min_length=1, max_length=256)
    access_token: str | None = Field(default=None, min_length=1)


class BeaconBatch(BeaconCredential):
    """1 to 100 events, each with its `event_id` and `timestamp`, and who sends them."""

    model_config = ConfigDict(extra="forbid")

    events: list[EventPayload] = Field(min_length=1, max_length=EVENTS_PER_REQUEST_MAX)
    sent_at: str | None = Field(default=None, description="As in POST /api/v1/events")


@router.post(
    f"{PATH}/beacon",
    operation_id="beacon_events",
    status_code=201,
    response_model=IngestAnswer,
    responses={**INGESTED, **problem_responses(400, 401, 403, 408, 413, 415, 422, 429, 503)},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"text/plain": {"schema": BeaconBatch.model_json_schema()}},
        }
    },
)
async def beacon_events(request: Request, services: ServicesDep) -> Response:
    """Store up to 64 KiB of events that a page sends while it is being left."""
    if media_type_of(request) != "text/plain":
        raise ApiError("unsupported_media_type", "Send Content-Type: text/plain.")
    received_at = services.now()
    body = await read_body(request, bytes_max=BODY_BYTES_MAX)
    payload, sent_at = split_sent_at(parse_events(body, BeaconBatch.model_fields))
    credential, payload = _split(payload)
    caller = await _caller(credential, services, services.now())
    admit(request, services, caller)
    caller.require_scope(EVENTS_WRITE)
    skew = clock_skew(request, sent_at, received_at)
    submission = submission_of(payload, body, caller, skew)
    charge(request, services, caller, submission.entries)
    ingested = await ingest(
        services.store,
        org_id=caller.org_id,
        source=caller.source,
        submission=submission,
        key=None,
        now=services.now,
    )
    unnamed = await find_unnamed(services, caller, submission)
    return answer_of(ingested, submission, unnamed)


def _split(payload: object) -> tuple[BeaconCredential, dict[str, Any]]:
    """The credential, and the rest, which has the shape of POST /events."""
    fields = as_object(payload) or {}
    names = BeaconCredential.model_fields.keys()
    credential = {name: value for name, value in fields.items() if name in names}
    return (
        check_payload(BeaconCredential, credential),
        {name: value for name, value in fields.items() if name not in names},
    )


async def _caller(credential: BeaconCredential, services: Services, now: datetime) -> Caller:
    match credential:
        case BeaconCredential(api_key=str(api_key), access_token=None):
            key = await find_api_key(services.store, api_key, is_local=services.is_local)
            scopes = scopes_of_api_key(key.kind)
            return Caller(subject_of(key), key.org_id, scopes, role=None, expires_at=now)
        case BeaconCredential(api_key=None, access_token=str(access_token)):
            return Caller.from_claims(await services.verifier.verify(access_token))
        case _:
            raise ApiError(
                "credential_invalid",
                "Send one credential in the body: api_key or access_token.",
                headers={"WWW-Authenticate": "Bearer"},
            )
