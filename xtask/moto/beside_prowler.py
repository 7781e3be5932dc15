"""Prowler and partywall on the same small account in moto, one after the other: CPU, memory, calls, and what each says.

    python3 -m venv moto && moto/bin/pip install -r xtask/moto/requirements.txt
    python3 -m venv prowler && prowler/bin/pip install prowler==5.46.0
    moto/bin/python xtask/moto/beside_prowler.py target/release/partywall prowler/bin/prowler --runs 3

Both read and judge one Region, us-east-1, and what is global, with all their checks, and write one line for each result. CPU is user and
system time, memory the largest resident set, both of the tool with its children as the kernel counts them; moto's own work is not in it.
A fresh moto is seeded before each run, so that no tool finds what the other had made moto load or make.
"""

import argparse
import collections
import csv
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

from seed import REGION, seed

# Werkzeug colours lines of what went wrong.
RAN = re.compile(r'HTTP/1\.[01](?:\x1b\[\d+m)*" (\d{3})')
Run = collections.namedtuple("Run", "cpu wall memory calls failed results")


def moto(log, port):
    """A moto of its own process, so that its time is not in ours, seeded."""
    server = pathlib.Path(sys.executable).with_name("moto_server")
    running = subprocess.Popen(
        [server, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=log, env={**os.environ, "MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{url}/moto-api/data.json", timeout=30).read()
            break
        except OSError:
            time.sleep(0.5)
    seed(url)
    return running, url


def measured(command, url, directory):
    """CPU seconds, seconds and peak memory in MB of one command."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_") and not name.lower().endswith("_proxy")}
    own = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    launcher = pathlib.Path(__file__).with_name("measured.py")
    start = time.monotonic()
    with open(directory / "out", "wb") as out, open(directory / "err", "wb") as err:
        subprocess.run([sys.executable, "-I", launcher, directory / "used", *command], stdout=out, stderr=err, env={**kept, **own})
    used = json.loads((directory / "used").read_text())
    return used["cpu"], time.monotonic() - start, used["memory"]


def partywall_results(directory):
    found = [json.loads(line) for line in (directory / "out").read_text().splitlines()]
    return [(result["check"], result["resource"]["id"] or "", result["status"]) for result in found]


def prowler_results(directory):
    (table,) = (directory / "prowler").glob("*.csv")
    with open(table, newline="") as lines:
        return [(row["CHECK_ID"], row["RESOURCE_UID"], row["STATUS"].lower()) for row in csv.DictReader(lines, delimiter=";")]


def commands(partywall, prowler, directory):
    """Each tool's command, and the function that reads its results."""
    return {
        "partywall": ([partywall, "assess", "aws", "--region", REGION, "--share", "100", "--s3-path-style", "--format", "jsonl"], partywall_results),
        "prowler": (
            [
                prowler,
                "aws",
                "--region",
                REGION,
                "--output-formats",
                "csv",
                "--output-directory",
                directory / "prowler",
                "--no-banner",
                "--no-color",
                "--ignore-exit-code-3",
            ],
            prowler_results,
        ),
    }


def once(tool, arguments, port, keep):
    with tempfile.TemporaryDirectory() as place:
        directory = pathlib.Path(place)
        command, read = commands(arguments.partywall, arguments.prowler, directory)[tool]
        with open(directory / "moto.log", "w+") as log:
            running, url = moto(log, port)
            try:
                before = os.path.getsize(directory / "moto.log")
                cpu, wall, memory = measured(command, url, directory)
            finally:
                running.terminate()
                running.wait()
            log.seek(before)
            answers = RAN.findall(log.read())
        results = read(directory)
        if keep:
            (pathlib.Path(keep) / f"{tool}.json").write_text(json.dumps(results, indent=0))
        failed = sum(code.startswith("5") for code in answers)
        return Run(cpu, wall, memory, len(answers), failed, collections.Counter(status for *_, status in results))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("partywall")
    parser.add_argument("prowler")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--port", type=int, default=5480)
    parser.add_argument("--keep", help="directory for the results of the last run")
    arguments = parser.parse_args()
    runs = {"partywall": [], "prowler": []}
    for number in range(arguments.runs):
        for tool, done in runs.items():
            done.append(run := once(tool, arguments, arguments.port, arguments.keep))
            said = ", ".join(f"{count} {status}" for status, count in sorted(run.results.items()))
            print(
                f"{number + 1} {tool:9}  {run.cpu:6.2f} CPU s  {run.wall:6.1f} s  {run.memory:6.0f} MB  {run.calls:4} requests, {run.failed} answered 5xx  {said}",
                flush=True,
            )
    medians = {tool: [statistics.median(getattr(run, field) for run in done) for field in ("cpu", "memory")] for tool, done in runs.items()}
    cpu, memory = (ours / theirs for ours, theirs in zip(medians["partywall"], medians["prowler"], strict=True))
    print(f"medians: {cpu:.1%} of the CPU time, {memory:.1%} of the memory")


if __name__ == "__main__":
    main()
