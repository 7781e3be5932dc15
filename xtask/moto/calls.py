"""Compares `partywall aws call` with boto3 on moto, for each call of the catalogue that needs no resource to ask about.

    moto/bin/python xtask/moto/calls.py target/release/partywall

Answers are compared whole, but for the moments in them: moto makes some up when it is asked. Not a part of `cargo xtask moto`: it starts
the program some three hundred times. `crates/partywall-aws/tests/differential.rs` compares with botocore for all calls, on made-up bytes.
"""

import argparse
import base64
import datetime
import json
import re
import subprocess
import sys
import tomllib

from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from check import COMMANDS, ROOT, Partywall, started
from seed import REGION

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
# Paging is partywall's own business, but boto3 wants these to be given.
REQUIRED = {"ListUserPools": {"MaxResults": 60}, "ListIdentityPools": {"MaxResults": 60}}


def questions():
    """Service, operation and input of each call, once."""
    found = {}
    for path in sorted((ROOT / "catalog/resources").glob("**/*.toml")):
        for read in tomllib.loads(path.read_text()).get("read", []):
            call = read.get("names", read)
            given = call.get("input", {})
            if "per" not in read and "of" not in read and "{" not in "".join(map(str, given.values())):
                service = COMMANDS.get(read["service"], read["service"])
                found[service, call["operation"], json.dumps(given)] = {**given, **REQUIRED.get(call["operation"], {})}
    return [(service, operation, given) for (service, operation, _), given in found.items()]


def plain(value):
    """As the AWS CLI prints it, with all moments alike."""
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items() if name != "ResponseMetadata"}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime.datetime) or isinstance(value, str) and MOMENT.match(value):
        return "a moment"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return int(value) if isinstance(value, float) and value.is_integer() else value


def boto3_says(client, operation, given):
    """The whole answer with all pages, or nothing if moto refuses."""
    name = xform_name(operation)
    try:
        if client.can_paginate(name):
            return plain(client.get_paginator(name).paginate(**given).build_full_result())
        return plain(getattr(client, name)(**given))
    # Moto's own failures are pages for people.
    except (ClientError, ResponseParserError):
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("partywall")
    server, url, aws = started()
    partywall = Partywall(parser.parse_args().partywall, None, url)
    same = refused = 0
    wrong = []
    for service, operation, given in questions():
        theirs = boto3_says(aws(service), operation, given)
        call = [*partywall.command, "aws", "call", service, operation, json.dumps(given), "--region", REGION, "--s3-path-style"]
        ran = subprocess.run(call, env=partywall.environment, capture_output=True, text=True, timeout=120)
        ours = plain(json.loads(ran.stdout or "{}")) if ran.returncode == 0 else None
        if ours != theirs:
            wrong.append(f"{service} {operation} {given}\n  partywall: {json.dumps(ours)[:2000]}\n  boto3:     {json.dumps(theirs)[:2000]}")
        same, refused = same + (ours == theirs and ours is not None), refused + (ours is None and theirs is None)
    server.stop()
    print(f"{same} answers are the same, {refused} calls are refused to both, {len(wrong)} differ")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
