"""Dwyer's patterns say what their words say: each is compared, on random lassos, with its scope cut out of the run."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from goalstate.properties.temporal.formula import Formula, happens, sentence
from goalstate.properties.temporal.patterns import (
    THROUGHOUT,
    Scope,
    absence,
    after,
    after_until,
    before,
    between,
    existence,
    precedence,
    response,
    universality,
)

from .brute import true_on

P, S, Q, R = (happens(e) for e in "psqr")

Part = list[int]
"""Steps of the unrolled run; a part that goes on for ever is cut where the loop has been gone round twice."""


def parts(events: list[str], scope: str) -> list[Part]:
    """The parts of a run that a scope means."""
    steps = range(len(events))
    if scope == "throughout":
        return [list(steps)]
    if scope == "before":
        return [list(range(events.index("r")))] if "r" in events else []
    if scope == "after":
        return [list(range(events.index("q"), len(events)))] if "q" in events else []
    found = []
    for i in steps:
        if events[i] == "q":
            ends = [j for j in steps if j > i and events[j] == "r"]
            if ends:
                found.append(list(range(i, ends[0])))
            elif scope == "after until":
                found.append(list(range(i, len(events))))
    return found


SCOPES: dict[str, Scope] = {
    "throughout": THROUGHOUT,
    "before": before(R),
    "after": after(Q),
    "between": between(Q, R),
    "after until": after_until(Q, R),
}

Reading = Callable[[list[str]], bool]


def responds(part: list[str]) -> bool:
    return all("s" in part[i:] for i, e in enumerate(part) if e == "p")


def precedes(part: list[str]) -> bool:
    return all("s" in part[: i + 1] for i, e in enumerate(part) if e == "p")


PATTERNS: dict[str, tuple[Callable[[Scope], Formula], Reading]] = {
    "absence": (lambda scope: absence(P, scope), lambda part: "p" not in part),
    "existence": (lambda scope: existence(P, scope), lambda part: "p" in part),
    "universality": (lambda scope: universality(P, scope), lambda part: set(part) <= {"p"}),
    "precedence": (lambda scope: precedence(S, P, scope), precedes),
    "response": (lambda scope: response(P, S, scope), responds),
}


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_is_what_its_words_say(pattern: str, scope: str) -> None:
    formula, reading = PATTERNS[pattern][0](SCOPES[scope]), PATTERNS[pattern][1]
    outcomes = {True: 0, False: 0}
    for number in range(400):
        random = Random(number)
        length = random.randint(1, 8)
        loop = random.randrange(length)
        letters = "pppsqr-" if pattern == "universality" else "psqr--"
        word = [random.choice(letters) for _ in range(length)]
        # Far enough that whatever comes at all comes again after each step of the first round.
        unrolled = word + word[loop:] * 8
        horizon = len(word) + 2 * (length - loop)
        cut = [part for part in parts(unrolled, scope) if (part[:1] and part[0] < horizon) or not part]
        expected = all(reading([unrolled[i] for i in part]) for part in cut if part or pattern == "existence")
        if pattern == "response":
            # What is asked near the cut may be answered behind it.
            expected = all(
                "s" in [unrolled[j] for j in part if j >= i]
                for part in cut
                for i in part
                if unrolled[i] == "p" and i < horizon
            )
        got = true_on(["state"] * length, word, loop, formula, lambda *_: False)
        assert got is expected, (pattern, scope, word, loop)
        outcomes[got] += 1
    assert min(outcomes.values()) >= 15, outcomes


def test_sentences() -> None:
    assert sentence(response(P, S, between(Q, R))) == (
        "Between q happens and r happens: whenever p happens, then after it, sooner or later, s happens."
    )
    assert sentence(absence(P, before(R))) == "Before the first time that r happens: never p happens."
    assert sentence(universality(P, after(Q))) == "After the first time that q happens: always p happens."
    assert sentence(existence(P, after_until(Q, R))) == "After q happens, until r happens: at some time p happens."
    assert sentence(precedence(S, P)) == "P happens only at or after a step with s happens."
