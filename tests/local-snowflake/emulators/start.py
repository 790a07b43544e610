"""Runs the emulators of the three clouds' object storages until its standard input ends, or SIGTERM.

moto (S3) and gcp-storage-emulator (Google) run in this process, azurite (Azure) is a child. Each that is ready is a line
as `--external-storage` takes it, then comes `ready`. Every one has the buckets (containers) of BUCKETS, with an account
whose key is made here. Run by scripts/cloud-emulators.
"""

from __future__ import annotations

import argparse
import base64
import http.server
import json
import logging
import os
import signal
import socketserver
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from local_snowflake.storage.clouds.address import BUCKETS  # noqa: E402
from local_snowflake.storage.clouds.azure import AzureObjects  # noqa: E402
from local_snowflake.storage.clouds.grants import STAGE_ROLE  # noqa: E402
from local_snowflake.storage.clouds.requests import send  # noqa: E402

AZURE_ACCOUNT = "emulated"
_AZURITE_THAT_ENDS_WITH_US = """
process.stdin.on("end", () => process.exit()).resume();
process.argv.splice(1, 1);
require(process.argv[1]);
"""


def start_s3() -> str:
    """moto, which then checks signatures; the key of a user who may do everything with S3, and a role whose sessions may."""
    os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "inf"
    from moto import settings
    from moto.iam.models import iam_backends
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = DomainDispatcherApplication(create_backend_app)

    def application(environment: dict, start_response: Callable) -> Iterable[bytes]:
        signed = "HTTP_AUTHORIZATION" in environment or "X-Amz-Signature" in environment.get("QUERY_STRING", "")
        if signed or settings.INITIAL_NO_AUTH_ACTION_COUNT:
            return moto(environment, start_response)
        start_response("403 Forbidden", [("content-type", "application/xml")])  # moto itself fails here with 500
        return [b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"]

    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host, port = server.server_address[:2]
    origin = f"http://{host}:{port}"
    for bucket in BUCKETS:
        send(origin, "PUT", f"/{bucket}", {})
    backend = iam_backends["123456789012"]["aws"]
    backend.create_user(region_name="us-east-1", user_name="loader")
    allowed = {"Effect": "Allow", "Action": ["s3:*", "sts:AssumeRole"], "Resource": "*"}
    trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    policy, trust = (json.dumps({"Version": "2012-10-17", "Statement": statement}) for statement in (allowed, trusted))
    backend.put_user_policy("loader", "everything", policy)
    role = STAGE_ROLE.rpartition("/")[2]
    backend.create_role(role, trust, "/", None, "sessions of stages", [], "3600")
    backend.put_role_policy(role, "everything", policy)
    key = backend.create_access_key("loader")
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    return f"s3=http://{key.access_key_id}:{key.secret_access_key}@{host}:{port}"


def start_gcs() -> str:
    """gcp-storage-emulator, which wants no credentials; with more of the XML interface than it has, and with a thread per
    connection, lest one waiting client stops all."""
    from gcp_storage_emulator import server as emulator
    from google_xml import XmlRequestHandler

    emulator.RequestHandler = XmlRequestHandler

    class Threaded(socketserver.ThreadingMixIn, http.server.HTTPServer):
        daemon_threads = True

    emulator.server = type("server", (), {"HTTPServer": Threaded, "BaseHTTPRequestHandler": http.server.BaseHTTPRequestHandler})
    made = emulator.create_server("127.0.0.1", 0, in_memory=True)
    for bucket in BUCKETS:
        emulator.buckets.create_bucket(bucket, made._storage)
    made._api.daemon = True
    made.start()
    host, port = made._api._httpd.server_address[:2]
    return f"gcs=http://{host}:{port}"


def start_azure(azurite: Path) -> str:
    """azurite with an account of its own; it ends when its standard input does, so also after our SIGKILL."""
    key = base64.b64encode(os.urandom(64)).decode()
    process = subprocess.Popen(
        [
            "node", "-e", _AZURITE_THAT_ENDS_WITH_US, "node", str(azurite), "--blobPort", "0", "--inMemoryPersistence",
            "--silent", "--skipApiVersionCheck", "--disableProductStyleUrl", "--disableTelemetry",
        ],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "AZURITE_ACCOUNTS": f"{AZURE_ACCOUNT}:{key}"},
    )  # fmt: skip
    for line in process.stdout:
        if "successfully listens on" in line:
            break
    else:
        raise SystemExit("azurite did not start")
    threading.Thread(target=process.stdout.read, daemon=True).start()
    origin = line.split()[-1]
    for bucket in BUCKETS:
        reply = AzureObjects(origin, AZURE_ACCOUNT, bucket, account_key=key).request("PUT", "", {"restype": "container"})
        if reply.status != 201:
            raise SystemExit(f"azurite did not make a container: {reply.status} {reply.body!r}")
    return f"azure=http://{AZURE_ACCOUNT}:{key}@{origin.removeprefix('http://')}"


def main() -> None:
    """Starts what the arguments name, all side by side; without arguments all three."""
    parser = argparse.ArgumentParser(prog="cloud-emulators", description=__doc__)
    parser.add_argument("--azurite", type=Path, required=True, help="main.js of azurite's blob service")
    parser.add_argument("clouds", nargs="*", choices=("s3", "azure", "gcs", []), help="which; all when none is named")
    arguments = parser.parse_args()
    starts = {"azure": lambda: start_azure(arguments.azurite), "s3": start_s3, "gcs": start_gcs}
    lines: dict[str, str] = {}
    threads = [
        threading.Thread(target=lambda cloud=cloud: lines.update({cloud: starts[cloud]()}), daemon=True)
        for cloud in arguments.clouds or starts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(lines) != len(threads):
        raise SystemExit(1)
    print(*lines.values(), "ready", sep="\n", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        sys.stdin.buffer.read()
    else:
        signal.pause()
    os._exit(0)


if __name__ == "__main__":
    main()
