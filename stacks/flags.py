"""Behaviours of CDK that newer projects have and older ones must ask for."""

from __future__ import annotations

FLAGS: dict[str, object] = {
    "@aws-cdk/aws-apigateway:usagePlanKeyOrderInsensitiveId": True,
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    # A version of a function is published also when only a layer or a setting has changed.
    "@aws-cdk/aws-lambda:recognizeLayerVersion": True,
    "@aws-cdk/aws-lambda:recognizeVersionProps": True,
    "@aws-cdk/core:checkSecretUsage": True,
    # Other stacks import values of storage only, and none of those ever changes.
    "@aws-cdk/core:defaultCrossStackReferences": "strong",
    "@aws-cdk/core:enablePartitionLiterals": True,
    "@aws-cdk/core:newStyleStackSynthesis": True,
    "@aws-cdk/core:target-partitions": ["aws"],
    "@aws-cdk/core:validateSnapshotRemovalPolicy": True,
    # No resource, and no list of our constructs, that only counts CDK's users.
    "aws:cdk:disable-version-reporting": True,
    "aws:cdk:enable-path-metadata": False,
    "aws:cdk:enable-asset-metadata": False,
}
