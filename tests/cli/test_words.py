"""Step identities in words."""

from __future__ import annotations

import pytest

from esa_flows.cli.words import step_words

WORDS = [
    ("observe#1", "look at the routine"),
    ("observe[created]#1", "look at the new routine"),
    ("observe[quota]#2", "count the versions, round 2"),
    ("create_routine#1", "create the routine"),
    ("sleep[wave:2]#1", "bake of wave 2"),
    ("approve[wave:2]#1", "ask a person after wave 2"),
    ("approve[frozen:20260309T000000Z]#1", "wait for a freeze window to end"),
    ("request_slot#1", "ask for an upload form"),
    ("post_to_oss#2", "upload the bundle, round 2"),
    ("commit#1", "commit the version"),
    ("commit[production]#1", "commit the version for production"),
    ("read_variables#1", "look which variables there are"),
    ("look[before:production]#1", "look again before production"),
    ("verify[uploaded]#1", "read the upload back"),
    ("verify[1772366400000000001]#1", "compare version 1772366400000000001"),
    ("verify[uploaded:staging]#2", "read the upload back for staging, round 2"),
    ("sweep#1", "delete duplicates"),
    ("take_over#1", "read the code on DCDN"),
    ("save_code[1772]#1", "save the code of version 1772"),
    ("delete_routine#1", "delete the routine"),
    ("sweep[staging]#1", "delete duplicates for staging"),
    ("prune[room]#1", "delete a version to make room"),
    ("prune[room:2]#1", "delete a version to make room"),
    ("prune[room:staging:2]#1", "delete a version to make room"),
    ("prune[1772]#1", "delete version 1772"),
    ("save_code[room:2]#1", "save the code of a version to delete"),
    ("find_backup[1772]#1", "look what was saved of version 1772"),
    ("deploy[production:abort-first]#1", "end the canary that is under way"),
    ("deploy[production:back:again:remade]#1", "take production back"),
    ("observe[staging:back]#1", "look which version staging lacks"),
    ("sleep[settled]#1", "wait for what may be under way"),
    ("prune[bad:1772]#1", "delete unusable version 1772"),
    ("deploy[staging]#1", "deploy to staging"),
    ("deploy[production]#1", "deploy to production"),
    ("deploy[production:50]#1", "deploy to production 50 %"),
    ("deploy[production:back]#1", "take production back"),
    ("deploy[production:Jilin+Overseas]#1", "publish to Jilin+Overseas"),
    ("read_back[production:Jilin]#1", "read Jilin back"),
    ("sleep[production:Jilin+Overseas]#1", "bake in Jilin+Overseas"),
    ("look[baked:production:Jilin]#1", "look after the bake in Jilin"),
    ("read_back[staging]#1", "read staging back"),
    ("read_back[production:50]#1", "read production back at 50 %"),
    ("read_back[production:back]#1", "see that production is back"),
    ("still_serves[staging]#1", "see that staging still serves it"),
    ("remember#1", "write down which versions there are"),
    ("ask_staging#1", "ask the routine in staging"),
    ("sleep[production:50]#1", "bake at 50 %"),
    ("read_gate[production:50:health:12]#1", "gate health at 50 % (12)"),
    ("read_gate[staging:health:1]#1", "gate health in staging (1)"),
    ("read_gate[production:Jilin+Overseas:a.b:1]#1", "gate a.b in Jilin+Overseas (1)"),
    ("sleep[production:50:watch:3]#1", "watch at 50 %"),
    ("sleep[production:50:watch:3:2]#1", "watch at 50 %"),
    ("sleep[staging:watch:3]#1", "watch staging"),
    ("sleep[production:Jilin:watch:3]#1", "watch Jilin"),
    ("look[watched:staging]#1", "look again at staging"),
    (
        "gather[production:50:2:1]#1/0/read_gate[production:50:health:2]#1",
        "0: gate health at 50 % (2)",
    ),
    ("look[baked:production:50]#1", "look after the bake at 50 %"),
    ("look[unwind]#1", "look before going back"),
    ("warm_caches[eu]#1", "warm caches (eu)"),
    ("warm_caches#1", "warm caches"),
    ("warm_caches[staging]#1", "warm caches (staging)"),
    ("inner#1/observe#1", "inner#1: look at the routine"),
    ("approve#1", "ask a person"),
    ("gather[greet]#1/ann/greet#1", "ann: greet"),
    ("gather#1/0/inner#1/gather#1/1/observe#1", "0/inner#1/1: look at the routine"),
    ("approve[go]#1", "ask a person (go)"),
    ("timeout[gate]#1", "time limit (gate)"),
    ("deadline#1", "deadline of the run"),
    ("not an identity", "not an identity"),
    ("evil\x1b[2Jname", "evil\N{REPLACEMENT CHARACTER}[2Jname"),
]


@pytest.mark.parametrize(("identity", "words"), WORDS)
def test_a_step_is_said_in_words(identity: str, words: str) -> None:
    """Every step the shipped flows make has words; others go by their own name."""
    assert words == step_words(identity)
