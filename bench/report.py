"""Rows of results: printed as they come, written to docs/benchmarks.md at the end."""
import os
import platform
import time

WORDS = {True: "reached", False: "missed", None: ""}


class Report:
    def __init__(self):
        self.parts = []
        self.began = time.monotonic()
        self.load = os.getloadavg()[0]

    def part(self, title, how):
        """A new table: what it is about, and how it was measured in one or two sentences."""
        self.parts.append((title, how, []))
        print(f"\n==> {title}", flush=True)

    def row(self, what, ours, yardstick="", ratio="", target="", reached=None):
        cells = (what, ours, yardstick, ratio, target, WORDS[reached])
        self.parts[-1][2].append(cells)
        print("    {:<50} {:<24} {:<40} {:>9}  {:<18} {}".format(*cells).rstrip(), flush=True)

    def absent(self, what, why):
        """What could not be measured here, and why, where its row would be."""
        self.row(what, "not measured: " + why)

    def missed(self):
        return [cells for _, _, rows in self.parts for cells in rows if cells[-1] == WORDS[False]]

    def write(self, path):
        path.write_text("\n".join(self.lines()) + "\n")

    def lines(self):
        lines = ["# Benchmarks", "",
                 f"Written by `make bench` on {platform.machine()}, {os.cpu_count()} CPUs, Linux {platform.release()}, in "
                 f"{(time.monotonic() - self.began) / 60:.0f} minutes; load average {self.load:.1f} before it began. Each figure stands beside "
                 "its yardstick, measured in the same run on the same computer, in turns; figures are medians. Ratios are what counts: "
                 "absolute times belong to the computer. *CPU* is user and system time of the server's processes, from `/proc`.", ""]
        missed = self.missed()
        reached = sum(cells[-1] == WORDS[True] for _, _, rows in self.parts for cells in rows)
        lines += [f"Targets reached: {reached}. Missed: {len(missed)}" + (": " + "; ".join(cells[0] for cells in missed) if missed else "") + "."]
        for title, how, rows in self.parts:
            lines += ["", f"## {title}", "", how, "", "| what | ours | yardstick | ratio | target | |", "|---|---|---|---|---|---|"]
            lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |" for cells in rows]
        return lines
