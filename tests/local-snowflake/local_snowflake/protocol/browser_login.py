"""Login with a browser: the page at which a person logs in, and the tokens that it sends back to the program."""

from __future__ import annotations

import hmac
import secrets
import time
from dataclasses import dataclass
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from .accounts import Accounts, LoginRefused
from .envelope import json_body, refusal, reply

PAGE = "/__local/sso/"
PATIENCE_SECONDS = 300
ID_TOKEN_SECONDS = 4 * 3600
FORM = """<!doctype html><title>Local Snowflake</title><form method="post"><p>{text}</p>
<input name="user" value="{user}"><input name="password" type="password"><button>Log in</button></form>"""


@dataclass
class Waiting:
    """A program that waits for a person."""

    user: str
    port: int
    proof_key: str
    until: float
    token: str | None = None


class BrowserLogin:
    """Programs that wait, and the id tokens given out."""

    def __init__(self, accounts: Accounts, server_port: int) -> None:
        self._accounts = accounts
        self._server_port = server_port
        self._waiting: dict[str, Waiting] = {}
        self._id_tokens: dict[str, tuple[str, float]] = {}

    async def start(self, request: Request) -> Response:
        """`POST /session/authenticator-request`: the address of the page, and a key that only the program gets."""
        data = (await json_body(request)).get("data") or {}
        authenticator, port = str(data.get("AUTHENTICATOR") or "").upper(), str(data.get("BROWSER_MODE_REDIRECT_PORT") or "")
        if authenticator != "EXTERNALBROWSER" or not port.isdigit():
            return refusal(LoginRefused("390139", "The specified authenticator is not accepted by your Snowflake account configuration."))
        if not self._accounts.is_account(str(data.get("ACCOUNT_NAME") or "")):
            return Response("the account does not exist", 404, media_type="text/plain")
        identity = secrets.token_urlsafe(16)
        waiting = Waiting(str(data.get("LOGIN_NAME") or ""), int(port), secrets.token_urlsafe(32), time.time() + PATIENCE_SECONDS)
        self._waiting[identity] = waiting
        address = f"http://127.0.0.1:{self._server_port}{PAGE}{identity}"
        return reply({"tokenUrl": address, "ssoUrl": address, "proofKey": waiting.proof_key})

    async def page(self, request: Request) -> Response:
        """Shows the form; a right password sends the browser to the program's port with a token."""
        waiting = self._waiting.get(request.path_params["identity"])
        if waiting is None or time.time() >= waiting.until:
            return HTMLResponse("This login is over.", 410)
        if request.method == "GET":
            return HTMLResponse(FORM.format(text="Log in to the local Snowflake server.", user=_plain(waiting.user)))
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode("latin-1")).items()}
        try:
            user = self._accounts.check_password(form.get("user", ""), form.get("password"))
        except LoginRefused as problem:
            return HTMLResponse(FORM.format(text=_plain(problem.message), user=_plain(waiting.user)), 403)
        waiting.user, waiting.token = user.name, secrets.token_urlsafe(32)
        return RedirectResponse(f"http://localhost:{waiting.port}/?token={quote(waiting.token)}", 302)

    def user_of_proof(self, name: str, token: object, proof_key: object) -> str:
        """Who logged in on the page, if the program is the one that asked for it. Works once."""
        for identity, waiting in list(self._waiting.items()):
            if waiting.token and isinstance(token, str) and hmac.compare_digest(waiting.token, token):
                del self._waiting[identity]
                if not isinstance(proof_key, str) or not hmac.compare_digest(waiting.proof_key, proof_key):
                    break
                if name.upper() != waiting.user:
                    raise LoginRefused("390191", "The user you were trying to authenticate as differs from the user currently logged in at the IDP.")
                return waiting.user
        raise LoginRefused("390190", "There was an error related to the SAML response.")

    def id_token(self, user: str) -> str:
        """Stands in for the person at further logins."""
        token = secrets.token_urlsafe(32)
        self._id_tokens[token] = (user, time.time() + ID_TOKEN_SECONDS)
        return token

    def user_of_id_token(self, name: str, token: object) -> str:
        """Whose token it is."""
        user, until = self._id_tokens.get(token, ("", 0.0)) if isinstance(token, str) else ("", 0.0)
        if user != name.upper() or time.time() >= until:
            raise LoginRefused("390195", "The provided ID Token is invalid.")
        return user


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
