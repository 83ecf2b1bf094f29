"""The public interface: read a service, verify it, ask for properties, run it, draw it; write a network of your own.

One import has all that a network of your own needs: agents, time and faults, properties of states and of whole runs.

`from goalstate import verify` is the way to these names.  What is not listed here may move between versions.

>>> from goalstate import *
>>> from goalstate.reading.subjects import EXAMPLE
>>> service: Deployment = read_deployment(sorted(EXAMPLE.iterdir()))  # or raises DeploymentError
>>> report: Report = verify(service, Settings(faults=Faults(0), requests=1, tick=5, only=("deadlock",)))
>>> report.outcome is Outcome.HOLDS, len(Workflow(service, Bounds(Faults(0)), Platform()).network.components) > 20
(True, True)
>>> lamp = Statechart("lamp", (State("dark"), State("lit")), "dark", (Variable.flag("worn"),), (
...     does("light", "dark", "lit", when="not worn"), does("dim", "lit", "dark", then="worn := true"),
...     on("storm", "lit", "dark"), ignores("storm", "dark")))
>>> sky = Statechart("sky", (State("calm"), State("rough")), "calm", rows=(
...     does("storm", "rough", "calm"), does("clouds", "calm", "rough"), refuses("light", "rough"),
...     on("light", "calm")))
>>> street = Network((Component("lamp", lamp), Component("sky", sky)), name="street")
>>> dark = At("lamp", "in(dark)")
>>> asked = [Never(("storm",), At("sky", "in(calm)")), Always(dark), Possible(Can("dim")), AlwaysCan(dark)]
>>> asked.append(NoDeadlock())
>>> verdicts: tuple[Verdict, ...] = verify_network(street, [Property(str(c), c) for c in asked]).verdicts
>>> [v.outcome.value for v in verdicts], Path.replay(street, ["light"]).events == verdicts[1].path.events
(['holds', 'violated', 'holds', 'holds', 'holds'], True)
>>> story: Story = simulate(street, steps=3)

A network with time, a budget of faults, an observer, and claims about whole runs:

>>> clock = Statechart("clock", (State("goes"),), "goes", rows=(does("tick", "goes"),))
>>> pump = Statechart("pump", (State("up"), State("down")), "up", rows=(
...     does("fail", "up", "down", fault="failure"), does("start", "down", "up"),
...     on("tick", "up"), refuses("tick", "down")))
>>> parts = (Component("clock", clock), Component("pump", pump), Component("budget", fault_budget(["fail"], 2)))
>>> plant = Network(parts, frozenset({"tick"}), name="plant", tick_length=Duration(10, Unit.SECOND))
>>> up, awake = At("pump", "in(up)"), weak(plant, "pump")
>>> order = Component("order", precedence("order", ["fail"], ["start"], since=["start"]))
>>> limit: Within = deadline("within 10 seconds of <fail>, <start>", plant)
>>> wanted = [NothingLost(), Watched(order), limit,
...     EveryRun(linear("<fail> leads to {pump: in(up)}", plant), awake),
...     SomeRun(linear("F <start>", plant)), Initially(branching_time("AG EF {pump: in(up)}", plant)),
...     Always(anywhere([up, At("budget", "left < 2")])), Possible(everywhere([~up, At("budget", "left > 0")]))]
>>> [v.outcome.value for v in verify_network(plant, [Property(str(c), c) for c in wanted]).verdicts]
['holds', 'holds', 'holds', 'holds', 'holds', 'holds', 'holds', 'holds']

``strong``, ``endless`` and ``each_action`` are further assumptions; ``once``, ``sequence`` and ``observer`` further
observers; ``SentBy`` and ``Lacks`` are claims about how a network is built:

>>> fair = strong(plant, "start") + endless(plant, "tick") + each_action(plant, Strength.WEAK, "pump")
>>> first = [once("one", ["fail"], ["start"]), sequence("turns", [["fail"], ["start"]], ["start"])]
>>> row: Transition = on("fail", "calm", "violated")
>>> late: Statechart = observer("late", ["calm"], [row])
>>> claims = [*(Watched(Component(chart.name, chart)) for chart in [*first, late]), SentBy(("fail",), "pump")]
>>> claims += [Lacks(("valve",)), EveryRun(linear("G F <tick>", plant), fair)]
>>> [v.outcome.value for v in verify_network(plant, [Property(str(c), c) for c in claims]).verdicts]
['holds', 'holds', 'violated', 'holds', 'holds', 'holds']

What is wrong is refused with all mistakes: ``StatechartError``, ``NetworkError``, ``PredicateError``.

>>> try: Statechart("tap", (State("shut"),), "shut", rows=(does("turn", "shut", "opne"),))
... except (StatechartError, NetworkError, PredicateError) as error: print(error)
statechart 'tap': 1 mistake
  - row 0 (does turn): unknown state 'opne' in 'does turn'; states: shut
"""

from goalstate.diagrams.drawing import draw
from goalstate.model.agents.fault_budget import fault_budget
from goalstate.model.deployment import Deployment, DeploymentError, read_deployment
from goalstate.model.network import Component, Network, NetworkError
from goalstate.model.network.duration import Duration, Unit
from goalstate.model.network.path import Path
from goalstate.model.notation.rows import State, Transition, does, ignores, on, refuses
from goalstate.model.notation.statechart import Statechart, StatechartError
from goalstate.model.notation.terms import Variable
from goalstate.model.running.story import Story, simulate
from goalstate.model.workflow import Bounds, Faults, Platform, Workflow
from goalstate.properties.observer import observer, once, precedence, sequence
from goalstate.properties.predicates import At, Can, PredicateError, anywhere, everywhere
from goalstate.properties.property import (
    Always,
    AlwaysCan,
    Lacks,
    Never,
    NoDeadlock,
    NothingLost,
    Outcome,
    Possible,
    Property,
    SentBy,
    Watched,
)
from goalstate.properties.service.settings import Settings
from goalstate.properties.service.verification import Report, verify, verify_network
from goalstate.properties.temporal.claims import EveryRun, Initially, SomeRun, Within
from goalstate.properties.temporal.fairness import Strength, each_action, endless, strong, weak
from goalstate.properties.temporal.reading import branching_time, deadline, linear
from goalstate.properties.verdict import Verdict

__all__ = [
    "Always",
    "AlwaysCan",
    "At",
    "Bounds",
    "Can",
    "Component",
    "Deployment",
    "DeploymentError",
    "Duration",
    "EveryRun",
    "Faults",
    "Initially",
    "Lacks",
    "Network",
    "NetworkError",
    "Never",
    "NoDeadlock",
    "NothingLost",
    "Outcome",
    "Path",
    "Platform",
    "Possible",
    "PredicateError",
    "Property",
    "Report",
    "SentBy",
    "Settings",
    "SomeRun",
    "State",
    "Statechart",
    "StatechartError",
    "Story",
    "Strength",
    "Transition",
    "Unit",
    "Variable",
    "Verdict",
    "Watched",
    "Within",
    "Workflow",
    "anywhere",
    "branching_time",
    "deadline",
    "does",
    "draw",
    "each_action",
    "endless",
    "everywhere",
    "fault_budget",
    "ignores",
    "linear",
    "observer",
    "on",
    "once",
    "precedence",
    "read_deployment",
    "refuses",
    "sequence",
    "simulate",
    "strong",
    "verify",
    "verify_network",
    "weak",
]
