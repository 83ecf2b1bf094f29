"""What is assumed of a role's code: how it is written, and what its agents do then that they could not do before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from goalstate.model.assumption import COMPONENT, assumed, declared, subjects, told, with_assumptions
from goalstate.model.bounds import Bounds, BoundsError, Faults
from goalstate.model.deployment import Assumption, Deployment, Location, Role, RoleKind, Task, TaskType
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.instance import Instance
from goalstate.model.network import Network
from goalstate.model.platform import DEFAULT_PLATFORM
from goalstate.model.workflow import Workflow
from tests.model.services import role, service

ALONE = Bounds(Faults(0), requests=1, tick=5)
AGAIN = Bounds(Faults(0), requests=2, tick=5)


def network(what: str | None, kind: str = "worker", bounds: Bounds = ALONE, probed: str = "none") -> Network:
    deployment = service(role(kind, ["simple"], probed))
    return Workflow(with_assumptions(deployment, [what] if what else []), bounds).network


def happening(found: Network) -> set[str]:
    """The events of the instance that some run reaches."""
    space = explicit.explore(found, graph=True)
    assert space.complete
    assert space.graph is not None
    return {found.events[e].name.removeprefix("R_IN_0/") for e in space.graph.happening}


# -- how it is written -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("R/startup_task_0 fails", Assumption("startup_task_0", "fails")),
        ("r/STARTUP_TASK_0  Fails", Assumption("startup_task_0", "fails")),
        ("R startup task 0 exits 3010", Assumption("startup_task_0", "exits 3010")),
        ("R/setup.cmd hangs", Assumption("startup_task_0", "hangs")),
        ("R/setup.cmd /q hangs from the second start on", Assumption("startup_task_0", "hangs", True)),
        ("R OnStart throws", Assumption("OnStart", "throws")),
        ("R/onstart returns false from the second start on", Assumption("OnStart", "returns false", True)),
        ("R/Run returns", Assumption("Run", "returns")),
        ("R/OnStop hangs", Assumption("OnStop", "hangs")),
        ("R/tidy.exe never ends", Assumption("startup_task_1", "never ends")),
        ("R never answers the probe", Assumption("", "never answers the probe")),
    ],
)
def test_an_assumption_is_read(text: str, expected: Assumption) -> None:
    tasks = (Task("setup.cmd /q"), Task("tidy.exe", TaskType.FOREGROUND))
    deployment = service(replace(role("worker", probed="custom"), tasks=tasks))
    assert with_assumptions(deployment, [text]).role("R").assumptions == (expected,)


WRONG = {
    "": "no role ''; allowed: R; write it like \"R/OnStart throws\"",
    "Q/OnStart throws": "no role 'Q'",
    "R": "it names only the role; allowed: startup_task_0 (setup.cmd), startup_task_1 (watch.exe)",
    "R/startup_task_0": "it does not say what startup_task_0 does; allowed: fails, exits 3010, hangs",
    "R/startup_task_0 fail": "startup_task_0 never 'fail' (did you mean 'fails'?); allowed: fails, exits 3010, hangs",
    "R/OnStat throws": "role 'R' has no 'OnStat' (did you mean 'OnStart'?)",
    "R/startup_task_9 fails": "role 'R' has no 'startup_task_9' (did you mean 'startup_task_",
    "R/watch.exe fails": "startup_task_1 is a background task, and nobody waits for it; allowed: a simple or",
    "R/setup.cmd fails": "'setup.cmd' stands for several tasks of role 'R'; allowed: startup_task_0, startup_task_2",
    "R never answers the probe": "role 'R' has no 'never answers the'",
    "R/Run returns from the second start on": "the starts of Run can't be told apart; allowed with "
    "'from the second start on': startup_task_0, startup_task_2, OnStart; leave it out",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_can_not_be_assumed_is_refused_with_what_is_allowed(text: str) -> None:
    twice = (*role("worker", ["simple", "background"]).tasks, Task("setup.cmd"))
    deployment = service(replace(role("worker"), tasks=twice, location=Location("a.csdef", 3)))
    deployment = replace(deployment, location=Location("a.csdef", 1))
    with pytest.raises(BoundsError) as caught:
        with_assumptions(deployment, [text])
    where = "a.csdef:1" if "no role" in WRONG[text] else "a.csdef:3"
    assert str(caught.value).startswith(f"{where}: --assume can't be {text!r}: {WRONG[text]}")


def test_two_assumptions_about_the_same_are_refused() -> None:
    both = ["R/OnStart throws", "R/OnStart hangs"]
    with pytest.raises(BoundsError, match="OnStart of role 'R' is assumed twice; allowed: one way for each"):
        with_assumptions(service(role("worker")), both)


def test_an_assumption_is_told_with_the_line_of_its_code() -> None:
    task = Task("setup.cmd", location=Location("a.csdef", 7))
    one = replace(role("worker"), tasks=(task,), location=Location("a.csdef", 3))
    failing, throwing = Assumption("startup_task_0", "fails", True), Assumption("OnStop", "throws")
    assert told(one, failing) == "setup.cmd fails from the second start on"
    assert declared(one, failing).line == 7
    assert told(one, throwing) == "OnStop throws"
    assert declared(one, throwing).line == 3


# -- what the agents do then -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["worker", "HWC", "full IIS"])
@pytest.mark.parametrize(
    ("what", "event", "never"),
    [
        ("R/setup.cmd fails", "task_0_fails", {"task_0_succeeds", "on_start_called", "role_ready"}),
        ("R/setup.cmd exits 3010", "task_0_exits_3010", {"task_0_succeeds", "role_ready"}),
        ("R/setup.cmd hangs", "task_0_hangs", {"task_0_succeeds", "role_ready"}),
        ("R/OnStart throws", "on_start_throws", {"on_start_returned", "role_ready"}),
        ("R/OnStart returns false", "on_start_returned_false", {"on_start_returned", "role_ready"}),
        ("R/OnStart hangs", "on_start_hangs", {"on_start_returned", "role_ready"}),
    ],
)
def test_what_is_assumed_happens_without_a_budget_and_nothing_else_does(
    kind: str, what: str, event: str, never: set[str]
) -> None:
    before, after = happening(network(None, kind)), happening(network(what, kind))
    assert event not in before
    assert never <= before
    assert event in after
    assert not never & after


@pytest.mark.parametrize(
    ("what", "event"), [("R/Run returns", "run_returns"), ("R/Run throws", "run_throws"), ("R/Run hangs", "run_hangs")]
)
def test_what_run_does_comes_after_ready(what: str, event: str) -> None:
    assert event not in happening(network(None))
    assert {event, "role_ready"} <= happening(network(what))


def test_a_program_that_never_answers_its_probe_never_enters_the_rotation() -> None:
    before = happening(network(None, probed="custom"))
    after = happening(network("R never answers the probe", probed="custom"))
    assert {"enter_rotation", "probe_answered"} <= before
    assert not {"enter_rotation", "probe_answered", "program_answers_probe"} & after
    assert {"program_fails_probe", "role_ready"} <= after


def test_the_first_start_is_ordinary_where_only_later_ones_fail() -> None:
    later = "R/setup.cmd fails from the second start on"
    once, twice = happening(network(later)), happening(network(later, bounds=AGAIN))
    assert "role_ready" in once
    assert "task_0_fails" not in once
    assert {"role_ready", "task_0_fails"} <= twice
    # The ordinary outcome is that of the first start, and no other.
    assert starts_in_which("task_0_succeeds", later) == {"first"}
    assert starts_in_which("task_0_fails", later) == {"always"}


def starts_in_which(event: str, what: str) -> set[str]:
    """Where the component that holds outcomes back is when an event happens."""
    found = network(what, bounds=AGAIN)
    space = explicit.explore(found, graph=True)
    assert space.graph is not None
    sources = np.repeat(np.arange(space.distinct), np.diff(space.graph.offsets))
    happens = space.graph.events == found.event_index["R_IN_0/" + event]
    place = found.index[f"R_IN_0/{COMPONENT}"]
    states = found.components[place].lts.states
    return {name for k in set(space.column(place)[sources[happens]]) for name in states[k].active}


def test_a_foreground_task_that_never_ends_keeps_its_role_from_being_started_again() -> None:
    deployment = service(role("worker", ["foreground"]))
    before = happening(Workflow(deployment, AGAIN).network)
    after = happening(Workflow(with_assumptions(deployment, ["R/tidy.exe never ends"]), AGAIN).network)
    assert {"task_0_ends", "stopping_raised"} <= before
    assert not {"task_0_ends", "stopping_raised"} & after


def test_every_way_to_behave_makes_agents_of_every_kind_of_role() -> None:
    for kind in ("worker", "HWC", "full IIS"):
        one = role(kind, ["plugin", "simple", "foreground"], "both")
        ordinary = Instance(one, 0, 0, ALONE, DEFAULT_PLATFORM).agents
        for subject, ways in subjects(one).items():
            for way in ways:
                always = replace(one, assumptions=(Assumption(subject, way),))
                agents = Instance(always, 0, 0, ALONE, DEFAULT_PLATFORM).agents
                assert len(agents) - len(ordinary) in (0, 1), (subject, way)
                gone = {e for _, c in ordinary for e in c.faults} - {e for _, c in agents for e in c.faults}
                assert len(gone) == (way != "never ends"), (subject, way)


def test_without_assumptions_the_agents_are_as_they_were() -> None:
    one = role("full IIS", ["simple"])
    agents = Instance(one, 0, 0, ALONE, DEFAULT_PLATFORM).agents
    assert tuple(assumed(one, agents)) == agents
    assert with_assumptions(service(one), []) == service(one)


def test_assumptions_are_printed_with_the_bounds() -> None:
    assert ("assumed", "R/OnStart throws") in network("R/OnStart throws").bounds
    assert "assumed" not in dict(network(None).bounds)


def test_two_roles_have_their_own_assumptions() -> None:
    other = Role("Other", role("worker").kind)
    found = with_assumptions(Deployment("two", (role("worker"), other)), ["Other/OnStart throws"])
    assert found.role("R").assumptions == ()
    assert found.role("Other").assumptions == (Assumption("OnStart", "throws"),)


def test_names_that_differ_in_case_only_stand_for_several_tasks() -> None:
    tasks = (Task("Setup.cmd"), Task("setup.cmd"))
    service = Deployment("Shop", (Role("Back", RoleKind.WORKER, tasks=tasks),))
    with pytest.raises(BoundsError, match="stands for several tasks of role 'Back'; allowed: startup_task_0, startup_"):
        with_assumptions(service, ["Back/setup.cmd fails"])


def test_what_never_ends_needs_no_start() -> None:
    role = Role("Back", RoleKind.WORKER, tasks=(Task("tidy.exe", TaskType.FOREGROUND),))
    assert told(role, Assumption("startup_task_0", "never ends")) == "tidy.exe never ends"
