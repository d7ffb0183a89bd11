"""All faults there are, of clusters and of model services, by the names under which people know them."""

from __future__ import annotations

from ..dashscope.front import service_faults
from ..dashscope.service import DashScope
from ..faults import Fault
from ..mlcommons.fault_places import Patterns
from ..mlcommons.faults import faults_for


def every_fault(patterns: Patterns = tuple) -> dict[str, Fault]:
    """Scope and name -> fault; `patterns` says which endpoints the cluster trusts."""
    tables = {"mlcommons": faults_for(patterns), "dashscope": service_faults(DashScope())}
    return {f"{scope}.{fault.name}": fault for scope, table in tables.items() for fault in table}
