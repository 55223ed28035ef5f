"""Logs as JSON lines on standard error."""

import logging
from datetime import UTC, datetime
from typing import Any

import orjson


class JsonLines(logging.Formatter):
    """A formatter that writes one JSON object per log record.

    `extra={"fields": {…}}` adds fields to the JSON object.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def configure_logs(level: str) -> None:
    """Write the service's log to standard error.

    uvicorn's access log is switched off, because it would log each request a second time, with its
    query string.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("api")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
    access = logging.getLogger("uvicorn.access")  # uvicorn has already configured it
    access.handlers[:] = []
    access.propagate = False
