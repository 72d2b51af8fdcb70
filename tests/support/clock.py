"""A wall clock of its own for programs that a test starts: libfaketime, told by a file, which may change at any time.

The monotonic clock and this computer's own clock are left alone.
"""
import pathlib

LIBRARIES = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


class WallClock:
    def __init__(self, folder):
        self.file = pathlib.Path(folder) / "wall-clock"
        self.offset_s = 0
        self.set(0)

    def set(self, offset_s):
        self.offset_s = offset_s
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{offset_s:+d}\n")
        fresh.chmod(0o644)
        fresh.replace(self.file)

    def jump(self, seconds):
        self.set(self.offset_s + seconds)

    def environment(self):
        assert LIBRARIES, "the package libfaketime is missing: run tools/setup"
        return {"LD_PRELOAD": str(LIBRARIES[0]), "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DISABLE_SHM": "1", "NO_FAKE_STAT": "1"}
