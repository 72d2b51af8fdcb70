"""`make bench`: every part, or those named (`make bench PART="launch proxy"`), each beside its yardstick in one run on this
computer. What was measured is kept in docs/benchmarks.md; a part that broke off leaves its older figures there."""
import importlib
import sys
import traceback

from measure import ROOT
from report import Report

PARTS = ("launch", "crowd", "lease", "emulators", "proxy", "tls", "room", "many", "files", "micro", "ledger", "leases", "reads", "giant")


def main(words):
    unknown = [word for word in words if word not in PARTS]
    if unknown:
        sys.exit(f"no such part: {' '.join(unknown)}; there are {' '.join(PARTS)}")
    report = Report()
    failed = []
    for name in words or PARTS:
        before = len(report.parts)
        try:
            importlib.import_module(name).run(report)
        except Exception as error:  # the other parts still count
            traceback.print_exc()
            failed.append(name)
            print(f"    {name} broke off: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}", flush=True)
            del report.parts[before:]
    report.keep(ROOT / "docs/benchmarks.md")
    print("\nkept in docs/benchmarks.md")
    sys.exit(f"broken off: {' '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
