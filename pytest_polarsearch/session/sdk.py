"""The official Python client, opensearch-py, on the run's cluster; it is its users' dependency, not ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ..run import Run

MISSING = "the fixture opensearch_client needs opensearch-py: pip install opensearch-py"


@contextmanager
def opensearch_client(run: Run) -> Iterator[Any]:
    """An `opensearchpy.OpenSearch` with the run's account and trust; closed at the end. Fails without opensearch-py."""
    try:
        from opensearchpy import OpenSearch
    except ImportError:
        raise pytest.fail.Exception(MISSING, pytrace=False) from None
    target = run.target
    account = target.account
    client = OpenSearch(
        [target.url],
        http_auth=(account.user, account.password.reveal()) if account else None,
        verify_certs=not target.trust.insecure,
        ssl_show_warn=False,
        ca_certs=target.trust.ca,
        timeout=run.settings["timeout"],
    )
    try:
        yield client
    finally:
        client.close()
