"""Values into the journal and back."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from attrs import field, frozen, make_class
from hypothesis import given
from hypothesis import strategies as st
from tests import strategies as some

from esa_flows.engine.codec import Ephemeral, decode, digest_of, dumps, encode
from esa_flows.errors import JournalCorrupt, StepMisuse
from esa_flows.model import (
    Bundle,
    Canary,
    Duration,
    Environment,
    RoutineName,
    Share,
    Split,
    Tag,
    Version,
    VersionId,
)
from esa_flows.wire.secret import Secret


@frozen(kw_only=True)
class Release:
    """An input as a step of a user has it."""

    routine: RoutineName
    bundle: Bundle
    canary: Canary
    target: Environment
    protected: frozenset[VersionId] = frozenset()
    previous: Split | None = None
    notes: Mapping[str, int] = {}


@frozen
class Form(Ephemeral):
    """A value that lives in one process."""

    key: str

    def facts(self) -> dict[str, Any]:
        """Give its object key."""
        return {"key": self.key}


@frozen
class Keys:
    """A value that must not be recorded."""

    id: str
    secret: Secret


releases = st.builds(
    Release,
    routine=some.routine_names,
    bundle=some.bundles,
    canary=some.canaries,
    target=st.sampled_from(Environment),
    protected=st.frozensets(some.version_ids, max_size=4),
    previous=st.none() | some.splits,
    notes=st.dictionaries(some.texts, st.integers(), max_size=3),
)


def through_the_journal(value: Any, type_: Any) -> Any:
    """Record a value as text and read it back."""
    return decode(json.loads(dumps(encode(value))), type_)


@given(
    st.one_of(
        some.splits,
        some.canaries,
        some.durations,
        some.versions,
        some.bundles,
        some.tags,
        some.routine_names,
        some.version_ids,
        some.digests,
        releases,
    )
)
def test_every_value_comes_back(value: object) -> None:
    """Whatever the house's values hold, the journal gives it back, of the same type."""
    back = through_the_journal(value, type(value))

    assert back == value
    assert type(back) is type(value)
    assert digest_of(back) == digest_of(value)


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        (None, None),
        (None, type(None)),
        ({"any": [1, None, "x"]}, Any),
        ((VersionId("1"), VersionId("2")), tuple[VersionId, ...]),
        ([Duration(5)], list[Duration]),
        (dt.datetime(2025, 3, 1, tzinfo=dt.UTC), dt.datetime),
        (frozenset({Environment.STAGING}), frozenset[Environment]),
        (True, bool),
    ],
)
def test_plain_values_come_back(value: object, type_: Any) -> None:
    """Containers, times and JSON itself keep their types too."""
    assert through_the_journal(value, type_) == value


@given(some.json_values)
def test_json_is_written_in_one_way(value: Any) -> None:
    """What was read back is written as it was, byte for byte."""
    text = dumps(value)

    assert dumps(json.loads(text)) == text


def test_json_keeps_text_readable() -> None:
    """Words in any language stand in the journal as people wrote them."""
    assert dumps({"b": "发布", "a": 1}) == '{"a":1,"b":"发布"}'


def test_half_a_character_is_escaped() -> None:
    """A path that is no UTF-8 can be recorded, digested and read back."""
    path = b"dist/\xff.js".decode(errors="surrogateescape")
    text = dumps({"path": path})

    assert text == r'{"path":"dist/\udcff.js"}'
    assert json.loads(text) == {"path": path}
    assert digest_of(path) == digest_of(path)


@pytest.mark.parametrize(
    "value",
    [
        Secret("FakeSecretDoNotUse"),
        Keys("LTAI5tFakeKeyId0001", Secret("FakeSecretDoNotUse")),
        [Secret("FakeSecretDoNotUse")],
        {"key": Secret("FakeSecretDoNotUse")},
        (1, Keys("LTAI5tFakeKeyId0001", Secret("FakeSecretDoNotUse"))),
    ],
    ids=["bare", "in a value", "in a list", "in a dict", "in a tuple"],
)
@pytest.mark.parametrize("use", [encode, digest_of])
def test_a_secret_is_refused(value: object, use: Any) -> None:
    """A secret gets neither into a record nor into a digest, wherever it hides."""
    with pytest.raises(StepMisuse) as caught:
        use(value)

    assert str(caught.value) == (
        "A secret (***) was on its way into the journal."
        " Keep it out of step inputs and outputs; ask for it inside the step."
    )


def test_of_an_ephemeral_value_the_facts_are_recorded() -> None:
    """The value itself stays in its process."""
    assert encode(Form("object-1")) == {"key": "object-1"}
    assert Ephemeral().facts() == {}


def test_an_ephemeral_input_counts_by_its_type() -> None:
    """A resumed run has another form, and that is no other input."""
    assert digest_of(Form("object-1")) == digest_of(Form("object-2"))
    assert digest_of(Form("object-1")) != digest_of(Ephemeral())


@pytest.mark.parametrize(
    ("data", "type_"),
    [
        ("x", int),
        ({}, Split),
        ({"shares": []}, Split),
        ("no id", VersionId),
        ("soon", Duration),
        (5, Duration),
        (None, Share),
        ("moon", Environment),
    ],
)
def test_a_record_that_does_not_fit_is_refused(data: object, type_: Any) -> None:
    """What another release wrote in another shape is no value of this one."""
    with pytest.raises(
        JournalCorrupt, match=r"A journal record does not fit .*: "
    ) as e:
        decode(data, type_)

    assert e.value.next_move == (
        "Resume the run with the release of esa_flows that wrote it."
    )


def test_fields_of_a_later_release_are_passed_over() -> None:
    """A value with a field more can still be read."""
    assert decode({"version": "1", "percentage": 5, "new": 1}, Share) == Share("1", 5)


def test_a_digest_is_the_same_in_every_process() -> None:
    """Sets have another order in every process; their digest has not."""
    script = (
        "from esa_flows.engine.codec import digest_of\n"
        "print(digest_of(frozenset(map(str, range(50)))))"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(digests) == 1


def test_tags_are_recorded_whole() -> None:
    """The journal keeps the text that a description has no room for."""
    tag = Tag(content="0" * 16, run="0123456789ab", text="long " * 50)

    assert through_the_journal(tag, Tag) == tag


def test_versions_without_a_time_come_back() -> None:
    """What the provider did not say stays unsaid."""
    version = Version(id=VersionId("1"))

    assert through_the_journal(version, Version) == version


def test_a_member_added_with_a_default_leaves_the_digest() -> None:
    """A half-done run of an earlier release knows nothing of it, and goes on."""
    early = make_class("Early", {"name": field(type=str)})
    later = make_class(
        "Later", {"name": field(type=str), "more": field(type=int, default=7)}
    )

    assert digest_of(early("a")) == digest_of(later("a"))
    assert digest_of(early("a")) != digest_of(later("a", 8))
    assert {"name": "a", "more": 7} == encode(later("a"))
