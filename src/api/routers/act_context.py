"""The context of an administrative act that a request performs."""

from datetime import datetime
from uuid import uuid4

from fastapi import Request

from api.auth.caller import Caller
from api.domain.reference import Actor
from api.services.acts import Context


def act_context(request: Request, caller: Caller, now: datetime, scope: str = "") -> Context:
    """Return the context of an act: its actor and time, the request's id and the required scope."""
    actor = Actor("user", caller.subject)
    return Context(actor, now, lambda: uuid4().hex, request.state.request_id, scope)
