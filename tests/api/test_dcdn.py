"""DCDN behind the port: what the conformance suite does not ask of every cloud."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from tests.api.dcdn_desk import OLD, DcdnDesk, Script
from tests.api.desk import NAME

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.api.dcdn import DcdnCloud
from esa_flows.errors import (
    InUse,
    InvalidInput,
    OutcomeUnknown,
    Refused,
    SlotExpired,
)
from esa_flows.files import BytesBlob
from esa_flows.localcloud import Fault, Switches
from esa_flows.model import Areas, Environment, RoutineName, Split, VersionId
from esa_flows.wire import Request

CODE = BytesBlob(b'export default { fetch: () => new Response("two") };\n')
AREA = "presetCanaryZhejiang"
SAMPLE = {"test": "test", "test2": 1}
ID = "1622034169188190000"
FORM = {
    "OSSAccessKeyId": "KiTrFakeKeyId0001",
    "Signature": "+VaGBmeMjdKTD1E=",
    "Url": "http://sample-bucket.oss-cn-hangzhou.aliyuncs.com",
    "XOssSecurityToken": "CAISfakeToken0001",
    "callback": "eyJjYWxsYmFja1VybCI6Imh0dHA6Ly9lciJ9",
    "key": "test.123.69188190343.js",
    "policy": base64.b64encode(
        b'{"expiration":"2026-01-02T03:34:05Z","conditions":[]}'
    ).decode(),
    "x:codeDescription": "IkhlbGxvIFdvcmxkIg==",
}
"""The eight members of ``OssPostConfig`` as the page of UploadRoutineCode has them."""


@pytest.fixture
async def desk() -> DcdnDesk:
    """A cloud with a routine of three revisions, and a client of it."""
    return DcdnDesk()


def form_of(request: Request) -> dict[str, str]:
    """Give what a request sent."""
    assert isinstance(request.body, bytes)
    return {name: text for name, (text,) in parse_qs(request.body.decode()).items()}


def slot_of(config: dict[str, Any], revision: Any = ID) -> DcdnCloud:
    """Give a cloud that answers UploadRoutineCode with this."""
    content = {"CodeRevision": revision, "OssPostConfig": config}
    return Script({"UploadRoutineCode": {"RequestId": "R", "Content": content}}).dcdn()


# --- the page of UploadRoutineCode, row by row --------------------------------------


async def test_both_parameters_are_sent_as_a_form() -> None:
    """Name and CodeDescription, both required, as the official client sends them."""
    script = Script({"UploadRoutineCode": {"Content": SAMPLE}})
    with pytest.raises(OutcomeUnknown):
        await script.dcdn().request_slot(NAME, "Hello World")

    (sent,) = script.sent
    assert {"Name": NAME, "CodeDescription": "Hello World"} == form_of(sent)
    assert ("POST", "/") == (sent.method, sent.target)
    assert "2018-01-15" == dict(sent.headers)["x-acs-version"]


async def test_a_revision_without_a_description_is_not_asked_for(
    desk: DcdnDesk,
) -> None:
    """The provider demands one; ours is the tag."""
    with pytest.raises(InvalidInput, match="needs a description"):
        await desk.dcdn.request_slot(NAME, "")

    assert {} == desk.cloud.report().calls


async def test_the_documented_answer_is_a_slot_with_its_revision() -> None:
    """`Content.CodeRevision`, and a form made of `Content.OssPostConfig`."""
    slot = await slot_of(FORM).request_slot(NAME, "Hello World")

    assert ID == slot.version
    assert "https://sample-bucket.oss-cn-hangzhou.aliyuncs.com/" == slot.url
    assert "test.123.69188190343.js" == slot.key
    assert slot.expires_at is not None


@pytest.mark.parametrize(
    ("member", "sent"),
    [
        ("OSSAccessKeyId", "OSSAccessKeyId"),
        ("Signature", "Signature"),
        ("XOssSecurityToken", "x-oss-security-token"),
        ("callback", "callback"),
        ("key", "key"),
        ("policy", "policy"),
        ("x:codeDescription", "x:codeDescription"),
    ],
)
async def test_each_member_is_a_field_of_the_form(member: str, sent: str) -> None:
    """Unchanged, under the name that the store knows; the address is no field."""
    slot = await slot_of(FORM).request_slot(NAME, "Hello World")
    fields = {
        name: text if isinstance(text, str) else text.reveal()
        for name, text in slot.fields
    }

    assert FORM[member] == fields[sent]
    assert len(FORM) - 1 == len(fields)


@pytest.mark.parametrize(
    "member", ["OSSAccessKeyId", "Signature", "Url", "key", "policy"]
)
async def test_a_form_without_what_it_needs_is_refused(member: str) -> None:
    """By name."""
    rest = {name: text for name, text in FORM.items() if name != member}

    with pytest.raises(OutcomeUnknown, match=f"OssPostConfig has no {member}"):
        await slot_of(rest).request_slot(NAME, "Hello World")


@pytest.mark.parametrize(
    "member", ["XOssSecurityToken", "callback", "x:codeDescription"]
)
async def test_what_a_form_can_do_without_may_lack(member: str) -> None:
    """Older answers lack some."""
    rest = {name: text for name, text in FORM.items() if name != member}
    slot = await slot_of(rest).request_slot(NAME, "Hello World")

    assert len(FORM) - 2 == len(slot.fields)


@pytest.mark.parametrize("revision", [None, "", "1.622e18", {"a": 1}, [ID]])
async def test_a_slot_without_its_revision_is_refused(revision: Any) -> None:
    """The id is read strictly."""
    with pytest.raises(OutcomeUnknown, match=r"Content\.CodeRevision is"):
        await slot_of(FORM, revision).request_slot(NAME, "Hello World")


async def test_the_sample_of_the_pages_is_a_typed_error() -> None:
    """It shows a content that says nothing; no verb takes it for an answer."""
    operations = (
        "UploadRoutineCode",
        "DescribeRoutineCodeRevision",
        "PublishRoutineCodeRevision",
        "DescribeRoutineUserInfo",
        "CreateRoutine",
        "EditRoutineConf",
        "DeleteRoutineConfEnvs",
        "DescribeRoutine",
    )
    dcdn = Script({name: {"Content": SAMPLE} for name in operations}).dcdn()
    live, areas = Split.whole(VersionId(ID)), Areas([AREA])
    asks: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: dcdn.request_slot(NAME, "x"),
        lambda: dcdn.deploy(NAME, Environment.STAGING, live),
        lambda: dcdn.observe(NAME),
        lambda: dcdn.list_versions(NAME),
        lambda: dcdn.version_info(NAME, VersionId(ID)),
        lambda: dcdn.commit(NAME, "x"),
        lambda: dcdn.delete_version(NAME, VersionId(ID)),
        lambda: dcdn.create_routine(NAME),
        lambda: dcdn.add_areas(NAME, areas),
        lambda: dcdn.remove_areas(NAME, areas),
    )
    for ask in asks:
        with pytest.raises(OutcomeUnknown, match="The answer cannot be used"):
            await ask()


# --- one error code for everything --------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_text_and_a_look_settle_what_happened(language: Any) -> None:
    """Whichever language the account has."""
    desk = DcdnDesk(switches=Switches(dcdn_language=language, revision_quota=3))

    with pytest.raises(Refused, match="more than the plan allows"):
        await desk.dcdn.request_slot(NAME, "x")

    assert {"UploadRoutineCode": 1, "DescribeRoutine": 1} == desk.cloud.report().calls
    assert {Op.SLOT: 2} == desk.dcdn.statistics().calls


async def test_a_revision_that_looks_like_ours_keeps_the_outcome_unknown() -> None:
    """The text says no, the routine shows one: nobody knows which call made it."""
    desk = DcdnDesk(switches=Switches(revision_quota=3))

    with pytest.raises(OutcomeUnknown, match="by the text alone"):
        await desk.dcdn.request_slot(NAME, "release 0")


async def test_a_text_without_meaning_stays_unknown() -> None:
    """A look does not make it say more."""
    desk = DcdnDesk(
        switches=Switches(revision_quota=3, dcdn_phrases={"revision_quota": "E-77"})
    )

    with pytest.raises(OutcomeUnknown, match="E-77"):
        await desk.dcdn.request_slot(NAME, "x")


async def test_a_delete_of_what_went_live_meanwhile_is_refused(
    desk: DcdnDesk,
) -> None:
    """Between the look and the delete somebody published it: the provider says so."""

    def publish(verb: Any) -> None:
        """Be somebody else, between the look and the delete."""
        asked.append(verb)
        if len(asked) == 2:
            desk.console.publish(NAME, desk.ids[0], "staging")

    asked: list[Any] = []
    with pytest.raises(InUse, match="still is in use"):
        await desk.dcdn.bound(permit=publish).delete_version(
            NAME, VersionId(desk.ids[0])
        )

    assert desk.ids == desk.cloud.report().versions[f"dcdn/{NAME}"]


# --- making a version ---------------------------------------------------------------


async def test_commit_gives_the_revision_of_the_form(desk: DcdnDesk) -> None:
    """It changes nothing: the version was there before the code."""
    slot = await desk.dcdn.request_slot(NAME, "tag")
    before = desk.cloud.report().versions
    await desk.dcdn.post(slot, CODE)
    version = await desk.dcdn.commit(NAME, "tag")

    assert slot.version == version
    assert before == desk.cloud.report().versions


async def test_commit_takes_the_newest_of_several(desk: DcdnDesk) -> None:
    """A form whose answer was lost left one behind, without code."""
    await desk.dcdn.request_slot(NAME, "tag")
    slot = await desk.dcdn.request_slot(NAME, "tag")
    await desk.dcdn.post(slot, CODE)

    assert slot.version == await desk.dcdn.commit(NAME, "tag")


async def test_commit_of_what_is_not_shown_is_unknown() -> None:
    """A listing may lag: one looks again."""
    desk = DcdnDesk(switches=Switches(list_lag=5.0))
    slot = await desk.dcdn.request_slot(NAME, "tag")
    await desk.dcdn.post(slot, CODE)

    with pytest.raises(OutcomeUnknown, match="shows the description"):
        await desk.dcdn.commit(NAME, "tag")


async def test_a_form_of_the_store_expires(desk: DcdnDesk) -> None:
    """As everywhere."""
    desk.cloud.inject(Fault(operation="UploadRoutineCode", kind="expired"))
    slot = await desk.dcdn.request_slot(NAME, "tag")

    with pytest.raises(SlotExpired):
        await desk.dcdn.post(slot, CODE)


@pytest.mark.parametrize("switches", [{"er_code": "plain"}, {"er_code": "base64"}])
async def test_code_is_read_back_byte_for_byte(switches: Any) -> None:
    """However the provider wraps it."""
    desk = DcdnDesk(switches=Switches(**switches))

    assert OLD == await desk.dcdn.read_code(NAME, VersionId(desk.ids[0]))


@pytest.mark.parametrize("kind", ["quoted", "base64", "plain"])
async def test_the_tag_comes_back_however_it_is_wrapped(kind: Any) -> None:
    """Base64 of JSON, Base64, or as it is."""
    desk = DcdnDesk(switches=Switches(dcdn_descriptions=kind))
    tag = "ef1 s=0011223344556677 r=k7m2p9qx4tbn p=- e=- g=- | 第一"
    await desk.dcdn.post(await desk.dcdn.request_slot(NAME, tag), CODE)

    version = await desk.dcdn.commit(NAME, tag)

    newest, *_ = await desk.dcdn.list_versions(NAME)
    assert (version, tag) == (newest.id, newest.description)


async def test_variables_cannot_be_baked_in(desk: DcdnDesk) -> None:
    """There are none."""
    with pytest.raises(Refused, match="no variables to bake in for staging"):
        await desk.dcdn.commit(NAME, "tag", bound_to=Environment.STAGING)

    assert {} == desk.cloud.report().calls


# --- areas in place of shares -------------------------------------------------------


async def test_a_split_in_shares_is_not_sent(desk: DcdnDesk) -> None:
    """The sentence names what there is instead."""
    old, new = map(VersionId, desk.ids[:2])

    with pytest.raises(Refused, match=r"90 % .* areas such as presetCanaryZhejiang"):
        await desk.dcdn.deploy(NAME, Environment.PRODUCTION, Split.canary(new, 10, old))

    assert {} == desk.cloud.report().calls


async def test_a_rollout_goes_by_areas(desk: DcdnDesk) -> None:
    """An area first, then the rest; each look tells what serves where."""
    old, _, live = map(VersionId, desk.ids)
    first = Areas([AREA])
    await desk.dcdn.add_areas(NAME, first)
    await desk.dcdn.publish(NAME, old, first)
    alone = await desk.dcdn.describe(NAME)
    await desk.dcdn.publish(NAME, old, Areas([AREA, "production"]))
    both = await desk.dcdn.describe(NAME)

    assert {AREA: old, "production": live, "staging": live} == alone.serving
    assert (AREA, "production") == both.places_of(old)
    assert () == desk.cloud.report().violations


async def test_what_serves_an_area_is_not_deleted(desk: DcdnDesk) -> None:
    """Even where the provider would do it."""
    desk.cloud.switch(Switches(delete_guard=False))
    await desk.dcdn.add_areas(NAME, Areas([AREA]))
    await desk.dcdn.publish(NAME, VersionId(desk.ids[0]), Areas([AREA]))

    with pytest.raises(InUse, match=f"serves {AREA}"):
        await desk.dcdn.delete_version(NAME, VersionId(desk.ids[0]))

    assert "DeleteRoutineCodeRevision" not in desk.cloud.report().calls


async def test_areas_are_given_and_taken(desk: DcdnDesk) -> None:
    """Each is an environment with settings of its own."""
    areas = Areas([AREA, "presetCanaryJilin"])
    await desk.dcdn.add_areas(NAME, areas, spec="100ms")
    there = (await desk.dcdn.describe(NAME)).environments
    specs = {env: conf.spec for env, conf in desk.console.function(NAME).envs.items()}
    await desk.dcdn.remove_areas(NAME, Areas([AREA]))
    after = (await desk.dcdn.describe(NAME)).environments

    assert {"staging", "production", *areas} == there
    assert "100ms" == specs[AREA]
    assert {"staging", "production", "presetCanaryJilin"} == after


async def test_a_routine_that_serves_an_area_is_not_deleted(desk: DcdnDesk) -> None:
    """Whoever looks at staging and production alone does not see it."""
    await desk.dcdn.add_areas(NAME, Areas([AREA]))
    await desk.dcdn.publish(NAME, VersionId(desk.ids[0]), Areas([AREA]))

    with pytest.raises(InUse, match=rf"serves {AREA}.* Take its areas away"):
        await desk.dcdn.delete_routine(NAME)

    assert "DeleteRoutine" not in desk.cloud.report().calls


async def test_an_area_that_was_not_given_is_refused(desk: DcdnDesk) -> None:
    """Nothing is published, to none of the places."""
    before = desk.cloud.report().splits

    with pytest.raises(Refused):
        await desk.dcdn.publish(
            NAME, VersionId(desk.ids[0]), Areas([AREA, "production"])
        )

    assert before == desk.cloud.report().splits


async def test_staging_and_production_are_no_areas(desk: DcdnDesk) -> None:
    """They can be neither given nor taken."""
    for areas in (Areas(["staging"]), Areas([AREA, "production"])):
        with pytest.raises(InvalidInput, match="is more than areas"):
            await desk.dcdn.add_areas(NAME, areas)

        with pytest.raises(InvalidInput, match="is more than areas"):
            await desk.dcdn.remove_areas(NAME, areas)


async def test_a_publication_of_another_revision_is_unknown() -> None:
    """The answer must say what was asked."""
    answer = {"Content": {"CodeRevision": "18"}}
    dcdn = Script({"PublishRoutineCodeRevision": answer}).dcdn()

    with pytest.raises(OutcomeUnknown, match="it says 18 where 17 was asked"):
        await dcdn.publish(NAME, VersionId("17"), Areas(["production"]))


@pytest.mark.parametrize("content", ["17", 17, {"CodeRevision": 17}])
async def test_a_publication_is_told_in_any_shape(content: Any) -> None:
    """The id is what counts."""
    dcdn = Script({"PublishRoutineCodeRevision": {"Content": content}}).dcdn()

    made = await dcdn.publish(NAME, VersionId("17"), Areas(["production"]))

    assert (Split.whole(VersionId("17")), "") == (made.split, made.id)


async def test_parameters_travel_as_the_official_client_sends_them() -> None:
    """Forms, with lists and objects as compact JSON; nothing where nothing is said."""
    script = Script(
        {
            "PublishRoutineCodeRevision": {"Content": {"CodeRevision": "17"}},
            "EditRoutineConf": {"Content": {"Status": "OK"}},
            "CreateRoutine": {"Content": {"Status": "OK"}},
            "DescribeRoutineUserInfo": {"Content": {"Routines": []}},
        }
    )
    dcdn = script.dcdn()
    await dcdn.publish(NAME, VersionId("17"), Areas(["production", AREA]))
    await dcdn.add_areas(NAME, Areas([AREA]))
    await dcdn.create_routine(NAME)
    await dcdn.list_routines()

    publish, edit, create, listing = script.sent
    assert {
        "Name": NAME,
        "SelectCodeRevision": "17",
        "Envs": f'["{AREA}","production"]',
    } == form_of(publish)
    assert {AREA: {"SpecName": "50ms"}} == json.loads(form_of(edit)["EnvConf"])
    assert {"Name": NAME} == form_of(create)
    assert (b"", "/") == (listing.body, listing.target)


# --- the rest -----------------------------------------------------------------------


async def test_a_description_too_long_is_not_sent(desk: DcdnDesk) -> None:
    """Fifty characters, in any language."""
    await desk.dcdn.create_routine(RoutineName("fifty"), "字" * 50)

    with pytest.raises(InvalidInput, match="51 characters; DCDN takes 50"):
        await desk.dcdn.create_routine(RoutineName("more"), "字" * 51)

    assert 1 == desk.cloud.report().calls["CreateRoutine"]


@pytest.mark.parametrize("status", ["Fail", "", None, 1])
async def test_delete_and_create_must_say_ok(status: Any) -> None:
    """HTTP 200 alone is no success."""
    done = {"Content": {"Status": status}}
    seen: dict[str, Any] = {"Content": {"EnvConf": {}}}
    dcdn = Script(
        {
            "DeleteRoutineCodeRevision": done,
            "CreateRoutine": done,
            "DeleteRoutine": done,
            "DescribeRoutine": seen,
        }
    ).dcdn()

    with pytest.raises(OutcomeUnknown, match="Status is"):
        await dcdn.delete_routine(NAME)

    with pytest.raises(OutcomeUnknown, match="Status is"):
        await dcdn.delete_version(NAME, VersionId("17"))

    with pytest.raises(OutcomeUnknown, match="Status is"):
        await dcdn.create_routine(NAME)


async def test_forms_for_loopback_need_a_client_of_loopback() -> None:
    """A provider that names this machine as its store is not followed."""
    desk = DcdnDesk()
    strict = DcdnCloud(
        desk.dcdn._caller, desk.transport, now=desk.dcdn._now, boundary=desk.number
    )

    with pytest.raises(InvalidInput, match="no bucket of OSS"):
        await strict.request_slot(NAME, "x")


async def test_it_is_a_cloud(desk: DcdnDesk) -> None:
    """The type checker agrees that it is the port."""
    cloud: RoutineCloud = desk.dcdn

    assert "<DcdnCloud [calls: 0]>" == repr(cloud)
