"""Every mistake is reported with its line, what was allowed and the likely fix, and all of them at once."""

from pathlib import Path

import pytest

from goalstate.model.deployment import DeploymentError, Location, Problem, read_deployment

from .services import configuration, definition, read, refused, web, worker

HTTP_IN = '<Endpoints><InputEndpoint name="HttpIn" protocol="http" port="80" /></Endpoints>'
NAME_RULE = (
    "allowed: a-z, A-Z or _ first, none of \\ / : * ? \" < > | ` ' ^, "
    "no control characters, no dot or blank at the end; "
)

CASES: dict[str, tuple[str, ...]] = {
    "unknown task type": (
        worker('<Startup><Task commandLine="a.cmd" taskType="backgroud" /></Startup>'),
        "a.csdef:3: taskType 'backgroud' is unknown in <Task>; allowed: 'simple', 'background', 'foreground'; "
        "did you mean 'background'?",
    ),
    "unknown context": (
        worker('<Startup><Task commandLine="a.cmd" executionContext="root" /></Startup>'),
        "a.csdef:3: executionContext 'root' is unknown in <Task>; allowed: 'limited', 'elevated'; use one of these",
    ),
    "task without command": (
        worker("<Startup>", "<Task />", "</Startup>"),
        "a.csdef:4: attribute 'commandLine' is missing in <Task>; allowed: 1 to 256 characters; "
        'add commandLine="..."',
    ),
    "empty command": (
        worker('<Startup><Task commandLine="" /></Startup>'),
        "a.csdef:3: commandLine has 0 characters in <Task>; allowed: 1 to 256; give a text of that length",
    ),
    "misspelt attribute": (
        worker('<Startup><Task commandLine="a.cmd" taskTyp="background" /></Startup>'),
        "a.csdef:3: unknown attribute 'taskTyp' in <Task>; allowed: 'commandLine', 'taskType', 'executionContext'; "
        "did you mean 'taskType'?",
    ),
    "misspelt element": (
        worker("<Startups />"),
        "a.csdef:3: unknown element 'Startups' in <WorkerRole>; allowed: 'Imports', 'Startup', 'Endpoints', "
        "'InputEndpoints', 'InternalEndpoint', 'ConfigurationSettings', 'Certificates', 'Runtime', 'LocalResources', "
        "'LocalStorage', 'Contents'; did you mean 'Startup'?",
    ),
    "stray text": (
        worker("/>"),
        "a.csdef:2: text '/>' in <WorkerRole>; allowed: elements and attributes only; delete it",
    ),
    "element twice": (
        worker("<Startup />", "<Startup />"),
        "a.csdef:4: <Startup> appears twice in <WorkerRole>; allowed: once; merge it with line 3",
    ),
    "blocking task alone": (
        worker('<Startup><Task commandLine="Agent.exe /blockStartup" /></Startup>'),
        "a.csdef:3: task 'Agent.exe /blockStartup' waits for a background task of the same program, and there is none; "
        'allowed: one before it; add the program without /blockStartup as a task with taskType="background" before it',
    ),
    "blocking task too early": (
        worker(
            "<Startup>",
            '<Task commandLine="Agent.exe /blockStartup" />',
            '<Task commandLine="Agent.exe" taskType="background" />',
            "</Startup>",
        ),
        "a.csdef:4: task 'Agent.exe /blockStartup' waits for a background task of the same program, which is started "
        "only after it; allowed: one before it; move the task of line 5 before it",
    ),
    "no role": (definition(), "a.csdef:1: no role; allowed: 1 to 25 roles; add a <WebRole> or <WorkerRole>"),
    "too many roles": (
        definition(*(f'<WorkerRole name="W{number}" />' for number in range(26))),
        "a.csdef:1: 26 roles; allowed: 1 to 25 roles; split the service",
    ),
    "unknown kind of role": (
        definition('<WorkerRole name="W" />', '<VirtualMachineRole name="V" />'),
        "a.csdef:3: unknown kind of role <VirtualMachineRole>; allowed: <WebRole>, <WorkerRole>; make it one of these",
    ),
    "misspelt kind of role": (
        definition('<WorkerRole name="W" />', '<WokerRole name="V" />'),
        "a.csdef:3: unknown kind of role <WokerRole>; allowed: <WebRole>, <WorkerRole>; did you mean 'WorkerRole'?",
    ),
    "role twice": (
        definition('<WorkerRole name="W" />', '<WebRole name="w" />'),
        "a.csdef:3: role 'w' appears twice; allowed: each name once in a service; "
        "rename it or delete it (first: line 2)",
    ),
    "role without name": (
        definition("<WorkerRole />"),
        f"a.csdef:2: attribute 'name' is missing in <WorkerRole>; {NAME_RULE}add name=\"...\"",
    ),
    "role name of two lines": (
        worker(name="a&#10;b"),
        f"a.csdef:2: name 'a\\nb' is not a valid name in <WorkerRole>; {NAME_RULE}rename it",
    ),
    "long role name": (
        worker(name="a" * 257),
        "a.csdef:2: name has 257 characters in <WorkerRole>; allowed: 1 to 256; shorten it",
    ),
    "bad role name": (
        worker(name="a/b"),
        f"a.csdef:2: name 'a/b' is not a valid name in <WorkerRole>; {NAME_RULE}rename it",
    ),
    "endpoint twice": (
        worker(
            "<Endpoints>",
            '<InputEndpoint name="In" protocol="tcp" port="80" />',
            '<InternalEndpoint name="In" protocol="tcp" />',
            "</Endpoints>",
        ),
        "a.csdef:5: endpoint 'In' appears twice; allowed: each name once in a role; "
        "rename it or delete it (first: line 4)",
    ),
    "port out of range": (
        worker('<Endpoints><InputEndpoint name="In" protocol="tcp" port="65536" /></Endpoints>'),
        "a.csdef:3: port 65536 is out of range in <InputEndpoint>; allowed: 1 to 65535; give a number in that range",
    ),
    "port no number": (
        worker('<Endpoints><InputEndpoint name="In" protocol="tcp" port="http" /></Endpoints>'),
        "a.csdef:3: port 'http' is not a whole number in <InputEndpoint>; allowed: 1 to 65535; give a number",
    ),
    "endpoint of no protocol": (
        worker('<Endpoints><InputEndpoint name="In" port="80" /></Endpoints>'),
        "a.csdef:3: attribute 'protocol' is missing in <InputEndpoint>; allowed: 'http', 'https', 'tcp', 'udp'; "
        'add protocol="..."',
    ),
    "attribute by another name": (
        worker('<Endpoints><InputEndpoint name="In" protocol="tcp" ports="80" /></Endpoints>'),
        "a.csdef:3: unknown attribute 'ports' in <InputEndpoint>; allowed: 'port', 'localPort', 'name', 'protocol', "
        "'loadBalancerProbe', 'ignoreRoleInstanceStatus', 'certificate', 'loadBalancer', 'loadBalancerDistribution', "
        "'idleTimeoutInMinutes'; did you mean 'port'?",
    ),
    "port missing": (
        worker('<Endpoints><InputEndpoint name="In" protocol="tcp" /></Endpoints>'),
        "a.csdef:3: attribute 'port' is missing in <InputEndpoint>; allowed: 1 to 65535; add port=\"...\"",
    ),
    "local port no number": (
        worker('<Endpoints><InputEndpoint name="In" protocol="tcp" port="80" localPort="any" /></Endpoints>'),
        "a.csdef:3: localPort 'any' is not a whole number in <InputEndpoint>; allowed: 1 to 65535, or '*'; "
        "give a number",
    ),
    "unknown protocol": (
        worker('<Endpoints><InputEndpoint name="In" protocol="htp" port="80" /></Endpoints>'),
        "a.csdef:3: protocol 'htp' is unknown in <InputEndpoint>; allowed: 'http', 'https', 'tcp', 'udp'; "
        "did you mean 'http'?",
    ),
    "bad truth value": (
        worker(
            '<Endpoints><InputEndpoint name="In" protocol="tcp" port="80" ignoreRoleInstanceStatus="True" />',
            "</Endpoints>",
        ),
        "a.csdef:3: ignoreRoleInstanceStatus 'True' is not a truth value in <InputEndpoint>; "
        "allowed: 'true' or 'false'; did you mean 'true'?",
    ),
    "port taken": (
        definition(
            f'<WorkerRole name="A">{HTTP_IN}</WorkerRole>',
            '<WorkerRole name="B"><Endpoints>',
            '<InputEndpoint name="In" protocol="tcp" port="80" />',
            "</Endpoints></WorkerRole>",
        ),
        "a.csdef:4: tcp port 80 of endpoint 'In' taken; allowed: each public port once in a service; "
        "use another port (first: 'HttpIn', line 2)",
    ),
    "port range taken": (
        worker(
            "<Endpoints>",
            '<InputEndpoint name="A" protocol="http" port="8080" />',
            '<InstanceInputEndpoint name="B" protocol="tcp" localPort="80">',
            '<AllocatePublicPortFrom><FixedPortRange min="8000" max="8100" /></AllocatePublicPortFrom>',
            "</InstanceInputEndpoint></Endpoints>",
        ),
        "a.csdef:5: tcp ports 8000 to 8100 of endpoint 'B' taken; allowed: each public port once in a service; "
        "use another port (first: 'A', line 4)",
    ),
    "port range empty": (
        worker(
            '<Endpoints><InternalEndpoint name="A" protocol="tcp">',
            '<FixedPortRange min="20" max="10" /></InternalEndpoint></Endpoints>',
        ),
        "a.csdef:4: port range 20 to 10 is empty; allowed: min at most max; swap them",
    ),
    "instance endpoint without ports": (
        worker('<Endpoints><InstanceInputEndpoint name="B" protocol="tcp" localPort="80" /></Endpoints>'),
        "a.csdef:3: InstanceInputEndpoint 'B' has no public ports; allowed: one FixedPortRange; add "
        "<AllocatePublicPortFrom><FixedPortRange min=... max=.../></AllocatePublicPortFrom>",
    ),
    "unknown probe": (
        definition(
            '<LoadBalancerProbes><LoadBalancerProbe name="Health" protocol="tcp" /></LoadBalancerProbes>',
            '<WorkerRole name="W"><Endpoints>',
            '<InputEndpoint name="In" protocol="tcp" port="80" loadBalancerProbe="Heath" />',
            "</Endpoints></WorkerRole>",
        ),
        "a.csdef:4: endpoint 'In' names unknown probe 'Heath'; allowed: 'Health'; did you mean 'Health'?",
    ),
    "probe where there are none": (
        worker('<Endpoints><InputEndpoint name="In" protocol="tcp" port="80" loadBalancerProbe="Ping" /></Endpoints>'),
        "a.csdef:3: endpoint 'In' names unknown probe 'Ping'; allowed: none; declare it in <LoadBalancerProbes>",
    ),
    "probe too often": (
        definition(
            '<LoadBalancerProbes><LoadBalancerProbe name="P" protocol="tcp" intervalInSeconds="4" />',
            "</LoadBalancerProbes>",
            '<WorkerRole name="W" />',
        ),
        "a.csdef:2: intervalInSeconds 4 is out of range in <LoadBalancerProbe>; allowed: 5 to 2147483647; "
        "give a number in that range",
    ),
    "http probe without path": (
        definition(
            '<LoadBalancerProbes><LoadBalancerProbe name="P" protocol="http" /></LoadBalancerProbes>',
            '<WorkerRole name="W" />',
        ),
        "a.csdef:2: http probe 'P' has no path; allowed: a path such as '/probe'; "
        'add path="...", or use protocol="tcp"',
    ),
    "tcp probe with path": (
        definition(
            '<LoadBalancerProbes><LoadBalancerProbe name="P" protocol="tcp" path="/" /></LoadBalancerProbes>',
            '<WorkerRole name="W" />',
        ),
        "a.csdef:2: tcp probe 'P' has a path; allowed: no path for tcp; delete path, or use protocol=\"http\"",
    ),
    "probe twice": (
        definition(
            "<LoadBalancerProbes>",
            '<LoadBalancerProbe name="P" protocol="tcp" />',
            '<LoadBalancerProbe name="P" protocol="tcp" />',
            "</LoadBalancerProbes>",
            '<WorkerRole name="W" />',
        ),
        "a.csdef:4: probe 'P' appears twice; allowed: each name once in a service; "
        "rename it or delete it (first: line 3)",
    ),
    "https without certificate": (
        worker('<Endpoints><InputEndpoint name="In" protocol="https" port="443" /></Endpoints>'),
        "a.csdef:3: https endpoint 'In' has no certificate; allowed: none; add certificate=\"...\"",
    ),
    "unknown certificate": (
        worker(
            '<Certificates><Certificate name="Ssl" storeLocation="LocalMachine" storeName="My" /></Certificates>',
            '<Endpoints><InputEndpoint name="In" protocol="https" port="443" certificate="SSLCert" /></Endpoints>',
        ),
        "a.csdef:4: endpoint 'In' names unknown certificate 'SSLCert'; allowed: 'Ssl'; declare it in <Certificates>",
    ),
    "unknown store location": (
        worker('<Certificates><Certificate name="Ssl" storeLocation="Local" storeName="My" /></Certificates>'),
        "a.csdef:3: storeLocation 'Local' is unknown in <Certificate>; allowed: 'LocalMachine', 'CurrentUser'; "
        "use one of these",
    ),
    "site bound to nothing": (
        web(
            HTTP_IN,
            '<Sites><Site name="Web"><Bindings>',
            '<Binding name="B" endpointName="HttpInn" />',
            "</Bindings></Site></Sites>",
        ),
        "a.csdef:5: binding 'B' names unknown endpoint 'HttpInn'; allowed: 'HttpIn'; did you mean 'HttpIn'?",
    ),
    "site without binding": (
        web('<Sites><Site name="Web" /></Sites>'),
        "a.csdef:3: site 'Web' has no binding; allowed: at least one; "
        "add <Bindings><Binding name=... endpointName=.../></Bindings>",
    ),
    "no site in sites": (
        web("<Sites />"),
        "a.csdef:3: a <Sites> without a <Site>; allowed: at least one; "
        "add a site, or delete <Sites> for an HWC web role",
    ),
    "program in a web role": (
        web(
            "<Runtime><EntryPoint>",
            '<ProgramEntryPoint commandLine="a.exe" setReadyOnProcessStart="true" />',
            "</EntryPoint></Runtime>",
        ),
        "a.csdef:4: a ProgramEntryPoint in a web role; allowed: NetFxEntryPoint there; "
        "move the program to a worker role or a startup task",
    ),
    "program without readiness": (
        worker('<Runtime><EntryPoint><ProgramEntryPoint commandLine="a.exe" /></EntryPoint></Runtime>'),
        "a.csdef:3: attribute 'setReadyOnProcessStart' is missing in <ProgramEntryPoint>; allowed: 'true' or 'false'; "
        'add setReadyOnProcessStart="..."',
    ),
    "two entry points": (
        worker(
            "<Runtime>",
            '<EntryPoint><NetFxEntryPoint assemblyName="a.dll" /><NetFxEntryPoint assemblyName="b.dll" /></EntryPoint>',
            "</Runtime>",
        ),
        "a.csdef:4: an <EntryPoint> with 2 entry points; allowed: one NetFxEntryPoint or ProgramEntryPoint; keep one",
    ),
    "variable with two values": (
        worker(
            '<Startup><Task commandLine="a.cmd"><Environment>',
            '<Variable name="V" value="1"><RoleInstanceValue xpath="/x" /></Variable>',
            "</Environment></Task></Startup>",
        ),
        "a.csdef:4: variable 'V' has a value and a RoleInstanceValue; allowed: one of them; delete one",
    ),
    "variable twice": (
        worker(
            '<Startup><Task commandLine="a.cmd"><Environment>',
            '<Variable name="V" value="1" />',
            '<Variable name="V" value="2" />',
            "</Environment></Task></Startup>",
        ),
        "a.csdef:5: variable 'V' appears twice; allowed: each name once in an environment; "
        "rename it or delete it (first: line 4)",
    ),
    "import twice": (
        worker("<Imports>", '<Import moduleName="Diagnostics" />', '<Import moduleName="Diagnostics" />', "</Imports>"),
        "a.csdef:5: import 'Diagnostics' appears twice; allowed: each name once in a role; "
        "rename it or delete it (first: line 4)",
    ),
    "misspelt module": (
        worker('<Imports><Import moduleName="RemoteAcces" /></Imports>'),
        "a.csdef:3: unknown module 'RemoteAcces'; allowed: 'Diagnostics', 'RemoteAccess', 'RemoteForwarder', "
        "'Caching', 'Connect', 'WebDeploy', 'Profiling', 'RemoteDebugger', 'RemoteDebuggerConnector'; "
        "did you mean 'RemoteAccess'? (or put RemoteAcces.csplugin beside the definition)",
    ),
    "too many upgrade domains": (
        definition('<WorkerRole name="W" />', attributes='upgradeDomainCount="21"'),
        "a.csdef:1: upgradeDomainCount 21 is out of range in <ServiceDefinition>; allowed: 1 to 20; "
        "give a number in that range",
    ),
    "unknown topology discovery": (
        definition('<WorkerRole name="W" />', attributes='topologyChangeDiscovery="blast"'),
        "a.csdef:1: topologyChangeDiscovery 'blast' is unknown in <ServiceDefinition>; "
        "allowed: 'UpgradeDomainWalk', 'Blast'; did you mean 'Blast'?",
    ),
    "storage of no size": (
        worker('<LocalResources><LocalStorage name="L" sizeInMB="0" /></LocalResources>'),
        "a.csdef:3: sizeInMB 0 is out of range in <LocalStorage>; allowed: 1 to 2147483647; "
        "give a number in that range",
    ),
    "plugin as service": (
        '<RoleModule namespace="X" />',
        "a.csdef:1: root element <RoleModule>; allowed: <ServiceDefinition>; "
        "this is a plugin (.csplugin), not a service",
    ),
    "configuration as definition": (
        configuration(),
        "a.csdef:1: root element <ServiceConfiguration>; allowed: <ServiceDefinition>; "
        "this is a configuration (.cscfg)",
    ),
    "foreign namespace": (
        '<ServiceDefinition name="Shop" xmlns="urn:x"><WorkerRole name="W" /></ServiceDefinition>',
        "a.csdef:1: namespace 'urn:x'; allowed: http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition; "
        'write xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition"',
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_mistake_in_the_definition(tmp_path: Path, case: tuple[str, ...]) -> None:
    csdef, *messages = case
    assert refused(tmp_path, csdef) == messages


CONFIGURED = {
    "another service": (
        configuration('<Role name="Worker"><Instances count="1" /></Role>', name="Store"),
        "a.cscfg:1: configuration of service 'Store'; allowed: serviceName 'Shop'; "
        "give the configuration of 'Shop' (a.csdef:1)",
    ),
    "role missing": (
        configuration(),
        "a.csdef:2: role 'Worker' is not in the configuration a.cscfg; allowed: every role in both files; "
        'add <Role name="Worker"> with <Instances> there',
    ),
    "role too many": (
        configuration(
            '<Role name="Worker"><Instances count="1" /></Role>', '<Role name="Extra"><Instances count="1" /></Role>'
        ),
        "a.cscfg:3: role 'Extra' is not in the definition; allowed: 'Worker'; delete it, or define it in a.csdef",
    ),
    "no instance": (
        configuration('<Role name="Worker"><Instances count="0" /></Role>'),
        "a.cscfg:2: count 0 is out of range in <Instances>; allowed: 1 to 1000000; give a number in that range",
    ),
    "negative instances": (
        configuration('<Role name="Worker"><Instances count="-3" /></Role>'),
        "a.cscfg:2: count -3 is out of range in <Instances>; allowed: 1 to 1000000; give a number in that range",
    ),
    "instances missing": (
        configuration('<Role name="Worker" />'),
        "a.cscfg:2: role 'Worker' has no <Instances>; allowed: one; add <Instances count=\"1\" />",
    ),
    "role twice": (
        configuration(
            '<Role name="Worker"><Instances count="1" /></Role>', '<Role name="Worker"><Instances count="2" /></Role>'
        ),
        "a.cscfg:3: role 'Worker' appears twice; allowed: each name once in a configuration; "
        "rename it or delete it (first: line 2)",
    ),
    "setting without value": (
        configuration(
            '<Role name="Worker"><Instances count="1" />',
            '<ConfigurationSettings><Setting name="S" /></ConfigurationSettings></Role>',
        ),
        "a.cscfg:3: setting 'S' has no value; allowed: any text; add value=\"...\"",
    ),
    "bad thumbprint": (
        configuration(
            '<Role name="Worker"><Instances count="1" /><Certificates>',
            '<Certificate name="C" thumbprint="xyz" thumbprintAlgorithm="sha1" />',
            "</Certificates></Role>",
        ),
        "a.cscfg:3: certificate 'C' has thumbprint 'xyz'; allowed: hexadecimal digits; copy it from the certificate",
    ),
    "definition as configuration": (
        worker(),
        "a.cscfg:1: root element <ServiceDefinition>; allowed: <ServiceConfiguration>; this is a definition (.csdef)",
    ),
}


@pytest.mark.parametrize(("cscfg", "message"), CONFIGURED.values(), ids=CONFIGURED.keys())
def test_a_mistake_in_the_configuration(tmp_path: Path, cscfg: str, message: str) -> None:
    assert refused(tmp_path, worker(), cscfg) == [message]


def test_all_mistakes_of_both_files_are_reported_in_the_order_of_the_files(tmp_path: Path) -> None:
    csdef = worker(
        '<Startup priority="x">',
        '<Task commandLine="a.cmd" taskType="often" />',
        "</Startup>",
        '<LocalStorage sizeInMB="1" name="." />',
    )
    messages = refused(tmp_path, csdef, configuration('<Role name="Worker"><Instances count="no" /></Role>'))
    assert [message.partition(";")[0] for message in messages] == [
        "a.csdef:3: priority 'x' is not a whole number in <Startup>",
        "a.csdef:4: taskType 'often' is unknown in <Task>",
        "a.csdef:6: name '.' is not a valid name in <LocalStorage>",
        "a.cscfg:2: count 'no' is not a whole number in <Instances>",
    ]


def test_an_error_carries_its_problems(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError) as caught:
        read(tmp_path, definition())
    assert caught.value.problems == (
        Problem(
            Location(str(tmp_path / "a.csdef"), 1), "no role; allowed: 1 to 25 roles; add a <WebRole> or <WorkerRole>"
        ),
    )


def test_the_same_port_may_serve_tcp_and_udp(tmp_path: Path) -> None:
    csdef = worker(
        "<Endpoints>",
        '<InputEndpoint name="A" protocol="tcp" port="53" />',
        '<InputEndpoint name="B" protocol="udp" port="53" />',
        "</Endpoints>",
    )
    assert [endpoint.port for endpoint in read(tmp_path, csdef).roles[0].endpoints] == [53, 53]


class TestChoiceOfFiles:
    def touch(self, folder: Path, *names: str) -> None:
        for name in names:
            text = (
                worker()
                if name.endswith("csdef")
                else configuration('<Role name="Worker"><Instances count="1"/></Role>')
            )
            (folder / name).write_text(text, encoding="utf-8")

    def message(self, *paths: Path) -> str:
        with pytest.raises(DeploymentError) as caught:
            read_deployment(paths)
        return str(caught.value)

    @pytest.mark.parametrize(
        ("others", "chosen"),
        [
            (
                ["ServiceConfiguration.Cloud.cscfg", "ServiceConfiguration.cscfg", "a.cscfg"],
                "ServiceConfiguration.Cloud.cscfg",
            ),
            (["ServiceConfiguration.cscfg", "ServiceConfiguration.Local.cscfg"], "ServiceConfiguration.cscfg"),
            (["ServiceConfiguration.Local.cscfg"], "ServiceConfiguration.Local.cscfg"),
        ],
    )
    def test_a_folder_prefers_the_cloud_configuration(self, tmp_path: Path, others: list[str], chosen: str) -> None:
        self.touch(tmp_path, "s.csdef", *others)
        assert read_deployment([tmp_path]).sources == (str(tmp_path / "s.csdef"), str(tmp_path / chosen))

    def test_undecidable_configurations_are_named(self, tmp_path: Path) -> None:
        self.touch(tmp_path, "s.csdef", "a.cscfg", "b.cscfg")
        assert self.message(tmp_path) == (
            f"{tmp_path}:1: several .cscfg files: 'a.cscfg', 'b.cscfg'; allowed: one that is named "
            "ServiceConfiguration.Cloud.cscfg or ServiceConfiguration.cscfg; name the .csdef and one of them, "
            f"as in goalstate verify {tmp_path / 's.csdef'} {tmp_path / 'a.cscfg'}"
        )

    def test_a_folder_without_definition(self, tmp_path: Path) -> None:
        assert self.message(tmp_path) == (
            f"{tmp_path}:1: no .csdef file in this folder; allowed: exactly one; "
            "name the .csdef (and the .cscfg) instead of the folder"
        )

    def test_a_folder_with_two_definitions(self, tmp_path: Path) -> None:
        self.touch(tmp_path, "a.csdef", "b.csdef")
        assert "several .csdef files: 'a.csdef', 'b.csdef'; allowed: exactly one" in self.message(tmp_path)

    def test_a_second_definition_and_a_stranger(self, tmp_path: Path) -> None:
        self.touch(tmp_path, "a.csdef", "b.csdef")
        allowed = "allowed: a folder, or one .csdef and at most one .cscfg"
        assert self.message(tmp_path / "a.csdef", tmp_path / "b.csdef", tmp_path / "c.zip").split("\n") == [
            f"{tmp_path / 'c.zip'}:1: there is no such file or folder; {allowed}; check the name",
            f"{tmp_path / 'b.csdef'}:1: a second .csdef file; {allowed}; give one of them",
        ]

    def test_a_file_of_another_kind(self, tmp_path: Path) -> None:
        self.touch(tmp_path, "a.csdef", "c.zip")
        assert "c.zip:1: neither a .csdef nor a .cscfg file; allowed: " in self.message(
            tmp_path / "a.csdef", tmp_path / "c.zip"
        )

    def test_a_configuration_alone(self, tmp_path: Path) -> None:
        self.touch(tmp_path, "a.cscfg")
        assert "no .csdef file given" in self.message(tmp_path / "a.cscfg")
        assert "no .csdef file given" in self.message()

    def test_without_configuration_there_is_one_instance_and_a_note(self, tmp_path: Path) -> None:
        self.touch(tmp_path, "a.csdef")
        deployment = read_deployment([tmp_path / "a.csdef"])
        assert deployment.roles[0].instances == 1
        assert [note.reason for note in deployment.notes] == ["no configuration given; one instance of every role"]
