"""Compares what partywall reads of a small account with what boto3 says of it, on moto. `cargo xtask moto` runs it.

    python check.py PARTYWALL [--catalog DIR]

Rows: each seeded type has the ids that boto3 lists, no more and no fewer, with the same facts. Gaps: what moto has no answer for is a gap
of every type that rests on it, and nothing passes there. Moto runs within this process, on a free port of the loopback interface.
"""

import argparse
import collections
import json
import logging
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import tomllib

# Before moto reads them.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
from moto.moto_server import werkzeug_app
from moto.server import ThreadedMotoServer

from seed import REGION, seed
from truth import QUESTIONS

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Names that the AWS CLI has for services, and ours.
COMMANDS = {"s3api": "s3", "configservice": "config", "deploy": "codedeploy"}
WIDEST = max(len(question.facts) for question in QUESTIONS)


class Partywall:
    """The program, with credentials and an address that lead nowhere else."""

    def __init__(self, binary, catalog, url):
        self.command = [binary, *(["--catalog", catalog] if catalog else [])]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_") and not name.lower().endswith("_proxy")}
        own = {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true"}
        self.environment = {**kept, **own, "AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none", "NO_COLOR": "1"}

    def run(self, *arguments, codes=(0,)):
        ran = subprocess.run([*self.command, *arguments], env=self.environment, capture_output=True, text=True, timeout=300)
        if ran.returncode not in codes:
            sys.exit(f"`partywall {' '.join(arguments)[:200]}` ended with {ran.returncode}:\n{ran.stderr[-2000:]}")
        return ran.stdout

    def query(self, sql, lake):
        # 3: what moto does not answer is a gap.
        return [json.loads(line) for line in self.run("query", "--format", "jsonl", sql, lake, codes=(0, 3)).splitlines()]


def started():
    """A running moto that holds the account, its address, and boto3's clients for it."""
    # Every call that it does not know would be a traceback, or a line on standard output.
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    werkzeug_app.print = lambda *_: None
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    url = "http://127.0.0.1:%d" % server.get_host_and_port()[1]
    return server, url, seed(url)


def rows(partywall, lake):
    """The rows of all tables in question, `{table: {id: facts}}`, with one statement."""
    there = {line.split()[0] for line in partywall.run("query", "--tables", lake, codes=(0, 3)).splitlines()}
    parts = []
    for question in QUESTIONS:
        if question.table in there:
            facts = [f"cast({fact} as varchar)" for fact in question.facts] + ["cast(null as varchar)"] * (WIDEST - len(question.facts))
            named = ", ".join(f"{fact} f{place}" for place, fact in enumerate(facts))
            parts.append(f"select '{question.table}' t, {question.id} id, {named} from {question.table} where {question.where}")
    found = {question.table: [] for question in QUESTIONS}
    widths = {question.table: len(question.facts) for question in QUESTIONS}
    for row in partywall.query(" union all ".join(parts), lake):
        found[row["t"]].append((row["id"], tuple(row.get(f"f{place}") for place in range(widths[row["t"]]))))
    return found


def compare_rows(partywall, lake, aws):
    """A line for each row or fact that differs, and how many rows and facts were compared."""
    wrong, counted, facts = [], 0, 0
    read = rows(partywall, lake)
    for question in QUESTIONS:
        ours, theirs = dict(read[question.table]), question.truth(aws)
        if not theirs:
            wrong.append(f"{question.table}: boto3 lists none, so nothing is compared")
        if len(ours) < len(read[question.table]):
            wrong.append(f"{question.table}: two rows have the same id")
        for id in sorted(ours.keys() | theirs.keys()):
            if id not in ours:
                wrong.append(f"{question.table}: `{id}` is missing")
            elif id not in theirs:
                wrong.append(f"{question.table}: boto3 does not list `{id}`")
            else:
                pairs = zip(question.facts, ours[id], theirs[id], strict=True)
                wrong += [f"{question.table} `{id}`: {fact} is {mine}, boto3 says {other}" for fact, mine, other in pairs if mine != other]
        counted, facts = counted + len(theirs), facts + len(theirs) * len(question.facts)
    return wrong, counted, facts


def unanswered(stats):
    """Calls that moto has no answer for: it fails with 5xx."""
    found = set()
    for line in stats.splitlines():
        if line.endswith(" AWS failed"):
            service, operation = line.split()[0].split(":")
            found.add((service, operation))
    return found


def compare_gaps(partywall, lake, failed):
    """A line for each type that rests on a failed call and has no gap for it, or passes something unlisted; how many calls and types."""
    found = partywall.query("select distinct resource_type, path, cause from gap where cause like '%failed%' or cause like 'not looked%'", lake)
    gaps = collections.defaultdict(list)
    for row in found:
        gaps[row["resource_type"]].append((row.get("path"), row["cause"]))
    wrong, unlisted, touched = [], set(), 0
    for path in sorted((ROOT / "catalog/resources").glob("**/*.toml")):
        known = tomllib.loads(path.read_text())
        for read in known.get("read", []):
            asked = {read["operation"], read.get("names", {}).get("operation")}
            hit = {operation for service, operation in failed if service == COMMANDS.get(read["service"], read["service"]) and operation in asked}
            if not hit:
                continue
            touched += 1
            lists = ("per" not in read or "of" in read) and "silent" not in read
            if lists:
                unlisted.add(known["type"])
            named = (cause for where, cause in gaps[known["type"]] if not (lists and where))
            if not any(operation in cause for cause in named for operation in hit):
                wrong.append(f"{known['type']}: no gap says that {' and '.join(sorted(hit))} failed")
    results = [json.loads(line) for line in partywall.run("assess", lake, "--format", "jsonl", codes=(0, 1, 3)).splitlines()]
    for result in results:
        if result["status"] == "pass" and result["resource"]["type"] in unlisted:
            wrong.append(f"{result['check']} passes for {result['resource']['id']}, and {result['resource']['type']} could not be listed")
    return wrong, touched, len(results)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("partywall")
    parser.add_argument("--catalog")
    arguments = parser.parse_args()
    times = [time.monotonic()]

    def lap(what):
        times.append(time.monotonic())
        print(f"{what} ({times[-1] - times[-2]:.1f} s)", flush=True)

    server, url, aws = started()
    lap(f"moto at {url}, seeded")
    partywall = Partywall(arguments.partywall, arguments.catalog, url)
    with tempfile.TemporaryDirectory() as directory:
        lake = str(pathlib.Path(directory) / "lake")
        stats = partywall.run("collect", "aws", "--out", lake, "--region", REGION, "--share", "100", "--s3-path-style", "--stats", codes=(3,))
        lap("read by partywall")
        failed = unanswered(stats)
        wrong, counted, facts = compare_rows(partywall, lake, aws)
        lap(f"{counted} resources of {len(QUESTIONS)} types and {facts} facts compared with boto3")
        more, touched, results = compare_gaps(partywall, lake, failed)
        lap(f"{len(failed)} calls that moto does not answer: gaps of {touched} reads, {results} results looked at")
    server.stop()
    wrong += more
    if not failed:
        wrong.append("moto answers everything: the gaps were not tried")
    if wrong:
        sys.exit("\n".join([*wrong[:100], f"error: {len(wrong)} differences from boto3"]))


if __name__ == "__main__":
    main()
