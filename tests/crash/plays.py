"""The flows that are disturbed at every point, each with the world it begins in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import anyio
from attrs import field, frozen

from esa_flows import Client
from esa_flows.engine.flow import Flow
from esa_flows.engine.journal import Row
from esa_flows.files import digest_of
from esa_flows.fleet.plan import RolloutPlan
from esa_flows.localcloud import Switches
from esa_flows.localcloud.routine import EnvConf
from esa_flows.model import Bundle, RoutineName
from esa_flows.release.release import release
from esa_flows.release.spec import Release
from esa_flows.steps.request_assets_slot import Package
from esa_flows.testing.fate import Disturbance, Fate
from esa_flows.testing.rehearsal import Rehearsal
from esa_flows.testing.witness import Act

SETTLED = 60.0
"""Seconds after which everybody sees what was done before."""

OLD = b'export default { fetch() { return new Response("old"); } };\n'
NEW = b'export default { fetch() { return new Response("new"); } };\n'
OTHER = b'export default { fetch() { return new Response("other"); } };\n'
BROKEN = b'export default { fetch() { return new Response("", { status: 500 }); } };\n'
ENVS = ("staging", "production")
SHOP = RoutineName("shop")
CANARY = "10:3s,50:3s,100"
AREAS = ("presetCanaryJilin", "presetCanaryZhejiang")

Do = Callable[[Client], Awaitable[Any]]
Journal = Mapping[str, tuple[Row, ...]]
Also = Callable[[tuple[Act, ...], Journal, Mapping[str, str]], Iterable[str]]
Prepare = Callable[[Rehearsal], Awaitable[None]]


@frozen(kw_only=True)
class Play:
    """A flow, and the world it begins in.

    Attributes:
        name: What it is called.
        prepare: Makes the world; what it does is not disturbed.
        act: The call that is disturbed.
        code: What it brings to production; empty where it brings nothing.
        shares: The shares of that which production may pass through.
        switches: How its cloud behaves, whatever else is tried.
        settings: How its clients are set.
        flows: Flows of its own.
        product: Which cloud it plays on.
        goes_back: Whether a version that served once is what it brings.
        ends_canary: Whether somebody's canary is ended first, and stays ended.
        fleet: Of a rollout what it brings to each of its routines.
        kept: Routines of it that shall not reach production.
        loose: Routines of it that may end before anything was made for them, where
            another one has failed meanwhile.
        plan: Makes the plan of a rollout, which goes on by it without its journal.
        also: Names what else is broken in a rollout: of everything that happened, of
            the rows of every run, and of what each is about.
    """

    name: str
    prepare: Prepare
    act: Do
    code: bytes = NEW
    shares: tuple[int, ...] = (100,)
    switches: Mapping[str, Any] = field(factory=dict)
    settings: Mapping[str, Any] = field(factory=dict)
    flows: tuple[Flow[Any, Any], ...] = ()
    product: str = "esa"
    goes_back: bool = False
    ends_canary: bool = False
    fleet: Mapping[RoutineName, bytes] = field(factory=dict)
    kept: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()
    plan: Callable[[Client], Awaitable[RolloutPlan]] | None = None
    also: Also = field(default=lambda *_: ())

    @property
    def brings(self) -> Mapping[RoutineName, bytes]:
        """What each of its routines gets."""
        return self.fleet or {SHOP: self.code}

    def rehearsal(self, **given: Any) -> Rehearsal:
        """Make a world for it."""
        switches = {**dict(given.pop("switches", {})), **self.switches}
        return Rehearsal(
            switches=Switches(**switches),
            flows=self.flows,
            settings={"cloud": self.product, **self.settings},
            **given,
        )

    def __str__(self) -> str:
        return self.name


# --- worlds -------------------------------------------------------------------------


def live(rehearsal: Rehearsal, versions: int = 1) -> None:
    """Make a routine that serves its newest version everywhere."""
    console = rehearsal.cloud.console
    ids = [console.add_version("shop", OLD, f"release {n}") for n in range(versions)]
    for env in ENVS:
        console.deploy("shop", env, {ids[-1]: 100})


async def _empty(_: Rehearsal) -> None:
    pass


async def _live(rehearsal: Rehearsal) -> None:
    live(rehearsal)
    await anyio.sleep(SETTLED)


async def _full(rehearsal: Rehearsal) -> None:
    live(rehearsal, versions=10)
    await anyio.sleep(SETTLED)


async def _three(rehearsal: Rehearsal) -> None:
    live(rehearsal, versions=3)
    await anyio.sleep(SETTLED)


async def _released(rehearsal: Rehearsal) -> None:
    await _live(rehearsal)
    await rehearsal.live(_release)
    await anyio.sleep(SETTLED)


async def _released_twice(rehearsal: Rehearsal) -> None:
    await _released(rehearsal)
    await rehearsal.live(lambda client: client.release("shop", OTHER))
    await anyio.sleep(SETTLED)


async def _half_way(rehearsal: Rehearsal) -> None:
    """Leave a canary behind whose process died while it baked, and another at once."""
    await _live(rehearsal)
    rehearsal.fate = Fate((_death_at_record(12), _death_at_record(21)))
    await rehearsal.live(_canary)
    await rehearsal.live(_go_on)
    rehearsal.fate = Fate()
    await anyio.sleep(SETTLED)


def _death_at_record(number: int) -> Disturbance:
    return Disturbance(at="record", number=number, kind="die after")


async def _dcdn(rehearsal: Rehearsal, count: int = 1) -> None:
    console = rehearsal.cloud.console
    ids = [console.add_revision("shop", OLD) for _ in range(count)]
    console.publish("shop", ids[-1], *ENVS)
    await anyio.sleep(SETTLED)


async def _dcdn_full(rehearsal: Rehearsal) -> None:
    await _dcdn(rehearsal, 10)


async def _dcdn_areas(rehearsal: Rehearsal) -> None:
    """Let two areas serve what production does."""
    await _dcdn(rehearsal)
    function = rehearsal.cloud.console.function("shop")
    (live,) = function.versions
    function.envs = {**function.envs, **dict.fromkeys(AREAS, EnvConf())}
    rehearsal.cloud.console.publish("shop", live, *AREAS)
    await anyio.sleep(SETTLED)


async def _dcdn_released(rehearsal: Rehearsal) -> None:
    await _dcdn_areas(rehearsal)
    await rehearsal.live(_release)
    await anyio.sleep(SETTLED)


async def _dcdn_half_way(rehearsal: Rehearsal) -> None:
    """Leave a canary behind whose process died after it published to an area."""
    await _dcdn_areas(rehearsal)
    rehearsal.fate = Fate((_death_at_record(17),))
    await rehearsal.live(_by_areas)
    rehearsal.fate = Fate()
    await anyio.sleep(SETTLED)


async def _on_both(rehearsal: Rehearsal) -> None:
    """Let a routine of the older cloud serve what the present one shall serve."""
    console = rehearsal.cloud.console
    console.publish("old-shop", console.add_revision("old-shop", NEW), *ENVS)
    await _live(rehearsal)


async def _bound(rehearsal: Rehearsal) -> None:
    """Let each environment serve a version of its own, with its variables."""
    console = rehearsal.cloud.console
    for env in ENVS:
        console.set_variable("shop", env, "TOKEN", f"old-{env}", is_secret=True)
        version = console.add_version("shop", OLD, env, deploy_env=env)
        console.deploy("shop", env, {version: 100})

    await anyio.sleep(SETTLED)


async def _bound_and_full(rehearsal: Rehearsal) -> None:
    for _ in range(8):
        rehearsal.cloud.console.add_version("shop", OTHER)

    await _bound(rehearsal)


async def _first_variables(rehearsal: Rehearsal) -> None:
    for env in ENVS:
        rehearsal.cloud.console.set_variable("shop", env, "TOKEN", env, is_secret=True)

    await anyio.sleep(SETTLED)


async def _deleted(rehearsal: Rehearsal) -> None:
    rehearsal.cloud.console.add_version("shop", NEW)
    await _live(rehearsal)
    await rehearsal.live(lambda client: client.versions.prune("shop", keep=1))
    await anyio.sleep(SETTLED)


async def _target_deleted(rehearsal: Rehearsal) -> None:
    await _released_twice(rehearsal)
    console = rehearsal.cloud.console
    versions = sorted(console.routine("shop").versions, key=int)
    console.delete_version("shop", versions[1])
    await anyio.sleep(SETTLED)


async def _foreign_canary(rehearsal: Rehearsal) -> None:
    live(rehearsal)
    console = rehearsal.cloud.console
    (stable,) = console.routine("shop").versions
    console.deploy("shop", "production", {stable: 70, _theirs(rehearsal): 30})
    await anyio.sleep(SETTLED)


def _theirs(rehearsal: Rehearsal) -> str:
    return rehearsal.cloud.console.add_version("shop", OTHER)


async def _packed(rehearsal: Rehearsal) -> None:
    rehearsal.cloud.console.routine("shop").has_assets = True
    await _live(rehearsal)
    await rehearsal.blobs.put_bytes(PACKAGE)


# --- acts ---------------------------------------------------------------------------


async def _release(client: Client) -> Any:
    return await client.release("shop", NEW, check=False)


async def _create(client: Client) -> Any:
    return await client.release(
        "shop", NEW, create=True, canary="10:3s,100", check=False
    )


async def _canary(client: Client) -> Any:
    return await client.release("shop", NEW, canary=CANARY, check=False)


async def _create_whole(client: Client) -> Any:
    return await client.release("shop", NEW, create=True, check=False)


async def _by_areas(client: Client) -> Any:
    return await client.release(
        "shop", NEW, canary="Zhejiang:3s,production:2s", check=False
    )


async def _migrate(client: Client) -> Any:
    return await client.migrate("old-shop", to="shop", check=False)


async def _broken(client: Client) -> Any:
    return await client.release("shop", BROKEN, canary=CANARY, check=False)


async def _watched(client: Client) -> Any:
    return await client.release(
        "shop",
        NEW,
        gates=["http:/ every=2s patience=1s error_limit=9 inconclusive_limit=9"],
        check=False,
    )


async def _caught(client: Client) -> Any:
    return await client.release(
        "shop",
        BROKEN,
        canary=CANARY,
        gates=["http:/ every=2s at=production"],
        probe=False,
        check=False,
    )


async def _to_staging(client: Client) -> Any:
    return await client.release("shop", NEW, to="staging", check=False)


async def _rollback(client: Client) -> Any:
    return await client.rollback("shop", check=False)


async def _abort(client: Client) -> Any:
    (found,) = await client.runs.list(routine="shop", most=1)
    return await client.abort(found.run.id)


async def _go_on(client: Client) -> Any:
    (found,) = await client.runs.list(routine="shop", most=1)
    return await client.resume(found.run.id, check=False)


async def _prune(client: Client) -> Any:
    return await client.versions.prune("shop", keep=8, check=False)


async def _restore(client: Client) -> Any:
    return await client.versions.restore("shop", digest_of(NEW), check=False)


async def _abort_first(client: Client) -> Any:
    return await client.release(
        "shop", NEW, canary="10:3s,100", on_conflict="abort-first", check=False
    )


async def _supersede(client: Client) -> Any:
    return await client.release(
        "shop", NEW, canary="10:3s,100", on_conflict="supersede", check=False
    )


def _zip() -> bytes:
    """Make a ZIP of code and an asset, the same one every time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in (
            ("assets/index.html", b"<h1>shop</h1>"),
            ("routine/index.js", NEW),
        ):
            archive.writestr(zipfile.ZipInfo(name), content)

    return packed.getvalue()


PACKAGE = _zip()


async def _release_package(client: Client) -> Any:
    wanted = Release(
        routine=SHOP,
        bundle=Bundle(digest=digest_of(PACKAGE), size=len(PACKAGE)),
        package=Package(code=digest_of(NEW), assets=1),
    )
    return await client.run(release, wanted, subject="shop")


THREE = (10, 50, 100)
PLAYS = (
    Play(name="fresh", prepare=_live, act=_release),
    Play(name="create", prepare=_empty, act=_create),
    Play(name="at quota", prepare=_full, act=_release),
    Play(
        name="quota learned",
        prepare=_three,
        act=_release,
        switches={"version_quota": 3, "denied": {"esa:ListEdgeRoutinePlans"}},
    ),
    Play(name="adopt", prepare=_released_twice, act=_canary, shares=THREE),
    Play(name="unchanged", prepare=_released, act=_release),
    Play(name="canary", prepare=_live, act=_canary, shares=THREE),
    Play(
        name="gate fails",
        prepare=_live,
        act=_broken,
        code=BROKEN,
        shares=(),
        settings={"edge_lag": "1s"},  # a gate that hears the old code is content
    ),
    Play(name="watched", prepare=_live, act=_watched),
    Play(
        name="caught in its canary",
        prepare=_live,
        act=_caught,
        code=BROKEN,
        shares=(10,),
        switches={"edge_lag": 0.0},
    ),
    Play(name="to staging", prepare=_live, act=_to_staging, shares=()),
    Play(name="rollback", prepare=_released, act=_rollback, code=OLD, goes_back=True),
    Play(name="abort", prepare=_half_way, act=_abort, shares=(0,), goes_back=True),
    Play(name="resume of a resume", prepare=_half_way, act=_go_on, shares=THREE),
    Play(
        name="prune only",
        prepare=_full,
        act=_prune,
        code=b"",
        shares=(),
    ),
    Play(name="restore", prepare=_deleted, act=_restore, shares=()),
    Play(
        name="rollback to what is gone",
        prepare=_target_deleted,
        act=_rollback,
        goes_back=True,
    ),
    Play(
        name="abort first",
        prepare=_foreign_canary,
        act=_abort_first,
        shares=(0, 10, 100),
        ends_canary=True,
    ),
    Play(name="supersede", prepare=_foreign_canary, act=_supersede, shares=(10, 100)),
    Play(name="assets", prepare=_packed, act=_release_package),
    Play(name="variables", prepare=_bound, act=_canary, shares=THREE),
    Play(name="variables at quota", prepare=_bound_and_full, act=_release),
    Play(name="first variables", prepare=_first_variables, act=_release),
    Play(name="dcdn", prepare=_dcdn, act=_release, product="dcdn"),
    Play(name="dcdn create", prepare=_empty, act=_create_whole, product="dcdn"),
    Play(name="dcdn at quota", prepare=_dcdn_full, act=_release, product="dcdn"),
    Play(name="dcdn areas", prepare=_dcdn_areas, act=_by_areas, product="dcdn"),
    Play(
        name="dcdn abort",
        prepare=_dcdn_half_way,
        act=_abort,
        product="dcdn",
        shares=(0,),
        goes_back=True,
    ),
    Play(
        name="dcdn rollback",
        prepare=_dcdn_released,
        act=_rollback,
        product="dcdn",
        code=OLD,
        goes_back=True,
    ),
    Play(name="migration", prepare=_on_both, act=_migrate),
)
"""Every flow that may be disturbed anywhere."""
