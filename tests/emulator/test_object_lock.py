"""The storage stack under a lock: nobody removes the end of a history, whatever his rights."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError
from perennial.adapters.s3 import S3ObjectStore
from perennial.adapters.s3_versions import S3Versions
from perennial.provenance.anchors import anchor, anchors

from tests.emulator.deploying import Cloud
from tests.infrastructure.conftest import synthesize
from tests.unit.provenance.history import MODEL, Archive, lived


@pytest.fixture(scope="module")
def heads(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The bucket of the real template, and in it the end of a history."""
    folder = tmp_path_factory.mktemp("locked")
    found = synthesize("local", folder, prefix=f"L{uuid.uuid4().hex[:6]}", heads_lock="compliance")
    (template,) = [each for name, each in found.templates.items() if name.endswith("-Storage")]
    kinds = ("AWS::S3::Bucket", "AWS::S3::BucketPolicy")
    wanted = {name: each for name, each in template["Resources"].items() if each["Type"] in kinds}
    (bucket,) = [name for name in wanted if name.startswith("HeadsBucket") and "Policy" not in name]
    stack = cloud.deploy(wanted, {"Heads": {"Ref": bucket}})
    archive: Archive = lived()
    anchor(MODEL, archive, S3ObjectStore(cloud.client("s3")), stack["Heads"], archive.clock)
    return stack["Heads"]


def test_the_template_s_lock_is_the_bucket_s(cloud: Cloud, heads: str) -> None:
    answer = cloud.client("s3").get_object_lock_configuration(Bucket=heads)
    rule = answer["ObjectLockConfiguration"]["Rule"]
    assert rule["DefaultRetention"] == {"Mode": "COMPLIANCE", "Days": 365}


def test_who_changes_the_policy_still_removes_nothing(cloud: Cloud, heads: str) -> None:
    s3: Any = cloud.client("s3")
    s3.delete_bucket_policy(Bucket=heads)
    (version,) = s3.list_object_versions(Bucket=heads)["Versions"]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(
            Bucket=heads,
            Key=version["Key"],
            VersionId=version["VersionId"],
            BypassGovernanceRetention=True,
        )
    s3.delete_object(Bucket=heads, Key=version["Key"])  # a mark of deletion hides it
    assert sorted(anchors(MODEL, S3Versions(s3), heads)) == [10]
