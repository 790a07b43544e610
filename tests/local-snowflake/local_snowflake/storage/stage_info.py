"""The `stageInfo` of a PUT or GET reply, for the cloud that the account is said to be on."""

from __future__ import annotations

from . import azure, google
from .clouds.grants import assume_role, shared_access_signature
from .clouds.s3 import REGION as EMULATOR_REGION
from .credentials import BUCKET, REGION, CredentialIssuer
from .stage_settings import EMULATOR_BUCKET, StagePlaces, StageSettings


class StageInfos:
    """Makes them. `valid_seconds` is how long what opens the way does so."""

    def __init__(self, places: StagePlaces, issuer: CredentialIssuer, valid_seconds: float) -> None:
        self._places, self._issuer, self._valid_seconds = places, issuer, valid_seconds

    def make(self, settings: StageSettings, port: int, prefix: str, encrypted: bool, file_name: str | None) -> dict:
        """Where the objects under `prefix` are and what opens the way; `file_name` is the one that PUT named.

        The way leads by the port at which the statement came, also to an emulator.
        """
        origin = f"http://127.0.0.1:{port}"
        place = self._emulated if settings.emulator else self._own
        return {
            "locationType": "S3",
            "path": prefix,
            "storageAccount": None,
            "isClientSideEncrypted": encrypted,
            "creds": {},
            "presignedUrl": None,
            "endPoint": origin,
            "useS3RegionalUrl": False,
            "useRegionalUrl": False,
            "useVirtualUrl": False,
            **place(settings, origin, prefix, file_name),
        }

    def _own(self, settings: StageSettings, origin: str, prefix: str, file_name: str | None) -> dict:
        if settings.cloud == "s3":
            return {"location": f"{BUCKET}/{prefix}", "region": REGION, "creds": self._issuer.issue(prefix).wire()}
        if settings.cloud == "azure":
            return _azure(origin, azure.CONTAINER, prefix, azure.ACCOUNT, f"/azure/{azure.ACCOUNT}", azure.issue_signature(self._issuer, prefix))
        info = {"locationType": "GCS", "location": f"{google.BUCKET}/{prefix}", "region": "US-CENTRAL1", "storageAccount": ""}
        if settings.cloud == "gcs":
            info["creds"] = {"GCS_ACCESS_TOKEN": google.issue_token(self._issuer, prefix)}
        elif file_name is not None:
            info["presignedUrl"] = google.issue_url(self._issuer, origin, prefix + file_name)
        return info

    def _emulated(self, settings: StageSettings, origin: str, prefix: str, file_name: str | None) -> dict:
        address = self._places.address(settings)
        if settings.cloud == "azure":
            signature = shared_access_signature(address, EMULATOR_BUCKET, self._valid_seconds)
            return _azure(origin, EMULATOR_BUCKET, prefix, address.name, f"/{address.name}", signature)
        session = assume_role(address)
        creds = {"AWS_KEY_ID": session.key_id, "AWS_SECRET_KEY": session.secret, "AWS_TOKEN": session.token}
        creds |= {"AWS_ID": session.key_id, "AWS_KEY": session.secret}
        return {"location": f"{EMULATOR_BUCKET}/{prefix}", "region": EMULATOR_REGION, "creds": creds}


def _azure(origin: str, container: str, prefix: str, account: str, path: str, signature: str) -> dict:
    return {
        "locationType": "AZURE",
        "location": f"{container}/{prefix}",
        "region": "westus2",
        "storageAccount": account,
        "endPoint": origin + path,
        "creds": {"AZURE_SAS_TOKEN": signature},
    }
