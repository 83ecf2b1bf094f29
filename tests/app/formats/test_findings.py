"""The order of findings: what the user can mend comes first."""

import json
from pathlib import Path

from tests.app.calls import DEFINITION, call, quay

IMPORTED = DEFINITION.replace("<Startup>", '<Imports><Import moduleName="RemoteAccess" /></Imports>\n    <Startup>')
CONFIGURATION = """<ServiceConfiguration serviceName="Quay"
  xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration">
  <Role name="Crane">
    <Instances count="1" />
    <ConfigurationSettings>
      <Setting name="Microsoft.WindowsAzure.Plugins.RemoteAccess.Enabled" value="true" />
      <Setting name="Microsoft.WindowsAzure.Plugins.RemoteAccess.AccountUsername" value="x" />
      <Setting name="Microsoft.WindowsAzure.Plugins.RemoteAccess.AccountEncryptedPassword" value="x" />
      <Setting name="Microsoft.WindowsAzure.Plugins.RemoteAccess.AccountExpiration" value="x" />
    </ConfigurationSettings>
    <Certificates>
      <Certificate name="Microsoft.WindowsAzure.Plugins.RemoteAccess.PasswordEncryption" thumbprint="00"
        thumbprintAlgorithm="sha1" />
    </Certificates>
  </Role>
</ServiceConfiguration>
"""
ASKED = ("--faults", "1", "--requests", "1", "--tick", "5", "--property", "block the role")


def test_the_tasks_of_the_role_come_before_those_of_an_imported_module(tmp_path: Path) -> None:
    folder, trace = quay(tmp_path / "in", IMPORTED, CONFIGURATION), tmp_path / "first.json"
    done = call("verify", folder, *ASKED, "--save-trace", trace)
    own, brought = "grease.cmd may keep Crane Busy", "RemoteAccessAgent.exe /blockStartup may keep Crane"
    assert done.code == 1
    assert done.out.index(own) < done.out.index(brought)
    assert "grease.cmd" in json.loads(trace.read_text(encoding="utf-8"))["property"]["name"]
    verbose = call("verify", folder, *ASKED, "-v").out
    assert verbose.index(own) < verbose.index(brought)


def test_what_is_assumed_comes_before_everything(tmp_path: Path) -> None:
    bounds = ("--faults", "1", "--requests", "1", "--tick", "5")
    done = call("verify", quay(tmp_path), *bounds, "--assume", "Crane/OnStart throws")
    asked, others = "does not become Ready and stay so", ("can never become Ready", "may keep Crane Busy for ever")
    assert all(done.out.index(asked) < done.out.index(other) for other in others)
