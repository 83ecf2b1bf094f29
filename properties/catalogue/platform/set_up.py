"""Step 5: the guest agent sets the guest OS up for the role, and what can stand in its way (R-D1, R-D2, R-5)."""

from __future__ import annotations

from collections.abc import Iterator

from ....model.agents.guest_set_up import OBSTACLES, Obstacle
from ....model.agents.vocabulary import GUEST_DOWN, STACK_DOWN
from ....model.notation.statechart import Statechart, on
from ....model.notation.terms import Variable
from ...observer import VIOLATED, observer, sequence
from ...property import Property
from .instance import Instance

HEALED = {
    "locked_directory": ("the guest has gone down", GUEST_DOWN),
    "damaged_package": ("a new package has come", ("deliver_package", "stop_guest")),
    "missing_certificate": (
        "a new configuration or package has come",
        ("deliver_configuration", "deliver_package", "stop_guest"),
    ),
}
"""What ends an obstacle, in words and in events; with a service that is stopped they are all gone."""

DONE = {
    "locked_directory": ("create_local_storage", "empty_local_storage"),
    "damaged_package": ("set_up_package",),
    "missing_certificate": ("install_certificates",),
}
"""What an obstacle keeps from being done."""


def steps(its: Instance) -> list[str]:
    """The steps of configuring the guest OS, in the order of the document, as far as the role declares what they need.

    Firewall, ACLs, package and account are there for every role.
    """
    found = [
        ("configure_firewall", True),
        ("configure_acls", True),
        ("create_local_storage", bool(its.role.local_storage)),
        ("set_up_package", True),
        ("install_certificates", bool(its.role.certificates)),
        ("set_up_account", True),
    ]
    return [event for event, declared in found if declared]


def set_up(its: Instance) -> Iterator[Property]:
    """Step by step, in full for a guest that was started and for a new package."""
    configuring = steps(its)
    whole = [[event] for event in (*configuring, "copy_configuration", "start_bootstrapper")]
    yield its.watched(
        "the guest OS is set up step by step (firewall, ACLs, local storage, package, certificates, account, "
        "configuration) before the bootstrapper starts, anew for each package",
        sequence("guest_set_up", whole, (*GUEST_DOWN, "no_bootstrapper_found", "deliver_package")),
        ("R-D1", "R-D2", "R-5"),
        "start_bootstrapper",
    )
    yield its.watched(
        "each step of setting the guest OS up is done once, in its turn, unless something newer arrives",
        sequence(
            "each_step_once",
            [[event] for event in configuring],
            ("guest_agent_crashes", "goal_state_changed", *STACK_DOWN, *GUEST_DOWN),
            once=True,
        ),
        ("R-D1", "R-D2", "R-5"),
        "set_up_account",
    )
    yield its.watched(
        "the configuration file is copied once after each set-up of the guest OS, and then the bootstrapper is started",
        _after_a_set_up(),
        ("R-D1", "R-D2", "R-5"),
        "set_up_account",
    )
    yield its.watched(
        "the guest agent goes back to set something up again only for what arrived in the meantime",
        _in_the_meantime(emptied=any(storage.clean_on_role_recycle for storage in its.role.local_storage)),
        ("R-D1", "R-C2"),
        "goal_state_changed",
    )
    off = its.at("guest_os", "in(off) or in(booting)")
    yield its.invariant(
        "what the guest agent was told, and what it has reported, ends with its guest: the next one is set up in full",
        ~off | its.at("guest_agent", "goal == configuration and status == busy and reported == busy"),
        ("R-D1", "R-D3", "R-5"),
        off,
    )
    yield its.watched(
        "a bootstrapper that ended is started again from step 5 or 6: the guest OS is not set up anew",
        _stack_only(configuring),
        ("R-D4", "R-5"),
        "bootstrapper_exits",
    )
    yield its.watched(
        "a guest agent that was told to stop sets up nothing any more, and starts no bootstrapper",
        observer(
            "told_to_stop",
            ("open", "told"),
            (
                on("deliver_stop", "open", "told"),
                on((*(event for [event] in whole), "empty_local_storage"), "told", VIOLATED),
                on(GUEST_DOWN, "told", "open"),
            ),
        ),
        ("R-C2", "R-D4"),
        "deliver_stop",
    )


def recycled(its: Instance) -> Iterator[Property]:
    """What a recycle does to local storage."""
    kept = [storage.name for storage in its.role.local_storage if not storage.clean_on_role_recycle]
    if len(kept) < len(its.role.local_storage):
        yield its.watched(
            "local storage with cleanOnRoleRecycle is emptied, once, before a role that ended is started again",
            _emptied(),
            ("R-D1", "R-D4"),
            "empty_local_storage",
        )


def obstacles(its: Instance) -> Iterator[Property]:
    """A step of the set-up that fails, and fails again until something is changed."""
    there = {"locked_directory": bool(its.role.local_storage), "missing_certificate": bool(its.role.certificates)}
    for obstacle in OBSTACLES:
        if not there.get(obstacle.name, True) or not its.workflow.bounds.faults.allow(obstacle.name):
            continue
        until, healed = HEALED[obstacle.name]
        named = obstacle.name.replace("_", " ")
        yield its.watched(
            f"a {named} keeps the bootstrapper from starting until {until}",
            _kept(obstacle, healed),
            ("R-D1", "R-5"),
            obstacle.again,
        )
        if its.meets_request(obstacle.name):
            stands = its.at("guest_agent", f"in(running) and obstacle == {obstacle.name}")
            yield its.recovers(
                f"a role that is kept by a {named} can be stopped: there is no bootstrapper to wait for",
                stands & its.at("guest_agent", "goal == stop"),
                its.at("guest_os", "in(off)"),
                ("R-C2", "R-D1"),
            )


def _after_a_set_up() -> Statechart:
    """The file is copied after each set-up; and also by itself, for a new configuration."""
    quiet, setting_up, copy, start = everywhere = ("quiet", "setting_up", "copy", "start")
    return observer(
        "after_a_set_up",
        everywhere,
        (
            on("configure_firewall", (quiet, copy), setting_up),
            on("configure_firewall", start, VIOLATED),
            on("set_up_account", setting_up, copy),
            on("set_up_account", (quiet, copy, start), VIOLATED),
            on("copy_configuration", (quiet, copy), start),
            on("copy_configuration", (setting_up, start), VIOLATED),
            on("start_bootstrapper", start, quiet),
            on("start_bootstrapper", (setting_up, copy), VIOLATED),
            # Something newer arrived: what was done is of no use any more.
            on("goal_state_changed", everywhere, copy),
            on((*GUEST_DOWN, "guest_agent_crashes", "no_bootstrapper_found"), everywhere, quiet),
        ),
    )


def _in_the_meantime(*, emptied: bool) -> Statechart:
    """What was handed to the guest agent since it began to set up what it has.

    When the bootstrapper has ended, the agent begins with what it has by then: with the configuration, unless there is
    local storage to be ``emptied`` first; and with a package, if it stopped the role for it.
    """
    clear = "configuration := false; package := false; stopping := false"
    ended = () if emptied else (on(STACK_DOWN, "working", when="not stopping", then="configuration := false"),)
    return observer(
        "in_the_meantime",
        ("working",),
        (
            on("stop_role", "working", then="stopping := true"),
            on("guest_agent_crashes", "working", then="stopping := false"),
            on(STACK_DOWN, "working", when="stopping", then=clear),
            *ended,
            on("deliver_configuration", "working", then="configuration := true"),
            on("deliver_package", "working", then="package := true"),
            on("goal_state_changed", "working", VIOLATED, when="not configuration and not package"),
            on("goal_state_changed", "working", when="configuration or package", then="configuration := false"),
            on(("copy_configuration", "apply_configuration"), "working", then="configuration := false"),
            # A package is taken up with the first step.
            on("configure_firewall", "working", then="configuration := false; package := false"),
            on(GUEST_DOWN, "working", then=clear),
        ),
        (Variable.flag("configuration"), Variable.flag("package"), Variable.flag("stopping")),
    )


def _stack_only(configuring: list[str]) -> Statechart:
    """A guest agent that sees the bootstrapper end sets the guest OS up again for a new package only (KHB-3)."""
    everywhere = ("unwatched", "watched", "ended")
    return observer(
        "stack_only",
        everywhere,
        (
            on("bootstrapper_found", "unwatched", "watched"),
            on("start_bootstrapper", ("unwatched", "ended"), "watched", then="newer := false"),
            on(STACK_DOWN, "watched", "ended"),
            on(tuple(configuring), "ended", VIOLATED, when="not newer"),
            on("deliver_package", everywhere, then="newer := true"),
            on("guest_agent_crashes", ("watched", "ended"), "unwatched"),
            on(GUEST_DOWN, everywhere, "unwatched", then="newer := false"),
        ),
        (Variable.flag("newer"),),
    )


def _emptied() -> Statechart:
    """Whether local storage is empty, or was created anew, since the role ended."""
    emptied = ("empty_local_storage", "create_local_storage")
    return observer(
        "emptied",
        ("in_use", "due", "empty"),
        (
            on(STACK_DOWN, ("in_use", "empty"), "due"),
            on(emptied, "due", "empty"),
            on("empty_local_storage", ("in_use", "empty"), VIOLATED),
            on("start_bootstrapper", "due", VIOLATED),
            on("start_bootstrapper", "empty", "in_use"),
            on(GUEST_DOWN, ("due", "empty"), "in_use"),
        ),
    )


def _kept(obstacle: Obstacle, healed: tuple[str, ...]) -> Statechart:
    """An obstacle from the time when it was met until it is healed."""
    return observer(
        f"kept_by_{obstacle.name}",
        ("clear", "kept"),
        (
            on(obstacle.found, "clear", "kept"),
            on(obstacle.again, "clear", VIOLATED),
            on((obstacle.found, *DONE[obstacle.name], "start_bootstrapper"), "kept", VIOLATED),
            on(healed, "kept", "clear"),
        ),
    )
