"""`goalstate export`: a network as a model for another checker, or its state space as a graph for another tool.

A model has those properties that its checker can judge; what is left out is told, with the reason, and stands in the
model's head.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from goalstate.model.engines.explicit import search as explicit
from goalstate.model.exports.aut import aut
from goalstate.model.exports.graphml import graphml
from goalstate.model.exports.murphi import murphi
from goalstate.model.exports.promela import promela
from goalstate.model.exports.system import ExportError, System
from goalstate.model.exports.tla import tla
from goalstate.model.network import Network
from goalstate.model.network.statespace import Limits, StateSpace
from goalstate.model.notation.terms import suggestion
from goalstate.properties.exporting.invariants import what_can_be
from goalstate.properties.property import NoDeadlock, NothingLost, Property
from goalstate.properties.service.settings import Settings

from ..reading.network_file import Notated
from ..reading.subjects import network_of, read_subject, sources
from ..terminal.answer import Answer
from ..terminal.errors import UserError
from ..terminal.exit_codes import HOLDS
from ..terminal.output_file import report_place
from ..terminal.page import tame

MODELS: Mapping[str, Callable[[System], str]] = {"promela": promela, "murphi": murphi}
"""Formats of other checkers: the network with its claims, from which they build the state space themselves."""

TLA = "tla"
"""One more of them, in two files: a module, and the configuration of TLC beside it."""

GRAPHS: Mapping[str, Callable[[StateSpace], Iterator[str]]] = {"aut": aut, "graphml": graphml}
"""Formats of state spaces: every state and every step."""

KINDS = (*MODELS, TLA, *GRAPHS)

GENERAL = (Property("something can always happen", NoDeadlock()), Property("no event is lost", NothingLost()))
"""What is asked of a deployment's network, whose catalogue speaks of more than single states."""


def export(kind: str, paths: Sequence[str], settings: Settings, file: str | None) -> Answer:
    """Write a network in one of the formats, into a file or to stdout."""
    _require(kind)
    subject = read_subject(paths)
    place = report_place(file, sources(subject))
    network = network_of(subject, settings)
    try:
        if kind in GRAPHS:
            text = _graph(kind, network, settings.limits)
        else:
            asked = subject.properties if isinstance(subject, Notated) else GENERAL
            system = what_can_be(network, asked)
            _tell_left_out(kind, system, len(asked))
            if kind == TLA:
                return _tla(system, place, sources(subject))
            text = MODELS[kind](system)
    except ExportError as error:
        raise UserError(f"{kind}: {error}") from None
    return Answer(HOLDS, text, place, f"{tame(network.name)} as {kind}")


def _tell_left_out(kind: str, system: System, asked: int) -> None:
    """What the model does not have, on stderr, since stdout may be the model."""
    if not system.left_out:
        return
    there = asked - len(system.left_out)
    print(f"{kind}: {there} of {asked} properties exported; left out, as the model's head says:", file=sys.stderr)
    for sentence, reason in system.left_out:
        print(f"  {tame(sentence)}: {reason}", file=sys.stderr)


def _graph(kind: str, network: Network, limits: Limits) -> str:
    space = explicit.explore(network, limits, graph=True)
    return "\n".join(GRAPHS[kind](space)) + "\n"


def _tla(system: System, place: Path | None, taken: Sequence[str]) -> Answer:
    """The module, which must be in a file of its name, and its configuration; without a file, one after the other."""
    found = tla(system, place.stem if place is not None else "")
    if place is None:
        return Answer(HOLDS, f"{found.module}\nThe configuration, {found.name}.cfg:\n\n{found.configuration}")
    if (found.name, place.suffix) != (place.stem, ".tla"):
        raise UserError(
            f"{tame(str(place))}: TLC wants a module in a file of its name; allowed: letters, digits and _, no word of "
            f"TLA+, and .tla; write {found.name}.tla"
        )
    configuration = report_place(str(place.with_suffix(".cfg")), taken)
    assert configuration is not None
    try:
        configuration.write_text(found.configuration, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{tame(str(configuration))}: can't be written ({error.strerror}); name another file") from None
    summary = f"{tame(system.network.name)} as {TLA}, its configuration in {tame(str(configuration))}"
    return Answer(HOLDS, found.module, place, summary)


def _require(kind: str) -> None:
    if kind not in KINDS:
        raise UserError(f"no export to {kind!r}{suggestion(kind, KINDS)}; allowed: {', '.join(KINDS)}")
