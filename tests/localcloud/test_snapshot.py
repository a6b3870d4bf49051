"""The state survives as a file."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.localcloud import KEY
from esa_flows.localcloud.snapshot import dump_state, load_state

from .desk import START, Desk, desk
from .packages import FILES, zipped


def full() -> Desk:
    """Return a desk with something of everything."""
    made = desk(ready_after=2.5)
    made.cloud.console.add_key(
        evolve(KEY, id="STS.x", token="CAISFake", expires=START, active=False)
    )
    version = made.version()
    made.seconds = 5
    made.deploy("production", {version: 100})
    made.deploy("production", {made.cloud.console.add_version("hello", b"\xff"): 100})
    made.cloud.console.routine("empty")
    site = str(made.cloud.console.add_site("example.com"))
    record = {"Name": "empty", "SiteId": site, "RecordName": "a.example.com"}
    made.ask("CreateRoutineRelatedRecord", **record)
    made.ask(
        "CreateRoutineRoute",
        SiteId=site,
        RouteName="r",
        RoutineName="empty",
        RouteEnable="on",
        Rule="true",
    )
    variables = '{"K":{"Type":"secret_text","Value":"v"}}'
    told = {"Name": "hello", "Env": "staging", "EnvironmentVariables": variables}
    made.ask("SetRoutineEnvironmentVariables", **told)
    asked = {"Name": "hello", "DeployEnv": "staging"}
    package = made.ask("CreateRoutineWithAssetsCodeVersion", **asked)
    made.post(package["OssPostConfig"], zipped(FILES))
    made.ask("CreateRoutineWithAssetsCodeVersion", **asked)
    made.dcdn(
        "CreateRoutine", Name="function", EnvConf='{"staging":{"SpecName":"5ms"}}'
    )
    made.dcdn("UploadStagingRoutineCode", Name="function")
    made.cloud.console.publish(
        "function", made.cloud.console.add_revision("function", b"x"), "production"
    )
    made.dcdn("SetRoutineSubdomain", Subdomains='["sub"]')
    made.cloud.state.opened.add("2")
    return made


def test_a_saved_state_is_the_state() -> None:
    """Keys, routines, slots, versions, deployments, objects, the last id."""
    state = full().cloud.state

    assert load_state(dump_state(state)) == state


def test_a_cloud_saves_and_loads(tmp_path: Path) -> None:
    """Another cloud goes on where the first stopped."""
    first = full()
    first.cloud.save(tmp_path / "state.json")
    second = desk()
    second.cloud.load(tmp_path / "state.json")

    assert second.ask("ListUserRoutines")["TotalCount"] == 2
    assert second.visit().status == 200


@pytest.mark.parametrize("text", ["[]", "{}", '{"format": 1}', "[" * 10_000])
def test_other_files_are_refused(text: str) -> None:
    """Only a saved state of this format is loaded."""
    with pytest.raises(ValueError, match="not a saved local cloud of format 2"):
        load_state(text)


def altered(path: str, value: Any) -> str:
    """Return a saved state with one value replaced; the path has dots."""
    saved = json.loads(dump_state(full().cloud.state))
    *way, last = [int(name) if name.isdecimal() else name for name in path.split(".")]
    held = saved
    for name in way:
        held = held[name]

    held[last] = value
    return json.dumps(saved)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("extra", 1, "extra"),
        ("last_id", "x", "invalid literal"),
        ("routines.0.created", "yesterday", "Invalid isoformat"),
        ("routines.0.created", "2026-01-02", "has no time zone"),
        ("routines.0.created", 5, "argument must be str"),
        ("objects", {"a": "*"}, "base64"),
        ("keys.0.site", "moon", "literal"),
        ("routes.0.routine", "gone", "leads to no routine gone"),
        ("related.0.site", 5, "belongs to no site 5"),
    ],
)
def test_what_does_not_fit_is_told(path: str, value: Any, told: str) -> None:
    """The innermost reason, as a ValueError."""
    with pytest.raises(ValueError, match=f"a broken saved local cloud: .*{told}"):
        load_state(altered(path, value))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text(max_size=5), inner, max_size=2)
    ),
    max_leaves=4,
)
PATHS = (
    "last_id keys keys.0 keys.0.expires routines routines.0 routines.0.versions "
    "routines.0.slot routines.0.deployments routines.0.deployments.production.split "
    "routines.0.variables functions.0.envs functions.0.tests sites.0 objects opened"
)


@given(path=st.sampled_from(PATHS.split()), value=json_values)
def test_no_file_breaks_the_loader(path: str, value: Any) -> None:
    """A state or a ValueError, never anything else."""
    with contextlib.suppress(ValueError):
        load_state(altered(path, value))
