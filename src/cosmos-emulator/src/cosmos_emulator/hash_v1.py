"""Effective partition keys of hash version 1, which containers with `version: 1` use.

Such a key consists of a 32-bit MurmurHash3 of the partition key's first 100 characters and of these
characters themselves, both in an encoding that preserves their order. The SDKs implement the same
algorithm: https://github.com/Azure/azure-cosmos-dotnet-v3 (`PartitionKeyInternal`).
"""

import struct
from bisect import bisect_left

from cosmos_emulator.query.values import Value

HASHES = 1 << 32
STRING_LENGTH_MAX = 100  # characters that are hashed, and bytes that are encoded
_MASK = HASHES - 1
_C1, _C2 = 0xCC9E2D51, 0x1B873593
_SIGN = 1 << 63
_UNDEFINED, _NULL, _FALSE, _TRUE, _NUMBER, _STRING = b"\x00", b"\x01", b"\x02", b"\x03", 5, 8


def effective_key(value: Value) -> bytes:
    """Return the effective partition key of a partition key with one component."""
    if isinstance(value, str):
        value = value[:STRING_LENGTH_MAX]
    return boundary(murmur3_32(_hashed_form(value))) + _encoded(value)


def boundary(hashed: int) -> bytes:
    """Return the first effective partition key with this hash."""
    return _encoded(float(hashed))


def hash_of(bound: bytes) -> int:
    """Return the first hash whose effective partition keys are not below a boundary."""
    return bisect_left(range(HASHES), bound, key=boundary)


def murmur3_32(data: bytes) -> int:
    """Return a MurmurHash3 (x86, 32 bits, seed 0)."""
    value = 0
    whole = len(data) & ~3
    for (block,) in struct.iter_unpack("<I", data[:whole]):
        value = _rotate(value ^ _scrambled(block), 13)
        value = (value * 5 + 0xE6546B64) & _MASK
    value ^= _scrambled(int.from_bytes(data[whole:], "little")) ^ len(data)
    value = (value ^ value >> 16) * 0x85EBCA6B & _MASK
    value = (value ^ value >> 13) * 0xC2B2AE35 & _MASK
    return value ^ value >> 16


def _scrambled(block: int) -> int:
    return _rotate(block * _C1 & _MASK, 15) * _C2 & _MASK


def _rotate(value: int, by: int) -> int:
    return ((value << by) | (value >> (32 - by))) & _MASK


def _hashed_form(value: Value) -> bytes:
    match value:
        case None:
            return _NULL
        case bool():
            return _TRUE if value else _FALSE
        case int() | float():
            return bytes([_NUMBER]) + struct.pack("<d", value)
        case str():
            return bytes([_STRING]) + value.encode() + b"\x00"
        case _:
            return _UNDEFINED


def _encoded(value: Value) -> bytes:
    """Return the encoding of a component, which compares like the component."""
    match value:
        case int() | float() if not isinstance(value, bool):
            return _encoded_number(float(value))
        case str():
            text = value.encode()
            shifted = bytes(min(byte + 1, 0xFF) for byte in text[: STRING_LENGTH_MAX + 1])
            return bytes([_STRING]) + shifted + (b"\x00" if len(text) <= STRING_LENGTH_MAX else b"")
        case _:
            return _hashed_form(value)


def _encoded_number(value: float) -> bytes:
    """Return 8 bits of a number's sortable form, and then 7 bits per byte up to the last 1 bit."""
    [bits] = struct.unpack(">Q", struct.pack(">d", value))
    bits = bits ^ _SIGN if bits < _SIGN else -bits & (_SIGN * 2 - 1)
    encoded = bytearray([_NUMBER, bits >> 56])
    rest = bits << 8 & (_SIGN * 2 - 1)
    while True:
        encoded.append(rest >> 56 | 1)
        rest = rest << 7 & (_SIGN * 2 - 1)
        if not rest:
            encoded[-1] &= 0xFE
            return bytes(encoded)
