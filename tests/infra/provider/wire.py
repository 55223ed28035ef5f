"""Encode and decode the part of Protocol Buffers that Terraform's plugin protocol 6 uses.

A message is a dict. `MESSAGES` lists the fields that are used here; other fields are skipped.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

type Message = dict[str, Any]


class Field(NamedTuple):
    """A field. Its kind is int, str, bytes, a message, [message] or, for a map, {message}."""

    name: str
    kind: str


def _fields(text: str) -> dict[int, Field]:
    """Parse "1 name str, 4 attribute Path" into {1: Field("name", "str"), …}."""
    parts = (field.split() for field in text.split(",") if field.strip())
    return {int(number): Field(name, kind) for number, name, kind in parts}


MESSAGES = {
    name: _fields(text)
    for name, text in {
        "Nothing": "",
        "Value": "1 msgpack bytes, 2 json bytes",
        # Schemas
        "Attribute": "1 name str, 2 type bytes, 4 required int, 5 optional int, 6 computed int,"
        "7 sensitive int, 11 write_only int",
        "NestedBlock": "1 type_name str, 2 block Block, 3 nesting int, 4 min_items int,"
        "5 max_items int",
        "Block": "1 version int, 2 attributes [Attribute], 3 block_types [NestedBlock]",
        "Schema": "1 version int, 2 block Block",
        "Capabilities": "1 plan_destroy int, 2 get_provider_schema_optional int",
        "ProviderSchema": "1 provider Schema, 2 resources {Schema}, 3 data_sources {Schema},"
        "6 capabilities Capabilities, 8 ephemeral {Schema}",
        # Diagnostics
        "Step": "1 attribute str, 2 key str, 3 index int",
        "Path": "1 steps [Step]",
        "Diagnostic": "1 severity int, 2 summary str, 3 detail str, 4 attribute Path",
        "Diagnostics": "1 diagnostics [Diagnostic]",
        # Requests and responses
        "Configure": "2 config Value",
        "Config": "1 type_name str, 2 config Value",
        "RawState": "1 json bytes",
        "Upgrade": "1 type_name str, 3 raw_state RawState",
        "Upgraded": "1 upgraded_state Value",
        "Read": "1 type_name str, 2 current_state Value",
        "ReadState": "1 new_state Value",
        "Plan": "1 type_name str, 2 prior_state Value, 3 proposed_new_state Value, 4 config Value",
        "Planned": "1 planned_state Value, 2 requires_replace [Path]",
        "Apply": "1 type_name str, 2 prior_state Value, 3 planned_state Value",
        "Applied": "1 new_state Value",
        "Import": "1 type_name str, 2 id str",
        "ImportedResource": "1 type_name str, 2 state Value",
        "Imported": "1 imported_resources [ImportedResource], 2 diagnostics [Diagnostic]",
        "Data": "1 state Value",
        "Ephemeral": "3 result Value",
    }.items()
}


def encode(message: str, values: Mapping[str, Any]) -> bytes:
    """Encode a message. Omit fields that are missing or None."""
    out = bytearray()
    for number, (name, kind) in MESSAGES[message].items():
        if (value := values.get(name)) is not None:
            out += _encode_field(number, kind, value)
    return bytes(out)


def decode(message: str, buffer: bytes) -> Message:
    out: Message = {}
    for number, value in _raw_fields(buffer):
        field = MESSAGES[message].get(number)
        if field is None:
            continue
        if field.kind.startswith("["):
            out.setdefault(field.name, []).append(decode(field.kind[1:-1], value))
        else:
            out[field.name] = _decode_scalar(field.kind, value)
    return out


def _encode_field(number: int, kind: str, value: Any) -> bytes:
    match kind[0], kind:
        case _, "int":
            return _varint(number << 3) + _varint(int(value))
        case _, "str":
            return _delimited(number, value.encode())
        case _, "bytes":
            return _delimited(number, value)
        case "[", _:
            return b"".join(_delimited(number, encode(kind[1:-1], item)) for item in value)
        case "{", _:
            return b"".join(_map_entry(number, kind[1:-1], *item) for item in value.items())
        case _:
            return _delimited(number, encode(kind, value))


def _map_entry(number: int, kind: str, key: str, value: Message) -> bytes:
    return _delimited(number, _delimited(1, key.encode()) + _delimited(2, encode(kind, value)))


def _decode_scalar(kind: str, value: Any) -> Any:
    match kind:
        case "int" | "bytes":
            return value
        case "str":
            return value.decode()
        case _:
            return decode(kind, value)


def _raw_fields(buffer: bytes) -> Iterator[tuple[int, Any]]:
    """Yield the number and the undecoded value of every field."""
    at = 0
    while at < len(buffer):
        tag, at = _read_varint(buffer, at)
        match tag & 7:
            case 0:
                value, at = _read_varint(buffer, at)
                yield tag >> 3, value
                continue
            case 1:
                size = 8
            case 5:
                size = 4
            case _:
                size, at = _read_varint(buffer, at)
        yield tag >> 3, buffer[at : at + size]
        at += size


def _delimited(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _read_varint(buffer: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = buffer[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
