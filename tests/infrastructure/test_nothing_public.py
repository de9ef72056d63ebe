"""Nothing is reachable that should not be, and nothing is stored in the clear."""

from __future__ import annotations

import json

import pytest

from tests.infrastructure.templates import Synthesized, as_list


def test_buckets_are_private_versioned_and_encrypted(cloud: Synthesized) -> None:
    buckets = list(cloud.resources("AWS::S3::Bucket"))
    assert len(buckets) == 3
    for name, bucket in buckets:
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}, name
        assert bucket["BucketEncryption"], name
        assert bucket["LifecycleConfiguration"]["Rules"], name


def test_buckets_refuse_what_does_not_come_over_tls(cloud: Synthesized) -> None:
    policies = [policy for _, policy in cloud.resources("AWS::S3::BucketPolicy")]
    assert len(policies) == 3
    for policy in policies:
        refused = [
            statement.get("Condition")
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny"
        ]
        assert {"Bool": {"aws:SecureTransport": "false"}} in refused


@pytest.mark.parametrize(
    "kind", ["AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"]
)
def test_no_resource_policy_lets_everybody_in(cloud: Synthesized, kind: str) -> None:
    for name, policy in cloud.resources(kind):
        for statement in policy["PolicyDocument"]["Statement"]:
            principal = statement["Principal"]
            everybody = principal == "*" or "*" in as_list(principal.get("AWS", ""))
            assert not (everybody and statement["Effect"] == "Allow"), name


def test_data_survives_the_deletion_of_its_stack(cloud: Synthesized) -> None:
    stateful = [
        resource
        for _, resource in cloud.all_resources()
        if resource["Type"] in ("AWS::S3::Bucket", "AWS::DynamoDB::Table")
    ]
    assert len(stateful) == 4
    assert {resource["DeletionPolicy"] for resource in stateful} == {"Retain"}


def test_the_table_can_be_restored_and_not_deleted(cloud: Synthesized) -> None:
    table = cloud.only("AWS::DynamoDB::Table")
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["DeletionProtectionEnabled"] is True
    recovery = table["PointInTimeRecoverySpecification"]
    assert recovery["PointInTimeRecoveryEnabled"] is True


def test_nothing_can_reach_a_training_job(cloud: Synthesized) -> None:
    group = cloud.only("AWS::EC2::SecurityGroup")
    assert "SecurityGroupIngress" not in group
    assert list(cloud.resources("AWS::EC2::SecurityGroupIngress")) == []
    ports = [(rule["FromPort"], rule["ToPort"]) for rule in group["SecurityGroupEgress"]]
    assert ports == [(443, 443)]


def test_the_network_costs_nothing_at_rest(cloud: Synthesized) -> None:
    kinds = {resource["Type"] for _, resource in cloud.all_resources()}
    assert not kinds & {"AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::EC2::FlowLog"}
    endpoints = [each["VpcEndpointType"] for _, each in cloud.resources("AWS::EC2::VPCEndpoint")]
    assert endpoints == ["Gateway", "Gateway"]


def test_every_request_needs_a_key(cloud: Synthesized) -> None:
    methods = [each for _, each in cloud.resources("AWS::ApiGateway::Method")]
    open_ones = [each for each in methods if not each["ApiKeyRequired"]]
    # The page that explains the API, and what is signed instead.
    assert sorted((each["HttpMethod"], each["AuthorizationType"]) for each in open_ones) == [
        ("GET", "AWS_IAM"),  # history
        ("GET", "NONE"),
        ("POST", "AWS_IAM"),  # approval
        ("POST", "AWS_IAM"),  # automation
        ("POST", "AWS_IAM"),  # forget
        ("POST", "AWS_IAM"),  # rollback
        ("POST", "AWS_IAM"),  # rollout
        ("PUT", "AWS_IAM"),  # route
    ]
    assert {each["ApiKeyRequired"] for each in methods if each["HttpMethod"] == "ANY"} == {True}
    assert list(cloud.resources("AWS::Lambda::Url")) == []


def test_only_our_api_and_our_rules_call_functions(cloud: Synthesized) -> None:
    for name, permission in cloud.resources("AWS::Lambda::Permission"):
        assert permission["Principal"] in ("apigateway.amazonaws.com", "events.amazonaws.com")
        assert "SourceArn" in permission, name


def test_no_request_or_answer_is_logged(cloud: Synthesized) -> None:
    stage = cloud.only("AWS::ApiGateway::Stage")
    (settings,) = [each for each in stage["MethodSettings"] if each["ResourcePath"] == "/*"]
    assert settings["DataTraceEnabled"] is False
    logged = json.loads(stage["AccessLogSetting"]["Format"])
    assert set(logged.values()) == {
        "$context.requestId",
        "$context.requestTime",
        "$context.httpMethod",
        "$context.resourcePath",
        "$context.status",
        "$context.responseLength",
        "$context.responseLatency",
        "$context.identity.apiKeyId",
    }
    for name, machine in cloud.resources("AWS::StepFunctions::StateMachine"):
        logging = machine["LoggingConfiguration"]
        assert (logging["Level"], logging["IncludeExecutionData"]) == ("ERROR", False), name


def test_every_log_is_dropped_some_day(cloud: Synthesized) -> None:
    groups = list(cloud.resources("AWS::Logs::LogGroup"))
    assert {group.get("RetentionInDays") for _, group in groups} == {30}


def test_topic_and_queues_are_encrypted(cloud: Synthesized) -> None:
    assert cloud.only("AWS::SNS::Topic")["KmsMasterKeyId"]
    queues = [each for _, each in cloud.resources("AWS::SQS::Queue")]
    assert len(queues) >= 3
    assert all(each["SqsManagedSseEnabled"] is True for each in queues)


def test_a_private_network_has_no_way_to_the_internet(strict: Synthesized) -> None:
    kinds = {resource["Type"] for _, resource in strict.all_resources()}
    assert not kinds & {"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway"}
    job = strict.only("AWS::Batch::JobDefinition")["ContainerProperties"]
    assert job["NetworkConfiguration"] == {"AssignPublicIp": "DISABLED"}


def test_one_key_of_the_account_encrypts_data_and_records(strict: Synthesized) -> None:
    encrypted = [
        bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
        for name, bucket in strict.resources("AWS::S3::Bucket")
        if "AccessLogs" not in name
    ]
    assert len(encrypted) == 2
    for rule in encrypted:
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert strict.only("AWS::DynamoDB::Table")["SSESpecification"]["SSEType"] == "KMS"


def test_who_reads_encrypted_data_may_use_the_key(strict: Synthesized) -> None:
    for function in ("validate", "evaluate", "register", "predict", "trigger"):
        statements = strict.statements_of(strict.role_of(function))
        actions = {action for each in statements for action in as_list(each["Action"])}
        assert "kms:Decrypt" in actions, function
