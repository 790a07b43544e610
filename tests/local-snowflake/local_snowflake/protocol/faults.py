"""Faults by rule: which request goes wrong, how, how often; and the log of requests that tests read.

Rules are data (a JSON file, or posted to `/__local/faults`); README.md lists the members. This is ASGI middleware
around the whole server, so a rule can also cut or break the connection.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import socket
import struct
import threading
import time
from collections import deque
from pathlib import Path
from urllib.parse import unquote

TRANSPORT = "local_snowflake.transport"
POLLS = "local_snowflake.polls"
MATCHES = {"port", "method", "path", "query", "sql", "nth", "times", "name"}
ACTIONS = {
    "status",
    "body",
    "headers",
    "reply",
    "cut_after_bytes",
    "reset",
    "delay_seconds",
    "hold_seconds",
    "expire_session",
    "expire_credentials",
    "poll",
    "execute",
}
LOGGED_REQUESTS = 10_000
LONGEST_LOGGED_SQL = 100_000


class WrongRule(Exception):
    """A rule that cannot be understood."""


class Rule:
    """One rule and how often it matched. `nth` is the first match that acts (from 1), `times` how many act (0 = all)."""

    def __init__(self, content: dict) -> None:
        unknown = set(content) - MATCHES - ACTIONS if isinstance(content, dict) else {"(not an object)"}
        if unknown or not set(content) & ACTIONS:
            raise WrongRule(f"a fault rule needs an action of {sorted(ACTIONS)}; unknown members: {sorted(unknown)}")
        try:
            self._patterns = {
                name: re.compile(content[name], re.S | re.I) for name in ("path", "query", "sql") if name in content
            }
        except re.error as problem:
            raise WrongRule(f"a fault rule has a wrong regular expression: {problem}") from None
        self.content = content
        self._method = content.get("method", "").upper()
        self.port = content.get("port")
        self._first, self._times = int(content.get("nth", 1)), int(content.get("times", 1))
        self.matched = self.acted = 0

    def applies(self, port: int | None, method: str, path: str, query: str, sql: str | None) -> bool:
        """Does the rule act on this request? Counts the match."""
        if (self._method and method != self._method) or self.port not in (None, port):
            return False
        for name, value in (("path", path), ("query", query), ("sql", sql)):
            if name in self._patterns and (value is None or not self._patterns[name].search(value)):
                return False
        self.matched += 1
        if self.matched < self._first or (self._times and self.acted >= self._times):
            return False
        self.acted += 1
        return True


class Faults:
    """The rules in force and the request log."""

    def __init__(self, file: Path | None) -> None:
        self._lock = threading.Lock()
        self.rules: list[Rule] = []
        self.requests: deque[dict] = deque(maxlen=LOGGED_REQUESTS)
        if file is not None:
            try:
                content = json.loads(file.read_text())
            except (OSError, ValueError) as problem:
                raise WrongRule(f"{file}: {problem}") from None
            self.add(content)

    def add(self, content: object) -> None:
        """Adds rules: a list of them, one, or an object with the member `rules`."""
        if isinstance(content, dict) and "rules" in content:
            content = content["rules"]
        rules = [Rule(entry) for entry in (content if isinstance(content, list) else [content])]
        with self._lock:
            self.rules.extend(rules)

    def clear(self, port: int | None = None) -> None:
        """Removes every rule, or those of a port."""
        with self._lock:
            self.rules = [rule for rule in self.rules if port not in (None, rule.port)]

    def find(self, port: int | None, method: str, path: str, query: str, sql: str | None) -> list[Rule]:
        """The rules that act on this request."""
        with self._lock:
            return [rule for rule in self.rules if rule.applies(port, method, path, query, sql)]

    def state(self, port: int | None = None) -> list[dict]:
        """The rules, or those of a port, with their counters."""
        with self._lock:
            rules = [rule for rule in self.rules if port in (None, rule.port)]
            return [{**rule.content, "matched": rule.matched, "acted": rule.acted} for rule in rules]

    def log(self, port: int | None = None) -> list[dict]:
        """The request log, or the requests that came by a port."""
        return [entry for entry in list(self.requests) if port in (None, entry["port"])]

    def empty_log(self, port: int | None = None) -> None:
        """Forgets the requests, or those that came by a port."""
        with self._lock:
            kept = [entry for entry in list(self.requests) if port not in (None, entry["port"])]
            self.requests.clear()
            self.requests.extend(kept)


class FaultMiddleware:
    """Applies the rules. `expire_session(token)` and `expire_credentials(key id)` end tokens for real."""

    def __init__(self, application, faults: Faults, expire_session, expire_credentials) -> None:
        self._application = application
        self._faults = faults
        self._expire_session = expire_session
        self._expire_credentials = expire_credentials

    async def __call__(self, scope, receive, send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"].startswith("/__local/"):
            await self._application(scope, receive, send)
            return
        method, path, query = scope["method"], scope["path"], scope["query_string"].decode("latin-1")
        port, sql = listening_port(scope), None
        if path == "/queries/v1/query-request":
            receive, sql = await _read_sql(scope, receive)
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
                noting_send = _cutting(noting_send, int(rule.content["cut_after_bytes"]), scope)
            if "hold_seconds" in rule.content:
                noting_send = _holding(noting_send, float(rule.content["hold_seconds"]))
        await self._application(scope, receive, noting_send)

    async def _apply(self, rule: dict, scope, receive, send) -> bool:
        """Does what a rule says before the server sees the request; False when the request has been dealt with."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if "delay_seconds" in rule:
            await asyncio.sleep(float(rule["delay_seconds"]))
        if rule.get("expire_session"):
            match = re.search(r'Token="([^"]*)"', headers.get("authorization", ""))
            self._expire_session(match[1] if match else None)
        if rule.get("expire_credentials"):
            carried = headers.get("authorization", "") + "&" + scope["query_string"].decode("latin-1")
            # S3's key id, a bearer token, Google's and Azure's signatures.
            match = re.search(r"Credential=([^/]+)/|Bearer ([^&]+)|X-Goog-Signature=([^&]+)|\bsig=([^&]+)", carried)
            self._expire_credentials(unquote(match[match.lastindex]) if match else None)
        if "poll" in rule:
            scope[POLLS] = int(rule["poll"])
        if rule.get("execute"):
            await self._execute_silently(scope, receive)
        if rule.get("reset"):
            await _drain(receive) if not rule.get("execute") else None
            _reset(scope)
            return False
        if "status" in rule or "reply" in rule:
            if not rule.get("execute"):
                await _drain(receive)
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


async def _drain(receive) -> None:
    while True:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body"):
            return


async def _read_sql(scope, receive):
    """Reads the body of a query-request for its SQL text; returns a `receive` that gives the body again."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    sent = False

    async def again():
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        encoded = any(name == b"content-encoding" and value == b"gzip" for name, value in scope["headers"])
        sql = json.loads(gzip.decompress(body) if encoded else body).get("sqlText")
    except (OSError, EOFError, ValueError, AttributeError):
        sql = None
    return again, sql if isinstance(sql, str) else None


def _cutting(send, limit: int, scope):
    """A `send` that ends the connection after `limit` bytes of the body."""
    written = 0

    async def cut(message) -> None:
        nonlocal written
        if message["type"] != "http.response.body":
            await send(message)
            return
        body = message.get("body", b"")
        if written + len(body) <= limit:
            written += len(body)
            if message.get("more_body") or written < limit:
                await send(message)
                return
        await send({"type": "http.response.body", "body": body[: max(0, limit - written)], "more_body": True})
        await asyncio.sleep(0.05)
        transport = scope.get(TRANSPORT)
        if transport:
            transport.close()
        written = limit

    return cut


def _holding(send, seconds: float):
    """A `send` that waits before the answer begins."""

    async def hold(message) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(seconds)
        await send(message)

    return hold


def _reset(scope) -> None:
    """Ends the connection with a TCP reset."""
    transport = scope.get(TRANSPORT)
    if transport is None:
        return
    plain = transport.get_extra_info("socket")
    if plain is not None:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
