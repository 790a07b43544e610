"""Makes the server's package importable for unit tests and gives running servers."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from cloud_emulators import CloudEmulators  # noqa: E402
from server_process import ServerProcess  # noqa: E402


@pytest.fixture(scope="session")
def _running():
    with ServerProcess("--wait-seconds", "1") as server:
        yield server


@pytest.fixture
def server(_running):
    """A shared server without faults."""
    _running.forget()
    yield _running
    _running.forget()


@pytest.fixture(scope="session")
def emulators():
    """The clouds' emulators, started once."""
    running = CloudEmulators()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def external_server(emulators):
    """A shared server that reaches the emulators for external stages."""
    with ServerProcess(*emulators.options) as server:
        yield server
