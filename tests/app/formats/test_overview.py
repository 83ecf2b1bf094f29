"""The overview of -v: everything that a definition declares, each with its line."""

from __future__ import annotations

from pathlib import Path

from tests.app.calls import call

PORTAL = Path(__file__).parents[3] / "examples" / "portal"


def test_endpoints_sites_probes_and_entry_points_are_in_the_overview() -> None:
    out = call("verify", PORTAL, "-v", "--property", "can become Ready", "--faults", "0", "--requests", "1").out
    rows = [" ".join(line.split()) for line in out.splitlines()]
    definition = (PORTAL / "ServiceDefinition.csdef").read_text(encoding="utf-8").splitlines()

    def line_of(text: str) -> int:
        [number] = [k for k, line in enumerate(definition, 1) if text in line]
        return number

    at = f"{PORTAL / 'ServiceDefinition.csdef'}:"
    for text, row in {
        '<LoadBalancerProbe name="Health"': "probe {} http 80 /health, every 15 s, timeout 31 s Health",
        '<Site name="Admin"': "site {} of Https Admin",
        '<InputEndpoint name="Http"': "endpoint {} http 80 Http, probe Health",
        'moduleName="RemoteAccess"': "internal endpoint {} tcp 3389 Microsoft.WindowsAzure.Plugins.RemoteAccess.Rdp",
        "<ProgramEntryPoint": "entry point {} program, limited Jobs.exe",
    }.items():
        assert row.format(f"{at}{line_of(text)}") in rows
