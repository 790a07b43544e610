"""The routes of the server."""

from __future__ import annotations

import traceback

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .administration import Administration
from .loading.handlers import register_loading
from .protocol.browser_login import PAGE
from .protocol.chunks import PATH as CHUNK_PATH
from .protocol.envelope import BadRequest, reply
from .protocol.fault_effects import FaultEffects
from .protocol.faults import FaultMiddleware
from .protocol.login import Login
from .protocol.queries import Queries
from .service import Service
from .staging.handlers import register_staging
from .storage import azure, google
from .storage.bucket import Bucket
from .storage.clouds import door
from .storage.credentials import BUCKET


def build(service: Service):
    """The ASGI application around a service."""
    register_staging(service)
    register_loading(service)
    login, queries = Login(service), Queries(service)
    bucket = Bucket(service.own_objects, service.issuer)
    container = azure.BlobContainer(service.own_objects, service.issuer)
    google_bucket = google.GoogleBucket(service.own_objects, service.issuer)
    administration = Administration(service)
    application = Starlette(
        routes=[
            Route("/session/v1/login-request", login.login, methods=["POST"]),
            Route("/session/authenticator-request", service.browser.start, methods=["POST"]),
            Route(PAGE + "{identity}", service.browser.page, methods=["GET", "POST"]),
            Route("/oauth/token-request", service.tokens.request, methods=["POST"]),
            Route("/session/token-request", login.renew, methods=["POST"]),
            Route("/session/heartbeat", login.heartbeat, methods=["POST"]),
            Route("/session", login.session, methods=["POST"]),
            Route("/queries/v1/query-request", queries.query, methods=["POST"]),
            Route("/queries/v1/abort-request", queries.abort, methods=["POST"]),
            Route("/queries/{query_id}/result", queries.result, methods=["GET"]),
            Route("/queries/{query_id}/abort-request", queries.abort_query, methods=["POST"]),
            Route("/monitoring/queries/{query_id}", queries.monitoring, methods=["GET"]),
            Route(
                "/monitoring/queries//{query_id}", queries.monitoring, methods=["GET"]
            ),  # connector 5.2.0 sends two slashes
            Route("/telemetry/send", telemetry, methods=["POST"]),
            Route("/telemetry/send/sessionless", telemetry, methods=["POST"]),
            Route(CHUNK_PATH + "{name}", queries.chunks.serve, methods=["GET"]),
            Route(f"/{BUCKET}/{{key:path}}", bucket.serve, methods=["GET", "HEAD", "PUT", "POST", "DELETE"]),
            Route(azure.PATH + "/{key:path}", container.serve, methods=["GET", "HEAD", "PUT", "POST", "DELETE"]),
            Route(f"/{google.BUCKET}/{{key:path}}", google_bucket.serve, methods=["GET", "HEAD", "PUT", "POST", "DELETE"]),
            *door.routes({**service.options.external_storage, **service.options.stage_storage}),
            Route("/__local/faults", administration.faults, methods=["GET", "POST", "DELETE"]),
            Route("/__local/objects", administration.objects, methods=["GET"]),
            Route("/__local/stages", administration.stages, methods=["GET", "POST"]),
            Route("/__local/requests", administration.requests, methods=["GET", "DELETE"]),
            Route("/__local/age-load-history", administration.age_load_history, methods=["POST"]),
        ],
        exception_handlers={BadRequest: _bad_request, 404: _not_found, Exception: _failed},
    )
    effects = FaultEffects(service.sessions, service.issuer, queries.chunks)
    return FaultMiddleware(application, service.faults, effects)


async def telemetry(request: Request) -> Response:
    """Telemetry of the drivers is taken and thrown away."""
    await request.body()
    return reply("Log Received")


async def _bad_request(request: Request, problem: Exception) -> Response:
    return JSONResponse({"data": None, "code": "390400", "message": str(problem), "success": False}, 400)


async def _not_found(request: Request, problem: Exception) -> Response:
    return JSONResponse(
        {
            "data": None,
            "code": "404",
            "message": f"no such endpoint: {request.method} {request.url.path}",
            "success": False,
        },
        404,
    )


async def _failed(request: Request, problem: Exception) -> Response:
    traceback.print_exception(problem)
    return JSONResponse(
        {
            "data": None,
            "code": "390500",
            "message": f"internal problem of the local server: {problem!r}",
            "success": False,
        },
        500,
    )
