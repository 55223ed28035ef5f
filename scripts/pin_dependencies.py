"""Write the newest compatible versions into `[tool.uv] constraint-dependencies`.

The pinned versions are in pyproject.toml, because a lock file would contain registry addresses.
"""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(
    r"\[tool\.uv\]\nconstraint-dependencies = \[\n.*?^\]\n", re.DOTALL | re.MULTILINE
)
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)


def main() -> None:
    """Resolve dependencies without the current pins, and write the resolved versions."""
    path = ROOT / "pyproject.toml"
    unpinned = _BLOCK.sub("", path.read_text()).rstrip() + "\n"
    path.write_text(unpinned)
    (ROOT / "uv.lock").unlink(missing_ok=True)
    pins = sorted(
        set(_PIN.findall(_uv("export", "--all-groups", "--no-emit-workspace", "--no-hashes")))
    )
    lines = "".join(f'  "{name}=={version}",\n' for name, version in pins)
    path.write_text(f"{unpinned}\n[tool.uv]\nconstraint-dependencies = [\n{lines}]\n")
    print(f"{len(pins)} pins written")


def _uv(*arguments: str) -> str:
    command = ["uv", *arguments, "--quiet"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own command


if __name__ == "__main__":
    main()
