"""A survey of a local cloud in this process, and somebody who watches it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from attrs import define, evolve, field
from tests.cli.office import Office
from tests.house import BASE

from esa_flows import Settings
from esa_flows.localcloud import Switches
from esa_flows.localcloud.switchfile import switches_from_toml
from esa_flows.model import RoutineName
from esa_flows.survey.finding import Finding, settings_of, toml_of
from esa_flows.survey.questions import Question, chosen
from esa_flows.survey.survey import Plan, Report, plan_for, survey
from esa_flows.testing.transport import ProcessTransport
from esa_flows.wire.transport import Request, Response

NUMBER = "00112233445566778899aabbccddeeff"
NAME = RoutineName("esa-flows-conformance-0011223344")
SETTINGS = Settings(endpoint=BASE, cap_sharing="process")
Edit = Callable[[Request, Response], Response]


@define
class Witness:
    """Keeps what a survey tells."""

    asked: list[str] = field(factory=list)
    findings: list[Finding] = field(factory=list)
    cleanings: list[str] = field(factory=list)
    leavings: list[str] = field(factory=list)

    def asks(self, question: Question) -> None:
        """Keep it."""
        self.asked.append(question.name)

    def found(self, finding: Finding) -> None:
        """Keep it."""
        self.findings.append(finding)

    def cleans(self, name: RoutineName) -> None:
        """Keep it."""
        self.cleanings.append(name)

    def cleaned(self, left: str) -> None:
        """Keep it."""
        self.leavings.append(left)


@define
class Bent:
    """A transport to a cloud, some of whose answers are bent on the way."""

    inner: ProcessTransport
    edits: dict[str, Edit] = field(factory=dict)

    async def send(self, request: Request) -> Response:
        """Pass a request on."""
        response = await self.inner.send(request)
        operation = dict(request.headers).get("x-acs-action", "PostObject")
        edit = self.edits.get(operation)
        return edit(request, response) if edit else response


def bent(office: Office, **edits: Edit) -> Bent:
    """Make a transport to an office's cloud with edits by operation."""
    return Bent(ProcessTransport(office.cloud, base_url=BASE), edits)


def answered(**members: Any) -> Edit:
    """Make an edit that gives an answer of these members."""
    return lambda _, response: evolve(
        response, status=200, body=json.dumps({"RequestId": "R", **members}).encode()
    )


def refused(code: str, status: int = 400) -> Edit:
    """Make an edit that refuses with a code."""
    body = json.dumps({"RequestId": "R", "Code": code, "Message": "No."}).encode()
    return lambda _, response: evolve(response, status=status, body=body)


def plan(*names: str, **kinds: Any) -> Plan:
    """Plan a survey with the questions of these names; all where none is named."""
    known = chosen(**kinds)
    wanted = tuple(each for each in known if not names or each.name in names)
    assert not names or len(names) == len(wanted)
    return plan_for(NUMBER, wanted)


async def surveyed(
    office: Office, *names: str, transport: Any = None, **kinds: Any
) -> Report:
    """Survey a cloud."""
    parts = office.parts(**({"transport": transport} if transport else {}))
    return await survey(SETTINGS, parts, plan(*names, **kinds), Witness())


async def finding(
    name: str, *, office: Office | None = None, transport: Any = None, **switches: Any
) -> Finding:
    """Ask one question of a cloud with some switches."""
    at = office or Office(switches=Switches(**switches))
    kinds = {"slow": True, "cap": True}
    report = await surveyed(at, name, transport=transport, **kinds)
    assert not report.left
    assert not [held for held in at.cloud.report().versions if held != "shop"]
    return report.findings[0]


async def bent_finding(name: str, **edits: Edit) -> Finding:
    """Ask one question of a cloud whose answers are bent."""
    office = Office()
    return await finding(name, office=office, transport=bent(office, **edits))


def measured(report: Report) -> dict[str, Any]:
    """Give the switches that a survey settled, as the local cloud reads its file."""
    settings, disputed = settings_of(report.findings)
    assert () == disputed
    loaded = switches_from_toml(toml_of(settings))
    return {name: getattr(loaded, name) for name in settings}


def restricted(switches: Switches, names: Iterable[str]) -> dict[str, Any]:
    """Give the positions of some switches."""
    return {name: getattr(switches, name) for name in names}
