"""The public interface: read a service, verify it, ask for properties, run it, draw it; write a network of your own.

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
"""

from goalstate.diagrams.drawing import draw
from goalstate.model.deployment import Deployment, DeploymentError, read_deployment
from goalstate.model.network import Component, Network
from goalstate.model.network.path import Path
from goalstate.model.notation.rows import State, does, ignores, on, refuses
from goalstate.model.notation.statechart import Statechart
from goalstate.model.notation.terms import Variable
from goalstate.model.running.story import Story, simulate
from goalstate.model.workflow import Bounds, Faults, Platform, Workflow
from goalstate.properties.predicates import At, Can
from goalstate.properties.property import Always, AlwaysCan, Never, NoDeadlock, Outcome, Possible, Property
from goalstate.properties.service.settings import Settings
from goalstate.properties.service.verification import Report, verify, verify_network
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
    "Faults",
    "Network",
    "Never",
    "NoDeadlock",
    "Outcome",
    "Path",
    "Platform",
    "Possible",
    "Property",
    "Report",
    "Settings",
    "State",
    "Statechart",
    "Story",
    "Variable",
    "Verdict",
    "Workflow",
    "does",
    "draw",
    "ignores",
    "on",
    "read_deployment",
    "refuses",
    "simulate",
    "verify",
    "verify_network",
]
