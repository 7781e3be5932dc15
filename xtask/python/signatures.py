"""Makes crates/partywall-aws/tests/data/signatures.jsonl: requests and the Authorization header that botocore gives them.

    python3 xtask/python/signatures.py

Needs `botocore`. Keys and time are fixed, so the output is the same each time.
"""

import datetime
import json
import pathlib

import botocore
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

NOW = datetime.datetime(2026, 11, 22, 10, 0, 0, tzinfo=datetime.timezone.utc)
botocore.auth.get_current_datetime = lambda remove_tzinfo=True: NOW.replace(tzinfo=None) if remove_tzinfo else NOW
TOKENS = [None, "SessionTokenExample//+=="]
CASES = [
    ("POST", "https://ec2.eu-central-1.amazonaws.com/", "Action=DescribeRegions&Version=2016-11-15", "ec2", "eu-central-1",
     {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}),
    ("POST", "https://dynamodb.us-east-1.amazonaws.com/", "{}", "dynamodb", "us-east-1",
     {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.ListTables"}),
    ("GET", "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A1%3Afunction%3Af/policy", "",
     "lambda", "eu-west-1", {}),
    ("GET", "https://iot.eu-west-1.amazonaws.com/things?maxResults=10&nextToken=a%2Bb%3D%3D&attributeName", "", "iot", "eu-west-1", {}),
    ("GET", "https://apigateway.eu-west-1.amazonaws.com/tags/a%20b%2Fc//d/../e", "", "apigateway", "eu-west-1", {}),
    ("GET", "https://bucket.s3.eu-central-1.amazonaws.com/?policy", "", "s3", "eu-central-1", {}),
    ("GET", "https://bucket.s3.eu-central-1.amazonaws.com/a//b/../c%20d%2Be?versionId=x", "", "s3", "eu-central-1", {}),
    ("PUT", "https://bucket.s3.eu-central-1.amazonaws.com/?publicAccessBlock", "<x/>", "s3", "eu-central-1", {"Content-MD5": "abc=="}),
    ("GET", "http://127.0.0.1:4566/bucket?list-type=2&prefix=%E2%82%AC%2F", "", "s3", "eu-central-1", {}),
    ("GET", "https://111122223333.s3-control.eu-central-1.amazonaws.com/v20180820/configuration/publicAccessBlock", "", "s3", "eu-central-1",
     {"x-amz-account-id": "111122223333"}),
]

lines = []
for method, url, body, service, region, headers in CASES:
    for token in TOKENS:
        base, _, query = url.partition("?")
        request = AWSRequest(method=method, url=url, data=body, headers=dict(headers))
        auth = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
        if service == "s3":
            request.context["payload_signing_enabled"] = True
            request.context["client_config"] = None
        auth(Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token), service, region).add_auth(request)
        row = {"method": method, "url": url, "body": body, "service": service, "region": region, "headers": headers, "token": token,
               "authorization": request.headers["Authorization"]}
        lines.append(json.dumps(row, sort_keys=True, ensure_ascii=False))
path = pathlib.Path(__file__).resolve().parents[2] / "crates/partywall-aws/tests/data/signatures.jsonl"
path.write_text("\n".join(lines) + "\n")
