"""`make sbom`: write software bills of materials (CycloneDX) of the shipped packages."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMANDS = {
    # The packages of all extras, of which functions and images contain a part.
    "python": (
        *("uv", "export", "--quiet", "--frozen", "--format=cyclonedx1.5"),
        *("--no-default-groups", "--all-extras"),
    ),
    # All locked packages; a property marks those that are only for development. `--omit=dev` would
    # also omit shipped packages on which a tool depends, such as Next.js.
    "npm": ("npm", "sbom", "--sbom-format=cyclonedx", "--package-lock-only"),
}


def main(folder: Path = ROOT / "build/sbom") -> int:
    """Write `<kind>.cdx.json` of each kind of package into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, command in COMMANDS.items():
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own commands
        (folder / f"{kind}.cdx.json").write_bytes(done.stdout)
        print(f"{folder / f'{kind}.cdx.json'}: {len(done.stdout):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
