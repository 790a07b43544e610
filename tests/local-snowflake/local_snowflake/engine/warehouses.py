"""Warehouses: CREATE and ALTER, who may do what with them, and which statements cannot run without one.

Nothing runs in a warehouse here. But a statement that reads or writes rows needs one in the session that the role may use
and that runs, or that may be resumed for it; statements about metadata need none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .catalog import Warehouse
from .errors import SnowflakeError, compilation, existing_object, missing_object
from .names import qualified, read_name
from .properties import ignore_case, read_properties
from .result import Result, status
from .tokens import TokenCursor

if TYPE_CHECKING:
    from .session import EngineSession

SIZES = {
    "XSMALL": "X-Small", "SMALL": "Small", "MEDIUM": "Medium", "LARGE": "Large", "XLARGE": "X-Large",
    **{name.format(n): f"{n}X-Large" for n in range(2, 7) for name in ("X{}LARGE", "{}XLARGE")},
    "XXLARGE": "2X-Large", "XXXLARGE": "3X-Large",
}
OPTIONS = {
    "WAREHOUSE_SIZE": "text", "WAREHOUSE_TYPE": "text", "AUTO_SUSPEND": "number", "AUTO_RESUME": "text", "COMMENT": "text",
    "MIN_CLUSTER_COUNT": "number", "MAX_CLUSTER_COUNT": "number", "SCALING_POLICY": "text", "STATEMENT_TIMEOUT_IN_SECONDS": "number",
    "MAX_CONCURRENCY_LEVEL": "number", "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS": "number", "ENABLE_QUERY_ACCELERATION": "text",
}
_ALL_POWERFUL = ("ACCOUNTADMIN", "SYSADMIN")
_DONE = "Statement executed successfully."


# --- what runs where -----------------------------------------------------------------------------------------------
def require(session: "EngineSession") -> None:
    """000606 when the session has no warehouse that its role may use, 000608 when it is suspended and stays so.

    A fault rule can hold a session's warehouse, as if it were suspended, until the session resumes it.
    """
    warehouse = session.catalog.warehouses.get(session.warehouse or "")
    if warehouse is None or not may(session, warehouse, "USAGE"):
        raise SnowflakeError(
            "000606", "57P03",
            "No active warehouse selected in the current session.  Select an active warehouse with the 'use warehouse' command.\n",
        )
    if warehouse.state == "SUSPENDED" or session.warehouse_is_held:
        if not warehouse.auto_resume or session.warehouse_is_held:
            raise SnowflakeError(
                "000608", "57P03",
                f"Warehouse '{warehouse.name}' is suspended.  Use 'alter warehouse {warehouse.name} resume;' command "
                "if you need to use it again.",
            )
        warehouse.state = "STARTED"
        session.engine.save()


def may(session: "EngineSession", warehouse: Warehouse, *privileges: str) -> bool:
    """Has the session's role one of these privileges on the warehouse? No privilege named: any at all."""
    roles = _inherited(session, session.role or "")
    if warehouse.owner in roles or roles & set(_ALL_POWERFUL):
        return True
    name = qualified(warehouse.name)
    return any(
        g.on_kind == "WAREHOUSE" and g.on_name == name and g.to_kind == "ROLE" and g.to_name in roles
        and (not privileges or g.privilege in (*privileges, "ALL", "OWNERSHIP"))
        for g in session.catalog.grants
    )  # fmt: skip


def _inherited(session: "EngineSession", role: str) -> set[str]:
    """The role, PUBLIC, and the roles granted to them."""
    found, waiting = {"PUBLIC"}, [role, "PUBLIC"]
    while waiting:
        current = waiting.pop()
        found.add(current)
        waiting += [
            g.on_name for g in session.catalog.grants
            if (g.on_kind, g.to_kind, g.to_name) == ("ROLE", "ROLE", current) and g.on_name not in found
        ]  # fmt: skip
    return found


def _may_create(session: "EngineSession") -> bool:
    roles = _inherited(session, session.role or "")
    return bool(roles & set(_ALL_POWERFUL)) or any(
        g.on_kind == "ACCOUNT" and g.privilege in ("CREATE WAREHOUSE", "ALL") and g.to_kind == "ROLE" and g.to_name in roles
        for g in session.catalog.grants
    )


def _refusal(what: str, hint: str = "") -> SnowflakeError:
    return SnowflakeError("003001", "42501", f"SQL access control error:\nInsufficient privileges to operate on {what}{hint}")


# --- statements ----------------------------------------------------------------------------------------------------
def create(session: "EngineSession", cursor: TokenCursor, replace: bool, scope: str | None, missing_only: bool) -> Result:
    """CREATE WAREHOUSE; the new one is the session's."""
    name = read_name(cursor, ignore_case(session))
    options = read_properties(cursor, {**OPTIONS, "INITIALLY_SUSPENDED": "text"})
    if name in session.catalog.warehouses and missing_only:
        return status(f"{name} already exists, statement succeeded.")
    if not _may_create(session):
        raise _refusal("account 'LOCAL'.", f" Your primary role {session.role} must have CREATE WAREHOUSE granted on ACCOUNT.")
    if name in session.catalog.warehouses and not replace:
        raise existing_object(name)
    warehouse = Warehouse(name, owner=session.role or "")
    _change(warehouse, options)
    if _flag(options, "INITIALLY_SUSPENDED", False):
        warehouse.state = "SUSPENDED"
    session.catalog.warehouses[name] = warehouse
    session.engine.save()
    session.warehouse = name
    return status(f"Warehouse {name} successfully created.")


def alter(session: "EngineSession", cursor: TokenCursor, if_exists: bool, kind: str) -> Result:
    """ALTER WAREHOUSE [name] SET … | SUSPEND | RESUME [IF SUSPENDED] | RENAME TO …; without a name, the session's."""
    current = cursor.current
    implied = current is not None and current.upper in ("SET", "SUSPEND", "RESUME", "RENAME")
    name = session.warehouse or "" if implied else read_name(cursor, ignore_case(session))
    warehouse = session.catalog.warehouses.get(name)
    if warehouse is None or not may(session, warehouse):
        if if_exists:
            return status(_DONE)
        raise missing_object("Warehouse", name)
    if cursor.accept("SET"):
        _require_privilege(session, warehouse, "MODIFY")
        _change(warehouse, read_properties(cursor, OPTIONS))
    elif cursor.accept("SUSPEND"):
        cursor.finish()
        _switch(session, warehouse, "SUSPENDED", "090064", "suspended")
    elif cursor.accept("RESUME"):
        only_suspended = cursor.accept("IF", "SUSPENDED")
        cursor.finish()
        if session.warehouse_is_held and session.warehouse == name:
            session.warehouse_is_held = False
        elif not (only_suspended and warehouse.state == "STARTED"):
            _switch(session, warehouse, "STARTED", "090063", "resumed")
    elif cursor.accept("RENAME", "TO"):
        _require_privilege(session, warehouse, "MODIFY")
        _rename(session, warehouse, read_name(cursor, ignore_case(session)))
    cursor.finish()
    return status(_DONE)


def drop(session: "EngineSession", name: str) -> None:
    """Removes a warehouse; sessions that had it have none from then on."""
    warehouse = session.catalog.warehouses.get(name)
    if warehouse is None or not may(session, warehouse):
        raise missing_object("Warehouse", name)
    _require_privilege(session, warehouse, "OWNERSHIP")
    del session.catalog.warehouses[name]
    session.catalog.grants = [
        g for g in session.catalog.grants if (g.on_kind, g.on_name) != ("WAREHOUSE", qualified(name))
    ]
    if session.warehouse == name:
        session.warehouse = None


def _switch(session: "EngineSession", warehouse: Warehouse, state: str, code: str, verb: str) -> None:
    _require_privilege(session, warehouse, "OPERATE")
    if warehouse.state == state:
        raise SnowflakeError(code, "22000", f"Invalid state. Warehouse '{warehouse.name}' cannot be {verb}.")
    warehouse.state = state


def _require_privilege(session: "EngineSession", warehouse: Warehouse, privilege: str) -> None:
    if not may(session, warehouse, privilege):
        raise _refusal(f"warehouse '{warehouse.name}'")


def _rename(session: "EngineSession", warehouse: Warehouse, name: str) -> None:
    if name in session.catalog.warehouses:
        raise existing_object(name)
    session.catalog.warehouses[name] = session.catalog.warehouses.pop(warehouse.name)
    for grant in session.catalog.grants:
        if (grant.on_kind, grant.on_name) == ("WAREHOUSE", qualified(warehouse.name)):
            grant.on_name = qualified(name)
    warehouse.name = name


def _change(warehouse: Warehouse, options: dict[str, str]) -> None:
    if "WAREHOUSE_SIZE" in options:
        size = SIZES.get(options["WAREHOUSE_SIZE"].upper().replace("-", ""))
        if size is None:
            raise _wrong("WAREHOUSE_SIZE", options)
        warehouse.size = size
    if "AUTO_SUSPEND" in options:
        warehouse.auto_suspend = None if options["AUTO_SUSPEND"].upper() == "NULL" else int(options["AUTO_SUSPEND"])
    warehouse.auto_resume = _flag(options, "AUTO_RESUME", warehouse.auto_resume)
    warehouse.comment = options.get("COMMENT", warehouse.comment)


def _flag(options: dict[str, str], name: str, default: bool) -> bool:
    value = options.get(name, str(default)).upper()
    if value not in ("TRUE", "FALSE"):
        raise _wrong(name, options)
    return value == "TRUE"


def _wrong(name: str, options: dict[str, str]) -> SnowflakeError:
    return compilation("001008", "22023", f"invalid value [{options[name]}] for parameter '{name}'")
