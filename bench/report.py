"""Rows of results: printed as they come, kept in docs/benchmarks.md at the end, where each part takes the place of its older self."""
import os
import platform
import re
import time

WORDS = {True: "reached", False: "missed", None: ""}
ABOUT = ("Written by `make bench`. Each figure stands beside its yardstick, measured in the same run on the same computer, in turns; figures are "
         "medians. Ratios are what counts: absolute times belong to the computer. *CPU* is user and system time of the server's processes, "
         "from `/proc`. A part that is measured again (`make bench PART=…`) takes the place of its older figures.")
CELL = re.compile(r"(?<!\\)\|")


def computer():
    return f"{platform.machine()}, {os.cpu_count()} CPUs, Linux {platform.release()}"


class Report:
    def __init__(self):
        self.parts = []

    def part(self, title, how):
        """A new table: what it is about, and how it was measured in one or two sentences."""
        self.parts.append((title, how, [], f"{time.strftime('%Y-%m-%d', time.gmtime())}, {computer()}, load average {os.getloadavg()[0]:.1f} before it"))
        print(f"\n==> {title}", flush=True)

    def row(self, what, ours, yardstick="", ratio="", target="", reached=None):
        cells = (what, ours, yardstick, ratio, target, WORDS[reached])
        self.parts[-1][2].append(cells)
        print("    {:<50} {:<24} {:<40} {:>9}  {:<18} {}".format(*cells).rstrip(), flush=True)

    def absent(self, what, why):
        """What could not be measured here, and why, where its row would be."""
        self.row(what, "not measured: " + why)

    def keep(self, path):
        """This run's parts in the place of the same ones of before, new ones behind them."""
        known = dict(sections(path.read_text())) if path.exists() else {}
        known.update((title, section(how, rows, where)) for title, how, rows, where in self.parts)
        cells = [row for text in known.values() for row in rows_of(text)]
        missed = [row[0] for row in cells if row[-1] == WORDS[False]]
        reached = sum(row[-1] == WORDS[True] for row in cells)
        summary = f"Targets reached: {reached}. Missed: {len(missed)}" + (": " + "; ".join(missed) if missed else "") + "."
        path.write_text("\n\n".join(["# Benchmarks", ABOUT, summary, *(f"## {title}\n\n{text}" for title, text in known.items())]) + "\n")


def section(how, rows, where):
    table = ["| what | ours | yardstick | ratio | target | |", "|---|---|---|---|---|---|"]
    table += ["| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |" for cells in rows]
    return "\n".join([how, "", where + ".", "", *table])


def sections(text):
    """(title, text) of each part of docs/benchmarks.md."""
    for part in text.split("\n## ")[1:]:
        title, _, rest = part.partition("\n")
        yield title, rest.strip()


def rows_of(text):
    rows = [[cell.strip() for cell in CELL.split(line)[1:-1]] for line in text.splitlines() if line.startswith("| ")]
    return rows[1:]
