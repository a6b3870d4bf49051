"""A rollout as a TOML file."""

from __future__ import annotations

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.fleet.account import Account, Variables
from esa_flows.fleet.amount import Amount
from esa_flows.fleet.file import read_fleet
from esa_flows.fleet.spec import FailureBudget, Member, OnExhausted, Rollout, Wave
from esa_flows.model import Canary
from esa_flows.model.freeze import Freeze
from esa_flows.notify import Webhook
from esa_flows.wire.site import Site

FILE = """
schema = 1

[defaults]
entry = "dist/worker.js"
canary = ["5:10m", "100"]
gates = ["errors", "slow"]

[limits]
concurrency = 8

[gates]
errors = "http:/health status<500 every=30s"

[gates.slow]
kind = "http"
path = "/"
status = "<400"
every = "5s"
at = "staging"

[[routine]]
name = "cart-*"
labels = { tier = "3" }
message = "by ${USER}, $${plain}"

[[routine]]
name = "pay"
entry = "pay.js"
assets = "public"
depends_on = ["auth"]
gates = []

[rollout]
name = "spring"
slow_start = true

[[rollout.wave]]
size = 1
bake = "30m"
approve = true

[[rollout.wave]]
upto = "10%"
labels = { tier = "3" }
select = "name:cart-*"
canary = "10,100"

[[rollout.wave]]
size = "rest"

[rollout.failures]
fleet = "2%"
wave = 1
on_exhausted = "rollback-all"

[[notify]]
url = "${env.HOOK}"
on = ["conflict"]
secret = "${env.HOOK_SECRET}"
headers = { X-Team = "${USER}" }

[[rollout.freeze]]
cron = "0 18 * * FRI"
duration = "62h"
timezone = "Asia/Shanghai"
reason = "weekend"
"""


def test_it_gives_the_same_as_python() -> None:
    """Paths are those of the file's folder; what a routine says wins."""
    errors = "name=errors http:/health"
    slow = "name=slow at=staging every=5s http:/ 'status<400'"
    canary = Canary.parse("5:10m,100")

    assert Rollout(
        members=[
            Member(
                "cart-*",
                "shop/dist/worker.js",
                canary=canary,
                labels={"tier": "3"},
                choices={"gates": (errors, slow), "message": "by ann, ${plain}"},
            ),
            Member(
                "pay",
                "shop/pay.js",
                canary=canary,
                depends_on=["auth"],
                choices={"gates": (), "assets": "shop/public"},
            ),
        ],
        waves=[
            Wave(1, bake="30m", approve=True),
            Wave(
                upto="10%",
                labels={"tier": "3"},
                select="name:cart-*",
                canary="10,100",
            ),
            Wave.rest(),
        ],
        budget=FailureBudget(fleet="2%", wave=1, on_exhausted=OnExhausted.ROLLBACK_ALL),
        concurrency=8,
        slow_start=True,
        freezes=[
            Freeze(
                cron="0 18 * * FRI",
                duration="62h",
                timezone="Asia/Shanghai",
                reason="weekend",
            )
        ],
        notify=[
            Webhook(
                url="${env.HOOK}",
                on=["conflict"],
                secret="${env.HOOK_SECRET}",
                headers={"X-Team": "${USER}"},
            )
        ],
        name="spring",
    ) == read_fleet(FILE, name="shop/fleet.toml", facts={"USER": "ann"})


def test_little_is_enough() -> None:
    """One wave, no failure tolerated."""
    found = read_fleet('[[routine]]\nname = "aa"\nentry = "w.js"\n')

    assert Rollout(members=[Member("aa", "w.js", canary=Canary())]) == found
    assert Amount(0) == found.budget.fleet


BAD = """
schema = 1
sizes = 3

[defaults]
entry = 5

[[routine]]
name = "cart"
canry = "10"

[[routine]]
name = "pay"
canary = "10"
probe = "yes"
message = "${NOPE}"

[[routine]]
entry = "x"
bind = "maybe"

[limits]
concurrency = "many"

[rollout]
slow = true

[[rollout.wave]]
size = "many"
bake = "soon"

[[rollout.wave]]
upto = true
canary = "Zhejiang,production"
select = 7

[rollout.failures]
mode = "lax"
fleet = 1.5
"""


def test_all_that_is_wrong_is_told_with_its_place() -> None:
    """Table, number and name, key; what is allowed; and a key that was meant."""
    with pytest.raises(InvalidInput) as caught:
        read_fleet(BAD)

    told = str(caught.value).split("\n  ")
    none = "is no number of routines: write 12, or"
    rest = 'As the size of a wave "rest" is all that are left.'
    assert "fleet.toml: 17 things are wrong:" == told[0]
    assert {
        "routine 2.message: ${NOPE} is not set.",
        "[defaults] entry: 5 is no text: put it in quotes.",
        "[[routine]] 2 (pay), probe: 'yes' is no yes or no: write true or false.",
        "[[routine]] 3, name: it is missing.",
        "[[routine]] 3, bind: 'maybe' is not allowed: use auto, on, fresh, off.",
        "[limits] concurrency: 'many' is no whole number.",
        f'[[rollout.wave]] 2, upto: True {none} "10%". {rest}',
        f"[[rollout.wave]] 1, size: 'many' {none} 10% of them. {rest}",
        "[[rollout.wave]] 2, select: 7 is no text: put it in quotes.",
        "[rollout.failures] mode: 'lax' is not allowed: use strict, soft.",
    } <= set(told)
    assert any("canry: there is no such key; did you mean canary?" in t for t in told)
    assert any("must end at 100" in line for line in told)
    assert any("wave]] 1, bake: 'soon' is not a duration" in line for line in told)
    assert any("sizes: there is no such key; Allowed: schema" in line for line in told)
    assert any("goes by shares" in line for line in told)


def test_a_typing_error_among_ten_thousand_routines_is_named() -> None:
    """With its number and name, and nothing else."""
    routines = [f'[[routine]]\nname = "r{n}"\nentry = "w.js"\n' for n in range(10_000)]
    routines[7_000] = routines[7_000].replace("entry", "entri")
    with pytest.raises(InvalidInput) as caught:
        read_fleet("".join(routines))

    assert "[[routine]] 7001 (r7000), entri" in str(caught.value)
    assert "\n" not in str(caught.value)


FROZEN = '[[routine]]\nname = "aa"\nentry = "x"\n[[rollout.freeze]]\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[", r"fleet\.toml is no TOML"),
        ("", r"fleet\.toml: \[\[routine\]\]: it is missing"),
        ("routine = []", "This rollout has no routine"),
        (
            '[[routine]]\nname = "aa"',
            r"1 \(aa\), entry: the path of its bundle is missing",
        ),
        ('schema = 2\n[[routine]]\nname = "aa"\nentry = "x"', "schema: 2 is not known"),
        (
            '[[routine]]\nname = "aa"\nentry = "x"\ngates = ["http"]',
            r"\[\[routine\]\] 1 \(aa\), gates: 'http' is no gate.* has: none",
        ),
        (
            'gates.no = 5\n[[routine]]\nname = "aa"\nentry = "x"',
            r"\[gates\] no: 5 is no gate: write a text, or a table of settings",
        ),
        (
            '[[routine]]\nname="aa"\nentry="x"\n[[rollout.wave]]\nsize=1\nupto=2',
            r"\[\[rollout.wave\]\] 1: A wave of 1 cannot also end at 2",
        ),
        ('[[routine]]\nname = "aa"\nentry = "x"\n' * 2, "Listed twice: aa"),
        (
            '[[routine]]\nname="aa"\nentry="x"\n[[notify]]\nurl="x"',
            r"\[\[notify\]\] 1: 'x' is no address of a webhook",
        ),
        (
            '[[routine]]\nname="aa"\nentry="x"\n[[notify]]\nurl="https://h/"\non=["x"]',
            r"\[\[notify\]\] 1, on, 1: 'x' is not allowed: use run.started",
        ),
        (f"{FROZEN}cron='x'", r"\[\[rollout.freeze\]\] 1, duration: it is missing"),
        (
            f"{FROZEN}cron='x'\nduration='1h'",
            r"\[\[rollout.freeze\]\] 1: 'x' is no cron expression",
        ),
        (
            f"{FROZEN}cron='0 0 * * *'\nduration='1d'",
            "These freeze windows never open",
        ),
        ("routine = 5", r"\[\[routine\]\]: its value is not"),
        ("routine = [5]", r"\[\[routine\]\] 1: "),
    ],
)
def test_what_makes_no_rollout_is_refused(text: str, sentence: str) -> None:
    """Before anything is read or sent."""
    with pytest.raises(InvalidInput, match=sentence):
        read_fleet(text)


def test_of_many_troubles_the_first_are_told() -> None:
    """Twenty, and how many more."""
    text = '[[routine]]\nname = "aa"\nbad = 1\n' * 25
    with pytest.raises(InvalidInput, match=r"and 5 more"):
        read_fleet(text)


def test_parts_that_make_no_sense_are_told_at_once() -> None:
    """Each routine, gate and wave; a gate that is wrong is told where it is written."""
    text = """
    schema = 2
    [gates.slow]
    kind = "soap"
    [[routine]]
    name = "aa"
    gates = ["slow"]
    [[routine]]
    name = "bb"
    entry = "w.js"
    gates = ["slow"]
    [[rollout.wave]]
    size = 0
    """
    with pytest.raises(InvalidInput) as caught:
        read_fleet(text)

    told = str(caught.value).split("\n  ")
    kinds = "http, command, python, prometheus"
    missing = "the path of its bundle is missing, here and in [defaults]"
    assert [
        "fleet.toml: 4 things are wrong:",
        "schema: 2 is not known; this program reads 1.",
        f"[gates] slow: Gate slow: kind 'soap' is none of {kinds}.",
        f"[[routine]] 1 (aa), entry: {missing}.",
        "[[rollout.wave]] 1: A wave of no routine releases nothing: leave it out.",
    ] == told


def test_a_routine_may_hold_a_gate_itself() -> None:
    """As it is written; only a name is looked for in `[gates]`."""
    found = read_fleet(
        '[[routine]]\nname = "aa"\nentry = "w.js"\ngates = ["http:/ every=5s"]'
    )

    assert {"gates": ("http:/ every=5s",)} == found.members[0].choices


ACCOUNTS = """
[defaults]
entry = "worker.js"
account = "eu"

[accounts.eu]
profile = "eu-production"
site = "intl"
calls_per_second = 50

[accounts.us]
credentials = { env = "US_" }

[[routine]]
name = "cart"

[[routine]]
name = "cart"
account = "us"
depends_on = ["eu/cart"]

[[rollout.wave]]
account = "eu"

[[rollout.wave]]
size = "rest"
"""


def test_routines_of_several_accounts() -> None:
    """Each says its account, or the defaults do; how it is reached stands apart."""
    found = read_fleet(ACCOUNTS)

    assert ("eu/cart", "us/cart") == tuple(each.id for each in found.members)
    assert ("eu", "") == tuple(wave.account for wave in found.waves)
    assert {
        "eu": Account(profile="eu-production", site=Site.INTL, calls_per_second=50),
        "us": Account(credentials=Variables(env="US_")),
    } == found.accounts


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            'profile = "eu-production"',
            'access_key_secret = "FakeSecretOfEu"',
            r"\[accounts.eu\] access_key_secret: no access key belongs in this file",
        ),
        ('env = "US_"', 'env = "US_", access_key_id = "LTAI5tFake"', "no access key"),
        ('env = "US_"', 'env = "LTAI 5t"', "not how an environment variable begins"),
        ('site = "intl"', 'site = "mars"', r"\[accounts.eu\] site: 'mars' is not all"),
        ("50", "0", "With 0 calls a second"),
        ("profile =", "profil =", r"\[accounts.eu\] profil: .* did you mean profile"),
        ('account = "us"', 'account = "uss"', "Not an account of this rollout: uss"),
        ("accounts.us", "accounts.US", "'US' is not a name for an account"),
        ("accounts.us", "accounts.wave", "Not an account of this rollout: us"),
    ],
)
def test_an_account_that_cannot_be_is_refused(
    old: str, new: str, sentence: str
) -> None:
    """With its place; what may be a secret is not shown."""
    with pytest.raises(InvalidInput, match=sentence) as caught:
        read_fleet(ACCOUNTS.replace(old, new))

    assert "FakeSecretOfEu" not in str(caught.value)


def test_a_rollout_may_want_fewer_calls_than_the_cap_allows() -> None:
    """None for as many; one at least."""
    limited = ACCOUNTS + "[limits]\ncalls_per_second = 40\n"

    assert (None, 40) == (
        read_fleet(ACCOUNTS).calls_per_second,
        read_fleet(limited).calls_per_second,
    )
    with pytest.raises(InvalidInput, match="With 0 calls a second nothing"):
        read_fleet(limited.replace("40", "0"))
