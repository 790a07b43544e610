"""Running server and connections for the tests in which the official connector is the judge (5.2.0 or 4.8.1)."""

from __future__ import annotations

import re
import sys
import uuid
from pathlib import Path

import pytest
import snowflake.connector

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2])]

from cloud_emulators import CloudEmulators  # noqa: E402
from server_process import ServerProcess  # noqa: E402

IS_OLD = snowflake.connector.__version__.startswith("4.")
ARGUMENTS = {
    "account": "local",
    "user": "demo",
    "password": "demo",
    "database": "DEMO",
    "schema": "PUBLIC",
    "warehouse": "DEMO_WH",
    "role": "SYSADMIN",
}


def pytest_report_header() -> str:
    """Which connector judges."""
    return f"snowflake-connector-python {snowflake.connector.__version__}"


def _reach_other_clouds_without_tls() -> None:
    """The 4.x line puts `https://` (and for Azure the account) before the end point whatever that is."""
    from snowflake.connector.storage_client import SnowflakeStorageClient

    send = SnowflakeStorageClient._send_request_with_retry
    if hasattr(send, "original"):
        return

    def send_without_tls(self, verb, arguments, retry_id):
        def with_end_point():
            url, options = arguments()
            return re.sub(r"^https://[^/]*?(http://)", r"\1", url.decode() if isinstance(url, bytes) else url), options

        return send(self, verb, with_end_point, retry_id)

    send_without_tls.original = send
    SnowflakeStorageClient._send_request_with_retry = send_without_tls


def connection_to(server: ServerProcess, **changes):
    """A connection; the 4.x line, which only speaks https to its bucket, is pointed at the server's own."""
    if IS_OLD:
        from snowflake.connector.s3_storage_client import SnowflakeS3RestClient

        def use_server(self, *_: object) -> bool:
            self.endpoint = f"{server.url}/{self.s3location.bucket_name}"
            return False

        SnowflakeS3RestClient.transfer_accelerate_config = use_server
        _reach_other_clouds_without_tls()
    arguments = {
        **ARGUMENTS,
        "host": "127.0.0.1",
        "port": server.port,
        "protocol": "http",
        "login_timeout": 5,
        **changes,
    }
    if not IS_OLD:
        arguments.setdefault("enable_server_session_keep_alive_auto_detection", False)
    return snowflake.connector.connect(**{name: value for name, value in arguments.items() if value is not None})


@pytest.fixture(scope="session")
def _running():
    with ServerProcess("--wait-seconds", "1") as server:
        yield server


@pytest.fixture(scope="session")
def emulators():
    """The clouds' emulators, started once."""
    running = CloudEmulators()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def cloud_server(emulators):
    """A server whose stages can lie in its own storages and in the emulators; uploads go in parts from 6 MB."""
    with ServerProcess(*emulators.stage_options, *emulators.options, "--multipart-bytes", "6000000") as server:
        yield server


@pytest.fixture
def server(_running):
    """The shared server without faults."""
    _running.forget()
    yield _running
    _running.forget()


@pytest.fixture
def connect(server):
    """Makes connections that are closed at the end."""
    made = []

    def open_connection(**changes):
        made.append(connection_to(server, **changes))
        return made[-1]

    yield open_connection
    for connection in made:
        connection.close()


@pytest.fixture
def connection(connect):
    """A connection whose current schema is a fresh one."""
    opened = connect()
    opened.cursor().execute(f'CREATE SCHEMA "S_{uuid.uuid4().hex}"')
    return opened


@pytest.fixture
def run(connection):
    """Executes a statement and returns its rows."""

    def execute(sql: str, *arguments, **keywords):
        return connection.cursor().execute(sql, *arguments, **keywords).fetchall()

    return execute


@pytest.fixture
def put(run, tmp_path):
    """Writes a file and PUTs it; returns the row of the result."""

    def upload(name: str, content: bytes, location: str, options: str = "AUTO_COMPRESS=FALSE OVERWRITE=TRUE"):
        file = tmp_path / name
        file.write_bytes(content)
        return run(f"PUT 'file://{file}' {location} {options}")[0]

    return upload


def error_of(action) -> tuple[int, str]:
    """Number and SQL state of the error that an action must end with."""
    with pytest.raises(snowflake.connector.errors.Error) as caught:
        action()
    return caught.value.errno, caught.value.sqlstate
