"""Prints what opens an emulator for a while as JSON: temporary keys of S3, or a shared access signature of Azure's container.

Called by `test_support::cloud_emulators` with a line of scripts/cloud-emulators and the container.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from local_snowflake.storage.clouds.address import parse_address  # noqa: E402
from local_snowflake.storage.clouds.grants import assume_role, shared_access_signature  # noqa: E402


def main() -> None:
    """Asks and prints."""
    cloud, address = parse_address(sys.argv[1])
    if cloud == "s3":
        session = assume_role(address)
        grant = {"key_id": session.key_id, "secret": session.secret, "token": session.token}
    else:
        grant = {"query": shared_access_signature(address, sys.argv[2], 3600)[1:]}
    print(json.dumps(grant))


if __name__ == "__main__":
    main()
