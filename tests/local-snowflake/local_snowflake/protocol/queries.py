"""Statements over HTTP: query-request with idempotent request ids, polling, monitoring, abort."""

from __future__ import annotations

import asyncio
import re
import time

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ..engine import ColumnMeta, EngineSession, Result, SnowflakeError
from ..service import Service
from .chunks import Chunks
from .envelope import json_body, refusal, reply, token_of
from .executions import Execution, Statement
from .fault_connections import TRANSPORT
from .faults import listening_port
from .login import parameter_list
from .preparing import count_binds, takes_arrays
from .sessions import REMEMBERED_REQUESTS, Session, TokenRefused

FORCED_POLLING = "local_snowflake.polls"
"""Scope key under which a fault rule leaves how many times the answer must be 333333."""


REMEMBERED_QUERIES = 3000
"""How many statements of all sessions can be asked for by query id."""

SMALL_RESULT_ROWS = 100
"""Results up to here are made into JSON at once: handing them to another thread takes longer."""

_NEVER_WAITS = re.compile(r"\s*(?:SHOW|PUT|CREATE|BEGIN|COPY|MERGE|COMMIT|DROP|REMOVE|RM)\b", re.I)
"""With `--null` these are done without another thread: handing them over takes longer than they do, and a client waits."""

_RESULT_SCAN = re.compile(r"SELECT\s+\*\s+FROM\s+TABLE\s*\(\s*RESULT_SCAN\s*\(\s*'([^']+)'\s*\)\s*\)\s*$", re.I)


class Queries:
    """The endpoints around statements."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._executions: dict[str, Execution] = {}
        self._polls_owed: dict[str, int] = {}
        self.chunks = Chunks(service.options.chunk_seconds, service.options.chunk_bytes)
        service.engine.register_statement_handler(_RESULT_SCAN.match, self._result_scan, False)

    def _result_scan(self, session: EngineSession, sql_text: str) -> Result:
        """`SELECT * FROM TABLE(RESULT_SCAN('query id'))`, with which connectors fetch what ran asynchronously."""
        query_id = _RESULT_SCAN.match(sql_text)[1]
        execution = self._executions.get(query_id)
        if execution is None or execution.session.user != session.user:
            raise SnowflakeError("000709", "02000", f"Statement {query_id} not found")
        if not execution.future.done():  # waiting here could wait for a statement that waits for this one
            raise SnowflakeError("000709", "02000", f"Statement {query_id} has not finished")
        outcome = execution.future.result()
        if outcome.error:
            raise outcome.error
        return outcome.result

    async def query(self, request: Request) -> Response:
        """`POST /queries/v1/query-request`."""
        try:
            session = self._service.sessions.find(token_of(request))
        except TokenRefused as error:
            return refusal(error)
        session.last_activity = time.time()
        if request.scope.get(TRANSPORT) is not None:
            session.connections.add(request.scope[TRANSPORT])
        body = await json_body(request)
        request_id = request.query_params.get("requestId") or ""
        execution = session.requests.get(request_id) if request_id else None
        if execution is None:
            execution = self._start(session, request_id, body, listening_port(request.scope))
        owed = request.scope.get(FORCED_POLLING, 0)
        if owed:
            self._polls_owed[execution.query_id] = owed
        if execution.statement.asynchronous:
            return self._in_progress(execution)
        return await self._answer(execution)

    def _start(self, session: Session, request_id: str, body: dict, port: int | None) -> Execution:
        statement = Statement(
            sql_text=str(body.get("sqlText") or ""),
            bindings=body.get("bindings") or None,
            parameters={str(name).upper(): value for name, value in (body.get("parameters") or {}).items()},
            describe_only=bool(body.get("describeOnly")),
            asynchronous=bool(body.get("asyncExec")),
        )
        execution = Execution(session, request_id, statement, port)
        if request_id:
            session.requests[request_id] = execution
            while len(session.requests) > REMEMBERED_REQUESTS:
                session.requests.popitem(last=False)
        self._executions[execution.query_id] = execution
        if len(self._executions) > REMEMBERED_QUERIES:
            self._executions.pop(next(iter(self._executions)))
        runs_here = self._service.options.null and _NEVER_WAITS.match(statement.sql_text)
        if not (runs_here and execution.run_if_free()):
            execution.start()
        return execution

    async def _answer(self, execution: Execution) -> Response:
        """Waits as long as the server waits; then the result, the error or 333333."""
        if self._polls_owed.get(execution.query_id, 0) > 0:
            self._polls_owed[execution.query_id] -= 1
            return self._in_progress(execution)
        if not execution.future.done():
            future = asyncio.wrap_future(execution.future)
            try:
                await asyncio.wait_for(asyncio.shield(future), self._service.options.wait_seconds)
            except asyncio.TimeoutError:
                return self._in_progress(execution)
        outcome = execution.future.result()
        if outcome.error:
            return refusal(outcome.error, execution.query_id)
        if outcome.file_transfer is not None:
            return reply({**outcome.file_transfer, "queryId": execution.query_id, "parameters": []})
        if execution.reply_cache is None or self.chunks.are_over(execution.reply_cache):
            if len(outcome.result.rows) <= SMALL_RESULT_ROWS:
                execution.reply_cache = self._result_data(execution, outcome.result)
            else:
                execution.reply_cache = await run_in_threadpool(self._result_data, execution, outcome.result)
        return reply(execution.reply_cache)

    def _in_progress(self, execution: Execution) -> Response:
        asynchronous = execution.statement.asynchronous
        data = {
            "queryId": execution.query_id,
            "getResultUrl": f"/queries/{execution.query_id}/result",
            "queryAbortsAfterSecs": 300,
            "progressDesc": None,
        }
        if asynchronous:
            return reply(
                data,
                "333334",
                "Query execution in progress. Use provided query ID to perform query monitoring and management.",
            )
        return reply(data, "333333", "Query execution in progress, ping back for query results.")

    def _result_data(self, execution: Execution, result: Result) -> dict:
        engine_session = execution.session.engine_session
        rows = [] if execution.statement.describe_only else result.rows
        base_url = f"http://127.0.0.1:{execution.port or self._service.port}"
        return {
            "parameters": parameter_list(execution.session),
            "rowtype": [_row_type(column) for column in result.columns],
            **self.chunks.split(rows, base_url),
            "total": len(rows),
            "queryId": execution.query_id,
            "databaseProvider": None,
            "finalDatabaseName": engine_session.database,
            "finalSchemaName": engine_session.schema,
            "finalWarehouseName": engine_session.warehouse,
            "finalRoleName": engine_session.role,
            "numberOfBinds": count_binds(execution.statement.sql_text),
            "arrayBindSupported": takes_arrays(execution.statement.sql_text),
            "statementTypeId": result.statement_type_id,
            "version": 1,
            "sendResultTime": int(time.time() * 1000),
            "queryResultFormat": "json",
            **({"stats": result.statistics} if result.statistics else {}),
        }

    def _find(self, request: Request) -> Execution:
        session = self._service.sessions.find(token_of(request))
        execution = self._executions.get(request.path_params["query_id"])
        if execution is None or execution.session.user != session.user:
            raise SnowflakeError("000709", "02000", f"Statement {request.path_params['query_id']} not found")
        return execution

    async def result(self, request: Request) -> Response:
        """`GET /queries/<id>/result`: like the first answer, after more waiting."""
        try:
            execution = self._find(request)
        except (TokenRefused, SnowflakeError) as error:
            return refusal(error)
        return await self._answer(execution)

    async def monitoring(self, request: Request) -> Response:
        """`GET /monitoring/queries/<id>`."""
        try:
            execution = self._find(request)
        except TokenRefused as error:
            return refusal(error)
        except SnowflakeError:
            return reply({"queries": []})
        error = execution.future.result().error if execution.future.done() else None
        entry = {
            "id": execution.query_id,
            "status": execution.status(),
            "state": execution.status(),
            "sessionId": execution.session.identity,
            "sqlText": execution.statement.sql_text,
            "startTime": int(execution.started * 1000),
            "endTime": int((execution.ended or 0) * 1000),
            "errorCode": error.code if error else "",
            "errorMessage": error.message if error else None,
        }
        return reply({"queries": [entry]})

    async def abort(self, request: Request) -> Response:
        """`POST /queries/v1/abort-request`: by the request id of the statement."""
        try:
            session = self._service.sessions.find(token_of(request))
        except TokenRefused as error:
            return refusal(error)
        execution = session.requests.get(str((await json_body(request)).get("requestId")))
        return self._abort(execution)

    async def abort_query(self, request: Request) -> Response:
        """`POST /queries/<id>/abort-request`: by the query id."""
        try:
            return self._abort(self._find(request))
        except (TokenRefused, SnowflakeError) as error:
            return refusal(error)

    def _abort(self, execution: Execution | None) -> Response:
        if execution is None or not execution.cancel():
            return refusal(SnowflakeError("000605", "02000", "Identified SQL statement is not currently executing."))
        return reply(None)


def _row_type(column: ColumnMeta) -> dict:
    return {
        "name": column.name,
        "database": "",
        "schema": "",
        "table": "",
        "type": column.type_name,
        "length": column.length,
        "byteLength": column.byte_length,
        "precision": column.precision,
        "scale": column.scale,
        "nullable": column.nullable,
        "collation": None,
    }
