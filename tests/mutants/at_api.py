"""Defences around upload forms, answers and gates."""

from __future__ import annotations

from tests.mutants.defence import Defence

__all__ = ["DEFENCES"]

DEFENCES = (
    Defence.never(
        "a form goes only to a bucket of the store",
        "api/slot.py",
        "not self._allows(host)",
        "tests/api/test_slot.py::test_other_hosts_are_refused",
    ),
    Defence.never(
        "an address with more than host and path gets no form",
        "api/slot.py",
        '"@" in parts.netloc or parts.query or parts.fragment',
        "tests/api/test_slot.py::test_odd_addresses_are_refused",
    ),
    Defence.never(
        "a form goes only to the root and usual port",
        "api/slot.py",
        'port not in {None, _HTTPS_PORT} or parts.path not in {"", "/"}',
        "tests/api/test_slot.py::test_odd_addresses_are_refused",
    ),
    Defence(
        "a form goes to loopback only from a client on loopback",
        "api/slot.py",
        "if self.allow_loopback and is_loopback(parts.hostname):",
        "if is_loopback(parts.hostname):",
        "tests/api/test_slot.py::test_other_hosts_are_refused",
    ),
    Defence(
        "a form goes over TLS",
        "api/slot.py",
        'return f"https://{host}/"',
        "return parts.geturl()",
        "tests/api/test_slot.py::test_javascript_form_is_read",
    ),
    Defence.never(
        "a form's policy is for its own key",
        "api/slot.py",
        'policy.key not in {None, fields["key"]}',
        "tests/api/test_slot.py::test_policy_for_another_key_is_refused",
    ),
    Defence(
        "every value of a form but the key is hidden",
        "api/slot.py",
        'return text if name == "key" or not text else Secret(text)',
        "return text",
        "tests/api/test_slot.py::test_unknown_fields_are_forwarded_and_hidden",
    ),
    Defence.never(
        "a form lacks nothing that it needs",
        "api/slot.py",
        "missing",
        "tests/api/test_slot.py::test_missing_fields_are_named",
    ),
    Defence.never(
        "a field stands once in a form and is no file",
        "api/slot.py",
        'name in seen or name.lower() == "file" or not _FIELD_NAME.fullmatch(name)',
        "tests/api/test_slot.py::test_fields_that_no_form_can_have_are_refused",
    ),
    Defence.never(
        "a form that ends within a minute is not used",
        "api/cloud.py",
        "self.expires_at is not None and self.expires_at - now < SLOT_MARGIN",
        "tests/api/test_cloud.py::test_slot_with_a_minute_left_may_be_used",
    ),
    Defence.never(
        "code of a size that a form does not take is not sent",
        "api/cloud.py",
        "size < least or (most is not None and size > most)",
        "tests/api/test_cloud.py::test_code_must_fit_the_slot",
    ),
    Defence(
        "a form cannot be copied or stored",
        "api/cloud.py",
        '        raise Misuse(f"{self!r} cannot be copied or stored: ask for a new one instead.")',
        "        return object.__reduce_ex__(self, 2)",
        "tests/api/test_cloud.py::test_slot_cannot_be_pickled_or_copied",
    ),
    Defence.never(
        "stored is not told: status 203 is a failure",
        "api/oss.py",
        "facts.status == _CALLBACK_FAILED",
        "tests/api/test_oss.py::test_other_answers",
    ),
    Defence(
        "what the store quotes of a form is hidden",
        "api/oss.py",
        "message=redacted(facts.message, secrets)",
        "message=facts.message",
        "tests/api/test_oss.py::test_secrets_of_the_form_are_taken_out_of_the_stores_message",
    ),
    Defence(
        "a reply of the store that explains nothing is unknown",
        "api/oss.py",
        "return _REFUSED if final else _UNKNOWN",
        "return _REFUSED",
        "tests/api/test_oss.py::test_other_answers",
    ),
    Defence.never(
        "an answer about another version is none",
        "api/esa.py",
        "found.id != version",
        "tests/api/test_esa.py::test_info_must_be_about_the_version_asked_for",
    ),
    Defence(
        "an upload's margin is counted by the provider's clock",
        "api/provider.py",
        "slot.check(blob.size, self._now() + self._caller.skew)",
        "slot.check(blob.size, self._now())",
        "tests/api/test_esa.py::test_a_forms_margin_is_counted_by_the_providers_clock",
    ),
    Defence(
        "an upload asks for its permit",
        "api/provider.py",
        "            self._permit(Op.POST)\n",
        "",
        "tests/api/test_esa.py::test_nothing_is_sent_without_a_permit",
    ),
    Defence(
        "uploads have a limit of their own",
        "api/provider.py",
        "async with self._uploads:",
        "if self._uploads:",
        "tests/api/test_provider.py::test_uploads_have_a_limit_of_their_own",
    ),
    Defence(
        "a change at DCDN is never judged by a text alone",
        "api/dcdn_doubt.py",
        "return error.code == GENERAL_ERROR",
        "return False",
        "tests/api/test_dcdn_doubt.py::test_only_the_one_code_is_doubtful",
    ),
    Defence(
        "a gate that is closed is no evidence",
        "gates/expect.py",
        "return Verdict.INCONCLUSIVE\n\n        good",
        "return Verdict.PASS\n\n        good",
        "tests/gates/test_looks.py::test_looks_at_all_the_traffic",
    ),
    Defence(
        "one bad answer alone is no verdict",
        "gates/looks.py",
        "CONFIRM = 2",
        "CONFIRM = 1",
        "tests/gates/test_looks.py::test_looks_at_all_the_traffic",
    ),
    Defence(
        "no answer is no good answer",
        "gates/expect.py",
        "return Verdict.ERROR\n\n        if status ==",
        "return Verdict.PASS\n\n        if status ==",
        "tests/gates/test_looks.py::test_looks_without_an_answer_do_not_count_as_good",
    ),
    Defence.never(
        "a form's boundary stands in no field",
        "api/oss.py",
        "not boundary or any(boundary in _revealed(value) for _, value in slot.fields)",
        "tests/api/test_oss.py::test_boundary_stands_in_no_field",
    ),
    Defence(
        "a look that is a second old guards nothing",
        "api/sight.py",
        "return routine if routine and self.clock() - at < FRESH else None",
        "return routine",
        "tests/api/test_sight.py::test_a_look_is_good_for_a_second",
    ),
    Defence(
        "what was seen counts no more once it is changed",
        "api/sight.py",
        "            yield\n        finally:\n            self._seen.pop(name, None)",
        "            yield\n        finally:\n            pass",
        "tests/api/test_sight.py::test_what_is_changed_is_seen_no_more",
    ),
    Defence(
        "the age of a look counts from its sending",
        "api/sight.py",
        "        self.at = self._clock()\n",
        '        self.at = float("inf")\n',
        "tests/api/test_sight.py::test_a_look_is_good_for_a_second",
    ),
)
