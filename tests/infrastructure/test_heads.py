"""Ends of histories under S3 Object Lock, where that is asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.conftest import synthesize
from tests.infrastructure.templates import Synthesized, as_list


def locks(synthesized: Synthesized) -> list[dict[str, Any]]:
    buckets = [bucket for _, bucket in synthesized.resources("AWS::S3::Bucket")]
    return [bucket for bucket in buckets if bucket.get("ObjectLockEnabled")]


def buckets_of(synthesized: Synthesized, function: str, action: str) -> str:
    """What a function may do something with, as text."""
    statements = synthesized.statements_of(synthesized.role_of(function))
    named = [s["Resource"] for s in statements if action in as_list(s["Action"])]
    return json.dumps(named)


def test_nothing_is_locked_unasked(cloud: Synthesized) -> None:
    """It cannot be taken back."""
    assert locks(cloud) == []
    variables = cloud.functions()["anchor"]["Environment"]["Variables"]
    assert variables["PERENNIAL_HEADS_BUCKET"] == variables["PERENNIAL_ARTIFACT_BUCKET"]


def test_a_lock_holds_the_ends_of_histories_and_nothing_else(full: Synthesized) -> None:
    (bucket,) = locks(full)
    retention = bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert retention == {"Mode": "COMPLIANCE", "Days": 730}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "HeadsBucketArn" in buckets_of(full, "anchor", "s3:PutObject")
    assert "ArtifactBucket" not in buckets_of(full, "anchor", "s3:PutObject")


def test_ends_from_before_the_lock_still_count(full: Synthesized) -> None:
    listed = buckets_of(full, "audit", "s3:ListBucketVersions")
    assert "HeadsBucketArn" in listed
    assert "ArtifactBucketArn" in listed


def test_ends_are_kept_by_policy_wherever_they_are(full: Synthesized) -> None:
    kept = [
        policy["Bucket"]["Ref"]
        for _, policy in full.resources("AWS::S3::BucketPolicy")
        if "HeadsAreNotRemoved" in json.dumps(policy["PolicyDocument"])
    ]
    assert sorted(name[:5] for name in kept) == ["Artif", "Heads"]


def test_a_lock_that_is_none_of_these_is_refused(tmp_path: Path) -> None:
    from stacks.settings import SettingsError

    with pytest.raises(SettingsError, match="heads_lock"):
        synthesize("cloud", tmp_path, heads_lock="forever")
