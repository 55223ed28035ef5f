"""Fixtures: a lake in a folder, in a bucket of moto's S3 and in a container of Azurite."""

from pathlib import Path

import pytest
from botocore.session import get_session

from api.lake.storage import LakeStorage, Options
from api.lake.tables import DeltaTables
from tests.contract.conftest import any_store
from tests.lake.azurite import azurite, container
from tests.stores.moto import aws, dynamodb, moto_server, on_dynamodb

__all__ = ["any_store", "aws", "azurite", "dynamodb", "moto_server", "on_dynamodb"]


def bucket(address: str) -> LakeStorage:
    """Create a bucket on moto's server and return the lake in it."""
    known: Options = {
        "endpoint": address,
        "access_key_id": "test",
        "secret_access_key": "test",
        "region": "us-east-1",
    }

    async def credentials() -> Options:
        return known

    get_session().create_client(
        "s3",
        endpoint_url=address,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    ).create_bucket(Bucket="lake")
    return LakeStorage("s3://lake", credentials, allows_http=True)


@pytest.fixture(params=["folder", "s3", pytest.param("azure", marks=pytest.mark.full)])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> LakeStorage:
    if request.param == "azure":
        return container(request.getfixturevalue("azurite"))
    if request.param == "s3":
        return bucket(request.getfixturevalue("aws"))
    return LakeStorage.in_folder(tmp_path / "lake's = folder")


@pytest.fixture
def tables(storage: LakeStorage) -> DeltaTables:
    return DeltaTables(storage)
