"""An interpreter of API Management policies, for the elements that our policies use.

It follows the documentation of each element, and raises KeyError for an unknown element. The test
sets whether a token is valid and whether a limit is reached.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

from tests.infra.gateway_expressions import value_of

type Element = ET.Element


class Headers(dict[str, str]):
    """Headers with case-insensitive names and the methods that expressions call."""

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__({name.lower(): value for name, value in given.items()})

    def GetValueOrDefault(self, name: str, default: str) -> str:  # noqa: N802 - C#'s name
        return self.get(name.lower(), default)

    def ContainsKey(self, name: str) -> bool:  # noqa: N802 - C#'s name
        return name.lower() in self


class Variables(dict[str, Any]):
    def ContainsKey(self, name: str) -> bool:  # noqa: N802 - C#'s name
        return name in self


@dataclass
class Response:
    status: int
    headers: Headers = field(default_factory=lambda: Headers({}))
    body: str = ""


@dataclass
class Call:
    """A request with its context, and with the failures that the test sets."""

    method: str
    headers: Headers
    claims: Mapping[str, str] = field(default_factory=dict)
    refusals: Mapping[str, str] = field(
        default_factory=dict
    )  # the elements that fail, with the reason
    address: str = "203.0.113.9"
    variables: Variables = field(default_factory=Variables)
    response: Response | None = None
    origin: str = ""  # the origin that `cors` allowed
    counters: list[str] = field(default_factory=list)  # the counters that were incremented
    backend: str = ""
    error: Any = None

    @property
    def context(self) -> Any:
        response = self.response and SimpleNamespace(
            StatusCode=self.response.status, Headers=self.response.headers
        )
        return SimpleNamespace(
            Request=SimpleNamespace(Headers=self.headers, IpAddress=self.address),
            RequestId="0f8fad5bd9cb469fa16570867728950e",
            Response=response,
            Variables=self.variables,
            LastError=self.error,
        )


class Failed(Exception):
    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.error = SimpleNamespace(Source=source, Reason=reason)


class Returned(Exception):
    pass


@dataclass
class Gateway:
    """The policies of the service and of one operation (None: no operation matches the URL)."""

    service: Element
    operation: Element | None
    function: Callable[[Call], Response]

    def handle(self, call: Call) -> Response:
        try:
            if call.method == "OPTIONS" and "access-control-request-method" in call.headers:
                return self._preflight(call)
            self._pipeline(call)
        except Returned:
            pass
        except Failed as failure:
            call.error = failure.error
            self._handle_error(call)
        assert call.response
        return call.response

    def _pipeline(self, call: Call) -> None:
        if self.operation is None:
            raise Failed("configuration", "OperationNotFound")
        for section in ("inbound", "backend", "outbound"):
            self._run(self.operation, section, call)

    def _handle_error(self, call: Call) -> None:
        policy = self.service if self.operation is None else self.operation
        try:
            self._run(policy, "on-error", call)
        except Returned:
            return
        raise AssertionError("on-error returned no response")

    def _preflight(self, call: Call) -> Response:
        """Evaluate only `cors`. An origin that is not listed gets an empty 200."""
        (cors,) = self.service.iter("cors")
        origin = call.headers.GetValueOrDefault("Origin", "")
        if origin not in texts(cors, "origin"):
            return Response(200)
        methods = one(cors, "allowed-methods")
        headers = texts(one(cors, "allowed-headers"), "header")
        return Response(
            200,
            Headers(
                {
                    "Access-Control-Allow-Origin": origin,
                    "Access-Control-Allow-Methods": ", ".join(texts(methods, "method")),
                    "Access-Control-Allow-Headers": ", ".join(headers),
                    "Access-Control-Max-Age": methods.attrib["preflight-result-max-age"],
                }
            ),
        )

    def _run(self, policy: Element, section: str, call: Call) -> None:
        for element in one(policy, section):
            if element.tag == "base":
                self._run(self.service, section, call)
            elif element.tag == "forward-request":
                self._forward(call)
            else:
                _ELEMENTS[element.tag](element, call)

    def _forward(self, call: Call) -> None:
        if reason := call.refusals.get("forward-request"):
            raise Failed("forward-request", reason)
        call.response = self.function(call)
        if call.origin:
            (cors,) = self.service.iter("cors")
            exposed = ", ".join(texts(one(cors, "expose-headers"), "header"))
            call.response.headers |= {
                "access-control-allow-origin": call.origin,
                "access-control-expose-headers": exposed,
            }


def parsed(policy: str) -> Element:
    """Parse a policy document."""
    return ET.fromstring(policy)  # noqa: S314 - it is our own


def one(element: Element, tag: str) -> Element:
    found = element.find(tag)
    assert found is not None, tag
    return found


def texts(element: Element, tag: str) -> list[str]:
    return [found.text or "" for found in element.iter(tag)]


def _set_variable(element: Element, call: Call) -> None:
    call.variables[element.attrib["name"]] = value_of(element.attrib["value"], call.context)


def _set_header(element: Element, call: Call) -> None:
    headers = call.response.headers if call.response else call.headers
    _put_header(element, headers, call)


def _put_header(element: Element, headers: Headers, call: Call) -> None:
    name = element.attrib["name"].lower()
    if element.attrib["exists-action"] == "delete":
        headers.pop(name, None)
        return
    assert element.attrib["exists-action"] == "override"
    headers[name] = value_of(one(element, "value").text or "", call.context)


def _choose(element: Element, call: Call) -> None:
    for branch in element:
        if branch.tag == "otherwise" or value_of(branch.attrib["condition"], call.context):
            for inner in branch:
                _ELEMENTS[inner.tag](inner, call)
            return


def _return_response(element: Element, call: Call) -> None:
    response = Response(int(one(element, "set-status").attrib["code"]))
    for header in element.iter("set-header"):
        _put_header(header, response.headers, call)
    response.body = value_of(one(element, "set-body").text or "", call.context)
    call.response = response
    raise Returned


def _cors(element: Element, call: Call) -> None:
    assert element.attrib == {"allow-credentials": "false", "terminate-unmatched-request": "false"}
    origin = call.headers.GetValueOrDefault("Origin", "")
    call.origin = origin if origin in texts(element, "origin") else ""


def _validate_jwt(element: Element, call: Call) -> None:
    if reason := call.refusals.get("validate-jwt"):
        raise Failed("validate-jwt", reason)
    token = SimpleNamespace(Claims=Variables(call.claims))
    token.Claims.GetValueOrDefault = call.claims.get
    call.variables[element.attrib["output-token-variable-name"]] = token


def _limit(element: Element, call: Call) -> None:
    call.counters.append(value_of(element.attrib["counter-key"], call.context))
    if reason := call.refusals.get("rate-limit-by-key"):
        call.variables[element.attrib["retry-after-variable-name"]] = 7
        raise Failed("rate-limit-by-key", reason)


def _set_backend(element: Element, call: Call) -> None:
    call.backend = element.attrib["backend-id"]


def _sign_in(element: Element, call: Call) -> None:
    """Replace the caller's token with the gateway's, as documented for the element."""
    call.headers["authorization"] = f"Bearer gateway's for {element.attrib['resource']}"


_ELEMENTS: Mapping[str, Callable[[Element, Call], None]] = {
    "authentication-managed-identity": _sign_in,
    "choose": _choose,
    "cors": _cors,
    "rate-limit-by-key": _limit,
    "return-response": _return_response,
    "set-backend-service": _set_backend,
    "set-header": _set_header,
    "set-variable": _set_variable,
    "validate-jwt": _validate_jwt,
}
