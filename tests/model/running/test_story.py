"""Stories: reproducible, guided by the shortest way, told in the sentences of the rows."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from goalstate.model.deployment import Deployment, Role, RoleKind, Site, Task
from goalstate.model.network import Component, Network
from goalstate.model.network.duration import Duration, Unit
from goalstate.model.network.path import Path
from goalstate.model.notation.statechart import ROOT, State, Statechart, does, ignores, on
from goalstate.model.notation.terms import Variable
from goalstate.model.running.story import Chances, GuideError, simulate, tell
from goalstate.model.workflow import Bounds, Faults, Workflow

CLOCK = Statechart("clock", (State("going"),), "going", rows=(does("tick", "going", says="a minute passes"),))
MACHINE = Statechart(
    "machine",
    (State("off"), State("booting"), State("running"), State("broken")),
    "off",
    (Variable.counter("waited", 0, 2),),
    (
        does("boot", "off", "booting", says="the machine is switched on", realises=("R-1",)),
        on("tick", "booting", when="waited < 2", then="waited := waited + 1", says="it is still booting"),
        does("up", "booting", "running", when="waited == 2", then="waited := 0", says="the machine is up"),
        ignores("tick", ("off", "running", "broken"), says="nobody minds"),
        ignores("tick", "booting", when="waited == 2"),
        does("break_down", "booting", "broken", says="the machine breaks", fault="crash"),
        does("serve", "running", says="a page is served", realises=("R-2",)),
        does("go_down", "running", "off"),
    ),
)
REPAIR = Statechart(
    "repair", (State("waiting"),), "waiting", rows=(on("break_down", ROOT, says="a call comes in", realises=("R-3",)),)
)


def room(instances: int = 2) -> Network:
    names = [f"M_{i}" for i in range(instances)]
    charts = (CLOCK, MACHINE, REPAIR)
    parts = tuple(Component(f"{n}/{c.name}", c, f"{n}/") for n in names for c in charts)
    return Network(parts, frozenset(f"{n}/tick" for n in names), name="room")


def test_the_same_seed_gives_the_same_story_and_another_seed_another() -> None:
    stories = [simulate(room(), seed=seed, steps=40) for seed in (1, 1, 2)]
    assert stories[0] == stories[1]
    assert stories[0].path.events != stories[2].path.events
    assert len(stories[0].lines) == 40
    assert stories[0].ending == "40 random steps are done"


def test_the_guide_is_followed_by_shortest_ways() -> None:
    story = simulate(room(), guide=["M_1/up", "M_?/break_down"], steps=0)
    assert story.path.events == ("M_1/boot", "M_1/tick", "M_1/tick", "M_1/up", "M_0/boot", "M_0/break_down")
    assert story.ending == "the guide ends here"


def test_a_pattern_without_an_instance_stays_on_the_instance_of_the_step_before() -> None:
    first, second = (simulate(room(), guide=[f"M_{k}/up", "*/break_down"], steps=0).path.events[-1] for k in (0, 1))
    assert (first, second) == ("M_0/break_down", "M_1/break_down")


def test_an_event_that_needs_two_requests_of_two_instances_is_found() -> None:
    """The shortest way is one of millions; one that goes straight there is found among some hundred."""
    role = Role("Node", RoleKind.WORKER, instances=2, tasks=(Task("setup.cmd"),))
    network = Workflow(Deployment("Chat", (role,)), Bounds(Faults(1), requests=2)).network
    story = simulate(network, guide=["*/on_stop_hangs", "*/kill_host"], steps=0, search=20_000)
    events = story.path.events
    assert [line.minute for line in story.lines if line.event.endswith("/kill_host")] == [5]
    assert events.index("Node_IN_0/on_stop_called") < events.index("Node_IN_0/on_stop_hangs") < len(events) - 1
    assert events[-1] == "Node_IN_0/kill_host"


def test_two_failures_in_a_row_are_those_of_one_instance() -> None:
    role = Role("Web", RoleKind.HWC_WEB, instances=2)
    network = Workflow(Deployment("Shop", (role,)), Bounds(Faults(2), requests=1)).network
    story = simulate(network, guide=["*/on_start_throws"] * 2, steps=0, search=20_000)
    assert [e for e in story.path.events if e.endswith("/on_start_throws")] == ["Web_IN_0/on_start_throws"] * 2


def test_faults_and_time_are_no_short_cuts() -> None:
    chart = Statechart(
        "door",
        (State("shut"), State("unlocked"), State("open"), State("gone")),
        "shut",
        rows=(
            does("unlock", "shut", "unlocked"),
            does("pull", "unlocked", "open"),
            does("burst", "shut", "open", fault="force"),
            does("tick", "shut", "open"),
            does("enter", "open", "gone"),
        ),
    )
    network = Network((Component("door", chart),), frozenset({"tick"}))
    assert simulate(network, guide=["enter"], steps=0).path.events == ("unlock", "pull", "enter")
    assert simulate(network, guide=["burst", "enter"], steps=0).path.events == ("burst", "enter")


@pytest.mark.parametrize(("event", "faults"), [("role_ready", []), ("restart_guest", ["guest_hang"])])
def test_a_pattern_for_several_instances_is_followed_by_one_alone(event: str, faults: list[str]) -> None:
    role = Role("Web", RoleKind.FULL_IIS_WEB, instances=2, sites=(Site("Web", 0),), tasks=(Task("setup.cmd"),))
    network = Workflow(Deployment("Shop", (role,)), Bounds(Faults(1), requests=2)).network
    story = simulate(network, guide=[f"*/{event}"], steps=0, search=5000)
    assert story.path.events[-1] == f"Web_IN_0/{event}"
    assert {line.instance for line in story.lines} == {"", "Web_IN_0"}
    assert [line.fault for line in story.lines if line.fault] == faults


def test_a_guide_that_cant_be_followed_says_where_and_why() -> None:
    with pytest.raises(GuideError) as unknown:
        simulate(room(), guide=["M_0/boot", "M_0/serv"])
    assert str(unknown.value) == (
        "guide, step 2 of 2: no event is called 'M_0/serv' (did you mean 'M_0/serve'?); allowed: an event of the "
        "network, such as 'M_0/tick', or a pattern with * and ?; a run told with -v names its events"
    )
    with pytest.raises(GuideError) as blocked:
        simulate(room(1), guide=["M_0/break_down", "M_0/serve"])
    assert str(blocked.value) == (
        "guide, step 2 of 2: 'M_0/serve' can't be reached; where it is nearest, 'M_0/serve' is held back by "
        "M_0/machine in broken(waited=0)"
    )
    with pytest.raises(GuideError, match=r"'\*/crash' \(a kind of fault, whose event is 'M_0/break_down'\); allowed"):
        simulate(room(), guide=["*/crash"])
    with pytest.raises(GuideError, match=r"not found in the first 2 states; .* by M_0/machine in .*; guide it"):
        simulate(room(), guide=["M_0/serve"], search=2)


def test_minutes_are_those_of_the_instance() -> None:
    guide = ["M_0/tick", "M_1/tick", "M_1/tick", "M_0/boot", "M_1/boot"]
    story = simulate(room(), guide=guide, steps=0)
    assert [(line.instance, line.minute) for line in story.lines] == [
        ("M_0", 1),
        ("M_1", 1),
        ("M_1", 2),
        ("M_0", 1),
        ("M_1", 2),
    ]
    slow = replace(room(), tick_length=Duration(5, Unit.SECOND))
    lines = simulate(slow, guide=guide, steps=0).lines
    assert [(line.time, line.unit, line.minute) for line in lines] == [
        (t, Unit.SECOND, None) for t in (5, 5, 10, 5, 10)
    ]
    assert "M_0, second 5: " in str(lines[0])


def test_events_of_an_instance_without_a_clock_are_told_by_the_networks_own() -> None:
    bell = Statechart("bell", (State("there"),), "there", rows=(does("rings", "there"),))
    network = Network((Component("clock", CLOCK), Component("a/bell", bell, "a/")), frozenset({"tick"}))
    story = tell(Path.replay(network, ["tick", "a/rings", "tick", "a/rings"]))
    assert [line.time for line in story.lines] == [1, 1, 2, 2]


def test_a_line_tells_who_did_what_and_why() -> None:
    story = tell(Path.replay(room(1), ["M_0/boot", "M_0/tick", "M_0/break_down"]))
    assert str(story).splitlines() == [
        "room: 3 steps",
        "   1. M_0, minute 0: the machine is switched on [R-1]",
        "      boot, by machine (off -> booting)",
        "   2. M_0, minute 1: a minute passes",
        "      tick, by clock",
        "      machine: it is still booting (waited 0 -> 1)",
        "   3. M_0, minute 1: FAULT crash: the machine breaks [R-3]",
        "      break_down, by machine (booting -> broken)",
        "      repair: a call comes in",
        "  end. the path ends here",
    ]


def test_the_dictionary_is_json() -> None:
    written = json.loads(json.dumps(simulate(room(1), guide=["M_0/break_down"], steps=0).as_dict()))
    assert (written["network"], written["seed"], written["guide"]) == ("room", 0, ["M_0/break_down"])
    assert written["steps"][1] == {
        "step": 2,
        "event": "M_0/break_down",
        "instance": "M_0",
        "minute": 0,
        "time": 0,
        "unit": "minute",
        "sender": "M_0/machine",
        "participants": ["M_0/machine", "M_0/repair"],
        "says": "the machine breaks",
        "reactions": [["M_0/repair", "a call comes in"]],
        "requirements": ["R-3"],
        "fault": "crash",
        "changes": {"M_0/machine": ["booting(waited=0)", "broken(waited=0)"]},
    }


def test_the_story_of_a_lasso_says_where_it_goes_round() -> None:
    story = tell(Path.replay(room(1), ["M_0/boot", "M_0/tick", "M_0/tick", "M_0/tick"], loop=3))
    assert story.ending == "from here it can go on for ever as from step 4"


def test_chances_rule_faults_and_ticks() -> None:
    def kinds(fault: float, tick: float) -> Counter[str]:
        events = simulate(room(), seed=5, steps=300, chances=Chances(fault, tick)).path.events
        return Counter(event.rpartition("/")[2] for event in events)

    assert "break_down" not in kinds(0, 0.2)
    assert kinds(0.9, 0.2)["break_down"] == 2
    assert kinds(0, 0.1)["tick"] < 150 < kinds(0, 0.95)["tick"]


def test_a_story_ends_where_nothing_can_happen() -> None:
    chart = Statechart("fuse", (State("whole"), State("blown")), "whole", rows=(does("blow", "whole", "blown"),))
    story = simulate(Network((Component("fuse", chart),)), steps=9)
    assert (story.path.events, story.ending) == (("blow",), "nothing more can happen")


def test_without_a_chance_for_faults_a_run_stops_before_one() -> None:
    chart = Statechart(
        "fuse", (State("whole"), State("blown")), "whole", rows=(does("blow", "whole", "blown", fault="surge"),)
    )
    network = Network((Component("fuse", chart),))
    assert simulate(network, chances=Chances(fault=0)).path.events == ()
    assert simulate(network, steps=1).path.events == ("blow",)
