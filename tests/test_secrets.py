"""No secret anywhere: every flow, every failure, everything that is written meanwhile.

`tests/secrets_watch.py` learns the secrets where they pass and keeps what was written:
the journal's file and rows, the bundles' names, the log at debug level, spans, events,
tracebacks with every local variable, standard output and error, reports, and how
whatever lives long shows itself.
"""

from __future__ import annotations

import json
import logging
import pickle
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from opentelemetry import trace as spans

from esa_flows import Client, Parts, Settings
from esa_flows.api.cloud import UploadSlot
from esa_flows.api.oss import form_body, post_object
from esa_flows.cli.exits import Exit
from esa_flows.engine.codec import encode
from esa_flows.engine.journal_sqlite import SQLiteJournal
from esa_flows.errors import EsaFlowsError, InvalidInput, Misuse
from esa_flows.files import BlobStore, BytesBlob
from esa_flows.localcloud import Fault, Switches
from esa_flows.localcloud.spawn import spawned
from esa_flows.model.webhook import Webhook
from esa_flows.notify.target import targets_of
from esa_flows.testing.rehearsal import Rehearsal
from esa_flows.wire import (
    Credentials,
    CredentialSource,
    Request,
    Response,
    Secret,
    Static,
)
from esa_flows.wire.ecs import EcsRole
from esa_flows.wire.site import sts_endpoint
from esa_flows.wire.sts import AssumedRole, Role
from esa_flows.wire.transport import HttpxTransport, open_client
from esa_flows.wire.uri import CredentialsUri
from tests.api.desk import NAME, Desk
from tests.cli.fleet_office import FleetOffice, files
from tests.cli.office import Office, bundle
from tests.crash import scenario as crash
from tests.crash.draw import singles
from tests.crash.plays import ENVS, PLAYS, Play
from tests.crash.scenario import Scenario, play_alone
from tests.house import BROKEN, NEW
from tests.notify.hooks import Place
from tests.promises import write
from tests.secrets_watch import VARIABLE, Watch, watching
from tests.wire.doubles import (
    CHANGE,
    KEY_SECRET,
    LOOK,
    NOW,
    SESSION,
    TOKEN,
    Scripted,
    caller,
    nonces,
    ok,
    refusal,
    surroundings,
)
from tests.wire.loopback import always, answer, serving

# Tracebacks read the files of the code they show, and stores are read in the loop.
pytestmark = [pytest.mark.may_block, pytest.mark.timeout(300)]

EACH = 29
"""Of the single disturbances of a flow every so many-th is played."""

PASSWORD = "canary7c1d-password-of-a-proxy"


@pytest.fixture(scope="module")
def watches() -> Iterator[list[Watch]]:
    """Keep every watch; in the end say what they looked through."""
    found: list[Watch] = []
    yield found
    secrets = sum(len(each.secrets) for each in found)
    texts = sum(each.looked for each in found)
    kinds = {kind for each in found for kind in each.kinds}
    line = f"{secrets} secrets looked for in {texts} texts of {len(kinds)} kinds"
    leaks = sum(len(each.leaks()) for each in found)
    write("secrets", [f"{line}: {leaks} found"])


@pytest.fixture
def watch(watches: list[Watch], monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Watch a test; spans are known when it ends."""
    with watching(monkeypatch) as found:
        yield found

    watches.append(found)

    assert [] == found.leaks()


@pytest.fixture
def rows(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the journal's rows of every scenario that is played."""
    rows_of = crash.rows_of

    async def kept(rehearsal: Rehearsal) -> Mapping[str, Any]:
        """Keep them, and how what lives long shows itself."""
        found = await rows_of(rehearsal)
        watch.note("the journal's rows", repr(found))
        for each in (rehearsal, rehearsal.cloud, rehearsal.journal, rehearsal.blobs):
            watch.note(f"a {type(each).__name__}", repr(each))

        return found

    monkeypatch.setattr(crash, "rows_of", kept)


def scenarios(play: Play) -> Iterator[Scenario]:
    """Give some single disturbances of a play, and none."""
    yield Scenario(play=play)
    yield from islice(singles(play), 1, None, EACH)


@pytest.mark.parametrize("play", PLAYS, ids=str)
def test_no_flow_and_no_failure_writes_a_secret(
    play: Play, watch: Watch, rows: None
) -> None:
    """Whatever is disturbed: nothing that is written holds a secret."""
    for scenario in scenarios(play):
        play_alone(scenario)

        assert {"an event", "the journal's rows"} <= watch.places
        assert watch.secrets
        assert [] == watch.leaks()


def secretive(office: Office) -> None:
    """Give both environments secret variables and versions that carry them."""
    office.live()
    for env in ENVS:
        console = office.cloud.console
        console.set_variable("shop", env, "TOKEN", VARIABLE, is_secret=True)
        console.set_variable("shop", env, "COLOUR", VARIABLE)
        version = console.add_version("shop", b"// old", env, deploy_env=env)
        console.deploy("shop", env, {version: 100})


COMMANDS = (
    ("release", "shop", "worker.js", "--canary", "10:1s,100"),
    ("release", "shop", "other.js", "--json"),
    ("release", "shop", "broken.js", "--bind", "fresh"),
    ("release", "none", "worker.js", "--json"),
    ("status", "shop"),
    ("status", "shop", "--json"),
    ("runs",),
    ("runs", "--json"),
    ("versions", "list", "shop", "--json"),
    ("routines", "list"),
    ("rollback", "shop"),
    ("doctor",),
    ("doctor", "--json"),
)
"""What a person does in a day."""

FAULTS = (
    None,
    Fault(
        operation="GetRoutineStagingCodeUploadInfo",
        kind="refuse",
        code="SignatureDoesNotMatch",
    ),
    Fault(operation="CommitRoutineStagingCode", kind="reset"),
    Fault(operation="PostObject", kind="callback"),
    Fault(operation="PostObject", kind="expired"),
    Fault(
        operation="CreateRoutineCodeDeployment",
        kind="error",
        code="InternalException",
        times=3,
    ),
    Fault(operation="*", kind="refuse", code="Forbidden.RAM", times=None),
    Fault(operation="*", kind="html", times=4),
)


def _told(fault: Fault | None) -> str:
    return f"{fault.operation} {fault.kind}" if fault else "nothing"


@pytest.mark.parametrize("fault", FAULTS, ids=_told)
async def test_no_command_and_no_file_shows_a_secret(
    fault: Fault | None, watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Standard output, standard error, the journal's files, the bundles' names."""
    monkeypatch.setenv("ESA_FLOWS_DEBUG", "1")
    state = tmp_path / "state"
    office = Office(
        journal=SQLiteJournal(state / "journal.db", writer="inline"),
        blobs=BlobStore(state / "journal.db.blobs", mode="inline"),
        switches=Switches(fresh_edge_401=5.0),
    )
    secretive(office)
    names = {"worker.js": NEW, "other.js": b"// other", "broken.js": BROKEN}
    made = {name: bundle(tmp_path, code, name) for name, code in names.items()}
    if fault is not None:
        office.cloud.inject(fault)

    for command in COMMANDS:
        done = await office.run(*(made.get(word, word) for word in command))
        watch.note("standard output", done.out)
        watch.note("standard error", done.err)

    watch.files(state)

    assert {"standard output", "journal.db", "a file's name"} <= watch.places
    assert [] == watch.leaks()


HOOKS = """
[[notify]]
url = "https://hooks.example.com/${env.HOOK_PATH}"
secret = "${env.HOOK_SECRET}"
headers = { Authorization = "Bearer ${env.HOOK_TOKEN}" }

[[notify]]
url = "${env.HOOK_ROBOT}"
secret = "${env.HOOK_SECRET}"
format = "dingtalk"

[rollout]
"""
HOOKED = {
    "HOOK_PATH": "canary7c1d-path-of-a-webhook",
    "HOOK_SECRET": "canary7c1d-secret-of-a-webhook",
    "HOOK_TOKEN": "canary7c1d-token-of-a-webhook",
    "HOOK_ROBOT": "https://robot.example.com/send?access_token=canary7c1d-of-a-robot",
}
IN_HOOKED = ("canary7c1d-of-a-robot", *HOOKED.values())
ROLLOUT = (
    ("plan", "FILE", "-o", "PLAN"),
    ("plan", "FILE", "--json"),
    ("rollout", "FILE", "--json", "--no-wait", "--events", "EVENTS"),
    ("approve", "RUN"),
    ("status", "RUN"),
    ("status", "RUN", "--json"),
    ("report", "RUN", "--html", "HTML", "--junit", "XML", "--markdown"),
    ("report", "RUN", "--json"),
    ("rollback", "--run", "RUN", "--yes"),
)
"""What a person does with a rollout whose webhooks are told."""


@define
class Hooked(Place):
    """A place of webhooks, where a watch sees what comes.

    Attributes:
        watch: The watch.
    """

    watch: Watch = field(kw_only=True)

    async def send(self, request: Request) -> Response:
        """Take a request; whoever fails may quote it."""
        self.watch.note("a request", repr(request))
        return await super().send(request)


@pytest.mark.parametrize("answers", [(), (401, 500), (0,) * 30], ids=len)
async def test_no_rollout_shows_a_secret_of_its_webhooks(
    answers: tuple[int, ...], watch: Watch, tmp_path: Path
) -> None:
    """Nor a file that it leaves, whatever the webhooks answer."""
    watch.hide(*IN_HOOKED)
    state, place = tmp_path / "state", Hooked(list(answers), watch=watch)
    office = FleetOffice(
        journal=SQLiteJournal(state / "journal.db", writer="inline"),
        blobs=BlobStore(state / "journal.db.blobs", mode="inline"),
    )
    files(tmp_path, "[rollout]", HOOKS, approve=True)
    words = {
        "FILE": str(tmp_path / "fleet.toml"),
        "PLAN": str(state / "plan.json"),
        "EVENTS": str(state / "events.jsonl"),
        "HTML": str(state / "report.html"),
        "XML": str(state / "report.xml"),
    }
    for name in ("aa", "bb"):
        office.live(name)

    with office:
        for command in ROLLOUT:
            desk = office.desk(HOOKED)
            desk.post = place.post
            argv = [words.get(word, word) for word in command]
            done = await office.run(*argv, desk=desk)
            watch.note("standard output", done.out)
            watch.note("standard error", done.err)
            watch.note("a desk", f"{desk!r} {desk.notifier!r}")
            if command[0] == "rollout":
                words["RUN"] = done.json["run"]

            assert done.code in {Exit.OK, Exit.PAUSED}, (command, done.err)

    watch.files(state)

    sent = [str(each.url) for each in place.got]
    assert {"report.html", "report.xml", "events.jsonl", "plan.json"} <= watch.places
    assert all(any(word in url for url in sent) for word in IN_HOOKED[:2])
    assert [] == watch.leaks()


@pytest.mark.parametrize(
    "environ",
    [
        {name: value for name, value in HOOKED.items() if name != "HOOK_TOKEN"},
        {**HOOKED, "HOOK_ROBOT": HOOKED["HOOK_ROBOT"].replace("https", "http")},
        {**HOOKED, "HOOK_ROBOT": HOOKED["HOOK_ROBOT"].replace("https://", "")},
        {**HOOKED, "HOOK_TOKEN": f"{HOOKED['HOOK_TOKEN']}\nmore"},
    ],
    ids=["missing", "clear", "no address", "lines"],
)
def test_no_webhook_that_is_refused_shows_a_secret(
    environ: Mapping[str, str], watch: Watch
) -> None:
    """Neither its sentence nor a traceback with local variables."""
    watch.hide(*IN_HOOKED)
    hooks = (
        Webhook(
            url="https://hooks.example.com/${env.HOOK_PATH}",
            headers={"Authorization": "Bearer ${env.HOOK_TOKEN}"},
        ),
        Webhook(url="${env.HOOK_ROBOT}", secret="${env.HOOK_SECRET}"),
    )
    with pytest.raises(InvalidInput) as caught:
        targets_of(hooks, environ)

    watch.failure(caught.value)
    watch.note("a target", repr(targets_of(hooks, HOOKED)))

    assert [] == watch.leaks()


async def test_a_client_its_report_and_its_parts_show_no_secret(watch: Watch) -> None:
    """Neither printed nor pickled nor taken apart for a journal."""
    office = Office()
    secretive(office)
    async with office.client() as client:
        report = await client.release("shop", NEW, bind="fresh", check=False)
        held = [client, client.connection, client._parts, client.runs, report]
        held += [*vars(client).values(), office.journal, office.blobs]
        for each in held:
            watch.note(f"a {type(each).__name__}", f"{each!r} {each}")

    watch.note("a report in JSON", json.dumps(encode(report)))
    watch.note("a pickled report", pickle.dumps(report).decode("latin-1"))
    key = Credentials(access_key_id="LTAI5tFakeKeyId0001", access_key_secret=VARIABLE)
    watch.note("a pickled key", pickle.dumps(key).decode("latin-1"))

    assert "released" in str(report.outcome)
    assert [] == watch.leaks()


async def test_an_upload_form_shows_no_secret_whatever_becomes_of_it(
    watch: Watch,
) -> None:
    """Not when it is refused, quoted back, kept, or cannot be built."""
    desk = Desk()
    slot = await desk.esa.request_slot(NAME, "")
    values = [v.reveal() for _, v in slot.fields if isinstance(v, Secret)]
    watch.hide(*values)
    replies = [
        Response.of(403, _xml(code, " and ".join(values)))
        for code in ("AccessDenied", "SignatureDoesNotMatch", "Odd", "InvalidArgument")
    ]
    for reply in replies:
        with pytest.raises(EsaFlowsError) as caught:
            await post_object(Scripted(reply), slot, BytesBlob(NEW), "00ff")

        watch.failure(caught.value)

    with pytest.raises(InvalidInput) as refused:
        form_body(slot, BytesBlob(NEW), values[0][:6])

    watch.failure(refused.value)
    with pytest.raises(Misuse) as kept:
        pickle.dumps(slot)

    watch.failure(kept.value)
    watch.note("a slot", repr(slot))
    watch.note("a form", repr(form_body(slot, BytesBlob(NEW), "00ff")))

    assert isinstance(slot, UploadSlot)
    assert len(values) >= 4
    assert [] == watch.leaks()


def _xml(code: str, message: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()


QUOTING = (
    refusal("SignatureDoesNotMatch"),
    Response.of(
        400,
        json.dumps(
            {"Code": "Odd", "Message": f"{KEY_SECRET} {TOKEN} were sent"}
        ).encode(),
    ),
    Response.of(502, f"<html>{KEY_SECRET} {TOKEN}</html>".encode()),
    ok(Credentials={"AccessKeySecret": KEY_SECRET, "SecurityToken": TOKEN}),
    Response.of(200, f'{{"AccessKeySecret": "{KEY_SECRET}", "Secu'.encode()),
    Response.of(200, json.dumps({"SecurityToken": TOKEN}).encode()),
)
"""Answers that hold a secret, and are no use."""


@pytest.mark.parametrize("reply", QUOTING, ids=repr)
async def test_no_source_of_credentials_gives_a_secret_away_when_it_fails(
    reply: Response, watch: Watch
) -> None:
    """STS, the metadata service, a credentials address, and a call that was signed."""
    watch.hide(KEY_SECRET, TOKEN, VARIABLE)
    uri = {"ALIBABA_CLOUD_CREDENTIALS_URI": f"https://h.example/?password={VARIABLE}"}
    many = [reply] * 9
    sources: list[CredentialSource] = [
        AssumedRole(
            Role(arn="acs:ram::1:role/r", external_id=VARIABLE),
            base=Static(SESSION),
            transport=Scripted(*many),
            endpoint=sts_endpoint(),
            now=lambda: NOW,
            nonce=nonces(),
        ),
        EcsRole(surroundings(ok(), *many).around),
        CredentialsUri(surroundings(*many, environ=uri).around),
    ]
    for source in sources:
        with pytest.raises(EsaFlowsError) as caught:
            await source.get()

        watch.failure(caught.value)
        watch.note("a source", repr(source))

    for call in (LOOK, CHANGE):
        at = caller(Scripted(*many), credentials=Static(SESSION))
        try:
            await at.call(call)
        except EsaFlowsError as error:
            watch.failure(error)

        watch.note("a caller", repr(at))

    assert watch.exceptions
    assert [] == watch.leaks()


@pytest.fixture
def sockets(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Learn the secrets that pass over sockets too."""
    send = HttpxTransport.send

    async def watched(self: HttpxTransport, request: Request) -> Response:
        """Send, and learn."""
        watch.passed(request, None)
        response = await send(self, request)
        watch.passed(request, response)
        return response

    monkeypatch.setattr(HttpxTransport, "send", watched)


@pytest.mark.real_time
async def test_over_sockets_the_debug_log_of_the_client_shows_no_secret(
    watch: Watch, sockets: None, tmp_path: Path
) -> None:
    """A release with a preview token, while the HTTP client logs all it does."""
    (tmp_path / "worker.js").write_bytes(NEW)
    (tmp_path / "switches.toml").write_text("[switches]\nfresh_edge_401 = 5.0\n")
    options = ["--empty", "--switches", str(tmp_path / "switches.toml")]
    async with spawned(options) as cloud:
        watch.hide(cloud.access_key_secret)
        key = Credentials(
            access_key_id=cloud.access_key_id,
            access_key_secret=cloud.access_key_secret,
        )
        settings = Settings(
            endpoint=cloud.api,
            staging_edge=cloud.edge_staging,
            journal=tmp_path / "state" / "journal.db",
        )
        async with Client(settings, Parts(credentials=Static(key))) as client:
            report = await client.release(
                "shop", tmp_path / "worker.js", create=True, check=False
            )

    watch.files(tmp_path / "state")

    logged = {where for where in watch.places if where.startswith("the log of")}
    assert "released" == report.outcome, report
    assert {"the log of httpx", "the log of httpcore.http11"} <= logged
    assert any(secret.startswith("CAIS") for secret in watch.secrets)
    assert [] == watch.leaks()


@pytest.mark.real_time
async def test_a_proxys_password_is_shown_by_nobody(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by the error of a proxy that refuses, nor by the log meanwhile."""
    watch.hide(PASSWORD)
    request = Request(method="GET", url="https://shop.example/", headers=())
    async with serving(always(answer(b"", "407 Proxy Authentication Required"))) as at:
        proxy = at.url.replace("://", f"://user:{PASSWORD}@")
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        async with open_client() as client:
            transport = HttpxTransport(client)
            with pytest.raises(EsaFlowsError) as caught:
                await transport.send(request)

            watch.failure(caught.value)
            watch.note("a transport", repr(transport))

    assert [] == watch.leaks()


async def test_a_secret_that_is_planted_is_found_wherever_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The net has no holes: file, name, log, span, traceback, wire."""
    (tmp_path / f"{VARIABLE}.js").write_text("")
    (tmp_path / "journal.db").write_bytes(b"\xff\x00" + VARIABLE.encode() + b"\x00")
    with watching(monkeypatch) as watch:
        watch.files(tmp_path)
        logging.getLogger("httpcore").debug("sent %s", VARIABLE)
        with spans.get_tracer("other").start_as_current_span(VARIABLE):
            pass

        planted = f"{VARIABLE}"
        with pytest.raises(ZeroDivisionError) as caught:
            _fail(planted)

        watch.failure(caught.value)

    places = {leak.partition(":")[0] for leak in watch.leaks()}
    assert {
        "a file's name",
        "journal.db",
        "the log of httpcore",
        "a span",
        "a traceback with locals",
        "a variable as rich shows it",
    } == places


def _fail(planted: str) -> float:
    return len(planted) / 0


async def test_secrets_are_learned_from_the_wire(watch: Watch) -> None:
    """Signatures, session tokens, forms and preview tokens, wherever they pass."""
    token = Response.of(200, json.dumps({"Token": "preview-0001"}).encode())
    form = {"OssPostConfig": {"Policy": "policy-0001", "callback": "callback-0001"}}
    request = Request(
        method="GET",
        url="http://h/?esa_er_token=preview-0002",
        headers=(
            ("authorization", f"ACS3 Signature={'0a' * 32}"),
            ("x-acs-security-token", "session-0001"),
        ),
    )

    watch.passed(request, token)
    watch.passed(request, Response.of(200, json.dumps([form]).encode()))
    watch.passed(request, Response.of(200, b"no JSON"))

    learned = {"preview-0001", "preview-0002", "policy-0001", "callback-0001"}
    assert learned | {"session-0001", "0a" * 32} <= watch.secrets
