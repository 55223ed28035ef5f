"""Patterns for the values of fields, and messages that say how to correct an invalid field."""

from collections.abc import Mapping
from typing import Any

# Control characters and bidirectional characters can hide or reorder the text that a reader sees.
_HIDDEN = r"\x00-\x1F\x7F-\x9F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069"
VISIBLE_TEXT = rf"^[^{_HIDDEN}]+$"
VISIBLE_NAME = rf"^[^{_HIDDEN}]*[^\s{_HIDDEN}][^{_HIDDEN}]*$"
IDENTIFIER = r"^[A-Za-z0-9._:-]{1,128}$"
# Ids of organisations and users are segments of URL paths, where clients remove `.` and `..`.
ORG_ID = r"^\.*[A-Za-z0-9_:-][A-Za-z0-9._:-]*$"
# Cosmos DB accepts no / \ ? # in an id.
USER_ID = r'^(\.{3}|\.{0,2}[!-"$-\-0->@-\[\]-~])[!-"$-.0->@-\[\]-~]*$'
EMAIL = rf"^[^@\s{_HIDDEN}]+@[^@\s{_HIDDEN}]+$"
# Unlike identity providers on an intranet, people who type a domain without a dot made a mistake.
INVITED_EMAIL = rf"^[^@\s{_HIDDEN}]+@[^@\s.{_HIDDEN}]+(\.[^@\s.{_HIDDEN}]+)+$"
KEY_HASH = r"^[0-9a-f]{64}$"
VIEW_ID = r"^view_[0-9a-f]{16}$"
BOARD_ID = r"^board_[0-9a-f]{16}$"
ANNOTATION_ID = r"^annotation_[0-9a-f]{16}$"
SHARE_ID = r"^share_[0-9a-f]{64}$"
ALERT_ID = r"^alert_[0-9a-f]{16}$"
WEBHOOK_URL = r"^https?://[!-~]+$"
_PARAMETER = r"([A-Za-z0-9*._+-]|%[0-9A-Fa-f]{2})+=([A-Za-z0-9*._~+!$'(),:;@/?-]|%[0-9A-Fa-f]{2})*"
QUERY_STRING = rf"^({_PARAMETER}(&{_PARAMETER})*)?$"
# Browsers omit the default port of a scheme, so an origin must not contain it. The patterns of
# ports have no lookahead, because Pydantic's regular expressions don't support it.
_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_HOST = rf"{_LABEL}(\.{_LABEL})*"
_LONG_PORT = r"[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
_NOT_80 = rf"[1-9]|[1-79][0-9]|8[1-9]|[1-9][0-9]{{2,3}}|{_LONG_PORT}"
_NOT_443 = r"[1-9][0-9]?|[1-35-9][0-9]{2}|4[0-35-9][0-9]|44[0-24-9]|[1-9][0-9]{3}" rf"|{_LONG_PORT}"
ORIGIN = rf"^(http://{_HOST}(:({_NOT_80}))?|https://{_HOST}(:({_NOT_443}))?)$"
_PATTERNS = {
    VISIBLE_TEXT: "must not contain control or bidirectional characters",
    VISIBLE_NAME: "must have a visible character, and no control or bidirectional characters",
    IDENTIFIER: "must be 1 to 128 letters, digits and any of . _ : -",
    ORG_ID: "must be 1 to 128 letters, digits and any of . _ : -, and not only dots",
    ORIGIN: "must be an origin as browsers send it, such as https://shop.example: "
    "in lower case, without a path, a slash at the end or the default port",
    USER_ID: "must be the `sub` of the ID token: visible ASCII characters without / \\ ? #, "
    "and not . or ..",
    EMAIL: "must be an e-mail address",
    INVITED_EMAIL: "must be an e-mail address with a complete domain, such as ada@acme.example",
    VIEW_ID: "must be the id of a view",
    BOARD_ID: "must be the id of a board",
    ANNOTATION_ID: "must be the id of an annotation",
    SHARE_ID: "must be the id of a share link",
    ALERT_ID: "must be the id of an alert",
    WEBHOOK_URL: "must be the URL of an endpoint, such as https://hooks.acme.example/alerts",
    QUERY_STRING: "must be the query string of an address, such as range=7d&interval=day: "
    "encoded, and without the question mark",
    KEY_HASH: "must be 64 hexadecimal digits in lower case",
}


UNKNOWN = "is unknown: remove it, or correct its name"
_WORDS = {  # by the type of a validation error
    "missing": "must be present",
    "extra_forbidden": UNKNOWN,
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "list_type": "must be a list",
    "string_type": "must be a string",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number, written in digits only",
    "int_parsing_size": "is too large",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "string_too_long": "must have at most {max_length} characters",
    "too_long": "must have at most {max_length} values",
    "recursion_loop": "is nested too deeply",
    "literal_error": "must be {expected}",
}
_TOO_SHORT = {"string_too_short": "characters", "too_short": "values"}
_OURS = frozenset(
    {
        "timestamp_invalid",
        "event_type_reserved",
        "event_type_too_long",
        "filter_kind",
        "timezone_invalid",
        "scalar_type",
        "repeated_view",
        "percentage",
    }
)
_OTHER = "is not valid: see the API's documentation of this field"


def describe_pattern(pattern: str) -> str:
    """Return the error message for a text that doesn't match this pattern."""
    return _PATTERNS[pattern]


def in_plain_words(fault: Mapping[str, Any]) -> str:
    """Return a message for a field's validation error that says how to correct the field."""
    kind, values = fault["type"], fault.get("ctx", {})
    if kind in _OURS:
        return fault["msg"]
    if kind == "string_pattern_mismatch":
        return _PATTERNS[values["pattern"]]
    if kind in _TOO_SHORT:
        least = values["min_length"]
        return (
            "must not be empty" if least == 1 else f"must have at least {least} {_TOO_SHORT[kind]}"
        )
    return _WORDS.get(kind, _OTHER).format_map(values).replace("'", "")
