"""ESA's answers become our values, or are refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from esa_flows.api import answers
from esa_flows.api.reply import Member
from esa_flows.api.route import RelatedRecord, Route
from esa_flows.errors import OutcomeUnknown
from esa_flows.model import (
    Deployment,
    Environment,
    RoutineName,
    Split,
    Version,
    VersionId,
    VersionStatus,
)

NAME = RoutineName("hello")
OLD, NEW = VersionId("1756092288177683200"), VersionId("1756092999177683207")


def reply(value: Any) -> Member:
    """Make an answer."""
    return Member(operation="GetRoutine", value=value)


def env(name: str, *shares: tuple[Any, Any], **more: Any) -> dict[str, Any]:
    """Make an environment with a deployment, as GetRoutine has it."""
    rows = [{"CodeVersion": v, "Percentage": p} for v, p in shares]
    deploy = {"DeployId": "1756", "Strategy": "percentage", "CodeVersions": rows}
    return {"Env": name, "CodeDeploy": deploy, **more}


def routine(*envs: Any) -> Any:
    """Read a GetRoutine answer."""
    return answers.routine_of(NAME, reply({"Envs": list(envs)}))


# --- GetRoutine ---------------------------------------------------------------------


def test_routine_with_a_canary() -> None:
    """Both environments with their splits; members nobody asks for are ignored."""
    found = answers.routine_of(
        NAME,
        reply(
            {
                "DefaultRelatedRecord": "hello.154edaf6.er.aliyun-esa.net\n",
                "Unheard": {"of": 1},
                "Envs": [
                    env("production", (OLD, 90), (NEW, 10), CodeVersion=OLD),
                    env("Staging", (int(NEW), "100")),
                ],
            }
        ),
    )

    assert found.record == "hello.154edaf6.er.aliyun-esa.net"
    assert found.production == Deployment(split=Split.canary(NEW, 10, OLD), id="1756")
    assert found.staging == Deployment(split=Split.whole(NEW), id="1756")


@pytest.mark.parametrize(
    "entry",
    [
        {"Env": "production"},
        {"Env": "production", "CodeDeploy": None},
        {"Env": "production", "CodeDeploy": {}},
        {"Env": "production", "CodeDeploy": {"CodeVersions": None}},
        {"Env": "production", "CodeDeploy": {"CodeVersions": []}, "CodeVersion": ""},
        {"Env": "production", "CodeVersion": "unstable"},
    ],
)
def test_environment_without_deployment_serves_nothing(entry: dict[str, Any]) -> None:
    """A routine that was never deployed has no deployment to tell of."""
    assert routine(entry).production is None


def test_version_published_without_deployment_is_live() -> None:
    """The older publish call leaves its version outside; it must not be pruned."""
    found = routine({"Env": "production", "CodeVersion": OLD, "CanaryCodeVersion": ""})

    assert found.production == Deployment(split=Split.whole(OLD))
    assert found.live == {OLD}


def test_published_canary_of_unknown_share_is_refused() -> None:
    """Two live versions whose shares nobody tells are no split."""
    with pytest.raises(OutcomeUnknown, match="two versions in shares it does not tell"):
        routine({"Env": "production", "CodeVersion": OLD, "CanaryCodeVersion": NEW})


@pytest.mark.parametrize("value", [{}, {"Envs": None}, {"Envs": {}}, []])
def test_missing_list_of_environments_is_not_nothing_live(value: Any) -> None:
    """A cut answer must never look as if no version were in use."""
    with pytest.raises(OutcomeUnknown):
        answers.routine_of(NAME, reply(value))


def test_listed_twice_is_refused() -> None:
    """Which of the two would be true?"""
    with pytest.raises(OutcomeUnknown, match="production is listed twice"):
        routine(env("production", (OLD, 100)), env("production", (NEW, 100)))


def test_other_environments_are_ignored() -> None:
    """Only staging and production are documented."""
    assert routine(env("presetCanary", (OLD, 100))).live == frozenset()


def test_share_of_nothing_serves_nothing() -> None:
    """A version at 0 % is not part of a split."""
    found = routine(env("production", (OLD, 0), (NEW, 100)))

    assert found.production == Deployment(split=Split.whole(NEW), id="1756")


@pytest.mark.parametrize(
    ("shares", "why"),
    [
        ([(OLD, 90)], "must sum to 100, not 90"),
        ([(OLD, 50), (OLD, 50)], "twice"),
        ([(OLD, 30), (NEW, 30), ("3", 40)], "has 3"),
        ([(OLD, "90.5"), (NEW, 10)], r"Percentage is '90\.5'"),
        ([("1.7e18", 100)], r"CodeVersion is '1\.7e18'"),
    ],
)
def test_no_split_is_refused(shares: list[tuple[Any, Any]], why: str) -> None:
    """The path of the odd member is named."""
    with pytest.raises(OutcomeUnknown, match=rf"Envs\[0\]\.CodeDeploy.*{why}"):
        routine(env("production", *shares))


# --- deployments --------------------------------------------------------------------


def made(**more: Any) -> Deployment:
    """Read the answer to a deployment of a tenth."""
    rows = [
        {"Percentage": 10, "CodeVersion": NEW},
        {"Percentage": 90, "CodeVersion": OLD},
    ]
    value = {
        "Strategy": "percentage",
        "CodeVersions": rows,
        "DeploymentId": 234,
        **more,
    }
    return answers.deployment_made(reply(value), Split.canary(NEW, 10, OLD))


def test_deployment_says_what_was_asked() -> None:
    """Order and casing do not matter."""
    assert made(Strategy="Percentage").id == "234"


def test_deployment_without_id_is_fine() -> None:
    """The split is what counts."""
    assert made(DeploymentId=None).id == ""


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"Strategy": "region"}, "'region' where percentage was expected"),
        ({"Strategy": None}, "nothing where percentage"),
        ({"CodeVersions": [{"CodeVersion": NEW, "Percentage": 100}]}, "where .* was"),
        ({"CodeVersions": None}, "nothing where a list"),
    ],
)
def test_deployment_that_says_otherwise_is_unknown(
    more: dict[str, Any], why: str
) -> None:
    """The engine must look what is in force now."""
    with pytest.raises(OutcomeUnknown, match=why):
        made(**more)


# --- versions -----------------------------------------------------------------------


def row(number: str, created: str | None = None, **more: Any) -> Member:
    """Make a row of a listing."""
    return reply({"CodeVersion": number, "CreateTime": created, **more})


def test_version_is_read() -> None:
    """Everything the library uses of a row."""
    found = answers.version_of(
        row(
            "17",
            "2025-08-25T03:24:48Z",
            CodeDescription="rel 2",
            Status="Available",
            DeployEnv="staging",
            BuildId=2603516900000001,
        )
    )

    assert found == Version(
        id=VersionId("17"),
        description="rel 2",
        created_at=dt.datetime(2025, 8, 25, 3, 24, 48, tzinfo=dt.UTC),
        status=VersionStatus.AVAILABLE,
        bound_to=Environment.STAGING,
    )


def test_staging_slot_is_no_version() -> None:
    """The name `unstable` stands for the slot."""
    assert [v.id for v in answers.versions_of([row("unstable"), row("17")])] == ["17"]


def test_versions_come_newest_first_and_once() -> None:
    """By time; of the same second, by id."""
    rows = [
        row("1", "2025-01-01T00:00:01Z"),
        row("9", "2025-01-01T00:00:02Z"),
        row("10", "2025-01-01T00:00:02Z"),
        row("9", "2025-01-01T00:00:02Z"),
        row("99", "2024-01-01T00:00:00Z"),
    ]

    found = answers.newest_first(answers.versions_of(rows))

    assert [v.id for v in found] == ["10", "9", "1", "99"]


def test_versions_without_times_are_put_in_order_by_id() -> None:
    """An id is the time of birth in nanoseconds, as far as seen."""
    rows = [row("9", "2025-01-01T00:00:02Z"), row("10"), row("8")]

    found = answers.newest_first(answers.versions_of(rows))

    assert [v.id for v in found] == ["10", "9", "8"]


def test_listing_of_nothing_may_have_no_rows() -> None:
    """No rows and a count of zero agree; no rows and a count do not."""
    assert answers.rows_of(reply({"TotalCount": 0}), "CodeVersions") == ((), 0)

    with pytest.raises(OutcomeUnknown, match="CodeVersions is nothing where a list"):
        answers.rows_of(reply({"TotalCount": 3}), "CodeVersions")


def test_listing_without_count_is_refused() -> None:
    """Nobody could tell whether it is whole."""
    with pytest.raises(OutcomeUnknown, match="TotalCount"):
        answers.rows_of(reply({"CodeVersions": []}), "CodeVersions")


# --- the rest -----------------------------------------------------------------------


def test_summary_keeps_names_of_old_routines() -> None:
    """A name that breaks today's rule is listed all the same."""
    found = answers.summary_of(reply({"RoutineName": "Old_Name"}))

    assert (found.name, found.description, found.record) == ("Old_Name", "", "")

    with pytest.raises(OutcomeUnknown, match="RoutineName is nothing where a name"):
        answers.summary_of(reply({}))


def test_a_route_is_read_as_it_comes() -> None:
    """As the page shows it; only its id is needed."""
    row = {
        "ConfigId": 352816096981234,
        "RouteEnable": "On",
        "RouteName": "test_route",
        "Rule": '(http.host eq "video.example.com")',
        "Sequence": 1,
        "SiteName": "test.com",
    }
    bare = answers.route_of(reply({"ConfigId": "7"}))

    assert answers.route_of(reply(row)) == Route(
        id="352816096981234",
        site="test.com",
        name="test_route",
        rule='(http.host eq "video.example.com")',
        is_enabled=True,
        sequence=1,
    )
    assert bare == Route(id="7", site="", name="", rule="", is_enabled=False)


def test_a_record_is_read_as_it_comes() -> None:
    """As the page shows it."""
    row = {
        "RecordId": 509348423011904,
        "RecordName": "test-record-1.example.com",
        "SiteId": 54362329990032,
        "SiteName": "example.com",
    }

    assert answers.record_of(reply(row)) == RelatedRecord(
        id="509348423011904", site="example.com", name="test-record-1.example.com"
    )


@pytest.mark.parametrize("read", [answers.route_of, answers.record_of])
def test_what_has_no_id_cannot_be_counted(read: Callable[[Member], Any]) -> None:
    """A listing is known to be whole by the ids in it."""
    with pytest.raises(OutcomeUnknown, match="Id is nothing where an id was expected"):
        read(reply({}))


def plans(*figures: Any) -> Member:
    """Make a list of plans."""
    return reply({"PlanInfo": [{"ErRoutineCodeVersionQuota": f} for f in figures]})


def test_quota_is_the_smallest_of_all_plans() -> None:
    """It fits whichever plan a routine belongs to."""
    assert answers.quota_of(plans("20", "5", 10)) == 5


def test_odd_figures_say_nothing() -> None:
    """Zero, minus one and words are no quota."""
    assert answers.quota_of(plans("-1", "0", "", "unlimited", None, "10")) == 10


@pytest.mark.parametrize("found", [plans(), plans("-1"), reply({})])
def test_plans_without_a_figure_are_unknown(found: Member) -> None:
    """Whoever asked assumes the setting instead."""
    with pytest.raises(OutcomeUnknown):
        answers.quota_of(found)
