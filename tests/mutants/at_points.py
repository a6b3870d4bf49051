"""Defences at points of failure: what was sent, clocks, tokens, schemas, signals."""

from __future__ import annotations

from tests.mutants.defence import Defence

__all__ = ["DEFENCES"]

DEFENCES = (
    Defence(
        "what broke before sending is surely not executed",
        "wire/trouble.py",
        "if is_one_of(error, *_BEFORE_SENDING):",
        "if not error:",
        "tests/wire/test_trouble.py::test_before_sending_it_is_surely_not_sent",
    ),
    Defence(
        "what broke after sending is unknown",
        "wire/trouble.py",
        "if is_one_of(error, *_BEFORE_SENDING):",
        "if error:",
        "tests/wire/test_trouble.py::test_after_sending_it_is_unknown",
    ),
    Defence(
        "a wrong clock is learned from the provider",
        "wire/call.py",
        "self._skew = self._skew if skew is None else skew",
        "pass",
        "tests/wire/test_call.py::test_a_wrong_clock_is_learned_and_the_call_signed_again",
    ),
    Defence(
        "each thing about a call is corrected once",
        "wire/call.py",
        "if correction is None or correction in corrected:",
        "if correction is None:",
        "tests/wire/test_call.py::test_the_clock_is_corrected_once",
    ),
    Defence(
        "without a date no clock is corrected",
        "wire/call.py",
        "return skew is not None",
        "return True",
        "tests/wire/test_call.py::test_without_a_date_the_clock_cannot_be_corrected",
    ),
    Defence(
        "many callers fetch credentials once",
        "wire/refresh.py",
        "            if self._held is not None and not self._due(self._held):\n"
        "                return self._held\n\n",
        "",
        "tests/wire/test_refresh.py::test_many_callers_fetch_once",
    ),
    Defence(
        "credentials that are valid survive a failed fetch",
        "wire/refresh.py",
        "if self._held is None or self._held.remaining(self._now()) <= 0:",
        "if True:",
        "tests/wire/test_refresh.py::test_valid_credentials_survive_a_failed_fetch",
    ),
    Defence(
        "credentials that have expired are never given",
        "wire/refresh.py",
        "if self._held is None or self._held.remaining(self._now()) <= 0:",
        "if self._held is None:",
        "tests/wire/test_refresh.py::test_expired_credentials_are_never_given",
    ),
    Defence(
        "credentials that were refused are dropped",
        "wire/refresh.py",
        "if self._held == refused:",
        "if self._held is None:",
        "tests/wire/test_refresh.py::test_refused_credentials_are_dropped",
    ),
    Defence.never(
        "a journal of a newer release is refused",
        "engine/journal_schema.py",
        "schema > SCHEMA",
        "tests/engine/test_journal_schema.py::test_a_newer_schema_is_refused",
    ),
    Defence.never(
        "another program's file is no journal",
        "engine/journal_schema.py",
        "ours != _OURS",
        "tests/engine/test_journal_schema.py::test_another_programs_file_is_refused_untouched",
    ),
    Defence(
        "a journal of an older release grows",
        "engine/journal_schema.py",
        "if is_new or (ours == _OURS and schema < SCHEMA):",
        "if is_new:",
        "tests/engine/test_journal_schema.py::test_an_older_schema_grows",
    ),
    Defence(
        "each commit of the journal is synced",
        "engine/journal_schema.py",
        '"synchronous = FULL"',
        '"synchronous = NORMAL"',
        "tests/engine/test_journal_sqlite.py::test_every_commit_is_synced",
    ),
    Defence(
        "a first signal lets the call under way finish",
        "cli/signals.py",
        "        desk.interrupted = number\n",
        "        leave(_BASE + number)\n",
        "tests/cli/test_signals.py::test_the_first_signal_cancels_the_command",
    ),
    Defence.never(
        "a second signal leaves at once",
        "cli/signals.py",
        "desk.interrupted",
        "tests/cli/test_signals.py::test_the_second_signal_leaves_at_once",
    ),
    Defence(
        "where too many must stay nothing is deleted",
        "release/room.py",
        "if len(plan.goes) >= len(world.versions) + room - quota:",
        "if True:",
        "tests/release/test_room.py::test_nothing_prunable_lists_every_version",
    ),
    Defence.never(
        "a version that somebody deletes before it serves is made again",
        "release/release.py",
        "not await versions.make_gone(ctx, journey, world, number=number)",
        "tests/release/test_remake.py::test_somebody_who_keeps_deleting_wins",
    ),
    Defence.never(
        "a routine is made only where that is wanted",
        "release/release.py",
        "not wanted.create",
        "tests/release/test_release.py::test_a_routine_is_never_created_unasked",
    ),
    Defence(
        "a lost commit is found by its tag",
        "steps/commit.py",
        "    if not mine:\n        return NotHappened()\n",
        "    if True:\n        return NotHappened()\n",
        "tests/steps/test_commit.py::test_a_lost_commit_is_found_by_its_tag",
    ),
    Defence.never(
        "a version that was thrown away is not committed",
        "steps/commit.py",
        "version in stage.refused",
        "tests/steps/test_commit.py::test_a_version_that_was_thrown_away_is_not_taken_again",
    ),
    Defence(
        "an empty version of a lost form is waited for",
        "steps/request_slot.py",
        "return NotHappened(is_final=len(mine) >= intent.attempts)",
        "return NotHappened(is_final=True)",
        "tests/steps/test_request_slot.py::test_one_that_shows_late_is_waited_for",
    ),
    Defence(
        "of a lost form the version that has its code is used",
        "steps/request_slot.py",
        "        if await _holds(cloud, stage, version):\n"
        "            return Happened(Slotted(stage=stage))\n",
        "        del version\n",
        "tests/steps/test_request_slot.py::test_one_that_got_its_code_is_used",
    ),
    Defence(
        "what was refused was never asked for",
        "release/journey.py",
        "        self.asked[environment].pop()\n",
        "",
        "tests/release/test_journey.py::test_what_was_refused_was_never_asked",
    ),
)
