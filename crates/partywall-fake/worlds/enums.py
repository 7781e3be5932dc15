"""Writes enums.toml: values of enumerated texts in the answers of the calls that the catalogue names.

The client's models leave enumerations out. Usage: enums.py BOTOCORE_DATA_DIRECTORY REPOSITORY > enums.toml
"""

import glob
import json
import os
import sys
import tomllib

ALIASES = {"s3api": "s3", "configservice": "config", "deploy": "codedeploy"}
# A resource in its ordinary state is what a reader meets; one of these stands for all states that the enumeration has.
ORDINARY = ["available", "active", "running", "in-use", "enabled", "issued", "in_service", "inservice", "deployed", "completed", "complete", "success", "successful", "registered", "online", "on", "ready", "created", "healthy"]


def calls(repository):
    for name in sorted(glob.glob(f"{repository}/catalog/resources/*/*.toml")):
        with open(name, "rb") as file:
            for read in tomllib.load(file).get("read", []):
                service = ALIASES.get(read["service"], read["service"])
                yield service, read["operation"]
                if "names" in read:
                    yield service, read["names"]["operation"]


def values(enum):
    # A switch is a choice, not a state.
    if len(enum) == 2 and any(value.lower() == "enabled" for value in enum):
        return sorted(enum, key=lambda value: value.lower() != "enabled")
    for word in ORDINARY:
        found = [value for value in enum if value.lower() == word]
        if found:
            return found[:1]
    return enum[:3]


def main(data, repository):
    found = {}
    for service, operation in sorted(set(calls(repository))):
        version = sorted(os.listdir(f"{data}/{service}"))[-1]
        with open(f"{data}/{service}/{version}/service-2.json", encoding="utf-8") as file:
            model = json.load(file)
        shapes = model["shapes"]
        output = model["operations"].get(operation, {}).get("output")
        waiting, seen = [output["shape"]] if output else [], set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            shape = shapes[name]
            if shape.get("enum"):
                found.setdefault(service, {})[name] = values(shape["enum"])
            waiting += [member["shape"] for member in shape.get("members", {}).values()]
            waiting += [shape[part]["shape"] for part in ("member", "key", "value") if part in shape]
    print("# Values of enumerated texts, by service and shape; from botocore's models (Apache-2.0, see NOTICE), made by enums.py.")
    for service, shapes_of in sorted(found.items()):
        print(f"\n[{json.dumps(service)}]")
        for name, words in sorted(shapes_of.items()):
            print(f"{name} = {json.dumps(words)}")


main(*sys.argv[1:])
