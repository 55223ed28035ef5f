"""The patterns of fields, and what to change in words where a field is at fault."""

from collections.abc import Mapping
from typing import Any

_NO_OBJECT = ("model_type", "dict_type")  # as Pydantic calls it
# control and bidirectional characters, which hide what a text says from those who read it
_HIDDEN = r"\x00-\x1F\x7F-\x9F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069"
VISIBLE_TEXT = rf"^[^{_HIDDEN}]+$"
VISIBLE_NAME = rf"^[^{_HIDDEN}]*[^\s{_HIDDEN}][^{_HIDDEN}]*$"
IDENTIFIER = r"^[A-Za-z0-9._:-]{1,128}$"
KEY_HASH = r"^[0-9a-f]{64}$"
_PATTERNS = {
    VISIBLE_TEXT: "must not contain control or bidirectional characters",
    VISIBLE_NAME: "must have a visible character, and no control or bidirectional characters",
    IDENTIFIER: "must be 1 to 128 letters, digits and any of . _ : -",
    KEY_HASH: "must be 64 hexadecimal digits in lower case",
}


def in_plain_words(fault: Mapping[str, Any]) -> str:
    """Return what to change, without a regular expression or a name of Python."""
    if fault["type"] in _NO_OBJECT:
        return "Input should be a JSON object"
    if fault["type"] == "string_pattern_mismatch":
        return _PATTERNS[fault.get("ctx", {})["pattern"]]
    return fault["msg"]
