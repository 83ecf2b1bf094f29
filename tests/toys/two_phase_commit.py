"""Two-phase commit as in Gray and Lamport, "Consensus on Transaction Commit", 2006 (TwoPhase.tla), without fault.

Published counts of distinct states: 288 for three resource managers, 8,832 for five (stateright's `2pc` example).
"""

from goalstate.model.network import Component, Network
from goalstate.model.notation.statechart import ROOT, State, Statechart, does, on

DECISIONS = frozenset({"TMCommit", "TMAbort"})

COUNTS = {3: (288, 1_145, 10), 5: (8_832, 58_145, 16)}
"""Resource managers: distinct states (published); events between them, depth (as the reference engine finds them)."""


def two_phase_commit(managers: int) -> Network:
    """One transaction manager, its record of each resource manager's message, and the resource managers."""
    each = [f"rm{i}/" for i in range(managers)]
    transaction = Statechart(
        "transaction_manager",
        (State("init"), State("committed"), State("aborted")),
        "init",
        rows=(
            does(tuple(f"{rm}TMRcvPrepared" for rm in each), "init"),
            does("TMCommit", "init", "committed"),
            does("TMAbort", "init", "aborted"),
            does(tuple(f"{rm}RMRcvCommit" for rm in each), "committed"),
            does(tuple(f"{rm}RMRcvAbort" for rm in each), "aborted"),
        ),
    )
    resource = Statechart(
        "resource_manager",
        (State("working"), State("prepared"), State("committed"), State("aborted")),
        "working",
        rows=(
            does("RMPrepare", "working", "prepared"),
            does("RMChooseToAbort", "working", "aborted"),
            on("RMRcvCommit", ROOT, "committed"),
            on("RMRcvAbort", ROOT, "aborted"),
        ),
    )
    record = Statechart(
        "record",
        (State("nothing"), State("sent"), State("received")),
        "nothing",
        rows=(
            on("RMPrepare", "nothing", "sent"),
            on("TMRcvPrepared", ("sent", "received"), "received"),
            on("TMCommit", "received"),
        ),
    )
    components = [Component("tm", transaction)]
    for rm in each:
        components += [Component(rm + "self", resource, rm), Component(rm + "record", record, rm, DECISIONS)]
    return Network(tuple(components), name=f"two-phase commit, {managers} resource managers")
