"""What renewing a hundred thousand leases costs in CPU time."""
from measure import build, figures

MINUTE_S = 60
CORE = 0.10


def run(report):
    build("lease_bench")
    report.part("Renewing leases",
                "100,000 accounts with a running machine each, in the server's engine, guard, reconciler and SQLite store; in the host's place "
                "stands a provider that confirms at once. CPU of all threads, median of three rounds: for renewing every lease once, until all "
                "are confirmed and durable; for a minute of the server's ticks in which none is due; and for what all of them report in a minute.")
    found = figures("lease_bench")
    count, spent, idle = found["machines"], found["renewal_s"], found["idle_s"]
    share = (spent + idle) / MINUTE_S
    report.row(f"Renewing {count:,} leases a minute", f"{spent:.2f} s CPU, {spent / count * 1e6:.0f} µs each", f"ticks of that minute {idle:.2f} s CPU",
               f"{share:.1%}", f"under {CORE:.0%} of a core", share < CORE)
    told = found["reports_s"]
    report.row(f"A minute's reports of {count:,} machines", f"{told:.2f} s CPU", "", f"{told / MINUTE_S:.1%}")
