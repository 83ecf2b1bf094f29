"""The words of the portal, as people copy them."""

import pytest

from goalstate.properties.portal import SIGHTS, Status
from goalstate.properties.symptom import ALIASES, Narrowing, UnknownSymptom, known_words, read_symptom


@pytest.mark.parametrize("words", known_words())
def test_what_is_shown_is_understood(words: str) -> None:
    symptom = read_symptom(words)
    assert {line.status for line in symptom.sights} == {next(s for s in SIGHTS if s.shown == words).status}
    assert words in {line.shown for line in symptom.sights}
    assert read_symptom(words.upper()).lines == symptom.lines


@pytest.mark.parametrize("status", Status)
def test_a_name_of_the_api_stands_for_all_lines_of_its_status(status: Status) -> None:
    assert read_symptom(status.api).lines == frozenset(k for k, s in enumerate(SIGHTS) if s.status is status)
    assert read_symptom(status.word).lines == read_symptom(status.api).lines


@pytest.mark.parametrize(
    "words",
    [
        "Waiting for role to start... System startup tasks are running.",
        "Busy (Waiting for role to start\u2026 System startup tasks are running. [2018-08-15T13:57:51Z]",
        "system startup tasks are running",
        '"BusyRole (Waiting for role to start... System startup tasks are running.)"',
    ],
)
def test_a_text_is_found_however_it_is_copied(words: str) -> None:
    [line] = read_symptom(words).sights
    assert line.text == "Waiting for role to start... System startup tasks are running."


def test_recycling_with_the_text_of_a_start_says_that_it_failed_before() -> None:
    symptom = read_symptom("Recycling (Waiting for role to start... Sites are being deployed.")
    assert symptom.again
    assert [line.status for line in symptom.sights] == [Status.BUSY]


@pytest.mark.parametrize(
    ("words", "narrowing"),
    [
        ('Recovering role... Application startup task "E:\\approot\\a.cmd"  failed with exit code 1.', Narrowing.TASK),
        ("Busy (Unhandled Exception: Could not load file or assembly", Narrowing.EXCEPTION),
        ("Recycling", Narrowing.NOTHING),
    ],
)
def test_texts_that_name_the_cause(words: str, narrowing: Narrowing) -> None:
    symptom = read_symptom(words)
    assert symptom.narrowing is narrowing
    assert {line.status for line in symptom.sights} == {Status.CYCLING}


@pytest.mark.parametrize("word", ALIASES)
def test_other_words_are_taken_for_a_status(word: str) -> None:
    assert {line.status for line in read_symptom(word).sights} == {ALIASES[word]}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("Buzy", "no status or text 'buzy' (did you mean 'busy'?); allowed: a status, a text, or both"),
        ("Buzy (Sites are being deployed)", "no status 'buzy' (did you mean 'busy'?)"),
        ("Busy (Sites are being burnt)", "no text 'sites are being burnt'"),
        ("  ", "the status is empty; allowed"),
        ("a", "no status or text 'a'"),
    ],
)
def test_unknown_words_are_refused_with_what_is_known(words: str, message: str) -> None:
    with pytest.raises(UnknownSymptom) as refused:
        read_symptom(words)
    assert message in str(refused.value)
    assert "ReadyRole" in str(refused.value)
    assert "System startup tasks are running." in str(refused.value)
