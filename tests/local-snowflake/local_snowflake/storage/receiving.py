"""Takes the body of an upload into a file, for every kind of storage that the server plays."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request

from .own_objects import OwnObjects
from .signature import StorageRefusal


async def receive(request: Request, objects: OwnObjects) -> tuple[Path, str, int]:
    """File, digest in hex (see `OwnObjects.new_digest`) and size of a body whose length is announced; a shorter one is refused."""
    length = request.headers.get("content-length")
    if length is None:
        raise StorageRefusal(411, "MissingContentLength", "The Content-Length header is needed.")
    file, digest, size_bytes = objects.new_object_file(), objects.new_digest(), 0
    try:
        with open(file, "wb") as target:
            async for data in request.stream():
                size_bytes += len(data)
                digest.update(data)
                target.write(data)
        if int(length) != size_bytes:
            raise StorageRefusal(400, "IncompleteBody", "The body is not as long as announced.")
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return file, digest.hexdigest(), size_bytes


def byte_range(header: str | None, size_bytes: int) -> tuple[int, int] | None:
    """First and last byte of a `Range` header, or None when the whole object is wanted."""
    if not header or not header.startswith("bytes="):
        return None
    first, _, last = header[len("bytes=") :].partition("-")
    if not first.isdigit() or int(first) >= size_bytes:
        raise StorageRefusal(416, "InvalidRange", "The range specified is invalid for the current size of the resource.")
    return int(first), min(int(last), size_bytes - 1) if last.isdigit() else size_bytes - 1
