"""Print the OpenAPI document, from which `make sdk-types` generates the SDK's types."""

import sys

import orjson

from api.app import create_app
from api.settings import Settings


def main() -> None:
    """Print the OpenAPI document that the running API serves."""
    document = create_app(Settings()).openapi()
    sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())


if __name__ == "__main__":
    main()
