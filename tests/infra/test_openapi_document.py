"""The gateways in both clouds are made of a committed copy of the API's OpenAPI document."""

from pathlib import Path

import orjson

from api.app import create_app
from api.settings import Settings

COPY = Path(__file__).parents[2] / "infra/openapi.json"


def test_the_copy_is_current():
    """`make openapi` writes it."""
    assert orjson.loads(COPY.read_bytes()) == create_app(Settings()).openapi()
