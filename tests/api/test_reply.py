"""Members of answers are read strictly where it matters."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.api.reply import Member, plain_text
from esa_flows.errors import OutcomeUnknown
from esa_flows.model import Environment, VersionStatus
from esa_flows.wire import Secret
from esa_flows.wire.reply import object_in


def reply(value: Any) -> Member:
    """Make the answer of an operation."""
    return Member(operation="GetRoutine", value=value, request_id="R-1")


def test_id_as_text_and_as_number_are_the_same() -> None:
    """A version id may come as a text or as a whole number of any length."""
    assert reply("1710120201067203242").version() == "1710120201067203242"
    assert reply(1710120201067203242).version() == "1710120201067203242"


@pytest.mark.parametrize(
    "literal",
    ["1710120201067203242.0", "1.7101202010672033e+18", "true", "null", '""'],
)
def test_id_that_passed_a_float_is_refused(literal: str) -> None:
    """A fraction or an exponent is refused, and so is no id at all."""
    value = object_in(b'{"CodeVersion": %s}' % literal.encode())

    with pytest.raises(OutcomeUnknown, match=r"CodeVersion is .* was expected"):
        reply(value).member("CodeVersion").version()


def test_error_names_operation_path_request_and_what_was_there() -> None:
    """Whoever reads the error can find the place in the provider's answer."""
    answer = reply({"Envs": [{}, {"Env": 7}]})

    with pytest.raises(OutcomeUnknown) as caught:
        answer.member("Envs").items()[1].member("Env").text()

    assert str(caught.value) == (
        "The answer cannot be used: Envs[1].Env is a number where a text was expected."
        " (operation GetRoutine, request R-1)"
        " Look at the provider's state before doing it again."
    )


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "nothing"),
        (True, "true or false"),
        (3, "a number"),
        ("x", "a text"),
        ([], "a list"),
        (b"", "something else"),
    ],
)
def test_object_is_an_object(value: Any, kind: str) -> None:
    """Every other kind of JSON value is named in words."""
    with pytest.raises(OutcomeUnknown, match=f"whole is {kind} where an object"):
        reply(value).member("Envs")


def test_list_is_a_list() -> None:
    """An object where a list is documented is refused."""
    with pytest.raises(OutcomeUnknown, match="whole is an object where a list"):
        reply({}).items()


def test_members_are_walked_with_their_paths() -> None:
    """Every member of an object knows where it stands."""
    found = [(name, member.path) for name, member in reply({"a": 1, "b": 2}).members()]

    assert found == [("a", "a"), ("b", "b")]


@pytest.mark.parametrize("value", [80, "80"])
def test_percentage_is_a_whole_number(value: Any) -> None:
    """A percentage may come as a number or as its digits."""
    assert reply(value).whole() == 80


@pytest.mark.parametrize("value", ["80.0", "8e1", "-1", "", None, "many", True, [80]])
def test_percentage_is_nothing_else(value: Any) -> None:
    """Fractions, signs and words are no whole numbers."""
    with pytest.raises(OutcomeUnknown):
        reply(value).whole()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-11T01:23:21Z", dt.datetime(2024, 3, 11, 1, 23, 21, tzinfo=dt.UTC)),
        (
            "2024-03-11T01:23:02.883361712Z\n",
            dt.datetime(2024, 3, 11, 1, 23, 2, 883361, tzinfo=dt.UTC),
        ),
        ("2024-03-11T01:23:21", dt.datetime(2024, 3, 11, 1, 23, 21, tzinfo=dt.UTC)),
        ("", None),
        (None, None),
        ("last Monday", None),
    ],
)
def test_time_is_read_as_far_as_possible(
    text: str | None, expected: dt.datetime | None
) -> None:
    """Nine digits and a line's end are fine; an odd time is no failure."""
    assert expected == reply(text).time()


def test_id_of_any_form_is_a_text_or_a_number() -> None:
    """Ids of deployments have no documented form; true and false are none."""
    assert reply(234).id_text() == "234"
    assert reply("d-1").id_text() == "d-1"

    with pytest.raises(OutcomeUnknown, match="true or false where a text"):
        reply(value=True).id_text()


def test_time_of_another_kind_is_refused() -> None:
    """A number is no time: the answer is not as documented."""
    with pytest.raises(OutcomeUnknown, match="a number where a text"):
        reply(1710120201).time()


@pytest.mark.parametrize("text", ["available", "Available", "AVAILABLE "])
def test_status_is_read_in_any_casing(text: str) -> None:
    """Casing differs between the provider's answers."""
    assert VersionStatus.AVAILABLE is reply(text).status()


def test_environment_is_read_in_any_casing_or_absent() -> None:
    """An empty environment is none; a third one is refused."""
    assert Environment.STAGING is reply("Staging").environment()
    assert None is reply("").environment()

    with pytest.raises(OutcomeUnknown, match="'canary' where staging or production"):
        reply("canary").environment()


def test_secret_is_never_shown_in_an_error() -> None:
    """A secret of the wrong kind is named by its kind only."""
    assert Secret("hidden") == reply("hidden").secret()

    with pytest.raises(OutcomeUnknown) as caught:
        reply(["hidden"]).secret()

    assert "hidden" not in str(caught.value)


def test_answer_is_not_shown_in_its_repr() -> None:
    """An answer may hold a token or an upload form."""
    assert "hidden" not in repr(reply({"Token": "hidden"}))


def test_content_is_base64_with_or_without_line_ends() -> None:
    """Line ends inside Base64 are fine."""
    assert reply("aGVs\nbG8=").content() == b"hello"


@pytest.mark.parametrize("text", ["aGVsbG8", "not Base64!", "é"])
def test_content_that_is_no_base64_is_refused(text: str) -> None:
    """Bad Base64 is an answer that cannot be used."""
    with pytest.raises(OutcomeUnknown, match="where Base64 was expected"):
        reply(text).content()


def test_address_is_an_ip_address() -> None:
    """Anything else is refused: it will be put into a URL."""
    assert reply("203.0.113.7").address() == "203.0.113.7"

    with pytest.raises(OutcomeUnknown, match="where an IP address"):
        reply("evil.example/x").address()


def test_long_values_are_cut_in_errors() -> None:
    """An error shows no more than the beginning of a value."""
    with pytest.raises(OutcomeUnknown) as caught:
        reply("z" * 500).version()

    assert f"{'z' * 40}'…" in str(caught.value)
    assert "z" * 41 not in str(caught.value)


def test_word_is_compared_without_casing() -> None:
    """`OK` and `ok` are the same; `Fail` is not."""
    reply("ok").must_be("OK")

    with pytest.raises(OutcomeUnknown, match="'Fail' where OK was expected"):
        reply("Fail").must_be("OK")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rel 2", "rel 2"),
        ("", ""),
        (
            "ZWRpdCByb3V0aW5lIGNvbmZpZyBkZXNjcmlwdGlvbg==",
            "edit routine config description",
        ),
        ("IkhlbGxvIFdvcmxkIg==", "Hello World"),
        ("IkhlbGxvIHRoZXJl", '"Hello there'),
        ("fix1", "fix1"),
        ("AAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAA"),
        ("deadbeefdeadbeef", "deadbeefdeadbeef"),
    ],
)
def test_descriptions_are_unwrapped(text: str, expected: str) -> None:
    """Plain text, Base64, and Base64 of a JSON text all become what people wrote."""
    assert expected == reply(text).description()


@pytest.mark.parametrize(
    "text",
    [
        "全角\u3000空白のリリース",
        "no\u00a0break, 12 \u202f%",
        "a crew of 👩\u200d🚀 and 👨\u200d🔧",
        "two\nlines\tand a tab",
    ],
    ids=["wide blank", "no break", "joiners", "lines"],
)
def test_descriptions_that_do_not_print_are_unwrapped(text: str) -> None:
    """People write more than what Python calls printable; tags hold their text."""
    tag = f"ef1 s=0011223344556677 r=k7m2p9qx4tbn p=- e=- g=- | {text}"

    for wrapped in (tag, json.dumps(tag)):
        assert tag == plain_text(base64.b64encode(wrapped.encode()).decode())


@given(st.text(max_size=200))
def test_no_description_ever_fails(text: str) -> None:
    """Whatever people wrote, it is read."""
    assert isinstance(plain_text(text), str)
