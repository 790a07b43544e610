"""The metadata that stands beside staged objects, which each cloud keeps in a form of its own, read into one.

S3 has key, vector and description apart; Azure and Google keep key and vector in one JSON text, `encryptiondata`.
"""

from __future__ import annotations

import json


class WrongMetadata(Exception):
    """Metadata that no driver writes; the text says what is wrong."""


_SAME = {"sfcdigest": "sfc-digest", "sfc-digest": "sfc-digest", "matdesc": "x-amz-matdesc"}
_AGENTS = ("AES_CBC_128", "AES_CBC_256")


def common_metadata(metadata: dict[str, str]) -> dict[str, str]:
    """`sfc-digest`, `x-amz-key`, `x-amz-iv`, `x-amz-matdesc`, whichever cloud the object lies in."""
    if "x-amz-key" in metadata:
        return metadata
    common = {_SAME[name]: value for name, value in metadata.items() if name in _SAME}
    envelope = metadata.get("encryptiondata")
    if not envelope:
        return common
    try:
        content = json.loads(envelope)
        wrapped, agent = content["WrappedContentKey"], content["EncryptionAgent"]
        expected = (content["EncryptionMode"], wrapped["KeyId"], agent["Protocol"])
        if expected != ("FullBlob", "symmKey1", "1.0") or agent["EncryptionAlgorithm"] not in _AGENTS:
            raise WrongMetadata("encryptiondata names an unknown mode, key, protocol or algorithm")
        if not content["KeyWrappingMetadata"]["EncryptionLibrary"] or wrapped["Algorithm"] not in _AGENTS:
            raise WrongMetadata("encryptiondata has no library or an unknown algorithm")
        common["x-amz-key"] = wrapped["EncryptedKey"]
        common["x-amz-iv"] = content["ContentEncryptionIV"]
    except (ValueError, KeyError, TypeError):
        raise WrongMetadata("encryptiondata has not the members that the drivers write") from None
    return common
