"""The public interface: read a service, verify it, ask for properties, run it, draw it; write a network of your own.

`from goalstate import verify` is the way to these names.  What is not listed here may move between versions.
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
from goalstate.properties.property import (
    Always,
    AlwaysCan,
    Never,
    NoDeadlock,
    Outcome,
    Possible,
    Property,
)
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
