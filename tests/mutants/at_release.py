"""Defences of a release: what goes, what is guarded, what is put back."""

from __future__ import annotations

from tests.mutants.defence import Defence

__all__ = ["DEFENCES"]

DEFENCES = (
    Defence(
        "duplicates of a commit whose answer was lost are swept",
        "release/make.py",
        "repeated = committed.attempts > 1 or rounds.number > 1",
        "repeated = False",
        "tests/release/test_make.py::test_duplicates_of_a_lost_commit_are_swept",
    ),
    Defence(
        "a version that holds other bytes is not adopted again",
        "release/make.py",
        "return evolve(stage, refused=(*stage.refused, committed.version))",
        "return stage",
        "tests/release/test_make.py::test_a_refused_version_is_not_taken_again",
    ),
    Defence(
        "a version that holds other bytes is deleted",
        "release/make.py",
        '    await ctx.do(prune, wanted, key=f"bad:{committed.version}")\n',
        "",
        "tests/release/test_make.py::test_an_upload_overwritten_before_the_commit_is_thrown_away",
    ),
    Defence(
        "another upload after other bytes is bounded",
        "release/make.py",
        '{"slot": 1, "quota": 2, "content": 2}',
        '{"slot": 1, "quota": 2, "content": 3}',
        "tests/release/test_make.py::test_an_upload_overwritten_every_time_ends_in_contention",
    ),
    Defence(
        "a stale upload form is replaced once",
        "release/make.py",
        '{"slot": 1, "quota": 2, "content": 2}',
        '{"slot": 2, "quota": 2, "content": 2}',
        "tests/release/test_make.py::test_a_callback_that_always_fails_costs_three_uploads",
    ),
    Defence(
        "room made in vain is bounded",
        "release/make.py",
        '{"slot": 1, "quota": 2, "content": 2}',
        '{"slot": 1, "quota": 3, "content": 2}',
        "tests/release/test_make.py::test_a_quota_that_is_filled_again_and_again_ends_in_contention",
    ),
    Defence.never(
        "after a bake the share must still serve",
        "release/expose.py",
        "not wanted.is_in_force(journey.now)",
        "tests/release/test_expose.py::test_a_foreign_deployment_during_a_bake_is_left_alone",
    ),
    Defence.never(
        "production gets nothing that did not pass staging",
        "release/expose.py",
        "reading.verdict is not Verdict.PASS",
        "tests/release/test_expose.py::test_a_failing_gate_keeps_production_untouched",
    ),
    Defence(
        "what was refused was not done",
        "release/expose.py",
        "        journey.refused(wanted.environment)\n",
        "",
        "tests/release/test_expose.py::test_a_deployment_held_up_for_good_ends_the_release",
    ),
    Defence.never(
        "after a conflict nothing is touched",
        "release/unwind.py",
        "isinstance(why, Conflict)",
        "tests/release/test_unwind.py::test_a_conflict_is_reported_though_the_last_look_is_refused",
    ),
    Defence(
        "what serves production stays",
        "release/room.py",
        '        ("production", serves.production),\n',
        "",
        "tests/release/test_room.py::test_the_plan_is_the_oracles",
    ),
    Defence(
        "what serves staging stays",
        "release/room.py",
        '        ("staging", serves.staging),\n',
        "",
        "tests/release/test_room.py::test_the_plan_is_the_oracles",
    ),
    Defence.never(
        "what is protected stays",
        "release/room.py",
        "version.id in keep.protected",
        "tests/release/test_room.py::test_the_plan_is_the_oracles",
    ),
    Defence.never(
        "the way back stays when pruning for its own sake",
        "release/room.py",
        "version.id in keep.before",
        "tests/release/test_room.py::test_as_many_go_as_need_room",
    ),
    Defence(
        "what esa-flows did not make stays where that is wanted",
        "release/room.py",
        'return "not made by esa-flows" if keep.foreign and version.tag is None else ""',
        'return ""',
        "tests/release/test_room.py::test_the_plan_is_the_oracles",
    ),
    Defence(
        "what served before goes last",
        "release/room.py",
        "(version.id in keep.last, int(version.id))",
        "int(version.id)",
        "tests/release/test_room.py::test_the_plan_is_the_oracles",
    ),
    Defence(
        "no more goes than must",
        "release/room.py",
        "free[: max(0, len(world.versions) - most)]",
        "free[: max(1, len(world.versions) - most)]",
        "tests/release/test_room.py::test_the_plan_is_the_oracles",
    ),
    Defence(
        "the newest stay",
        "release/room.py",
        "_newest_first(world)[: keep.newest]",
        "_newest_first(world)[:0]",
        "tests/release/test_room.py::test_the_plan_is_the_oracles",
    ),
    Defence(
        "production is as it was when the release began",
        "release/expose.py",
        "        refuse_change(journey, version)\n",
        "        pass\n",
        "tests/release/test_expose.py::test_production_deployed_meanwhile_is_refused",
    ),
    Defence(
        "a rollback too refuses what changed since it began",
        "release/rollback.py",
        "        refuse_change(journey, target)\n",
        "        pass\n",
        "tests/release/test_rollback.py::test_who_deploys_while_the_target_is_made_again_wins",
    ),
    Defence(
        "a change is read back",
        "release/expose.py",
        "    journey.now = await ctx.do(read_back, wanted, key=key, round=number)\n",
        "",
        "tests/release/test_expose.py::test_a_foreign_deployment_during_a_bake_is_left_alone",
    ),
    Defence(
        "staging is read back before production is touched",
        "release/expose.py",
        '    journey.now = await ctx.do(read_back, wanted, key="staging", round=number)\n',
        "",
        "tests/release/test_expose.py::test_production_deployed_meanwhile_is_refused",
    ),
    Defence(
        "what somebody else deployed is not undone",
        "release/unwind.py",
        "    if journey.is_ours(environment):\n        return\n",
        "    return\n",
        "tests/release/test_unwind.py::test_a_way_back_over_somebody_is_not_gone",
    ),
    Defence.never(
        "staging is put back only where this run changed it",
        "release/unwind.py",
        "split is None or not journey.has_asked(environment)",
        "tests/release/test_unwind.py::test_a_refusal_at_the_first_share_changes_nothing",
    ),
    Defence(
        "somebody's canary under way is not overwritten",
        "release/plan.py",
        "return None if production.split.is_whole else production.split",
        "return None",
        "tests/release/test_conflict.py::test_refused_with_every_way_out",
    ),
)
