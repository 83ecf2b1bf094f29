"""RDFE, the RedDog Front End: the public API that every request enters by (R-A1).

It does everything that has to do with the subscription before anything else happens to the request (R-A2), and then
hands the request to FFE (R-A3, R-1).  It takes one operation at a time for a deployment and answers "conflict" to a
second one, which here simply waits.  An update can be overtaken: by a stop, a delete, a rollback and a new update.

A crash loses nothing: the front ends are replicated services with durable queues, so the next replica continues where
the last one stopped.  The document is silent here; losing a request would only mean that the user asks again.

Left out: authentication, certificates of the subscription, asynchronous operation ids.
"""

from __future__ import annotations

from ..notation.statechart import State, Statechart, Transition, does, ignores, on, refuses
from ..notation.terms import Variable
from .vocabulary import ALLOCATION_FAILED, NO_POOL, OVERTAKING, REQUESTS, UPDATES, command, forward, request


def rdfe(kinds: tuple[str, ...] = REQUESTS, refusable: bool = False) -> Statechart:
    """The front end that user requests of these kinds come to.

    ``refusable``: a deployment may fail for want of room.
    """
    failed = (NO_POOL, ALLOCATION_FAILED) if refusable else ()
    requests = tuple(request(k) for k in kinds)
    forwards = tuple(forward(k) for k in kinds)
    others = tuple(request(k) for k in kinds if k not in OVERTAKING)
    return Statechart(
        "rdfe",
        (
            State("process", (State("up"), State("down")), "up"),
            State(
                "operation",
                (
                    State("idle"),
                    State("subscription_work"),
                    State("handing_over"),
                    State("under_way", says="the fabric is executing the operation"),
                    State("update_under_way", says="the fabric is executing an update, which can be overtaken"),
                ),
                "idle",
            ),
        ),
        parallel=True,
        variables=(Variable.choice("kind", "none", *kinds),),
        rows=(
            *(
                on(
                    request(k),
                    "idle",
                    "subscription_work",
                    then=f"kind := {k}",
                    realises=("R-A1", "R-1"),
                    says=f"RDFE receives the request: {k}",
                )
                for k in kinds
            ),
            does(
                "subscription_work_done",
                "subscription_work",
                "handing_over",
                realises=("R-A2", "R-1"),
                says="RDFE has done all subscription-related work",
            ),
            *(_hand_over(k) for k in kinds),
            on(
                tuple(command(k) for k in kinds if k in UPDATES),
                "under_way",
                "update_under_way",
                says="RDFE hears that the update has begun",
            ),
            *(
                on(
                    request(k),
                    "update_under_way",
                    "subscription_work",
                    then=f"kind := {k}",
                    realises=("R-A1", "R-1"),
                    says=f"RDFE receives the request while an update is under way: {k}",
                )
                for k in kinds
                if k in OVERTAKING
            ),
            on(
                "operation_finished",
                ("under_way", "update_under_way"),
                "idle",
                says="the fabric has executed the operation",
            ),
            ignores(
                "operation_finished",
                ("subscription_work", "handing_over"),
                says="the update that was to be overtaken is over",
            ),
            refuses(
                requests,
                ("subscription_work", "handing_over", "under_way"),
                says="one operation at a time: a second request gets a conflict and is repeated",
            ),
            *(
                on(e, "under_way", "idle", realises=("R-2",), says="RDFE tells the user that there is no room")
                for e in failed
            ),
            refuses(others, "update_under_way", says="only some requests may overtake an update"),
            does("rdfe_crashes", "up", "down", fault="rdfe_crash", says="the front end's process dies"),
            does("rdfe_fails_over", "down", "up", says="another replica goes on with the same operation"),
            refuses(
                (*requests, *forwards, *failed, "subscription_work_done", "operation_finished"),
                "down",
                says="nothing moves until a replica takes over",
            ),
        ),
    )


def _hand_over(kind: str) -> Transition:
    return does(
        forward(kind),
        "handing_over",
        "under_way",
        when=f"kind == {kind}",
        then="kind := none",
        realises=("R-A3", "R-1"),
        says=f"RDFE hands the request over to FFE: {kind}",
    )
