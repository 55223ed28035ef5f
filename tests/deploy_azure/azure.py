"""Function apps with their SCM sites and storage on loopback, which respond as Azure documents it.

Sources:
- PUBLISH: Azure/azure-dev, cli/azd/pkg/azsdk/funcapp_host_client.go, and azure-cli 2.91,
  appservice/custom.py, enable_zip_deploy_flex: `POST /api/publish?RemoteBuild=…` with
  `Content-Type: application/zip` and a bearer token responds 202 with the deployment's id as a
  JSON string, or 409 while another deployment runs.
- STATUS: the same files and issue Azure/azure-dev#3658: `GET /api/deployments/<id>` responds 200,
  also while the deployment runs and after it failed; the body's `status` is -1 cancelled,
  0 pending, 1 building, 2 deploying, 3 failed, 4 success, 5 conflict, 6 partial success. It
  responds 404 before the deployment is known, and after its worker was recycled.
- LOG: azure-functions-core-tools, KuduLiteDeploymentHelpers.cs, DisplayDeploymentLog:
  `GET /api/deployments/<id>/log` responds with a list of objects with `log_time` and `message`.
- STORAGE: ZeroFailed.Deploy.Azure 1.8.4, Publish-FlexConsumptionFunctionApp: 400 with a
  BlobUploadFailedException while the app's identity has no role for the storage account. Issue
  Azure/azure-dev#4439 reports the same error as a failed deployment.
- BLOB: the REST reference of Blob Storage, "Put Blob", "Get Blob", "Delete Blob", "List Blobs".
- AUTH: "Authentication and authorization in Azure App Service": 401 unless the path is excluded.
- HOST: azure-functions-host: 404 if the package has no such function, 500 if the function fails.
"""

import json
import re
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from email.utils import formatdate
from io import BytesIO
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKENS = {
    "scm": "Bearer token for https://management.azure.com/.default",
    "blob": "Bearer token for https://storage.azure.com/.default",
}
PENDING, DEPLOYING, FAILED, SUCCESS, CONFLICT, PARTIAL = 0, 2, 3, 4, 5, 6
STORAGE_ERROR = (
    "InaccessibleStorageException: Failed to access storage account for deployment: "
    "BlobUploadFailedException: Failed to upload blob to storage account: Response status code "
    "does not indicate success: 403 (This request is not authorized to perform this operation.)."
)
_BLOB = """<Blob><Name>{name}</Name><Properties><Last-Modified>{modified}</Last-Modified>
<Content-Length>{size}</Content-Length></Properties><Metadata><release>{release}</release></Metadata>
</Blob>"""


@dataclass
class Blob:
    contents: bytes
    release: str
    number: int  # the order in which blobs were written; one per second


@dataclass
class FakeApp:
    """One function app. Tests queue the responses that it gives before the usual ones."""

    package: bytes = b""
    blobs: dict[str, Blob] = field(default_factory=dict)
    publish: deque[Response] = field(default_factory=deque)
    states: deque[int | None] = field(default_factory=deque)  # of the next deployment; None is 404
    status_text: str = ""
    build: deque[Response] = field(default_factory=deque)  # responses of the host
    crashes: set[str] = field(default_factory=set)  # builds that fail to start
    deployments: dict[str, bytes] = field(default_factory=dict)


class Azure:
    """The environment.

    `requests` counts requests by function and kind, and `most_at_once` deployments.
    """

    def __init__(self) -> None:
        self.apps: dict[str, FakeApp] = defaultdict(FakeApp)
        self.requests: Counter[tuple[str, str]] = Counter()
        self.order: list[str] = []  # the functions in the order of their uploads
        self.down: set[str] = set()  # paths of the gateway that respond 500
        self.most_at_once = 0
        self._active: set[str] = set()
        self._writes = 0
        self.app = Starlette(
            routes=[
                Route("/{function}/scm/api/publish", self._publish, methods=["POST"]),
                Route("/{function}/scm/api/deployments/{id}/log", self._log),
                Route("/{function}/scm/api/deployments/{id}", self._state),
                Route("/{function}/builds", self._list),
                Route("/{function}/builds/{name}", self._blob, methods=["GET", "PUT", "DELETE"]),
                Route("/{function}/app/build", self._build),
                Route("/gateway/{path:path}", self._gateway),
            ]
        )

    def running(self, function: str) -> str:
        return build_of(self.apps[function].package)

    def kept(self, function: str) -> list[str]:
        blobs = self.apps[function].blobs.items()
        ordered = sorted(blobs, key=lambda item: item[1].number, reverse=True)
        return [name.removesuffix(".zip") for name, _ in ordered]

    def _known(self, request: Request, part: str) -> FakeApp:
        function = request.path_params["function"]
        self.requests[function, part] += 1
        return self.apps[function]

    async def _publish(self, request: Request) -> Response:
        app = self._known(request, "publish")
        if request.headers.get("authorization") != TOKENS["scm"]:
            return Response(status_code=401)  # AUTH, of the SCM site
        if app.publish:
            return app.publish.popleft()
        assert dict(request.query_params)["RemoteBuild"] == "false"
        assert request.headers["content-type"] == "application/zip"
        body = await request.body()
        assert int(request.headers["content-length"]) == len(body)
        identifier = str(uuid4())
        app.deployments[identifier] = body
        self.order.append(request.path_params["function"])
        self._active.add(identifier)
        self.most_at_once = max(self.most_at_once, len(self._active))
        return JSONResponse(identifier, 202)  # PUBLISH

    async def _state(self, request: Request) -> Response:
        app = self._known(request, "state")
        if request.headers.get("authorization") != TOKENS["scm"]:
            return Response(status_code=401)
        identifier = request.path_params["id"]
        status = app.states.popleft() if app.states else SUCCESS
        if status in (SUCCESS, None):  # a deployment also succeeds if the site forgets it
            app.package = app.deployments[identifier]
            self._active.discard(identifier)
        if status is None:
            return Response(f"Deployment {identifier} not found.", 404)  # STATUS
        return JSONResponse(_state_document(identifier, status, app.status_text))

    async def _log(self, request: Request) -> Response:
        self._known(request, "log")
        lines = ["[StorageAccessibleCheck] started", "[KuduSpecializer] failed: no space left"]
        time = "2026-03-10T12:00:00Z"
        return JSONResponse(
            [{"log_time": time, "id": "", "message": line, "type": 0} for line in lines]  # LOG
        )

    async def _build(self, request: Request) -> Response:
        app = self._known(request, "build")
        assert "authorization" not in request.headers  # a token is only for its audience
        if app.build:
            return app.build.popleft()
        if not app.package:
            return Response(status_code=404)  # HOST
        build = build_of(app.package)
        if build in app.crashes:
            return Response(status_code=500)  # HOST
        return JSONResponse({"function": request.path_params["function"], "build": build})

    async def _list(self, request: Request) -> Response:
        app = self._known(request, "list")
        if fault := _storage_fault(request):
            return fault
        assert dict(request.query_params) == {
            "restype": "container",
            "comp": "list",
            "include": "metadata",
        }
        blobs = "".join(
            _BLOB.format(
                name=name,
                modified=formatdate(1_770_000_000 + blob.number, usegmt=True),
                size=len(blob.contents),
                release=blob.release,
            )
            for name, blob in sorted(app.blobs.items())
        )
        body = f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>{blobs}</Blobs>'
        return Response(f"{body}<NextMarker /></EnumerationResults>", media_type="application/xml")

    async def _blob(self, request: Request) -> Response:
        app = self._known(request, request.method)
        if fault := _storage_fault(request):
            return fault
        name = request.path_params["name"]
        if request.method == "PUT":
            assert request.headers["x-ms-blob-type"] == "BlockBlob"
            self._writes += 1
            release = request.headers["x-ms-meta-release"]
            app.blobs[name] = Blob(await request.body(), release, self._writes)
            return Response(status_code=201)
        if name not in app.blobs:
            return Response(status_code=404)
        if request.method == "DELETE":
            del app.blobs[name]
            return Response(status_code=202)
        return Response(app.blobs[name].contents)

    async def _gateway(self, request: Request) -> Response:
        path = "/" + request.path_params["path"]
        self.requests["gateway", path] += 1
        return Response(status_code=500 if path in self.down else 200)


def _storage_fault(request: Request) -> Response | None:
    if request.headers.get("authorization") != TOKENS["blob"]:
        return Response(status_code=401)
    version = request.headers.get("x-ms-version", "")
    # BLOB: Entra ID tokens need version 2017-11-09 or later.
    return None if re.fullmatch(r"20\d\d-\d\d-\d\d", version) else Response(status_code=400)


def _state_document(identifier: str, status: int, text: str) -> dict[str, Any]:
    """Return the document of issue Azure/azure-dev#3658."""
    return {
        "id": identifier,
        "status": status,
        "status_text": text,
        "deployer": "make deploy-azure",
        "remoteBuild": False,
        "message": "",
        "progress": "",
        "received_time": "2026-03-10T12:00:00Z",
        "complete": status not in (PENDING, DEPLOYING),
        "active": False,
        "build_summary": {"errors": [], "warnings": []},
    }


def a_package(build: str) -> bytes:
    """Return a bundle with this build."""
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("build.txt", build)
        archive.writestr("host.json", json.dumps({"version": "2.0"}))
    return file.getvalue()


def build_of(package: bytes) -> str:
    with ZipFile(BytesIO(package)) as archive:
        return archive.read("build.txt").decode()
