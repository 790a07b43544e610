"""What the parts of the server share: engine, accounts, sessions, stages, credentials, options."""

from __future__ import annotations

from pathlib import Path

from .engine import Engine
from .options import Options
from .protocol.accounts import Accounts
from .protocol.detached import DetachedTransactions
from .protocol.browser_login import BrowserLogin
from .protocol.fault_rules import Faults
from .protocol.one_time_codes import OneTimeCodes
from .protocol.sessions import Session, Sessions
from .protocol.tokens_of_users import TokensOfUsers
from .protocol.workloads import Workloads
from .storage.catalog import Catalog
from .storage.credentials import CredentialIssuer
from .storage.own_objects import OwnObjects
from .storage.stage_info import StageInfos
from .storage.stage_settings import StagePlaces, StageSettings

ACCOUNT = "local"


class Service:
    """One account, running. `directory` is the data directory or a temporary one."""

    def __init__(self, options: Options, directory: Path) -> None:
        self.options = options
        self.port = options.port
        self.accounts = Accounts(ACCOUNT)
        for name, password in options.users:
            self.accounts.set_password(name, password)
        for name, file in options.public_keys:
            self.accounts.add_public_key(name, file.read_bytes())
        self.one_time_codes = OneTimeCodes()
        for name, secret in options.totp:
            self.one_time_codes.enrol(name, secret)
        self.tokens = TokensOfUsers(options.oauth_seconds)
        for name, token in options.access_tokens:
            self.tokens.add_programmatic(name, token)
        for name, (identity, secret) in options.oauth_clients:
            self.tokens.add_client(name, identity, secret)
        self.workloads = Workloads()
        for name, (provider, subject, file) in options.identities:
            self.workloads.add_signed(name, provider, subject, file)
        for name, (key_id, secret) in options.aws_identities:
            self.workloads.add_aws(name, key_id, secret)
        self.browser = BrowserLogin(self.accounts, options.port)
        self.engine = Engine(directory / "engine" if options.data else None)
        self.sessions = Sessions(options.token_seconds, options.master_token_seconds)
        self.own_objects = OwnObjects(directory, has_digests=not options.null)
        settings = StageSettings(options.stage_cloud, options.key_bits, options.client_encryption, options.stage_cloud in options.stage_storage)
        self.stage_places = StagePlaces(settings, self.own_objects, options.stage_storage)
        self.catalog = Catalog(directory, self.stage_places.remove)
        self.issuer = CredentialIssuer(options.credential_seconds)
        self.stage_infos = StageInfos(self.stage_places, self.issuer, options.credential_seconds)
        self.faults = Faults(options.faults)
        self.engine.add_listener(self._engine_event)
        self.detached = DetachedTransactions(
            self.engine, self.sessions, options.idle_transaction_seconds, options.gone_transaction_seconds
        )

    def _engine_event(self, event: str, identity: str) -> None:
        if event in ("table_dropped", "table_truncated"):
            self.catalog.forget_loads(identity)
        if event == "table_dropped":
            self.stage_places.remove(f"tables/{identity}/")
        if event == "schema_dropped":
            self.catalog.drop_schema(identity)

    def close_session(self, session: Session) -> None:
        """Ends a session: running statements are interrupted, the transaction is rolled back, temporaries go."""
        self.sessions.forget(session)
        for execution in list(session.requests.values()):
            execution.cancel()
        with session.statement_lock:
            session.engine_session.close()
        self.catalog.drop_session(str(session.engine_session.session_id))

    def close(self) -> None:
        """Ends everything."""
        self.detached.stop()
        for session in self.sessions.all():
            self.close_session(session)
        self.engine.close()
        self.catalog.close()
        self.own_objects.close()
