"""Fixtures: a lake in a folder, in a bucket of moto's S3 and in a container of Azurite."""

from pathlib import Path

import pytest

from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from tests.contract.conftest import any_store
from tests.lake.azurite import azurite, container
from tests.stores.moto import aws, dynamodb, moto_server, on_dynamodb
from tests.stores.s3 import bucket

__all__ = ["any_store", "aws", "azurite", "dynamodb", "moto_server", "on_dynamodb"]


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
