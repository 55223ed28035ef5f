"""The local key file: creation, permissions, rotation and damaged files."""

import json
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest

from api.auth.keys import file as file_keys
from api.auth.keys.file import FileKeySource
from api.auth.signing import sign_token
from api.errors import ConfigurationError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "signing-key.json"


@pytest.fixture
def keys(path, clock):
    return FileKeySource(path, is_local=True, now=clock)


async def published(keys):
    return [jwk["kid"] for jwk in (await keys.public_keys())["keys"]]


@pytest.mark.usefixtures("keys")
def test_only_the_owner_may_read_the_file(path):
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_the_key_is_kept_after_a_restart(keys, path, clock):
    assert FileKeySource(path, is_local=True, now=clock).key_id == keys.key_id


def test_processes_that_start_together_use_the_same_key(path, clock):
    with ThreadPoolExecutor(8) as pool:
        started = pool.map(lambda _: FileKeySource(path, is_local=True, now=clock), range(8))

    assert len({keys.key_id for keys in started}) == 1
    assert list(path.parent.iterdir()) == [path]


async def test_a_signed_token_verifies_with_the_published_key(keys):
    token = await sign_token(keys, {"sub": "usr_1"}, token_type="JWT")
    [jwk] = (await keys.public_keys())["keys"]

    assert jwt.decode(token, jwt.PyJWK(jwk), algorithms=["RS256"]) == {"sub": "usr_1"}
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "kid": keys.key_id, "typ": "JWT"}


async def test_only_public_parts_of_keys_are_published(keys):
    keys.rotate()

    for jwk in (await keys.public_keys())["keys"]:
        assert jwk.keys() == {"kty", "use", "alg", "kid", "n", "e"}


async def test_a_retired_key_is_published_for_an_hour(keys, clock):
    old = keys.key_id
    keys.rotate()
    new = keys.key_id
    assert new != old
    clock.forward(minutes=59)
    assert await published(keys) == [new, old]
    clock.forward(minutes=1)

    assert await published(keys) == [new]


async def test_expired_keys_are_removed_from_the_file(keys, clock, path):
    keys.rotate()
    clock.forward(hours=1)
    keys.rotate()

    assert len(json.loads(path.read_text())["retired"]) == 1
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_running_server_survives_the_loss_of_its_file(keys, path):
    path.unlink()

    assert await published(keys) == [keys.key_id]


async def test_a_running_server_uses_the_key_rotated_by_another_process(keys, path, clock):
    other = FileKeySource(path, is_local=True, now=clock)
    old = keys.key_id
    other.rotate()

    assert await published(keys) == [other.key_id, old]
    assert keys.key_id == other.key_id


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"private_key": "x", "retired": []}'])
def test_a_damaged_file_is_named_in_the_error(path, clock, content):
    path.parent.mkdir()
    path.write_text(content)

    with pytest.raises(ConfigurationError, match=r"signing-key\.json"):
        FileKeySource(path, is_local=True, now=clock)


def test_creation_is_refused_outside_the_local_environment(path, clock):
    with pytest.raises(ConfigurationError, match="local only"):
        FileKeySource(path, is_local=False, now=clock)
    assert not path.exists()


@pytest.fixture
def parsed(monkeypatch):
    """Count how often a private key is parsed."""
    parse, calls = file_keys.serialization.load_pem_private_key, []
    monkeypatch.setattr(
        file_keys.serialization,
        "load_pem_private_key",
        lambda *given, **named: calls.append(1) or parse(*given, **named),
    )
    return calls


async def test_the_file_is_read_again_only_after_it_changed(keys, path, clock, parsed):
    for _ in range(20):
        await published(keys)
    assert not parsed
    FileKeySource(path, is_local=True, now=clock).rotate()
    parsed.clear()

    for _ in range(20):
        assert len(await published(keys)) == 2
    assert len(parsed) == 1


@pytest.mark.parametrize("content", [None, "", "{}"])
async def test_a_lost_or_damaged_file_keeps_the_keys_without_parsing_again(
    keys, path, parsed, content
):
    before = await published(keys)
    path.unlink() if content is None else path.write_text(content)

    for _ in range(20):
        assert await published(keys) == before
    assert not parsed
