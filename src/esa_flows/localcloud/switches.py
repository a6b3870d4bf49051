"""Everything the provider's documents leave open, as named switches with a default.

A switch exists where the behaviour is undocumented, differs between accounts, or was
invented here; each says which. A client that holds under every setting does not
depend on a guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Literal, get_args

from attrs import field, frozen
from attrs.validators import and_, deep_iterable, ge, gt, in_, instance_of

from .values import at_least_one

CapScope = Literal["account", "operation"]
CapWindow = Literal["sliding", "fixed", "bucket"]
Site = Literal["cn", "intl"]
DeployUnready = Literal["refuse", "accept"]
SlotCounts = Literal["form", "commit"]
Seconds = float | tuple[float, float]


def _scopes(value: Iterable[CapScope]) -> frozenset[CapScope]:
    """Take any iterable of scopes."""
    return frozenset(value)


def _names(value: Iterable[str]) -> frozenset[str]:
    """Take any iterable of names."""
    return frozenset(value)


def _a_span(_: object, attribute: object, value: Seconds) -> None:
    """Accept seconds, or a range of seconds with its lower end first."""
    low, high = value if isinstance(value, tuple) else (value, value)
    if 0 <= low <= high:
        return

    name = getattr(attribute, "name", "the span")
    raise ValueError(f"{name} must be 0 <= low <= high seconds, got {value!r}")


@frozen(kw_only=True)
class Switches:
    """How this cloud behaves where the documents leave room.

    Attributes:
        version_quota: versions per routine. Documented: 10; 5 seen on the free plan.
        routine_quota: routines per account (``QuotaRoutineNumber``; sample: 20, raised
            here so that fleets fit).
        slot_counts: ``form`` refuses a new upload form and a commit when the quota is
            full (both calls document the code); ``commit`` refuses the commit only.
        cap: calls per second; None switches the cap off. ESA documents no number, the
            gateway's default and DCDN's figure is 100.
        cap_scope: gates that hold at the same time: one for the whole account, one for
            each operation of an account.
        cap_window: ``sliding`` second, ``fixed`` calendar second or token ``bucket``.
        throttle_status: HTTP status of a throttled call. Seen: 400; 429 is possible.
        throttle_code: None answers ``Throttling.User`` for the account's gate and
            ``Throttling.Api`` for the operation's.
        retry_after: tell the wait in ``x-acs-retry-after`` (milliseconds).
        ratelimit_headers: tell what remains in ``x-ratelimit-user-api``.
        list_lag: seconds a new version stays invisible in ListRoutineCodeVersions.
        live_lag: seconds GetRoutine goes on showing the split before the last one.
        ready_after: seconds a new version is ``init`` before it is ``available``.
        numeric_ids: version ids as JSON numbers, as the documentation samples print.
        rounded_ids: the same, rounded to a double as JavaScript does.
        list_unstable: show the staging slot as version ``unstable`` in the listing.
        delete_guard: refuse to delete a live version with ``DependedByOthers``.
        deploy_unready: what a deployment of a version in state ``init`` gets.
        unknown_version_code: error of a read or delete of an unknown version.
        unknown_deploy_code: error of a deployment of an unknown version.
        empty_slot_code: error of a commit when nothing was ever uploaded.
        policy_life: how long an upload form is good. Undocumented; samples say < 1 h.
        policy_max_size: largest object the form accepts, bytes. Documented: < 5 MB.
        oss_token: upload forms carry ``XOssSecurityToken``.
        clock_skew: accepted age of a signed request. Documented: 15 minutes.
        serving_version_header: name of an edge response header that tells the version
            that served; None sends none. Invented: the real edge has no such header.
        fresh_edge_401: seconds after its creation in which a routine's default record
            answers 401 without a preview token. Seen by users; the length is a guess.
        edge_lag: seconds a new split needs to reach the edge. Invented.
        site: the site this endpoint plays where the Host header names no region.
        service_status: GetErService's Status.
        service_halted: overdue payment: mutating calls get
            ``RoutineUserServiceStatusHalt``.
        denied: RAM actions (``esa:GetRoutine``) refused with ``Forbidden.RAM``.
        require_tls: answer ``InvalidProtocol.NeedSsl`` to plain HTTP on the operations
            whose metadata allows HTTPS only.
        latency: seconds before every answer of API and OSS, or a (low, high) range.
    """

    version_quota: int = field(default=10, validator=ge(1))
    routine_quota: int = field(default=10_000, validator=ge(0))
    slot_counts: SlotCounts = field(default="form", validator=in_(get_args(SlotCounts)))
    cap: int | None = field(default=100, validator=at_least_one)
    cap_scope: frozenset[CapScope] = field(
        default=frozenset({"account", "operation"}),
        converter=_scopes,
        validator=deep_iterable(in_(get_args(CapScope))),
    )
    cap_window: CapWindow = field(default="sliding", validator=in_(get_args(CapWindow)))
    throttle_status: int = field(default=400, validator=in_((400, 429, 503)))
    throttle_code: str | None = None
    retry_after: bool = False
    ratelimit_headers: bool = False
    list_lag: float = field(default=0.0, validator=ge(0))
    live_lag: float = field(default=0.0, validator=ge(0))
    ready_after: float = field(default=0.0, validator=ge(0))
    numeric_ids: bool = False
    rounded_ids: bool = False
    list_unstable: bool = False
    delete_guard: bool = True
    deploy_unready: DeployUnready = field(
        default="refuse", validator=in_(get_args(DeployUnready))
    )
    unknown_version_code: str = "InvalidParameter"
    unknown_deploy_code: str = "ParameterNotExist"
    empty_slot_code: str = "InvalidParameter"
    policy_life: timedelta = field(
        default=timedelta(minutes=30),
        validator=and_(instance_of(timedelta), gt(timedelta(0))),
    )
    policy_max_size: int = field(default=5 * 1024 * 1024 - 1, validator=ge(1))
    oss_token: bool = True
    clock_skew: timedelta = field(
        default=timedelta(minutes=15),
        validator=and_(instance_of(timedelta), gt(timedelta(0))),
    )
    serving_version_header: str | None = None
    fresh_edge_401: float = field(default=0.0, validator=ge(0))
    edge_lag: float = field(default=0.0, validator=ge(0))
    site: Site = field(default="cn", validator=in_(get_args(Site)))
    service_status: str = "Running"
    service_halted: bool = False
    denied: frozenset[str] = field(default=frozenset(), converter=_names)
    require_tls: bool = False
    latency: Seconds = field(default=0.0, validator=_a_span)
