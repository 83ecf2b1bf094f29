"""What a classic cloud service is made of, as frozen values: the meaning of a `.csdef` and a `.cscfg`, without XML.

Two files that say the same give equal values, so a `Deployment` can be hashed, compared and used as a key. Everything
that has a meaning has a `Location` too, so that a finding about a task or a probe can point at the line that declares
it. A task list is already expanded: the tasks of imported modules stand where the packaging tool puts them.

Sources: the service definition and service configuration schemas of the Azure SDK 2.4, and Microsoft's pages on them;
the expansion is that of real packaging output (docs/reference/service-files.md). Left out: setting values (they may be
secrets and no agent reads them) and everything that `Deployment.notes` lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file: `file` is the path as the user gave it, `line` counts from 1.

    >>> print(Location("ServiceDefinition.csdef", 7))
    ServiceDefinition.csdef:7
    """

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


NOWHERE = Location("<value>", 0)
"""The location of values that were built in Python and not read from a file."""


class RoleKind(Enum):
    """How a role is hosted (R-I1, R-J1, R-K1)."""

    WORKER = "worker role"
    HWC_WEB = "web role without Sites"
    FULL_IIS_WEB = "full IIS web role"

    @property
    def is_web(self) -> bool:
        """Whether the definition calls it a web role."""
        return self is not RoleKind.WORKER


class TaskType(StrEnum):
    """What a startup task is: waited for until exit 0 (the default), started only, or started and kept (R-G2, R-G3)."""

    SIMPLE = "simple"
    BACKGROUND = "background"
    FOREGROUND = "foreground"


class ExecutionContext(StrEnum):
    """The privileges of a process: those of the role's account (the default), or an administrator's."""

    LIMITED = "limited"
    ELEVATED = "elevated"


class EndpointKind(StrEnum):
    """Who can reach an endpoint: everybody through the load balancer, the deployment, or one instance from outside."""

    INPUT = "InputEndpoint"
    INTERNAL = "InternalEndpoint"
    INSTANCE_INPUT = "InstanceInputEndpoint"


class EntryPointKind(StrEnum):
    """What the definition says about the role's own code; `NONE` leaves it to the role's assembly, if it has any."""

    NETFX = "netfx"
    PROGRAM = "program"
    NONE = "none"


class TopologyChangeDiscovery(StrEnum):
    """How instances learn of a topology change: one upgrade domain after the other (the default), or all at once."""

    UPGRADE_DOMAIN_WALK = "UpgradeDomainWalk"
    BLAST = "Blast"


@dataclass(frozen=True, slots=True)
class Task:
    """One startup task, in the place where the bootstrapper meets it.

    `module` is the imported module it comes from (`None`: the role's own), `relative_path` its working folder below
    the role root, `environment` its variables in order (a value that the runtime fills in is kept as `xpath:...`).
    `partner` is the index, in `Role.tasks`, of the background task that a `/blockStartup` task waits for (R-H3).
    """

    command: str
    type: TaskType = TaskType.SIMPLE
    context: ExecutionContext = ExecutionContext.LIMITED
    module: str | None = None
    relative_path: str = "approot\\"
    location: Location = NOWHERE
    environment: tuple[tuple[str, str], ...] = ()
    partner: int | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of a role.

    `port` is the public port of an input endpoint and the fixed port of an internal one (`None`: any), `local_port`
    the port inside the guest (`None`: the platform chooses). `port_range` is the public range of an instance input
    endpoint, or the range of an internal one. `probe` names a custom load-balancer probe; with `ignores_status` the
    endpoint stays in rotation whatever the role says. `module` is the imported module that defines it (`None`: the
    role itself). `load_balancer` names an internal load balancer of the configuration.
    """

    name: str
    kind: EndpointKind
    protocol: str
    port: int | None = None
    local_port: int | None = None
    probe: str | None = None
    ignores_status: bool = False
    certificate: str | None = None
    location: Location = NOWHERE
    port_range: tuple[int, int] | None = None
    module: str | None = None
    load_balancer: str | None = None

    @property
    def is_public(self) -> bool:
        """Whether the load balancer serves it, so that its role's instances enter rotation (R-9)."""
        return self.kind is EndpointKind.INPUT


@dataclass(frozen=True, slots=True)
class Probe:
    """A custom load-balancer probe, which replaces the guest agent's own; without a `port` it asks the endpoint's."""

    name: str
    protocol: str
    port: int | None = None
    path: str | None = None
    interval_seconds: int = 15
    timeout_seconds: int = 31
    location: Location = NOWHERE


@dataclass(frozen=True, slots=True)
class Binding:
    """What ties a site to an endpoint of its role, optionally for one host header."""

    name: str
    endpoint: str
    host_header: str | None = None
    location: Location = NOWHERE


@dataclass(frozen=True, slots=True)
class Site:
    r"""One site of a full IIS web role; `index` counts from 0 over `<Sites>`, as in `E:\Sitesroot\<index>` (R-8)."""

    name: str
    index: int
    physical_directory: str | None = None
    bindings: tuple[Binding, ...] = ()
    location: Location = NOWHERE


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """The `<Runtime>` of a role: which code, under which privileges, with which variables.

    `command` is the command line of a program, the assembly name of a .NET entry point, and empty for
    `EntryPointKind.NONE`. `set_ready_on_process_start` matters for programs only.
    """

    kind: EntryPointKind = EntryPointKind.NONE
    command: str = ""
    set_ready_on_process_start: bool = False
    location: Location = NOWHERE
    context: ExecutionContext = ExecutionContext.LIMITED
    environment: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LocalStorage:
    """A folder of `size_mb` megabytes that the guest agent makes for the role (R-D1)."""

    name: str
    size_mb: int = 1000
    clean_on_role_recycle: bool = True
    location: Location = NOWHERE


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that the guest agent installs (R-D1); the configuration gives its `thumbprint`."""

    name: str
    store_location: str
    store_name: str
    elevated_only: bool = False
    thumbprint: str | None = None
    location: Location = NOWHERE
    module: str | None = None


@dataclass(frozen=True, slots=True)
class Import:
    """An imported module, such as `Diagnostics`."""

    module: str
    location: Location = NOWHERE


@dataclass(frozen=True, slots=True)
class Note:
    """A remark on one place of the files: something is not modelled, was read in an unusual way, or will not work."""

    location: Location
    element: str
    reason: str

    def __str__(self) -> str:
        return f"{self.location}: {self.element}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Assumption:
    """How a part of a role's code always behaves, as the user assumes: no file says so (see `model.assumption`).

    `subject` is a startup task by the name of its component, a method such as `OnStart`, or empty for the role as a
    whole; `way` is what it does, and `later` that it does so from the second start on only.
    """

    subject: str
    way: str
    later: bool = False

    def __str__(self) -> str:
        return f"{self.subject} {self.way}".strip() + (" from the second start on" if self.later else "")


def upgrade_domain(instance: int, count: int) -> int:
    """The upgrade domain of instance number `instance` (from 0) among `count` domains, which take turns.

    Ten instances in five domains make two each, fourteen make 3, 3, 3, 3, 2, as the page on updating a service says.

    >>> [upgrade_domain(i, 5) for i in range(7)]
    [0, 1, 2, 3, 4, 0, 1]
    """
    if instance < 0 or count < 1:
        raise ValueError(f"instance {instance} of {count} upgrade domains: instances count from 0, domains from 1")
    return instance % count


def file_name(command: str) -> str:
    r"""The file name of the program in a command line.

    >>> file_name(r'"Start up\install.cmd" /quiet'), file_name("tools/a.exe > log")
    ('install.cmd', 'a.exe')
    """
    text = command.strip()
    program = text[1:].partition('"')[0] if text.startswith('"') else text.split(maxsplit=1)[0] if text else ""
    return program.replace("\\", "/").rpartition("/")[2] or text


def distinct(names: Sequence[str], longer: Sequence[str]) -> tuple[str, ...]:
    """The names, with a longer one where several are the same in any case, and with a number where that does not help.

    >>> distinct(["a", "b", "a", "a"], ["a 1", "b", "a 2", "a 2"])
    ('a 1', 'b', 'a 2', 'a 2 #2')
    """
    times = Counter(name.casefold() for name in names)
    chosen = [long if times[name.casefold()] > 1 else name for name, long in zip(names, longer, strict=True)]
    seen: Counter[str] = Counter()
    found = []
    for name in chosen:
        seen[name.casefold()] += 1
        found.append(name if seen[name.casefold()] == 1 else f"{name} #{seen[name.casefold()]}")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Role:
    """One role: what runs in each of its `instances` virtual machines, and what is assumed of its code.

    Raises `ValueError` for fewer than one instance, and for a task whose partner is not an earlier background task.
    """

    name: str
    kind: RoleKind
    instances: int = 1
    tasks: tuple[Task, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    sites: tuple[Site, ...] = ()
    entry_point: EntryPoint = EntryPoint()
    local_storage: tuple[LocalStorage, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    settings: tuple[str, ...] = ()
    imports: tuple[Import, ...] = ()
    vm_size: str = "Small"
    location: Location = NOWHERE
    assumptions: tuple[Assumption, ...] = ()

    def __post_init__(self) -> None:
        if self.instances < 1:
            raise ValueError(f"role {self.name!r} has {self.instances} instances; at least 1 is needed")
        for index, task in enumerate(self.tasks):
            if task.partner is not None and not (
                0 <= task.partner < index and self.tasks[task.partner].type is TaskType.BACKGROUND
            ):
                raise ValueError(
                    f"task {index} ({task.command!r}) of role {self.name!r}: partner {task.partner} "
                    "is not an earlier background task"
                )

    @property
    def input_endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints that the load balancer serves."""
        return tuple(endpoint for endpoint in self.endpoints if endpoint.is_public)

    @property
    def task_names(self) -> tuple[str, ...]:
        """What to call each startup task: the file name of its command line; where that leaves two the same, the whole
        command line, and after it a number where even that does.

        >>> tasks = (Task("bin/a.cmd 1"), Task('"b c.exe" /q'), Task("a.cmd 2"))
        >>> Role("Web", RoleKind.WORKER, tasks=tasks).task_names
        ('bin/a.cmd 1', 'b c.exe', 'a.cmd 2')
        """
        return distinct([file_name(task.command) for task in self.tasks], [task.command for task in self.tasks])

    def upgrade_domain(self, instance: int, count: int) -> int:
        """The upgrade domain of one of the role's instances; `IndexError` if the role has no such instance."""
        if not 0 <= instance < self.instances:
            raise IndexError(f"role {self.name!r} has instances 0 to {self.instances - 1}, not {instance}")
        return upgrade_domain(instance, count)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A service definition and its configuration, checked together.

    `sources` are the files it was read from, as the user named them. `os_family` and `os_version` are those of the
    configuration. `warnings` say what the platform accepts and what will most likely not work, `notes` what is not
    modelled. Raises `ValueError` for two roles of one name.
    """

    name: str
    roles: tuple[Role, ...]
    probes: tuple[Probe, ...] = ()
    upgrade_domain_count: int = 5
    topology_change_discovery: TopologyChangeDiscovery = TopologyChangeDiscovery.UPGRADE_DOMAIN_WALK
    os_family: int = 1
    os_version: str = "*"
    sources: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    schema_version: str | None = None
    location: Location = NOWHERE
    warnings: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        names = [role.name.casefold() for role in self.roles]
        if len(set(names)) != len(names):
            raise ValueError(f"deployment {self.name!r} names a role twice: {', '.join(r.name for r in self.roles)}")

    def role(self, name: str) -> Role:
        """The role of that name; `KeyError` if there is none."""
        for role in self.roles:
            if role.name == name:
                return role
        raise KeyError(name)

    def probe(self, name: str) -> Probe:
        """The load-balancer probe of that name; `KeyError` if there is none."""
        for probe in self.probes:
            if probe.name == name:
                return probe
        raise KeyError(name)

    def instances(self) -> Iterator[tuple[Role, int, int]]:
        """Every instance as role, number and upgrade domain, roles in definition order."""
        for role in self.roles:
            for instance in range(role.instances):
                yield role, instance, role.upgrade_domain(instance, self.upgrade_domain_count)
