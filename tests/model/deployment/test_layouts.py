"""What a well-formed service means, in today's layout and in older ones; what is not modelled is noted, never lost."""

from pathlib import Path

import pytest

from goalstate.model.deployment import (
    NOWHERE,
    Binding,
    Deployment,
    Endpoint,
    EndpointKind,
    EntryPoint,
    EntryPointKind,
    ExecutionContext,
    LocalStorage,
    Location,
    Note,
    Probe,
    Role,
    RoleKind,
    Site,
    Task,
    TaskType,
    TopologyChangeDiscovery,
    read_configuration,
    read_definition,
    upgrade_domain,
)

from .services import configuration, definition, read, web, worker
from .strategies import without_locations

SHOP = definition(
    "<LoadBalancerProbes>",
    '  <LoadBalancerProbe name="Ping" protocol="http" path="/ping" intervalInSeconds="5" timeoutInSeconds="100" />',
    "</LoadBalancerProbes>",
    '<WebRole name="Web" vmsize="Large">',
    "  <Sites>",
    '    <Site name="Main"><Bindings><Binding name="B" endpointName="HttpIn" /></Bindings></Site>',
    '    <Site name="Admin" physicalDirectory="..\\Admin">',
    '      <Bindings><Binding name="B" endpointName="HttpIn" hostHeader="admin.shop" /></Bindings>',
    "    </Site>",
    "  </Sites>",
    '  <Endpoints><InputEndpoint name="HttpIn" protocol="http" port="80" loadBalancerProbe="Ping" /></Endpoints>',
    "  <Startup>",
    '    <Task commandLine="setup.cmd" executionContext="elevated" taskType="simple">',
    "      <Environment>",
    '        <Variable name="MODE" value="full" />',
    '        <Variable name="EMULATED"><RoleInstanceValue xpath="/RoleEnvironment/Deployment/@emulated" /></Variable>',
    "      </Environment>",
    "    </Task>",
    '    <Task commandLine="watch.exe" taskType="foreground" />',
    "  </Startup>",
    "</WebRole>",
    '<WorkerRole name="Worker">',
    '  <Runtime executionContext="elevated">',
    '    <EntryPoint><ProgramEntryPoint commandLine="node.exe app.js" setReadyOnProcessStart="true" /></EntryPoint>',
    "  </Runtime>",
    "</WorkerRole>",
    attributes='upgradeDomainCount="3" topologyChangeDiscovery="Blast" schemaVersion="2012-10.1.8"',
)
CONFIGURATION = configuration(
    '<Role name="Web"><Instances count="4" /></Role>', '<Role name="Worker"><Instances count="1" /></Role>'
)


def test_a_whole_service(tmp_path: Path) -> None:
    deployment = read(tmp_path, SHOP, CONFIGURATION)
    store = LocalStorage("DiagnosticStore", 4096, False)
    assert without_locations(deployment) == Deployment(
        name="Shop",
        roles=(
            Role(
                "Web",
                RoleKind.FULL_IIS_WEB,
                4,
                (
                    Task(
                        "setup.cmd",
                        TaskType.SIMPLE,
                        ExecutionContext.ELEVATED,
                        None,
                        "approot\\bin",
                        environment=(("MODE", "full"), ("EMULATED", "xpath:/RoleEnvironment/Deployment/@emulated")),
                    ),
                    Task("watch.exe", TaskType.FOREGROUND, ExecutionContext.LIMITED, None, "approot\\bin"),
                ),
                (Endpoint("HttpIn", EndpointKind.INPUT, "http", 80, 80, "Ping"),),
                (
                    Site("Main", 0, None, (Binding("B", "HttpIn"),)),
                    Site("Admin", 1, "..\\Admin", (Binding("B", "HttpIn", "admin.shop"),)),
                ),
                local_storage=(store,),
                vm_size="Large",
            ),
            Role(
                "Worker",
                RoleKind.WORKER,
                1,
                entry_point=EntryPoint(
                    EntryPointKind.PROGRAM, "node.exe app.js", True, context=ExecutionContext.ELEVATED
                ),
                local_storage=(store,),
            ),
        ),
        probes=(Probe("Ping", "http", None, "/ping", 5, 100),),
        upgrade_domain_count=3,
        topology_change_discovery=TopologyChangeDiscovery.BLAST,
        schema_version="2012-10.1.8",
    )
    assert deployment.notes == ()
    assert deployment.sources == (str(tmp_path / "a.csdef"), str(tmp_path / "a.cscfg"))


def test_everything_knows_its_line(tmp_path: Path) -> None:
    deployment = read(tmp_path, SHOP, CONFIGURATION)
    web_role, worker_role = deployment.roles
    lines = {
        deployment.location: 1,
        deployment.probes[0].location: 3,
        web_role.location: 5,
        web_role.sites[1].location: 8,
        web_role.sites[1].bindings[0].location: 9,
        web_role.endpoints[0].location: 12,
        web_role.tasks[0].location: 14,
        web_role.tasks[1].location: 20,
        worker_role.location: 23,
        worker_role.entry_point.location: 25,
    }
    assert lines == {Location(str(tmp_path / "a.csdef"), line): line for line in lines.values()}


def test_instances_are_dealt_over_upgrade_domains(tmp_path: Path) -> None:
    deployment = read(tmp_path, SHOP, CONFIGURATION)
    assert [(role.name, number, domain) for role, number, domain in deployment.instances()] == [
        ("Web", 0, 0),
        ("Web", 1, 1),
        ("Web", 2, 2),
        ("Web", 3, 0),
        ("Worker", 0, 0),
    ]
    assert [sum(upgrade_domain(i, 5) == domain for i in range(14)) for domain in range(5)] == [3, 3, 3, 3, 2]


def test_a_web_role_without_sites_is_hwc(tmp_path: Path) -> None:
    (role,) = read(tmp_path, web()).roles
    assert role.kind is RoleKind.HWC_WEB
    assert role.sites == ()


def test_a_later_schema_demands_sites(tmp_path: Path) -> None:
    csdef = definition('<WebRole name="Web" />', attributes='schemaVersion="2015-04.2.6"')
    assert read(tmp_path, csdef).notes[0].reason == (
        "no <Sites>, which the schema of SDK 2.6 demands; read as an HWC web role"
    )


def test_kinds_of_endpoints(tmp_path: Path) -> None:
    csdef = worker(
        "<Endpoints>",
        '<InputEndpoint name="A" protocol="tcp" port="80" localPort="*" ignoreRoleInstanceStatus="1" />',
        '<InternalEndpoint name="B" protocol="any" port="*" />',
        '<InternalEndpoint name="C" protocol="tcp"><FixedPort port="9000" /></InternalEndpoint>',
        '<InternalEndpoint name="D" protocol="udp"><FixedPortRange min="1" max="9" /></InternalEndpoint>',
        '<InstanceInputEndpoint name="E" protocol="tcp" localPort="22">',
        '<AllocatePublicPortFrom><FixedPortRange min="10016" max="10020" /></AllocatePublicPortFrom>',
        "</InstanceInputEndpoint></Endpoints>",
    )
    (role,) = read(tmp_path, csdef).roles
    assert without_locations(role.endpoints) == (
        Endpoint("A", EndpointKind.INPUT, "tcp", 80, None, ignores_status=True),
        Endpoint("B", EndpointKind.INTERNAL, "any"),
        Endpoint("C", EndpointKind.INTERNAL, "tcp", 9000, 9000),
        Endpoint("D", EndpointKind.INTERNAL, "udp", port_range=(1, 9)),
        Endpoint("E", EndpointKind.INSTANCE_INPUT, "tcp", None, 22, port_range=(10016, 10020)),
    )
    assert [endpoint.name for endpoint in role.input_endpoints] == ["A"]


def noted(deployment: Deployment) -> list[tuple[int, str, str]]:
    return [(note.location.line, note.element, note.reason) for note in deployment.notes[:-1]]


OLD = "old layout; read as if inside "
NOTED = {
    "old endpoints": (
        web('<InputEndpoints><InputEndpoint name="In" protocol="http" port="80" /></InputEndpoints>'),
        [(3, "InputEndpoints", OLD + "<Endpoints>")],
    ),
    "old internal endpoint": (
        web('<InternalEndpoint name="In" protocol="tcp" />'),
        [(3, "InternalEndpoint", OLD + "<Endpoints>")],
    ),
    "old storage": (
        worker('<LocalStorage name="L" sizeInMB="5" />'),
        [(3, "LocalStorage", OLD + "<LocalResources>")],
    ),
    "old spelling": (
        worker('<LocalResources><LocalStorage name="L" sizeInMb="5" /></LocalResources>'),
        [(3, "LocalStorage/@sizeInMb", "read as sizeInMB, which is how the schema spells it")],
    ),
    "no namespace": (
        '<ServiceDefinition name="S"><WorkerRole name="W" /></ServiceDefinition>',
        [(1, "ServiceDefinition", "no namespace; read as if it had the usual one")],
    ),
    "contents": (
        worker('<Contents><Content destination="."><SourceDirectory path="." /></Content></Contents>'),
        [(3, "WorkerRole/Contents", "which files the package holds is not modelled")],
    ),
    "trust": (
        definition('<WorkerRole name="W" enableNativeCodeExecution="true" />'),
        [(2, "WorkerRole/@enableNativeCodeExecution", "trust levels are not modelled")],
    ),
    "traffic": (
        definition('<WorkerRole name="W" />', "<NetworkTrafficRules />"),
        [(3, "ServiceDefinition/NetworkTrafficRules", "traffic between roles is not modelled")],
    ),
    "balancing": (
        worker('<Endpoints><InputEndpoint name="A" protocol="tcp" port="1" idleTimeoutInMinutes="4" /></Endpoints>'),
        [(3, "InputEndpoint/@idleTimeoutInMinutes", "how connections are spread and kept is not modelled")],
    ),
    "unknown element": (
        worker("<Startup><Cache /></Startup>"),
        [(3, "Startup/Cache", "unknown element, not modelled; known here: 'Task'")],
    ),
    "unknown attribute": (
        worker('<Startup colour="red" />'),
        [(3, "Startup/@colour", "unknown attribute, not modelled; known here: 'priority'")],
    ),
    "foreign element": (
        worker('<x:Startup xmlns:x="urn:x" />'),
        [(3, "WorkerRole/{urn:x}Startup", "unknown element, not modelled; known here: 'Imports', 'Startup', "
          "'Endpoints', 'InputEndpoints', 'InternalEndpoint', 'ConfigurationSettings', 'Certificates', 'Runtime', "
          "'LocalResources', 'LocalStorage', 'Contents'")],
    ),
    "two ports": (
        worker('<Endpoints><InternalEndpoint name="A" protocol="tcp" port="1">',
               '<FixedPort port="2" /></InternalEndpoint></Endpoints>'),
        [(3, "InternalEndpoint", "more than one port given; the first is kept")],
    ),
    "priority": (
        worker('<Startup priority="-2" />'),
        [(3, "Startup/@priority", "-2 moves the role's tasks among those of modules; meant for modules only")],
    ),
    "reserved readiness": (
        worker(
            "<Runtime><EntryPoint>",
            '<ProgramEntryPoint commandLine="a.exe" setReadyOnProcessStart="false" />',
            "</EntryPoint></Runtime>",
        ),
        [(4, "ProgramEntryPoint/@setReadyOnProcessStart", "false is reserved for the future by the schema")],
    ),
    "virtual folders": (
        web(
            '<Endpoints><InputEndpoint name="In" protocol="http" port="80" /></Endpoints>',
            '<Sites><Site name="S"><VirtualApplication name="a" />',
            '<Bindings><Binding name="B" endpointName="In" /></Bindings></Site></Sites>',
        ),
        [(4, "Site/VirtualApplication", "the folders of a site are not modelled")],
    ),
    "foreign schema version": (
        definition('<WorkerRole name="W" />', attributes='schemaVersion="9"'),
        [(1, "ServiceDefinition/@schemaVersion", "'9' names no SDK; modules are those of SDK 1.8")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("csdef", "notes"), NOTED.values(), ids=NOTED.keys())
def test_what_is_read_but_not_modelled_is_noted(tmp_path: Path, csdef: str, notes: list[tuple[int, str, str]]) -> None:
    assert noted(read(tmp_path, csdef)) == notes


def test_old_layouts_mean_the_same_as_new_ones(tmp_path: Path) -> None:
    endpoint = '<InputEndpoint name="In" protocol="http" port="80" />'
    storage = '<LocalStorage name="L" sizeInMB="5" />'
    old = read(tmp_path, web(f"<InputEndpoints>{endpoint}</InputEndpoints>", storage))
    new = read(tmp_path, web(f"<Endpoints>{endpoint}</Endpoints>", f"<LocalResources>{storage}</LocalResources>"))
    assert without_locations(old) == without_locations(new)


def test_a_configuration_that_says_more_is_noted(tmp_path: Path) -> None:
    cscfg = configuration(
        '<Role name="Worker" vmName="shop"><Instances count="2" /><OsImage href="x" />',
        '<ConfigurationSettings><Setting name="Extra" value="secret" /></ConfigurationSettings></Role>',
        '<NetworkConfiguration><VirtualNetworkSite name="V" /></NetworkConfiguration>',
        '<GuestAgentSettings cleanupFirewallOnRoleRestart="false" />',
    )
    deployment = read(tmp_path, worker('<ConfigurationSettings><Setting name="S" /></ConfigurationSettings>'), cscfg)
    assert [(note.location.line, note.element) for note in deployment.notes] == [
        (2, "Role/@vmName"),
        (2, "Role/OsImage"),
        (4, "NetworkConfiguration/VirtualNetworkSite"),
        (5, "ServiceConfiguration/GuestAgentSettings"),
        (2, "Setting"),
        (2, "Setting"),
    ]
    assert [note.reason for note in deployment.notes[-2:]] == [
        "'Extra' is not declared for role 'Worker' in the definition",
        "'S' of role 'Worker' has no value here",
    ]
    assert "secret" not in repr(deployment)


def test_guest_os_and_thumbprints_come_from_the_configuration(tmp_path: Path) -> None:
    csdef = worker(
        '<Certificates><Certificate name="C" storeLocation="LocalMachine" storeName="Mine" /></Certificates>'
    )
    cscfg = configuration(
        '<Role name="Worker"><Instances count="1" /><Certificates>',
        '<Certificate name="C" thumbprint="AB 12" thumbprintAlgorithm="sha1" /></Certificates></Role>',
    ).replace("serviceName", 'osFamily="4" osVersion="WA-1" serviceName')
    deployment = read(tmp_path, csdef, cscfg)
    assert (deployment.os_family, deployment.os_version) == (4, "WA-1")
    assert deployment.roles[0].certificates[0].thumbprint == "AB 12"
    assert [note.reason for note in deployment.notes] == ["'Mine' is not one of Windows' own stores"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>\r\n' + worker(name="Wörker")
    (tmp_path / "a.csdef").write_bytes(text.encode(encoding))
    definition = read_definition(tmp_path / "a.csdef")
    assert definition.roles[0].name == "Wörker"
    assert definition.roles[0].location.line == 3
    assert definition.notes == ()


def test_utf_16_that_claims_to_be_utf_8(tmp_path: Path) -> None:
    text = '<?xml version="1.0" encoding="utf-8"?>\n' + worker(name="Wörker")
    (tmp_path / "a.csdef").write_bytes(text.encode("utf-16"))
    definition = read_definition(tmp_path / "a.csdef")
    assert definition.roles[0].name == "Wörker"
    assert [note.reason for note in definition.notes] == [
        "the declaration says utf-8, the byte-order mark UTF-16; read as UTF-16"
    ]


def test_a_configuration_alone(tmp_path: Path) -> None:
    (tmp_path / "a.cscfg").write_text(CONFIGURATION, encoding="utf-8")
    read_twice = [read_configuration(tmp_path / "a.cscfg") for _ in range(2)]
    assert read_twice[0] == read_twice[1]
    assert hash(read_twice[0]) == hash(read_twice[1])
    assert [(role.name, role.instances) for role in read_twice[0].roles] == [("Web", 4), ("Worker", 1)]


class TestValues:
    def test_a_role_has_an_instance(self) -> None:
        with pytest.raises(ValueError, match="role 'W' has 0 instances; at least 1 is needed"):
            Role("W", RoleKind.WORKER, 0)

    @pytest.mark.parametrize("partner", [-1, 0, 1, 2])
    def test_a_partner_is_an_earlier_background_task(self, partner: int) -> None:
        tasks = (Task("a.cmd"), Task("b.exe /blockStartup", partner=partner))
        with pytest.raises(ValueError, match=r"partner .* is not an earlier background task"):
            Role("W", RoleKind.WORKER, 1, tasks)

    def test_role_names_are_unique(self) -> None:
        with pytest.raises(ValueError, match="names a role twice: W, w"):
            Deployment("S", (Role("W", RoleKind.WORKER), Role("w", RoleKind.WORKER)))

    def test_looking_up(self) -> None:
        role, probe = Role("W", RoleKind.WORKER, 2), Probe("P", "tcp")
        deployment = Deployment("S", (role,), (probe,))
        assert deployment.role("W") is role
        assert deployment.probe("P") is probe
        assert role.upgrade_domain(1, 5) == 1
        for missing in (lambda: deployment.role("X"), lambda: deployment.probe("X")):
            with pytest.raises(KeyError):
                missing()
        with pytest.raises(IndexError, match="role 'W' has instances 0 to 1, not 2"):
            role.upgrade_domain(2, 5)
        with pytest.raises(ValueError, match="instances count from 0, domains from 1"):
            upgrade_domain(0, 0)

    def test_notes_name_their_place(self) -> None:
        assert str(Note(Location("a.csdef", 3), "Contents", "not modelled")) == "a.csdef:3: Contents: not modelled"

    def test_a_value_built_in_python_is_nowhere(self) -> None:
        assert str(Role("W", RoleKind.WORKER).location) == "<value>:0"
        assert NOWHERE.line == 0
