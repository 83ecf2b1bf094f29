"""Two-phase commit: a transaction manager and its resource managers agree to commit or to abort.

Gray and Lamport, "Consensus on Transaction Commit", 2006, without faults: messages are the participants' records of
what was sent.  With three resource managers 288 states are reachable and with five 8,832, as published for TLC and
stateright.

    goalstate verify examples/two_phase_commit.py:three
    goalstate verify examples/two_phase_commit.py:five
"""

from itertools import permutations

from goalstate.model.network import Component, Network
from goalstate.model.notation.statechart import ROOT, State, Statechart, does, on
from goalstate.properties.predicates import At, anywhere, everywhere
from goalstate.properties.property import Always, NoDeadlock, Possible, Property

DECISIONS = frozenset({"commit", "abort"})


def transaction_manager(managers: list[str]) -> Statechart:
    """Collects `prepared` from everybody, and decides once."""
    return Statechart(
        "transaction_manager",
        (State("collecting"), State("committed"), State("aborted")),
        "collecting",
        rows=(
            does(tuple(f"{m}receive_prepared" for m in managers), "collecting", says="it reads a vote"),
            does("commit", "collecting", "committed", says="everybody is prepared: the transaction is committed"),
            does("abort", "collecting", "aborted", says="the transaction is aborted"),
            does(tuple(f"{m}deliver_commit" for m in managers), "committed", says="it tells that all is committed"),
            does(tuple(f"{m}deliver_abort" for m in managers), "aborted", says="it tells that all is aborted"),
        ),
    )


RESOURCE_MANAGER = Statechart(
    "resource_manager",
    (State("working"), State("prepared"), State("committed"), State("aborted")),
    "working",
    rows=(
        does("prepare", "working", "prepared", says="it is prepared and sends its vote"),
        does("give_up", "working", "aborted", says="it gives up by itself"),
        on("deliver_commit", ROOT, "committed", says="it commits"),
        on("deliver_abort", ROOT, "aborted", says="it aborts"),
    ),
)

VOTE = Statechart(
    "vote",
    (State("nothing"), State("sent"), State("received")),
    "nothing",
    rows=(
        on("prepare", "nothing", "sent", says="the vote is on its way"),
        on("receive_prepared", ("sent", "received"), "received", says="the vote has arrived"),
        on("commit", "received", says="this vote is there"),
    ),
)


def two_phase_commit(number: int) -> tuple[Network, list[Property]]:
    """The network of so many resource managers, and what shall be true of it."""
    managers = [f"rm{n}/" for n in range(number)]
    components = [Component("manager", transaction_manager(managers))]
    for m in managers:
        components.append(Component(f"{m}resource", RESOURCE_MANAGER, m))
        components.append(Component(f"{m}vote", VOTE, m, DECISIONS))
    resources = [f"{m}resource" for m in managers]
    split = anywhere([At(a, "in(committed)") & At(b, "in(aborted)") for a, b in permutations(resources, 2)])
    return Network(tuple(components), name=f"two-phase commit of {number}"), [
        Property("no one commits while another aborts", Always(~split)),
        Property("all can commit", Possible(everywhere([At(r, "in(committed)") for r in resources]))),
        Property("all can abort", Possible(everywhere([At(r, "in(aborted)") for r in resources]))),
        Property("something can always happen", NoDeadlock()),
    ]


def three() -> tuple[Network, list[Property]]:
    """Three resource managers."""
    return two_phase_commit(3)


def five() -> tuple[Network, list[Property]]:
    """Five resource managers."""
    return two_phase_commit(5)
