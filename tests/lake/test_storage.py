"""The URL of the lake decides where its tables are."""

from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from azure.core.exceptions import ServiceRequestError

from api.errors import ConfigurationError
from api.lake.protocol import LakeUnavailable
from api.lake.storage import open_storage


class Credential:
    async def get_token(self, scope: str) -> SimpleNamespace:
        return SimpleNamespace(token=f"token for {scope}")


@asynccontextmanager
async def open_credential():
    yield Credential()


async def test_a_container_is_opened_with_a_token_of_the_identity():
    url = "https://acmelake.blob.core.windows.net/lake"
    async with open_storage(url, None, open_credential) as storage:
        assert storage
        assert storage.table("org_acme") == "az://lake/events/org_acme"
        assert await storage.delta_options() == {
            "account_name": "acmelake",
            "token": "token for https://storage.azure.com/.default",
        }


async def test_a_bucket_is_opened_with_the_role_of_the_process():
    async with open_storage("s3://acme-lake/analytics/", None, open_credential) as storage:
        assert storage
        assert storage.table("org_acme") == "s3://acme-lake/analytics/events/org_acme"
        assert await storage.delta_options() == {}


async def test_without_a_url_the_lake_is_in_the_folder_if_there_is_one(tmp_path: Path):
    async with open_storage("", tmp_path, open_credential) as storage:
        assert storage
        assert storage.root == str(tmp_path)
    async with open_storage("", None, open_credential) as storage:
        assert storage is None


@pytest.mark.parametrize(
    "url", ["gs://lake", "s3://", "https://acme.blob.core.windows.net/", "lake", "http://a.b/c"]
)
async def test_another_url_is_refused(url: str):
    with pytest.raises(ConfigurationError, match="ANALYTICS_LAKE_URL"):
        async with open_storage(url, None, open_credential):
            pass


async def test_a_credential_without_a_token_makes_the_lake_unavailable():
    class Unreachable(Credential):
        async def get_token(self, scope: str) -> SimpleNamespace:
            raise ServiceRequestError(f"no token for {scope}")

    @asynccontextmanager
    async def open_unreachable():
        yield Unreachable()

    url = "https://acmelake.blob.core.windows.net/lake"
    async with open_storage(url, None, open_unreachable) as storage:
        assert storage
        with pytest.raises(LakeUnavailable) as caught:
            await storage.delta_options()
    assert "no token" in caught.value.reason
