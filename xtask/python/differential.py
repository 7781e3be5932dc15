#!/usr/bin/env python3
"""Writes what botocore sends and reads for the calls that partywall makes, for `crates/partywall-aws/tests/differential.rs`.

    python3 -m venv venv && venv/bin/pip install botocore==1.44.5
    venv/bin/python xtask/python/differential.py | zstd -19 > crates/partywall-aws/tests/data/differential.jsonl.zst

Inputs and answers are made up from the shapes of each operation that `catalog/resources` names, and of a few writes: once with every
member and once with the required ones only. Nothing is sent: each request is caught before the socket and answered from here.
"""
import base64
import datetime
import json
import os
import pathlib
import sys
import tomllib
import urllib.parse
from xml.sax.saxutils import escape, quoteattr

os.environ["TZ"] = "UTC"
import botocore
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parents[2]
WRITES = [
    ("ec2", "CreateTags"), ("ec2", "ModifyInstanceMetadataOptions"), ("ec2", "RevokeSecurityGroupIngress"), ("ec2", "EnableEbsEncryptionByDefault"),
    ("s3", "PutPublicAccessBlock"), ("s3", "PutBucketEncryption"), ("s3", "PutBucketPolicy"), ("s3", "PutBucketTagging"),
    ("s3", "PutBucketVersioning"), ("s3", "PutBucketLogging"), ("s3control", "PutPublicAccessBlock"), ("rds", "ModifyDBInstance"), ("kms", "EnableKeyRotation"),
    ("iam", "UpdateAccountPasswordPolicy"), ("iam", "UpdateAccessKey"), ("iam", "TagRole"), ("sqs", "SetQueueAttributes"),
    ("sns", "SetTopicAttributes"), ("lambda", "UpdateFunctionConfiguration"), ("dynamodb", "UpdateContinuousBackups"),
    ("cloudtrail", "UpdateTrail"), ("logs", "PutRetentionPolicy"), ("route53", "ChangeTagsForResource"), ("cloudfront", "UpdateDistribution"),
    ("sts", "AssumeRole"), ("organizations", "ListAccounts"), ("cloudwatch", "DescribeAlarms"), ("resourcegroupstaggingapi", "GetResources"),
    ("iam", "GetAccountAuthorizationDetails"), ("iam", "GetCredentialReport"), ("s3", "ListObjectsV2"), ("s3", "HeadBucket"), ("config", "SelectAggregateResourceConfig"),
]
COMMANDS = {"s3api": "s3", "configservice": "config", "deploy": "codedeploy"}
MOMENT = datetime.datetime(2026, 11, 22, 10, 0, 0, 250000, tzinfo=datetime.timezone.utc)
# Of signing, of the connection, of the library.
IGNORED = {"authorization", "x-amz-date", "x-amz-content-sha256", "user-agent", "amz-sdk-invocation-id", "amz-sdk-request", "content-length", "expect", "host", "content-encoding"}
DEPTH = 4


def calls():
    found = set(WRITES)
    for path in sorted((ROOT / "catalog/resources").glob("**/*.toml")):
        for read in tomllib.loads(path.read_text()).get("read", []):
            service = COMMANDS.get(read["service"], read["service"])
            found.add((service, read["operation"]))
            if "names" in read:
                found.add((service, read["names"]["operation"]))
    return sorted(found)


class Inputs:
    """A value for botocore and the same value as partywall takes it."""

    def __init__(self, service, full):
        self.service, self.full = service, full

    def value(self, name, shape, depth=0):
        kind, meta, place = shape.type_name, shape.metadata, shape.serialization
        if kind == "structure":
            if shape.is_document_type:
                document = {"a": [1, "b", True, 1.5], "c": {"d": "é"}}
                return document, document
            members = list(shape.members.items())
            if shape.is_tagged_union:
                members = members[:1]
            else:
                wanted = set(shape.required_members) | {n for n, s in members if s.metadata.get("idempotencyToken") and depth == 0}
                keep = (lambda n: True) if self.full and depth < DEPTH else (lambda n: n in wanted)
                members = [(n, s) for n, s in members if keep(n) and not s.serialization.get("eventstream")]
            pairs = [(n, self.value(n, s, depth + 1)) for n, s in members]
            return {n: v[0] for n, v in pairs}, {n: v[1] for n, v in pairs}
        if kind == "list":
            count = max(int(meta.get("min", 0)), 2 if self.full else 1)
            items = [self.value(f"{name}{i}", shape.member, depth + 1) for i in range(count)]
            return [v[0] for v in items], [v[1] for v in items]
        if kind == "map":
            pairs = [(f"key {i}" if not place.get("location") else f"key{i}", self.value(name, shape.value, depth + 1)) for i in range(2 if self.full else 1)]
            return {k: v[0] for k, v in pairs}, {k: v[1] for k, v in pairs}
        if kind == "boolean":
            return self.full, self.full
        if kind in ("integer", "long"):
            number = max(int(meta.get("min", 0)), 7)
            return number, number
        if kind in ("float", "double"):
            number = max(float(meta.get("min", 0)), 1.5)
            return number, number
        if kind == "timestamp":
            return MOMENT, "2026-11-22T10:00:00.250000Z"
        if kind == "blob":
            return b"\x00\xffblob", base64.b64encode(b"\x00\xffblob").decode()
        if place.get("jsonvalue") and place.get("location") == "header":
            return {"a": 1}, {"a": 1}
        text = f"{name} é&/<>\"'+~*%"
        if place.get("hostLabel") or name in ("AccountId", "accountId"):
            text = "111122223333"
        elif self.service == "s3" and name == "ChecksumAlgorithm":
            text = "CRC32"
        elif place.get("location") in ("header", "headers"):
            text = f"{name} value"
        elif self.service == "s3" and name in ("Bucket", "CopySource"):
            text = "bucket-1.example"
        elif self.service == "route53" and name in ("HostedZoneId", "Id", "ResourceId"):
            text = "/hostedzone/Z123"
        return text.ljust(int(meta.get("min", 0)), "x"), text.ljust(int(meta.get("min", 0)), "x")


def moment(shape, default, number):
    format = shape.serialization.get("timestampFormat", default)
    if format == "unixTimestamp":
        return [1795334400, 1795334400.5, 0][number % 3]
    if format == "rfc822":
        return "Sun, 22 Nov 2026 10:00:00 GMT"
    return ["2026-11-22T10:00:00Z", "2026-11-22T10:00:00.123Z", "2026-11-22T10:00:00.000+02:00"][number % 3]


class Answers:
    """An answer's bytes from its shape, in the service's protocol."""

    def __init__(self, service, full):
        self.service, self.full, self.count = service, full, 0

    def number(self):
        self.count += 1
        return self.count

    def members(self, shape, depth):
        if depth > DEPTH or not self.full:
            return []
        members = [(n, s) for n, s in shape.members.items() if s.serialization.get("location") not in ("header", "headers", "statusCode")]
        return members[:1] if shape.is_tagged_union else members

    def text(self, name, shape):
        if shape.name == "policyDocumentType":
            return urllib.parse.quote(json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*"}]}))
        return f"{name} {self.number()} é&<>\"' \n+%41"

    def json(self, name, shape, depth=0):
        kind = shape.type_name
        if kind == "structure":
            if shape.is_document_type:
                return {"a": [1, None, {"b": 1.5}], "c": "é"}
            found = {s.serialization.get("name", n): self.json(n, s, depth + 1) for n, s in self.members(shape, depth)}
            if self.full and not shape.is_tagged_union:
                found["notInTheModel"] = {"x": [1]}
            if shape.is_tagged_union and not found and shape.members:
                name, member = next(iter(shape.members.items()))
                found = {member.serialization.get("name", name): self.json(name, member, 0 if depth > 20 else depth + 1)} if depth < 30 else {}
            return found
        if kind == "list":
            return [self.json(name, shape.member, depth + 1) for _ in range(2)] if depth <= DEPTH else []
        if kind == "map":
            return {f"key {i}": self.json(name, shape.value, depth + 1) for i in range(2)} if depth <= DEPTH else {}
        if kind == "boolean":
            return self.number() % 2 == 0
        if kind in ("integer", "long"):
            return self.number()
        if kind in ("float", "double"):
            return [1.5, 2, 1e-7][self.number() % 3]
        if kind == "timestamp":
            return moment(shape, "unixTimestamp", self.number())
        if kind == "blob":
            return base64.b64encode(f"\x00{name}".encode()).decode()
        return self.text(name, shape)

    def xml(self, tag, name, shape, depth=0):
        kind, place = shape.type_name, shape.serialization
        if kind == "structure":
            inner, attributes = "", ""
            for n, s in self.members(shape, depth):
                if s.serialization.get("xmlAttribute"):
                    attributes += f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" {s.serialization["name"]}={quoteattr(n)}'
                else:
                    inner += self.xml(s.serialization.get("name", n), n, s, depth + 1)
            if self.full and not shape.is_tagged_union:
                inner += "<notInTheModel><x>1</x></notInTheModel>"
            return f"<{tag}{attributes}>{inner}</{tag}>"
        if kind == "list":
            items = range(2) if depth <= DEPTH else []
            if place.get("flattened"):
                element = shape.member.serialization.get("name", tag)
                return "".join(self.xml(element, name, shape.member, depth + 1) for _ in items)
            element = shape.member.serialization.get("name", "member")
            return f"<{tag}>\n  " + "".join(self.xml(element, name, shape.member, depth + 1) for _ in items) + f"</{tag}>"
        if kind == "map":
            items = range(2) if depth <= DEPTH else []
            key, value = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
            entry = tag if place.get("flattened") else "entry"
            entries = "".join(f"<{entry}><{key}>key {i}</{key}>{self.xml(value, name, shape.value, depth + 1)}</{entry}>" for i in items)
            return entries if place.get("flattened") else f"<{tag}>{entries}</{tag}>"
        if kind == "boolean":
            text = "true" if self.number() % 2 else "false"
        elif kind in ("integer", "long"):
            text = str(self.number())
        elif kind in ("float", "double"):
            text = "1.5"
        elif kind == "timestamp":
            text = str(moment(shape, "iso8601", self.number()))
        elif kind == "blob":
            text = base64.b64encode(f"\x00{name}".encode()).decode()
        else:
            text = self.text(name, shape)
        return f"<{tag}>{escape(text)}</{tag}>"

    def headers(self, shape):
        found = {"x-amzn-RequestId": "11111111-2222-3333-4444-555555555555"}
        if shape is None or not self.full:
            return found
        for name, member in shape.members.items():
            place, kind = member.serialization, member.type_name
            if place.get("location") == "headers":
                found[place.get("name", "") + "one"] = "first"
            elif place.get("location") == "header":
                found[place.get("name", name)] = {
                    "boolean": "true", "integer": "7", "long": "7", "float": "1.5", "double": "1.5", "list": "a, b",
                    "timestamp": moment(member, "rfc822", 0) if kind == "timestamp" else "",
                }.get(kind, base64.b64encode(b'{"a": [1]}').decode() if place.get("jsonvalue") else f"{name} value")
                found[place.get("name", name)] = str(found[place.get("name", name)])
        return found

    def body(self, operation):
        shape, protocol = operation.output_shape, operation.service_model.resolved_protocol
        if protocol == "query":
            inner = ""
            if shape is not None:
                wrapper = shape.serialization.get("resultWrapper", f"{operation.name}Result")
                inner = self.xml(wrapper, operation.name, shape)
            return f'<?xml version="1.0"?>\n<{operation.name}Response xmlns="https://example.amazonaws.com/doc/">{inner}<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{operation.name}Response>'
        if protocol == "ec2":
            text = self.xml(f"{operation.name}Response", operation.name, shape) if shape is not None else f"<{operation.name}Response></{operation.name}Response>"
            return text.replace("Response>", 'Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>', 1)
        if operation.http.get("method") == "HEAD" or shape is None:
            return "" if protocol.startswith("rest") else "{}"
        if protocol == "json":
            return json.dumps(self.json(operation.name, shape))
        payload = shape.serialization.get("payload")
        if payload:
            member = shape.members[payload]
            if member.serialization.get("eventstream"):
                return None
            if member.type_name in ("blob", "string"):
                return "text é"
            if not self.full:
                return ""
            if protocol == "rest-json":
                return json.dumps(self.json(payload, member))
            return self.xml(member.serialization.get("name", payload), payload, member)
        if not self.full:
            return ""
        return json.dumps(self.json(operation.name, shape)) if protocol == "rest-json" else self.xml(operation.name, operation.name, shape)


class Raw:
    def __init__(self, content):
        self.content, self.done = content, False

    def stream(self, amt=None, decode_content=None):
        yield self.content

    def read(self, amt=None, decode_content=None):
        content, self.content = self.content, b""
        return content


def printed(value):
    """As the AWS CLI prints it."""
    if isinstance(value, dict):
        return {k: printed(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [printed(v) for v in value]
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if hasattr(value, "read"):
        return value.read().decode()
    return value


def main():
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "secret")
    out = sys.stdout
    out.write(json.dumps({"botocore": botocore.__version__}) + "\n")
    clients, skipped = {}, []
    for service, name in calls():
        if service not in clients:
            config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0, "mode": "standard"}, parameter_validation=True)
            clients[service] = session.create_client(service, region_name="us-east-1", endpoint_url="https://endpoint.example", config=config)
        client = clients[service]
        operation = client.meta.service_model.operation_model(name)
        for full in (True, False):
            given, ours = ({}, {}) if operation.input_shape is None else Inputs(service, full).value(name, operation.input_shape)
            answers = Answers(service, full)
            body = answers.body(operation)
            if body is None:
                skipped.append(f"{service} {name}")
                continue
            headers = answers.headers(operation.output_shape)
            sent = {}

            def catch(request, **kwargs):
                sent["request"] = request
                return AWSResponse(request.url, 200, dict(headers), Raw(body.encode()))

            client.meta.events.register("before-send", catch, unique_id="differential")
            try:
                parsed = client._make_api_call(name, given)
            except Exception as error:  # noqa: BLE001 -- botocore's own limits are not ours
                sys.stderr.write(f"{service} {name} full={full}: {type(error).__name__}: {str(error)[:300]}\n")
                continue
            finally:
                client.meta.events.unregister("before-send", unique_id="differential")
            request = sent["request"]
            url = urllib.parse.urlsplit(request.url)
            content = request.body or b""
            content = content.encode() if isinstance(content, str) else content if isinstance(content, (bytes, bytearray)) else content.read()
            parsed.pop("ResponseMetadata", None)
            decode = lambda v: v.decode() if isinstance(v, bytes) else str(v)
            row = {
                "service": service, "operation": name, "full": full, "input": ours,
                "request": {
                    "method": request.method, "host": url.netloc, "path": url.path,
                    "query": urllib.parse.parse_qsl(url.query, keep_blank_values=True),
                    "headers": {k.lower(): decode(v) for k, v in sorted(request.headers.items()) if k.lower() not in IGNORED},
                    "body": bytes(content).decode(),
                },
                "response": {"headers": headers, "body": body},
                "output": printed(parsed),
            }
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    sys.stderr.write(f"skipped streams of events: {skipped}\n")


main()
