"""`analytics organization`, `member` and `key`, on the local store."""

import asyncio
import json
from collections.abc import Callable
from contextlib import closing
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest

from api.backends import open_store
from api.cli.key_commands import COLUMNS
from api.domain.reference import Membership, Organization, User, hash_api_key
from api.services.organizations import LOCAL_ORGANIZATIONS, register_locally
from api.settings import Settings
from api.stores.cosmos import CosmosStore
from cosmos_emulator import Emulator
from tests.cli.conftest import Run, make_events

ORG = "org_new"
SINCE = "2026-01-01T00:00:00.000000Z"


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("ANALYTICS_DATA_DIR", str(tmp_path / "data"))
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def created(run: Run) -> Run:
    """Return the command for a store with an organisation, its owner and a viewer."""
    assert run("organization", "create", ORG, "--name", "New", "--owner", "ada").exit_code == 0
    bob = ("bob", "--role", "viewer", "--email", "bob@new.test", "--name", "Bob")
    assert run("member", "add", ORG, *bob).exit_code == 0
    return run


@pytest.fixture
def read(run: Run) -> Callable[..., Any]:
    """Run a command with --json and return what it prints."""

    def read(*arguments: object) -> Any:
        result = run(*arguments, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return read


class TestOrganizations:
    def test_a_second_create_with_the_same_values_says_that_it_exists(self, run: Run):
        create = ("organization", "create", ORG, "--name", "New", "--plan", "growth")
        first, second = run(*create), run(*create)
        other = run(*create[:-1], "starter")

        assert (first.exit_code, first.stdout) == (0, "org_new: created.\n")
        assert (second.exit_code, second.stdout) == (0, "org_new: exists.\n")
        assert other.exit_code == 1
        assert "exists with the name 'New', the plan 'growth'" in other.stderr

    def test_the_email_of_a_stored_user_names_an_owner(
        self, created: Run, read: Callable[..., Any]
    ):
        create = ("--name", "New", "--owner")
        found = read("organization", "create", "org_other", *create, "BOB@new.test")
        unknown = created("organization", "create", "org_x", *create, "eve@new.test")

        assert (found["owner"], found["result"]) == ("bob", "created")
        assert unknown.exit_code == 1
        assert "No stored user has the e-mail eve@new.test." in unknown.stderr
        assert "Pass the user id" in unknown.stderr
        assert created("organization", "show", "org_x").exit_code == 1

    def test_they_are_listed_and_shown(self, created: Run, read: Callable[..., Any]):
        [listed] = read("organization", "list")
        shown = read("organization", "show", ORG)

        assert listed["owners"] == ["ada"]
        assert shown == listed | {"members": 2, "keys": 0}
        assert created("organization", "list").stdout.split()[:6] == [
            *("org_id", "name", "plan", "status", "owners", "created_at")
        ]
        assert "members" in created("organization", "show", ORG).stdout

    def test_they_are_changed_and_again_without_effect(self, created: Run):
        for command, said in (
            (("rename", ORG, "Newer"), "name is {} Newer"),
            (("change-plan", ORG, "enterprise"), "plan is {} enterprise"),
            (("set-timezone", ORG, "Asia/Tokyo"), "time zone is {} Asia/Tokyo"),
            (("suspend", ORG), "status is {} suspended"),
            (("resume", ORG), "status is {} active"),
        ):
            results = [created("organization", *command) for _ in range(2)]

            assert [result.exit_code for result in results] == [0, 0]
            assert [result.stdout for result in results] == [
                f"{ORG}: {said.format(word)}.\n" for word in ("now", "already")
            ]

    def test_deletion_needs_confirmation_and_hides_it(self, created: Run, read: Callable[..., Any]):
        unconfirmed = created("organization", "delete", ORG)
        assert unconfirmed.exit_code == 2
        assert "--yes" in unconfirmed.stderr
        assert read("organization", "list")

        deletions = [read("organization", "delete", ORG, "--yes") for _ in range(2)]
        assert [deletion["result"] for deletion in deletions] == ["changed", "unchanged"]
        assert read("organization", "list") == []
        assert [one["status"] for one in read("organization", "list", "--all")] == ["deleted"]
        again = created("organization", "create", ORG, "--name", "New")
        assert again.exit_code == 1
        assert "Choose another id" in again.stderr

    def test_the_log_of_a_deletion_counts_only_present_members_and_keys(
        self, created: Run, read: Callable[..., Any]
    ):
        key = read("key", "create", ORG, "--name", "server")
        created("key", "revoke", ORG, key["key_id"])
        created("member", "remove", ORG, "bob")
        created("organization", "delete", ORG, "--yes")

        assert read("audit-log", ORG, "--limit", "1")[0]["details"] == {
            "members": 1,
            "keys": 0,
            "invitations": 0,
            "views": 0,
            "boards": 0,
            "annotations": 0,
            "shares": 0,
            "alerts": 0,
        }

    def test_one_with_events_is_not_deleted(self, run: Run, events_file: Callable[..., Path]):
        events = events_file(make_events(3))
        organization = "org_id,name,plan,created_at\norg_acme,Acme,growth,2026-01-01T00:00:00Z\n"
        (events.parent / "organizations.csv").write_text(organization)
        assert run("seed", events.parent).exit_code == 0
        result = run("organization", "delete", "org_acme", "--yes")

        assert result.exit_code == 1
        assert "Suspend the organisation instead" in result.stderr

    def test_an_unknown_one_and_a_bad_id_are_errors(self, run: Run):
        unknown = run("organization", "suspend", "org_nowhere")
        bad = run("organization", "create", "org acme", "--name", "x")

        assert (unknown.exit_code, bad.exit_code) == (1, 2)
        assert "There is no organisation org_nowhere." in unknown.stderr
        assert "'ORG': must be 1 to 128 letters, digits" in bad.stderr

    def test_they_are_not_changed_beside_a_server_on_the_same_data(
        self, run: Run, settings: Settings
    ):
        with closing(Emulator(settings.data_dir / "cosmos.db")):
            result = run("organization", "list")

        assert result.exit_code == 2
        assert "in use by another process" in result.stderr

    def test_showing_one_reads_no_users_and_no_other_organisations(
        self, created: Run, monkeypatch: pytest.MonkeyPatch
    ):
        read = list[object]()
        for method in ("read", "find"):

            def recorded(
                store: CosmosStore, kind: type[object], *key: Any, method: Any = None, **more: Any
            ) -> Any:
                read.append((kind, key))
                return method(store, kind, *key, **more)

            original = getattr(CosmosStore, method)
            monkeypatch.setattr(CosmosStore, method, partialmethod(recorded, method=original))
        assert created("organization", "show", ORG).exit_code == 0
        assert created("member", "role", ORG, "bob", "admin").exit_code == 0

        assert (Organization, (ORG,)) in read
        assert not [kind for kind, key in read if kind is User or key == (None,)]

    def test_the_groups_and_commands_have_help(self, run: Run):
        for group in ("organization", "member", "key"):
            assert group in run("--help").stdout
            assert "create" in run("organization", "--help").stdout


class TestMembers:
    def test_they_are_added_listed_changed_and_removed(
        self, created: Run, read: Callable[..., Any]
    ):
        assert [one["user_id"] for one in read("member", "list", ORG)] == ["ada", "bob"]
        results = [read("member", "add", ORG, "bob", "--role", "viewer")["result"]]
        results += [read("member", "role", ORG, "bob", "admin")["result"] for _ in range(2)]
        results += [read("member", "remove", ORG, "bob")["result"] for _ in range(2)]

        assert results == ["exists", "changed", "unchanged", "removed", "unchanged"]
        assert [one["user_id"] for one in read("member", "list", ORG)] == ["ada"]
        assert created("member", "list", ORG).stdout.split()[:2] == ["user_id", "role"]

    def test_removing_a_member_twice_changes_nothing_the_second_time(self, created: Run):
        first, second = (created("member", "remove", ORG, "bob") for _ in range(2))

        assert (first.exit_code, second.exit_code) == (0, 0)
        assert second.stdout == "org_new: bob is not a member.\n"

    def test_a_member_is_removed_twice_by_email(self, created: Run):
        first, second = (created("member", "remove", ORG, "BOB@new.test") for _ in range(2))
        stranger = created("member", "remove", ORG, "eve@new.test")

        assert (first.exit_code, second.exit_code, stranger.exit_code) == (0, 0, 1)
        assert second.stdout == "org_new: bob is not a member.\n"

    def test_an_email_names_a_stored_user(self, created: Run, read: Callable[..., Any]):
        assert read("member", "role", ORG, "BOB@new.test", "owner")["user_id"] == "bob"
        created("organization", "create", "org_other", "--name", "Other")
        assert read("member", "add", "org_other", "bob@new.test", "--role", "viewer") == {
            "result": "added",
            "org_id": "org_other",
            "user_id": "bob",
            "role": "viewer",
        }

    def test_an_unknown_email_is_only_a_user_id_if_the_email_is_given(self, created: Run):
        add = ("member", "add", ORG, "eve@new.test", "--role", "viewer")
        refused = created(*add)
        added = created(*add, "--email", "eve@new.test")
        no_email = created("member", "add", ORG, "@eve", "--role", "viewer")

        assert refused.exit_code == 1
        assert "No stored user has the e-mail eve@new.test. Pass the user id" in refused.stderr
        assert added.stdout == "org_new: eve@new.test is now a member with the role viewer.\n"
        assert no_email.stdout == "org_new: @eve is now a member with the role viewer.\n"

    def test_the_last_owner_stays(self, created: Run):
        for command in (("role", ORG, "ada", "admin"), ("remove", ORG, "ada")):
            result = created("member", *command)

            assert result.exit_code == 1
            assert "ada is the only owner" in result.stderr

    def test_mistakes_are_errors(self, created: Run):
        other_role = created("member", "add", ORG, "bob", "--role", "admin")
        stranger = created("member", "remove", ORG, "nobody")
        bad_role = created("member", "role", ORG, "bob", "boss")
        bad_email = created("member", "add", ORG, "cy", "--role", "viewer", "--email", "cy")

        assert [one.exit_code for one in (other_role, stranger, bad_role, bad_email)] == [
            1,
            1,
            2,
            2,
        ]
        assert "Change the role instead" in other_role.stderr
        assert "nobody is not a member of org_new." in stranger.stderr
        assert "email must be an e-mail address" in bad_email.stderr

    def test_owners_of_an_earlier_version_are_known(self, run: Run, settings: Settings):
        async def store_as_before() -> None:
            async with open_store(settings) as store:
                for record in (
                    Organization(ORG, "New", "growth", SINCE),
                    User("ada", "ada@new.test", "Ada", "owner", SINCE, SINCE),
                    Membership("ada", ORG, "owner", SINCE),
                ):
                    await store.create(record)

        asyncio.run(store_as_before())

        assert "ada is the only owner" in run("member", "remove", ORG, "ada@new.test").stderr


class TestKeys:
    def test_a_key_is_printed_once_listed_and_revoked(self, created: Run, read: Callable[..., Any]):
        secret = created("key", "create", ORG, "--name", "server").stdout.strip()
        key_id = hash_api_key(secret)
        [listed] = read("key", "list", ORG)
        results = [read("key", "revoke", ORG, key_id)["result"] for _ in range(2)]

        assert secret.startswith("ak_")
        assert (listed["key_id"], listed["name"], listed["kind"]) == (key_id, "server", "secret")
        assert results == ["revoked", "unchanged"]
        assert read("key", "list", ORG) == []

    def test_a_key_has_an_expiry_and_origins(self, created: Run, read: Callable[..., Any]):
        limits = ("--expires", "2099-01-31", "--origin", "https://a.test", "--origin", "http://b")
        key = read("key", "create", ORG, "--name", "page", "--kind", "publishable", *limits)
        [listed] = read("key", "list", ORG)

        assert listed == {name: value for name, value in key.items() if name in listed}
        assert (key["expires_at"], key["origins"], key["created_by"], key["last_used_on"]) == (
            *("2099-01-31T00:00:00.000000Z", ["https://a.test", "http://b"]),
            *(None, None),
        )
        assert "https://a.test, http://b" in created("key", "list", ORG).stdout
        many = [word for n in range(11) for word in ("--origin", f"http://{n}")]
        too_many = created("key", "create", ORG, "--name", "x", "--kind", "publishable", *many)
        assert "at most 10 origins" in too_many.stderr

    @pytest.mark.usefixtures("created")
    @pytest.mark.parametrize(("kind", "prefix"), [("publishable", "pk_"), ("read", "rk_")])
    def test_a_key_of_another_kind_as_json(self, read: Callable[..., Any], kind: str, prefix: str):
        key = read("key", "create", ORG, "--name", "page", "--kind", kind)

        assert key["api_key"].startswith(prefix)
        assert key["key_id"] == hash_api_key(key["api_key"])

    def test_mistakes_are_errors(self, created: Run):
        unknown = created("key", "revoke", ORG, "0" * 64)
        bad = created("key", "revoke", ORG, "ak_secret")
        nameless = created("key", "create", ORG, "--name", " ")

        assert [one.exit_code for one in (unknown, bad, nameless)] == [1, 2, 2]
        assert "has no API key with this id" in unknown.stderr

    def test_a_row_of_the_list_is_one_line_with_the_whole_id(
        self, created: Run, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("COLUMNS", "40")
        secret = created("key", "create", ORG, "--name", "A long name for a key").stdout.strip()
        header, row = created("key", "list", ORG).stdout.splitlines()

        assert header.split() == list(COLUMNS)
        assert row.startswith(f"{hash_api_key(secret)}  A long name for a key  secret")


class TestSeeding:
    def test_seeding_again_keeps_what_acts_have_stored(
        self, run: Run, settings: Settings, read: Callable[..., Any]
    ):
        async def register() -> None:
            async with open_store(settings) as store:
                await register_locally(store, LOCAL_ORGANIZATIONS[0])

        asyncio.run(register())
        run("member", "add", "org_acme", "ada", "--role", "owner")
        run("organization", "suspend", "org_acme")
        asyncio.run(register())

        shown = read("organization", "show", "org_acme")
        assert (shown["status"], shown["owners"]) == ("suspended", ["ada"])
        assert run("member", "role", "org_acme", "ada", "admin").exit_code == 1
