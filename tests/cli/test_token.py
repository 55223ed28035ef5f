"""`analytics token` prints a valid token or explains why there is none."""

import subprocess
import sys

from tests.cli.conftest import Run
from tests.cli.fake_api import FakeApi


def test_a_local_organization_needs_no_key(api: FakeApi, run: Run):
    result = run("token", "--org", "org_globex", "--url", api.url)

    assert result.exit_code == 0
    assert result.stdout == "org_globex.1\n"


def test_a_key_gives_a_token_for_its_own_organization(api: FakeApi, run: Run):
    result = run("token", "--key", "ak_local_acme", "--url", api.url)

    assert result.stdout == "org_acme.1\n"


def test_scope_and_user_limit_the_token(api: FakeApi, run: Run):
    narrow = run("token", "--org", "org_acme", "--scope", "events:read", "--url", api.url)
    scopes = ("--scope", "events:read", "--scope", "metrics:read")
    both = run("token", "--org", "org_acme", *scopes, "--user", "user 1", "--url", api.url)

    assert (narrow.exit_code, both.exit_code) == (0, 0)
    assert api.grants == [
        {"api_key": "ak_local_acme", "scope": "events:read"},
        {"api_key": "ak_local_acme", "scope": "events:read metrics:read", "user_id": "user 1"},
    ]


def test_the_printed_curl_command_works(api: FakeApi, run: Run):
    result = run("token", "--org", "org_acme", "--url", f"{api.url}/", "--curl")

    response = subprocess.run(  # noqa: S602
        result.stdout, shell=True, capture_output=True, text=True, check=True
    )
    assert response.stdout == '{"data":[],"next_cursor":null}'


def test_unknown_keys_and_missing_ones_are_explained(api: FakeApi, run: Run):
    unknown = run("token", "--key", "ak_nobody", "--url", api.url)
    misspelt = run("token", "--org", "org_nope", "--url", api.url)
    missing = run("token", "--url", api.url)
    remote = run("token", "--org", "org_acme", "--url", "https://api.example")
    no_url = run("token", "--org", "org_acme", "--url", "localhost:8000")

    assert "The API key is not known" in unknown.stderr
    assert "The API doesn't accept the local key of org_nope." in misspelt.stderr
    assert "--key" in missing.stderr
    assert "There is no key for org_acme" in remote.stderr
    assert "is not a URL" in no_url.stderr
    assert {r.exit_code for r in (unknown, misspelt, missing, remote, no_url)} == {2}


def test_help_lists_every_command():
    result = subprocess.run(
        [sys.executable, "-c", "from api.cli import app; app()", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )

    for command in ("import", "export", "seed", "token", "doctor"):
        assert command in result.stdout
