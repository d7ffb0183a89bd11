"""Accounts: who may call, and what the security plugin answers to everyone else."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from ..messages import Reply
from .errors import EngineError
from .render import TEXT_TYPE

Role = Literal["all", "ml_full_access", "none"]

#: Actions beside those of ML Commons that the role `ml_full_access` opens.
_ML_ROLE_EXTRAS = ("cluster:monitor/main", "cluster:monitor/state", "indices:monitor/stats")
_ML_ACTIONS = "cluster:admin/opensearch/ml/"
_REALM = (("content-type", TEXT_TYPE), ("www-authenticate", 'Basic realm="OpenSearch Security"'))
#: The only action whose refusal is answered with 500.
_PROFILE = f"{_ML_ACTIONS}profile/nodes"


@dataclass(frozen=True)
class Account:
    """One account: `role` is "all" (every permission), "ml_full_access" (that role) or "none"."""

    user: str
    password: str = field(repr=False)
    role: Role = "all"


class AnyAccount(Protocol):
    """What is read of an account, whoever made it."""

    @property
    def user(self) -> str:
        """The name it logs in with."""
        ...

    @property
    def password(self) -> str:
        """Its password."""
        ...

    @property
    def role(self) -> Role:
        """What it may do."""
        ...


def may(account: AnyAccount, action: str) -> bool:
    """Whether an account has the permission for an action."""
    ours = action.startswith(_ML_ACTIONS) or action in _ML_ROLE_EXTRAS
    return account.role == "all" or (account.role == "ml_full_access" and ours)


def unauthorized() -> Reply:
    """The answer to missing or wrong credentials."""
    return Reply(401, b"Unauthorized", _REALM)


class Security:
    """The accounts of one cluster; without any, everybody may do everything."""

    def __init__(self, accounts: Iterable[AnyAccount]) -> None:
        self._accounts = {one.user: one for one in accounts}

    @property
    def on(self) -> bool:
        """Whether there are accounts at all."""
        return bool(self._accounts)

    def account(self, header: str | None) -> AnyAccount | None:
        """The account of an `Authorization` header; None when it names none or the password is wrong."""
        scheme, _, encoded = (header or "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        found = self._accounts.get(user)
        known = found.password if found else ""
        same = hmac.compare_digest(known.encode(), password.encode())
        return found if found and same else None


def require(account: AnyAccount, action: str) -> None:
    """security_exception 403 unless the account has the permission; around the profile's a 500."""
    if may(account, action):
        return
    who = f"User [name={account.user}, backend_roles=[], requestedTenant=null]"
    reason = f"no permissions for [{action}] and {who}"
    if action == _PROFILE:
        cause = {"type": "security_exception", "reason": reason}
        raise EngineError("status_exception", "Failed to get ML node level profile", 500, cause, root_cause=[cause])
    raise EngineError("security_exception", reason, 403)
