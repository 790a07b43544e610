"""The `stageInfo` of a PUT or GET reply, for the cloud that the account is said to be on."""

from __future__ import annotations

from . import azure, google
from .credentials import BUCKET, REGION, CredentialIssuer

STAGE_CLOUDS = ("s3", "azure", "gcs", "gcs-presigned")


def stage_info(
    issuer: CredentialIssuer, cloud: str, port: int, prefix: str, encrypted: bool, file_name: str | None
) -> dict:
    """Where the objects under `prefix` are and what opens the way; `file_name` is the one that PUT named."""
    origin = f"http://127.0.0.1:{port}"
    info = {
        "locationType": "S3",
        "location": f"{BUCKET}/{prefix}",
        "path": prefix,
        "region": REGION,
        "storageAccount": None,
        "isClientSideEncrypted": encrypted,
        "creds": {},
        "presignedUrl": None,
        "endPoint": origin,
        "useS3RegionalUrl": False,
        "useRegionalUrl": False,
        "useVirtualUrl": False,
    }
    if cloud == "s3":
        info["creds"] = issuer.issue(prefix).wire()
    elif cloud == "azure":
        info.update({
            "locationType": "AZURE",
            "location": f"{azure.CONTAINER}/{prefix}",
            "region": "westus2",
            "storageAccount": azure.ACCOUNT,
            "endPoint": f"{origin}/azure/{azure.ACCOUNT}",
            "creds": {"AZURE_SAS_TOKEN": azure.issue_signature(issuer, prefix)},
        })
    else:
        info.update({"locationType": "GCS", "location": f"{google.BUCKET}/{prefix}", "region": "US-CENTRAL1", "storageAccount": ""})
        if cloud == "gcs":
            info["creds"] = {"GCS_ACCESS_TOKEN": google.issue_token(issuer, prefix)}
        elif file_name is not None:
            info["presignedUrl"] = google.issue_url(issuer, origin, prefix + file_name)
    return info
