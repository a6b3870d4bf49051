"""Defences of gates: what is evidence, what is borne, what a program may know."""

from __future__ import annotations

from tests.mutants.defence import Defence

__all__ = ["DEFENCES"]

DEFENCES = (
    Defence.never(
        "a gate that fails takes the release back",
        "release/watch.py",
        "verdict is Verdict.FAIL or unsettled is Unsettled.FAIL",
        "tests/release/test_watch.py::test_a_bundle_that_answers_500_in_its_canary_is_rolled_back",
    ),
    Defence(
        "the gates of staging are read before production",
        "release/expose.py",
        "    await _watch_staging(ctx, release, journey, version, number)\n",
        "",
        "tests/release/test_watch.py::test_a_gate_in_staging_keeps_production_untouched",
    ),
    Defence(
        "gates of staging ask the edge once it can know the new version",
        "release/expose.py",
        "        await ctx.do(let_edge_catch_up, journey.routine, round=number)\n",
        "        pass\n",
        "tests/release/test_watch.py::test_gates_of_staging_wait_for_the_edge_where_nothing_else_does",
    ),
    Defence(
        "what was watched in staging still serves there",
        "release/expose.py",
        "    await _still_serves("
        'ctx, journey, wanted, key="watched:staging", number=number)\n',
        "",
        "tests/release/test_watch.py::test_somebody_on_staging_while_it_is_watched_is_a_conflict",
    ),
    Defence.never(
        "one bad reading more than is borne ends it",
        "gates/tally.py",
        "self.counts[Verdict.FAIL] > limits.failure_limit",
        "tests/gates/test_tally.py::test_readings_amount_to_a_verdict",
    ),
    Defence.never(
        "readings without evidence are not borne for ever",
        "gates/tally.py",
        "self._errors > limits.error_limit",
        "tests/gates/test_tally.py::test_readings_amount_to_a_verdict",
    ),
    Defence(
        "to pass, the last reading must be good",
        "gates/tally.py",
        "is_enough and latest is Verdict.PASS",
        "is_enough",
        "tests/gates/test_tally.py::test_readings_amount_to_a_verdict",
    ),
    Defence(
        "a share without a bake is read once more after a while",
        "gates/tally.py",
        "every if least else 0.0",
        "0.0",
        "tests/gates/test_tally.py::test_the_last_reading_is_at_the_end",
    ),
    Defence(
        "a gate's program gets no variable that it was not promised",
        "gates/command.py",
        "names = (*NEEDED, *check.env)",
        "names = (*environ,)",
        "tests/gates/test_command.py::test_a_program_gets_no_variable_that_it_was_not_promised",
    ),
    Defence(
        "a gate's program is killed with all it started",
        "gates/command.py",
        "os.killpg(process.pid, signal.SIGKILL)",
        "process.kill()",
        "tests/gates/test_command.py::test_one_that_hangs_is_killed_with_all_it_started",
    ),
    Defence(
        "a gate's function that raises is an error, and no more",
        "gates/functions.py",
        "except Exception as error:  # noqa: BLE001  whatever it raises is no verdict",
        "except ArithmeticError as error:",
        "tests/gates/test_functions.py::test_one_that_raises_is_an_error",
    ),
    Defence.never(
        "what a function gives is held to be a verdict",
        "gates/functions.py",
        "not isinstance(value, Reading) or not isinstance(value.verdict, Verdict)",
        "tests/gates/test_functions.py::test_what_it_answers_is_held_to_be_a_verdict",
    ),
    Defence(
        "a preview token goes to the routine's own record only",
        "gates/ask_edge.py",
        " and host == watched.record",
        "",
        "tests/gates/test_ask_edge.py::test_a_token_goes_to_no_other_host",
    ),
    Defence.never(
        "a token for Prometheus does not travel in the clear",
        "gates/prometheus_check.py",
        'self.token_env and parts.scheme == "http" and not _is_here(self.server)',
        "tests/gates/test_prometheus_check.py::test_wrong_words_are_named",
    ),
    Defence.never(
        "a series without a number tells nothing",
        "gates/prometheus.py",
        "not numbers or any(map(math.isnan, numbers))",
        "tests/gates/test_prometheus.py::test_numbers_are_held_against_their_bounds",
    ),
)
