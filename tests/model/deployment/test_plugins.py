"""Imported modules become startup tasks, endpoints, settings and certificates, as the packaging tool writes them."""

from pathlib import Path

import pytest

from goalstate.model.deployment import EndpointKind, ExecutionContext, Role, TaskType, read_definition

from .services import DEFINITION_NAMESPACE, definition, read, refused, worker

BACKGROUND, SIMPLE = TaskType.BACKGROUND, TaskType.SIMPLE
LIMITED, ELEVATED = ExecutionContext.LIMITED, ExecutionContext.ELEVATED
FULL = "Microsoft.WindowsAzure.Plugins."


def imports(*modules: str) -> str:
    return "<Imports>" + "".join(f'<Import moduleName="{module}" />' for module in modules) + "</Imports>"


def role(folder: Path, *lines: str, schema: str = "2012-10.1.8", tag: str = "WorkerRole") -> Role:
    csdef = definition(f'<{tag} name="R">', *lines, f"</{tag}>", attributes=f'schemaVersion="{schema}"')
    return read(folder, csdef).roles[0]


def table(role: Role) -> list[tuple[str, TaskType, ExecutionContext, int | None]]:
    return [(task.command, task.type, task.context, task.partner) for task in role.tasks]


PAIR = [("DiagnosticsAgent.exe", BACKGROUND, LIMITED, None), ("DiagnosticsAgent.exe /blockStartup", SIMPLE, LIMITED, 0)]
LAUNCHER = [("DiagnosticsPluginLauncher.exe", BACKGROUND, LIMITED, None)]


def test_the_order_is_that_of_priorities_then_imports_then_the_roles_own(tmp_path: Path) -> None:
    own = '<Startup><Task commandLine="own.cmd" /></Startup>'
    modules = imports("RemoteForwarder", "RemoteAccess", "Caching", "Diagnostics")
    assert table(role(tmp_path, modules, own)) == [
        ("DotNetUpdate.cmd", SIMPLE, ELEVATED, None),
        ("CacheInstaller.exe", SIMPLE, ELEVATED, None),
        ("DiagnosticsAgent.exe", BACKGROUND, LIMITED, None),
        ("DiagnosticsAgent.exe /blockStartup", SIMPLE, LIMITED, 2),
        ("install.cmd", SIMPLE, ELEVATED, None),
        ("RemoteAccessAgent.exe", BACKGROUND, ELEVATED, None),
        ("RemoteAccessAgent.exe /blockStartup", SIMPLE, ELEVATED, 5),
        ("own.cmd", SIMPLE, LIMITED, None),
    ]


def test_a_priority_moves_the_roles_own_tasks(tmp_path: Path) -> None:
    own = '<Startup priority="-2"><Task commandLine="own.cmd" /></Startup>'
    assert [task.command for task in role(tmp_path, imports("RemoteAccess", "Diagnostics"), own).tasks] == [
        "DiagnosticsAgent.exe",
        "DiagnosticsAgent.exe /blockStartup",
        "own.cmd",
        "RemoteAccessAgent.exe",
        "RemoteAccessAgent.exe /blockStartup",
    ]


@pytest.mark.parametrize(
    ("schema", "tasks"),
    [
        ("unspecified", PAIR),
        ("2012-10.1.8", PAIR),
        ("2014-06.2.4", PAIR),
        ("2014-11.2.5", LAUNCHER),
        ("2015-04.2.6", LAUNCHER),
        ("2030-01.10.0", LAUNCHER),
    ],
)
def test_diagnostics_follows_the_schema_version(
    tmp_path: Path, schema: str, tasks: list[tuple[str, TaskType, ExecutionContext, int | None]]
) -> None:
    assert table(role(tmp_path, imports("Diagnostics"), schema=schema)) == tasks


def test_without_schema_version_diagnostics_is_the_pair(tmp_path: Path) -> None:
    assert table(read(tmp_path, worker(imports("Diagnostics"))).roles[0]) == PAIR


def test_the_sdk_can_be_told(tmp_path: Path) -> None:
    read(tmp_path, worker(imports("Diagnostics")))
    assert table(read_definition(tmp_path / "a.csdef", sdk=(2, 9)).roles[0]) == LAUNCHER


@pytest.mark.parametrize(("tag", "kind"), [("WorkerRole", "WorkerRole"), ("WebRole", "IISWebRole")])
def test_tasks_of_modules_are_marked_and_stand_at_their_import(tmp_path: Path, tag: str, kind: str) -> None:
    (task,) = role(tmp_path, "<Imports>", '<Import moduleName="RemoteForwarder" />', "</Imports>", tag=tag).tasks
    assert (task.module, task.relative_path, task.location.line) == ("RemoteForwarder", "plugins\\RemoteForwarder", 4)
    assert task.environment == (
        ("IsEmulated", "xpath:/RoleEnvironment/Deployment/@emulated"),
        ("RdModuleName", "RemoteForwarder"),
        ("WaRoleType", kind),
    )


def test_endpoints_settings_and_certificates_of_modules(tmp_path: Path) -> None:
    found = role(tmp_path, imports("RemoteAccess", "RemoteForwarder"))
    access, forwarder = found.endpoints
    assert (access.name, access.kind, access.port, access.module) == (
        FULL + "RemoteAccess.Rdp",
        EndpointKind.INTERNAL,
        3389,
        "RemoteAccess",
    )
    assert (forwarder.name, forwarder.is_public, forwarder.port, forwarder.local_port, forwarder.ignores_status) == (
        FULL + "RemoteForwarder.RdpInput",
        True,
        3389,
        None,
        True,
    )
    assert {endpoint.location.line for endpoint in found.endpoints} == {3}
    assert found.settings == tuple(
        FULL + name
        for name in (
            "RemoteAccess.Enabled",
            "RemoteAccess.AccountUsername",
            "RemoteAccess.AccountEncryptedPassword",
            "RemoteAccess.AccountExpiration",
            "RemoteForwarder.Enabled",
        )
    )
    (certificate,) = found.certificates
    assert (certificate.name, certificate.elevated_only) == (FULL + "RemoteAccess.PasswordEncryption", True)


def test_the_forwarder_belongs_to_one_role(tmp_path: Path) -> None:
    roles = [f'<WorkerRole name="{name}">{imports("RemoteForwarder")}</WorkerRole>' for name in "AB"]
    assert refused(tmp_path, definition(*roles)) == [
        f"a.csdef:3: tcp port 3389 of endpoint '{FULL}RemoteForwarder.RdpInput' taken; allowed: each public port once "
        f"in a service; use another port (first: '{FULL}RemoteForwarder.RdpInput', line 2)"
    ]


def test_an_unknown_module_is_noted(tmp_path: Path) -> None:
    deployment = read(tmp_path, worker(imports("Connect", "Zebra")))
    assert deployment.roles[0].tasks == ()
    assert [note.reason for note in deployment.notes[:2]] == [
        f"module '{name}' has no definition here, so its startup tasks and endpoints are missing; "
        f"put {name}.csplugin beside the definition to add them"
        for name in ("Connect", "Zebra")
    ]


PLUGIN = f"""<RoleModule namespace="Acme.Tools" xmlns="{DEFINITION_NAMESPACE}">
  <Startup priority="-3">
    <Task commandLine="AcmeAgent.exe" taskType="background" executionContext="elevated" />
    <Task commandLine="AcmeAgent.exe /blockStartup" />
  </Startup>
  <ConfigurationSettings><Setting name="Key" /></ConfigurationSettings>
  <Endpoints><InternalEndpoint name="Talk" protocol="tcp" /></Endpoints>
  <LocalResources><LocalStorage name="Store" sizeInMB="10" /></LocalResources>
  <Certificates><Certificate name="Cert" storeLocation="LocalMachine" storeName="My" /></Certificates>
</RoleModule>"""


@pytest.mark.parametrize("place", ["Acme.csplugin", "plugins/Acme.csplugin", "plugins/Acme/Acme.csplugin"])
def test_a_custom_plugin_is_read(tmp_path: Path, place: str) -> None:
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text(PLUGIN, encoding="utf-8")
    deployment = read(tmp_path, worker(imports("Diagnostics", "Acme")))
    (found,) = deployment.roles
    assert table(found) == [
        ("AcmeAgent.exe", BACKGROUND, ELEVATED, None),
        ("AcmeAgent.exe /blockStartup", SIMPLE, LIMITED, 0),
        PAIR[0],
        (*PAIR[1][:3], 2),
    ]
    assert found.endpoints[0].name == "Acme.Tools.Talk"
    assert found.settings[-1] == "Acme.Tools.Key"
    assert found.certificates[0].name == "Acme.Tools.Cert"
    assert found.local_storage[-1].name == "Acme.Tools.Store"
    assert deployment.sources == (str(tmp_path / "a.csdef"), str(tmp_path / place))


def test_a_custom_plugin_wins_over_a_builtin_one(tmp_path: Path) -> None:
    (tmp_path / "Diagnostics.csplugin").write_text(PLUGIN, encoding="utf-8")
    (found,) = read(tmp_path, worker(imports("Diagnostics"))).roles
    assert [task.command for task in found.tasks] == ["AcmeAgent.exe", "AcmeAgent.exe /blockStartup"]
    assert found.tasks[0].relative_path == "plugins\\Diagnostics"


def test_mistakes_in_a_plugin_have_its_lines(tmp_path: Path) -> None:
    (tmp_path / "Acme.csplugin").write_text(PLUGIN.replace("background", "foregound"), encoding="utf-8")
    messages = refused(tmp_path, worker(imports("Acme")))
    assert messages[0].startswith("Acme.csplugin:3: taskType 'foregound' is unknown in <Task>")
    assert messages[1].startswith("a.csdef:3: task 'AcmeAgent.exe /blockStartup' waits for a background task")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<Plugin />", "Acme.csplugin:1: root element <Plugin>; allowed: <RoleModule>"),
        ("<RoleModule", "Acme.csplugin:1: malformed XML"),
        ('<!DOCTYPE a><RoleModule namespace="a" />', "Acme.csplugin:1: a DOCTYPE"),
    ],
)
def test_a_file_that_is_no_plugin(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "Acme.csplugin").write_text(content, encoding="utf-8")
    assert any(line.startswith(message) for line in refused(tmp_path, worker(imports("Acme"))))


def test_a_module_name_is_no_path(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "Acme.csplugin").write_text(PLUGIN, encoding="utf-8")
    messages = refused(inner, worker(imports("../Acme")))
    assert messages[0].startswith("a.csdef:3: moduleName '../Acme' is not a valid name in <Import>")


def test_a_partner_is_found_by_program_not_by_spelling(tmp_path: Path) -> None:
    own = (
        "<Startup>"
        '<Task commandLine="other.exe" taskType="background" />'
        '<Task commandLine="&quot;tools\\My Agent.EXE&quot; -v" taskType="background" />'
        '<Task commandLine="third.exe" taskType="background" />'
        '<Task commandLine="&quot;.\\tools\\my agent.exe&quot; /BLOCKSTARTUP" />'
        "</Startup>"
    )
    assert role(tmp_path, own).tasks[3].partner == 1


def test_a_role_and_a_module_do_not_share_partners(tmp_path: Path) -> None:
    own = '<Startup><Task commandLine="DiagnosticsAgent.exe /blockStartup" /></Startup>'
    assert "and there is none" in refused(tmp_path, worker(imports("Diagnostics"), own))[0]
