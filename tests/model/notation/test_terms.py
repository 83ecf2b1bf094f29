"""Guards and effects: what they mean, and that nothing but a TermError comes of what is no term."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goalstate.model.notation.terms import (
    Condition,
    TermError,
    Variable,
    condition,
    effects,
    evaluate,
    holds,
    variables_read,
)

VARIABLES = (Variable.counter("n", 0, 3), Variable.flag("on"), Variable.choice("link", "up", "down"))
STATES = ("off", "running", "running.ready")

# -- fuzz --------------------------------------------------------------------------------------------------------------

words = st.sampled_from(
    [
        "n",
        "on",
        "link",
        "up",
        "down",
        "off",
        "ready",
        "in(",
        "(",
        ")",
        "and",
        "or",
        "not",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "+",
        "-",
        "*",
        "/",
        ":=",
        ";",
        "min(",
        "max(",
        ",",
        "0",
        "1",
        "-1",
        "true",
        "false",
        ".",
        "[",
        "]",
        "lambda",
        "x",
        ":",
        "if",
        "else",
        "await",
        "*",
        "**",
        "~",
        "@",
        "'a'",
        '"\\',
        "1e9",
        "0x",
        "1_0",
        "None",
        "True",
        "in",
        "is",
        "\n",
        "\t",
        "\x00",
        "é",
        "99999999999999999999",
    ]
)
texts = st.one_of(
    st.text(max_size=40), st.lists(words, max_size=14).map(" ".join), st.lists(words, max_size=9).map("".join)
)


@settings(max_examples=400)
@given(texts)
def test_reading_a_guard_gives_a_condition_or_a_term_error(text: str) -> None:
    try:
        read = condition(text, VARIABLES, STATES)
    except TermError:
        pass  # the one thing that may come of it
    else:
        values = {"n": 1, "on": 0, "link": 1}
        assert holds(read, values) in (True, False)
        assert variables_read(read) <= set(values)


@settings(max_examples=400)
@given(texts)
def test_reading_an_effect_gives_assignments_or_a_term_error(text: str) -> None:
    try:
        read = effects(text, VARIABLES)
    except TermError:
        pass  # the one thing that may come of it
    else:
        for assignment in read:
            assert assignment.variable in ("n", "on", "link")
            assert isinstance(evaluate(assignment.expression, {"n": 1, "on": 0, "link": 1}), int)


DEEP = {
    "negations": lambda depth: "not " * depth + "on",
    "brackets": lambda depth: "(" * depth + "on" + ")" * depth,
    "sums": lambda depth: "n == " + "1 + " * depth + "1",
    "signs": lambda depth: "n == " + "-" * depth + "1",
    "minima": lambda depth: "n == " + "min(1, " * depth + "1" + ")" * depth,
}


@pytest.mark.parametrize("depth", [10, 90, 110, 400, 1_000, 3_000, 10_000])
@pytest.mark.parametrize("kind", DEEP)
def test_deep_nesting_gives_a_condition_or_a_term_error(kind: str, depth: int) -> None:
    with contextlib.suppress(TermError):
        read = condition(DEEP[kind](depth), VARIABLES)
        assert holds(read, {"n": 1, "on": 1, "link": 0}) in (True, False)
        assert str(read)


def test_a_long_term_is_not_a_deep_one() -> None:
    assert holds(condition(" and ".join(["on"] * 5_000), VARIABLES), {"on": 1})
    with pytest.raises(TermError, match="nested more than 100 levels deep"):
        condition("not " * 101 + "on", VARIABLES)


# -- meaning -----------------------------------------------------------------------------------------------------------

guards = st.recursive(
    st.one_of(
        st.tuples(
            st.just("n"),
            st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
            st.sampled_from(["0", "2", "n", "min(n, 1)"]),
        ).map(" ".join),
        st.sampled_from(["on", "link == up", "link != down", "down == link", "true", "false", "n + 1 - 2 < 1"]),
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(lambda t: f"({''.join(t)})"),
        inner.map("not ({})".format),
    ),
    max_leaves=6,
)


@given(guards, st.integers(0, 3), st.integers(0, 1), st.integers(0, 1))
def test_a_guard_means_what_python_would_say(text: str, n: int, on: int, link: int) -> None:
    known = {"n": n, "on": bool(on), "link": link, "up": 0, "down": 1, "true": True, "false": False, "min": min}
    read = condition(text, VARIABLES)
    assert holds(read, {"n": n, "on": on, "link": link}) == bool(eval(text, {"__builtins__": {}}, known))


@given(guards)
def test_a_printed_guard_reads_as_itself(text: str) -> None:
    read = condition(text, VARIABLES)
    assert _valuations(condition(str(read), VARIABLES)) == _valuations(read)


def _valuations(read: Condition) -> list[bool]:
    return [holds(read, {"n": n, "on": on, "link": link}) for n in range(4) for on in (0, 1) for link in (0, 1)]


def test_in_asks_for_a_state_by_its_last_name() -> None:
    assert holds(condition("in(ready)", VARIABLES, STATES), {}, frozenset({"running.ready", "running"}))
    assert not holds(condition("in(off)", VARIABLES, STATES), {}, frozenset({"running"}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("m == 1", r"unknown name 'm' in 'm == 1'; allowed: n, on, link"),
        ("onn", r"unknown variable 'onn' in 'onn' .did you mean 'on'\?.; variables: n, on, link"),
        ("n", r"'n' is no flag; compare it with a value in 'n'"),
        ("link == sideways", r"unknown name 'sideways'.*allowed: up, down, n, on, link"),
        (
            "in(redy)",
            r"unknown state 'redy' in 'in.redy.' .did you mean 'ready'\?.; states: off, running, running.ready",
        ),
        ("n * 2 == 1", r"'n \* 2' is no value; allowed are integers, variables, \+, -, min, max"),
        ("n == 1 == 2", r"is no condition; allowed are comparisons"),
        ("n is 1", r"allowed comparisons are == != < <= > >="),
        ("open('x')", r"is no condition"),
        ("n ==", r"can't be read as a term; allowed: ==, "),
        ("n = 1", r"can't be read as a term; write == to compare; allowed: "),
    ],
)
def test_what_is_wrong_with_a_guard_is_said(text: str, message: str) -> None:
    with pytest.raises(TermError, match=message):
        condition(text, VARIABLES, STATES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n = 1", r"'n = 1' is no assignment; write 'variable := value'"),
        ("m := 1", r"unknown variable 'm'"),
        ("n := ", r"can't be read as a term"),
        ("link := sideways", r"unknown name 'sideways'"),
    ],
)
def test_what_is_wrong_with_an_effect_is_said(text: str, message: str) -> None:
    with pytest.raises(TermError, match=message):
        effects(text, VARIABLES)


def test_an_ambiguous_state_asks_for_the_full_name() -> None:
    with pytest.raises(TermError, match=r"state 'a' in 'in\(a\)' is ambiguous; write one of x.a, y.a"):
        condition("in(a)", (), ("x", "x.a", "y", "y.a"))
