"""`make schemas`: write tests/infra/schema/<provider>.json for the types in <provider>.txt.

The program downloads the packages listed in this module (120 MB, cached by uv) but doesn't install
them. CI never runs this program. The packages are licensed under MPL-2.0; the output contains only
names, types and flags.
"""

import base64
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.provider_schemas.schema import Blocks
from scripts.provider_schemas.source import Source

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "tests/infra/schema"
DOWNLOADS = ROOT / "build/provider-packages"
PREFIXES = {"data_sources": "data.", "ephemeral": "ephemeral."}


@dataclass(frozen=True, slots=True)
class Package:
    """The package `cdktn-provider-<provider>`; `version` is the package's, not the provider's."""

    provider: str
    version: str


PACKAGES = (
    Package("aws", "25.8.1"),
    Package("azuread", "17.1.0"),
    Package("azurerm", "18.9.0"),
    Package("random", "15.0.1"),
    Package("time", "14.0.2"),
)


def main() -> None:
    """Write the schemas of all providers, or only of the providers in the arguments."""
    for package in PACKAGES:
        if package.provider in (sys.argv[1:] or [package.provider]):
            document = extract(download(package), package.provider, types_of(package.provider))
            target = SCHEMAS / f"{package.provider}.json"
            target.write_text(written(document))
            print(f"{target.name}: {document['provider']} {document['version']}")


def types_of(provider: str) -> set[str]:
    """Read the list of types in `<provider>.txt`, which has one type per line.

    In the list, the names of data sources and ephemeral resources have a prefix.
    """
    lines = (SCHEMAS / f"{provider}.txt").read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def download(package: Package) -> Path:
    folder = DOWNLOADS / f"{package.provider}-{package.version}"
    if not folder.exists():
        name = f"cdktn-provider-{package.provider}=={package.version}"
        command = ["uv", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), name]
        subprocess.run(command, check=True)  # noqa: S603 - our own command
    return folder


def extract(package: Path, provider: str, types: set[str]) -> dict[str, Any]:
    """Return the content of the schema file.

    Raises SystemExit if the provider lacks a requested type.
    """
    document: dict[str, Any] = {
        "provider": f"hashicorp/{provider}",
        "version": provider_version(package),
        "configuration": {},
        "resources": {},
        "data_sources": {},
        "ephemeral": {},
    }
    missing = set(types)
    for source in sources(package):
        if source.section == "configuration":
            document["configuration"] = Blocks(source).top()
        elif source.section:
            listed = PREFIXES.get(source.section, "") + source.type_name
            if listed in types:
                document[source.section][source.type_name] = Blocks(source).top()
                missing.discard(listed)
    if missing:
        sys.exit(f"{provider} has no {', '.join(sorted(missing))}")
    return document


def provider_version(package: Path) -> str:
    (metadata,) = package.glob("*.dist-info/METADATA")
    found = re.search(r"provider version (\d+\.\d+\.\d+)", metadata.read_text())
    if not found:
        sys.exit(f"{metadata} contains no provider version")
    return found[1]


def sources(package: Path) -> Iterator[Source]:
    (archive,) = package.glob("*/_jsii/*.tgz")
    texts: dict[str, str] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            folder = re.fullmatch(r"package/lib/([^/]+)/[^/]+\.js", member.name)
            file = tar.extractfile(member) if folder else None
            if folder and file:
                texts[folder[1]] = texts.get(folder[1], "") + typescript(file.read())
    for text in texts.values():
        yield Source(text)


def typescript(javascript: bytes) -> str:
    """Return the TypeScript source in the source map at the end of a JavaScript file."""
    encoded = javascript.rpartition(b"base64,")[2].strip()
    return "\n".join(text or "" for text in json.loads(base64.b64decode(encoded))["sourcesContent"])


def written(document: dict[str, Any]) -> str:
    """Format one line per type, so that diffs between two releases are readable."""
    parts = [f"{_compact(k)}:{_compact(v)}" for k, v in document.items() if k not in SECTIONS]
    for section in SECTIONS:
        rows = [f"{_compact(k)}:{_compact(v)}" for k, v in sorted(document[section].items())]
        parts.append(f"{_compact(section)}:{{\n" + ",\n".join(rows) + "\n}")
    return "{" + ",\n".join(parts) + "}\n"


SECTIONS = ("resources", "data_sources", "ephemeral")


def _compact(value: Any) -> str:  # noqa: ANN401 - any JSON
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


if __name__ == "__main__":
    main()
