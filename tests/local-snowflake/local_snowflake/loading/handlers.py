"""Which statements load data, and what `--null` makes of them."""

from __future__ import annotations

import re

from ..engine import EngineSession, Result
from ..protocol.executions import wait_or_cancelled
from ..service import Service
from ..staging.results import table
from .copy import Copy
from .null import NullLoads


def register_loading(service: Service) -> None:
    """Plugs the statements into the engine."""
    copy = Copy(service)
    register = service.engine.register_statement_handler
    if service.options.null:
        null = NullLoads(copy)
        register(re.compile(r"COPY\s+INTO\b", re.I).match, null.copy, False)
        register(re.compile(r"MERGE\s+INTO\b", re.I).match, null.merge, False)
        register(re.compile(r"INSERT\s+(?:OVERWRITE\s+)?INTO\b.*\bSELECT\b", re.I | re.S).match, null.insert, False)
    register(re.compile(r"COPY\s+INTO\b", re.I).match, copy.run, False)
    register(_WAIT.match, _wait, False)


_WAIT = re.compile(r"(?:CALL|SELECT)\s+SYSTEM\$WAIT\s*\(\s*(\d+)\s*(?:,\s*'(SECONDS|MINUTES)'\s*)?\)\s*;?\s*$", re.I)


def _wait(session: EngineSession, sql_text: str) -> Result:
    """`CALL SYSTEM$WAIT(n [, unit])`: a statement that takes its time and can be cancelled."""
    match = _WAIT.match(sql_text)
    unit = (match[2] or "SECONDS").lower()
    wait_or_cancelled(int(match[1]) * (60 if unit == "minutes" else 1))
    return table(["SYSTEM$WAIT"], [[f"waited {match[1]} {unit}"]], 0x1000)
