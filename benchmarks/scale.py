"""Verifies a three-role deployment of 1 to 1,000 instances: seconds, peak memory and how both grow.

The deployment has a full IIS web role (a plugin's background task, its /blockStartup partner, a simple task), an HWC
web role (a simple task) and a worker role, public endpoints included; one fault of each kind may happen, in any
instance, at any moment.  Every property of the platform and of the deployment is judged for every instance, and with
them, for each role, that a placed instance can always get to Ready by the platform alone (``AG EF ready``).

Each size runs in a process of its own, so that the peak is its own, with the collector of garbage set as the command
line sets it.  ``python -m benchmarks.scale [SIZE ...]``;
``--tick 5`` counts time in steps of five minutes, ``--requests 2`` allows a second request of the user.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from math import log

from goalstate.cli import COLLECTED
from goalstate.model.deployment import Deployment, Endpoint, EndpointKind, Role, RoleKind, Site, Task, TaskType
from goalstate.model.network.statespace import Limits
from goalstate.model.workflow import Bounds, Faults, Workflow
from goalstate.properties.catalogue.platform import Instance
from goalstate.properties.property import Outcome, Property
from goalstate.properties.service.many_instances import verify_family

SIZES = (1, 3, 10, 30, 100, 300, 1000)

ENDPOINT = Endpoint("Public", EndpointKind.INPUT, "http", 80)
ROLES = (
    Role(
        "Web",
        RoleKind.FULL_IIS_WEB,
        tasks=(
            Task("agent.exe", TaskType.BACKGROUND, module="RemoteAccess"),
            Task("agent.exe /blockStartup", partner=0, module="RemoteAccess"),
            Task("setup.cmd"),
        ),
        endpoints=(ENDPOINT,),
        sites=(Site("Web", 0),),
    ),
    Role("Api", RoleKind.HWC_WEB, tasks=(Task("setup.cmd"),), endpoints=(ENDPOINT,)),
    Role("Worker", RoleKind.WORKER),
)


def deployment(size: int) -> Deployment:
    """The three roles, or as many as there are instances, sharing them evenly."""
    shares = [size // len(ROLES) + (k < size % len(ROLES)) for k in range(len(ROLES))]
    return Deployment("scale", tuple(replace(r, instances=n) for r, n in zip(ROLES, shares, strict=True) if n))


def one_of_each_kind(service: Deployment) -> Faults:
    """A budget of one for each kind of fault that the service knows."""
    single = Deployment("kinds", tuple(replace(r, instances=1) for r in service.roles))
    events = Workflow(single, Bounds(Faults(1), 1, 5)).network.events
    return Faults(0, tuple((kind, 1) for kind in sorted({e.fault for e in events if e.fault})))


def gets_ready(instance: Instance) -> list[Property]:
    """``AG EF ready``: by the platform alone, without the user and without further faults."""
    return [
        instance.recovers(
            "a placed instance can always get to Ready",
            instance.at("placement", "in(placed)"),
            instance.at("guest_agent", "status == ready"),
            (),
        )
    ]


def run(size: int, tick: int, requests: int, seconds: float) -> dict[str, object]:
    """One size: what was found, in how long, with how much memory."""
    service = deployment(size)
    workflow = Workflow(service, Bounds(one_of_each_kind(service), requests, tick))
    started = time.perf_counter()
    verdicts = verify_family(workflow, limits=Limits(seconds=seconds), further=gets_ready)
    passed = time.perf_counter() - started
    for verdict in verdicts:
        if verdict.outcome is not Outcome.HOLDS:
            print(f"    {verdict.outcome.value}: {verdict.property} ({verdict.reason})", file=sys.stderr)
    outcomes = Counter(v.outcome.value for v in verdicts)
    return {
        "instances": size,
        "seconds": passed,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
        "outcomes": dict(outcomes),
        "slowest": max((v.seconds, str(v.property)) for v in verdicts),
    }


def main() -> None:
    """Run the sizes one after the other and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--tick", type=int, default=1)
    parser.add_argument("--requests", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=600.0, help="limit for each size")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        gc.set_threshold(*COLLECTED)
        print(json.dumps(run(chosen.sizes[0], chosen.tick, chosen.requests, chosen.seconds)))
        return
    print(f"{'instances':>9} {'seconds':>8} {'peak MB':>8} {'growth':>7}  outcomes")
    before: tuple[int, float] | None = None
    for size in chosen.sizes:
        command = [sys.executable, "-m", "benchmarks.scale", str(size), "--child", "--tick", str(chosen.tick)]
        command += ["--requests", str(chosen.requests), "--seconds", str(chosen.seconds)]
        row = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        # The exponent by which the time has grown since the size before: 1 is linear.
        growth = f"{log(row['seconds'] / before[1]) / log(size / before[0]):7.2f}" if before else f"{'':7}"
        print(
            f"{size:9} {row['seconds']:8.1f} {row['megabytes']:8.0f} {growth}  "
            + ", ".join(f"{n} {o}" for o, n in row["outcomes"].items()),
            flush=True,
        )
        before = (size, row["seconds"])


if __name__ == "__main__":
    main()
