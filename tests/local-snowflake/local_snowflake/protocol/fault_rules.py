"""Fault rules as data: which request goes wrong, how, how often; and the log of requests that tests read. See README.md."""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from pathlib import Path

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
    "expire_master",
    "expire_chunk",
    "reset_after_body_bytes",
    "warehouse",
    "poll",
    "execute",
}
WAREHOUSE_LOSSES = ("none", "suspended")
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
        if content.get("warehouse", "none") not in WAREHOUSE_LOSSES:
            raise WrongRule(f"the member warehouse of a fault rule is one of {WAREHOUSE_LOSSES}")
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

    def has_acted(self, port: int | None, name: str) -> bool:
        """Has a rule of that name acted?"""
        with self._lock:
            rules = [rule for rule in self.rules if port in (None, rule.port) and rule.content.get("name") == name]
            return any(rule.acted for rule in rules)

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
