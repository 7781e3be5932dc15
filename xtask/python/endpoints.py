"""Makes catalog/reference/aws-partitions.toml and the endpoint fixture of partywall-aws from botocore's endpoint rule sets.

    python3 xtask/python/endpoints.py --date 2026-11-22

Needs `botocore` (the version is written into both files) and the `zstd` command. The rules are evaluated for every service, Region and
variant and folded to few lines: a pattern per service, exceptions by partition or Region. The fixture is what botocore's *clients*
resolve and sign with, so that the folding is tested by another way than it was made.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys

import botocore
import botocore.session
from botocore.config import Config
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import BotoCoreError

ROOT = pathlib.Path(__file__).resolve().parents[2]
VARIANTS = {"plain": (False, False), "fips": (True, False), "dual": (False, True), "fips-dual": (True, True)}
DEFAULTS = {
    "plain": "{prefix}.{region}.{suffix}",
    "fips": "{prefix}-fips.{region}.{suffix}",
    "dual": "{prefix}.{region}.{dual}",
    "fips-dual": "{prefix}-fips.{region}.{dual}",
}
FIXTURE_REGIONS = ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"]
# Operations that ask for other hosts than the rest of their service, by the rule set's parameter. The first is the service's own.
GROUPS = {
    "acm": [{"ServiceType": "ACM"}, {"ServiceType": "ACM-ACME"}],
    "arc-region-switch": [{}, {"UseControlPlaneEndpoint": True}],
    "kinesis": [{"OperationType": "control"}, {"OperationType": "data"}, {"OperationType": "control", "ResourceType": "queue"},
                {"OperationType": "data", "ResourceType": "queue"}],
    "neptune-graph": [{"ApiType": "ControlPlane"}, {"ApiType": "DataPlane"}],
    "signin": [{"IsControlPlane": True}, {"IsControlPlane": False}, {"IsOAuthEndpoint": True}],
    "wellarchitected": [{}, {"SubServiceType": "AGENT"}],
}
# Regions that an account has to turn on: AWS Account Management Reference Guide, "Enable or disable AWS Regions in your account". Regions
# of `aws` that the guide does not name yet are counted in: all since 2019 have to be turned on.
OPT_IN = """af-south-1 ap-east-1 ap-east-2 ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
ca-west-1 eu-central-2 eu-south-1 eu-south-2 il-central-1 me-central-1 me-south-1 me-west-1 mx-central-1 sa-west-1""".split()
PREFIXES = {
    "aws": ["us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-"],
    "aws-cn": ["cn-"], "aws-eusc": ["eusc-"], "aws-iso": ["us-iso-"], "aws-iso-b": ["us-isob-"],
    "aws-iso-e": ["eu-isoe-"], "aws-iso-f": ["us-isof-"], "aws-us-gov": ["us-gov-"],
}


def regions(partition):
    return [r for r in partition["regions"] if not r.endswith("-global")]


def spellings(text, region, home):
    """All templates that give this text in this Region."""
    found = {text}
    for value, name in ((region, "{region}"), (home, "{home}")):
        found |= {one.replace(value, name) for one in found if value in one}
    return found


def candidates(host, sign, name, region, partition):
    outputs = partition["outputs"]
    home = outputs["implicitGlobalRegion"]
    for suffix, mark in ((outputs["dualStackDnsSuffix"], "{dual}"), (outputs["dnsSuffix"], "{suffix}")):
        if host.endswith("." + suffix):
            stem = host[: -len(suffix)]
            hosts = {one + mark for one in spellings(stem, region, home)}
            break
    else:
        hosts = spellings(host, region, home)
    signs = {None} if sign in (None, region) else {sign}
    if sign == home:
        signs.add("{home}")
    return {(h, s, name) for h in hosts for s in signs}


def fold(rows, variant, prefix, partitions):
    """`rows`: Region → candidates. Gives rules, the narrowest first."""
    default = (DEFAULTS[variant].replace("{prefix}", prefix), None, None)
    order = lambda c: (c != default, "{home}" in c[0], c[1] is not None and c[1] != "{home}", c[0], c[1] or "", c[2] or "")
    counts = collections.Counter(c for options in rows.values() for c in options)
    best = min(counts, key=lambda c: (-counts[c], order(c)))
    general = None if best == default else best
    left = {region: options for region, options in rows.items() if best not in options}
    by_partition, by_region = [], collections.defaultdict(list)
    for partition in partitions:
        mine = {r: left[r] for r in regions(partition) if r in left}
        if not mine:
            continue
        shared = set.intersection(*(rows[r] for r in regions(partition)))
        if shared and len(mine) == len(regions(partition)):
            by_partition.append((min(shared, key=order), partition["id"]))
            continue
        while mine:
            counts = collections.Counter(c for options in mine.values() for c in options)
            one = min(counts, key=lambda c: (-counts[c], order(c)))
            by_region[one] += sorted(r for r, options in mine.items() if one in options)
            mine = {r: options for r, options in mine.items() if one not in options}
    merged = collections.defaultdict(list)
    for rule, where in by_partition:
        merged[rule].append(where)
    rules = [(rule, where) for rule, where in sorted(by_region.items(), key=str)]
    rules += [(rule, where) for rule, where in sorted(merged.items(), key=str)]
    if general:
        rules.append((general, None))
    return rules


def evaluate(provider, rules, service, fixed, partitions, signing_name):
    for variant, (fips, dual) in VARIANTS.items():
        rows = {}
        for partition in partitions:
            for region in regions(partition):
                params = {"Region": region, "UseFIPS": fips, "UseDualStack": dual, **fixed}
                params = {k: v for k, v in params.items() if k in rules["parameters"]}
                try:
                    endpoint = provider.resolve_endpoint(**params)
                except BotoCoreError:
                    rows[region] = {("", None, None)}
                    continue
                scheme = next((s for s in endpoint.properties.get("authSchemes", []) if s["name"] == "sigv4"), {})
                name = scheme.get("signingName")
                name = None if name == signing_name else name
                host = endpoint.url.removeprefix("https://")
                rows[region] = candidates(host, scheme.get("signingRegion"), name, region, partition)
        yield variant, rows


def quote(text):
    return json.dumps(text)


def line(variant, rule, where):
    host, sign, name = rule
    parts = [] if variant == "plain" else [f"variant = {quote(variant)}"]
    parts.append(f"host = {quote(host)}")
    if sign:
        parts.append(f"sign = {quote(sign)}")
    if name:
        parts.append(f"name = {quote(name)}")
    if where:
        parts.append(f"in = {json.dumps(where)}")
    return "    { " + ", ".join(parts) + " },"


def operations_of(model, group):
    wanted = lambda operation: {p["name"]: p["value"] for p in map(lambda s: {"name": s.name, "value": s.value}, operation.static_context_parameters)}
    return sorted(name for name in model.operation_names if wanted(model.operation_model(name)) == group)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--date", required=True)
    date = arguments.parse_args().date
    session = botocore.session.Session()
    loader = session.get_component("data_loader")
    data = loader.load_data("partitions")
    partitions = data["partitions"]
    out = [
        f"# Partitions, Regions and the addresses of services that do not follow the pattern.",
        f"# Made by xtask/python/endpoints.py from the endpoint rule sets of botocore {botocore.__version__} on {date}. Do not edit.",
        "# `{region}`: the caller's; `{home}`: the partition's Region for global services; `sign`: Region that is signed for, if another.",
        "# First rule that fits holds: variant (plain if not said), then `in` (partitions or Regions; everywhere if not said).",
        "# A host of no letters: there is no such endpoint.",
        "",
        f"botocore = {quote(botocore.__version__)}",
        f"date = {date}",
        "",
        "[default]",
    ]
    out += [f"{variant} = {quote(host)}" for variant, host in DEFAULTS.items()]
    for partition in partitions:
        outputs = partition["outputs"]
        own = regions(partition)
        out += [
            "",
            "[[partition]]",
            f"id = {quote(partition['id'])}",
            f"suffix = {quote(outputs['dnsSuffix'])}",
            f"dual = {quote(outputs['dualStackDnsSuffix'])}",
            f"home = {quote(outputs['implicitGlobalRegion'])}",
            f"prefixes = {json.dumps(PREFIXES[partition['id']])}",
            "regions = [",
            *[f"    {quote(region)}," for region in own],
            "]",
            f"opt_in = {json.dumps([region for region in own if region in OPT_IN])}",
        ]
    out += ["", "[service]"]
    groups = []
    for service in loader.list_available_services("service-2"):
        model = session.get_service_model(service)
        rules = loader.load_service_model(service, "endpoint-rule-set-1")
        provider = EndpointProvider(rules, data, None)
        for number, fixed in enumerate(GROUPS.get(service, [{}])):
            key = service if number == 0 else f"{service}#{number}"
            lines = []
            for variant, rows in evaluate(provider, rules, service, fixed, partitions, model.signing_name):
                lines += [line(variant, rule, where) for rule, where in fold(rows, variant, model.endpoint_prefix, partitions)]
            if lines:
                out += [f"{quote(key) if '#' in key else key} = [", *lines, "]"]
            if number:
                groups.append((key, operations_of(model, fixed)))
    out += ["", "# Operations with rules of their own within their service.", "[operations]"]
    for key, names in groups:
        out += [f"{quote(key)} = [", *[f"    {quote(name)}," for name in names], "]"]
    path = ROOT / "catalog/reference/aws-partitions.toml"
    path.write_text("\n".join(out) + "\n")
    print(f"{path.relative_to(ROOT)}: {len(out)} lines", file=sys.stderr)
    fixture(session, date)


def fixture(session, date):
    session.set_credentials("AKIDEXAMPLE", "secret")
    rows = [{"botocore": botocore.__version__, "date": date}]
    for service in session.get_available_services():
        model = session.get_service_model(service)
        picks = [sorted(model.operation_names)[0]]
        for group in GROUPS.get(service, []):
            picks += operations_of(model, group)[:1]
        for region in FIXTURE_REGIONS:
            for variant, (fips, dual) in VARIANTS.items():
                if variant != "plain" and region not in ("us-east-1", "us-gov-west-1"):
                    continue
                config = Config(use_fips_endpoint=fips, use_dualstack_endpoint=dual, s3={"addressing_style": "path", "us_east_1_regional_endpoint": "regional"},
                                account_id_endpoint_mode="disabled")
                client = session.create_client(service, region, config=config)
                for name in sorted(set(picks)):
                    operation = model.operation_model(name)
                    context = {"client_region": region, "client_config": client.meta.config, "has_streaming_input": False, "auth_type": None}
                    row = {"service": service, "prefix": model.endpoint_prefix, "name": model.signing_name, "operation": name,
                           "region": region, "variant": variant}
                    try:
                        # S3 Control: the account becomes the first label of the host, as the operation's host prefix says too.
                        params = {"AccountId": "111122223333"} if service == "s3control" else {}
                        url, _, _ = client._resolve_endpoint_ruleset(operation, params, context)
                    except (BotoCoreError, ValueError) as error:
                        rows.append({**row, "error": " ".join(str(error).split())[:120]})
                        continue
                    signing = context.get("signing", {})
                    rows.append({**row, "host": url.removeprefix("https://").removeprefix("111122223333.").rstrip("/"), "sign_region": signing.get("region") or region,
                                 "sign_name": signing.get("signing_name") or model.signing_name})
    path = ROOT / "crates/partywall-aws/tests/data/endpoints.jsonl.zst"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row, sort_keys=True) + "\n" for row in rows)
    subprocess.run(["zstd", "-19", "-q", "-f", "-o", str(path)], input=text.encode(), check=True)
    print(f"{path.relative_to(ROOT)}: {len(rows) - 1} rows", file=sys.stderr)


main()
