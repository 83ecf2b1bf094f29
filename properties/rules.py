"""The rules: what each kind of finding is called, for ever, and what a reader needs to know about it.

Every property of the catalogue carries the code of its rule.  Reports, their fingerprints and the pages decide on the
code, never on the English sentence; so a sentence can be put better without any alert being opened anew.

``GS1xx``  what a service definition can get wrong
``GS2xx``  what is true of every deployment: a violation is a mistake of the model
``GS9xx``  properties of the user's own

A code never changes its meaning, and a code that is given up is not given again.  Left out: how bad a finding is; each
is an error until somebody accepts it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

WORKFLOW = "https://learn.microsoft.com/en-us/azure/cloud-services/cloud-services-workflow-process"
TASKS = "https://learn.microsoft.com/en-us/azure/cloud-services/cloud-services-startup-tasks"
TASK_PRACTICE = "https://learn.microsoft.com/en-us/azure/cloud-services/cloud-services-startup-tasks-common"
LIFECYCLE = "https://learn.microsoft.com/en-us/azure/cloud-services/cloud-services-role-lifecycle-dotnet"
RECYCLES = "https://learn.microsoft.com/en-us/archive/blogs/kwill/troubleshooting-scenario-7-role-recycling"
SCHEMA = "https://learn.microsoft.com/en-us/azure/cloud-services/schema-csdef-loadbalancerprobe"


class Code(Enum):
    """The code of a rule."""

    TASK = "GS101"
    FOREGROUND_TASK = "GS102"
    MODULE_TASK = "GS103"
    NEVER_READY = "GS110"
    CODE_ASSUMED = "GS111"
    PROBE = "GS120"
    ENDPOINT = "GS121"
    SERVICE = "GS201"
    FABRIC = "GS202"
    PLACEMENT = "GS203"
    HEARTBEATS = "GS204"
    HOST_AGENT = "GS205"
    GUEST_AGENT = "GS206"
    SET_UP = "GS207"
    REPORTS = "GS208"
    PRESENCE = "GS209"
    START = "GS210"
    STARTUP_TASKS = "GS211"
    KIND_OF_ROLE = "GS212"
    LIFE = "GS213"
    CHANGES = "GS214"
    ROTATION = "GS215"
    TIME = "GS216"
    RECOVERY = "GS217"
    LIVENESS = "GS218"
    OWN = "GS901"


class Actor(Enum):
    """Who has to act."""

    OWNER = "the owner of the role"
    MODEL = "the developers of goalstate"
    AUTHOR = "the author of the network"


@dataclass(frozen=True)
class Rule:
    """One row of the table.

    ``slug`` is the name of the rule in one word, ``title`` says what may happen, ``cause`` how it comes about,
    ``example`` is a piece of a service definition (or of a network) with it, ``remedy`` what helps, ``brief`` the same
    in one line, ``sources`` are addresses, and requirements by their ids.
    """

    code: Code
    slug: str
    title: str
    cause: str
    example: str
    remedy: str
    brief: str
    sources: tuple[str, ...]
    actor: Actor = Actor.OWNER

    @property
    def anchor(self) -> str:
        """Where its section begins on the page of all rules.

        >>> RULES[Code.TASK].anchor
        'gs101'
        """
        return self.code.value.casefold()


def _platform(code: Code, slug: str, what: str, *sources: str) -> Rule:
    return Rule(
        code,
        slug,
        f"The model contradicts what is known of {what}",
        "The sentence is true of every deployment, whatever its definition says. So a violation is a mistake of the "
        "model or of the catalogue, not of the service.",
        "goalstate verify --save-trace run.json",
        "Nothing in the service needs to change. Report it, with the run that --save-trace writes.",
        "report it to the developers of goalstate, with the run of --save-trace",
        (WORKFLOW, *sources),
        Actor.MODEL,
    )


ROWS = (
    Rule(
        Code.TASK,
        "startup-task-keeps-busy",
        "A startup task may keep its role Busy for ever",
        "The role waits for a simple task, without a time limit. A task that never ends is ended by nobody, and the "
        "instance stays Busy. (With --option failing_simple_task=blocked the same comes of a task that fails.)",
        '<Task commandLine="InstallDotNet.cmd" executionContext="elevated" taskType="simple" />',
        "Give every step of the script a time limit, and end it with `exit /b 0` once the work is done; an exit code "
        "of 3010 is a failure to the role. Or, if the role can do without its result at first, make it "
        'taskType="background"; it is then not waited for.',
        'set a time limit in the script and end it with exit /b 0; or taskType="background"',
        (TASKS, TASK_PRACTICE, "R-7", "R-G3"),
    ),
    Rule(
        Code.FOREGROUND_TASK,
        "foreground-task-keeps-role",
        "A foreground task may keep its role from being recycled or stopped for ever",
        "A role is recycled or stopped only when its foreground tasks have ended. One that never ends is ended by "
        "nobody: the next start waits for it, and so does the end of a stop.",
        '<Task commandLine="watch.cmd" executionContext="limited" taskType="foreground" />',
        "Let the program end when the role leaves: watch for RoleEnvironment.Stopping. If nothing must wait for it, "
        'make it taskType="background".',
        'let the program end with the role; or taskType="background"',
        (TASKS, "R-7", "R-G3"),
    ),
    Rule(
        Code.MODULE_TASK,
        "module-task-keeps-busy",
        "A startup task of an imported module may keep its role Busy for ever",
        "An import brings a process in the background, and a simple task that waits until that process is ready. If "
        "the process dies, or the waiting task never ends, the instance stays Busy.",
        '<Imports><Import moduleName="RemoteAccess" /></Imports>',
        "Nobody can mend the module. Leave the import out where it is not needed, or accept the finding with a reason; "
        "a reboot or a reimage of the instance helps when it happens.",
        "leave the import out if you can; if it happens, reimage the instance",
        (TASKS, "R-H1", "R-H3"),
    ),
    Rule(
        Code.NEVER_READY,
        "never-ready",
        "A role can never become Ready",
        "No run within the bounds makes the role Ready: something that it needs is missing, or what is assumed of its "
        "code keeps it away.",
        'goalstate verify --assume "Web/OnStart throws"',
        "Look which step is the last one that every run comes to: goalstate simulate tells it. Mend that step, or take "
        "the assumption back.",
        "find the last step with goalstate simulate, and mend it",
        (RECYCLES, "R-9", "R-C2"),
    ),
    Rule(
        Code.CODE_ASSUMED,
        "code-keeps-from-ready",
        "Code that behaves as assumed keeps its role from Ready",
        "With --assume the code of the role always behaves in one way: a task fails, OnStart throws, Run returns. "
        "Then the role is started again and again, or stays where it is.",
        'goalstate verify --assume "Web/OnStart throws"',
        "Catch what OnStart and Run throw and log it; let Run never return; let tasks end with exit code 0. Then "
        "upload a new package: the platform heals nothing of this.",
        "mend the code, and upload a new package",
        (RECYCLES, LIFECYCLE, "R-9", "R-D4"),
    ),
    Rule(
        Code.PROBE,
        "probe-ignores-ready",
        "An instance that is not Ready may answer a custom probe",
        "A custom probe replaces the probe of the guest agent. It asks an address of the role, and whatever answers "
        "there counts: the load balancer then sends requests to an instance that is not Ready.",
        '<InputEndpoint name="In" protocol="http" port="80" loadBalancerProbe="Health" />',
        "Let the page that is probed answer 200 only while the role is Ready: OnStart, Stopping and StatusCheck tell. "
        "Or leave loadBalancerProbe out.",
        "answer the probe only while the role is Ready; or leave loadBalancerProbe out",
        (SCHEMA, "R-9"),
    ),
    Rule(
        Code.ENDPOINT,
        "endpoint-without-instance",
        "A public endpoint may lose its last instance in rotation",
        "The faults that are allowed are enough to take every instance of the role out of the load balancer at the "
        "same time.",
        '<Role name="Web"><Instances count="1" /></Role>',
        "Run at least two instances, in two fault domains. goalstate availability counts how many faults an endpoint "
        "bears.",
        "run more instances: goalstate availability counts what an endpoint bears",
        (SCHEMA, "R-9"),
    ),
    _platform(Code.SERVICE, "service", "requests, their orders and their end", "R-A1", "R-B1"),
    _platform(Code.FABRIC, "fabric", "how the fabric controller walks the upgrade domains", "R-B1"),
    _platform(Code.PLACEMENT, "placement", "where an instance is placed and what it is told", "R-B1"),
    _platform(Code.HEARTBEATS, "heartbeats", "heartbeats and what follows when they fail", "R-C3", "R-C4"),
    _platform(Code.HOST_AGENT, "host-agent", "the host agent", "R-C2"),
    _platform(Code.GUEST_AGENT, "guest-agent", "how the guest agent is installed and looked after", "R-D1"),
    _platform(Code.SET_UP, "set-up", "how a guest is set up for a role", "R-5"),
    _platform(Code.REPORTS, "reports", "statuses and goal states", "R-C2", "R-9"),
    _platform(Code.PRESENCE, "presence", "which agents run while others do", "R-D4"),
    _platform(Code.START, "start", "the order of a start and its end", "R-5", "R-9"),
    _platform(Code.STARTUP_TASKS, "startup-tasks", "startup tasks", "R-7", "R-G1"),
    _platform(Code.KIND_OF_ROLE, "kind-of-role", "what belongs to the kind of a role", "R-6"),
    _platform(Code.LIFE, "life-of-a-role", "OnStart, Run, OnStop and Busy", "R-E2"),
    _platform(Code.CHANGES, "changes", "how a change is announced and put in place", "R-B2"),
    _platform(Code.ROTATION, "rotation", "the load balancer", "R-9", "R-10"),
    _platform(Code.TIME, "time", "time: it never stops"),
    _platform(Code.RECOVERY, "recovery", "how a role becomes Ready again", "R-C2", "R-D4"),
    _platform(Code.LIVENESS, "liveness", "what comes about in every run"),
    Rule(
        Code.OWN,
        "own-property",
        "A property of the network may be violated",
        "A property that the author of the network wrote is false in some run.",
        "goalstate verify net.py:NAME",
        "Read the run to its first step that should not be there. Mend the row that allows it, or the property.",
        "mend the network, or the property",
        (),
        Actor.AUTHOR,
    ),
)
"""The table, in the order of the codes."""

RULES: Mapping[Code, Rule] = {rule.code: rule for rule in ROWS}
"""The rule of every code."""


def code_of(text: str) -> Code | None:
    """The code, or the slug, that a text is, in any case; None if it is neither.

    >>> code_of(" gs101 "), code_of("never-ready"), code_of("Busy")
    (<Code.TASK: 'GS101'>, <Code.NEVER_READY: 'GS110'>, None)
    """
    words = text.strip().casefold()
    return next((rule.code for rule in ROWS if words in (rule.anchor, rule.slug)), None)
