"""Services from public reports get the right answer: they are refused, read with a warning, or read."""

from pathlib import Path

import pytest

from goalstate.model.deployment import DeploymentError, read_deployment

CASES = next(
    (cases for above in Path(__file__).resolve().parents if (cases := above / "shared" / "cases").is_dir()),
    Path("shared", "cases"),
)
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the folder of reported cases is not here")

DEFINITION, CONFIGURATION = "ServiceDefinition.csdef", "ServiceConfiguration.Cloud.cscfg"

REFUSED = {
    "F3b-rule-unknown-role": f"{DEFINITION}:30: traffic rule names unknown role 'WorkerRole9'; ",
    "F5-curly": f"{DEFINITION}:1: typographic quotation mark “ in column 25; ",
    "F5c-range-too-small": f"{DEFINITION}:11: endpoint 'InstanceEP' has 11 public ports for 12 instances; ",
    "M2-vmsize": f"{DEFINITION}:2: role 'W' has unknown VM size 'Standard_Q99'; ",
    "M3-task-in-role": f"{DEFINITION}:3: <Task> is misplaced in <WebRole>; allowed: in <Startup>; ",
    "M3b-task-in-worker": f"{DEFINITION}:3: <Task> is misplaced in <WorkerRole>; allowed: in <Startup>; ",
    "N02-local-storage-too-large": f"{DEFINITION}:9: local storage of 409600 MB (largest: 'NodeCache', 409600 MB); "
    "allowed: 51200 MB in all on the local disk of size Standard_D1 (50 GiB); ",
    "N03-reserved-ip-no-endpoint": f"{CONFIGURATION}:7: ReservedIP 'my-IP' in a service without an endpoint; ",
}

WARNED = {
    "F1-gallery-2012": f"{DEFINITION}:22: InputEndpoint: 'SSL' uses certificate 'sslcertificate', and the role",
    "M7-unbound": f"{DEFINITION}:4: InputEndpoint: no site binds 'F', so nobody answers there",
    "N11-acl-deny-all": f"{CONFIGURATION}:7: AccessControl: every client of endpoint 'Endpoint1' of role 'Tracker' is",
}

READ = [
    "F5d-min",
    "F5f-web-mixed-probe",
    "N04-simple-task-exit-2",
    "N10-node-stopping",
    "N16-onstart-throws",
    "N22-agent-background",
    "N22-worker-foreground",
    "blast-two-instances",
]
"""Cases about how the service behaves: nothing is wrong with their files."""


@pytest.mark.parametrize("case", REFUSED)
def test_what_azure_refuses_is_refused(case: str) -> None:
    with pytest.raises(DeploymentError) as caught:
        read_deployment([CASES / case])
    (message,) = str(caught.value).split("\n")
    assert message.removeprefix(f"{CASES / case}/").startswith(REFUSED[case])
    assert len(message.split("; ")) >= 3, "what was wrong, what was allowed, and the likely fix"


@pytest.mark.parametrize("case", WARNED)
def test_what_keeps_clients_out_is_a_warning(case: str) -> None:
    (warning,) = read_deployment([CASES / case]).warnings
    assert str(warning).removeprefix(f"{CASES / case}/").startswith(WARNED[case])


@pytest.mark.parametrize("case", READ)
def test_what_is_in_order_is_read(case: str) -> None:
    assert read_deployment([CASES / case]).warnings == ()


def test_no_case_is_left_out() -> None:
    assert {path.name for path in CASES.iterdir() if path.is_dir()} == {*REFUSED, *WARNED, *READ}
