"""Who may come in: keys, sites, clocks, nonces, tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from esa_flows.localcloud import KEY, AccessKey

from .desk import START, Desk, code_of, desk

STS = AccessKey(
    id="STS.NFakeKey01",
    secret="FakeStsSecret01",
    token="CAISFakeToken==",
    expires=START + timedelta(hours=1),
)


def with_sts(token: str = "CAISFakeToken==") -> tuple[Desk, str]:
    """Call with a temporary key and return the desk and the answer's code."""
    made = desk()
    made.cloud.console.add_key(STS)
    bare = made.unsigned(
        "GetErService", {}, x_acs_security_token=token, x_acs_accesskey_id=STS.id
    )
    return made, code_of(made.cloud.handle(made.sign(bare, STS)))


def test_a_signed_call_comes_in() -> None:
    """The seeded key is known."""
    assert desk().ask("GetErService")["Status"] == "Running"


def test_a_wrong_secret_does_not_match() -> None:
    """The key id alone opens nothing."""
    made = desk()
    made.key = evolve(KEY, secret="FakeSecretOfSomebodyElse")

    assert made.code("GetErService") == "SignatureDoesNotMatch"


def test_an_unknown_key_is_not_found() -> None:
    """An unknown key id has HTTP status 404."""
    made = desk()
    made.key = evolve(KEY, id="LTAI5tFakeKeyId0009")
    reply = made.reply("GetErService")

    assert (reply.status, code_of(reply)) == (404, "InvalidAccessKeyId.NotFound")


def test_a_disabled_key_is_inactive() -> None:
    """A key can be switched off."""
    made = desk()
    made.cloud.console.add_key(evolve(KEY, active=False))

    assert made.code("GetErService") == "InvalidAccessKeyId.Inactive"


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("esa.cn-hangzhou.aliyuncs.com", "InvalidAccessKeyId.NotFound"),
        ("esa.ap-southeast-1.aliyuncs.com", ""),
        ("127.0.0.1:8080", "InvalidAccessKeyId.NotFound"),
    ],
)
def test_a_site_rejects_the_accounts_of_the_other(host: str, code: str) -> None:
    """The host names the site; where it names none, the switch does."""
    made = desk()
    made.cloud.console.add_key(evolve(KEY, site="intl"))
    request = made.sign(made.unsigned("GetErService", {}, host=host))

    assert code_of(made.cloud.handle(request)) == code


@pytest.mark.parametrize("seconds", [-901, 901])
def test_a_request_too_old_or_too_new_is_expired(seconds: float) -> None:
    """Fifteen minutes of skew are accepted in either direction, not more."""
    made = desk()
    late = made.request("GetErService")
    fine = made.request("GetErService")
    made.seconds = seconds

    assert code_of(made.cloud.handle(late)) == "InvalidTimeStamp.Expired"

    made.seconds = 900 if seconds > 0 else -900

    assert code_of(made.cloud.handle(fine)) == ""


def test_a_date_in_another_format_is_refused() -> None:
    """Only whole seconds of UTC are dates here."""
    made = desk()
    bare = made.unsigned("GetErService", {}, x_acs_date="Fri, 02 Jan 2026")

    assert code_of(made.cloud.handle(made.sign(bare))) == "InvalidTimeStamp.Format"


def test_a_nonce_is_good_once() -> None:
    """The same signed request a second time is a replay."""
    made = desk()
    request = made.request("GetErService")
    made.cloud.handle(request)

    assert code_of(made.cloud.handle(request)) == "SignatureNonceUsed"


def test_a_nonce_is_forgotten_after_its_life() -> None:
    """A quarter of an hour later the nonce may come again."""
    made = desk()
    bare = made.unsigned("GetErService", {}, x_acs_signature_nonce="again")
    made.cloud.handle(made.sign(bare))
    made.seconds = 900.0
    bare = made.unsigned("GetErService", {}, x_acs_signature_nonce="again")

    assert code_of(made.cloud.handle(made.sign(bare))) == ""


def test_a_wrong_signature_burns_no_nonce() -> None:
    """Nobody can spoil another's nonce without the secret."""
    made = desk()
    request = made.request("GetErService")
    made.cloud.handle(evolve(request, method="GET"))

    assert code_of(made.cloud.handle(request)) == ""


def test_a_temporary_key_comes_in_with_its_token() -> None:
    """Key and token together are an identity."""
    assert with_sts()[1] == ""


def test_a_temporary_key_needs_its_own_token() -> None:
    """Another token is not accepted."""
    assert with_sts("CAISOther")[1] == "InvalidSecurityToken.MismatchWithAccessKey"


def test_a_lasting_key_takes_no_token() -> None:
    """A token beside a key that has none is malformed."""
    made = desk()
    bare = made.unsigned("GetErService", {}, x_acs_security_token="CAISFakeToken==")

    assert code_of(made.cloud.handle(made.sign(bare))) == (
        "InvalidSecurityToken.Malformed"
    )


def test_a_token_expires() -> None:
    """After its hour the temporary key is refused."""
    made, _ = with_sts()
    made.seconds = 3600
    bare = made.unsigned("GetErService", {}, x_acs_security_token=STS.token or "")

    assert code_of(made.cloud.handle(made.sign(bare, STS))) == (
        "InvalidSecurityToken.Expired"
    )


def test_keys_hide_their_secrets() -> None:
    """No repr shows a secret or a token."""
    assert "FakeSts" not in repr(STS)
    assert "CAIS" not in repr(STS)


def test_dcdn_knows_the_keys_of_both_sites() -> None:
    """It has one endpoint, which no region is part of."""
    made = desk()
    made.key = evolve(KEY, id="LTAI5tOtherSite", site="intl")
    made.cloud.console.add_key(made.key)

    assert made.dcdn("DescribeRoutineSpec")["Content"]["Specs"] != []
    assert made.code("GetErService") == "InvalidAccessKeyId.NotFound"
