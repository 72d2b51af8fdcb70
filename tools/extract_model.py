#!/usr/bin/env python3
"""Writes models/SERVICE.json from an installed botocore, for the operations that models/served.txt names.

Facts only (names, wire names, types, required, enumerations, limits); no prose. The result depends on
botocore's version alone: running it twice changes nothing.
"""
import json
import pathlib
import sys

MEMBER_FACTS = ("shape", "locationName", "queryName", "flattened", "timestampFormat")
SHAPE_FACTS = ("type", "required", "enum", "min", "max", "flattened", "timestampFormat", "error")

def read_served(path):
    served, opened, always = {}, {}, {}
    for line in path.read_text().splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        if words[0] == "open":
            opened.setdefault(words[1], []).append(words[2])
        elif words[0] == "always":
            always.setdefault(words[1], {})[words[2]] = words[3:]
        else:
            served.setdefault(words[0], []).append(words[1])
    return served, opened, always


def pick(source, names):
    return {name: source[name] for name in names if name in source}


def prune(shape):
    facts = pick(shape, SHAPE_FACTS)
    for part in ("member", "key", "value"):
        if part in shape:
            facts[part] = pick(shape[part], MEMBER_FACTS)
    if "members" in shape:
        facts["members"] = {name: pick(member, MEMBER_FACTS) for name, member in shape["members"].items()}
    return facts


def reach(shapes, name, found):
    if name in found:
        return
    shape = found[name] = prune(shapes[name])
    for member in shape.get("members", {}).values():
        reach(shapes, member["shape"], found)
    for part in ("member", "key", "value"):
        if part in shape:
            reach(shapes, shape[part]["shape"], found)


def extract(service, operations, opened, always):
    import botocore.loaders

    model = botocore.loaders.Loader().load_service_model(service, "service-2")
    meta, found = model["metadata"], {}
    result = {"service": service, "signing_name": meta.get("signingName", meta["endpointPrefix"]),
              "api_version": meta["apiVersion"], "protocols": meta.get("protocols", [meta["protocol"]])}
    for ours, theirs in (("json_version", "jsonVersion"), ("target_prefix", "targetPrefix"),
                         ("xml_namespace", "xmlNamespace")):
        if theirs in meta:
            value = meta[theirs]
            result[ours] = value["uri"] if isinstance(value, dict) else value
    result["query_compatible"] = "awsQueryCompatible" in meta
    result["operations"] = {}
    for name in sorted(operations):
        if name not in model["operations"]:
            sys.exit(f"models/served.txt: {service} has no operation {name}")
        operation, facts = model["operations"][name], {}
        for ours in ("input", "output"):
            if ours in operation:
                facts[ours] = operation[ours]["shape"]
                reach(model["shapes"], operation[ours]["shape"], found)
        if "resultWrapper" in operation.get("output", {}):
            facts["result_wrapper"] = operation["output"]["resultWrapper"]
        result["operations"][name] = facts
    for name in opened:
        found[name].pop("enum")
    for name, members in always.items():
        for member in members:
            found[name]["members"][member]["always"] = True
    result["shapes"] = {name: found[name] for name in sorted(found)}
    return result


def dump(model):
    """One operation and one shape a line, so that a change reads well in a diff."""
    lines = []
    for key, value in model.items():
        if key in ("operations", "shapes"):
            body = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items())
            lines.append(f'{json.dumps(key)}: {{\n{body}\n}}')
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main():
    folder = pathlib.Path(__file__).resolve().parent.parent / "models"
    served, opened, always = read_served(folder / "served.txt")
    for service, operations in served.items():
        model = extract(service, operations, opened.get(service, []), always.get(service, {}))
        (folder / f"{service}.json").write_text(dump(model))
        print(f"models/{service}.json: {len(model['operations'])} operations, {len(model['shapes'])} shapes")


if __name__ == "__main__":
    main()
