"""Defences on the wire: sizes, addresses, the cap, what an error means."""

from __future__ import annotations

from tests.mutants.defence import Defence

__all__ = ["DEFENCES"]

DEFENCES = (
    Defence.never(
        "an endless answer is dropped",
        "wire/body.py",
        "len(body) > most_bytes",
        "tests/wire/test_body.py::test_chunks_without_end_are_dropped_with_their_connection",
    ),
    Defence.never(
        "an answer that unpacks to too much is dropped",
        "wire/body.py",
        "len(whole) > most_bytes",
        "tests/wire/test_body.py::test_a_few_bytes_that_unpack_to_a_gigabyte_do_not",
    ),
    Defence(
        "an answer that says it is too long is not read",
        "wire/body.py",
        'if int(response.headers.get("content-length", "0")) <= most_bytes:',
        "if True:",
        "tests/wire/test_transport.py::test_an_answer_too_large_is_unknown_and_not_kept",
    ),
    Defence(
        "a redirect is not followed",
        "wire/transport.py",
        "follow_redirects=False",
        "follow_redirects=True",
        "tests/wire/test_transport.py::test_redirects_are_not_followed",
    ),
    Defence(
        "an error does not lead to signed headers",
        "wire/transport.py",
        "raise trouble(error, request.host) from None\n        finally",
        "raise trouble(error, request.host) from error\n        finally",
        "tests/wire/test_transport.py::test_no_secret_in_any_trouble",
    ),
    Defence(
        "an exchange has an end",
        "wire/transport.py",
        "with anyio.fail_after(request.timeout.total):",
        "with anyio.fail_after(None):",
        "tests/wire/test_transport.py::test_a_slow_drip_ends_with_the_whole_time",
    ),
    Defence.never(
        "a slot rests until it is ready",
        "wire/slots.py",
        "self.next_ready > now",
        "tests/wire/test_slots.py::test_all_are_ready_at_first",
    ),
    Defence(
        "a lost call's slot rests for its grace too",
        "wire/slots.py",
        "row.append(now + grace + self.period)",
        "row.append(now + self.period)",
        "tests/wire/test_slots.py::test_a_lost_call_frees_its_slot_after_the_grace_too",
    ),
    Defence(
        "a slot rests from the answer on, not from the send",
        "wire/slots.py",
        "row.append(now + grace + self.period)",
        "row.append(now + grace)",
        "tests/wire/test_slots.py::test_an_answer_frees_a_slot_one_period_later",
    ),
    Defence(
        "a call of unknown end keeps its slot longer",
        "wire/cap.py",
        "grace = self._grace if fate is Fate.UNKNOWN else 0.0",
        "grace = 0.0",
        "tests/wire/test_cap.py::test_a_slot_left_without_a_word_counts_as_unknown",
    ),
    Defence(
        "the permit is asked between the slot and the send",
        "wire/call.py",
        "            permit(call.verb)\n",
        "",
        "tests/wire/test_call.py::test_the_permit_is_asked_last_before_the_send",
    ),
    Defence(
        "nothing is changed while the site is being found",
        "wire/call.py",
        "if not call.verb.mutates:",
        "if True:",
        "tests/wire/test_call.py::test_a_change_is_never_sent_at_a_guess",
    ),
    Defence(
        "what the provider quotes of a credential is hidden",
        "wire/call.py",
        "message=credentials.redact(facts.message)",
        "message=facts.message",
        "tests/wire/test_canary.py::test_no_error_holds_a_secret",
    ),
    Defence(
        "a call is corrected only for what the provider states before it executes",
        "wire/correction.py",
        "return _CORRECTIONS.get(error.code)",
        "return _CORRECTIONS.get(error.code, Correction.TOKEN)",
        "tests/wire/test_correction.py::test_only_these_are_corrected",
    ),
    Defence(
        "a server's failure is unknown",
        "wire/classify.py",
        "return _UNKNOWN_ROW",
        "return _REFUSED_ROW",
        "tests/wire/test_classify.py::test_every_documented_code",
    ),
    Defence(
        "an answer that is not the provider's is unknown",
        "wire/classify.py",
        "return _NO_ANSWER_ROW",
        "return _REFUSED_ROW",
        "tests/wire/test_classify.py::test_every_documented_code",
    ),
    Defence(
        "too many calls is certainly not executed",
        "wire/classify.py",
        "        return _TOO_MANY_ROW\n",
        "        return _REFUSED_ROW\n",
        "tests/wire/test_classify.py::test_every_documented_code",
    ),
    Defence(
        "a text alone never says that a change was not executed",
        "wire/classify.py",
        "return row_for_text(facts.message, mutates=mutates)",
        "return row_for_text(facts.message, mutates=False)",
        "tests/wire/test_phrases.py::test_a_change_is_never_called_off_by_text_alone",
    ),
    Defence(
        "a wait the provider asks for has a bound",
        "wire/classify.py",
        "return min(asked / 1000, _LONGEST_WAIT)",
        "return asked / 1000",
        "tests/wire/test_classify.py::test_the_wait_the_provider_asks_for",
    ),
    Defence.never(
        "signed calls do not travel in the clear",
        "wire/site.py",
        'scheme == "http" and not local',
        "tests/wire/test_site.py::test_plain_http_to_another_machine_is_refused",
    ),
    Defence.never(
        "a secret is not fetched in the clear",
        "wire/uri.py",
        'parts.scheme == "http" and not _is_near(parts.hostname or "")',
        "tests/wire/test_uri.py::test_another_address_is_refused_and_not_shown",
    ),
    Defence(
        "the metadata service's first version is not used unasked",
        "wire/ecs.py",
        'if self._around.variable(_V1).lower() == "false":',
        "if True:",
        "tests/wire/test_ecs.py::test_without_a_token_version_1_is_not_used",
    ),
    Defence.never(
        "an answer that says one thing twice is none",
        "wire/reply.py",
        "len(members) != len(pairs)",
        "tests/wire/test_reply.py::test_only_a_json_object_is_an_object",
    ),
    Defence(
        "an id never passes through a float",
        "wire/reply.py",
        "body, parse_float=str, parse_constant=str,",
        "body, parse_constant=str,",
        "tests/wire/test_reply.py::test_only_a_json_object_is_an_object",
    ),
    Defence(
        "a stranger's text is one printable line",
        "wire/reply.py",
        'kept = (" " if unicodedata.category(c) in _UNSEEN else c for c in text)',
        "kept = iter(text)",
        "tests/wire/test_reply.py::test_a_strangers_text_cannot_move_the_cursor",
    ),
)
