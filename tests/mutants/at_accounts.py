"""Defences of rollouts over several accounts: who is asked, and who is left alone."""

from __future__ import annotations

from tests.mutants.defence import Defence

__all__ = ["DEFENCES"]

_TESTS = "tests/test_accounts.py"

DEFENCES: tuple[Defence, ...] = (
    Defence.never(
        "one account under two names is refused",
        "accounts.py",
        "key in seen",
        f"{_TESTS}::test_an_account_is_refused_before_anything_is_sent",
    ),
    Defence(
        "a credential that is gone refuses a resume before anything is touched",
        "accounts.py",
        "        _refuse(troubles)\n",
        "",
        f"{_TESTS}::test_a_credential_that_is_gone_refuses_a_resume_before_anything",
    ),
    Defence.never(
        "an account described in two ways is refused",
        "accounts.py",
        "known is not None",
        f"{_TESTS}::test_credentials_may_be_variables",
    ),
    Defence(
        "nothing new begins while an account is blocked",
        "fleet/course.py",
        "return self.is_over or bool(self.blocked)",
        "return self.is_over",
        f"{_TESTS}::test_an_account_without_money_holds_all_that_is_new",
    ),
    Defence(
        "what is under way in other accounts comes to its end",
        "fleet/children.py",
        "stops=not course.order.accounts",
        "stops=True",
        f"{_TESTS}::test_an_account_without_money_holds_all_that_is_new",
    ),
    Defence(
        "a fleet's way back goes on in the accounts beside a blocked one",
        "fleet/fallback.py",
        "stops = not doing.wanted.accounts",
        "stops = True",
        f"{_TESTS}::test_a_fleet_goes_back_where_an_account_answers",
    ),
    Defence(
        "a block does not end a fleet's way back",
        "fleet/fallback.py",
        "        refuse_blocked(doing.blocked)\n",
        "        pass\n",
        f"{_TESTS}::test_a_fleet_goes_back_where_an_account_answers",
    ),
    Defence.never(
        "a blocked account is asked no more on a fleet's way back",
        "fleet/fallback.py",
        "wanted.account in doing.blocked",
        f"{_TESTS}::test_a_blocked_account_is_asked_no_more_on_the_way_back",
    ),
    Defence(
        "a block ends no rollout",
        "fleet/rollout.py",
        "    course.refuse_blocked()\n",
        "",
        f"{_TESTS}::test_an_account_without_money_holds_all_that_is_new",
    ),
    Defence(
        "each account's own cap is kept for its way back",
        "rollouts.py",
        "self.accounts.at(account).cap.only",
        'self.accounts.at("").cap.only',
        f"{_TESTS}::test_the_way_back_has_the_cap_of_its_own_account",
    ),
    Defence(
        "no access key is taken from a rollout's file",
        "fleet/file_words.py",
        'path[:1] == ("accounts",) and ',
        "not path and ",
        "tests/fleet/test_file.py::test_an_account_that_cannot_be_is_refused",
    ),
)
"""What holds in rollouts over several accounts."""
