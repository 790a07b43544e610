"""The least that can talk to a running server: a login and statements over the wire, no connector in between."""

from __future__ import annotations

import gzip
import http.client
import json
import uuid

from server_process import ServerProcess


class Client:
    """The least that can talk to the server."""

    def __init__(self, server: ServerProcess, **data: object) -> None:
        self.port = server.port
        self.token = self.master = None
        content = {"ACCOUNT_NAME": "local", "LOGIN_NAME": "demo", "PASSWORD": "demo", **data}
        query = "databaseName=DEMO&schemaName=PUBLIC&warehouse=DEMO_WH"
        self.login = self.post(f"/session/v1/login-request?{query}", {"data": content})
        if self.login["success"]:
            self.token, self.master = self.login["data"]["token"], self.login["data"]["masterToken"]

    def send(
        self, method: str, path: str, content: object = None, token: str | None = None, packed: bool = False
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        body = b"" if content is None else json.dumps(content).encode()
        headers = {"content-type": "application/json"}
        if packed:
            body, headers["content-encoding"] = gzip.compress(body), "gzip"
        if token or self.token:
            headers["authorization"] = f'Snowflake Token="{token or self.token}"'
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def post(self, path: str, content: object = None, **keywords) -> dict:
        return json.loads(self.send("POST", path, content, **keywords)[1])

    def query(self, sql: str, request_id: str | None = None, **members: object) -> dict:
        packed = bool(members.pop("packed", False))
        path = f"/queries/v1/query-request?requestId={request_id or uuid.uuid4()}&request_guid={uuid.uuid4()}&retryCount=1&retryReason=0"
        return self.post(path, {"sqlText": sql, **members}, packed=packed)

    def rows(self, sql: str) -> list[list[str | None]]:
        """The rows of a statement that succeeds."""
        reply = self.query(sql)
        assert reply["success"], (sql, reply["code"], reply["message"])
        return reply["data"].get("rowset", [])

    def refusal(self, sql: str) -> tuple[str, str]:
        """Code and message of a statement that fails."""
        reply = self.query(sql)
        assert not reply["success"], sql
        return reply["code"], reply["message"]
