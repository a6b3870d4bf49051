"""What DCDN's answers mean, in every shape its pages show."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.api.dcdn_answers import (
    code_of,
    described,
    own_revisions,
    revision_of,
    service_word,
    summaries_of,
)
from esa_flows.api.reply import Member
from esa_flows.errors import OutcomeUnknown
from esa_flows.model import RoutineName, VersionId, VersionStatus

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "CodeRev",
                    "CodeRevision",
                    "CodeDescription",
                    "ErCode",
                    "EnvConf",
                    "Envs",
                    "CodeRevs",
                    "Routines",
                    "RoutineName",
                    "CreationTime",
                    "InDebt",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)

ID = "1622034169188190000"
NEWER = "1622034169188190343"


def content(value: Any) -> Member:
    """Give a content as a call would."""
    return Member(operation="DescribeRoutine", value=value, path="Content")


def quoted(text: str) -> str:
    """Wrap a text as the pages show it: JSON in Base64."""
    told = json.dumps(text, ensure_ascii=False)
    return base64.b64encode(told.encode()).decode()


def row(revision: Any = ID, description: str = "IkhlbGxvIFdvcmxkIg==") -> Any:
    """Give a revision as DescribeRoutine lists it."""
    return {
        "CodeRevision": revision,
        "CodeDescription": description,
        "CreationTime": "2021-05-26T13:02:49Z",
    }


def test_one_answer_tells_versions_and_what_serves() -> None:
    """As the page of DescribeRoutine has it."""
    seen = described(
        content(
            {
                "Envs": ["staging", "production", "presetCanaryAnhui"],
                "EnvConf": {
                    "staging": {"SpecName": "50ms", "CodeRev": ""},
                    "production": {"SpecName": "50ms", "CodeRev": ID},
                    "presetCanaryAnhui": {"CodeRev": NEWER, "AllowedHosts": []},
                },
                "CodeRevs": [row(), row(NEWER)],
            }
        )
    )
    routine = seen.routine(RoutineName("test"))

    assert {"production": ID, "presetCanaryAnhui": NEWER} == seen.serving
    assert {"staging", "production", "presetCanaryAnhui"} == seen.environments
    assert [NEWER, ID] == [version.id for version in seen.versions]
    assert "Hello World" == seen.versions[0].description
    assert VersionStatus.AVAILABLE is seen.versions[0].status
    assert seen.versions[0].created_at is not None
    assert routine.staging is None
    assert routine.production is not None
    assert {"presetCanaryAnhui": NEWER} == routine.areas
    assert {ID, NEWER} == routine.live
    assert ("presetCanaryAnhui",) == seen.places_of(VersionId(NEWER))
    assert () == seen.places_of(VersionId("17"))
    assert seen.version(VersionId("17")) is None
    assert seen.versions[0] == seen.version(VersionId(NEWER))


def test_a_fresh_routine_has_neither() -> None:
    """Lists that are absent are empty; what must be there is."""
    seen = described(content({"EnvConf": {"production": {}}, "CodeRevs": None}))

    assert ((), {}) == (seen.versions, seen.serving)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"Envs": []}, "EnvConf is nothing"),
        ({"EnvConf": []}, "EnvConf is a list"),
        ({"EnvConf": {}, "Envs": ["production"]}, "which EnvConf lacks"),
        ({"EnvConf": {"production": {"CodeRev": "1.6e18"}}}, "decimal digits"),
        ({"EnvConf": {"production": {"CodeRev": {}}}}, "CodeRev is an object"),
        ({"EnvConf": {}, "CodeRevs": {}}, "CodeRevs is an object"),
        ({"EnvConf": {}, "CodeRevs": [row(None)]}, "CodeRevision is nothing"),
        ({"test": "test", "test2": 1}, "EnvConf is nothing"),
        (None, "Content is nothing"),
        ("OK", "Content is a text"),
    ],
)
def test_nothing_is_taken_for_not_live(value: Any, why: str) -> None:
    """What does not say which revisions serve is refused, and says where."""
    with pytest.raises(OutcomeUnknown, match=why):
        described(content(value))


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        ("IkhlbGxvIFdvcmxkIg==", "Hello World"),
        (quoted("发布\u3000版本\n第二行"), "发布\u3000版本\n第二行"),
        (base64.b64encode(b"a longer description").decode(), "a longer description"),
        (base64.b64encode(b"17").decode(), "17"),
        ("just words", "just words"),
        ("", ""),
    ],
)
def test_descriptions_are_read_however_they_are_wrapped(shown: str, read: str) -> None:
    """Base64 of JSON as documented, Base64, or plain words."""
    seen = described(content({"EnvConf": {}, "CodeRevs": [row(ID, shown)]}))

    assert read == seen.versions[0].description


def test_own_revisions_have_just_this_description() -> None:
    """Oldest first; those of another run or with less text are not ours."""
    rows = [
        row(NEWER, quoted("ef1 a")),
        row(ID, quoted("ef1 a")),
        row("17", quoted("ef1 ab")),
        row("18", quoted("ef1")),
    ]
    seen = described(content({"EnvConf": {}, "CodeRevs": rows}))

    assert (ID, NEWER) == own_revisions(seen, "ef1 a")
    assert () == own_revisions(seen, "ef1 x")


@pytest.mark.parametrize("value", [{"CodeRevision": ID}, ID, int(ID)])
def test_a_revision_in_every_documented_shape(value: Any) -> None:
    """A member, a text, a number: each digit is kept."""
    assert ID == revision_of(content(value))


@pytest.mark.parametrize("value", [{"test": "test"}, "1.62e18", None, [ID], True])
def test_a_revision_that_is_none_is_refused(value: Any) -> None:
    """Ids are read strictly."""
    with pytest.raises(OutcomeUnknown, match=r"decimal digits|a text was expected"):
        revision_of(content(value))


CODE = b'export default { fetch() { return new Response("\xe4\xbd\xa0") } }\n'


@pytest.mark.parametrize(
    "shown",
    [
        CODE.decode(),
        base64.b64encode(CODE).decode(),
        base64.encodebytes(CODE).decode(),
    ],
)
def test_code_comes_plainly_or_in_base64(shown: str) -> None:
    """No page says which; both give the same bytes."""
    assert CODE == code_of(content({"ErCode": shown}))


def test_code_that_is_no_text_is_refused() -> None:
    """And text that no encoding has is still bytes, which no digest will match."""
    with pytest.raises(OutcomeUnknown, match="ErCode is an object"):
        code_of(content({"ErCode": {}}))

    assert b"?{}" == code_of(content({"ErCode": "\ud800{}"}))


def test_routines_are_found_by_a_part_of_their_name() -> None:
    """Names that break today's rule are listed too."""
    rows = [
        {"RoutineName": "Old_One", "Description": "b2xk"},
        {"RoutineName": "cart-edge", "Description": quoted("cart")},
    ]
    both = summaries_of(content({"Routines": rows, "Subdomains": []}), "")
    (cart,) = summaries_of(content({"Routines": rows}), "cart")

    assert ["Old_One", "cart-edge"] == [each.name for each in both]
    assert "cart" == cart.description
    assert () == summaries_of(content({"Routines": None}), "")


def test_a_time_that_cannot_be_read_is_worth_no_failure() -> None:
    """The pages show one in a form of its own; ids put revisions in order too."""
    odd = {"RoutineName": "test", "CreationTime": "2021/5/20 16:00"}
    rows = [row(ID) | {"CreationTime": "2021/5/20 16:00"}, row(NEWER)]
    (summary,) = summaries_of(content({"Routines": [odd]}), "")
    seen = described(content({"EnvConf": {}, "CodeRevs": rows}))

    assert summary.created_at is None
    assert [NEWER, ID] == [version.id for version in seen.versions]


@given(json_values)
def test_no_content_breaks_a_reader(value: Any) -> None:
    """Whatever a server could send is read or refused, by one error."""
    readers: tuple[Callable[[Member], object], ...] = (
        described,
        revision_of,
        code_of,
        lambda member: summaries_of(member, "a"),
        service_word,
    )
    for reader in readers:
        for shape in (value, {"EnvConf": {"production": value}, "CodeRevs": [value]}):
            with contextlib.suppress(OutcomeUnknown):
                reader(content(shape))


@pytest.mark.parametrize("name", [None, "", 7])
def test_a_routine_without_a_name_is_refused(name: Any) -> None:
    """Nobody could work on it."""
    with pytest.raises(OutcomeUnknown, match=r"RoutineName|a name|a text"):
        summaries_of(content({"Routines": [{"RoutineName": name}]}), "")


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ({"OnService": True, "InDebt": False}, "Running"),
        ({"OnService": "true"}, "Running"),
        ({"OnService": True, "InDebt": True}, "InDebt"),
        ({"OnService": False}, "Closed"),
        ({}, "Closed"),
    ],
)
def test_the_service_in_one_word(answer: Any, word: str) -> None:
    """Of three answers."""
    assert word == service_word(content(answer))
