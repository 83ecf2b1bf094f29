r"""The log files of the document (R-LOG1 to R-LOG8): which component writes them, where they lie, what they tell.

Source: the workflow document, "log files"; "Windows Azure PaaS Compute Diagnostics Data" (2013) [DIAG].

Left out: the formats of the lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class LogFile(Enum):
    """A log file, by who writes it.  ``HOST`` is that of the role's host process, whichever it is."""

    GUEST_AGENT = "guest agent"
    APP_AGENT = "WaAppAgent"
    BOOTSTRAPPER = "bootstrapper"
    HOST = "host process"
    IIS_CONFIGURATOR = "IISConfigurator"
    IIS = "IIS"
    EVENTS = "Windows"


@dataclass(frozen=True)
class Entry:
    """A file: the requirement, the component, the path with ``{role}`` for the role's name, and what it tells."""

    requirement: str
    component: str
    path: str
    tells: str


RESOURCES = "C:\\Resources\\Directory\\"

WEB_HOST = Entry("R-LOG4", "WaWebHost", RESOURCES + "<guid>.{role}\\WaWebHost.log", "the role's own code")
IIS_HOST = Entry("R-LOG5", "WaIISHost", RESOURCES + "<deploymentID>.{role}\\WaIISHost.log", "the role's own code")

ENTRIES = {
    LogFile.GUEST_AGENT: Entry(
        "R-LOG1", "WindowsAzureGuestAgent", "C:\\Logs\\AppAgentRuntime.log", "starts, stops, new configurations"
    ),
    LogFile.APP_AGENT: Entry(
        "R-LOG2", "WaAppAgent", "C:\\Logs\\WaAppAgent.log", "status and heartbeats: why an instance is not Ready"
    ),
    LogFile.BOOTSTRAPPER: Entry(
        "R-LOG3",
        "WaHostBootstrapper",
        RESOURCES + "<deploymentID>.{role}.DiagnosticStore\\WaHostBootstrapper.log",
        "startup tasks with their exit codes; a new file at every start",
    ),
    LogFile.IIS_CONFIGURATOR: Entry(
        "R-LOG6", "IISConfigurator", RESOURCES + "<deploymentID>.{role}\\IISConfigurator.log", "AppPools and sites"
    ),
    LogFile.IIS: Entry(
        "R-LOG7", "IIS", RESOURCES + "<guid>.{role}.DiagnosticStore\\LogFiles\\W3SVC1", "requests and their answers"
    ),
    LogFile.EVENTS: Entry(
        "R-LOG8",
        "Windows event logs",
        "D:\\Windows\\System32\\Winevt\\Logs",
        "Windows Azure and Application: unhandled exceptions, starts and ends of processes",
    ),
}

EVENTS = {
    20001: "the guest agent has finished initialising",
    10001: "a startup task was started",
    10002: "a startup task has finished with success",
    10003: "IISConfigurator sets up IIS",
    10004: "IISConfigurator sets up IIS",
}
"""Event ids of the log "Windows Azure" [K7]."""


def entries(files: Iterable[LogFile], host: str) -> tuple[Entry, ...]:
    """The files of an instance whose host process is ``host``, each once.

    A worker's host process has no file of its own in the document: the event logs stand in for it.  IIS writes for
    full-IIS roles only.

    >>> [entry.component for entry in entries([LogFile.HOST, LogFile.IIS], "worker_host")]
    ['Windows event logs']
    """
    hosts = {"web_host": WEB_HOST, "iis_host": IIS_HOST}
    found = []
    for file in files:
        if file is LogFile.HOST:
            found.append(hosts.get(host, ENTRIES[LogFile.EVENTS]))
        elif file not in (LogFile.IIS, LogFile.IIS_CONFIGURATOR) or host == "iis_host":
            found.append(ENTRIES[file])
    return tuple(dict.fromkeys(found))
