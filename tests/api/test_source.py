"""A routine as it is found where it comes from."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.dcdn_desk import DcdnDesk, Script
from tests.api.desk import NAME

from esa_flows.api.source import SourceCloud, SourceEnvironment, SourceRoutine
from esa_flows.errors import InvalidInput, OutcomeUnknown, RoutineNotFound
from esa_flows.localcloud.routine import EnvConf
from esa_flows.model import SourceName, VersionId

ID = VersionId("1622034169188190001")
OLD = SourceName("Old_Shop")


def _script(content: Any) -> SourceCloud:
    return Script({"DescribeRoutine": {"Content": content}}).dcdn()


async def test_everything_a_person_set_is_told() -> None:
    """Versions, hosts, classes of CPU time, descriptions; areas are environments."""
    desk = DcdnDesk()
    routine = desk.console.function(NAME)
    routine.envs["production"] = EnvConf(spec="100ms", hosts=("a.example.com",))
    routine.envs["presetCanaryJilin"] = EnvConf(spec="5ms")
    routine.description = "the shop"
    found = await desk.dcdn.inspect(SourceName(NAME))

    live = VersionId(desk.ids[-1])
    assert "the shop" == found.description
    assert {
        "presetCanaryJilin": SourceEnvironment(spec="5ms"),
        "production": SourceEnvironment(
            version=live, hosts=("a.example.com",), spec="100ms"
        ),
        "staging": SourceEnvironment(version=live, spec="50ms"),
    } == found.environments
    assert {*desk.ids} == {*found.descriptions}
    assert "release 2" == found.descriptions[live]


async def test_a_name_need_not_keep_todays_rule() -> None:
    """An old routine may be called what no new one could be."""
    desk = DcdnDesk()
    revision = desk.console.add_revision(OLD, b"//x")

    assert {revision} == {*(await desk.dcdn.inspect(OLD)).descriptions}
    assert b"//x" == await desk.dcdn.read_code(OLD, VersionId(revision))


async def test_settings_that_are_not_told_are_empty() -> None:
    """A sparse answer is no failure; only ids are strict."""
    found = await _script({"EnvConf": {"production": {"CodeRev": ID}}}).inspect(OLD)

    assert (
        SourceRoutine(
            name=OLD, environments={"production": SourceEnvironment(version=ID)}
        )
        == found
    )


@pytest.mark.parametrize(
    "row", [{"AllowedHosts": "a.example.com"}, {"SpecName": 5}, {"CodeRev": 1.5}]
)
async def test_settings_of_another_type_are_no_answer(row: dict[str, Any]) -> None:
    """What cannot be read is not told as if it were nothing."""
    with pytest.raises(OutcomeUnknown):
        await _script({"EnvConf": {"production": row}}).inspect(OLD)


async def test_a_routine_that_is_not_there() -> None:
    """As for every other look."""
    with pytest.raises(RoutineNotFound):
        await DcdnDesk().dcdn.inspect(SourceName("nobody"))


@pytest.mark.parametrize("name", ["", "a b", "a/b", "-a", "a" * 129, "é"])
def test_what_cannot_be_a_name_is_refused(name: str) -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidInput, match="is not the name of a routine"):
        SourceName(name)
