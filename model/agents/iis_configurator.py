"""IISConfigurator: prepares IIS for a full-IIS web role, and runs for no other kind of role (R-F1).

It is started by WaHostBootstrapper and works twice in one start of the role.  Before the startup tasks it deletes the
AppPools that an earlier start left (R-6).  After them it starts the standard IIS services (R-F2), configures the
rewrite module (R-F3), sets up the AppPool of each site of the service model (R-F4) and points it to
sitesroot\\<index>, counted from 0 over the sites (R-F7, R-8), points IIS logging to the DiagnosticStore folder
(R-F5), and sets permissions and ACLs (R-F6); then it is done.

A failure of its work ends the start: the bootstrapper exits and the guest agent starts it again.  (A site whose
physicalDirectory exists only on the build machine fails in this way at every start.)

Left out: bindings, certificates, virtual applications; several AppPools are one here.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..notation.statechart import ROOT, State, Statechart, Transition, does, on
from .vocabulary import GUEST_DOWN, STACK_DOWN


def site_configured(index: int) -> str:
    """The AppPool of a site is set up and points to sitesroot\\<index>."""
    return f"set_up_app_pool_{index}"


def iis_configurator(sites: int) -> Statechart:
    """The configurator of a role with this many sites."""
    pools = tuple(State(f"site_{i}") for i in range(sites))
    return Statechart(
        "iis_configurator",
        (
            State("absent"),
            State("ready"),
            State("deleting"),
            State("cleared"),
            State(
                "configuring",
                (State("services"), State("rewrite_module"), *pools, State("logging"), State("permissions")),
                "services",
            ),
            State("configured"),
        ),
        "absent",
        rows=(
            on(
                "start_iis_configurator", "absent", "ready", realises=("R-F1", "R-6"), says="the bootstrapper starts it"
            ),
            on(
                "delete_app_pools",
                "ready",
                "deleting",
                realises=("R-6",),
                says="it is told to delete existing AppPools",
            ),
            does("app_pools_deleted", "deleting", "cleared", realises=("R-6",), says="the old AppPools are gone"),
            on(
                "configure_sites", "cleared", "configuring", realises=("R-8",), says="it is told to configure the sites"
            ),
            *_steps(sites),
            does(
                "sites_configured", "configured", "absent", realises=("R-8",), says="the sites are configured; it ends"
            ),
            does(
                "iis_configurator_fails",
                ("deleting", "configuring"),
                "absent",
                fault="iis_configurator_failure",
                says="its work fails with an exception, and it ends",
            ),
            on((*STACK_DOWN, *GUEST_DOWN), ROOT, "absent", says="it ends with the bootstrapper or the guest"),
        ),
    )


def _steps(sites: int) -> Iterator[Transition]:
    yield does(
        "start_iis_services", "services", "rewrite_module", realises=("R-F2",), says="the IIS services are started"
    )
    yield does(
        "configure_rewrite_module",
        "rewrite_module",
        "site_0",
        realises=("R-F3",),
        says="the rewrite module is configured in web.config",
    )
    for i in range(sites):
        yield does(
            site_configured(i),
            f"site_{i}",
            f"site_{i + 1}" if i + 1 < sites else "logging",
            realises=("R-F4", "R-F7", "R-8"),
            says=f"the AppPool of site {i} is set up and points to sitesroot\\{i}",
        )
    yield does(
        "redirect_iis_logging",
        "logging",
        "permissions",
        realises=("R-F5",),
        says="IIS logging is pointed to the DiagnosticStore folder",
    )
    yield does("set_permissions", "permissions", "configured", realises=("R-F6",), says="permissions and ACLs are set")
