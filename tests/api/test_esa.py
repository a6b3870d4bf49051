"""ESA behind the port, against the local cloud and made-up answers."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import anyio
import pytest
from attrs import define, field
from tests.api.desk import NAME, Desk, now

from esa_flows.api.cloud import Op, Placed, RoutineCloud, UploadSlot
from esa_flows.api.esa import API_VERSION, OPERATIONS, PROBE, EsaCloud, ram_actions
from esa_flows.errors import (
    AccessDenied,
    CallbackFailed,
    CallError,
    InUse,
    InvalidInput,
    LeaseLost,
    NotFound,
    NotSent,
    OutcomeUnknown,
    QuotaExceeded,
    RoutineExists,
    RoutineNotFound,
    SlotExpired,
    Throttled,
)
from esa_flows.files import BytesBlob
from esa_flows.localcloud import KEY, Fault, Switches
from esa_flows.model import (
    Environment,
    RoutineName,
    Split,
    VersionId,
    VersionStatus,
)
from esa_flows.wire import (
    Call,
    Caller,
    Cap,
    Credentials,
    Endpoint,
    Request,
    Response,
    Secret,
    Static,
    Verb,
)

CODE = BytesBlob(b'export default { fetch: () => new Response("two") };\n')
NOBODY = RoutineName("no-such-routine")


async def release(esa: EsaCloud, description: str = "tag") -> VersionId:
    """Make a version the usual way."""
    await esa.post(await esa.request_slot(NAME, description), CODE)
    return await esa.commit(NAME, description)


def refuse_all(verb: Verb) -> None:
    """Be the permit of a run that was taken over."""
    raise LeaseLost(f"Another process drives this run; {verb.name} is not sent.")


# --- the whole path -----------------------------------------------------------------


async def test_release_path(desk: Desk) -> None:
    """From the slot to production, with what each call gives."""
    esa: RoutineCloud = desk.esa
    before = await esa.observe(NAME)
    slot = await esa.request_slot(NAME, "two")
    placed = await esa.post(slot, CODE)
    version = await esa.commit(NAME, "two")
    listed = await esa.list_versions(NAME)
    info = await esa.version_info(NAME, version)
    assert before.production is not None
    (stable,) = before.production.split.versions
    tenth = Split.canary(version, 10, stable)
    await esa.deploy(NAME, Environment.STAGING, Split.whole(version))
    deployment = await esa.deploy(NAME, Environment.PRODUCTION, tenth)
    after = await esa.observe(NAME)

    assert placed == Placed(key=slot.key, etag=placed.etag)
    assert await esa.read_code(NAME, version) == CODE.content
    assert listed[0].id == version
    assert listed[0].description == "two"
    assert info.status is VersionStatus.AVAILABLE
    assert after.production == deployment
    assert after.staging is not None
    assert after.staging.split == Split.whole(version)
    assert after.record.endswith(".er.aliyun-esa.net")
    assert desk.cloud.report().violations == ()


async def test_version_bound_to_an_environment(desk: Desk) -> None:
    """Variables baked in at commit are told by the listing."""
    await desk.esa.post(await desk.esa.request_slot(NAME, "x"), CODE)

    version = await desk.esa.commit(NAME, "x", bound_to=Environment.STAGING)

    newest, *_ = await desk.esa.list_versions(NAME)
    assert (newest.id, newest.bound_to) == (version, Environment.STAGING)


async def test_a_version_with_assets_bound_to_an_environment(desk: Desk) -> None:
    """Its variables are those of the moment in which it was allocated."""
    made = await desk.esa.request_assets_slot(
        NAME, "x", bound_to=Environment.PRODUCTION
    )

    newest, *_ = await desk.esa.list_versions(NAME)
    assert (newest.id, newest.bound_to) == (made.version, Environment.PRODUCTION)


@pytest.mark.parametrize("count", [0, 1, 20, 21, 45])
async def test_all_variables_of_one_environment(desk: Desk, count: int) -> None:
    """Page by page, by name, of that environment alone."""
    names = [f"KEY_{number:03}" for number in range(count)]
    for name in names:
        desk.console.set_variable(NAME, "staging", name, "v", is_secret=True)

    desk.console.set_variable(NAME, "production", "OTHER", "v")
    found = await desk.esa.variables(NAME, Environment.STAGING)
    (other,) = (await desk.esa.variables(NAME, Environment.PRODUCTION)).found

    assert Environment.STAGING is found.environment
    assert [(name, True) for name in names] == [
        (each.name, each.is_secret) for each in found.found
    ]
    assert ("OTHER", False) == (other.name, other.is_secret)


async def test_variables_that_are_not_all_listed_are_refused() -> None:
    """A list with a hole would pass for fewer variables."""
    reply = {"TotalCount": 3, "EnvironmentVariables": {"A": {"Type": "plain_text"}}}
    script = Script({"ListRoutineEnvironmentVariables": reply})

    with pytest.raises(OutcomeUnknown, match="counts 3 variables and lists 1"):
        await script.esa().variables(NAME, Environment.STAGING)

    assert 2 == len(script.sent)


async def test_no_value_of_a_variable_leaves_the_cloud(desk: Desk) -> None:
    """Neither of a secret one nor of any other, even where the provider tells it."""
    desk.cloud.switch(Switches(secrets_shown=True))
    desk.console.set_variable(NAME, "staging", "TOKEN", "S3cret-Fake", is_secret=True)
    desk.console.set_variable(NAME, "staging", "COLOUR", "Fake-Blue")

    told = repr(await desk.esa.variables(NAME, Environment.STAGING))

    assert "TOKEN" in told
    assert "Fake" not in told


async def test_version_is_deleted(desk: Desk) -> None:
    """A version that serves nowhere goes; one that is live stays."""
    newest, *_, oldest = await desk.esa.list_versions(NAME)

    await desk.esa.delete_version(NAME, oldest.id)

    assert oldest.id not in {v.id for v in await desk.esa.list_versions(NAME)}
    with pytest.raises(InUse):
        await desk.esa.delete_version(NAME, newest.id)


async def test_routine_is_created_empty(desk: Desk) -> None:
    """A fresh routine serves nothing; a second of the name is refused."""
    await desk.esa.create_routine(NOBODY, "for tests")

    fresh = await desk.esa.observe(NOBODY)
    assert (fresh.staging, fresh.production) == (None, None)
    assert await desk.esa.list_versions(NOBODY) == ()
    with pytest.raises(RoutineExists):
        await desk.esa.create_routine(NOBODY)


async def test_account_facts(desk: Desk) -> None:
    """Quota, staging addresses, token, service."""
    assert await desk.esa.version_quota() == 10
    assert await desk.esa.staging_addresses() == ("127.0.0.1",)
    assert str(await desk.esa.access_token(NAME)) == "***"
    assert await desk.esa.service_status() == "Running"


async def test_routines_are_listed_over_all_pages(desk: Desk) -> None:
    """Forty-two routines are three pages; a search is one."""
    for n in range(41):
        await desk.esa.create_routine(RoutineName(f"fleet-{n:02d}"))

    assert len(await desk.esa.list_routines()) == 42
    assert len(await desk.esa.list_routines("checkout")) == 1
    assert await desk.esa.list_routines("nothing-like-it") == ()
    assert desk.esa.statistics().calls[Op.ROUTINES] == 5


async def test_all_forty_versions_are_listed(desk: Desk) -> None:
    """Two pages of twenty, as far as the provider shows."""
    desk.cloud.switch(Switches(version_quota=50))
    for n in range(42):
        desk.console.add_version(NAME, b"x", f"release {n}")

    found = await desk.esa.list_versions(NAME)

    assert len(found) == 40
    assert len({version.id for version in found}) == 40
    assert desk.esa.statistics().calls[Op.LIST] == 2


# --- what the provider leaves open --------------------------------------------------


@pytest.mark.parametrize(
    "switches",
    [
        Switches(numeric_ids=True),
        Switches(list_unstable=True),
        Switches(oss_token=False),
        Switches(slot_counts="commit"),
        Switches(latency=(0.1, 2.0)),
    ],
    ids=lambda switches: "switched",
)
async def test_release_under_every_habit_of_the_provider(switches: Switches) -> None:
    """Ids as numbers, the slot in the listing, forms without a token, slow answers."""
    desk = Desk(switches=switches)

    version = await release(desk.esa)
    await desk.esa.deploy(NAME, Environment.STAGING, Split.whole(version))

    assert await desk.esa.read_code(NAME, version) == CODE.content
    assert version in (await desk.esa.observe(NAME)).live
    assert "unstable" not in {v.id for v in await desk.esa.list_versions(NAME)}


async def test_rounded_id_is_not_deployed_by_mistake() -> None:
    """An id rounded on its way names no version."""
    desk = Desk(switches=Switches(rounded_ids=True))

    version = await release(desk.esa)

    with pytest.raises(CallError):
        await desk.esa.deploy(NAME, Environment.STAGING, Split.whole(version))


async def test_version_that_is_not_ready_says_so() -> None:
    """A version may be `init` for a while."""
    desk = Desk(switches=Switches(ready_after=30.0))
    version = await release(desk.esa)

    early = await desk.esa.version_info(NAME, version)
    await anyio.sleep(31)
    late = await desk.esa.version_info(NAME, version)

    assert (early.status, late.status) == (VersionStatus.INIT, VersionStatus.AVAILABLE)


# --- trouble ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("throttle", Throttled),
        ("error", OutcomeUnknown),
        ("html", OutcomeUnknown),
        ("nonce", OutcomeUnknown),
        ("redirect", OutcomeUnknown),
        ("reset", OutcomeUnknown),
        ("lost", OutcomeUnknown),
        ("truncate", OutcomeUnknown),
    ],
)
async def test_commit_in_trouble(desk: Desk, kind: Any, error: type[CallError]) -> None:
    """Every fault of a mutation says truly whether it may have been executed."""
    await desk.esa.post(await desk.esa.request_slot(NAME, "x"), CODE)
    count = len(await desk.esa.list_versions(NAME))
    desk.cloud.inject(Fault(operation="CommitRoutineStagingCode", kind=kind))

    with pytest.raises(error) as caught:
        await desk.esa.commit(NAME, "x")

    assert caught.value.operation == "CommitRoutineStagingCode"
    made = len(await desk.esa.list_versions(NAME)) - count
    assert made <= (error is OutcomeUnknown)


async def test_slow_answer_is_unknown(desk: Desk) -> None:
    """Twenty seconds are enough for any call; what came after them is unknown."""
    desk.cloud.inject(Fault(operation="GetRoutine", kind="slow", seconds=60))

    with pytest.raises(OutcomeUnknown, match="did not answer in time"):
        await desk.esa.observe(NAME)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("callback", CallbackFailed),
        ("expired", SlotExpired),
        ("error", OutcomeUnknown),
        ("html", OutcomeUnknown),
        ("redirect", OutcomeUnknown),
        ("reset", OutcomeUnknown),
        ("lost", OutcomeUnknown),
        ("truncate", OutcomeUnknown),
    ],
)
async def test_upload_in_trouble_is_sent_again(
    desk: Desk, kind: Any, error: type[CallError]
) -> None:
    """The same form may be sent again, and then a version holds what we sent."""
    slot = await desk.esa.request_slot(NAME, "x")
    desk.cloud.inject(Fault(operation="PostObject", kind=kind))

    with pytest.raises(error):
        await desk.esa.post(slot, CODE)

    await desk.esa.post(slot, CODE)
    version = await desk.esa.commit(NAME, "x")
    assert await desk.esa.read_code(NAME, version) == CODE.content


async def test_a_forms_margin_is_counted_by_the_providers_clock(desk: Desk) -> None:
    """Where the provider's clock is ahead of ours, the form ends earlier."""
    slot = await desk.esa.request_slot(NAME, "x")
    desk.esa._caller._skew = dt.timedelta(minutes=29, seconds=1)

    with pytest.raises(SlotExpired):
        await desk.esa.post(slot, CODE)


async def test_slot_about_to_end_is_not_used(desk: Desk) -> None:
    """Half an hour is over in the cloud as it is here."""
    slot = await desk.esa.request_slot(NAME, "x")
    await anyio.sleep(29 * 60 + 1)

    with pytest.raises(SlotExpired):
        await desk.esa.post(slot, CODE)

    assert Op.POST not in desk.esa.statistics().calls


async def test_code_too_large_is_not_sent(desk: Desk) -> None:
    """The form's own bounds are kept before anything is sent."""
    desk.cloud.switch(Switches(policy_max_size=10))
    slot = await desk.esa.request_slot(NAME, "x")

    with pytest.raises(InvalidInput, match="takes 1 to 10"):
        await desk.esa.post(slot, CODE)


async def test_missing_object_is_given_as_it_came(desk: Desk) -> None:
    """The store's error document comes as code: only its digest tells."""
    version = await release(desk.esa)
    desk.cloud.inject(Fault(operation="GetRoutineCodeVersion", kind="missing"))

    assert b"NoSuchKey" in await desk.esa.read_code(NAME, version)


async def test_refusals_are_told_apart(desk: Desk) -> None:
    """Each asks for something else to be done."""
    desk.cloud.switch(Switches(version_quota=3))

    with pytest.raises(RoutineNotFound):
        await desk.esa.observe(NOBODY)

    with pytest.raises(QuotaExceeded):
        await desk.esa.request_slot(NAME, "x")

    with pytest.raises(NotFound):
        await desk.esa.deploy(
            NAME, Environment.STAGING, Split.whole(VersionId("1700000000000000000"))
        )


async def test_denied_quota_names_the_missing_action(desk: Desk) -> None:
    """Whoever asks goes on with the setting; the message tells what to allow."""
    desk.cloud.switch(Switches(denied=frozenset({"esa:ListEdgeRoutinePlans"})))

    with pytest.raises(AccessDenied, match="esa:ListEdgeRoutinePlans"):
        await desk.esa.version_quota()


# --- permits, policies, statistics --------------------------------------------------


async def test_nothing_is_sent_without_a_permit(desk: Desk) -> None:
    """A run that was taken over sends neither calls nor forms."""
    slot = await desk.esa.request_slot(NAME, "x")
    bound = desk.esa.bound(permit=refuse_all)
    before = desk.cloud.report().calls

    with pytest.raises(LeaseLost, match="COMMIT is not sent"):
        await bound.commit(NAME, "x")

    with pytest.raises(LeaseLost, match="POST is not sent"):
        await bound.post(slot, CODE)

    assert desk.cloud.report().calls == before


async def test_permit_is_asked_about_every_verb(desk: Desk) -> None:
    """Bound copies count together with the cloud they were made of."""
    asked: list[str] = []
    bound = desk.esa.bound(permit=lambda verb: asked.append(verb.name))

    await release(bound)

    assert asked == ["SLOT", "POST", "COMMIT"]
    assert desk.esa.statistics().calls == {Op.SLOT: 1, Op.POST: 1, Op.COMMIT: 1}
    assert repr(desk.esa) == "<EsaCloud [calls: 3]>"


async def test_forms_for_loopback_need_a_client_of_loopback(desk: Desk) -> None:
    """A provider that names this machine as its store is not followed."""
    strict = EsaCloud(
        desk.caller(), desk.transport, now=now, boundary=desk.number, oss_hosts=("b.x",)
    )

    with pytest.raises(InvalidInput, match="no bucket of OSS"):
        await strict.request_slot(NAME, "x")


async def test_every_verb_calls_what_the_table_says(desk: Desk) -> None:
    """A policy derived from the table allows what the code calls, and no more."""
    newest, *_, oldest = await desk.esa.list_versions(NAME)
    await release(desk.esa)
    await desk.esa.observe(NAME)
    await desk.esa.read_code(NAME, newest.id)
    await desk.esa.version_info(NAME, newest.id)
    await desk.esa.deploy(NAME, Environment.STAGING, Split.whole(newest.id))
    await desk.esa.delete_version(NAME, oldest.id)
    await desk.esa.create_routine(NOBODY)
    await desk.esa.version_quota()
    await desk.esa.staging_addresses()
    await desk.esa.access_token(NAME)
    await desk.esa.service_status()
    await desk.esa.list_routines()
    await desk.esa.request_assets_slot(NAME, "with assets")
    await desk.esa.delete_routine(NOBODY)
    await desk.esa.routes(NAME)
    await desk.esa.related_records(NAME)
    await desk.esa.variables(NAME, Environment.STAGING)

    named = {name for names in OPERATIONS.values() for name in names}
    called = set(desk.cloud.report().calls) - {"PostObject"}
    assert called == named - {"GetRoutineUserInfo"}  # for large accounts alone
    assert set(desk.esa.statistics().calls) == set(Op)


def test_ram_actions_are_the_operations() -> None:
    """In order, each once; an upload needs none."""
    assert ram_actions([Op.COMMIT, Op.OBSERVE, Op.COMMIT, Op.POST]) == (
        "esa:CommitRoutineStagingCode",
        "esa:GetRoutine",
    )
    assert len(ram_actions()) == len(Op)  # none for uploads, two for the routines


def test_probe_changes_nothing() -> None:
    """It goes out before anybody knows where to."""
    assert not PROBE.verb.mutates
    assert PROBE.operation == "GetErService"


# --- answers made up ----------------------------------------------------------------


@define
class Script:
    """A transport that gives prepared answers, by operation, and keeps the requests.

    A list is given item by item, call by call.
    """

    answers: Mapping[str, Any]
    sent: list[Request] = field(factory=list)

    async def send(self, request: Request) -> Response:
        """Give the answer for the operation."""
        self.sent.append(request)
        value = self.answers[dict(request.headers)["x-acs-action"]]
        if isinstance(value, list):
            value = value.pop(0)

        return Response.of(200, json.dumps(value).encode())

    def esa(self) -> EsaCloud:
        """Make ESA of these answers."""
        key = Credentials(access_key_id=KEY.id, access_key_secret=Secret(KEY.secret))
        caller = Caller(
            self,
            Static(key),
            Endpoint.parse("127.0.0.1:1"),
            cap=Cap(),
            now=lambda: dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
            nonce=lambda: "nonce",
        )
        return EsaCloud(caller, self, now=now, boundary=lambda: "b")


@pytest.mark.parametrize("status", ["Fail", "", None, 1])
async def test_delete_and_create_must_say_ok(status: Any) -> None:
    """HTTP 200 alone is no success."""
    esa = Script(
        {
            "DeleteRoutineCodeVersion": {"Status": status},
            "CreateRoutine": {"Status": status},
            "DeleteRoutine": {"Status": status},
        }
    ).esa()

    with pytest.raises(OutcomeUnknown, match="Status is"):
        await esa.delete_version(NAME, VersionId("17"))

    with pytest.raises(OutcomeUnknown, match="Status is"):
        await esa.delete_routine(NAME)

    with pytest.raises(OutcomeUnknown, match="Status is"):
        await esa.create_routine(NAME)


async def test_info_must_be_about_the_version_asked_for() -> None:
    """Another version's state says nothing."""
    esa = Script(
        {"GetRoutineCodeVersionInfo": {"CodeVersion": "18", "Status": "available"}}
    ).esa()

    with pytest.raises(OutcomeUnknown, match="about version 18, not 17"):
        await esa.version_info(NAME, VersionId("17"))


async def test_an_account_larger_than_the_list_is_listed_whole(desk: Desk) -> None:
    """Two hundred are shown; the older operation gives the rest."""
    for n in range(205):
        desk.console.routine(f"r-{n}")

    found = await desk.esa.list_routines()

    assert {NAME, *(f"r-{n}" for n in range(205))} == {each.name for each in found}
    assert {"ListUserRoutines": 1, "GetRoutineUserInfo": 1} == desk.cloud.report().calls
    assert {Op.ROUTINES: 2} == desk.esa.statistics().calls


async def test_routes_and_records_lead_to_a_routine(desk: Desk) -> None:
    """Of every site, with the rule and the host name as they were made."""
    desk.lead("shop.example.com", '(http.host eq "shop.example.com")')
    desk.lead("cart.example.com", '(http.host eq "cart.example.com")', enable="off")

    routes = await desk.esa.routes(NAME)
    records = await desk.esa.related_records(NAME)

    assert [
        ("example.com", "to shop.example.com", True, 1),
        ("example.com", "to cart.example.com", False, 2),
    ] == [(each.site, each.name, each.is_enabled, each.sequence) for each in routes]
    assert '(http.host eq "shop.example.com")' == routes[0].rule
    assert ["shop.example.com", "cart.example.com"] == [each.name for each in records]
    with pytest.raises(RoutineNotFound):
        await desk.esa.routes(NOBODY)


async def test_a_listing_of_several_pages_is_read_whole(desk: Desk) -> None:
    """Twenty records to a page."""
    for n in range(45):
        desk.lead(f"h{n}.example.com", "true")

    records = await desk.esa.related_records(NAME)

    assert {f"h{n}.example.com" for n in range(45)} == {each.name for each in records}
    assert {Op.RECORDS: 3} == desk.esa.statistics().calls


@pytest.mark.parametrize("rows", [[], [{"RecordId": 1}, {"RecordId": 1}]])
async def test_a_listing_short_of_its_count_is_refused(rows: list[Any]) -> None:
    """Nobody plans with a part; a page told twice is no second page."""
    pages = [
        {"TotalCount": 2, "RelatedRecords": rows},
        {"TotalCount": 2, "RelatedRecords": []},
    ]
    script = Script({"ListRoutineRelatedRecords": pages[0]})
    if rows:
        script = Script({"ListRoutineRelatedRecords": pages})

    with pytest.raises(OutcomeUnknown, match=r"RelatedRecords has \d of the 2"):
        await script.esa().related_records(NAME)


async def test_a_listing_without_end_is_given_up() -> None:
    """A page that comes again and again is no way to a whole."""
    page = {"TotalCount": 999_999, "Configs": [{"ConfigId": 1}]}
    script = Script({"ListRoutineRoutes": page})

    with pytest.raises(OutcomeUnknown, match="Configs has 1 of the 999999"):
        await script.esa().routes(NAME)

    assert 100 == len(script.sent)


@pytest.mark.parametrize(
    "published",
    [
        {"CodeVersion": "17", "CanaryCodeVersion": ""},
        {
            "CodeVersion": "17",
            "CodeDeploy": {
                "DeployId": "1756",
                "Strategy": "percentage",
                "CodeVersions": [{"CodeVersion": "17", "Percentage": 100}],
            },
        },
    ],
    ids=["version", "deployment"],
)
async def test_what_the_legacy_call_published_is_read_right(published: Any) -> None:
    """PublishRoutineCodeVersion leaves one version in one environment, in two shapes.

    Source: ESA API 2024-09-10, GetRoutine and PublishRoutineCodeVersion.
    """
    script = Script({"GetRoutine": {"Envs": [{"Env": "production", **published}]}})

    found = await script.esa().observe(NAME)

    assert found.production is not None
    assert Split.whole(VersionId("17")) == found.production.split
    assert found.staging is None


async def test_what_the_legacy_call_does_is_seen(desk: Desk) -> None:
    """Somebody else's tool may use it; what serves is known all the same."""
    oldest = (await desk.esa.list_versions(NAME))[-1].id
    call = Call(
        operation="PublishRoutineCodeVersion",
        version=API_VERSION,
        verb=Op.DEPLOY,
        parameters={"Name": NAME, "Env": "production", "CodeVersion": oldest},
    )

    await desk.caller().call(call)

    serves = (await desk.esa.observe(NAME)).production
    assert serves is not None
    assert Split.whole(oldest) == serves.split


async def test_parameters_travel_as_the_official_client_sends_them() -> None:
    """Forms for most, the query for the list of routines, nothing where none are."""
    script = Script(
        {
            "CreateRoutineCodeDeployment": {
                "Strategy": "percentage",
                "CodeVersions": [{"CodeVersion": "17", "Percentage": 100}],
            },
            "ListUserRoutines": {"TotalCount": 0},
            "ListEdgeRoutinePlans": {"PlanInfo": [{"ErRoutineCodeVersionQuota": "5"}]},
        }
    )
    esa = script.esa()

    await esa.deploy(NAME, Environment.PRODUCTION, Split.whole(VersionId("17")))
    await esa.list_routines("a b")
    await esa.version_quota()

    deploy, listing, plans = script.sent
    assert deploy.body == (
        b"CodeVersions=%5B%7B%22CodeVersion%22%3A%2217%22%2C%22Percentage%22%3A100%7D%5D"
        b"&Env=production&Name=checkout-edge&Strategy=percentage"
    )
    assert listing.target == "/?PageNumber=1&PageSize=20&SearchKeyWord=a%20b"
    assert (plans.method, plans.target, plans.body) == ("GET", "/", b"")


async def test_upload_that_never_left_is_not_sent() -> None:
    """Where nobody listens, nothing was stored."""
    desk = Desk()
    slot = await desk.esa.request_slot(NAME, "x")
    elsewhere = UploadSlot(
        url="http://127.0.0.1:9/oss-x", fields=slot.fields, key=slot.key
    )

    with pytest.raises(NotSent):
        await desk.esa.post(elsewhere, CODE)
