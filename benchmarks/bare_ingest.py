"""A minimal ingest endpoint with FastAPI, Pydantic, a JWT and SQLite, as a baseline.

It writes one transaction per request, which is durable before the response, ignores duplicates and
has indexes for the same queries. It has no idempotency records, rollups or tenants. It reads the
environment variables BARE_DATABASE and BARE_PUBLIC_KEY.
"""

import os
import sqlite3
from pathlib import Path
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, Header
from pydantic import BaseModel, Field

app = FastAPI()
public_key = Path(os.environ["BARE_PUBLIC_KEY"]).read_bytes()
database = sqlite3.connect(os.environ["BARE_DATABASE"], check_same_thread=False)
database.executescript(
    """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS events (
        org_id TEXT, timestamp TEXT, event_id TEXT, event_type TEXT, user_id TEXT, properties TEXT,
        UNIQUE (org_id, timestamp, event_id)
    );
    CREATE INDEX IF NOT EXISTS by_type ON events (org_id, event_type, timestamp);
    CREATE INDEX IF NOT EXISTS by_user ON events (org_id, user_id, timestamp);
    """
)


class BareEvent(BaseModel):
    event_id: str = Field(max_length=128)
    event_type: str = Field(max_length=128)
    user_id: str = Field(max_length=256)
    timestamp: str
    properties: dict[str, Any]


class BareBatch(BaseModel):
    events: list[BareEvent] = Field(max_length=100)


async def organization(authorization: Annotated[str, Header()]) -> str:
    token = authorization.removeprefix("Bearer ")
    claims = jwt.decode(token, public_key, algorithms=["RS256"], audience="acme-analytics")
    return claims["org_id"]


@app.post("/api/v1/events", status_code=201)
async def ingest(batch: BareBatch, org_id: Annotated[str, Depends(organization)]) -> dict[str, int]:
    rows = [
        (org_id, e.timestamp, e.event_id, e.event_type, e.user_id, BareEvent.model_dump_json(e))
        for e in batch.events
    ]
    with database:
        before = database.total_changes
        database.executemany("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?)", rows)
    return {"created": database.total_changes - before}
