"""Stands for the metadata services of Azure and Google on this machine, which give a workload the token that is its identity.

Azure's is found by IDENTITY_ENDPOINT, as in Azure Functions. Google's has a fixed name: clients reach it here by HTTP_PROXY.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

IDENTITY_HEADER = "header-secret"


class MetadataServer:
    """A context manager; `tokens` are what it gives, by `azure` and `gcp`; `asked` are the resources and audiences asked for."""

    def __init__(self, tokens: dict[str, str]) -> None:
        asked = self.asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(url.query).items()}
                content, kind = None, "text/plain"
                if url.path == "/msi/token" and self.headers["X-IDENTITY-HEADER"] == IDENTITY_HEADER:
                    asked.append(query["resource"])
                    content, kind = json.dumps({"access_token": tokens["azure"]}), "application/json"
                elif url.hostname == "metadata.google.internal" and url.path.endswith("/identity") and self.headers["Metadata-Flavor"] == "Google":
                    asked.append(query["audience"])
                    content = tokens["gcp"]
                body = (content or "no").encode()
                self.send_response(200 if content else 404)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> MetadataServer:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
