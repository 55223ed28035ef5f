"""Fair sharing of the process's CPU time between organisations and unauthenticated requests."""

from collections import OrderedDict
from hashlib import sha256
from ipaddress import IPv6Address, IPv6Network, ip_address

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth.caller import Caller
from api.dependencies import Resources
from api.errors import ApiError
from api.problems import problem_response
from api.turns import Turn, Turns

TOKENS_MAX = 4096
_IPV6_PREFIX = 64  # the prefix that a provider assigns to one customer
_UNLIMITED = {"/healthz"}  # health probes must succeed during a flood from their address
_UNAUTHORIZED = 401


class FairTurns:
    """ASGI middleware that schedules requests fairly and rate-limits unauthenticated requests.

    The CPU time of a request is charged to the client's address until the token is verified, and
    then to the organisation. If the token was verified in an earlier request, the organisation is
    charged from the start.
    """

    def __init__(self, app: ASGIApp, turns: Turns) -> None:
        self._app = app
        self._turns = turns
        self._callers = OrderedDict[bytes, tuple[str, str]]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        resources: Resources = scope["app"].state.resources
        token, address = _token_digest(request), _network_of(request)
        caller = self._callers.get(token)
        if caller is None and request.url.path not in _UNLIMITED:
            try:
                resources.limiter.admit_address(address, resources.now())
            except ApiError as error:
                request.state.error = error
                await problem_response(error, request.state.request_id)(scope, receive, send)
                return
        turn = request.state.turn = self._turns.begin(address, caller)
        is_accepted = True

        async def note_status(message: Message) -> None:
            nonlocal is_accepted
            is_accepted &= message.get("status") != _UNAUTHORIZED
            await send(message)

        async def receive_within_bounds() -> Message:
            message = await receive()
            turn.add_body(len(message.get("body", b"")))
            if not message.get("more_body", False):
                await turn.take_slot()
            return message

        work = self._app(scope, receive_within_bounds, note_status)
        try:
            await self._turns.run(work, turn)
        finally:
            turn.end()
            self._remember(token, request, is_accepted=is_accepted)
            _settle(request, resources, turn, None if caller else address)

    def _remember(self, token: bytes, request: Request, *, is_accepted: bool) -> None:
        caller: Caller | None = getattr(request.state, "caller", None)
        if not is_accepted:
            self._callers.pop(token, None)
        elif token and caller:
            self._callers[token] = (caller.org_id, caller.subject)
            self._callers.move_to_end(token)
            if len(self._callers) > TOKENS_MAX:
                self._callers.popitem(last=False)


def _settle(request: Request, resources: Resources, turn: Turn, address: str | None) -> None:
    """Charge the caller or the address for CPU time that exceeds the work counted in advance."""
    caller: Caller | None = getattr(request.state, "caller", None)
    work: int = getattr(request.state, "work", 0)
    resources.limiter.settle(caller, address, work=work, seconds=turn.seconds, now=resources.now())


def _token_digest(request: Request) -> bytes:
    """Return a digest of the bearer token, or an empty value if the token is missing."""
    header = request.headers.get("authorization")
    return sha256(header.encode()).digest() if header else b""


def _network_of(request: Request) -> str:
    """Return the client's IPv4 address, or the /64 network of its IPv6 address."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, _IPV6_PREFIX), strict=False))
    return host
