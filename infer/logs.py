"""Structured logs: one JSON object a line on standard error, without a word of any article."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO


class JsonFormatter(logging.Formatter):
    """A log line as JSON: ``time``, ``level``, ``logger``, ``event``, then the event's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, without a line break inside."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": moment, "level": record.levelname.lower(), "logger": record.name}
        line |= {"event": record.getMessage(), **getattr(record, "fields", {})}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def log_to(stream: TextIO | None = None, level: str = "INFO") -> None:
    """Send the logs of ``mujaz`` to a stream, standard error by default, once however often it is called."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("mujaz")
    logger.handlers[:] = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False


def event(logger: logging.Logger, level: int, name: str, **fields: object) -> None:
    """Log an event with its fields; none of them may be an article's text."""
    logger.log(level, name, extra={"fields": fields})
