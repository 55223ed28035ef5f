"""`make sbom` lists the shipped packages, and `make scan` applies the policy to what it finds."""

import gzip
import json
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from scripts.pipeline import sbom, scan

TODAY = date(2026, 11, 30)
FINDING = scan.Finding(frozenset({"GHSA-a", "CVE-1"}), "orjson 3.13.0", "Reads too far", "no fix")
OSV = {
    "id": "GHSA-a",
    "aliases": ["CVE-1"],
    "modified": "2026-11-01T00:00:00Z",
    "published": "2026-11-01T00:00:00Z",
    "summary": "Reads too far",
    "details": "",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "orjson"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
        }
    ],
}
ADVISORY = {
    "id": 1,
    "url": "https://github.com/advisories/GHSA-n",
    "title": "Follows a redirect",
    "severity": "low",
    "vulnerable_versions": "<99",
    "cwe": [],
    "cvss": {"score": 3},
}


class Databases(BaseHTTPRequestHandler):
    """The endpoints that `uv audit` (osv.dev) and `npm audit` (bulk advisories) call."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        request = json.loads(body)
        if self.path.startswith("/broken"):
            self.send_error(405)
        elif "advisories" in self.path:
            self._respond({"next": [ADVISORY]})
        else:
            found = {"vulns": [{"id": OSV["id"], "modified": OSV["modified"]}]}
            names = [query["package"]["name"] for query in request["queries"]]
            self._respond({"results": [found if name == "orjson" else {} for name in names]})

    def do_GET(self) -> None:
        if self.path.startswith("/v1/vulns/"):
            self._respond(OSV)
        else:  # npm looks for a version without the vulnerability
            name = self.path[1:]
            newest = {"name": name, "version": "1.0.0"}
            self._respond({"name": name, "versions": {"1.0.0": newest}, "dist-tags": {}})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Log nothing."""

    def _respond(self, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def databases() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Databases)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def accepted(**change: Any) -> scan.Accepted:
    values = {"id": "CVE-1", "reason": "It is not called.", "until": date(2026, 12, 31)}
    return scan.Accepted(**values | change)


def test_every_finding_violates_the_policy_unless_it_is_accepted() -> None:
    (violation,) = scan.judge([FINDING], [], TODAY)

    assert "orjson 3.13.0: CVE-1, GHSA-a: Reads too far" in violation
    assert scan.judge([FINDING], [accepted()], TODAY) == []
    assert scan.judge([FINDING], [accepted(id="GHSA-a")], TODAY) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"until": date(2026, 11, 29)}, "day that is over"),
        ({"until": date(2027, 3, 1)}, "more than 90 days"),
        ({"reason": " "}, "without a reason"),
    ],
)
def test_an_acceptance_is_justified_and_ends(change: dict[str, Any], reason: str) -> None:
    (violation,) = scan.judge([FINDING], [accepted(**change)], TODAY)

    assert reason in violation


def test_an_unnecessary_acceptance_is_removed() -> None:
    (violation,) = scan.judge([], [accepted()], TODAY)

    assert "No longer found" in violation


def test_the_tools_findings_are_read(
    databases: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    services = ["--python-service", databases, "--npm-service", databases]
    assert scan.main(services) == 1
    output = capsys.readouterr().out
    assert "Vulnerable: orjson 3.13.0: CVE-1, GHSA-a: Reads too far (fixed in: 99.0)" in output
    assert "Vulnerable: next <99: GHSA-n: Follows a redirect" in output

    policy = tmp_path / "accepted.toml"
    entry = '[[accepted]]\nid = "{}"\nreason = "It is not called."\nuntil = {}\n'
    end = date.today().isoformat()  # noqa: DTZ011 - any day that isn't over
    policy.write_text(entry.format("GHSA-a", end) + entry.format("GHSA-n", end))
    assert scan.main([*services, "--accepted", str(policy)]) == 0


def test_a_scan_that_cannot_be_completed_fails(
    databases: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(SystemExit, match="scan of the npm packages failed: 405"):
        list(scan.of_npm(f"{databases}/broken"))
    with pytest.raises(SystemExit, match=r"uv audit .* failed"):
        list(scan.of_python("http://127.0.0.1:1"))


def test_the_bills_of_materials_contain_what_is_shipped(tmp_path: Path) -> None:
    sbom.main(tmp_path)
    components = dict[str, dict[str, Any]]()
    for kind in ("python", "npm"):
        document = json.loads((tmp_path / f"{kind}.cdx.json").read_text())
        assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.5")
        components[kind] = {one["name"]: one for one in document["components"]}

    assert {"fastapi", "azure-cosmos", "botocore", "uvicorn"} <= components["python"].keys()
    assert "pytest" not in components["python"]
    development = {"name": "cdx:npm:package:development", "value": "true"}
    assert development not in components["npm"]["next"]["properties"]
    assert development in components["npm"]["vitest"]["properties"]
