"""Deployments of all functions: their order, what they skip, and their roll-back."""

import os
import signal
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from starlette.responses import Response

from scripts.bundle import MANIFEST
from scripts.deploy_azure.__main__ import AT_ONCE
from scripts.deploy_azure.entra import SCM_SCOPE, STORAGE_SCOPE
from scripts.deploy_azure.kept import KEPT_MAX
from scripts.deploy_azure.targets import stage
from tests.deploy_azure.azure import DEPLOYING, Azure
from tests.deploy_azure.conftest import Credential


def check_running(azure: Azure, version: str, *functions: str) -> None:
    for function in functions or MANIFEST:
        assert azure.running(function) == f"{function}-{version}", function


def test_every_app_runs_its_bundle_and_its_package_is_kept(azure: Azure, bundles, deploy, capsys):
    bundles("v1")

    assert deploy() == 0
    check_running(azure, "v1")
    assert all(azure.kept(function) == [f"{function}-v1"] for function in MANIFEST)
    lines = capsys.readouterr().out.splitlines()
    for function in MANIFEST:
        assert [line for line in lines if f" {function} " in line and line.endswith("deployed")]
    assert azure.requests["gateway", "/healthz"] == 1
    assert azure.requests["gateway", "/.well-known/jwks.json"] == 1


def test_the_order_is_that_of_an_upgrade(azure: Azure, bundles, deploy):
    bundles("v1")
    deploy()

    stages = [stage(function) for function in azure.order]
    assert stages == sorted(stages)
    assert azure.order[0] == "publish_keys"
    in_stage = {n: {f for f in MANIFEST if stage(f) == n} for n in range(4)}
    assert in_stage[0] == {"publish_keys"}
    assert in_stage[2] == {"issue_token", "beacon_events"}
    administrative = {"create_key", "revoke_key", "join_organization"}
    assert in_stage[3] == administrative | {"manage_organization", "manage_privacy"}


def test_a_second_run_uploads_nothing(azure: Azure, bundles, deploy, capsys):
    bundles("v1")
    deploy()
    capsys.readouterr()
    azure.order.clear()

    assert deploy() == 0
    assert azure.order == []
    assert capsys.readouterr().out.count("unchanged") == len(MANIFEST)


def test_only_changed_and_selected_apps_are_deployed(azure: Azure, bundles, deploy):
    bundles("v1")
    deploy()
    azure.order.clear()
    bundles("v1", query_events="v2", ingest_events="v2")

    assert deploy("query_events") == 0
    assert azure.order == ["query_events"]
    assert deploy() == 0
    assert azure.order == ["query_events", "ingest_events"]


def test_a_killed_deployment_is_completed_by_the_next_run(
    azure: Azure, bundles, deploy: Callable[..., int], capsys
):
    bundles("v1")

    def interrupt() -> None:
        while len(azure.order) < 6:
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    assert deploy() == 130
    thread.join()
    assert "Run the same command again" in capsys.readouterr().err
    done = [f for f in MANIFEST if azure.kept(f)]
    assert len(done) < len(MANIFEST)

    assert deploy() == 0
    check_running(azure, "v1")
    assert all(azure.kept(function) == [f"{function}-v1"] for function in MANIFEST)
    assert all(azure.order.count(function) == 1 for function in done)


def test_a_package_is_kept_even_if_the_run_ended_before_that(azure: Azure, bundles, deploy):
    bundles("v1")
    deploy("query_events")
    azure.apps["query_events"].blobs.clear()

    assert deploy("query_events") == 0
    assert azure.kept("query_events") == ["query_events-v1"]
    assert azure.order == ["query_events"]


def test_few_packages_are_kept(azure: Azure, bundles, deploy):
    for number in range(KEPT_MAX + 2):
        bundles(f"v{number}")
        assert deploy("check_health") == 0

    newest = [f"check_health-v{number}" for number in reversed(range(2, KEPT_MAX + 2))]
    assert azure.kept("check_health") == newest


@pytest.mark.parametrize(("seconds", "renewals"), [(3600, 1), (60, 3)])
def test_a_token_is_cached_until_shortly_before_it_expires(
    azure: Azure, bundles, deploy, seconds: int, renewals: int
):
    scopes: list[str] = []

    class Counting(Credential):
        async def get_token(self, scope: str, **_: object) -> SimpleNamespace:
            scopes.append(scope)
            return SimpleNamespace(token=f"token for {scope}", expires_on=time.time() + seconds)

    bundles("v1")
    azure.apps["query_events"].states.extend([DEPLOYING])

    assert deploy("query_events", credential=Counting) == 0
    assert scopes.count(SCM_SCOPE) == renewals
    assert scopes.count(STORAGE_SCOPE) == renewals


def test_only_a_few_apps_are_deployed_at_once(azure: Azure, bundles, deploy):
    bundles("v1")
    for function in MANIFEST:
        azure.apps[function].states.extend([DEPLOYING] * 5)

    assert deploy() == 0
    assert azure.most_at_once == AT_ONCE


class TestFailedSmokeTest:
    def test_the_earlier_package_is_restored_and_later_stages_wait(
        self, azure: Azure, bundles, deploy, capsys
    ):
        bundles("v1")
        deploy()
        bundles("v2")
        azure.apps["query_events"].crashes.add("query_events-v2")

        assert deploy() == 2
        check_running(azure, "v1", "query_events", "issue_token", "create_key")
        check_running(azure, "v2", "publish_keys", "ingest_events")
        assert azure.kept("query_events") == ["query_events-v1"]
        error = capsys.readouterr().err
        assert "query_events: The smoke test failed." in error
        assert "500 Internal Server Error; the app fails to start" in error
        assert "The app runs its earlier package" in error
        assert "Later stages were not started" in error

    def test_without_an_earlier_package_the_message_says_so(
        self, azure: Azure, bundles, deploy, capsys
    ):
        bundles("v1")
        azure.apps["publish_keys"].crashes.add("publish_keys-v1")

        assert deploy() == 2
        assert "There is no earlier package to roll back to." in capsys.readouterr().err
        assert azure.order == ["publish_keys"]

    def test_the_gateway_must_respond_too(self, azure: Azure, bundles, deploy, capsys):
        bundles("v1")
        azure.down.add("/healthz")

        assert deploy("check_health") == 2
        assert "/gateway/healthz: the gateway responded 500" in capsys.readouterr().err


class TestRollBack:
    def test_the_apps_of_the_newest_release_return_to_their_earlier_packages(
        self, azure: Azure, bundles, deploy
    ):
        bundles("v1")
        deploy()
        bundles("v1", query_events="v2", create_key="v2")
        deploy()
        azure.order.clear()

        assert deploy("--roll-back") == 0
        check_running(azure, "v1")
        assert azure.order == ["create_key", "query_events"]  # the opposite order
        assert azure.kept("query_events") == ["query_events-v1"]

    def test_a_return_to_older_bundles_is_a_release_of_its_own(self, azure: Azure, bundles, deploy):
        bundles("v0")
        deploy()
        bundles("v1")
        deploy()
        bundles("v1", query_events="v2")
        deploy()
        bundles("v1")
        deploy()

        assert deploy("--roll-back") == 0
        check_running(azure, "v2", "query_events")
        check_running(azure, "v1", "ingest_events", "create_key")

    def test_a_repeated_deployment_belongs_to_the_same_release(self, azure: Azure, bundles, deploy):
        bundles("v1")
        deploy()
        bundles("v2")
        azure.apps["ingest_events"].publish.append(Response(status_code=403))
        assert deploy() == 2
        assert deploy() == 0

        assert deploy("--roll-back") == 0
        check_running(azure, "v1")

    def test_an_interrupted_roll_back_can_be_repeated(self, azure: Azure, bundles, deploy, capsys):
        bundles("v1")
        deploy()
        bundles("v2", check_health="v1")
        deploy()
        azure.apps["ingest_events"].publish.extend([Response(status_code=403)])

        assert deploy("--roll-back") == 2
        capsys.readouterr()
        azure.order.clear()
        assert deploy("--roll-back") == 0
        check_running(azure, "v1")
        assert "create_key" not in azure.order
        assert "ingest_events" in azure.order

    def test_a_roll_back_that_ended_after_its_smoke_test_uploads_nothing_again(
        self, azure: Azure, bundles, deploy
    ):
        bundles("v1")
        deploy("query_events")
        earlier = azure.apps["query_events"].package
        bundles("v2")
        deploy("query_events")
        azure.apps["query_events"].package = earlier
        azure.order.clear()

        assert deploy("--roll-back", "query_events") == 0
        assert azure.order == []
        assert azure.kept("query_events") == ["query_events-v1"]

    def test_after_a_roll_back_a_deployment_keeps_the_right_predecessor(
        self, azure: Azure, bundles, deploy
    ):
        for version in ("v1", "v2"):
            bundles(version)
            deploy("query_events")
        deploy("--roll-back", "query_events")
        bundles("v3")
        deploy("query_events")

        assert deploy("--roll-back", "query_events") == 0
        assert azure.running("query_events") == "query_events-v1"

    def test_each_roll_back_goes_back_one_more_release(self, azure: Azure, bundles, deploy, capsys):
        new, *others = MANIFEST
        for version in ("v1", "v2"):
            bundles(version)
            deploy(*others)
        bundles("v3")
        deploy()

        assert deploy("--roll-back") == 0
        check_running(azure, "v2", *others)
        assert "no earlier package is kept" in capsys.readouterr().out
        assert deploy("--roll-back") == 0
        check_running(azure, "v1", *others)
        check_running(azure, "v3", new)
        assert deploy("--roll-back") == 2
        check_running(azure, "v1", *others)

    def test_only_the_stated_release_is_rolled_back(
        self, azure: Azure, bundles, deploy, tmp_path, capsys
    ):
        output = tmp_path / "output"
        releases: list[str] = []
        for version in ("v1", "v2"):
            bundles(version)
            assert deploy("--output", str(output)) == 0
            releases.append(output.read_text().splitlines()[-1].removeprefix("release="))
            assert f"release {releases[-1]}" in capsys.readouterr().out

        for other in ("", releases[0]):
            assert deploy("--roll-back", "--release", other) == 2
            assert "nothing was rolled back" in capsys.readouterr().err
        check_running(azure, "v2")
        assert deploy("--roll-back", "--release", releases[1]) == 0
        check_running(azure, "v1")
        assert deploy("--roll-back", "--release", releases[1]) == 2

    def test_a_deployment_that_changes_nothing_reports_no_release(self, bundles, deploy, tmp_path):
        """Otherwise a pipeline would roll back the healthy release before."""
        output = tmp_path / "output"
        for version in ("v1", "v2"):
            bundles(version)
            deploy()

        assert deploy("--output", str(output)) == 0
        assert not output.exists()

    def test_a_new_app_has_nothing_to_return_to(self, azure: Azure, bundles, deploy, capsys):
        bundles("v1")
        deploy("query_events")

        assert deploy("--roll-back") == 2
        assert "nothing to roll back to" in capsys.readouterr().err
        check_running(azure, "v1", "query_events")

    def test_nothing_is_kept_yet(self, deploy, capsys):
        assert deploy("--roll-back") == 2
        assert "nothing to roll back to" in capsys.readouterr().err
