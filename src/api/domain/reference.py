"""Records of organisations, users, memberships and API keys. Each kind has its own container."""

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Organization:
    org_id: str
    name: str
    plan: str
    created_at: str


@dataclass(frozen=True, slots=True)
class User:
    user_id: str
    email: str
    name: str
    role: str
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class Membership:
    user_id: str
    org_id: str
    role: str
    joined_at: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as stored, with the hash of its secret instead of the secret."""

    key_hash: str
    org_id: str
    kind: str  # "secret" (ak_…), "read" (rk_…) only reads, "publishable" (pk_…) only writes events
    name: str
    created_at: str
    created_by: str = ""  # the user_id of the creator; empty if unknown or not created via the API


_PREFIXES = {"secret": "ak_", "read": "rk_", "publishable": "pk_"}


def spell_api_key(kind: str, random: str) -> str:
    """Return the secret of a new key of this kind. `random` must be unguessable."""
    return _PREFIXES[kind] + random


def hash_api_key(api_key: str) -> str:
    """Return the id of a stored key. Keys have at least 160 random bits, so a hash is enough."""
    return sha256(api_key.encode()).hexdigest()
