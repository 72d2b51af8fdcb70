"""Transfers a second that the ledger commits, beside rows a second of plain SQLite in the same batches."""
from measure import build, figures

TARGET = 0.5


def run(report):
    build("ledger_bench")
    report.part("The ledger, against plain SQLite",
                "Charges of 1,000 accounts in turn through the engine's head and the server's store: each is an entry (numbered, chained by "
                "SHA-256, unique, with two indexes), its grant's row and the sums of its day; epoch and clock with each commit. Plain SQLite: the "
                "same entries by one prepared statement, into a table with the same indexes, and into one with none. WAL and full sync everywhere; "
                "in turns, seven rounds; CPU of the whole process.")
    for batch, found in figures("ledger_bench").items():
        ours, raw, bare = found["ours"], found["raw"], found["bare"]
        what = f"Transfers, {int(batch):,} a commit"
        ratio = ours["rate"] / raw["rate"]
        report.row(what, f"{ours['rate']:,.0f}/s, {ours['cpu_us']:.1f} µs CPU", f"same table {raw['rate']:,.0f}/s, {raw['cpu_us']:.1f} µs CPU",
                   f"{ratio:.2f}×", f"at least {TARGET}×", ratio >= TARGET)
        report.row(what, f"{ours['rate']:,.0f}/s", f"table without indexes {bare['rate']:,.0f}/s, {bare['cpu_us']:.1f} µs CPU", f"{ours['rate'] / bare['rate']:.2f}×")
