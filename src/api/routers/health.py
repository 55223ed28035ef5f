"""The health check."""

from functools import cache
from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from api.dependencies import StoreDep
from api.routers.problem_schema import problem_responses

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The state of the service and its store."""

    status: Literal["ok"] = "ok"
    store: Literal["reachable"] = "reachable"
    version: str


@router.get("/healthz", operation_id="check_health", responses=problem_responses(429, 503))
async def check_health(store: StoreDep) -> Health:
    """Return 200 while the store is available, else 503."""
    await store.check()
    return Health(version=_version())


@cache
def _version() -> str:
    return version("acme-analytics")  # reads files of the package for 1 ms
