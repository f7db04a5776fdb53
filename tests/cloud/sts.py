"""Takes a role with a GitHub token, the next role with that one's credentials, and prints who each session is."""

import json
import sys

import boto3

given = json.load(sys.stdin)


def client(credentials=None):
    keys = credentials and {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }
    return boto3.client("sts", endpoint_url=given["url"], region_name="us-west-2", **(keys or {}))


def identity(credentials):
    answer = client(credentials).get_caller_identity()
    return [answer["Account"], answer["Arn"]]


first = client().assume_role_with_web_identity(
    RoleArn=given["first"], RoleSessionName="first", WebIdentityToken=given["token"]
)
following = client(first["Credentials"]).assume_role(
    RoleArn=given["next"],
    RoleSessionName="next",
    Tags=[{"Key": "repository", "Value": "octo-org/octo-repo"}],
    TransitiveTagKeys=["repository"],
)
try:
    client(following["Credentials"]).assume_role(RoleArn=given["first"], RoleSessionName="back")
    refused = None
except client().exceptions.ClientError as error:
    refused = error.response["Error"]["Code"]
print(json.dumps([identity(first["Credentials"]), identity(following["Credentials"]), refused]))
