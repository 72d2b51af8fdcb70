"""Balance, runway and the costs of a month, as the ledger of the course grows."""
from measure import build, figures

MOST_MS = 2.0


def run(report):
    build("reads_bench")
    report.part("Answers, whatever the history",
                "A course of 400 accounts, half of which run a machine, whose ledger grows to a million entries, a tenth of them of one account; "
                "a third of the questions are about that one. One question after the other, each through the engine's queue (balance, runway) or "
                "the store (the days of a month, which budgets and costs are made of); time until the answer.")
    for entries, found in figures("reads_bench").items():
        for what, name in (("Balance", "balance"), ("How long the credit lasts", "runway"), ("Costs of a month by day", "month")):
            p99 = found[name]["p99_ms"]
            last = int(entries) == 1_000_000
            cpu = found.get(f"{name}_cpu")
            report.row(f"{what}, {int(entries):,} entries", f"{found[name]['p50_ms']:.3f} ms, p99 {p99:.3f}",
                       f"CPU of the thread {cpu['p50_ms']:.3f} ms, p99 {cpu['p99_ms']:.3f}" if cpu else "", "",
                       f"p99 under {MOST_MS:.0f} ms" if last else "", p99 < MOST_MS if last else None)
