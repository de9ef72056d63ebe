"""The bucket that S3 writes the access logs of the others to."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

_KEPT_DAYS = 365


class AccessLogBucket(Construct):
    """Access logs, kept for a year.

    Attributes:
        bucket: the S3 bucket.
    """

    def __init__(self, scope: Construct, id_: str, *, retain: bool) -> None:
        """Args: retain: keep the bucket when the stack is deleted."""
        super().__init__(scope, id_)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            # S3 can deliver access logs only to a bucket that is encrypted with its own key.
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="DropOldLogs",
                    expiration=Duration.days(_KEPT_DAYS),
                    noncurrent_version_expiration=Duration.days(1),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
            removal_policy=RemovalPolicy.RETAIN if retain else RemovalPolicy.DESTROY,
        )
