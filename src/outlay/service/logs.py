"""Structured logs: one JSON object a line."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import msgspec

_OWN: Final = "outlay_fields"


class JsonFormatter(logging.Formatter):
    """Writes time, level, logger, message, the fields given by `fields`, and the error."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, _OWN, {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


def fields(**values: Any) -> dict[str, dict[str, Any]]:
    """Return fields as the ``extra`` of a logging call."""
    return {_OWN: values}


def begin(level: str, stream: TextIO | None = None) -> None:
    """Let every logger of the process write JSON lines to ``stream``, stdout by default."""
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        own = logging.getLogger(name)
        own.handlers.clear()
        own.propagate = True
    logging.getLogger("uvicorn.access").disabled = True  # edge writes that line
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
