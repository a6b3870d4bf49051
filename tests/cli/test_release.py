"""The release command: what it says, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import anyio
import httpx
import pytest
from tests.cli.office import COMMIT, Office, bundle
from tests.house import BROKEN, OLD

from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import JournalTooNew
from esa_flows.localcloud import Fault, Switches
from esa_flows.wire.credentials import Credentials, Static
from esa_flows.wire.transport import Request, Response
from esa_flows.wire.trouble import trouble

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block

KEY = "LTAI5tFakeKeyId0001"


async def test_a_release_says_what_it_did(tmp_path: Path) -> None:
    """Progress goes to standard error, the end to standard output; the code is 0."""
    office = Office()
    office.live()

    done = await office.run(
        "release", "shop", bundle(tmp_path), "--canary", "10:5m,100"
    )

    version = office.versions()[-1]
    old = office.versions()[0]
    assert 0 == done.code
    assert f"shop: released, version {version} (run " in done.out
    assert f"  production  {version} 100 %\n  before      {old} 100 %\n" in done.out
    assert "  roll back   esa-flows rollback shop\n" in done.out
    assert "bake at 10 %: 5m 00s, until 12:05:0" in done.err
    assert f"commit the version: version {version} (" in done.err


async def test_a_gate_that_fails_takes_it_back(tmp_path: Path) -> None:
    """The reading is told as it is had, and the reason at the end; the code is 10."""
    office = Office()
    old = office.live()

    done = await office.run(
        "release",
        "shop",
        bundle(tmp_path, BROKEN),
        "--no-probe",
        "--canary",
        "10:5m,100",
        "--gate",
        "http:/health at=production status<500",
        "--gate",
        "http:/ at=staging status=500 name=first",
    )

    assert 10 == done.code
    assert "gate first in staging (1): pass: " in done.err
    assert "gate health at 10 % (1): fail: " in done.err
    assert "Gate health did not pass in production at 10 % (fail, read once)" in (
        " ".join(done.err.split())
    )
    assert {old: 100} == office.serves()


async def test_a_wrong_gate_is_refused_before_anything(tmp_path: Path) -> None:
    """With the word that is wrong, and an example."""
    office = Office()
    office.live()

    done = await office.run(
        "release", "shop", bundle(tmp_path), "--gate", "http:/health fast"
    )

    assert 2 == done.code
    assert "'fast' in gate 'http:/health fast' is no setting" in done.err
    assert [] == office.transport.calls


async def test_the_commit_is_found_and_the_message_kept(tmp_path: Path) -> None:
    """The version says from which commit it was built, and what people wrote."""
    office = Office()
    office.live()

    await office.run("release", "shop", bundle(tmp_path), "--message", "hello")

    done = await office.run("versions", "list", "shop", "--json")
    newest = done.json["versions"][0]
    assert ("hello", COMMIT[:7]) == (newest["text"], newest["tag"]["commit"])


async def test_json_is_one_object_on_standard_output(tmp_path: Path) -> None:
    """Everything else is on standard error."""
    office = Office()
    old = office.live()

    done = await office.run("release", "shop", bundle(tmp_path), "--json")

    new = office.versions()[-1]
    told = json.loads(done.out)
    assert 1 == done.out.count("\n")
    assert ("released", new, 0, None) == tuple(
        told[key] for key in ("outcome", "version", "exit_code", "error")
    )
    assert {old: 100} == told["before"]
    assert {new: 100} == told["production"] == told["staging"]
    assert "shop: released" in done.err


async def test_the_environment_asks_for_json_too(tmp_path: Path) -> None:
    """A flag can be a variable."""
    office = Office()
    office.live()

    done = await office.run(
        "release", "shop", bundle(tmp_path), environ={"ESA_FLOWS_JSON": "1"}
    )

    assert "released" == done.json["outcome"]


async def test_what_serves_already_is_left_alone(tmp_path: Path) -> None:
    """A release of what serves is a success that changes nothing."""
    office = Office()
    office.live(code=OLD)

    done = await office.run("release", "shop", bundle(tmp_path, OLD))

    assert 0 == done.code
    assert "shop: unchanged" in done.out
    assert {} == office.changes


async def test_staging_alone(tmp_path: Path) -> None:
    """With --to staging production is not touched."""
    office = Office()
    old = office.live()

    done = await office.run("release", "shop", bundle(tmp_path), "--to", "staging")

    assert 0 == done.code
    assert {old: 100} == office.serves()
    assert {office.versions()[-1]: 100} == office.serves(env="staging")


async def test_a_bound_release_says_what_it_makes_for_whom(tmp_path: Path) -> None:
    """Steps name the environment, and the end tells of two versions."""
    office = Office()
    office.live()
    office.cloud.console.set_variable("shop", "staging", "DEBUG", "fake-value")

    done = await office.run("release", "shop", bundle(tmp_path), "--bind", "on")

    staged, made = office.bound()
    assert 0 == done.code
    assert "look which variables there are: 1 in staging, 0 in production (" in done.err
    assert f"commit the version for staging: version {staged} (" in done.err
    assert f"commit the version for production: version {made} (" in done.err
    assert "look again before production: serves " in done.err
    assert f"  production  {made} 100 %\n" in done.out
    assert f"  staging     {staged} 100 %\n" in done.out
    assert "note        Only staging of shop has DEBUG.\n" in done.out
    assert "note        Staging and production serve the same code in two" in done.out
    assert "fake-value" not in done.out + done.err


async def test_a_word_about_variables_that_means_nothing(tmp_path: Path) -> None:
    """The words that do are named."""
    office = Office()
    office.live()

    done = await office.run("release", "shop", bundle(tmp_path), "--bind", "yes")

    assert 2 == done.code
    assert "fresh" in done.err
    assert {} == office.changes


async def test_a_new_routine(tmp_path: Path) -> None:
    """With --create a routine that is not there is made."""
    office = Office()

    done = await office.run("release", "shop", bundle(tmp_path), "--create")

    assert 0 == done.code
    assert "create the routine: shop" in done.err
    assert {office.versions()[-1]: 100} == office.serves()


async def test_a_release_joins_the_unfinished_run_and_says_so(tmp_path: Path) -> None:
    """The same content again goes on with what is unfinished."""
    office = Office()
    office.live()
    file = bundle(tmp_path)
    with anyio.move_on_after(60):
        await office.run("release", "shop", file, "--canary", "10:5m,100")

    done = await office.run("release", "shop", file)

    assert 0 == done.code
    assert "This joins the unfinished run " in done.err
    assert {office.versions()[-1]: 100} == office.serves()


async def test_other_content_does_not_join(tmp_path: Path) -> None:
    """An unfinished run with other content is named, with the ways out."""
    office = Office()
    old = office.live()
    with anyio.move_on_after(60):
        await office.run("release", "shop", bundle(tmp_path), "--canary", "10:5m,100")
    before = office.serves()

    done = await office.run("release", "shop", bundle(tmp_path, OLD + b"//"))

    assert 15 == done.code
    assert "error shop has an unfinished run " in done.err
    assert "esa-flows resume " in done.err
    assert before == office.serves()
    assert {old} < set(before)


async def test_a_run_that_has_ended_is_only_told(tmp_path: Path) -> None:
    """An idempotency key of one's own gives the same end again."""
    office = Office()
    office.live()
    file = bundle(tmp_path)
    await office.run("release", "shop", file, "--run-id", "mine0001")
    before = office.changes

    done = await office.run("release", "shop", file, "--run-id", "mine0001")

    assert 0 == done.code
    assert "Run mine0001 had ended before; nothing was done now." in done.err
    assert before == office.changes


async def test_a_gate_that_fails(tmp_path: Path) -> None:
    """A routine that answers 500 in staging never reaches production: code 10."""
    office = Office()
    old = office.live()
    office.cloud.inject(Fault(operation="edge", kind="error", times=99))

    done = await office.run("release", "shop", bundle(tmp_path))

    assert 10 == done.code
    assert "error shop: failed." in done.err
    assert {old: 100} == office.serves()


# --- what cannot be used: one sentence, code 2, and nothing sent ---------------------


def _missing(folder: Path) -> str:
    return str(folder / "none.js")


def _empty(folder: Path) -> str:
    return bundle(folder, b"")


def _folder(folder: Path) -> str:
    return str(folder)


def _large(folder: Path) -> str:
    return bundle(folder, b"//" + b"x" * 5_000_000)


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (_missing, "error There is no file "),
        (_empty, " is empty."),
        (_folder, " is not a file but a folder or a device."),
        (_large, " has 5,000,002 bytes; the provider takes less than 5,000,000."),
    ],
)
async def test_a_file_that_is_no_bundle(
    file: object, sentence: str, tmp_path: Path
) -> None:
    """A bundle that cannot be released is refused before anything is sent."""
    office = Office()
    assert callable(file)

    done = await office.run("release", "shop", file(tmp_path))

    assert 2 == done.code
    assert sentence in done.err
    assert "next " in done.err or "empty" in sentence
    assert {} == dict(office.cloud.report().calls)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("Shop", "FILE"), "'Shop' is not a routine name"),
        (("shop", "FILE", "--canary", "50,10,100"), "The shares of a canary must rise"),
        (("shop", "FILE", "--canary", "10:5m,50"), "A canary must end at 100"),
        (("shop", "FILE", "--canary", "ten"), "'ten' is not a canary stage"),
        (("shop", "FILE", "--canary", "0,100"), "0 % is not a share"),
        (("shop", "FILE", "--canary", "10:soon,100"), "'soon' is not a duration"),
        (("shop", "FILE", "--to", "moon"), "'moon' is no environment"),
        (("shop", "FILE", "--protect", "v1"), "'v1' is not a version id"),
        (("shop", "FILE", "--version-quota", "1"), "leaves no room for a release"),
        (("shop", "FILE", "--version-quota", "x"), "'x' is not a whole number"),
        (("shop", "FILE", "--site", "mars"), "'mars' is no site: use cn or intl."),
        (("shop", "FILE", "--endpoint", "http://a.example"), "in the clear"),
        (("shop",), "parameter FILE requires an argument"),
        (("shop", "FILE", "--canarry", "1"), "Unknown option: --canarry"),
    ],
)
async def test_arguments_that_cannot_be_used(
    arguments: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    """A wrong argument is told by its own name, and nothing is sent."""
    office = Office()
    file = bundle(tmp_path)
    given = [file if argument == "FILE" else argument for argument in arguments]

    done = await office.run("release", *given)

    assert 2 == done.code
    assert sentence in done.err
    assert {} == dict(office.cloud.report().calls)


async def test_a_variable_that_cannot_be_used(tmp_path: Path) -> None:
    """A wrong variable is named."""
    office = Office()

    done = await office.run(
        "release", "shop", bundle(tmp_path), environ={"ESA_FLOWS_SITE": "mars"}
    )

    assert 2 == done.code
    assert "error ESA_FLOWS_SITE: 'mars' is no site" in done.err


async def test_a_file_over_the_form_s_own_limit(tmp_path: Path) -> None:
    """A form that takes less than we believe stops the release; nothing is uploaded."""
    office = Office(switches=Switches(policy_max_size=100))
    old = office.live()

    done = await office.run("release", "shop", bundle(tmp_path, b"//" + b"x" * 200))

    assert done.code in {2, 10}
    assert "The code has 202 bytes; the provider takes" in done.err
    assert {old: 100} == office.serves()
    assert (old,) == office.versions()


async def test_no_credentials(tmp_path: Path) -> None:
    """Without an access key everything that was tried is listed."""
    office = Office()

    done = await office.run("release", "shop", bundle(tmp_path), credentials=None)

    assert 2 == done.code
    assert "error No credentials were found. Tried, in this order:" in done.err
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in done.err
    assert {} == dict(office.cloud.report().calls)


# --- what the provider refuses: code 10, production as it was -----------------------


@pytest.mark.parametrize(
    ("key", "secret", "sentence"),
    [
        (
            KEY,
            "FakeSecret0000001",
            "The access key that signed GetRoutine is not known",
        ),
        (
            "LTAI5tLocalCloudKey01",
            "FakeSecret0000001",
            "the access key secret is wrong",
        ),
    ],
)
async def test_wrong_credentials(
    key: str, secret: str, sentence: str, tmp_path: Path
) -> None:
    """A wrong key and a wrong secret are told apart; the secret is never shown."""
    office = Office()
    office.live()
    wrong = Static(Credentials(access_key_id=key, access_key_secret=secret))

    done = await office.run("release", "shop", bundle(tmp_path), credentials=wrong)

    assert 10 == done.code
    assert sentence in done.err
    assert "next " in done.err
    assert secret not in done.err + done.out
    assert {} == office.changes


async def test_a_denied_read(tmp_path: Path) -> None:
    """A missing right is named, with the policy to attach."""
    office = Office(switches=Switches(denied={"esa:GetRoutine"}))
    office.live()

    done = await office.run("release", "shop", bundle(tmp_path))

    assert 10 == done.code
    assert '"Action": ["esa:GetRoutine"]' in done.err
    assert {} == office.changes


async def test_a_denied_change_leaves_production_as_it_was(tmp_path: Path) -> None:
    """A right that is missing half-way pauses the run; it goes on once it is given."""
    office = Office(switches=Switches(denied={"esa:CreateRoutineCodeDeployment"}))
    old = office.live()

    done = await office.run("release", "shop", bundle(tmp_path))

    assert 13 == done.code
    assert '"Action": ["esa:CreateRoutineCodeDeployment"]' in done.err
    assert "esa-flows resume " in done.err
    assert {old: 100} == office.serves()


async def test_an_unknown_routine(tmp_path: Path) -> None:
    """A routine that is not there is not made without being asked."""
    office = Office()

    done = await office.run("release", "shop", bundle(tmp_path))

    assert 10 == done.code
    assert "code RoutineNotExist" in done.err
    assert "or create the routine with --create" in done.err
    assert {} == office.changes


async def test_no_route_to_the_endpoint(tmp_path: Path) -> None:
    """An endpoint where nobody listens is named after patience has ended."""
    office = Office()

    done = await office.run(
        "release", "shop", bundle(tmp_path), "--endpoint", "127.0.0.1:9"
    )

    assert 10 == done.code
    assert "error shop: failed. 127.0.0.1:9 (or the proxy" in done.err
    assert "refused the connection" in done.err
    assert {} == dict(office.cloud.report().calls)


@pytest.mark.parametrize(
    ("why", "sentence"),
    [
        ("407 Proxy Authentication Required", "wants a login (407)"),
        ("403 Forbidden", "refused to connect to it"),
    ],
)
async def test_a_proxy_that_refuses(why: str, sentence: str, tmp_path: Path) -> None:
    """A proxy's refusal is told as one, with what to set."""

    class Behind:
        """A transport behind a proxy."""

        async def send(self, request: Request) -> Response:
            """Be refused by the proxy."""
            raise trouble(httpx.ProxyError(why), request.host)

    done = await Office().run("release", "shop", bundle(tmp_path), transport=Behind())

    assert 10 == done.code
    assert f"error shop: failed. The proxy in front of 127.0.0.1:8080 {sentence}" in (
        done.err
    )
    assert "NO_PROXY" in done.err


async def test_a_quota_smaller_than_believed(tmp_path: Path) -> None:
    """A release finds out the true quota, makes room under it and tells."""
    office = Office(switches=Switches(version_quota=5))
    office.live(versions=5)

    done = await office.run("release", "shop", bundle(tmp_path))

    assert 0 == done.code
    assert "  note        The plan allows 5 versions of a routine, not 10" in done.out
    assert "delete a version to make room" in done.err


async def test_somebody_else_deploys(tmp_path: Path) -> None:
    """A deployment by somebody else is a conflict; theirs stays."""
    office = Office()
    old = office.live()
    other = office.cloud.console.add_version("shop", b"//theirs", "theirs")
    file = bundle(tmp_path)
    found = []

    async def release() -> None:
        """Release, beside the test."""
        found.append(await office.run("release", "shop", file, "--canary", "10:5m,100"))

    async with anyio.create_task_group() as group:
        group.start_soon(release)
        await anyio.sleep(60)
        office.cloud.console.deploy("shop", "production", {other: 100})

    assert 14 == found[0].code
    assert "Somebody else deployed meanwhile" in found[0].err
    assert {other: 100} == office.serves()
    assert old != other


async def test_a_journal_from_a_newer_release(tmp_path: Path) -> None:
    """A journal that this release cannot read stops everything before it begins."""

    class Newer(MemoryJournal):
        """A journal with a newer schema."""

        async def list(self, **_: object) -> tuple[()]:
            """Refuse."""
            raise JournalTooNew("It has schema 9.", next_move="Update.")

    office = Office(journal=Newer())

    done = await office.run("release", "shop", bundle(tmp_path))

    assert 2 == done.code
    assert "error It has schema 9.\nnext  Update." in done.err
    assert {} == dict(office.cloud.report().calls)


async def test_texts_of_the_provider_steer_nothing(tmp_path: Path) -> None:
    """What the provider says is shown, not obeyed: no escapes, no markup, no orders."""
    office = Office()
    evil = Fault(
        operation="GetRoutine", kind="refuse", code="Evil\x1b[2J[red]Code", times=9
    )
    office.cloud.inject(evil)

    done = await office.run(
        "release", "shop", bundle(tmp_path), environ={"GITHUB_ACTIONS": "true"}
    )

    assert "\x1b" not in done.err + done.out
    assert "[red]Code" in done.err


async def test_a_folder_is_released_with_its_assets(tmp_path: Path) -> None:
    """index.js beside assets/: both are released, and unknown paths have an answer."""
    office = Office()
    office.live()
    bundle(tmp_path, name="index.js")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index.html").write_text("<h1>shop</h1>")

    done = await office.run("release", "shop", str(tmp_path), "--not-found", "spa")

    (version,) = office.serves()
    held = office.cloud.console.routine("shop").versions[version]
    assert 0 == done.code
    assert "allocate a version for the package" in done.err
    assert "cannot be read back" in done.out
    assert {"index.html"} == set(held.assets)
    assert "SinglePageApplication" == held.not_found


async def test_the_wrong_site(tmp_path: Path) -> None:
    """A key of the other site is not known here; the sentence says where it went."""
    office = Office(switches=Switches(site="intl"))

    done = await office.run("release", "shop", bundle(tmp_path))

    assert done.code == 10
    assert "127.0.0.1:8080" in done.err
    assert "It may belong to the other site (cn or intl)." in done.err
    assert set(office.cloud.report().calls) == {"GetRoutine"}
    assert () == office.cloud.report().violations
