"""The registry's table."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

INDEX = "gsi1"  # runs by time


class RegistryTable(Construct):
    """One table on demand, with point-in-time recovery and deletion protection.

    Attributes:
        table: the DynamoDB table.
    """

    def __init__(self, scope: Construct, id_: str, *, key: kms.IKey | None, retain: bool) -> None:
        """A table.

        Args:
            scope: the stack.
            id_: the construct's id.
            key: encrypts the items; None means DynamoDB's own key.
            retain: keep the table when the stack is deleted, and refuse to delete it.
        """
        super().__init__(scope, id_)
        text = dynamodb.AttributeType.STRING
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=text),
            sort_key=dynamodb.Attribute(name="sk", type=text),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=(
                dynamodb.TableEncryption.CUSTOMER_MANAGED
                if key
                else dynamodb.TableEncryption.DEFAULT
            ),
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=retain,
            removal_policy=RemovalPolicy.RETAIN if retain else RemovalPolicy.DESTROY,
        )
        self.table.add_global_secondary_index(
            index_name=INDEX,
            partition_key=dynamodb.Attribute(name="gsi1pk", type=text),
            sort_key=dynamodb.Attribute(name="gsi1sk", type=text),
        )
