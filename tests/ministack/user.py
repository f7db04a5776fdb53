"""Makes an IAM user of ministack with a policy; prints the user's keys."""

import json
import sys

import boto3

url, name, policy = sys.argv[1:]
iam = boto3.client(
    "iam", endpoint_url=url, region_name="us-west-2", aws_access_key_id="test", aws_secret_access_key="test"
)
iam.create_user(UserName=name)
iam.put_user_policy(UserName=name, PolicyName="user", PolicyDocument=policy)
key = iam.create_access_key(UserName=name)["AccessKey"]
print(json.dumps({"accessKeyId": key["AccessKeyId"], "secretAccessKey": key["SecretAccessKey"]}))
