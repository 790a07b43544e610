"""Applies fault rules: ASGI middleware around the whole server, so a rule can also cut or break the connection."""

from __future__ import annotations

import asyncio
import json
import time

from .fault_connections import cutting, drain, holding, read_sql, reset
from .fault_effects import FaultEffects
from .fault_rules import ACTIONS, LONGEST_LOGGED_SQL, Faults

POLLS = "local_snowflake.polls"


class FaultMiddleware:
    """Applies the rules; `effects` are the things that end for real."""

    def __init__(self, application, faults: Faults, effects: FaultEffects) -> None:
        self._application = application
        self._faults = faults
        self._effects = effects

    async def __call__(self, scope, receive, send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"].startswith("/__local/"):
            await self._application(scope, receive, send)
            return
        method, path, query = scope["method"], scope["path"], scope["query_string"].decode("latin-1")
        port, sql = listening_port(scope), None
        if path == "/queries/v1/query-request":
            receive, sql = await read_sql(scope, receive)
        entry = {
            "time": time.time(),
            "port": port,
            "method": method,
            "path": path,
            "query": query,
            "sql": sql and sql[:LONGEST_LOGGED_SQL],
            "status": None,
            "faults": [],
        }
        self._faults.requests.append(entry)

        async def noting_send(message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            await send(message)

        for rule in self._faults.find(port, method, path, query, sql):
            entry["faults"].append(rule.content.get("name") or sorted(set(rule.content) & ACTIONS))
            if not await self._apply(rule.content, scope, receive, noting_send):
                return
            if "cut_after_bytes" in rule.content:
                noting_send = cutting(noting_send, int(rule.content["cut_after_bytes"]), scope)
            if "hold_seconds" in rule.content:
                noting_send = holding(noting_send, float(rule.content["hold_seconds"]))
        await self._application(scope, receive, noting_send)

    async def _apply(self, rule: dict, scope, receive, send) -> bool:
        """Does what a rule says before the server sees the request; False when the request has been dealt with."""
        if "delay_seconds" in rule:
            await asyncio.sleep(float(rule["delay_seconds"]))
        self._effects.apply(rule, scope)
        if "poll" in rule:
            scope[POLLS] = int(rule["poll"])
        if rule.get("execute"):
            await self._execute_silently(scope, receive)
        if "reset_after_body_bytes" in rule:
            await drain(receive, int(rule["reset_after_body_bytes"]))
            reset(scope)
            return False
        if rule.get("reset"):
            await drain(receive) if not rule.get("execute") else None
            reset(scope)
            return False
        if "status" in rule or "reply" in rule:
            if not rule.get("execute"):
                await drain(receive)
            body = json.dumps(rule["reply"]) if "reply" in rule else str(rule.get("body", ""))
            wanted = {"content-type": "application/json", **rule.get("headers", {})}
            pairs = [(name.lower().encode(), str(value).encode()) for name, value in wanted.items()]
            pairs.append((b"content-length", str(len(body.encode())).encode()))
            await send({"type": "http.response.start", "status": int(rule.get("status", 200)), "headers": pairs})
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body.encode()})
            return False
        return True

    async def _execute_silently(self, scope, receive) -> None:
        """Lets the server do its work and swallows the answer: a reply that got lost on the way."""

        async def swallow(message) -> None:
            return None

        await self._application(scope, receive, swallow)


def listening_port(scope) -> int | None:
    """The port that the client chose."""
    return (scope.get("server") or (None, None))[1]
