"""The price table: list prices of us-east-1 in US dollars, and the month they are of.

No discounts, savings plans, free tiers or taxes. Another region costs another price, up to a third
more. Who changes a price changes `PRICES_OF` too, and everything that is billed follows.
"""

from __future__ import annotations

PRICES_OF = "2026-03"
REGION = "us-east-1"
HOURS = 730.0  # of a month, as AWS counts
MONTH_SECONDS = HOURS * 3600

# A request, or a unit of one.
API_REQUEST = 3.50e-6  # API Gateway, REST
FUNCTION_REQUEST = 0.20e-6  # Lambda
QUEUE_REQUEST = 0.40e-6  # SQS, standard
TRANSITION = 25.0e-6  # Step Functions, standard: one state entered
TABLE_WRITE = 0.625e-6  # DynamoDB on demand, 1 KB
TABLE_READ = 0.125e-6  # 4 KB, strongly consistent
OBJECT_WRITE = 5.0e-6  # S3: PUT, COPY, LIST
SCHEDULED_CALL = 1.00e-6  # EventBridge Scheduler

# Time.
FUNCTION_GIB_SECOND = 13.3334e-6  # Lambda, Arm
PROVISIONED_GIB_SECOND = 3.3334e-6  # kept warm, before it is used
SNAPSHOT_GIB_SECOND = 1.5046e-6  # SnapStart, while a version is kept
TRAINING_VCPU_SECOND = 0.03238 / 3600  # Fargate, Linux on Arm
TRAINING_GIB_SECOND = 0.00356 / 3600
TRAINING_LEAST_SECONDS = 60.0  # what a job is billed for at least
PUBLIC_ADDRESS_SECOND = 0.005 / 3600  # IPv4, of a job while it runs
STREAM_HOUR = 0.04  # Kinesis on demand
INTERFACE_HOUR = 0.01  # VPC endpoint, in one zone

# A month.
OBJECT_GB = 0.023  # S3 standard
LOG_GB = 0.50  # taken in
IMAGE_GB = 0.10  # ECR
ALARM = 0.10  # and each metric of one that computes
COMPOSITE_ALARM = 0.50
METRIC = 0.30
DASHBOARD = 3.00
KEY = 1.00  # KMS, customer managed
SECRET = 0.40
FIREWALL, FIREWALL_RULE = 5.00, 1.00  # WAF

# SageMaker, for comparison.
SAGEMAKER_HOST_HOUR = 0.115  # ml.m5.large, real-time inference
SAGEMAKER_TRAIN_HOUR = 0.23  # ml.m5.xlarge, 4 vCPUs and 16 GiB, as a job of ours by default
SAGEMAKER_SERVERLESS_GIB_SECOND = 20.0e-6
SAGEMAKER_PROCESSING_HOUR = 0.23  # ml.m5.xlarge, Model Monitor
