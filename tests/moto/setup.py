"""Fills a moto server with a pool, a role and stores; prints what was made."""

import json
import sys

import boto3

url, namespace, repository = sys.argv[1:]
options = {
    "endpoint_url": url,
    "region_name": "us-west-2",
    "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}

pool = boto3.client("cognito-identity", **options).create_identity_pool(
    IdentityPoolName="github-actions", AllowUnauthenticatedIdentities=False, AllowClassicFlow=True
)
iam = boto3.client("iam", **options)
trust = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
    },
}
role = iam.create_role(RoleName="github-actions", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
policy = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": ["secretsmanager:*", "ssm:*", "s3:PutObject"],
        "Resource": "*",
    },
}
iam.put_role_policy(RoleName="github-actions", PolicyName="stores", PolicyDocument=json.dumps(policy))
secrets = boto3.client("secretsmanager", **options)
for name, document in {
    "secrets": '{"PASSWORD": "canary-of-the-repository", "KEY": "line one\\nline two"}',
    "env/production/secrets": '{"PASSWORD": "canary-of-the-environment"}',
    "variables": '{"REPLICAS": 1.10}',
}.items():
    secrets.create_secret(Name=f"{namespace}/repo/{repository}/{name}", SecretString=document)
secrets.create_secret(Name=f"{namespace}/repo/{repository}/env/production/variables", SecretBinary=b'{"BINARY": true}')

shared = {f"S{i}": secrets.create_secret(Name=f"shared/{i}", SecretString=f"canary-{i}")["ARN"] for i in range(1, 8)}
secrets.put_secret_value(SecretId="shared/1", SecretString="canary-1, the second")
secrets.create_secret(Name="shared/document", SecretString='{"user": "app", "port": 5432}')
secrets.create_secret(Name="shared/bytes", SecretBinary=b"\x00\xff")

ssm = boto3.client("ssm", **options)
for name, kind, value in [
    ("/moto/KEY", "SecureString", "canary-1"),
    ("/moto/KEY", "SecureString", "canary-2"),
    ("/moto/deep/er/LIST", "StringList", "canary-a,canary-b"),
    ("PLAIN", "String", "canary-plain"),
    *((f"/moto/many/M{i}", "SecureString", f"canary-{i}") for i in range(1, 24)),
]:
    ssm.put_parameter(Name=name, Type=kind, Value=value, Overwrite=True)
ssm.label_parameter_version(Name="/moto/KEY", ParameterVersion=1, Labels=["live"])

boto3.client("s3", **options).create_bucket(
    Bucket="octo-migration", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
)

print(json.dumps({"poolId": pool["IdentityPoolId"], "roleArn": role["Arn"], "shared": shared}))
