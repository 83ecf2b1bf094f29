"""Real definitions are read, or refused for a reason, and expand into the startup tasks of real packaging output."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _benchmark() -> ModuleType:
    """benchmarks/corpus.py, which is no part of the installed package."""
    path = Path(__file__).resolve().parents[3] / "benchmarks" / "corpus.py"
    spec = importlib.util.spec_from_file_location("benchmarks_corpus", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


CORPUS = _benchmark()
HERE = (CORPUS.DEFAULT / "INDEX.tsv").is_file()
pytestmark = pytest.mark.skipif(not HERE, reason="the folder of real definitions is not here")


def test_all_real_definitions_but_three_are_read() -> None:
    readings = CORPUS.read_index(CORPUS.DEFAULT)
    refused = {reading.file: reading.reasons for reading in readings if reading.deployment is None}
    assert len(readings) == 86
    assert {file.partition("/")[0] for file in refused} == {
        "Raynos__so-642",
        "garyranson__Demo",
        "matiasdecarli__azure-client-upload",
    }
    assert [reasons[0].partition(": ")[2].partition(";")[0] for _, reasons in sorted(refused.items())] == [
        "no role",
        "configuration of service 'azuresb'",
        "root element <Task>",
    ]


def test_what_is_warned_of_in_real_definitions() -> None:
    """Each was looked at by hand: none is refused, and what is said of it is so."""
    warned = [
        (reading.file.partition("/")[0], warning.reason.partition(",")[0].partition(";")[0])
        for reading in CORPUS.read_index(CORPUS.DEFAULT)
        if reading.deployment is not None
        for warning in reading.deployment.warnings
    ]
    assert warned == [
        ("EAlbasri__CompanySystem", "'SSLCertificate' of role 'LightSwitchWebRole' has no thumbprint"),
        (
            "co3k__OpenPNE3",
            "'Microsoft.WindowsAzure.Plugins.RemoteAccess.PasswordEncry...' of role 'WebRole' has no thumbprint",
        ),
        ("prchanda__visitortracker", "every client of endpoint 'Endpoint1' of role 'Tracker' is denied by this rule"),
    ]


def test_startup_tasks_are_those_of_the_packaging_tool() -> None:
    comparisons = CORPUS.compare_compiled(CORPUS.DEFAULT)
    assert len(comparisons) == 30
    assert {
        (comparison.repository, comparison.role_model.split("/")[-2]): comparison.difference
        for comparison in comparisons
        if comparison.difference
    } == {
        ("daddyo/uic", "WebRole1"): "no input in the corpus",
        ("gjimenez523/CommunicationHeroText", "WorkerRole1"): (
            "same tasks, other values of the variables ['RUNTIMEURL']"
        ),
        ("johnj33/azureSite", "WorkerRole1"): (
            "only in the real output: ['DiagnosticsPluginLauncher.exe']; only in ours: []"
        ),
        ("rouanro/DATC-PROIECT", "WorkerRoleWithSBQueue2"): (
            "only in the real output: ['RemoteAccessAgent.exe', 'RemoteAccessAgent.exe /blockStartup']; "
            "only in ours: []"
        ),
    }
