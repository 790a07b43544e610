"""Prints the objects of the user's bucket below a prefix as JSON: key, size, metadata, content in base64.

Called by `test_support::cloud_emulators` with a line of scripts/cloud-emulators and the prefix.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from local_snowflake.storage.clouds.address import parse_address  # noqa: E402
from local_snowflake.storage.clouds.azure import AzureObjects  # noqa: E402
from local_snowflake.storage.clouds.gcs import GoogleObjects  # noqa: E402
from local_snowflake.storage.clouds.s3 import S3Objects  # noqa: E402


def main() -> None:
    """Looks and prints."""
    cloud, address = parse_address(sys.argv[1])
    bucket, prefix = sys.argv[2:]
    if cloud == "s3":
        store = S3Objects(address.origin, bucket, address.name, address.secret)
    elif cloud == "azure":
        store = AzureObjects(address.origin, address.name, bucket, account_key=address.secret)
    else:
        store = GoogleObjects(address.origin, bucket)
    found = []
    for stored in store.objects(prefix):
        content, metadata = store.read_object(stored)
        text = base64.b64encode(content).decode()
        found.append({"key": stored.key, "size": stored.size_bytes, "metadata": metadata, "content": text})
    print(json.dumps(found))


if __name__ == "__main__":
    main()
