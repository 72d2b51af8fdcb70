"""Parts of the server by themselves: durable launches in the engine against plain SQLite, and the CPU of codec and signature."""
from measure import build, google


def engine(report):
    found = google("engine_bench")
    raw = next(v for name, v in found.items() if name.startswith("RawSqlite"))["real_ns"]
    for name, one in found.items():
        if name.startswith("Engine/"):
            width = name.split("/")[1]
            report.row(f"Durable launch in the engine, {width} in flight", f"{one['real_ns'] / 1e3:.0f} µs", f"plain SQLite, same rows {raw / 1e3:.0f} µs", f"{one['real_ns'] / raw:.2f}×")
        if name.startswith("Load"):
            report.row("10,000 instances read from the store", f"{one['real_ns'] / 1e6:.0f} ms, {one['heap_MiB']:.0f} MiB")


def run(report):
    build("engine_bench", "aws_bench", "api_bench")
    report.part("Parts by themselves", "Google Benchmark programs of `bench/`. CPU where no yardstick is named.")
    engine(report)
    for program in ("aws_bench", "api_bench"):
        for name, one in google(program).items():
            report.row(f"{program}: {name}", f"{one['cpu_ns'] / 1e3:.1f} µs CPU")
