"""`POST /session/v1/login-request`, token renewal, heartbeat and logout."""

from __future__ import annotations

import re

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ..engine import SnowflakeError
from ..engine.parameters import DEFAULTS as PARAMETER_DEFAULTS
from ..service import Service
from .accounts import LoginRefused, User
from .envelope import json_body, refusal, reply, token_of
from .sessions import Session, TokenRefused

CLIENT_PARAMETERS = {
    "CLIENT_TELEMETRY_ENABLED": False,
    "CLIENT_PREFETCH_THREADS": 4,
    "CLIENT_SESSION_KEEP_ALIVE": False,
    "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY": 3600,
    "CLIENT_VALIDATE_DEFAULT_PARAMETERS": False,
    "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD": 0,
    "CLIENT_DISABLE_INCIDENTS": True,
    "CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False,
    "ENABLE_STAGE_S3_PRIVATELINK_FOR_US_EAST_1": False,
    "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT": "JSON",
    "SERVICE_NAME": "",
}
"""Parameters that only concern clients; sent in the login reply where the session has no value of its own."""


class Login:
    """The endpoints around sessions."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def login(self, request: Request) -> Response:
        """Checks the credentials and opens a session."""
        data = (await json_body(request)).get("data")
        if not isinstance(data, dict):
            return refusal(LoginRefused("390100", "Incorrect username or password was specified."))
        if not self._service.accounts.is_account(str(data.get("ACCOUNT_NAME") or "")):
            return Response("the account does not exist", 404, media_type="text/plain")
        try:
            user = self._user(data, request.query_params.get("roleName"))
            session = self._open(user, data, dict(request.query_params))
        except (LoginRefused, SnowflakeError) as error:
            return refusal(error)
        return reply({**self._login_data(session), **self._tokens_for_later(user, data)})

    def _user(self, data: dict, role: str | None) -> User:
        name = str(data.get("LOGIN_NAME") or "")
        authenticator = str(data.get("AUTHENTICATOR") or "SNOWFLAKE").upper()
        service, token = self._service, data.get("TOKEN")
        if authenticator in ("SNOWFLAKE", "USERNAME_PASSWORD_MFA"):
            if service.tokens.is_programmatic(name, data.get("PASSWORD")):
                return service.accounts.find(name.upper())
            data = service.one_time_codes.split_password(name, data)
            user = service.accounts.check_password(name, data.get("PASSWORD"))
            service.one_time_codes.check(user.name, data)
            return user
        if authenticator == "SNOWFLAKE_JWT":
            return service.accounts.check_key_pair(name, token)
        if authenticator == "OAUTH":
            return service.accounts.find(service.tokens.user_of_access(name, role, token))
        if authenticator == "PROGRAMMATIC_ACCESS_TOKEN":
            return service.accounts.find(service.tokens.user_of_programmatic(name, token))
        if authenticator == "WORKLOAD_IDENTITY":
            return service.accounts.find(service.workloads.user(data.get("PROVIDER"), token))
        if authenticator == "EXTERNALBROWSER":
            return service.accounts.find(service.browser.user_of_proof(name, token, data.get("PROOF_KEY")))
        if authenticator == "ID_TOKEN":
            return service.accounts.find(service.browser.user_of_id_token(name, token))
        raise LoginRefused("390103", f"The authenticator {authenticator} is not supported by this server.")

    def _tokens_for_later(self, user: User, data: dict) -> dict:
        """What the program may keep instead of asking the person again, if it wants to."""
        wanted = {str(name).upper(): str(value).lower() == "true" for name, value in (data.get("SESSION_PARAMETERS") or {}).items()}
        tokens = {}
        if not self._service.options.kept_tokens:
            return tokens
        if wanted.get("CLIENT_REQUEST_MFA_TOKEN"):
            tokens["mfaToken"] = self._service.one_time_codes.token(user.name)
        if wanted.get("CLIENT_STORE_TEMPORARY_CREDENTIAL") and str(data.get("AUTHENTICATOR")).upper() == "EXTERNALBROWSER":
            tokens["idToken"] = self._service.browser.id_token(user.name)
        return tokens

    def _open(self, user: User, data: dict, query: dict[str, str]) -> Session:
        wanted = data.get("SESSION_PARAMETERS") or {}
        parameters = {str(name).upper(): value for name, value in wanted.items()}
        client_parameters = {name: value for name, value in parameters.items() if name.startswith("CLIENT_")}
        session_parameters = {name: value for name, value in parameters.items() if name not in client_parameters}
        for name in set(session_parameters) - set(PARAMETER_DEFAULTS):
            raise SnowflakeError("001420", "22023", f"SQL compilation error:\ninvalid property '{name}' for 'SESSION'")
        names = {key: _folded(query.get(key)) for key in ("databaseName", "schemaName", "warehouse", "roleName")}
        engine_session = self._service.engine.open_session(
            user=user.name,
            role=names["roleName"],
            database=names["databaseName"],
            schema=names["schemaName"],
            warehouse=names["warehouse"],
            parameters=session_parameters,
        )
        try:
            if str(parameters.get("CLIENT_VALIDATE_DEFAULT_PARAMETERS", "")).lower() == "true":
                _validate(names, engine_session, self._service.engine.catalog.roles)
            elif names["roleName"] and names["roleName"] not in self._service.engine.catalog.roles:
                raise _missing_role(names["roleName"])
        except LoginRefused:
            engine_session.close()
            raise
        string_ids = bool((data.get("CLIENT_CAPABILITIES") or {}).get("SMK_ID_AS_STRING"))
        return self._service.sessions.open(user.name, engine_session, string_ids, client_parameters)

    def _login_data(self, session: Session) -> dict:
        sessions, engine_session = self._service.sessions, session.engine_session
        return {
            "masterToken": session.master_token,
            "token": session.token,
            "validityInSeconds": int(sessions.token_seconds),
            "masterValidityInSeconds": int(sessions.master_seconds),
            "displayUserName": session.user,
            "serverVersion": "9.32.0",
            "firstLogin": False,
            "remMeToken": None,
            "remMeValidityInSeconds": 0,
            "healthCheckInterval": 45,
            "newClientForUpgrade": None,
            "sessionId": session.identity,
            "parameters": parameter_list(session),
            "sessionInfo": {
                "databaseName": engine_session.database,
                "schemaName": engine_session.schema,
                "warehouseName": engine_session.warehouse,
                "roleName": engine_session.role,
            },
            "idToken": None,
            "idTokenValidityInSeconds": 0,
            "responseData": None,
            "mfaToken": None,
            "mfaTokenValidityInSeconds": 0,
        }

    async def renew(self, request: Request) -> Response:
        """`POST /session/token-request`: fresh tokens for a master token."""
        body = await json_body(request)
        if body.get("requestType") != "RENEW":
            return reply(None, "390101", f"The request type {body.get('requestType')!r} is not supported.", False)
        try:
            session = self._service.sessions.renew(token_of(request), body.get("oldSessionToken"))
        except TokenRefused as error:
            return refusal(error)
        return reply(
            {
                "sessionToken": session.token,
                "validityInSecondsST": int(self._service.sessions.token_seconds),
                "masterToken": session.master_token,
                "validityInSecondsMT": int(self._service.sessions.master_seconds),
                "sessionId": session.identity,
            }
        )

    async def heartbeat(self, request: Request) -> Response:
        """`POST /session/heartbeat`: keeps the master token alive."""
        try:
            self._service.sessions.find(token_of(request))
        except TokenRefused as error:
            return refusal(error)
        return reply(None)

    async def session(self, request: Request) -> Response:
        """`POST /session?delete=true`: rolls back, drops what was temporary, ends the session."""
        try:
            session = self._service.sessions.find(token_of(request))
        except TokenRefused as error:
            return refusal(error)
        if request.query_params.get("delete") != "true":
            return reply(None, "390101", "Only delete=true is supported.", False)
        await run_in_threadpool(self._service.close_session, session)
        return reply(None)


def parameter_list(session: Session) -> list[dict]:
    """The `parameters` of login and statement replies, with their JSON types."""
    own = {name: _typed(name, text) for name, text in session.engine_session.values_set().items()}
    values = {**_DEFAULT_VALUES, **own, **CLIENT_PARAMETERS, **session.client_parameters}
    return [{"name": name, "value": value} for name, value in sorted(values.items())]


def _typed(name: str, text: str) -> bool | int | str:
    kind = PARAMETER_DEFAULTS[name][0]
    if kind == "BOOLEAN":
        return text == "true"
    return int(text) if kind == "NUMBER" else text


_DEFAULT_VALUES = {name: _typed(name, text) for name, (_, text) in PARAMETER_DEFAULTS.items()}


def _folded(name: str | None) -> str | None:
    """A name of the login query as an identifier: quoted ones keep their case."""
    if not name:
        return None
    return name[1:-1].replace('""', '"') if re.fullmatch(r'"(?:[^"]|"")+"', name) else name.upper()


def _validate(names: dict[str, str | None], engine_session, roles) -> None:
    if names["roleName"] and names["roleName"] not in roles:
        raise _missing_role(names["roleName"])
    found = {
        "databaseName": engine_session.database,
        "schemaName": engine_session.schema,
        "warehouse": engine_session.warehouse,
    }
    for key, name in found.items():
        if names[key] and name != names[key]:
            raise LoginRefused(
                "390201",
                f"The requested {key.removesuffix('Name')} does not exist or not authorized. [{names[key]}]",
            )


def _missing_role(role: str) -> LoginRefused:
    return LoginRefused(
        "390189",
        f"Role '{role}' specified in the connect string does not exist or not authorized. "
        "Contact your local system administrator, or attempt to login with another role, e.g. PUBLIC.",
    )
