"""Fixtures: a lake in a folder and in a bucket of moto's S3."""

from pathlib import Path

import pytest
from botocore.session import get_session

from api.lake.storage import LakeStorage, Options
from api.lake.tables import DeltaTables
from tests.contract.conftest import any_store
from tests.stores.moto import aws, dynamodb, moto_server, on_dynamodb

__all__ = ["any_store", "aws", "dynamodb", "moto_server", "on_dynamodb"]


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


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> LakeStorage:
    if request.param == "folder":
        return LakeStorage.in_folder(tmp_path / "lake's = folder")
    return bucket(request.getfixturevalue("aws"))


@pytest.fixture
def tables(storage: LakeStorage) -> DeltaTables:
    return DeltaTables(storage)
