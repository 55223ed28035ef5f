"""The context of an administrative act that a request performs."""

from datetime import datetime
from uuid import uuid4

from fastapi import Request

from api.domain.reference import Actor
from api.services.acts import Context


def act_context(request: Request, user_id: str, now: datetime, scope: str = "") -> Context:
    """Return the context of a user's act: its time, the request's id and the required scope."""
    return Context(
        Actor("user", user_id), now, lambda: uuid4().hex, request.state.request_id, scope
    )
