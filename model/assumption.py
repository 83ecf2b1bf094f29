"""Assumptions: how the code of a role always behaves, such as a startup task that fails at every start.

A fault happens a few times, as its budget says.  What is assumed here is no fault: it is the only way in which that
part of the role behaves.  So it needs no budget, and the ordinary outcome never comes about.  Most reports about roles
that are stuck are about this: a script with a mistake in it makes the same mistake at every start.

An assumption changes two things in the agents of each instance of its role.  Its event is no fault any more, and one
component more, ``assumption``, holds back the other outcomes.  "From the second start on" the first start is ordinary:
the component counts up to one, and holds back the assumed event until then.  Events are all that it depends on.

Left out: a task that restarts its guest; that a new guest OS may make the first start of a task ordinary again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from .agents.load_balancer import CUSTOM, CustomProbe
from .agents.startup_task import failed, started, succeeded, wants_reboot
from .bounds import BoundsError
from .deployment import Assumption, Deployment, Location, Role, Task, TaskType
from .deployment.service import file_name
from .notation.rows import Answer, each
from .notation.statechart import State, Statechart, Transition, ignores, on, refuses
from .notation.terms import suggestion

LATER = " from the second start on"

COMPONENT = "assumption"
"""The component that holds back what is assumed not to happen."""


@dataclass(frozen=True)
class Behaviour:
    """One way to behave.

    ``assumed``: the event that comes about; empty where nothing does.  ``withheld``: the events that never do.
    ``begins``: the event that begins a start of it; empty where starts can't be told apart.
    """

    assumed: str
    withheld: tuple[str, ...] = ()
    begins: str = ""


Ways = Mapping[str, Behaviour]


def _outcomes(begins: str, ordinary: str, others: Mapping[str, str]) -> Ways:
    """The ways of what begins and then has one of several outcomes: each with its event."""
    events = (ordinary, *others.values())
    return {way: Behaviour(event, tuple(e for e in events if e != event), begins) for way, event in others.items()}


CODE: Mapping[str, Ways] = MappingProxyType(
    {
        "OnStart": _outcomes(
            "on_start_called",
            "on_start_returned",
            {"throws": "on_start_throws", "returns false": "on_start_returned_false", "hangs": "on_start_hangs"},
        ),
        "Run": {
            "throws": Behaviour("run_throws"),
            "returns": Behaviour("run_returns"),
            "hangs": Behaviour("run_hangs"),
        },
        "OnStop": _outcomes("", "on_stop_returned", {"throws": "on_stop_throws", "hangs": "on_stop_hangs"}),
    }
)
"""What the methods of a RoleEntryPoint can be assumed to do."""


def _task(number: int, task: Task) -> Ways:
    """What a startup task can be assumed to do; nobody waits for a background task."""
    if task.type is TaskType.FOREGROUND:
        never = Behaviour("", (f"task_{number}_ends",), started(number))
        return {"never ends": never}
    if task.type is TaskType.BACKGROUND:
        return {}
    return _outcomes(
        started(number),
        succeeded(number),
        {"fails": failed(number), "exits 3010": wants_reboot(number), "hangs": f"task_{number}_hangs"},
    )


def subjects(role: Role) -> dict[str, Ways]:
    """Who can be assumed to behave in some way, and the ways; the empty name stands for the role as a whole.

    >>> from goalstate.model.deployment import RoleKind
    >>> found = subjects(Role("Back", RoleKind.WORKER, tasks=(Task("a.cmd"),)))
    >>> {subject: list(ways) for subject, ways in found.items()}["startup_task_0"]
    ['fails', 'exits 3010', 'hangs']
    """
    found: dict[str, Ways] = {f"startup_task_{k}": _task(k, task) for k, task in enumerate(role.tasks)}
    found |= CODE
    counted = [endpoint for endpoint in role.input_endpoints if not endpoint.ignores_status]
    if any(endpoint.probe is not None for endpoint in counted):
        probe = CustomProbe(CUSTOM if any(endpoint.probe is None for endpoint in counted) else "")
        silent = Behaviour(probe.fails, (*probe.answered, probe.recovers))
        found[""] = {"never answers the probe": silent}
    return found


def behaviour(role: Role, assumption: Assumption) -> Behaviour:
    """The way to behave that an assumption about a role names; raises KeyError for one that the role can't have."""
    return subjects(role)[assumption.subject][assumption.way]


def told(role: Role, assumption: Assumption) -> str:
    """An assumption about a role in words.

    >>> from goalstate.model.deployment import RoleKind
    >>> told(Role("Back", RoleKind.WORKER), Assumption("OnStart", "throws"))
    'OnStart throws at every start'
    """
    number = _number(assumption)
    who = assumption.subject or f"role {role.name}"
    if number is not None:
        who = role.task_names[number]
    if assumption.later:
        return f"{who} {assumption.way}{LATER}"
    way = behaviour(role, assumption)
    return f"{who} {assumption.way}{' at every start' if way.begins and way.assumed else ''}"


def declared(role: Role, assumption: Assumption) -> Location:
    """The line of the definition that declares the code that an assumption is about."""
    number = _number(assumption)
    return role.location if number is None else role.tasks[number].location


def _number(assumption: Assumption) -> int | None:
    """The number of the startup task that an assumption is about."""
    number = assumption.subject.removeprefix("startup_task_")
    return int(number) if number.isdecimal() else None


# -- what becomes of the agents ----------------------------------------------------------------------------------------


def assumed(role: Role, agents: Sequence[tuple[str, Statechart]]) -> Iterator[tuple[str, Statechart]]:
    """The agents of an instance, changed by what is assumed of its role; without assumptions, as they were."""
    found = [(behaviour(role, assumption), assumption.later) for assumption in role.assumptions]
    ordinary = {way.assumed for way, _ in found}
    for name, chart in agents:
        yield name, _without_faults(chart, ordinary & chart.faults.keys())
    for k, (way, later) in enumerate(found):
        if way.withheld:
            yield COMPONENT if len(found) == 1 else f"{COMPONENT}_{k}", _holding_back(way, later)


def _without_faults(chart: Statechart, events: Iterable[str]) -> Statechart:
    """A chart in which some events are no faults."""
    ordinary = frozenset(events)
    if not ordinary:
        return chart
    return replace(chart, rows=tuple(part for row in chart.rows for part in _split(row, ordinary)))


def _split(row: Transition, ordinary: frozenset[str]) -> Iterator[Transition]:
    """A row as it was, or, for events that are no faults any more, without its kind of fault."""
    events = each(row.event)
    if row.answer is not Answer.DOES or not ordinary.intersection(events):
        yield row
        return
    yield replace(row, event=tuple(e for e in events if e in ordinary), fault="")
    if rest := tuple(e for e in events if e not in ordinary):
        yield replace(row, event=rest)


def _holding_back(way: Behaviour, later: bool) -> Statechart:
    """The component that lets only the assumed outcome happen, at every start or from the second one on."""
    never = refuses(way.withheld, "always", says="it is assumed that this never happens")
    if not later:
        return Statechart(COMPONENT, (State("always", says="as it is assumed"),), "always", rows=(never,))
    early = ("before", "first")
    return Statechart(
        COMPONENT,
        (State("before", says="not started yet"), State("first", says="the first start"), State("always")),
        "before",
        rows=(
            on(way.begins, "before", "first"),
            on(way.begins, ("first", "always"), "always"),
            *((refuses(way.assumed, early, says="the first start is an ordinary one"),) if way.assumed else ()),
            *((ignores(way.assumed, "always"),) if way.assumed else ()),
            ignores(way.withheld, early),
            never,
        ),
    )


# -- what the user writes ----------------------------------------------------------------------------------------------


def with_assumptions(deployment: Deployment, texts: Iterable[str]) -> Deployment:
    """The deployment with what is assumed of its roles; raises BoundsError with what is allowed.

    Each text is ``ROLE/SUBJECT WAY``, and perhaps ``from the second start on``.  The subject is a startup task (by its
    number or by its command line), OnStart, Run or OnStop; a blank may stand for the slash.

    >>> from goalstate.model.deployment import RoleKind
    >>> service = Deployment("Shop", (Role("Back", RoleKind.WORKER, tasks=(Task("setup.cmd /quiet"),)),))
    >>> with_assumptions(service, ["Back/setup.cmd fails"]).role("Back").assumptions[0].subject
    'startup_task_0'
    """
    found: dict[str, dict[str, Assumption]] = {}
    for text in texts:
        role, assumption = _read(deployment, " ".join(text.split()))
        of_role = found.setdefault(role.name, {})
        if assumption.subject in of_role:
            raise BoundsError(
                f"{_wrong(text, role)}: {assumption.subject or role.name} of role {role.name!r} is assumed twice; "
                "allowed: one way for each; leave one out"
            )
        of_role[assumption.subject] = assumption
    if not found:
        return deployment
    roles = (replace(role, assumptions=tuple(found.get(role.name, {}).values())) for role in deployment.roles)
    return replace(deployment, roles=tuple(roles))


def _wrong(text: str, role: Role | Deployment) -> str:
    where = f"{role.location}: " if role.location.line else ""
    return f"{where}--assume can't be {text!r}"


def _read(deployment: Deployment, text: str) -> tuple[Role, Assumption]:
    """One text: the role, then who, then what."""
    roles = {role.name: role for role in deployment.roles}
    found = _beginning(text, roles)
    if found is None:
        name = re.split("[/ ]", text)[0]
        raise BoundsError(
            f"{_wrong(text, deployment)}: no role {name!r}{suggestion(name, roles)}; allowed: {', '.join(roles)}; "
            f'write it like "{next(iter(roles))}/OnStart throws"'
        )
    role, rest = roles[found[0]], found[1]
    later = rest.casefold().endswith(LATER)
    subject, way = _subject(role, rest[: -len(LATER)] if later else rest, text)
    ways = subjects(role)[subject]
    named = {known.casefold(): known for known in ways}.get(way.casefold())
    who = subject or f"role {role.name}"
    if not ways:
        raise BoundsError(
            f"{_wrong(text, role)}: {who} is a background task, and nobody waits for it; "
            "allowed: a simple or foreground task; assume something of another one"
        )
    if named is None:
        what = f"{who} never {way!r}{suggestion(way, ways)}" if way else f"it does not say what {who} does"
        raise BoundsError(f"{_wrong(text, role)}: {what}; allowed: {', '.join(ways)}; write one of them")
    if later and not ways[named].begins:
        begun = ", ".join(s for s, its in subjects(role).items() if any(w.begins for w in its.values()))
        raise BoundsError(
            f"{_wrong(text, role)}: the starts of {who} can't be told apart; allowed with {LATER.strip()!r}: {begun}; "
            "leave it out"
        )
    return role, Assumption(subject, named, later)


def _subject(role: Role, text: str, whole: str) -> tuple[str, str]:
    """Who is meant at the beginning of a text, and what comes after it."""
    known = subjects(role)
    if text.casefold() in known.get("", {}):
        return "", text
    names: dict[str, set[str]] = {subject: {subject} for subject in known if subject}
    for k, task in enumerate(role.tasks):
        others = (" ".join(task.command.split()), *task.command.split()[:1], file_name(task.command))
        for name in (f"startup task {k}", *others, role.task_names[k]):
            names.setdefault(name, set()).add(f"startup_task_{k}")
    found = _beginning(text, names)
    if found is None:
        tasks = [f"startup_task_{k} ({task.command})" for k, task in enumerate(role.tasks)]
        listed = ", ".join([*tasks, *CODE, *known.get("", {})])
        first = text.rpartition(" ")[0] or text
        what = f"role {role.name!r} has no {first!r}{suggestion(first, names)}" if first else "it names only the role"
        raise BoundsError(f"{_wrong(whole, role)}: {what}; allowed: {listed}; name one of them")
    same = found[0].casefold()
    meant = sorted({subject for name, subjects_ in names.items() if name.casefold() == same for subject in subjects_})
    if len(meant) > 1:
        raise BoundsError(
            f"{_wrong(whole, role)}: {found[0]!r} stands for several tasks of role {role.name!r}; "
            f"allowed: {', '.join(meant)}; name one of them"
        )
    return meant[0], found[1]


def _beginning(text: str, names: Iterable[str]) -> tuple[str, str] | None:
    """The longest name that a text begins with, whole and in any case, and what comes after it."""
    for name in sorted(names, key=len, reverse=True):
        after = text[len(name) :]
        if text[: len(name)].casefold() == name.casefold() and (not after or after[0] in "/ "):
            return name, after[1:]
    return None
