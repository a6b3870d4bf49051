"""Defences of releases at DCDN: texts, tags and revisions, areas, what it lacks."""

from __future__ import annotations

from tests.mutants.defence import Defence

__all__ = ["DEFENCES"]

DEFENCES = (
    Defence(
        "a revision is known by its exact description",
        "api/dcdn_answers.py",
        "for one in seen.versions if one.description == description)",
        "for one in seen.versions if description in one.description)",
        "tests/api/test_dcdn_answers.py::test_own_revisions_have_just_this_description",
    ),
    Defence(
        "a text and a look must agree that a change was not done",
        "api/dcdn_calls.py",
        "return error if unless(seen, likely(error)) else not_done(error)",
        "return not_done(error)",
        "tests/api/test_dcdn_calls.py::test_a_look_settles_a_doubtful_answer",
    ),
    Defence(
        "a look that fails settles nothing",
        "api/dcdn_calls.py",
        "        except CallError:\n            return error\n",
        "        except CallError:\n            return not_done(error)\n",
        "tests/api/test_dcdn_calls.py::test_a_look_settles_a_doubtful_answer",
    ),
    Defence(
        "a routine that is gone may be what was asked for",
        "api/dcdn_calls.py",
        "return not_done(error) if agrees else error",
        "return not_done(error)",
        "tests/api/test_dcdn_calls.py::test_a_routine_that_is_gone_may_be_what_was_asked_for",
    ),
    Defence.never(
        "an answer that says nothing stays unknown",
        "api/dcdn_calls.py",
        "not is_doubtful(error)",
        "tests/api/test_dcdn_calls.py::test_an_answer_that_says_nothing_is_not_looked_at",
    ),
    Defence(
        "the look after a doubtful answer asks for its permit",
        "api/dcdn_calls.py",
        "permit=lambda _: self.permit(op)",
        "permit=lambda _: None",
        "tests/api/test_dcdn_calls.py::test_the_look_asks_for_the_verb_it_serves",
    ),
    Defence.never(
        "a text without meaning stays unknown",
        "api/dcdn_doubt.py",
        "issubclass(row.error, OutcomeUnknown)",
        "tests/api/test_dcdn_doubt.py::test_a_text_that_says_nothing_stays_unknown",
    ),
    Defence(
        "a version that serves a place of those asked for may be published",
        "api/dcdn_doubt.py",
        "any(seen.serving.get(env) == version for env in areas)",
        "all(seen.serving.get(env) == version for env in areas)",
        "tests/api/test_dcdn_doubt.py::test_what_must_be_seen_for_a_change_that_may_have_happened",
    ),
    Defence.never(
        "a publication is of the revision that was asked for",
        "api/dcdn.py",
        "made != version",
        "tests/api/test_dcdn.py::test_a_publication_of_another_revision_is_unknown",
    ),
    Defence.never(
        "a revision that serves an area is not deleted",
        "api/dcdn.py",
        "places",
        "tests/api/test_dcdn.py::test_what_serves_an_area_is_not_deleted",
    ),
    Defence.never(
        "a routine that serves an area is not deleted",
        "api/dcdn.py",
        "areas",
        "tests/api/test_dcdn.py::test_a_routine_that_serves_an_area_is_not_deleted",
    ),
    Defence.never(
        "staging and production are no areas that come and go",
        "api/dcdn.py",
        "not areas.are_canary",
        "tests/api/test_dcdn.py::test_staging_and_production_are_no_areas",
    ),
    Defence.never(
        "shares are not sent to who has none",
        "api/dcdn.py",
        "not split.is_whole",
        "tests/api/test_dcdn.py::test_a_split_in_shares_is_not_sent",
    ),
    Defence.never(
        "variables are not asked of who has none",
        "api/dcdn.py",
        "bound_to is not None",
        "tests/api/test_dcdn.py::test_variables_cannot_be_baked_in",
    ),
    Defence.never(
        "a revision is asked for under its description only",
        "api/dcdn.py",
        "not description",
        "tests/api/test_dcdn.py::test_a_revision_without_a_description_is_not_asked_for",
    ),
    Defence.never(
        "a revision that is not shown yet is no commit",
        "api/dcdn.py",
        "not found",
        "tests/api/test_dcdn.py::test_commit_of_what_is_not_shown_is_unknown",
    ),
    Defence(
        "a routine that cannot be seen whole is not listed in part",
        "api/roll.py",
        "        if len(self.found) < total:\n"
        "            raise _short(reply, len(self.found), total)\n\n",
        "",
        "tests/api/test_roll.py::test_what_stays_short_is_refused_with_both_numbers",
    ),
    Defence.never(
        "staging goes alone",
        "model/areas.py",
        "Environment.STAGING in names and len(names) > 1",
        "tests/model/test_areas.py::test_staging_goes_alone",
    ),
    Defence.never(
        "an area comes once, and production last",
        "model/area_canary.py",
        "again or not is_area",
        "tests/model/test_area_canary.py::test_what_is_none_is_refused",
    ),
    Defence.never(
        "a canary by areas ends in production",
        "model/area_canary.py",
        "not stages or stages[-1].areas != _PRODUCTION",
        "tests/model/test_area_canary.py::test_what_is_none_is_refused",
    ),
    Defence(
        "an abort leads back the areas that a lost process took",
        "release/pick_up.py",
        "    _claim_areas(journey, ours)\n",
        "",
        "tests/release/test_pick_up.py::test_an_abort_leads_back_the_areas_that_the_lost_process_took",
    ),
    Defence.never(
        "what is taken over is what was looked at",
        "steps/take_over.py",
        "wanted.version not in {None, version}",
        "tests/steps/test_take_over.py::test_another_version_than_the_one_asked_for_is_a_conflict",
    ),
    Defence(
        "what is taken over has the digest that its tag names",
        "steps/take_over.py",
        "not is_error_page(code) and not is_other:",
        "not is_error_page(code):",
        "tests/steps/test_take_over.py::test_a_tag_of_ours_says_which_bytes_are_right",
    ),
    Defence(
        "the store's error page is not taken over",
        "steps/take_over.py",
        "not is_error_page(code) and not is_other:",
        "not is_other:",
        "tests/steps/test_take_over.py::test_the_stores_error_document_is_no_code",
    ),
)
