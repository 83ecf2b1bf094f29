"""The platform's options: named alternatives where Microsoft's pages disagree or are silent.

Each field of ``Platform`` declares one option: what it decides, and its alternatives with a sentence each, the default
first.  ``OPTIONS`` and ``ALTERNATIVES`` are read from the fields.  The values are printed with every verdict.

Source: the table of decisions in docs/requirements.md, which gives the reason for each default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType

from .bounds import BoundsError
from .notation.terms import suggestion


def _option(says: str, **alternatives: str) -> str:
    """A field with an option's metadata; its default is the first alternative."""
    default = next(iter(alternatives))
    found: str = field(default=default, metadata={"says": says, "alternatives": MappingProxyType(alternatives)})
    return found


@dataclass(frozen=True)
class Platform:
    """The alternatives that are in force; raises BoundsError for an unknown one.

    >>> Platform.of({"reboot": "skips_on_stop"}).reboot
    'skips_on_stop'
    """

    failing_simple_task: str = _option(
        "what follows when a simple startup task fails",
        restart="the role recycles, and the task is tried again without limit",
        blocked="the role stays where it is for ever",
    )
    dead_background_task: str = _option(
        "what follows when a background task or a plugin's process dies",
        unnoticed="nothing: nobody notices, and the role stays as it is",
        restart="the bootstrapper exits, and the role is started again",
    )
    reboot: str = _option(
        "whether OnStop runs when the VM reboots",
        runs_on_stop="Stopping and OnStop run before a reboot that the user asks for",
        skips_on_stop="the guest goes down without them",
    )
    single_instance: str = _option(
        "a single instance that is not Ready",
        leaves_rotation="it leaves the rotation like any other",
        stays_in_rotation="once in rotation, it stays there whatever its status",
    )
    capacity: str = _option(
        "whether the data centre has room for what is deployed",
        enough="there is always a pool with free cores, or a host to spin up",
        may_run_out="there may be no pool or no core left (fault no_capacity): an allocation failure",
    )
    role_events: str = _option(
        "where a full-IIS role hears of RoleEnvironment events",
        entry_point_and_w3wp="in WaIISHost and in w3wp",
        entry_point="in WaIISHost only",
        w3wp="in w3wp only",
    )

    dead_guest_agent: str = _option(
        "what follows when the guest agent's process dies",
        restarted="WaAppAgent starts it again before the minute is over",
        stays_dead="nobody starts it: the host agent hears nothing and restarts the guest after 10 minutes",
    )

    def __post_init__(self) -> None:
        for name, value in self.chosen:
            if value not in ALTERNATIVES[name]:
                allowed = ", ".join(ALTERNATIVES[name])
                raise BoundsError(
                    f"option {name} can't be {value!r}{suggestion(value, ALTERNATIVES[name])}; allowed: {allowed}"
                )

    @classmethod
    def of(cls, chosen: Mapping[str, str]) -> Platform:
        """The options given by name; raises BoundsError for an unknown one."""
        for name in chosen:
            if name not in ALTERNATIVES:
                raise BoundsError(
                    f"unknown option {name!r}{suggestion(name, ALTERNATIVES)}; allowed: {', '.join(ALTERNATIVES)}"
                )
        return cls(**chosen)

    @property
    def refusable(self) -> bool:
        """Whether a deployment may fail for want of room."""
        return self.capacity == "may_run_out"

    @property
    def chosen(self) -> tuple[tuple[str, str], ...]:
        """Each option with its value."""
        return tuple((f.name, getattr(self, f.name)) for f in fields(self))


@dataclass(frozen=True)
class Option:
    """One option: its name, what it decides, and what each alternative means, the default first."""

    name: str
    says: str
    alternatives: Mapping[str, str]


OPTIONS = tuple(Option(f.name, f.metadata["says"], f.metadata["alternatives"]) for f in fields(Platform))
"""Every option, in the order in which verdicts print them."""

ALTERNATIVES: Mapping[str, tuple[str, ...]] = MappingProxyType({o.name: tuple(o.alternatives) for o in OPTIONS})
"""The names of the options with those of their alternatives, the default first."""

DEFAULT_PLATFORM = Platform()
