"""The examples of docs/lake.md read a lake, each as a process of its own."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from tests.lake.samples import an_event

DOCUMENT = Path(__file__).parents[2] / "docs/lake.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
EXPECTED = {"polars": ["page_viewed", "4"], "duckdb": ["/pricing", "3"]}


@pytest.mark.parametrize("library", EXPECTED)
def test_the_example_prints_the_events(tmp_path: Path, library: str):
    (example,) = [example for example in EXAMPLES if f"import {library}" in example]
    tables = DeltaTables(LakeStorage.in_folder(tmp_path / ".data/lake"))
    paths = ["/pricing", "/pricing", "/pricing", "/"]
    events = [
        an_event(number, org_id="org_acme", properties={"path": path})
        for number, path in enumerate(paths)
    ]
    asyncio.run(tables.append("org_acme", events))

    result = subprocess.run(  # noqa: S603 - our own example
        [sys.executable, "-c", example], cwd=tmp_path, check=True, capture_output=True, text=True
    )

    for text in EXPECTED[library]:
        assert text in result.stdout
