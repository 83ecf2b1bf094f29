"""What Azure refuses is refused; what it accepts but what keeps clients from an answer is a warning."""

from pathlib import Path

import pytest

from goalstate.model.deployment import DeploymentError, read_deployment
from goalstate.model.deployment.limits import DISK_GIB, PLACES, SERVICE

from .services import configuration, definition, read, refused, web, worker

HTTP_IN = '<Endpoints><InputEndpoint name="HttpIn" protocol="http" port="80" /></Endpoints>'
ONE = '<Role name="Worker"><Instances count="1" /></Role>'


def endpoints(kind: str, count: int) -> str:
    more = {
        "InputEndpoint": 'protocol="tcp" port="{}" />',
        "InternalEndpoint": 'protocol="tcp" />',
        "InstanceInputEndpoint": 'protocol="tcp" localPort="1"><AllocatePublicPortFrom>'
        '<FixedPortRange min="{0}" max="{0}" /></AllocatePublicPortFrom></InstanceInputEndpoint>',
    }[kind]
    return "".join(f'<{kind} name="{kind}{n}" ' + more.format(n + 1) for n in range(count))


def sites(*bindings: str) -> str:
    """A site for each argument, bound as it says; each on a line of its own."""
    return "\n".join(
        [
            "<Sites>",
            *(f'<Site name="S{n}"><Bindings>{one}</Bindings></Site>' for n, one in enumerate(bindings)),
            "</Sites>",
        ]
    )


def binding(endpoint: str, host: str = "") -> str:
    return f'<Binding name="B" endpointName="{endpoint}" hostHeader="{host}" />'


def rule(endpoint: str, role: str, source: str = "Worker") -> str:
    return (
        f'<NetworkTrafficRules><OnlyAllowTrafficTo><Destinations><RoleEndpoint endpointName="{endpoint}" '
        f'roleName="{role}"/></Destinations><WhenSource matches="AnyRule"><FromRole roleName="{source}"/></WhenSource>'
        "</OnlyAllowTrafficTo></NetworkTrafficRules>"
    )


def network(*lines: str) -> str:
    """A configuration of one worker role with a network; the first of the lines stands on line 4."""
    return configuration(ONE, "<NetworkConfiguration>", *lines, "</NetworkConfiguration>")


def guarded(*rules: str, role: str = "Worker", endpoint: str = "HttpIn", control: str = "Guard") -> str:
    """A network whose access control list has these rules, each on a line of its own from line 5 on."""
    return network(
        '<AccessControls><AccessControl name="Guard">',
        *rules,
        "</AccessControl></AccessControls>",
        f'<EndpointAcls><EndpointAcl role="{role}" endPoint="{endpoint}" accessControl="{control}" /></EndpointAcls>',
    )


def deny(subnet: str, order: int = 100) -> str:
    return f'<Rule action="deny" order="{order}" remoteSubnet="{subnet}" description="D" />'


def permit(subnet: str, order: int = 100) -> str:
    return f'<Rule action="permit" order="{order}" remoteSubnet="{subnet}" />'


REFUSED = {
    "task in a role": (
        worker('<Task commandLine="a.cmd" />'),
        "a.csdef:3: <Task> is misplaced in <WorkerRole>; allowed: in <Startup>; move it there",
    ),
    "sites of a worker role": (
        worker("<Sites />"),
        "a.csdef:3: <Sites> is misplaced in <WorkerRole>; allowed: in <WebRole>; move it there",
    ),
    "instances in a definition": (
        worker('<Instances count="2" />'),
        "a.csdef:3: <Instances> is misplaced in <WorkerRole>; allowed: in <Role> of a .cscfg; move it there",
    ),
    "unknown size": (
        definition('<WorkerRole name="W" vmsize="Standard_D1v2" />'),
        "a.csdef:2: role 'W' has unknown VM size 'Standard_D1v2'; allowed: 'ExtraSmall', 'Small', 'Medium', 'Large', "
        f"'ExtraLarge', 'A5', 'A6', 'A7', 'A8', 'A9', 'A10', and {len(DISK_GIB) - 11} more; "
        "did you mean 'Standard_D1_v2'?",
    ),
    "storage too large": (
        worker(
            "<LocalResources>",
            '<LocalStorage name="A" sizeInMB="100000" />',
            '<LocalStorage name="B" sizeInMB="130401" />',
            "</LocalResources>",
        ),
        "a.csdef:5: local storage of 230401 MB (largest: 'B', 130401 MB); allowed: 230400 MB in all on the local disk "
        'of size Small (225 GiB); make it smaller, or use a larger size, such as vmsize="Standard_F16"',
    ),
    "storage too large for every size": (
        worker('<LocalStorage name="A" sizeInMB="10000000" />'),
        "a.csdef:3: local storage of 10000000 MB (largest: 'A', 10000000 MB); allowed: 230400 MB in all on the local "
        "disk of size Small (225 GiB); make it smaller",
    ),
    "a rule for an unknown role": (
        definition(f'<WorkerRole name="Worker">{HTTP_IN}</WorkerRole>', rule("HttpIn", "Worke")),
        "a.csdef:3: traffic rule names unknown role 'Worke'; allowed: 'Worker'; did you mean 'Worker'?",
    ),
    "a rule from an unknown role": (
        definition(f'<WorkerRole name="Worker">{HTTP_IN}</WorkerRole>', rule("HttpIn", "Worker", "Zoo")),
        "a.csdef:3: traffic rule names unknown role 'Zoo'; allowed: 'Worker'; name a role of the definition",
    ),
    "a rule for an unknown endpoint": (
        definition(f'<WorkerRole name="Worker">{HTTP_IN}</WorkerRole>', rule("Tcp", "Worker")),
        "a.csdef:3: traffic rule names unknown endpoint of role 'Worker': 'Tcp'; allowed: 'HttpIn'; "
        "declare it in <Endpoints>",
    ),
    **{
        f"too many of kind {kind}": (
            worker(f"<Endpoints>{endpoints(kind, 26)}</Endpoints>"),
            f"a.csdef:3: 26 endpoints of kind {kind}; allowed: up to 25 in a service; delete some",
        )
        for kind in ("InputEndpoint", "InternalEndpoint", "InstanceInputEndpoint")
    },
    "unknown certificate beside a declared one": (
        worker(
            '<Certificates><Certificate name="Ssl" storeLocation="LocalMachine" storeName="My" /></Certificates>',
            '<Endpoints><InputEndpoint name="In" protocol="https" port="443" certificate="Tls" /></Endpoints>',
        ),
        "a.csdef:4: endpoint 'In' names unknown certificate 'Tls'; allowed: 'Ssl'; declare it in <Certificates>",
    ),
    "typographic quotation marks": (
        worker("<Startup><Task commandLine=“a.cmd” /></Startup>"),
        "a.csdef:3: typographic quotation mark “ in column 28; allowed: straight ones, \" or '; "
        "replace it (word processors and web pages put it there)",
    ),
}


@pytest.mark.parametrize(("csdef", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_a_definition_must_not_say(tmp_path: Path, csdef: str, message: str) -> None:
    assert refused(tmp_path, csdef) == [message]


@pytest.mark.parametrize("quote", ["“", "”", "„", "’", "«"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_typographic_quotation_marks_are_named(tmp_path: Path, quote: str, encoding: str) -> None:
    text = worker(name="W").replace('name="W"', f"name={quote}W{quote}")
    (tmp_path / "a.csdef").write_bytes(text.encode(encoding))
    with pytest.raises(DeploymentError, match=f":2: typographic quotation mark {quote} in column 18; "):
        read_deployment([tmp_path])


REFUSED_CONFIGURED = {
    "reserved address without endpoint": (
        worker(),
        network('<AddressAssignments><ReservedIPs><ReservedIP name="ip" /></ReservedIPs></AddressAssignments>'),
        "a.cscfg:4: ReservedIP 'ip' in a service without an endpoint; allowed: a service with an InputEndpoint; "
        "add an <InputEndpoint> to a role, or delete the ReservedIP",
    ),
    "address for an unknown role": (
        worker(),
        network('<AddressAssignments><InstanceAddress roleName="Wrker" /></AddressAssignments>'),
        "a.cscfg:4: address or security group for unknown role 'Wrker'; allowed: 'Worker'; did you mean 'Worker'?",
    ),
    "security group for an unknown role": (
        worker(),
        network('<NetworkSecurityGroupRefs><NetworkSecurityGroupRef roleName="Zoo" /></NetworkSecurityGroupRefs>'),
        "a.cscfg:4: address or security group for unknown role 'Zoo'; allowed: 'Worker'; name a role of the definition",
    ),
    "list for an unknown role": (
        worker(HTTP_IN),
        guarded(permit("0.0.0.0/0"), role="Zoo"),
        "a.cscfg:7: EndpointAcl for unknown role 'Zoo'; allowed: 'Worker'; name a role of the definition",
    ),
    "list for an unknown endpoint": (
        worker(HTTP_IN),
        guarded(permit("0.0.0.0/0"), endpoint="Http"),
        "a.cscfg:7: EndpointAcl for unknown public endpoint of role 'Worker': 'Http'; allowed: 'HttpIn'; "
        "did you mean 'HttpIn'?",
    ),
    "unknown list": (
        worker(HTTP_IN),
        guarded(permit("0.0.0.0/0"), control="Gard"),
        "a.cscfg:7: EndpointAcl names unknown access control 'Gard'; allowed: 'Guard'; did you mean 'Guard'?",
    ),
    "no subnet": (
        worker(HTTP_IN),
        guarded(permit("10.0.0.0/40")),
        "a.cscfg:5: remoteSubnet '10.0.0.0/40' is not an IPv4 subnet; allowed: an address and a length; "
        "write it like 10.1.0.0/16",
    ),
    "no rules": (
        worker(HTTP_IN),
        guarded(),
        "a.cscfg:4: access control 'Guard' has 0 rules; allowed: 1 to 50; add or delete rules",
    ),
    "unknown load balancer": (
        worker('<Endpoints><InputEndpoint name="In" protocol="tcp" port="1" loadBalancer="Inner" /></Endpoints>'),
        network('<LoadBalancers><LoadBalancer name="Iner"><FrontendIPConfiguration /></LoadBalancer></LoadBalancers>'),
        "a.csdef:3: endpoint 'In' names unknown load balancer 'Inner'; allowed: 'Iner'; did you mean 'Iner'?",
    ),
    "fewer ports than instances": (
        worker(f"<Endpoints>{endpoints('InstanceInputEndpoint', 1)}</Endpoints>"),
        configuration('<Role name="Worker"><Instances count="2" /></Role>'),
        "a.csdef:3: endpoint 'InstanceInputEndpoint0' has 1 public ports for 2 instances; "
        "allowed: one port or more for every instance; widen the range, or lower the count (a.cscfg:2)",
    ),
    "certificate without thumbprint": (
        worker(),
        configuration(
            '<Role name="Worker"><Instances count="1" /><Certificates>',
            '<Certificate name="C" thumbprint=" " thumbprintAlgorithm="sha1" />',
            "</Certificates></Role>",
        ),
        "a.cscfg:3: certificate 'C' has no thumbprint; allowed: hexadecimal digits; copy it from the certificate",
    ),
    "setting in the wrong place": (
        worker(),
        configuration('<Role name="Worker"><Instances count="1" /><Setting name="S" value="" /></Role>'),
        "a.cscfg:2: <Setting> is misplaced in <Role>; allowed: in <ConfigurationSettings>; move it there",
    ),
}


@pytest.mark.parametrize(("csdef", "cscfg", "message"), REFUSED_CONFIGURED.values(), ids=REFUSED_CONFIGURED.keys())
def test_what_a_configuration_must_not_say(tmp_path: Path, csdef: str, cscfg: str, message: str) -> None:
    assert refused(tmp_path, csdef, cscfg) == [message]


WARNED = {
    "endpoint that no site binds": (
        web(
            '<Endpoints><InputEndpoint name="E" protocol="http" port="80" />',
            '<InputEndpoint name="F" protocol="http" port="81" />',
            '<InputEndpoint name="G" protocol="tcp" port="82" /></Endpoints>',
            sites(binding("E")),
        ),
        None,
        "a.csdef:4: InputEndpoint: no site binds 'F', so nobody answers there unless the role's code listens itself; "
        'add <Binding name="..." endpointName="F" /> to a site',
    ),
    "two sites with equal bindings": (
        web(HTTP_IN, sites(binding("HttpIn", "a.shop"), binding("HttpIn", "A.shop"))),
        None,
        "a.csdef:6: Binding: site 'S1' has the same port and host header as site 'S0' (line 5), so only one of them "
        "starts; give them different host headers",
    ),
    "two sites on one local port": (
        web(
            '<Endpoints><InputEndpoint name="E" protocol="http" port="80" localPort="8080" />',
            '<InputEndpoint name="F" protocol="http" port="81" localPort="8080" /></Endpoints>',
            sites(binding("E"), binding("F")),
        ),
        None,
        "a.csdef:7: Binding: site 'S1' has the same port and host header as site 'S0' (line 6), so only one of them "
        "starts; give them different host headers",
    ),
    "certificate in a role that declares none": (
        worker('<Endpoints><InputEndpoint name="In" protocol="https" port="443" certificate="Tls" /></Endpoints>'),
        None,
        "a.csdef:3: InputEndpoint: 'In' uses certificate 'Tls', and the role declares none in <Certificates>; "
        "the platform installs it only if it is declared",
    ),
    "certificate that the configuration forgets": (
        worker(
            '<Certificates><Certificate name="Tls" storeLocation="LocalMachine" storeName="My" /></Certificates>',
            '<Endpoints><InputEndpoint name="In" protocol="https" port="443" certificate="Tls" /></Endpoints>',
        ),
        configuration(ONE),
        "a.cscfg:2: Certificate: 'Tls' of role 'Worker' has no thumbprint, so it is not installed; "
        "endpoint 'In' needs it",
    ),
    "certificate that only the configuration knows": (
        worker(),
        configuration(
            '<Role name="Worker"><Instances count="1" /><Certificates>',
            '<Certificate name="Tls" thumbprint="AB" thumbprintAlgorithm="sha1" />',
            "</Certificates></Role>",
        ),
        "a.cscfg:2: Certificate: 'Tls' is not declared for role 'Worker' in the definition, so it is not installed",
    ),
    "many internal endpoints": (
        worker(
            "<Endpoints>", endpoints("InternalEndpoint", 5), '<InternalEndpoint name="E" protocol="tcp" /></Endpoints>'
        ),
        None,
        "a.csdef:5: InternalEndpoint: role 'Worker' has 6 internal endpoints; Microsoft's pages disagree whether the "
        "platform allows more than 5 in a role",
    ),
    "many endpoints of all kinds": (
        worker("<Endpoints>", endpoints("InputEndpoint", 22), endpoints("InternalEndpoint", 4), "</Endpoints>"),
        None,
        "a.csdef:5: Endpoints: the service has 26 endpoints of all kinds; Microsoft's pages disagree whether the "
        "platform allows more than 25",
    ),
    "variable of an unknown endpoint": (
        worker(
            '<Startup><Task commandLine="a.cmd"><Environment><Variable name="PORT"><RoleInstanceValue',
            "xpath=\"/RoleEnvironment/CurrentInstance/Endpoints/Endpoint[@name='In']/@port\" />",
            "</Variable></Environment></Task></Startup>",
        ),
        None,
        "a.csdef:3: RoleInstanceValue: 'PORT' reads Endpoint 'In', which role 'Worker' does not have",
    ),
    "everybody denied": (
        worker(HTTP_IN),
        guarded(deny("0.0.0.0/0")),
        "a.cscfg:5: AccessControl: every client of endpoint 'HttpIn' of role 'Worker' is denied by this rule; "
        "permit clients in a rule with a lower order, or delete it",
    ),
    "permitted too late": (
        worker(HTTP_IN),
        guarded(permit("10.0.0.0/8", 200), deny("0.0.0.0/0", 100)),
        "a.cscfg:6: AccessControl: every client of endpoint 'HttpIn' of role 'Worker' is denied by this rule; "
        "permit clients in a rule with a lower order, or delete it",
    ),
    "everybody denied in two halves": (
        worker(HTTP_IN),
        guarded(deny("0.0.0.0/1"), deny("128.0.0.0/1")),
        "a.cscfg:4: AccessControl: every client of endpoint 'HttpIn' of role 'Worker' is denied by the rules of "
        "'Guard'; permit clients in a rule with a lower order, or delete it",
    ),
    "nobody but the denied permitted": (
        worker(HTTP_IN),
        guarded(deny("10.0.0.0/8", 1), permit("10.1.0.0/16", 2)),
        "a.cscfg:4: AccessControl: every client of endpoint 'HttpIn' of role 'Worker' is denied by the rules of "
        "'Guard'; permit clients in a rule with a lower order, or delete it",
    ),
}


@pytest.mark.parametrize(("csdef", "cscfg", "message"), WARNED.values(), ids=WARNED.keys())
def test_what_will_most_likely_not_work(tmp_path: Path, csdef: str, cscfg: str | None, message: str) -> None:
    deployment = read(tmp_path, csdef, cscfg)
    assert [str(warning).replace(f"{tmp_path}/", "") for warning in deployment.warnings] == [message]


ALLOWED = {
    "sizes in any case and by other names": (
        definition('<WorkerRole name="A" vmsize="small" />', '<WorkerRole name="B" vmsize="A2" />'),
        None,
    ),
    "storage that just fits": (
        worker('<LocalResources><LocalStorage name="A" sizeInMB="230400" /></LocalResources>'),
        None,
    ),
    "equal bindings of one site": (
        web(HTTP_IN, sites(binding("HttpIn") + binding("HttpIn").replace('"B"', '"C"'))),
        None,
    ),
    "sites told apart by host": (web(HTTP_IN, sites(binding("HttpIn", "a"), binding("HttpIn", "b"))), None),
    "rules for known names": (
        definition(f'<WorkerRole name="Worker">{HTTP_IN}</WorkerRole>', rule("HttpIn", "Worker")),
        None,
    ),
    "denied but for some": (worker(HTTP_IN), guarded(permit("10.0.0.0/8", 1), deny("0.0.0.0/0", 2))),
    "one subnet denied": (worker(HTTP_IN), guarded(deny("10.0.0.0/8"))),
    "the page's spelling": (worker(HTTP_IN), guarded(permit("0.0.0.0/0")).replace("endPoint", "endpoint")),
    "list for the endpoint of a module": (
        worker('<Imports><Import moduleName="RemoteForwarder" /></Imports>'),
        guarded(permit("10.0.0.0/8"), endpoint="Microsoft.WindowsAzure.Plugins.RemoteForwarder.RdpInput"),
    ),
    "list for the endpoint of a module without public definition": (
        worker('<Imports><Import moduleName="WebDeploy" /></Imports>'),
        guarded(permit("10.0.0.0/8"), endpoint="Microsoft.WindowsAzure.Plugins.WebDeploy.Input"),
    ),
    "reserved address with an endpoint": (
        worker(HTTP_IN),
        network('<AddressAssignments><ReservedIPs><ReservedIP name="ip" /></ReservedIPs></AddressAssignments>'),
    ),
    "internal load balancer": (
        worker('<Endpoints><InputEndpoint name="In" protocol="tcp" port="1" loadBalancer="Inner" /></Endpoints>'),
        network('<LoadBalancers><LoadBalancer name="Inner"><FrontendIPConfiguration /></LoadBalancer></LoadBalancers>'),
    ),
    "as many ports as instances": (
        worker(f"<Endpoints>{endpoints('InstanceInputEndpoint', 1)}</Endpoints>"),
        configuration(ONE),
    ),
    "internal endpoints of a module": (
        worker(
            '<Imports><Import moduleName="Caching" /></Imports>',
            f"<Endpoints>{endpoints('InternalEndpoint', 5)}</Endpoints>",
        ),
        None,
    ),
    "variables that are there": (
        worker(
            '<Imports><Import moduleName="Caching" /></Imports>',
            '<ConfigurationSettings><Setting name="S" /></ConfigurationSettings>',
            "<Runtime><Environment>",
            '<Variable name="A"><RoleInstanceValue xpath="ConfigurationSetting[@name=\'S\']/@v" />',
            '</Variable><Variable name="B"><RoleInstanceValue xpath="LocalResource[@name=\'DiagnosticStore\']/@p" />',
            "</Variable></Environment></Runtime>",
        ),
        None,
    ),
}


@pytest.mark.parametrize(("csdef", "cscfg"), ALLOWED.values(), ids=ALLOWED.keys())
def test_what_is_in_order_is_read_without_warning(tmp_path: Path, csdef: str, cscfg: str | None) -> None:
    assert read(tmp_path, csdef, cscfg).warnings == ()


def test_as_many_endpoints_as_are_allowed(tmp_path: Path) -> None:
    csdef = worker("<Endpoints>", *(endpoints(k, 25) for k in ("InputEndpoint", "InternalEndpoint")), "</Endpoints>")
    deployment = read(tmp_path, csdef)
    assert len(deployment.roles[0].endpoints) == SERVICE["input_endpoints"] + SERVICE["internal_endpoints"]
    assert [warning.element for warning in deployment.warnings] == ["InternalEndpoint", "Endpoints"]


def test_what_modules_bring_is_not_too_many(tmp_path: Path) -> None:
    roles = (
        f'<WorkerRole name="R{n}"><Imports><Import moduleName="Caching" /></Imports></WorkerRole>' for n in range(6)
    )
    deployment = read(tmp_path, definition(*roles))
    brought = [endpoint for role in deployment.roles for endpoint in role.endpoints]
    assert len(brought) > SERVICE["internal_endpoints"]
    assert all(endpoint.module == "Caching" for endpoint in brought)


def test_every_place_that_is_named_is_an_element() -> None:
    named = {part.strip("<>") for place in PLACES.values() for part in place.split() if part.startswith("<")}
    assert {name.rstrip(">,") for name in named} <= {*PLACES, "ServiceDefinition", "ServiceConfiguration"}


def test_the_definition_of_a_build_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "Shop.build.csdef").write_text("not read")
    deployment = read(tmp_path, worker())
    note = deployment.notes[0]
    assert (note.location.file, note.reason) == (
        str(tmp_path / "Shop.build.csdef"),
        "written by Visual Studio from the definition when it builds; skipped",
    )


def test_the_definition_of_a_build_alone_is_read(tmp_path: Path) -> None:
    read(tmp_path, worker())
    (tmp_path / "a.csdef").rename(tmp_path / "Shop.build.csdef")
    assert read_deployment([tmp_path]).sources == (str(tmp_path / "Shop.build.csdef"),)
