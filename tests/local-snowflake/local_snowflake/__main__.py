"""Starts the server: `python -m local_snowflake [options]`."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import shutil
import signal
import socket
import sqlite3
import sys
import tempfile
from pathlib import Path

import duckdb
import uvicorn
from uvicorn.protocols.http import httptools_impl

from .application import build
from .options import Options, parse
from .protocol.fault_connections import TRANSPORT
from .protocol.fault_rules import WrongRule
from .service import Service
from .storage.stage_settings import WrongSettings


TEMPORARY_PREFIX = "local-snowflake-"


# asyncio reads 256 KiB at once: at uvicorn's 64 KiB every piece of an upload stops the reading and starts it again.
httptools_impl.HIGH_WATER_LIMIT = 1_048_576


class TransportInScope(httptools_impl.HttpToolsProtocol):
    """Leaves the connection in the scope, so that a fault rule can cut it."""

    def on_message_begin(self) -> None:
        """Called by the parser for each request."""
        super().on_message_begin()
        self.scope[TRANSPORT] = self.transport


class Server(uvicorn.Server):
    """Leaves signals to the caller: uvicorn would raise SIGTERM again, which skips the orderly end."""

    @contextlib.contextmanager
    def capture_signals(self):
        """Captures nothing."""
        yield


async def _serve(service: Service, listeners: list[socket.socket]) -> None:
    configuration = uvicorn.Config(
        build(service), http=TransportInScope, log_level="error", access_log=False, lifespan="off",
        timeout_keep_alive=120, timeout_graceful_shutdown=2, server_header=False, ws="none",
    )  # fmt: skip
    server = Server(configuration)

    def stop() -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    task = asyncio.ensure_future(server.serve(sockets=listeners))
    while not server.started and not task.done():
        await asyncio.sleep(0.01)
    for listener in listeners[1:]:
        print(f"also listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    print(f"listening on http://127.0.0.1:{service.port}", flush=True)
    await task


def _listen(port: int) -> socket.socket:
    # with the protocol left at 0 asyncio does not set TCP_NODELAY, and every reply takes 40 ms longer
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


def _remove_leftovers() -> None:
    """Removes the temporary directories of servers that were killed: the process of their name is gone."""
    for directory in Path(tempfile.gettempdir()).glob(f"{TEMPORARY_PREFIX}*-*"):
        number = directory.name.removeprefix(TEMPORARY_PREFIX).partition("-")[0]
        try:
            os.kill(int(number), 0)
        except ProcessLookupError:
            shutil.rmtree(directory, ignore_errors=True)
        except (ValueError, PermissionError):
            continue


def main(options: Options) -> int:
    """Runs until SIGTERM or SIGINT; returns the exit status."""
    gc.set_threshold(500_000, 20, 50)  # COPY makes millions of short-lived strings; the default halves its speed
    temporary = None
    if options.data is None:
        _remove_leftovers()
        temporary = Path(tempfile.mkdtemp(prefix=f"{TEMPORARY_PREFIX}{os.getpid()}-"))
    directory = options.data or temporary
    directory.mkdir(parents=True, exist_ok=True)
    try:
        listeners = [_listen(port) for port in [options.port] + [0] * options.more_ports]
    except OSError as problem:
        print(f"local-snowflake: port {options.port} cannot be used: {problem.strerror}", file=sys.stderr)
        return 1
    options.port = listeners[0].getsockname()[1]
    service = None
    try:
        service = Service(options, directory)
        asyncio.run(_serve(service, listeners))
    except (WrongRule, WrongSettings) as problem:
        print(f"local-snowflake: {problem}", file=sys.stderr)
        return 2
    except (duckdb.IOException, sqlite3.Error, ValueError, OSError) as problem:
        print(f"local-snowflake: cannot start: {problem}", file=sys.stderr)
        return 1
    finally:
        if service:
            service.close()
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(parse()))
