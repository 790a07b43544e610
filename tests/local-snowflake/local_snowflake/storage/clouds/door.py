"""The emulators' storages behind the server's own port: requests pass unchanged, so that faults and the request log hold.

A request goes on with its path and host header as they came, because signatures cover them; only Google's, which are not
signed, have a prefix to tell them from those to S3.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import h11
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from .address import BUCKETS, CloudAddress

GCS_PREFIX = "/gcs"
METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE"]
_OWN_TO_A_CONNECTION = {b"connection", b"keep-alive", b"transfer-encoding", b"te", b"upgrade"}


def routes(addresses: dict[str, CloudAddress]) -> list[Route]:
    """The ways to the emulators that are known."""
    found = []
    for cloud, address in addresses.items():
        door = Door(address.origin, GCS_PREFIX if cloud == "gcs" else "")
        paths = {"s3": [f"/{bucket}{rest}" for bucket in BUCKETS for rest in ("", "/{key:path}")], "azure": [f"/{address.name}/{{key:path}}"]}
        found += [Route(path, door.serve, methods=METHODS) for path in paths.get(cloud, [GCS_PREFIX + "/{key:path}"])]
    return found


class Door:
    """Passes requests on to one emulator, each over a connection of its own."""

    def __init__(self, origin: str, prefix: str) -> None:
        parts = urlsplit(origin)
        self._host, self._port, self._prefix = parts.hostname, parts.port, prefix

    async def serve(self, request: Request) -> Response:
        """One request and its answer, both streamed."""
        path = request.scope["raw_path"].partition(b"?")[0].removeprefix(self._prefix.encode())
        query = request.scope["query_string"]
        headers = [(name, value) for name, value in request.headers.raw if name not in _OWN_TO_A_CONNECTION | {b"expect"}]
        try:
            reader, writer = await asyncio.open_connection(self._host, self._port)
        except OSError:
            return Response("the emulator is gone", 502)
        connection = h11.Connection(h11.CLIENT)
        target = path + (b"?" + query if query else b"")
        asked = h11.Request(method=request.method, target=target, headers=[*headers, (b"connection", b"close")])
        writer.write(connection.send(asked))
        try:
            async for data in request.stream():
                writer.write(connection.send(h11.Data(data)))
                await writer.drain()
            writer.write(connection.send(h11.EndOfMessage()))
            await writer.drain()
            answer = await _next_event(connection, reader)
            while isinstance(answer, h11.InformationalResponse):
                answer = await _next_event(connection, reader)
        except ClientDisconnect:
            writer.close()
            return Response(status_code=400)
        except BaseException:
            writer.close()
            raise
        kept = [(name, value) for name, value in answer.headers if name not in _OWN_TO_A_CONNECTION]
        response = StreamingResponse(_body(connection, reader, writer), answer.status_code)
        response.raw_headers = kept
        return response


async def _next_event(connection: h11.Connection, reader: asyncio.StreamReader) -> object:
    while True:
        event = connection.next_event()
        if event is not h11.NEED_DATA:
            return event
        connection.receive_data(await reader.read(1 << 16))


async def _body(connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> AsyncIterator[bytes]:
    try:
        while isinstance(event := await _next_event(connection, reader), h11.Data):
            yield bytes(event.data)
    finally:
        writer.close()
