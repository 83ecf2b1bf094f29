"""Modules that a role imports, and what they add to it: startup tasks, endpoints, settings and certificates.

The packaging tool sorts the startup tasks of all imported modules and of the role by the priority of their
`<Startup>` (lower first, imports in their order, the role's own after modules of the same priority) and marks a
module's tasks with two more environment variables. What Microsoft's modules define is known from their `.csplugin`
files and from real packaging output: Diagnostics, RemoteAccess and RemoteForwarder for SDK 1.8 to 2.9, Caching for
SDK 1.8.

The Diagnostics module changed: up to SDK 2.4 it has the pair of R-H2 (a background agent and its `/blockStartup`
twin), later one background launcher and nothing that waits. The schema version of the definition tells which. A
`.csplugin` file beside the definition wins over everything built in. Left out: Connect, WebDeploy and the modules
that Visual Studio adds when it publishes (Profiling, RemoteDebugger), whose definitions are not public.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .document import read_document
from .parts import (
    NO_STARTUP,
    Startup,
    read_certificates,
    read_endpoints,
    read_local_resources,
    read_settings,
    read_startup,
)
from .problems import listed, nearest
from .reading import Findings, Reading, shown
from .service import (
    Certificate,
    Endpoint,
    EndpointKind,
    ExecutionContext,
    Import,
    LocalStorage,
    Location,
    RoleKind,
    Task,
    TaskType,
)

Version = tuple[int, int]

LAUNCHER_SINCE: Version = (2, 5)
"""The first SDK whose Diagnostics module is the single launcher."""

PREFIX = "Microsoft.WindowsAzure.Plugins."
"""What the full names of everything in Microsoft's modules begin with."""
_EMULATED = ("IsEmulated", "xpath:/RoleEnvironment/Deployment/@emulated")
_STORE_PATH = "xpath:/RoleEnvironment/CurrentInstance/LocalResources/LocalResource[@name='DiagnosticStore']/@path"


@dataclass(frozen=True, slots=True)
class Module:
    """What a module defines, under its own short names; `source` is the `.csplugin` it was read from, if any."""

    name: str
    namespace: str
    startup: Startup = NO_STARTUP
    endpoints: tuple[Endpoint, ...] = ()
    settings: tuple[str, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    local_storage: tuple[LocalStorage, ...] = ()
    source: str | None = None


def _background(command: str, context: ExecutionContext, *environment: tuple[str, str]) -> Task:
    return Task(command, TaskType.BACKGROUND, context, environment=environment)


def _simple(command: str, context: ExecutionContext, *environment: tuple[str, str]) -> Task:
    return Task(command, TaskType.SIMPLE, context, environment=environment)


_LIMITED, _ELEVATED = ExecutionContext.LIMITED, ExecutionContext.ELEVATED

DIAGNOSTICS_PAIR = Module(
    "Diagnostics",
    PREFIX + "Diagnostics",
    Startup(
        -2, (_background("DiagnosticsAgent.exe", _LIMITED), _simple("DiagnosticsAgent.exe /blockStartup", _LIMITED))
    ),
    settings=("ConnectionString",),
)
DIAGNOSTICS_LAUNCHER = Module(
    "Diagnostics",
    PREFIX + "Diagnostics",
    Startup(-2, (_background("DiagnosticsPluginLauncher.exe", _LIMITED, ("IsEmulated", "true")),)),
)
REMOTE_ACCESS = Module(
    "RemoteAccess",
    PREFIX + "RemoteAccess",
    Startup(
        -1, (_background("RemoteAccessAgent.exe", _ELEVATED), _simple("RemoteAccessAgent.exe /blockStartup", _ELEVATED))
    ),
    endpoints=(Endpoint("Rdp", EndpointKind.INTERNAL, "tcp", 3389, 3389),),
    settings=("Enabled", "AccountUsername", "AccountEncryptedPassword", "AccountExpiration"),
    certificates=(Certificate("PasswordEncryption", "LocalMachine", "My", elevated_only=True),),
)
REMOTE_FORWARDER = Module(
    "RemoteForwarder",
    PREFIX + "RemoteForwarder",
    Startup(-1, (_simple("install.cmd", _ELEVATED, _EMULATED),)),
    endpoints=(Endpoint("RdpInput", EndpointKind.INPUT, "tcp", 3389, None, ignores_status=True),),
    settings=("Enabled",),
)
CACHING = Module(
    "Caching",
    PREFIX + "Caching",
    Startup(
        -2,
        (
            _simple("DotNetUpdate.cmd", _ELEVATED, _EMULATED, ("CachingLocalStorePath", _STORE_PATH)),
            _simple("CacheInstaller.exe", _ELEVATED),
        ),
    ),
    endpoints=tuple(
        Endpoint(name, EndpointKind.INTERNAL, "tcp")
        for name in (
            "cacheArbitrationPort",
            "cacheClusterPort",
            "cacheReplicationPort",
            "cacheServicePortInternal",
            "cacheSocketPort",
        )
    ),
    settings=("NamedCaches", "DiagnosticLevel", "CacheSizePercentage", "ConfigStoreConnectionString"),
)

UNDEFINED = ("Connect", "WebDeploy", "Profiling", "RemoteDebugger", "RemoteDebuggerConnector")
"""Modules of which only the name is known: an import of one leaves a note."""


def builtin_modules(sdk: Version | None) -> dict[str, Module]:
    """Microsoft's modules by name, as the SDK of that version defines them; without a version those of SDK 1.8.

    >>> [len(builtin_modules(sdk)["Diagnostics"].startup.tasks) for sdk in (None, (2, 4), (2, 5))]
    [2, 2, 1]
    """
    diagnostics = DIAGNOSTICS_LAUNCHER if sdk is not None and sdk >= LAUNCHER_SINCE else DIAGNOSTICS_PAIR
    return {module.name: module for module in (diagnostics, REMOTE_ACCESS, REMOTE_FORWARDER, CACHING)}


def sdk_of(schema_version: str | None) -> Version | None:
    """The SDK that a schema version names, or `None` if it names none.

    >>> sdk_of("2014-06.2.4"), sdk_of("2015-04.2.6"), sdk_of("unspecified"), sdk_of(None)
    ((2, 4), (2, 6), None, None)
    """
    match = re.fullmatch(r"[0-9]{4}-[0-9]{2}\.([0-9]{1,3})\.([0-9]{1,3})", schema_version or "")
    return (int(match[1]), int(match[2])) if match else None


def find_modules(imports: Iterable[Import], folder: Path, sdk: Version | None, findings: Findings) -> dict[str, Module]:
    """The definition of every imported module: from a `.csplugin` in or below `folder`, else the built-in one.

    A module without definition is a note; one whose name is nearly a known one is a problem.
    """
    builtin = builtin_modules(sdk)
    modules: dict[str, Module] = {}
    for entry in imports:
        if not entry.module or entry.module in modules:
            continue
        file = _custom(entry.module, folder)
        if file is not None:
            modules[entry.module] = read_module(file, findings)
        elif entry.module in builtin:
            modules[entry.module] = builtin[entry.module]
        else:
            _report_unknown(entry, [*builtin, *UNDEFINED], findings)
    return modules


def _custom(module: str, folder: Path) -> Path | None:
    if not re.fullmatch(r"[A-Za-z_][\w.-]*", module):  # it becomes part of a path
        return None
    file = f"{module}.csplugin"
    places = (folder / file, folder / "plugins" / file, folder / "plugins" / module / file)
    return next((place for place in places if os.path.exists(place)), None)


def _report_unknown(entry: Import, known: Sequence[str], findings: Findings) -> None:
    close = nearest(entry.module, known)
    if close is not None and close != entry.module:
        what = f"unknown module {entry.module!r}"
        fix = f"did you mean {close!r}? (or put {entry.module}.csplugin beside the definition)"
        findings.problem(entry.location, what, listed(known), fix)
    else:
        reason = (
            f"module {entry.module!r} has no definition here, so its startup tasks and endpoints are missing; "
            f"put {entry.module}.csplugin beside the definition to add them"
        )
        findings.note(entry.location, "Import", reason)


def read_module(file: Path, findings: Findings) -> Module:
    """A `.csplugin` file. Raises `DeploymentError` if it is not XML; mistakes in it go to the findings."""
    document = read_document(file)
    findings.notes.extend(document.notes)
    root = document.root
    if root.name != "RoleModule":
        findings.problem(root.location, f"root element <{root.name}>", "<RoleModule> in a .csplugin", "check the file")
    reading = Reading(root, findings)
    module = Module(
        name=file.name.removesuffix(".csplugin"),
        namespace=reading.name("namespace"),
        startup=read_startup(reading.child("Startup"), findings, ""),
        endpoints=read_endpoints(reading.child("Endpoints"), findings),
        settings=read_settings(reading.child("ConfigurationSettings"), findings),
        certificates=read_certificates(reading.child("Certificates"), findings),
        local_storage=read_local_resources(reading.child("LocalResources"), findings),
        source=str(file),
    )
    reading.unmodelled_children("Runtime", "the runtime environment of a module is not modelled")
    reading.unmodelled_children("Sites", "sites of a module are not modelled")
    reading.finish()
    return module


def expand_tasks(
    kind: RoleKind, own: Startup, imports: Iterable[Import], modules: dict[str, Module], findings: Findings
) -> tuple[Task, ...]:
    """The startup tasks of a role in the order in which the bootstrapper meets them, with partners (R-H1 to R-H3).

    Tasks of a module are located at its import. A `/blockStartup` task without a partner before it is a problem.
    """
    blocks = []
    for entry in imports:
        module = modules.get(entry.module)
        if module is not None:
            blocks.append((module.startup.priority, _module_tasks(module, entry.location, kind)))
    blocks.append((own.priority, own.tasks))
    ordered = [task for _, tasks in sorted(blocks, key=lambda block: block[0]) for task in tasks]
    return _with_partners(ordered, findings)


def _module_tasks(module: Module, location: Location, kind: RoleKind) -> tuple[Task, ...]:
    marks = (("RdModuleName", module.name), ("WaRoleType", "IISWebRole" if kind.is_web else "WorkerRole"))
    return tuple(
        replace(
            task,
            module=module.name,
            relative_path=f"plugins\\{module.name}",
            location=location,
            environment=task.environment + marks,
        )
        for task in module.startup.tasks
    )


def _with_partners(tasks: Sequence[Task], findings: Findings) -> tuple[Task, ...]:
    """Each `/blockStartup` task gets the last background task before it that runs the same program of its module."""
    agents: dict[tuple[str | None, str], list[int]] = {}
    for index, task in enumerate(tasks):
        if task.type is TaskType.BACKGROUND and not _blocks_startup(task):
            agents.setdefault((task.module, _program(task.command)), []).append(index)
    paired = []
    for index, task in enumerate(tasks):
        if _blocks_startup(task):
            same = agents.get((task.module, _program(task.command)), [])
            place = bisect_left(same, index)
            if place:
                paired.append(replace(task, partner=same[place - 1]))
                continue
            what = f"task {shown(task.command)} waits for a background task of the same program"
            if same:
                what += ", which is started only after it"
                fix = f"move the task of line {tasks[same[0]].location.line} before it"
            else:
                what += ", and there is none"
                fix = 'add the program without /blockStartup as a task with taskType="background" before it'
            findings.problem(task.location, what, "one before it", fix)
        paired.append(task)
    return tuple(paired)


def _blocks_startup(task: Task) -> bool:
    return "/blockstartup" in task.command.casefold().split()


def _program(command: str) -> str:
    """The program that a command line starts, in lower case, without folders.

    >>> _program('"C:\\\\a b\\\\Agent.exe" /x'), _program("Agent.EXE /blockStartup")
    ('agent.exe', 'agent.exe')
    """
    match = re.match(r'\s*(?:"([^"]*)"|(\S*))', command)
    assert match is not None  # the pattern matches everywhere
    return re.split(r"[\\/]", match[1] or match[2] or "")[-1].casefold()


def add_module_parts(
    imports: Iterable[Import], modules: dict[str, Module]
) -> tuple[tuple[Endpoint, ...], tuple[str, ...], tuple[Certificate, ...], tuple[LocalStorage, ...]]:
    """Endpoints, settings, certificates and storage of imported modules under their full names, at the imports."""
    endpoints: list[Endpoint] = []
    settings: list[str] = []
    certificates: list[Certificate] = []
    storage: list[LocalStorage] = []
    for entry in imports:
        module = modules.get(entry.module)
        if module is None:
            continue
        prefix = module.namespace + "."
        at, name = entry.location, module.name
        endpoints += (replace(e, name=prefix + e.name, location=at, module=name) for e in module.endpoints)
        settings += (prefix + setting for setting in module.settings)
        certificates += (replace(c, name=prefix + c.name, location=at, module=name) for c in module.certificates)
        storage += (replace(s, name=prefix + s.name, location=at) for s in module.local_storage)
    return tuple(endpoints), tuple(settings), tuple(certificates), tuple(storage)
