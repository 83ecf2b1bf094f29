"""Every chart that the agents' modules can make, for the parameters that deployments and options give them."""

from __future__ import annotations

from itertools import product

from goalstate.model.agents.fabric_controller import fabric_controller
from goalstate.model.agents.fault_budget import fault_budget
from goalstate.model.agents.ffe import ffe
from goalstate.model.agents.guest_agent import guest_agent
from goalstate.model.agents.guest_os import guest_os
from goalstate.model.agents.guest_set_up import SetUp
from goalstate.model.agents.host_agent import host_agent
from goalstate.model.agents.host_bootstrapper import host_bootstrapper
from goalstate.model.agents.iis_configurator import iis_configurator
from goalstate.model.agents.iis_host import heeds_w3wp, iis_host, leaves_events_to_w3wp
from goalstate.model.agents.load_balancer import DIRECT_REQUEST, REQUEST, CustomProbe, open_endpoint, rotation
from goalstate.model.agents.placement import placement
from goalstate.model.agents.rdfe import rdfe
from goalstate.model.agents.role_lifecycle import admits_to_rotation, answers_custom_probe
from goalstate.model.agents.startup_task import background_task, foreground_task, simple_task
from goalstate.model.agents.user import user
from goalstate.model.agents.vocabulary import FURTHER_REQUESTS
from goalstate.model.agents.vocabulary import REQUESTS as REQUESTS_OF_USERS
from goalstate.model.agents.w3wp import ANSWERS, w3wp
from goalstate.model.agents.wa_app_agent import wa_app_agent
from goalstate.model.agents.web_host import web_host
from goalstate.model.agents.worker_host import worker_host
from goalstate.model.notation.statechart import Statechart

BOTH = (False, True)
REQUESTS: tuple[tuple[str, ...], ...] = ((), (REQUEST,), (REQUEST, DIRECT_REQUEST))
EVERY = (*REQUESTS_OF_USERS, *FURTHER_REQUESTS)
"""Every kind of request that a user may make."""

TICKS = (1, 5)
"""Minutes in a tick, as bounds allow them."""


def small() -> dict[str, Statechart]:
    """One chart of each agent, small bounds where it has any."""
    return {
        "user": user(2),
        "rdfe": rdfe(),
        "ffe": ffe(),
        "fabric_controller": fabric_controller(2, 2, ["R_IN_0/", "R_IN_1/"]),
        "placement": placement(0, 0, 6),
        "host_agent": host_agent(2, 5),
        "guest_os": guest_os({"work"}, {"probe_timeout"}),
        "wa_app_agent": wa_app_agent(),
        "guest_agent": guest_agent(True, SetUp(("In",), ("Cache",), ("Tls",), ("Cache",)), ANSWERS),
        "host_bootstrapper": host_bootstrapper("start_iis_host", (False, True), True, events_in_w3wp=True),
        "simple_task": simple_task(0),
        "background_task": background_task(0, 1, True),
        "foreground_task": foreground_task(0),
        "iis_configurator": iis_configurator(2),
        "worker_host": worker_host((REQUEST,), 1),
        "web_host": web_host((REQUEST,), 1),
        "iis_host": iis_host(1, heeds_w3wp()),
        "iis_host without events": iis_host(1, leaves_events_to_w3wp(), subscribed=False),
        "w3wp": w3wp((REQUEST,), True),
        "w3wp that may be disabled": w3wp((REQUEST,), True, window=5),
        "w3wp that is probed": w3wp((REQUEST,), True, CustomProbe()),
        "rotation": rotation(False),
        "open_endpoint": open_endpoint(),
        "fault_budget": fault_budget(["a_crash", "b_crash"], 2),
    }


def every() -> dict[str, Statechart]:
    """Every chart by what it was made from."""
    charts: dict[str, Statechart] = {}

    def put(chart: Statechart, *of: object) -> None:
        charts[f"{chart.name}({', '.join(map(str, of))})"] = chart

    for count in (None, 1, 2, 5):
        put(user(count), count)
        put(user(count, EVERY), count, *EVERY)
    for kinds, refusable in product((REQUESTS_OF_USERS, EVERY), BOTH):
        put(rdfe(kinds, refusable), refusable, *kinds)
        put(ffe(kinds, refusable), refusable, *kinds)
        put(user(2, kinds, refusable), 2, refusable, *kinds)
        put(fabric_controller(2, 2, ["R_IN_0/"], kinds, refusable=refusable), 2, refusable, *kinds)
        put(placement(0, 0, 6, kinds, refusable=refusable), refusable, *kinds)
    for domains, blast in product((1, 2, 3, 5), BOTH):
        put(fabric_controller(domains, 1 if blast else domains, ["R_IN_0/", "R_IN_1/"]), domains, blast)
        put(fabric_controller(domains, 1 if blast else domains, ["R_IN_0/"], EVERY), domains, blast, *EVERY)
    for domain, configure, tick in product((0, 2), (0, 2), TICKS):
        put(placement(domain, configure, 30 // tick), domain, configure, tick)
        put(placement(domain, configure, 30 // tick, EVERY), domain, configure, tick, *EVERY)
    for tick, stops in product(TICKS, BOTH):
        put(host_agent(10 // tick, 25 // tick, stops), tick, stops)
    for timeouts in ((), ("probe_timeout", "leave_rotation_timeout")):
        put(guest_os({"work"}, timeouts), *timeouts)
    for restarts in BOTH:
        put(wa_app_agent(restarts), restarts)
    storage = ((), ("Kept",), ("Kept", "Emptied"))
    for probed, names, certificates in product(BOTH, storage, ((), ("Tls",))):
        setup = SetUp(("In",) if probed else (), names, certificates, names[1:])
        for answers in ((), ANSWERS):
            put(guest_agent(probed, setup, answers), probed, names, certificates, answers)
    tasks = [(), (True,), (False,), (False, True), (True, True, False)]
    for simple, full_iis, in_w3wp, blocks in product(tasks, BOTH, BOTH, BOTH):
        chart = host_bootstrapper("start_host", simple, full_iis, events_in_w3wp=in_w3wp, failing_task_blocks=blocks)
        put(chart, simple, full_iis, in_w3wp, blocks)
    for full_iis in BOTH:
        put(host_bootstrapper("start_host", (False, True), full_iis, deaths=("task_0_dies",)), full_iis, "deaths")
    for deaths in ((), ("task_0_dies",)):
        alone_in_w3wp = host_bootstrapper("start_host", (False, True), True, True, False, deaths, events_in_host=False)
        put(alone_in_w3wp, "events in w3wp only", *deaths)
    for blocks, plugin in product(BOTH, BOTH):
        put(simple_task(0, blocks, plugin), "simple", blocks, plugin)
    for awaited, plugin in product((None, 1), BOTH):
        for noticed in BOTH:
            put(background_task(0, awaited, plugin, noticed), "background", awaited, plugin, noticed)
    put(foreground_task(0), "foreground")
    for sites in (1, 2, 5):
        put(iis_configurator(sites), sites)
    for tick, prefix in product(TICKS, (None, "", "custom_")):
        probe = None if prefix is None else CustomProbe(prefix)
        rows = () if probe is None else answers_custom_probe(probe)
        for requests in REQUESTS:
            put(worker_host(requests, 5 // tick, rows), requests, tick, prefix)
            put(web_host(requests, 5 // tick, rows), requests, tick, prefix)
        admitted = () if probe is None else admits_to_rotation(probe)
        for heeds in BOTH:
            beside_it = heeds_w3wp() if heeds else ()
            put(iis_host(5 // tick, (*admitted, *beside_it)), tick, prefix, heeds)
        alone = (*admitted, *leaves_events_to_w3wp())
        put(iis_host(5 // tick, alone, subscribed=False), tick, prefix, "events in w3wp only")
    for requests, subscribed in product(REQUESTS, BOTH):
        put(w3wp(requests, subscribed), requests, subscribed)
        for window in (1, 5):
            put(w3wp(requests, subscribed, window=window), requests, subscribed, "may be disabled", window)
        if requests:
            put(w3wp(requests, subscribed, CustomProbe(), 5), requests, subscribed, "probed, may be disabled")
            for prefix in ("", "custom_"):
                put(w3wp(requests, subscribed, CustomProbe(prefix)), requests, subscribed, prefix)
    for custom, always, beside, site in product(BOTH, BOTH, BOTH, BOTH):
        put(rotation(custom, always, beside, site), custom, always, beside, site)
    put(open_endpoint())
    for units in (0, 1, 3):
        put(fault_budget(["a_crash", "b_crash"], units), units)
    return charts
