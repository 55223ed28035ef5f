"""Responses of the SCM site, storage and Terraform, and what the command makes of them."""

from pathlib import Path
from typing import Any

import pytest
from azure.identity import CredentialUnavailableError
from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.deploy_azure.azure import (
    CONFLICT,
    DEPLOYING,
    FAILED,
    PARTIAL,
    PENDING,
    STORAGE_ERROR,
    SUCCESS,
    Azure,
)
from tests.deploy_azure.conftest import Credential, write_outputs

FUNCTION = "query_events"
RUNNING = PlainTextResponse("There is a deployment currently in progress.", 409)


class TestRetries:
    @pytest.mark.parametrize("status", [409, 429, 500, 502, 503, 504])
    def test_an_upload_is_repeated(self, azure: Azure, bundles, deploy, status: int):
        bundles("v1")
        azure.apps[FUNCTION].publish.extend([Response(status_code=status)] * 2)

        assert deploy(FUNCTION) == 0
        assert azure.running(FUNCTION) == "query_events-v1"
        assert azure.requests[FUNCTION, "publish"] == 3

    def test_retry_after_is_respected(self, azure: Azure, bundles, deploy, capsys):
        bundles("v1")
        azure.apps[FUNCTION].publish.append(Response(status_code=429, headers={"Retry-After": "9"}))

        assert deploy(FUNCTION) == 2  # 9 s are longer than the patience of the test
        assert azure.requests[FUNCTION, "publish"] == 1
        assert "429 Too Many Requests" in capsys.readouterr().err

    def test_an_unreachable_site_is_an_error_with_advice(
        self, bundles, deploy, outputs: dict[str, Any], terraform: Path, capsys
    ):
        bundles("v1")
        outputs["function_apps"][FUNCTION]["scm_url"] = "http://127.0.0.1:9"
        write_outputs(terraform, outputs)

        assert deploy(FUNCTION) == 2
        error = capsys.readouterr().err
        assert "ConnectError" in error
        assert "snet-deployer" in error

    def test_the_role_for_storage_may_become_effective_later(self, azure: Azure, bundles, deploy):
        """Storage errors appear as a rejected upload or as a failed deployment."""
        bundles("v1")
        app = azure.apps[FUNCTION]
        app.publish.append(PlainTextResponse(STORAGE_ERROR, 400))
        app.states.append(FAILED)
        app.status_text = STORAGE_ERROR

        assert deploy(FUNCTION) == 0
        assert azure.requests[FUNCTION, "publish"] == 3

    def test_a_storage_that_stays_inaccessible_is_an_error(
        self, azure: Azure, bundles, deploy, capsys
    ):
        bundles("v1")
        azure.apps[FUNCTION].publish.extend([PlainTextResponse(STORAGE_ERROR, 400)] * 100)

        assert deploy(FUNCTION) == 2
        assert "can't write its package to its storage" in capsys.readouterr().err

    def test_a_conflicting_deployment_is_awaited(self, azure: Azure, bundles, deploy):
        bundles("v1")
        azure.apps[FUNCTION].states.extend([DEPLOYING, CONFLICT])

        assert deploy(FUNCTION) == 0
        assert azure.running(FUNCTION) == "query_events-v1"

    def test_the_smoke_test_waits_for_the_restart(self, azure: Azure, bundles, deploy):
        bundles("v1")
        old = JSONResponse({"function": FUNCTION, "build": "an old build"})
        azure.apps[FUNCTION].build.extend([old, old, Response(status_code=503), old])

        assert deploy(FUNCTION) == 0


class TestDeploymentStatus:
    def test_all_states_on_the_way_are_polled(self, azure: Azure, bundles, deploy):
        bundles("v1")
        azure.apps[FUNCTION].states.extend([PENDING, 1, DEPLOYING, SUCCESS])

        assert deploy(FUNCTION) == 0
        assert azure.requests[FUNCTION, "state"] == 4

    @pytest.mark.parametrize("states", [[None, None, SUCCESS], [DEPLOYING] + [None] * 100])
    def test_a_site_may_not_know_a_deployment(
        self, azure: Azure, bundles, deploy, states: list[int | None]
    ):
        """Then the smoke test shows whether the deployment succeeded."""
        bundles("v1")
        azure.apps[FUNCTION].states.extend(states)

        assert deploy(FUNCTION) == 0
        assert azure.running(FUNCTION) == "query_events-v1"

    @pytest.mark.parametrize(
        ("status", "words"),
        [(-1, "was cancelled"), (FAILED, "failed"), (PARTIAL, "succeeded only partially")],
    )
    def test_a_failure_shows_the_log(
        self, azure: Azure, bundles, deploy, capsys, status: int, words: str
    ):
        bundles("v1")
        azure.apps[FUNCTION].states.append(status)
        azure.apps[FUNCTION].status_text = "the text of the status"

        assert deploy(FUNCTION) == 2
        error = capsys.readouterr().err
        assert f"The deployment of func-query_events {words}: the text of the status" in error
        assert "[KuduSpecializer] failed: no space left" in error
        assert azure.kept(FUNCTION) == []

    def test_a_deployment_that_does_not_end_is_an_error(
        self, azure: Azure, bundles, deploy, capsys
    ):
        bundles("v1")
        azure.apps[FUNCTION].states.extend([DEPLOYING] * 10_000)

        assert deploy(FUNCTION) == 2
        error = capsys.readouterr().err
        assert "has not ended" in error
        assert "/api/deployments/latest" in error


class TestAdvice:
    @pytest.mark.parametrize(
        ("status", "advice"),
        [
            (401, "az login --tenant"),
            (403, "Website Contributor"),
            (404, "apply Terraform"),
            (413, "too large"),
        ],
    )
    def test_a_rejected_upload(
        self, azure: Azure, bundles, deploy, capsys, status: int, advice: str
    ):
        bundles("v1")
        azure.apps[FUNCTION].publish.append(PlainTextResponse("too large", status))

        assert deploy(FUNCTION) == 2
        assert advice in capsys.readouterr().err
        assert azure.requests[FUNCTION, "publish"] == 1

    def test_a_conflict_that_stays(self, azure: Azure, bundles, deploy, capsys):
        bundles("v1")
        azure.apps[FUNCTION].publish.extend([RUNNING] * 1000)

        assert deploy(FUNCTION) == 2
        assert "Another deployment of the app is running" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("status", "advice"),
        [(401, "must exclude the path /build"), (403, "snet-deployer"), (404, "no functions")],
    )
    def test_a_failed_smoke_test(
        self, azure: Azure, bundles, deploy, capsys, status: int, advice: str
    ):
        bundles("v1")
        azure.apps[FUNCTION].build.extend([Response(status_code=status)] * 1000)

        assert deploy(FUNCTION) == 2
        assert advice in capsys.readouterr().err

    def test_missing_access_to_the_kept_packages_stops_before_the_upload(
        self, azure: Azure, bundles, deploy, capsys, monkeypatch: pytest.MonkeyPatch
    ):
        bundles("v1")
        forbidden = Response(status_code=403)
        monkeypatch.setattr("tests.deploy_azure.azure._storage_fault", lambda _: forbidden)

        assert deploy(FUNCTION) == 2
        assert "Storage Blob Data Contributor" in capsys.readouterr().err
        assert azure.order == []

    def test_not_signed_in(self, bundles, deploy, capsys):
        class SignedOut(Credential):
            async def get_token(self, scope: str, **_: object):
                raise CredentialUnavailableError(f"no account for {scope}")

        bundles("v1")

        assert deploy(FUNCTION, credential=SignedOut) == 2
        assert "You are not signed in to Azure. Run `az login`" in capsys.readouterr().err


class TestInputs:
    def test_missing_bundles(self, deploy, capsys):
        assert deploy() == 2
        assert "Run `make bundle`." in capsys.readouterr().err

    def test_a_damaged_bundle(self, bundles, deploy, capsys, tmp_path: Path):
        bundles("v1")
        (tmp_path / f"bundles/{FUNCTION}.zip").write_bytes(b"half of a zip file")

        assert deploy(FUNCTION) == 2
        assert "is not a complete bundle" in capsys.readouterr().err

    def test_an_unknown_function(self, deploy, capsys):
        assert deploy("qurey_events") == 2
        assert "There is no function qurey_events" in capsys.readouterr().err

    def test_another_environment(self, azure: Azure, bundles, deploy, capsys):
        bundles("v1")

        assert deploy(environment="prod") == 2
        error = capsys.readouterr().err
        assert "initialised for dev, not for prod" in error
        assert "-backend-config=environments/prod.backend.hcl" in error
        assert not azure.requests

    @pytest.mark.parametrize("name", ["environment", "api_url", "function_apps"])
    def test_missing_outputs(
        self, outputs: dict[str, Any], terraform: Path, deploy, capsys, name: str
    ):
        del outputs[name]
        write_outputs(terraform, outputs)

        assert deploy() == 2
        error = capsys.readouterr().err
        assert f"no output {name}" in error
        assert "apply -var-file=environments/dev.tfvars" in error

    def test_an_app_that_is_not_created_yet(
        self, outputs: dict[str, Any], terraform: Path, deploy, capsys
    ):
        del outputs["function_apps"][FUNCTION]
        write_outputs(terraform, outputs)

        assert deploy() == 2
        assert f"no app for {FUNCTION} yet" in capsys.readouterr().err

    def test_terraform_fails(self, terraform: Path, deploy, capsys):
        terraform.unlink()

        assert deploy() == 2
        error = capsys.readouterr().err
        assert "terraform could not read the outputs" in error
        assert "init -reconfigure" in error

    def test_terraform_is_missing(self, terraform: Path, deploy, capsys):
        (terraform.parent / "bin/terraform").unlink()

        assert deploy() == 2
        assert "terraform is not installed" in capsys.readouterr().err
