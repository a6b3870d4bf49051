"""The rules at the head of `api.cloud`, held against every cloud.

Each test knows a cloud by the port and by its table of operations alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio
import pytest
from attrs import define, evolve
from tests.api.dcdn_desk import DcdnDesk
from tests.api.desk import NAME

from esa_flows.api import dcdn_operations, esa
from esa_flows.api.cloud import Op, Placed, RoutineCloud
from esa_flows.errors import (
    CallbackFailed,
    CallError,
    InUse,
    InvalidInput,
    LeaseLost,
    OutcomeUnknown,
    QuotaExceeded,
    Refused,
    RoutineExists,
    RoutineNotFound,
    SlotExpired,
    Throttled,
)
from esa_flows.files import BytesBlob
from esa_flows.localcloud import KEY, Fault, Switches
from esa_flows.model import (
    Deployment,
    Environment,
    RoutineName,
    Split,
    VersionId,
    VersionStatus,
)
from esa_flows.wire import Verb
from esa_flows.wire.permit import always

CODE = BytesBlob(b'export default { fetch: () => new Response("two") };\n')
TEXT = "ef1 s=0011223344556677 r=k7m2p9qx4tbn p=- e=- g=- | 第一 release"
NOBODY = RoutineName("no-such-routine")
IDLE = RoutineName("pay-edge")
NO_VERSION = VersionId("17")
STAGING, PRODUCTION = Environment.STAGING, Environment.PRODUCTION


@define
class Bench:
    """A cloud as a client sees it, and what it stands on."""

    desk: DcdnDesk
    cloud: RoutineCloud
    operations: Mapping[Op, tuple[str, ...]]
    product: str

    @classmethod
    def of(cls, product: str, switches: Switches | None = None) -> Bench:
        """Make the bench of a cloud."""
        desk = DcdnDesk(switches or Switches())
        if product == "esa":
            return cls(desk, desk.esa, esa.OPERATIONS, product)

        return cls(desk, desk.dcdn, dcdn_operations.OPERATIONS, product)

    def break_(self, op: Op, kind: Any, **members: Any) -> None:
        """Let the next call of a verb's own operation go wrong."""
        operation = f"{self.product}:{self.operations[op][0]}"
        self.desk.cloud.inject(Fault(operation=operation, kind=kind, **members))

    def switch(self, **switches: Any) -> None:
        """Let the provider behave otherwise from now on."""
        self.desk.cloud.switch(evolve(self.desk.cloud.switches, **switches))

    def held(self) -> tuple[str, ...]:
        """Give the versions that the provider has, oldest first."""
        label = NAME if self.product == "esa" else f"dcdn/{NAME}"
        return self.desk.cloud.report().versions[label]

    async def upload(self, text: str = TEXT) -> VersionId:
        """Make a version the usual way."""
        await self.cloud.post(await self.cloud.request_slot(NAME, text), CODE)
        return await self.cloud.commit(NAME, text)

    async def live(self) -> VersionId:
        """Give what serves production."""
        found = (await self.cloud.observe(NAME)).production
        assert found is not None

        return found.split.majority


@pytest.fixture(params=["esa", "dcdn"])
async def bench(request: pytest.FixtureRequest) -> Bench:
    """Give each cloud in turn."""
    return Bench.of(request.param)


# --- the path of a release ----------------------------------------------------------


async def test_from_a_bundle_to_production(bench: Bench) -> None:
    """Each call gives what the next one needs, and the judge finds no fault."""
    cloud = bench.cloud
    slot = await cloud.request_slot(NAME, TEXT)
    placed = await cloud.post(slot, CODE)
    version = await cloud.commit(NAME, TEXT)
    info = await cloud.version_info(NAME, version)
    staged = await cloud.deploy(NAME, STAGING, Split.whole(version))
    made = await cloud.deploy(NAME, PRODUCTION, Split.whole(version))
    after = await cloud.observe(NAME)

    assert Placed(key=slot.key, etag=placed.etag) == placed
    assert (version, TEXT) == (info.id, info.description)
    assert VersionStatus.AVAILABLE is info.status
    assert CODE.content == await cloud.read_code(NAME, version)
    assert (staged, made) == (after.staging, after.production)
    assert Split.whole(version) == made.split
    assert {version} == after.live
    assert () == bench.desk.cloud.report().violations


async def test_a_version_is_found_by_its_description(bench: Bench) -> None:
    """The tag comes back as it was given, in any language, on the newest version."""
    before = await bench.cloud.list_versions(NAME)
    version = await bench.upload()
    newest, *others = await bench.cloud.list_versions(NAME)

    assert (version, TEXT) == (newest.id, newest.description)
    assert newest.tag is not None
    assert "k7m2p9qx4tbn" == newest.tag.run
    assert before == tuple(others)


async def test_versions_come_newest_first_with_exact_ids(bench: Bench) -> None:
    """Nineteen digits, as the provider has them."""
    found = [version.id for version in await bench.cloud.list_versions(NAME)]

    assert list(reversed(bench.held())) == found
    assert {19} == set(map(len, found))


@pytest.mark.parametrize("product", ["esa", "dcdn"])
async def test_ids_that_come_as_numbers_are_exact(product: str) -> None:
    """No digit of a number is lost on its way."""
    bench = Bench.of(product, Switches(numeric_ids=True))

    version = await bench.upload()
    await bench.cloud.deploy(NAME, STAGING, Split.whole(version))

    assert bench.held()[-1] == version
    assert version in (await bench.cloud.observe(NAME)).live


@pytest.mark.parametrize("product", ["esa", "dcdn"])
async def test_an_id_that_was_rounded_is_not_deployed(product: str) -> None:
    """It names no version, and nothing changes."""
    bench = Bench.of(product, Switches(rounded_ids=True))
    before = bench.desk.cloud.report().splits

    version = await bench.upload()

    with pytest.raises(CallError):
        await bench.cloud.deploy(NAME, STAGING, Split.whole(version))

    assert before == bench.desk.cloud.report().splits


async def test_a_deployment_replaces_and_can_be_replaced_again(bench: Bench) -> None:
    """The way back is the former split, deployed again."""
    old, new = await bench.live(), await bench.upload()

    await bench.cloud.deploy(NAME, PRODUCTION, Split.whole(new))
    there = await bench.live()
    await bench.cloud.deploy(NAME, PRODUCTION, Split.whole(old))

    assert (new, old) == (there, await bench.live())


async def test_a_fresh_routine_serves_nothing(bench: Bench) -> None:
    """It is empty in every respect, and there once."""
    await bench.cloud.create_routine(NOBODY, "for tests")
    fresh = await bench.cloud.observe(NOBODY)

    assert (None, None) == (fresh.staging, fresh.production)
    assert () == await bench.cloud.list_versions(NOBODY)
    with pytest.raises(RoutineExists):
        await bench.cloud.create_routine(NOBODY)


async def test_routines_are_listed_and_searched(bench: Bench) -> None:
    """By a part of the name."""
    await bench.cloud.create_routine(RoutineName("pay-edge"), "pays")
    every = await bench.cloud.list_routines()
    (found,) = await bench.cloud.list_routines("pay")

    assert {NAME, "pay-edge"} == {each.name for each in every}
    assert ("pay-edge", "pays") == (found.name, found.description)
    assert () == await bench.cloud.list_routines("nothing-like-it")


async def test_the_account_is_open_and_has_a_quota(bench: Bench) -> None:
    """Facts a plan is made of."""
    assert 10 == await bench.cloud.version_quota()
    assert "Running" == await bench.cloud.service_status()


@pytest.mark.parametrize("place", Environment)
async def test_variables_are_named_or_there_are_none(
    bench: Bench, place: Environment
) -> None:
    """A cloud that cannot bind says so without a call, and refuses to bind."""
    bench.desk.console.set_variable(NAME, place, "KEY", "S3cret-Fake", is_secret=True)
    before = bench.desk.cloud.report().calls
    seen = await bench.cloud.variables(NAME, place)
    asked = bench.desk.cloud.report().calls != before
    await bench.cloud.post(await bench.cloud.request_slot(NAME, TEXT), CODE)
    try:
        version = await bench.cloud.commit(NAME, TEXT, bound_to=place)
        newest = (await bench.cloud.list_versions(NAME))[0]
    except Refused:  # a cloud without variables
        version, newest = None, None

    assert place is seen.environment
    assert seen.can_bind is asked is (version is not None)
    assert seen.can_bind is ("KEY" in {each.name for each in seen.found})
    assert newest is None or (version, place) == (newest.id, newest.bound_to)
    assert "Fake" not in repr(seen)


async def test_a_version_that_serves_nowhere_is_deleted(bench: Bench) -> None:
    """It is gone from the list, and from the provider."""
    oldest = VersionId(bench.held()[0])

    await bench.cloud.delete_version(NAME, oldest)

    assert oldest not in bench.held()
    assert oldest not in {v.id for v in await bench.cloud.list_versions(NAME)}


async def test_a_routine_that_serves_nowhere_is_deleted(bench: Bench) -> None:
    """It is gone with its versions, and no other is."""
    await bench.cloud.create_routine(IDLE)

    await bench.cloud.delete_routine(IDLE)

    with pytest.raises(RoutineNotFound):
        await bench.cloud.observe(IDLE)

    assert [NAME] == [each.name for each in await bench.cloud.list_routines()]


# --- refusals, certain and with nothing changed -------------------------------------


async def test_one_version_too_many_is_refused(bench: Bench) -> None:
    """And no version was made."""
    bench.switch(version_quota=3, revision_quota=3)
    before = bench.held()

    with pytest.raises(QuotaExceeded, match="more than the plan allows"):
        await bench.upload()

    assert before == bench.held()


async def test_a_live_version_is_not_deleted(bench: Bench) -> None:
    """It stays, and serves."""
    live = await bench.live()

    with pytest.raises(InUse):
        await bench.cloud.delete_version(NAME, live)

    assert live in bench.held()
    assert live == await bench.live()


async def test_an_unknown_routine_is_named(bench: Bench) -> None:
    """Whatever is asked of it."""
    cloud = bench.cloud
    for ask in (
        lambda: cloud.observe(NOBODY),
        lambda: cloud.list_versions(NOBODY),
        lambda: cloud.version_info(NOBODY, NO_VERSION),
        lambda: cloud.read_code(NOBODY, NO_VERSION),
        lambda: cloud.request_slot(NOBODY, TEXT),
        lambda: cloud.commit(NOBODY, TEXT),
        lambda: cloud.deploy(NOBODY, STAGING, Split.whole(NO_VERSION)),
        lambda: cloud.delete_version(NOBODY, NO_VERSION),
        lambda: cloud.delete_routine(NOBODY),
    ):
        with pytest.raises(RoutineNotFound, match="no routine of this name"):
            await ask()


async def test_an_unknown_version_is_named(bench: Bench) -> None:
    """Reading, deploying and deleting it are refused, and nothing changes."""
    cloud, before = bench.cloud, bench.desk.cloud.report().splits
    for ask in (
        lambda: cloud.version_info(NAME, NO_VERSION),
        lambda: cloud.read_code(NAME, NO_VERSION),
        lambda: cloud.deploy(NAME, STAGING, Split.whole(NO_VERSION)),
        lambda: cloud.delete_version(NAME, NO_VERSION),
    ):
        with pytest.raises(Refused, match=r"17|not exist"):
            await ask()

    assert before == bench.desk.cloud.report().splits


async def test_a_form_too_old_is_not_sent(bench: Bench) -> None:
    """Less than a minute is not enough."""
    slot = await bench.cloud.request_slot(NAME, TEXT)
    assert slot.expires_at is not None

    await anyio.sleep(29.5 * 60)

    with pytest.raises(SlotExpired, match="ends too soon"):
        await bench.cloud.post(slot, CODE)

    assert "PostObject" not in bench.desk.cloud.report().calls


async def test_code_too_large_is_not_sent(bench: Bench) -> None:
    """The form itself says how much it takes."""
    bench.switch(policy_max_size=9)
    slot = await bench.cloud.request_slot(NAME, TEXT)

    with pytest.raises(InvalidInput, match="the provider takes"):
        await bench.cloud.post(slot, CODE)


async def test_an_upload_that_was_not_told_of_is_no_version(bench: Bench) -> None:
    """Stored bytes alone are nothing that can be used; the same form works again."""
    bench.desk.cloud.inject(Fault(operation="PostObject", kind="callback"))
    slot = await bench.cloud.request_slot(NAME, TEXT)

    with pytest.raises(CallbackFailed):
        await bench.cloud.post(slot, CODE)

    await bench.cloud.post(slot, CODE)
    version = await bench.cloud.commit(NAME, TEXT)

    assert CODE.content == await bench.cloud.read_code(NAME, version)


# --- trouble ------------------------------------------------------------------------

ANSWERED = [Op.OBSERVE, Op.LIST, Op.SLOT, Op.COMMIT, Op.INFO, Op.READ_CODE, Op.DEPLOY]


async def ask(bench: Bench, op: Op) -> object:
    """Make the call of a verb, of things that are there."""
    cloud, live = bench.cloud, Split.whole(VersionId(bench.held()[-1]))
    calls: dict[Op, Callable[[], Awaitable[object]]] = {
        Op.OBSERVE: lambda: cloud.observe(NAME),
        Op.LIST: lambda: cloud.list_versions(NAME),
        Op.SLOT: lambda: cloud.request_slot(NAME, TEXT),
        Op.COMMIT: lambda: cloud.commit(NAME, TEXT),
        Op.READ_CODE: lambda: cloud.read_code(NAME, VersionId(bench.held()[-1])),
        Op.INFO: lambda: cloud.version_info(NAME, VersionId(bench.held()[-1])),
        Op.DEPLOY: lambda: cloud.deploy(NAME, PRODUCTION, live),
        Op.DELETE: lambda: cloud.delete_version(NAME, VersionId(bench.held()[0])),
        Op.CREATE: lambda: cloud.create_routine(NOBODY),
        Op.ROUTINES: cloud.list_routines,
        Op.SERVICE: cloud.service_status,
        Op.DELETE_ROUTINE: lambda: cloud.delete_routine(IDLE),
    }
    return await calls[op]()


@pytest.mark.parametrize("kind", ["lost", "html", "truncate", "error"])
@pytest.mark.parametrize("op", ANSWERED, ids=lambda op: op.value[0])
async def test_a_reply_that_says_nothing_is_unknown(
    bench: Bench, op: Op, kind: str
) -> None:
    """Lost, cut, a proxy's page or a broken server: look before doing it again."""
    if op is Op.COMMIT:
        await bench.cloud.post(await bench.cloud.request_slot(NAME, TEXT), CODE)

    bench.break_(op, kind)

    with pytest.raises(OutcomeUnknown):
        await ask(bench, op)


@pytest.mark.parametrize("op", ANSWERED, ids=lambda op: op.value[0])
async def test_one_call_too_many_was_not_executed(bench: Bench, op: Op) -> None:
    """Throttling alone says so; the same call may be made again, and is made once."""
    if op is Op.COMMIT:
        await bench.cloud.post(await bench.cloud.request_slot(NAME, TEXT), CODE)

    bench.break_(op, "throttle")

    with pytest.raises(Throttled):
        await ask(bench, op)

    await ask(bench, op)


async def test_a_version_whose_answer_was_lost_is_found_by_its_tag(
    bench: Bench,
) -> None:
    """One version more than before, and its description says whose it is."""
    before = bench.held()
    await bench.cloud.post(await bench.cloud.request_slot(NAME, TEXT), CODE)
    bench.break_(Op.COMMIT, "lost")

    with pytest.raises(OutcomeUnknown):
        await bench.cloud.commit(NAME, TEXT)

    (mine,) = [v for v in await bench.cloud.list_versions(NAME) if v.tag]
    assert (*before, mine.id) == bench.held()
    assert CODE.content == await bench.cloud.read_code(NAME, mine.id)


async def test_a_deployment_whose_answer_was_lost_is_seen(bench: Bench) -> None:
    """What serves now tells that it happened."""
    version = await bench.upload()
    bench.break_(Op.DEPLOY, "lost")

    with pytest.raises(OutcomeUnknown):
        await bench.cloud.deploy(NAME, PRODUCTION, Split.whole(version))

    assert version == await bench.live()


async def test_a_deployment_that_was_not_executed_is_not_seen(bench: Bench) -> None:
    """What serves now tells that it did not happen."""
    old, version = await bench.live(), await bench.upload()
    bench.break_(Op.DEPLOY, "html")

    with pytest.raises(OutcomeUnknown):
        await bench.cloud.deploy(NAME, PRODUCTION, Split.whole(version))

    assert old == await bench.live()


async def test_a_delete_whose_answer_was_lost_is_seen(bench: Bench) -> None:
    """The version is gone from the list, and nothing else is."""
    oldest, *others = bench.held()
    bench.break_(Op.DELETE, "lost")

    with pytest.raises(OutcomeUnknown):
        await bench.cloud.delete_version(NAME, VersionId(oldest))

    listed = [v.id for v in await bench.cloud.list_versions(NAME)]
    assert others == list(reversed(listed))


async def test_a_routine_whose_answer_was_lost_is_there(bench: Bench) -> None:
    """Making it again says that it exists."""
    bench.break_(Op.CREATE, "lost")

    with pytest.raises(OutcomeUnknown):
        await bench.cloud.create_routine(NOBODY)

    with pytest.raises(RoutineExists):
        await bench.cloud.create_routine(NOBODY)


async def test_a_routine_whose_delete_was_lost_is_gone(bench: Bench) -> None:
    """Deleting it again says that it does not exist."""
    await bench.cloud.create_routine(IDLE)
    bench.break_(Op.DELETE_ROUTINE, "lost")

    with pytest.raises(OutcomeUnknown):
        await bench.cloud.delete_routine(IDLE)

    with pytest.raises(RoutineNotFound):
        await bench.cloud.delete_routine(IDLE)


# --- what a client may rely on ------------------------------------------------------

ASKED = [
    *ANSWERED,
    Op.DELETE,
    Op.CREATE,
    Op.ROUTINES,
    Op.SERVICE,
    Op.DELETE_ROUTINE,
]


@pytest.fixture
async def idle(bench: Bench) -> None:
    """Make a routine that serves nothing."""
    await bench.cloud.create_routine(IDLE)


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize("op", ASKED, ids=lambda op: op.value[0])
async def test_the_permit_is_asked_with_the_verb(bench: Bench, op: Op) -> None:
    """Every call of a verb asks for that verb and for no other."""
    if op is Op.COMMIT:
        await bench.upload()

    verbs: list[Verb] = []

    def note(verb: Verb) -> None:
        """Note the verb."""
        verbs.append(verb)

    bench.cloud = bench.cloud.bound(permit=note)

    await ask(bench, op)

    assert {op} == set(verbs)


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize("op", ASKED, ids=lambda op: op.value[0])
async def test_nothing_is_sent_without_a_permit(bench: Bench, op: Op) -> None:
    """Who lost the run sends nothing, a look included."""
    before = bench.desk.cloud.report().calls

    def refuse(verb: Verb) -> None:
        """Allow nothing."""
        raise LeaseLost(f"Another process drives this run; {verb.name} is not sent.")

    bench.cloud = bench.cloud.bound(permit=refuse)

    with pytest.raises(LeaseLost, match=f"; {op.name} is not sent"):
        await ask(bench, op)

    assert before == bench.desk.cloud.report().calls


async def test_an_upload_asks_for_its_permit_too(bench: Bench) -> None:
    """The form is no permit."""
    slot = await bench.cloud.request_slot(NAME, TEXT)

    def refuse(verb: Verb) -> None:
        """Allow nothing."""
        raise LeaseLost(f"{verb.name} is not sent.")

    with pytest.raises(LeaseLost, match="POST is not sent"):
        await bench.cloud.bound(permit=refuse).post(slot, CODE)


@pytest.mark.usefixtures("idle")
async def test_only_what_the_table_names_is_called(bench: Bench) -> None:
    """A policy made of the table is enough, and each verb's own operation is used."""
    for op in ASKED:
        if op is Op.COMMIT:
            await bench.upload()

        before = bench.desk.cloud.report().calls
        await ask(bench, op)
        after = bench.desk.cloud.report().calls
        made = {name for name, n in after.items() if n > before.get(name, 0)}

        assert bench.operations[op][0] in made
        assert made <= set(bench.operations[op])


async def test_calls_are_counted_together(bench: Bench) -> None:
    """Bound copies count with the cloud they were made of."""
    await bench.cloud.bound(permit=always).observe(NAME)
    await bench.cloud.observe(NAME)

    assert 2 == bench.cloud.statistics().calls[Op.OBSERVE]


@pytest.mark.usefixtures("idle")
async def test_no_error_tells_a_secret(bench: Bench) -> None:
    """Neither of the key nor of the form."""
    slot = await bench.cloud.request_slot(NAME, TEXT)
    hidden = [str(getattr(text, "reveal", lambda: "")()) for _, text in slot.fields]
    secrets = [KEY.secret, *filter(None, hidden)]
    told = [repr(slot), repr(bench.cloud)]
    for op in ASKED:
        bench.break_(op, "refuse", code="Odd", times=None)
        with pytest.raises(CallError) as caught:
            await ask(bench, op)

        told += [str(caught.value), repr(caught.value)]

    assert len(secrets) >= 4
    assert [] == [text for text in told for secret in secrets if secret in text]


async def test_a_split_is_in_force_as_the_cloud_says_it_is(bench: Bench) -> None:
    """The answer of a deployment is a deployment of what was asked, or an error."""
    old, new = await bench.live(), await bench.upload()
    tenth = Split.canary(new, 10, old)
    try:
        made = await bench.cloud.deploy(NAME, PRODUCTION, tenth)
    except Refused:  # a cloud without shares says so before it sends anything
        made = Deployment(split=Split.whole(old))

    seen = (await bench.cloud.observe(NAME)).production
    assert seen is not None
    assert made.split == seen.split
    assert () == bench.desk.cloud.report().violations
