"""The faults of the emulator around accounts: who is let in, and what a refusal says."""

from __future__ import annotations

import base64
from collections.abc import Callable

from ..faults import Occasion
from ..messages import Reply, Request
from .fault_places import row
from .reshaping import answered, instead, refusal

NO_PERMISSION = b"no permissions for ["


def _locked_out(request: Request, reply: Reply, *, with_account: bool) -> bool:
    fits = reply.status == 401 and reply.body == b"Unauthorized"
    return fits and (request.header("authorization") is not None) is with_account


def _forbidden(_request: Request, reply: Reply) -> bool:
    return reply.status == 403 and NO_PERMISSION in reply.body


def _said(document: object) -> Callable[[Request], Reply]:
    return lambda _request: answered(200, document)


def challenge_lost(reply: Reply, _occasion: Occasion) -> Reply:
    """A 401 that does not say how to log in."""
    kept = tuple(pair for pair in reply.headers if pair[0] != "www-authenticate")
    return Reply(401, reply.body, kept) if len(kept) < len(reply.headers) else reply


def credentials_shown(reply: Reply, occasion: Occasion) -> Reply:
    """A refusal of the security plugin with what was sent as user and password."""
    request = occasion.request
    if not (_locked_out(request, reply, with_account=True) or _forbidden(request, reply)):
        return reply
    sent = base64.b64decode((request.header("authorization") or "").partition(" ")[2])
    return Reply(reply.status, reply.body + b" " + sent, reply.headers)


AROUND_ACCOUNTS = (
    row("anonymous-served", "a cluster whose gateway lets everybody in",
        instead(lambda request, reply: _locked_out(request, reply, with_account=False), _said({}))),
    row("any-password-taken", "a cluster behind a proxy that takes any password",
        instead(lambda request, reply: _locked_out(request, reply, with_account=True), _said({}))),
    row("challenge-lost", "a proxy that takes the headers of a 401 away", challenge_lost),
    row("reader-served", "a cluster whose default role may do everything", instead(_forbidden, _said({}))),
    row("permission-unnamed", "a proxy that refuses in words of its own",
        instead(_forbidden, lambda _request: refusal(403, "security_exception", "forbidden"))),
    row("refusal-shows-credentials", "a cluster that logs in its answers", credentials_shown),
)  # fmt: skip
