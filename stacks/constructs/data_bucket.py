"""A private, versioned bucket."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

_UPLOAD_DAYS = 7  # after which the parts of an upload that nobody finished are dropped


class DataBucket(Construct):
    """Encrypted, open to TLS only, closed to the public, every access logged.

    Attributes:
        bucket: the S3 bucket.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        access_logs: s3.IBucket,
        key: kms.IKey | None,
        retain: bool,
        lifecycle: Sequence[s3.LifecycleRule] = (),
        send_events: bool = False,
        lock: s3.ObjectLockRetention | None = None,
    ) -> None:
        """A bucket.

        Args:
            scope: the stack.
            id_: the construct's id.
            access_logs: where S3 writes who asked for what.
            key: encrypts the objects; None means S3's own key.
            retain: keep the bucket when the stack is deleted.
            lifecycle: what becomes of old objects.
            send_events: tell EventBridge of new objects.
            lock: for how long, and from whom, S3 keeps every object as it is; None means not.
        """
        super().__init__(scope, id_)
        unfinished = s3.LifecycleRule(
            id="DropUnfinishedUploads",
            abort_incomplete_multipart_upload_after=Duration.days(_UPLOAD_DAYS),
        )
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            versioned=True,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{id_.lower()}/",
            object_lock_enabled=True if lock else None,
            object_lock_default_retention=lock,
            lifecycle_rules=[unfinished, *lifecycle],
            removal_policy=RemovalPolicy.RETAIN if retain else RemovalPolicy.DESTROY,
        )
        if send_events:
            self._send_events()

    def _send_events(self) -> None:
        # `event_bridge_enabled` would bring a function of CDK's own that sets this flag.
        bucket = self.bucket.node.default_child
        assert isinstance(bucket, s3.CfnBucket)  # noqa: S101 - for the type checker
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
                event_bridge_enabled=True
            )
        )
