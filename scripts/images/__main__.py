"""`make images`: build every image of infra/docker, start it and test it.

The tests check that the demo image handles a token request, an event and a query, and that a user
can sign in to a dashboard that uses the API in the demo image. The tests also check that the API
image works with an emulator server, and that the images of the API and of the dashboard name a
missing setting.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import httpx2

from cosmos_emulator import KEY
from scripts.images.buildah import Buildah, Container, missing
from scripts.servers import free_port

DOCKER = Path("infra/docker")
BUILD = Path("build")
IMAGES = {"demo": "api", "api": "api", "app": "app"}  # target -> Dockerfile
API, APP = "http://127.0.0.1:8000", "http://127.0.0.1:3000"
HEALTHY_SECONDS = 60
START_SECONDS = "30"  # an API without its settings exits within this time; a dashboard is ended
USER_ID = "10001"
CREATED = 201


def main() -> int:
    if lack := missing():
        print(lack)
        return 1
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="images-", dir=BUILD) as storage:
        buildah = Buildah(Path(storage))
        buildah.make_base()
        for target, dockerfile in IMAGES.items():
            buildah.build(_name(target), DOCKER / f"{dockerfile}.Dockerfile", target)
        _try_demo_and_app(buildah)
        _try_api_on_emulator(buildah)
        _try_without_settings(buildah)
    print("All images were built, pass their health checks and work.")
    return 0


def _name(target: str) -> str:
    return f"analytics-{target}"


def _try_demo_and_app(buildah: Buildah) -> None:
    sessions = {"ANALYTICS_SESSION_SECRET": "a session secret for this test only, not for use"}
    place = {"ANALYTICS_ENV": "local", "ANALYTICS_API_URL": API, "ANALYTICS_PUBLIC_API_URL": API}
    with (
        buildah.container(_name("demo"), {}) as demo,
        buildah.container(_name("app"), place | sessions) as app,
        demo.started(healthy_seconds=HEALTHY_SECONDS),
        app.started(healthy_seconds=HEALTHY_SECONDS),
    ):
        _runs_as_nobody(demo)
        _runs_as_nobody(app)
        _ingest_and_query()
        _sign_in()


def _runs_as_nobody(container: Container) -> None:
    _expect(container.run("id", "-u").stdout.strip() == USER_ID, f"{container.image} is not root")


def _ingest_and_query() -> None:
    with httpx2.Client(base_url=API) as api:
        response = api.post("/api/v1/auth/token", json={"api_key": "ak_local_acme"})
        api.headers["Authorization"] = f"Bearer {response.json()['access_token']}"
        sent = {"event_type": "image_tried", "user_id": "user_1"}
        stored = api.post(
            "/api/v1/events", json={"events": [sent]}, headers={"Idempotency-Key": "images"}
        )
        _expect(stored.status_code == CREATED, "the demo stores an event")
        found = api.get("/api/v1/events", params={"event_type": "image_tried"}).json()["data"]
        _expect([event["user_id"] for event in found] == ["user_1"], "the demo returns the event")
        sample = api.get("/api/v1/events").json()["data"]
        _expect(len(sample) > 1, "the demo contains sample data")


def _sign_in() -> None:
    with httpx2.Client(base_url=APP, follow_redirects=True) as app:
        _expect("Sign in" in app.get("/").text, "the dashboard shows the sign-in page")
        user = {"user_id": "user_002", "org_id": "org_acme"}
        page = app.post("/session/sign-in", data=user, headers={"Origin": APP})
        _expect(
            page.is_success and "Acme" in app.get("/o/org_acme/overview").text,
            "the dashboard opens after sign-in",
        )


def _try_api_on_emulator(buildah: Buildah) -> None:
    port = free_port()
    emulator = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "cosmos_emulator", "--port", str(port)]
    )
    store = {
        "ANALYTICS_ENV": "local",
        "ANALYTICS_COSMOS_ENDPOINT": f"http://127.0.0.1:{port}",
        "ANALYTICS_COSMOS_KEY": KEY,
    }
    try:
        with (
            buildah.container(_name("api"), store) as api,
            api.started(healthy_seconds=HEALTHY_SECONDS),
        ):
            _runs_as_nobody(api)
            response = httpx2.get(f"{API}/healthz")
            _expect(
                response.json()["store"] == "reachable",
                "the API connects to a store in another process",
            )
    finally:
        emulator.terminate()
        emulator.wait()


def _try_without_settings(buildah: Buildah) -> None:
    for target, command, needed in (
        ("api", ("uvicorn", "api.main:app", "--port", "8000"), "ANALYTICS_JWT_ISSUER"),
        ("app", ("node", "server.js"), "ANALYTICS_OIDC_ISSUER"),
    ):
        with buildah.container(_name(target), {}) as container:
            done = container.run("timeout", START_SECONDS, *command)
        names_it = done.returncode != 0 and needed in done.stderr
        _expect(names_it, f"{container.image} names a missing setting and serves nothing")


def _expect(holds: bool, expectation: str) -> None:  # noqa: FBT001 - an assertion
    if not holds:
        raise SystemExit(f"✗ {expectation}")
    print(f"✓ {expectation}")


if __name__ == "__main__":
    sys.exit(main())
