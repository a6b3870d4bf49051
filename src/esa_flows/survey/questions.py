"""The questions: what each settles, how it is asked, and what it costs; data."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType

from attrs import field, frozen

from esa_flows.survey import account, deploy, pace, quota, routine, upload, version
from esa_flows.survey.bench import Bench
from esa_flows.survey.finding import Seen

__all__ = ["QUESTIONS", "Kind", "Question", "chosen", "cost", "upkeep"]


class Kind(enum.Enum):
    """When a question is asked."""

    ALWAYS = "always"
    SLOW = "slow"
    CAP = "cap"


def _counts(value: Mapping[str, int]) -> Mapping[str, int]:
    return MappingProxyType(dict(value))


@frozen(kw_only=True)
class Question:
    """One question.

    Attributes:
        name: Short, as the table shows it.
        asks: What it asks, in words.
        settles: Switches of the local cloud that an answer sets; empty where it has
            none.
        calls: How often each operation is called, lags and troubles left out.
        ask: Asks it.
        kind: When it is asked.
    """

    name: str
    asks: str
    settles: tuple[str, ...] = ()
    calls: Mapping[str, int] = field(factory=dict, converter=_counts)
    ask: Callable[[Bench], Awaitable[Seen]] = field(repr=False)
    kind: Kind = Kind.ALWAYS


SLOT, POST = "GetRoutineStagingCodeUploadInfo", "PostObject"
COMMIT, DELETE = "CommitRoutineStagingCode", "DeleteRoutineCodeVersion"
DEPLOY, OBSERVE = "CreateRoutineCodeDeployment", "GetRoutine"
INFO, LIST = "GetRoutineCodeVersionInfo", "ListRoutineCodeVersions"
READ, RESERVE = "GetRoutineCodeVersion", "CreateRoutineWithAssetsCodeVersion"
_MADE = {SLOT: 1, POST: 1, COMMIT: 1}


def _with(**more: int) -> dict[str, int]:
    return _MADE | more


_BEFORE_CODE = (
    Question(
        name="service",
        asks="what is the service's status?",
        settles=("service_status",),
        calls={"GetErService": 1},
        ask=account.ask_service,
    ),
    Question(
        name="routines",
        asks="how many routines may the account have?",
        settles=("routine_quota",),
        calls={"ListUserRoutines": 1},
        ask=account.ask_routine_quota,
    ),
    Question(
        name="same routine twice",
        asks="with which code is a routine refused that exists?",
        settles=("exists_code",),
        calls={"CreateRoutine": 1},
        ask=routine.ask_exists,
    ),
    Question(
        name="nothing deployed",
        asks="how does an environment look where nothing was deployed?",
        settles=("undeployed",),
        calls={OBSERVE: 1},
        ask=routine.ask_undeployed,
    ),
    Question(
        name="default record",
        asks="under which host does a routine answer by default?",
        calls={OBSERVE: 1},
        ask=routine.ask_record,
    ),
    Question(
        name="routine description",
        asks="how is a routine's description told?",
        settles=("esa_descriptions",),
        calls={OBSERVE: 1},
        ask=routine.ask_description,
    ),
    Question(
        name="unknown version, read",
        asks="with which code is an unknown version refused?",
        settles=("unknown_version_code",),
        calls={READ: 1},
        ask=routine.ask_unknown_version,
    ),
    Question(
        name="unknown version, delete",
        asks="and where it shall be deleted?",
        settles=("unknown_version_code",),
        calls={DELETE: 1},
        ask=routine.ask_unknown_delete,
    ),
    Question(
        name="unknown version, deploy",
        asks="and where it shall be deployed?",
        settles=("unknown_deploy_code",),
        calls={DEPLOY: 1},
        ask=routine.ask_unknown_deploy,
    ),
    Question(
        name="commit without upload",
        asks="with which code is a version refused where nothing was uploaded?",
        settles=("empty_slot_code",),
        calls={COMMIT: 1},
        ask=routine.ask_empty_slot,
    ),
    Question(
        name="page out of range",
        asks="what does a list give behind its last page?",
        settles=("bad_page",),
        calls={LIST: 1},
        ask=routine.ask_bad_page,
    ),
    Question(
        name="variables",
        asks="what of a variable with an odd name, and are secrets told?",
        settles=("bad_variable", "secrets_shown"),
        calls={
            "SetRoutineEnvironmentVariables": 2,
            "ListRoutineEnvironmentVariables": 1,
        },
        ask=routine.ask_variables,
    ),
    Question(
        name="unknown site",
        asks="with which code is an unknown site refused?",
        settles=("unknown_site_code",),
        calls={"ListSiteRoutes": 1},
        ask=account.ask_site,
    ),
    Question(
        name="other API version",
        asks="with which status is another API's version refused?",
        settles=("wrong_version_status",),
        calls={OBSERVE: 1},
        ask=account.ask_other_api,
    ),
    Question(
        name="nonce",
        asks="is the same signed request refused a second time?",
        calls={"GetErService": 2},
        ask=account.ask_nonce,
    ),
    Question(
        name="date",
        asks="do answers carry the header Date?",
        settles=("date_header",),
        calls={"GetErService": 1},
        ask=account.ask_clock,
    ),
)

_OF_UPLOADS = (
    Question(
        name="upload form",
        asks="how long is an upload form good, and for how much?",
        settles=("policy_life", "policy_max_size", "slot_version", "oss_token"),
        calls={SLOT: 1},
        ask=upload.ask_form,
    ),
    Question(
        name="older form",
        asks="is a form still good when a newer one was handed out?",
        settles=("old_forms",),
        calls={SLOT: 2, POST: 1},
        ask=upload.ask_old_form,
    ),
    Question(
        name="upload answer",
        asks="what does the store say after an upload?",
        settles=("callback_body",),
        calls={SLOT: 1, POST: 1},
        ask=upload.ask_callback,
    ),
)

_OF_VERSIONS = (
    Question(
        name="version ids",
        asks="are version ids text or numbers?",
        settles=("numeric_ids", "rounded_ids"),
        calls=_with(**{READ: 1}),
        ask=version.ask_ids,
    ),
    Question(
        name="lags",
        asks="how late is a new version available, and in the list?",
        settles=("ready_after", "list_lag"),
        calls=_with(**{INFO: 1, LIST: 1, DELETE: 1}),
        ask=version.ask_lags,
    ),
    Question(
        name="states",
        asks="how are states of versions written?",
        settles=("status_case",),
        calls=_with(**{INFO: 2, LIST: 2}),
        ask=version.ask_casing,
    ),
    Question(
        name="slot in the list",
        asks="does the list show the staging slot?",
        settles=("list_unstable",),
        calls={SLOT: 1, POST: 1, LIST: 1},
        ask=version.ask_slot_row,
    ),
    Question(
        name="code",
        asks="is code given back byte for byte?",
        calls={SLOT: 4, POST: 3, COMMIT: 3, READ: 3, DELETE: 3},
        ask=version.ask_code,
    ),
    Question(
        name="same slot twice",
        asks="does a second commit of one upload make a new version?",
        settles=("commit_repeats",),
        calls={SLOT: 1, POST: 1, COMMIT: 2, DELETE: 2},
        ask=version.ask_repeated_commit,
    ),
    Question(
        name="version description",
        asks="how long may a version's description be, in which unit?",
        calls={SLOT: 1, POST: 1, COMMIT: 13, INFO: 13, DELETE: 13},
        ask=version.ask_descriptions,
    ),
)

_OF_DEPLOYMENTS = (
    Question(
        name="deployment lag",
        asks="how late does GetRoutine tell of a deployment?",
        settles=("live_lag",),
        calls=_with(**{INFO: 1, DEPLOY: 1, OBSERVE: 1}),
        ask=deploy.ask_live_lag,
    ),
    Question(
        name="same split twice",
        asks="does the split in force get a new deployment id?",
        settles=("deploy_repeats",),
        calls=_with(**{INFO: 1, DEPLOY: 2}),
        ask=deploy.ask_repeated_deploy,
    ),
    Question(
        name="version without code",
        asks="can a version be deployed whose code never came?",
        settles=("deploy_unready", "package_max_size"),
        calls=_with(**{INFO: 1, RESERVE: 1, DEPLOY: 2, DELETE: 1}),
        ask=deploy.ask_unready,
    ),
    Question(
        name="delete a live version",
        asks="is a version deleted that serves staging?",
        settles=("delete_guard",),
        calls=_with(**{INFO: 1, DEPLOY: 1, DELETE: 1}),
        ask=deploy.ask_delete_live,
    ),
    Question(
        name="expired form",
        asks="is an upload form refused after its end?",
        calls={SLOT: 1, POST: 1},
        ask=upload.ask_expired_form,
        kind=Kind.SLOW,
    ),
    Question(
        name="version quota",
        asks="how many versions may a routine have, and which call refuses?",
        settles=("version_quota", "slot_counts", "init_counts"),
        calls={
            RESERVE: 1,
            SLOT: quota.MOST_VERSIONS,
            POST: quota.MOST_VERSIONS,
            COMMIT: quota.MOST_VERSIONS,
            DELETE: 8,
            "ListEdgeRoutinePlans": 1,
        },
        ask=quota.ask_quota,
    ),
)

_AT_THE_END = (
    Question(
        name="cap",
        asks="how many calls a second are taken, and how are they counted?",
        settles=(
            "cap",
            "cap_scope",
            "cap_window",
            "throttle_status",
            "throttle_code",
            "retry_after",
        ),
        calls={OBSERVE: 3 * pace.MOST_CALLS, LIST: pace.MOST_CALLS},
        ask=pace.ask_cap,
        kind=Kind.CAP,
    ),
    Question(
        name="what remains",
        asks="do answers tell what remains of the limit?",
        settles=("ratelimit_headers",),
        ask=account.ask_limits,
    ),
)

QUESTIONS: tuple[Question, ...] = (
    *_BEFORE_CODE,
    *_OF_UPLOADS,
    *_OF_VERSIONS,
    *_OF_DEPLOYMENTS,
    *_AT_THE_END,
)
"""In the order of asking: later ones need what earlier ones leave behind."""


def chosen(*, slow: bool = False, cap: bool = False) -> tuple[Question, ...]:
    """Give the questions to ask.

    Args:
        slow: Also those that wait for something to end.
        cap: Also the one that is answered by being refused.
    """
    kinds = {Kind.ALWAYS} | ({Kind.SLOW} if slow else set())
    kinds |= {Kind.CAP} if cap else set()
    return tuple(each for each in QUESTIONS if each.kind in kinds)


def upkeep() -> Mapping[str, int]:
    """Give the calls that make the scratch routine and take it away."""
    return {"ListUserRoutines": 1, OBSERVE: 3, "CreateRoutine": 1, "DeleteRoutine": 1}


def cost(questions: Iterable[Question]) -> Mapping[str, int]:
    """Give how often each operation is called at most, where nothing is late.

    Args:
        questions: To be asked.
    """
    total = Counter(upkeep())
    for question in questions:
        total.update(question.calls)

    return MappingProxyType(dict(sorted(total.items())))
