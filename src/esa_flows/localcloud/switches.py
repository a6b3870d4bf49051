"""Everything the provider's documents leave open, as named switches with a default.

A switch exists where the behaviour is undocumented, differs between accounts, or was
invented here; each says which. A client that holds under every setting does not
depend on a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Literal, get_args

from attrs import field, frozen
from attrs.validators import deep_iterable, ge, gt, in_, instance_of, le

from .values import at_least_one

CapScope = Literal["account", "operation"]
CapWindow = Literal["sliding", "fixed", "bucket"]
Site = Literal["cn", "intl"]
DeployUnready = Literal["refuse", "accept"]
SlotCounts = Literal["form", "commit"]
_LONGEST = timedelta(days=3650)
_LIFE = [instance_of(timedelta), gt(timedelta(0)), le(_LONGEST)]
Language = Literal["en", "zh"]
Wrapping = Literal["quoted", "base64", "plain"]
Repeat = Literal["new", "same"]
CommitContent = Literal["object", "text", "number"]
StagingAt = Literal["upload", "form"]
BadPage = Literal["refuse", "clamp"]
EsaWrapping = Literal["plain", "base64"]
StatusCase = Literal["mixed", "lower", "capital"]
Undeployed = Literal["missing", "null", "empty"]
SlotVersion = Literal["unstable", "number"]
AfterFile = Literal["ignore", "refuse"]
BadVariable = Literal["skip", "refuse"]
Seconds = float | tuple[float, float]


def _scopes(value: Iterable[CapScope]) -> frozenset[CapScope]:
    """Take any iterable of scopes."""
    return frozenset(value)


def _phrases(value: Mapping[str, str]) -> dict[str, str]:
    """Take a copy, which nobody else can change."""
    return dict(value)


def _names(value: Iterable[str]) -> frozenset[str]:
    """Take any iterable of names."""
    return frozenset(value)


def _a_span(_: object, attribute: object, value: Seconds) -> None:
    """Accept seconds, or a range of seconds with its lower end first."""
    low, high = value if isinstance(value, tuple) else (value, value)
    if 0 <= low <= high <= _LONGEST.total_seconds():
        return

    name = getattr(attribute, "name", "the span")
    raise ValueError(f"{name} must be 0 <= low <= high seconds, got {value!r}")


def _flag(*, on: bool = False) -> Any:
    """Return a field that is True or False."""
    return field(default=on, validator=instance_of(bool))


def _text(default: str | None) -> Any:
    """Return a field of text; one that may be None starts as None."""
    kinds = str if default is not None else (str, type(None))
    return field(default=default, validator=instance_of(kinds))


def _span() -> Any:
    """Return a field of seconds, 0 by default."""
    return field(default=0.0, validator=[ge(0), le(_LONGEST.total_seconds())])


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
        policy_max_size: largest code the form accepts, bytes. Documented: < 5 MB.
        package_max_size: largest ZIP of code and assets, bytes. Undocumented.
        asset_max_size: largest single asset, bytes; a ZIP with a larger one makes the
            version ``failed``. The provider's tools say < 25 MB.
        init_counts: a version whose ZIP never came counts against the quota. A guess.
        bad_variable: ``skip`` leaves a variable that cannot be set out of ``SetKeys``;
            ``refuse`` refuses the call. Undocumented.
        secrets_shown: the list tells the values of ``secret_text`` variables.
            Undocumented.
        unknown_site_code: error of a ``SiteId`` or host the account does not have.
        unknown_route_code: error of a ``ConfigId`` the site does not have.
        unknown_record_code: error of unbinding a record that is not bound; None answers
            HTTP 200 with ``Status`` ``Fail``, which the page of the call names.
        revision_quota: DCDN's revisions per routine. Documented: 10.
        dcdn_cap_scope: as ``cap_scope``, for DCDN, whose pages document one cap for
            each operation of an account.
        dcdn_language: ``en`` or ``zh``: the free text of ``EdgeRoutine.GeneralError``.
        dcdn_phrases: other free texts by the names in ``dcdn/phrases.py``.
        dcdn_descriptions: how DescribeRoutine tells descriptions: ``quoted`` (Base64 of
            a JSON string, as its sample), ``base64`` or ``plain``.
        er_code: ``base64`` or ``plain``: how DescribeRoutineCodeRevision tells code.
        commit_staging: RepeatRoutineCode makes a ``new`` revision, or makes the
            ``same`` revision formal.
        commit_content: its ``Content`` is an ``object`` with CodeRevision, a bare
            ``text``, or a bare ``number`` that a JavaScript tool rounded.
        staging_at: test code goes to staging on ``upload`` or with the ``form``.
        publish_empty: what publishing a revision gets whose code never came.
        area_header: the request header that tells the edge in which area a visitor is.
            Invented: the real edge knows.
        wrong_version_status: HTTP status of an operation under another API's version;
            404 or 400.
        signature_status: HTTP status of ``SignatureDoesNotMatch``: 400, on some
            products 403.
        unknown_key_status: HTTP status of ``InvalidAccessKeyId.NotFound``: 404, in some
            documents 400.
        token_status: HTTP status of the ``InvalidSecurityToken`` codes: 400 or 403.
        date_header: answers carry the header ``Date``, from which clients correct their
            clocks. A guess.
        bad_page: a page outside the documented range is refused with
            ``InvalidParameter``, or the nearest page is given (``clamp``).
        exists_code: error of creating a routine that exists; tools in the wild also
            look for ``RoutineNameAlreadyExist`` and ``RoutineNameAlreadyExists``.
        esa_descriptions: routine descriptions are told ``plain`` or in ``base64``; both
            were seen.
        status_case: states of versions as seen (``mixed``: the listing writes
            ``Available``, the info call ``available``), all ``lower`` or ``capital``.
        undeployed: how GetRoutine shows an environment that never had a deployment: no
            ``CodeDeploy`` (``missing``), a ``null`` one, or one without versions
            (``empty``). A guess.
        slot_version: ``CodeVersion`` of the upload form is the word ``unstable`` or a
            ``number``. A guess.
        commit_repeats: committing the same slot again makes a ``new`` version, or
            returns the ``same`` one where nothing changed. A guess.
        deploy_repeats: the split that is in force already gets a ``new`` deployment
            id, or keeps the ``same``. A guess.
        old_forms: an upload form stays good when a newer one was handed out. A guess.
        after_file: form fields behind ``file`` are ignored (``ignore``) or the form is
            refused (``refuse``). A guess from an error text.
        oss_chunked: OSS takes forms without ``Content-Length``. Undocumented.
        callback_body: what OSS answers after a good callback. A guess.
        revision_counts: a DCDN revision takes its place with the ``form`` or with the
            ``upload``. Undocumented.
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
    throttle_code: str | None = _text(None)
    retry_after: bool = _flag()
    ratelimit_headers: bool = _flag()
    list_lag: float = _span()
    live_lag: float = _span()
    ready_after: float = _span()
    numeric_ids: bool = _flag()
    rounded_ids: bool = _flag()
    list_unstable: bool = _flag()
    delete_guard: bool = _flag(on=True)
    deploy_unready: DeployUnready = field(
        default="refuse", validator=in_(get_args(DeployUnready))
    )
    unknown_version_code: str = _text("InvalidParameter")
    unknown_deploy_code: str = _text("ParameterNotExist")
    empty_slot_code: str = _text("InvalidParameter")
    policy_life: timedelta = field(default=timedelta(minutes=30), validator=_LIFE)
    policy_max_size: int = field(default=5 * 1024 * 1024 - 1, validator=ge(1))
    package_max_size: int = field(default=256 * 1024 * 1024, validator=ge(1))
    asset_max_size: int = field(default=25 * 1024 * 1024 - 1, validator=ge(1))
    init_counts: bool = _flag(on=True)
    bad_variable: BadVariable = field(
        default="skip", validator=in_(get_args(BadVariable))
    )
    secrets_shown: bool = _flag()
    unknown_site_code: str = _text("SiteParameterNotMatch")
    unknown_route_code: str = _text("InvalidParameter")
    unknown_record_code: str | None = _text(None)
    revision_quota: int = field(default=10, validator=ge(1))
    dcdn_cap_scope: frozenset[CapScope] = field(
        default=frozenset({"operation"}),
        converter=_scopes,
        validator=deep_iterable(in_(get_args(CapScope))),
    )
    dcdn_language: Language = field(default="en", validator=in_(get_args(Language)))
    dcdn_phrases: Mapping[str, str] = field(factory=dict, converter=_phrases)
    dcdn_descriptions: Wrapping = field(
        default="quoted", validator=in_(get_args(Wrapping))
    )
    er_code: Literal["base64", "plain"] = field(
        default="base64", validator=in_(("base64", "plain"))
    )
    commit_staging: Repeat = field(default="new", validator=in_(get_args(Repeat)))
    commit_content: CommitContent = field(
        default="object", validator=in_(get_args(CommitContent))
    )
    staging_at: StagingAt = field(default="upload", validator=in_(get_args(StagingAt)))
    publish_empty: DeployUnready = field(
        default="refuse", validator=in_(get_args(DeployUnready))
    )
    area_header: str = _text("x-edge-area")
    wrong_version_status: int = field(default=404, validator=in_((400, 404)))
    signature_status: int = field(default=400, validator=in_((400, 403)))
    unknown_key_status: int = field(default=404, validator=in_((400, 404)))
    token_status: int = field(default=400, validator=in_((400, 403)))
    date_header: bool = _flag(on=True)
    bad_page: BadPage = field(default="refuse", validator=in_(get_args(BadPage)))
    exists_code: str = _text("RoutineAlreadyExist")
    esa_descriptions: EsaWrapping = field(
        default="plain", validator=in_(get_args(EsaWrapping))
    )
    status_case: StatusCase = field(
        default="mixed", validator=in_(get_args(StatusCase))
    )
    undeployed: Undeployed = field(
        default="missing", validator=in_(get_args(Undeployed))
    )
    slot_version: SlotVersion = field(
        default="unstable", validator=in_(get_args(SlotVersion))
    )
    commit_repeats: Repeat = field(default="new", validator=in_(get_args(Repeat)))
    deploy_repeats: Repeat = field(default="new", validator=in_(get_args(Repeat)))
    old_forms: bool = _flag(on=True)
    after_file: AfterFile = field(default="ignore", validator=in_(get_args(AfterFile)))
    oss_chunked: bool = _flag(on=True)
    callback_body: str = _text('{"Status":"OK"}')
    revision_counts: StagingAt = field(
        default="form", validator=in_(get_args(StagingAt))
    )
    oss_token: bool = _flag(on=True)
    clock_skew: timedelta = field(default=timedelta(minutes=15), validator=_LIFE)
    serving_version_header: str | None = _text(None)
    fresh_edge_401: float = _span()
    edge_lag: float = _span()
    site: Site = field(default="cn", validator=in_(get_args(Site)))
    service_status: str = _text("Running")
    service_halted: bool = _flag()
    denied: frozenset[str] = field(default=frozenset(), converter=_names)
    require_tls: bool = _flag()
    latency: Seconds = field(default=0.0, validator=_a_span)
