"""Starts the server as a process and talks to its administration; used by every test that needs a running server."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "local-snowflake"


class ServerProcess:
    """A running server; a context manager."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen([str(SCRIPT), "--port", "0", *arguments], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on http://127.0.0.1:"):
            raise RuntimeError(f"the server did not start: {line!r}")
        self.url = line.split()[-1]
        self.port = int(self.url.rsplit(":", 1)[1])

    def __enter__(self) -> ServerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> int:
        """Ends the server and returns its exit status."""
        self.process.terminate()
        status = self.process.wait(20)
        self.process.stdout.close()
        return status

    def administer(self, method: str, path: str, content: object = None) -> dict:
        """A request to `/__local/…`."""
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(
            f"{self.url}/__local/{path}", body, {"content-type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)

    def fault(self, **rule: object) -> None:
        """Adds one fault rule."""
        self.administer("POST", "faults", rule)

    def requests(self, **wanted: str) -> list[dict]:
        """Logged requests whose members contain the given texts."""
        log = self.administer("GET", "requests")["requests"]
        return [entry for entry in log if all(text in (entry[name] or "") for name, text in wanted.items())]

    def forget(self) -> None:
        """Removes fault rules and empties the request log."""
        self.administer("DELETE", "faults")
        self.administer("DELETE", "requests")
