"""Decisions beside @cloud-copilot/iam-simulate and lint beside parliament, on the same input, one after the other.

    npm install --prefix tools @cloud-copilot/iam-simulate@0.1.173
    python3 -m venv venv && venv/bin/pip install parliament==1.6.4 setuptools==65.5.0
    cargo bench -p partywall-iam --bench beside --no-run
    venv/bin/python xtask/iam/beside_tools.py target/release/deps/beside-* --modules tools/node_modules --rounds 3

Requests and policies are synthetic. Each tool is a process of its own that reads its input once and, after a round that does not count,
answers all of it a number of times. A decision reads the policies anew in both tools. CPU is user and system time of the counted rounds;
memory is the largest resident set of the process. Tools take turns; the ratios are of medians.
"""

import argparse
import itertools
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ACCOUNT = "111122223333"
HERE = pathlib.Path(__file__).resolve().parent
ACTIONS = {
    "s3": ["GetObject", "PutObject", "DeleteObject", "ListBucket", "GetBucketPolicy", "PutBucketPolicy", "GetBucketLocation", "ListAllMyBuckets"],
    "sqs": ["SendMessage", "ReceiveMessage", "DeleteMessage", "GetQueueUrl", "CreateQueue", "PurgeQueue", "ListQueues"],
    "dynamodb": ["GetItem", "PutItem", "Query", "Scan", "DeleteItem", "DescribeTable", "ListTables"],
    "kms": ["Decrypt", "Encrypt", "GenerateDataKey", "DescribeKey", "ListKeys", "CreateGrant"],
    "iam": ["PassRole", "GetRole", "CreateUser", "AttachUserPolicy", "ListUsers", "CreatePolicyVersion"],
    "ec2": ["RunInstances", "DescribeInstances", "StartInstances", "TerminateInstances", "CreateTags"],
    "lambda": ["InvokeFunction", "CreateFunction", "UpdateFunctionCode", "GetFunction", "ListFunctions"],
}
RESOURCES = {
    "s3": "arn:aws:s3:::data/reports/*",
    "sqs": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:orders*",
    "dynamodb": f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/orders",
    "kms": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/*",
    "iam": f"arn:aws:iam::{ACCOUNT}:role/app-*",
    "ec2": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/*",
    "lambda": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:orders-*",
}
WORDS = {"Allowed": "allow", "ExplicitlyDenied": "deny", "ImplicitlyDenied": "implicitDeny"}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def identity(number):
    """A policy of the size that people write: six statements, one that denies, two with conditions."""
    services = sorted(ACTIONS)
    allows = []
    for step in range(4):
        service = services[(number + 2 * step) % len(services)]
        own = ACTIONS[service]
        names = [f"{service}:{own[(number + place) % len(own)]}" for place in range(4)] + [f"{service}:Get*"]
        allows.append({"Effect": "Allow", "Action": names, "Resource": [RESOURCES[service], "*"] if number % 3 == 0 else RESOURCES[service]})
    allows[1]["Condition"] = {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}
    home = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::home/${aws:username}/*"}
    deny = {"Effect": "Deny", "Action": ["s3:Delete*", "iam:Create*"], "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}
    return document(*allows, home, deny)


BUCKET = document(
    {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/shared/*"},
)
REGIONS = document(
    {"Effect": "Allow", "Action": "*", "Resource": "*"},
    {"Effect": "Deny", "NotAction": ["iam:*", "sts:*", "s3:*"], "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}},
)
ASKED = [
    ("s3:GetObject", "arn:aws:s3:::data/reports/2026/11.csv"),
    ("s3:PutObject", "arn:aws:s3:::home/alice/notes.txt"),
    ("s3:DeleteObject", "arn:aws:s3:::home/alice/notes.txt"),
    ("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:orders-new"),
    ("dynamodb:Query", f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/orders"),
    ("kms:Decrypt", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
    ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/app-web"),
    ("ec2:StartInstances", f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-0123456789abcdef0"),
    ("lambda:InvokeFunction", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:orders-intake"),
    ("lambda:CreateFunction", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:other"),
]


def rows():
    for number, ((action, resource), region, mfa) in enumerate(itertools.product(ASKED * 7, ["eu-west-1", "us-east-1"], ["true", "false"])):
        context = {"aws:SecureTransport": "true", "aws:RequestedRegion": region, "aws:MultiFactorAuthPresent": mfa, "aws:username": "alice"}
        asked = {"principal": f"arn:aws:iam::{ACCOUNT}:user/alice", "action": action, "resource": resource, "resourceAccount": ACCOUNT, "context": context}
        of_resource = [BUCKET] if resource.startswith("arn:aws:s3:::data") else []
        given = {"identity": [identity(number)], "resource": of_resource, "boundary": None, "scp": [[REGIONS]]}
        yield {"id": str(number), "kind": "decision", "request": asked, "policies": given}


def parliament(file, rounds):
    """The child that lints: parliament's findings on each policy."""
    from parliament import analyze_policy_string

    policies = [json.loads(line) for line in pathlib.Path(file).read_text().splitlines()]

    def answer():
        return [len(analyze_policy_string(policy).findings) for policy in policies]

    answers = answer()
    start = time.process_time()
    for _ in range(rounds):
        answers = answer()
    print(json.dumps({"cpu": time.process_time() - start, "answers": answers}))


def measured(command):
    """What the command says, and its peak memory in MB."""
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen([str(part) for part in command], stdout=out)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"`{command[0]}` ended with {child.returncode}")
        out.seek(0)
        return json.load(out), used.ru_maxrss * 1024 / 1e6


def compare(what, count, commands, repeats):
    """Runs the tools in turns; `commands` has for each the command and its rounds. Prints a line each and the ratios; returns answers."""
    rates, memory, answers = ({tool: [] for tool in commands} for _ in range(3))
    for _ in range(repeats):
        for tool, (command, rounds) in commands.items():
            said, peak = measured(command)
            rates[tool].append(count * rounds / said["cpu"])
            memory[tool].append(peak)
            answers[tool] = said["answers"]
    for tool in commands:
        low, high = min(rates[tool]), max(rates[tool])
        print(f"{what}: {tool:12} {statistics.median(rates[tool]):10,.0f} a CPU second ({low:,.0f} to {high:,.0f}), {statistics.median(memory[tool]):.0f} MB")
    ours, theirs = (statistics.median(rates[tool]) for tool in commands)
    less, more = (statistics.median(memory[tool]) for tool in commands)
    print(f"{what}: {ours / theirs:,.0f} times as many, with {less / more:.0%} of the memory", flush=True)
    return answers.values()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("beside", help="the bench `beside`, built")
    parser.add_argument("--modules", required=True, help="node_modules with iam-simulate")
    parser.add_argument("--rounds", type=int, default=3, help="how often the tools take turns")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        requests, policies = pathlib.Path(place) / "requests", pathlib.Path(place) / "policies"
        asked = list(rows())
        requests.write_text("".join(json.dumps(row) + "\n" for row in asked))
        texts = [json.dumps(identity(number)) for number in range(100)]
        policies.write_text("".join(json.dumps(text) + "\n" for text in texts))
        decide = {
            "partywall": ([arguments.beside, "decide", requests, 200], 200),
            "iam-simulate": (["node", HERE / "simulate.mjs", arguments.modules, requests, 5], 5),
        }
        ours, theirs = compare("decisions", len(asked), decide, arguments.rounds)
        differ = [(row["request"], one, other) for row, one, other in zip(asked, ours, theirs, strict=True) if one != WORDS.get(other, other)]
        print(f"decisions: {len(asked) - len(differ)} of {len(asked)} agree")
        for difference in differ[:5]:
            print(*difference)
        lint = {
            "partywall": ([arguments.beside, "lint", policies, 50], 50),
            "parliament": ([sys.executable, __file__, "--parliament", policies, 2], 2),
        }
        ours, theirs = compare("lint", len(texts), lint, arguments.rounds)
        print(f"lint: {sum(ours)} findings by partywall, {sum(theirs)} by parliament")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--parliament"]:
        parliament(sys.argv[2], int(sys.argv[3]))
    else:
        main()
