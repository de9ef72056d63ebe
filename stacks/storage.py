"""The stack that holds state: buckets and table. Nothing in it depends on another stack."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import App, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from perennial.registry.layout import HEADS, INCOMING

from stacks.blueprint import Blueprint, PerennialStack
from stacks.constructs.access_log_bucket import AccessLogBucket
from stacks.constructs.data_bucket import DataBucket
from stacks.constructs.privacy_key import PrivacyKey, SharedPrivacyKey
from stacks.constructs.registry_table import INDEX, RegistryTable
from stacks.constructs.upload_queue import UploadQueue
from stacks.history_settings import HeadsLock
from stacks.retention import cold, data_rules
from stacks.settings import Encryption, Settings
from stacks.shared import SharedBucket, SharedKey, SharedTable, share


class StorageStack(PerennialStack):
    """Buckets and table.

    Attributes:
        data: uploads, datasets and what runs leave behind.
        artifacts: registered artifacts.
        heads: where ends of histories are written: with the artifacts, or in a bucket under lock.
        table: the registry.
        privacy_key: what pseudonyms are made with; None where no spec names persons.
        uploads: ARN of the queue in which S3 tells of training data and who brought it.
    """

    def __init__(self, app: App, *, blueprint: Blueprint) -> None:
        """Args: blueprint: the deployment."""
        super().__init__(
            app, "Storage", blueprint=blueprint, description="Perennial: buckets and registry"
        )
        settings = blueprint.settings
        self._retain = settings.retain_data
        self._key = self._own_key() if settings.encryption is Encryption.KMS else None
        self._logs = AccessLogBucket(self, "AccessLogs", retain=self._retain)
        data = self._bucket("Data", data_rules(settings, blueprint.specs), send_events=True)
        artifacts = self._bucket("Artifacts", [cold("artifacts/")])
        heads = self._locked_heads(settings) or artifacts
        for each in dict.fromkeys((artifacts, heads)):
            _keep_heads(each.bucket)
        registry = RegistryTable(self, "Registry", key=self._key, retain=self._retain)

        self.privacy_key = self._pseudonyms() if blueprint.pseudonyms else None
        shared_key = SharedKey(share(self, "KeyArn", self._key.key_arn)) if self._key else None
        uploads = UploadQueue(self, "Uploads", settings=settings)
        uploads.told_by(data.bucket, INCOMING)
        self.uploads = share(self, "UploadQueueArn", uploads.queue.queue_arn)
        self.data = self._share("DataBucket", data.bucket, shared_key)
        self.artifacts = self._share("ArtifactBucket", artifacts.bucket, shared_key)
        self.heads = self.artifacts
        if heads is not artifacts:
            self.heads = self._share("HeadsBucket", heads.bucket, shared_key)
        self.table = SharedTable(
            name=share(self, "TableName", registry.table.table_name),
            arn=share(self, "TableArn", registry.table.table_arn),
            key=shared_key,
            index=INDEX,
        )

    @property
    def names(self) -> dict[str, str]:
        """What a function is told by its environment to find registry and data."""
        return {
            "PERENNIAL_TABLE": self.table.name.value,
            "PERENNIAL_DATA_BUCKET": self.data.name.value,
        }

    def _share(self, name: str, bucket: s3.Bucket, key: SharedKey | None) -> SharedBucket:
        return SharedBucket(
            name=share(self, f"{name}Name", bucket.bucket_name),
            arn=share(self, f"{name}Arn", bucket.bucket_arn),
            key=key,
        )

    def _locked_heads(self, settings: Settings) -> DataBucket | None:
        """A bucket in which S3 itself keeps every object, where that is asked for."""
        retentions = {
            HeadsLock.GOVERNANCE: s3.ObjectLockRetention.governance,
            HeadsLock.COMPLIANCE: s3.ObjectLockRetention.compliance,
        }
        retention = retentions.get(settings.heads_lock)
        if retention is None:
            return None
        return self._bucket("Heads", [], lock=retention(Duration.days(settings.heads_lock_days)))

    def _bucket(
        self,
        name: str,
        lifecycle: Sequence[s3.LifecycleRule],
        *,
        send_events: bool = False,
        lock: s3.ObjectLockRetention | None = None,
    ) -> DataBucket:
        return DataBucket(
            self,
            name,
            access_logs=self._logs.bucket,
            key=self._key,
            retain=self._retain,
            lifecycle=lifecycle,
            send_events=send_events,
            lock=lock,
        )

    def _pseudonyms(self) -> SharedPrivacyKey:
        made = PrivacyKey(self, "Pseudonyms", retain=self._retain)
        return SharedPrivacyKey(share(self, "PrivacyKeyArn", made.key.key_arn))

    def _own_key(self) -> kms.Key:
        return kms.Key(
            self,
            "Key",
            description="Perennial: buckets and registry",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN if self._retain else RemovalPolicy.DESTROY,
        )


def _keep_heads(bucket: s3.Bucket) -> None:
    """Nobody, whatever his rights, replaces or removes the head of a history."""
    heads = [bucket.arn_for_objects(f"{HEADS}*")]
    for name, actions, conditions in (
        ("HeadsAreNotRemoved", ["s3:DeleteObject", "s3:DeleteObjectVersion"], None),
        ("HeadsAreNotReplaced", ["s3:PutObject"], {"Null": {"s3:if-none-match": "true"}}),
    ):
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid=name,
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=actions,
                resources=heads,
                conditions=conditions,
            )
        )
