"""The DCDN API 2018-01-15: one handler for each operation that is played here.

Usage figures, the account's ciphertext and the purging of caches are not: they answer
``InvalidApi.NotFound``.
"""

from __future__ import annotations

from esa_flows.localcloud.operation import Api, Operation

from . import revisions, routines

__all__ = ["DCDN"]

DCDN = Api(
    product="dcdn",
    version="2018-01-15",
    operations={
        "CommitStagingRoutineCode": Operation(revisions.commit_staging, halts=True),
        "CreateRoutine": Operation(routines.create, halts=True),
        "DeleteRoutine": Operation(routines.delete),
        "DeleteRoutineCodeRevision": Operation(revisions.delete, halts=True),
        "DeleteRoutineConfEnvs": Operation(routines.delete_envs, halts=True),
        "DescribeRoutine": Operation(routines.describe),
        "DescribeRoutineCanaryEnvs": Operation(routines.canary_envs),
        "DescribeRoutineCodeRevision": Operation(revisions.get_code),
        "DescribeRoutineRelatedDomains": Operation(routines.related_domains),
        "DescribeRoutineSpec": Operation(routines.specs),
        "DescribeRoutineUserInfo": Operation(routines.user_info),
        "DescribeUserErStatus": Operation(routines.status),
        "EditRoutineConf": Operation(routines.edit, halts=True),
        "PublishRoutineCodeRevision": Operation(revisions.publish, halts=True),
        "SetRoutineSubdomain": Operation(routines.set_subdomains),
        "UploadRoutineCode": Operation(revisions.upload, halts=True),
        "UploadStagingRoutineCode": Operation(revisions.upload_staging, halts=True),
    },
    refused=(
        "DescribeDcdnErUsageData",
        "DescribeEncryptRoutineUid",
        "RefreshErObjectCaches",
        "RefreshErObjectCachesByCacheTag",
    ),
)
