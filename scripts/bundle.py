"""`make bundle`: build a deployable folder and zip file per function, for Azure and for Lambda.

All packages are resolved, installed and compiled once for all bundles. A bundle consists of hard
links to the files that its function uses. Two builds of the same input produce identical bytes.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from scripts.bundle_packages import Packages

ROOT = Path(__file__).parent.parent
MANIFEST: Mapping[str, Mapping[str, Sequence[str]]] = json.loads(
    (ROOT / "functions/manifest.json").read_text()
)
RUNTIME = "azure-functions-runtime"  # requirements.txt pins the version of this package
_KEPT_IN_A_VAULT = ("cursor_secret", "signing_key", "public_keys", "user_hash_secret")
HOST_EXTRAS = {  # the extras of every function, and of each need in the manifest
    "azure": {
        "": ["azure", "telemetry"],
        "store": ["cosmos", "azure-identity"],
        **{need: ["key-vault"] for need in _KEPT_IN_A_VAULT},
    },
    "lambda": {
        "": ["aws", "telemetry"],
        "store": ["dynamodb"],
        **{need: ["kms"] for need in _KEPT_IN_A_VAULT},
    },
}
X86, ARM = "x86_64-manylinux_2_28", "aarch64-manylinux_2_28"
DEPLOYED = {"azure": X86, "lambda": ARM}  # ARM is 20 % cheaper on Lambda
LOCAL = dict.fromkeys(DEPLOYED, X86)
AZURE_PACKAGES = ".python_packages/lib/site-packages"
BUILD = "build.txt"  # the file of a bundle for Azure that identifies the bundle's contents
_AZURE_APP = f"""from pathlib import Path

app = function.azure_app(Path(__file__).with_name("{BUILD}").read_text())"""
_OBJECTS_UNCOLLECTED = 50_000  # instead of 2,000: 4 collections per query_events request, not 66
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can store
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Bundle:
    """The bundle of one function for one host (Azure or Lambda)."""

    host: str  # "azure" or "lambda"
    function: str
    folder: Path

    @property
    def zip(self) -> Path:
        return self.folder.with_suffix(".zip")


def main() -> None:
    """Build and zip all bundles, and print their sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build")
    parser.add_argument("--no-zip", action="store_true", help="build only the folders")
    options = parser.parse_args()
    bundles = build(options.out, platforms=DEPLOYED)
    if not options.no_zip:
        print(f"{'zip':40} {'MB':>6}")
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            for bundle in threads.map(write_zip, bundles):
                name = str(bundle.zip.relative_to(options.out))
                print(f"{name:40} {bundle.zip.stat().st_size / _MEGABYTE:6.1f}", flush=True)


def build(
    out: Path, wheel: Path | None = None, *, platforms: Mapping[str, str] = LOCAL
) -> list[Bundle]:
    """Build a bundle folder for each function and host.

    Each bundle contains the given wheel of the project or a newly built wheel.
    """
    wheel = wheel or _build_wheel(out / "wheel")
    packages = {
        platform: stage(out / "packages" / platform, wheel, platform)
        for platform in sorted(set(platforms.values()))
    }
    print(f"{'folder':40} {'MB':>6}  distributions")
    return [
        _lay_out(Bundle(host, function, out / host / function), packages[platforms[host]])
        for host in ("azure", "lambda")
        for function in MANIFEST
    ]


def _build_wheel(folder: Path) -> Path:
    print("building the wheel", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    _run("uv", "build", "--quiet", "--wheel", "--out-dir", str(folder))
    [wheel] = folder.glob("*.whl")
    return wheel


def stage(folder: Path, wheel: Path, platform: str) -> Packages:
    """Install and compile all packages of all functions in one folder."""
    shutil.rmtree(folder, ignore_errors=True)
    extras = sorted(
        {extra for host in HOST_EXTRAS for name in MANIFEST for extra in extras_of(host, name)}
    )
    print(f"installing it with {', '.join(extras)}", flush=True)
    install(folder, f"{wheel}[{','.join(extras)}]", platform=platform)
    print("compiling", flush=True)
    _compile(folder)
    return Packages(folder)


def extras_of(host: str, function: str) -> list[str]:
    """Return the extras of pyproject.toml that this function needs on this host."""
    entry, extras = MANIFEST[function], HOST_EXTRAS[host]
    needed = (extra for need in ("", *entry["needs"]) for extra in extras.get(need, []))
    return list(dict.fromkeys([*needed, *entry["extras"]]))


def install(
    folder: Path, *requirements: str, platform: str = X86, with_dependencies: bool = True
) -> None:
    """Install packages for the functions' platform, at the versions pinned in pyproject.toml."""
    options = ["--python-version", "3.13", "--python-platform", platform]
    if not with_dependencies:
        options.append("--no-deps")
    target = ["--only-binary", ":all:", "--target", str(folder)]
    _run("uv", "pip", "install", "--quiet", *options, *target, *requirements)


def _compile(folder: Path) -> None:
    """Compile sources to bytecode that Python uses without checking the times of the sources.

    File times are not checked, because zip files and mounts change them. The hash seed is fixed and
    only one process compiles, because the order of sets affects the bytecode. Bundles contain no
    tests of packages, so these are not compiled.
    """
    strip = ["-s", str(folder), "-p", ""]  # keeps paths of this machine out of the bytecode
    mode = ["--invalidation-mode", "unchecked-hash"]
    skipped = ["-x", f"{re.escape(str(folder))}/(.*/)?tests/"]
    seed = {"PYTHONHASHSEED": "0"}
    _run(sys.executable, "-m", "compileall", "-q", *mode, *strip, *skipped, str(folder), **seed)


def _lay_out(bundle: Bundle, packages: Packages) -> Bundle:
    shutil.rmtree(bundle.folder, ignore_errors=True)
    bundle.folder.mkdir(parents=True)
    bundle.zip.unlink(missing_ok=True)
    shutil.copy(ROOT / "functions" / f"{bundle.function}.py", bundle.folder)
    names = packages.needed("acme-analytics", extras_of(bundle.host, bundle.function))
    if bundle.host == "azure":
        _write_azure_files(bundle)
        size = packages.link(names, bundle.folder / AZURE_PACKAGES)
        (bundle.folder / BUILD).write_text(_hash(bundle.folder))
    else:
        (bundle.folder / "handler.py").write_text(
            _entry(bundle, "handler = function.aws_handler()")
        )
        size = packages.link(names, bundle.folder)
    print(
        f"{bundle.host + '/' + bundle.function:40} {size / _MEGABYTE:6.1f}  {len(names)}",
        flush=True,
    )
    return bundle


def _write_azure_files(bundle: Bundle) -> None:
    (bundle.folder / "function_app.py").write_text(_entry(bundle, _AZURE_APP))
    (bundle.folder / "requirements.txt").write_text(pinned(RUNTIME) + "\n")
    shutil.copy(ROOT / "functions/host.json", bundle.folder)


def _entry(bundle: Bundle, assignment: str) -> str:
    """Return the source code of a bundle's entry module.

    The entry module makes garbage collections less frequent. The entry module also prevents numpy's
    BLAS library, which the functions don't use, from starting threads.
    """
    return (
        "import gc\nimport os\n\n"
        f"gc.set_threshold({_OBJECTS_UNCOLLECTED})\n"
        'os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")\n\n'
        f"from {bundle.function} import function\n\n{assignment}\n"
    )


def pinned(name: str) -> str:
    """Return `name==version` as pinned in pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pins: list[str] = project["tool"]["uv"]["constraint-dependencies"]
    return next(pin for pin in pins if pin.startswith(f"{name}=="))


def write_zip(bundle: Bundle) -> Bundle:
    """Write a folder as a reproducible zip file, with a fixed order of files and fixed times.

    The zip file doesn't record who owns the files.
    """
    with zipfile.ZipFile(bundle.zip, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in _files(bundle.folder):
            entry = zipfile.ZipInfo(str(path.relative_to(bundle.folder)), _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, path.read_bytes())
    return bundle


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _hash(folder: Path) -> str:
    """Return a hash of the names and contents of all files."""
    total = sha256()
    for path in _files(folder):
        contents = sha256(path.read_bytes()).digest()
        total.update(str(path.relative_to(folder)).encode() + b"\0" + contents)
    return total.hexdigest()


def _run(*command: str, **environment: str) -> None:
    subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True)  # noqa: S603 - our own command


if __name__ == "__main__":
    main()
