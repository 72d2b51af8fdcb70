#!/usr/bin/python3
"""Holds src/ to src/layers.txt: includes follow the allowed edges, pure folders stay pure."""
import pathlib
import re
import sys

IMPURE = re.compile(
    r"#include <(?:unistd|fcntl|sys/\w+|fstream|random|thread|filesystem|sqlite3|netinet/\w+)(?:\.h)?>"
    r"|\b(?:system_clock|steady_clock|high_resolution_clock)::now\b|\btime\(nullptr\)|\brand\(|\bgetenv\("
)
FLOAT_MONEY = re.compile(r"\b(?:double|float)\s+\w*(?:price|cost|money|amount|nano|usd|balance|hold)\w*", re.I)


def read_layers(path):
    allowed, pure = {}, set()
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        name, _, rest = line.partition(":")
        words = rest.split()
        if "pure" in words:
            words.remove("pure")
            pure.add(name)
        for word in words:
            if word not in allowed:
                sys.exit(f"{path}: {name} names {word}, which is not above it")
        allowed[name] = set(words) | {name}
    return allowed, pure


def main():
    src = pathlib.Path(sys.argv[1])
    allowed, pure = read_layers(src / "layers.txt")
    faults = []
    for folder in sorted(p for p in src.iterdir() if p.is_dir()):
        if folder.name not in allowed:
            faults.append(f"{folder}: not in layers.txt")
            continue
        for file in sorted([*folder.rglob("*.hpp"), *folder.rglob("*.cpp")]):
            test = file.name.endswith(("_test.cpp", "_fuzz.cpp"))
            for number, line in enumerate(file.read_text().splitlines(), 1):
                found = re.match(r'\s*#include "([^/"]+)/', line)
                if found and found[1] in allowed and found[1] not in allowed[folder.name]:
                    faults.append(f"{file}:{number}: {folder.name} may not include {found[1]}")
                if folder.name in pure and not test and (IMPURE.search(line) or FLOAT_MONEY.search(line)):
                    faults.append(f"{file}:{number}: {folder.name} is pure: {line.strip()}")
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
