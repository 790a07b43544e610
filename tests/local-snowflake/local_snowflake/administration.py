"""`/__local/…`, for tests and not part of Snowflake: faults, the request log, where stages lie, what is in them."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .protocol.fault_rules import WrongRule
from .service import Service
from .storage.object_dump import canonical_entry, plain_entry, problem_of
from .storage.stage_settings import WrongSettings


LOOK_SECONDS = 0.005


class Administration:
    """The endpoints."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def faults(self, request: Request) -> Response:
        """GET lists the rules with counters, POST adds some, DELETE removes all.

        With `?until=NAME&seconds=S` GET answers when the rule of that name has acted, or after so many seconds.
        """
        faults, query = self._service.faults, request.query_params
        if request.method == "POST":
            try:
                faults.add(await request.json())
            except (ValueError, WrongRule) as problem:
                return JSONResponse({"problem": str(problem)}, 400)
        elif request.method == "DELETE":
            faults.clear(_port(request))
        elif "until" in query:
            for _ in range(int(float(query.get("seconds", "1")) / LOOK_SECONDS)):
                if faults.has_acted(_port(request), query["until"]):
                    break
                await asyncio.sleep(LOOK_SECONDS)
        return JSONResponse({"rules": faults.state(_port(request))})

    async def requests(self, request: Request) -> Response:
        """GET gives the request log (oldest first), DELETE empties it."""
        faults = self._service.faults
        if request.method == "DELETE":
            faults.empty_log(_port(request))
        return JSONResponse({"requests": faults.log(_port(request))})

    async def stages(self, request: Request) -> Response:
        """GET shows where stages lie and how clients encrypt; POST changes members of that, for `?port=N` alone if given."""
        places, port = self._service.stage_places, _port(request)
        if request.method == "POST":
            try:
                places.change(port, await request.json())
            except (ValueError, WrongSettings) as problem:
                return JSONResponse({"problem": str(problem)}, 400)
        return JSONResponse(asdict(places.of(port)))

    def objects(self, request: Request) -> Response:
        """Everything staged: key, size as stored, metadata as it came; with `verify=1` also what keeps it from being read.

        `canonical=1` gives the form of storage/object_dump.py instead; `prefix=` leaves out other keys.
        """
        places, query = self._service.stage_places, request.query_params
        settings = places.of(_port(request))
        catalog, store, root = self._service.catalog, places.store(settings), places.root(settings)
        found = []
        for listed in store.objects(root + query.get("prefix", "")):
            stored = store.find_object(listed.key) or listed
            key = stored.key[len(root) :]
            if query.get("canonical") == "1":
                found.append(canonical_entry(catalog, store, stored, key))
                continue
            found.append(plain_entry(stored, key))
            if query.get("verify") == "1":
                found[-1]["problem"] = problem_of(catalog, store, stored)
        return JSONResponse({"objects": found})

    async def age_load_history(self, request: Request) -> Response:
        """Makes remembered loads older by `seconds`."""
        self._service.catalog.age_load_history(float((await request.json())["seconds"]))
        return JSONResponse({})


def _port(request: Request) -> int | None:
    """`?port=N`: only what concerns the clients of that port."""
    text = request.query_params.get("port")
    return int(text) if text and text.isdigit() else None
