"""The gateways in both clouds use a committed copy of the OpenAPI document."""

from pathlib import Path

import orjson

from api.app import create_app
from api.settings import Settings

COPY = Path(__file__).parents[2] / "infra/openapi.json"


def test_the_copy_is_up_to_date():
    """If this fails, run `make openapi` to update the copy."""
    assert orjson.loads(COPY.read_bytes()) == create_app(Settings()).openapi()
