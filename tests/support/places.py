"""What a state has on this computer: the processes of its machines, and everything that must be gone after `stipend down`."""
import json
import os
import pathlib
import subprocess

CGROUPS = pathlib.Path("/sys/fs/cgroup")


def state_hash(path):
    """FNV-1a of the state's path, as in the names of its devices, groups and tables (src/hostlink/names.cpp)."""
    value = 0xCBF29CE484222325
    for byte in str(path).encode():
        value = ((value ^ byte) * 0x100000001B3) & (2**64 - 1)
    return f"{(value ^ (value >> 32)) & 0xFFFFFFFF:08x}"


class Places:
    def __init__(self, state):
        self.state = str(state)
        self.hash = state_hash(state)
        self.runtime = pathlib.Path("/run/stipend") / self.hash
        v2 = (CGROUPS / "cgroup.controllers").exists()
        self.groups = (CGROUPS if v2 else CGROUPS / "freezer") / f"stipend-{self.hash}"

    def machine_processes(self, machine):
        """The processes inside a machine, seen by the kernel alone."""
        found = []
        for folder, _, files in os.walk(self.groups / machine / "payload"):
            if "cgroup.procs" in files:
                try:
                    found += pathlib.Path(folder, "cgroup.procs").read_text().split()
                except OSError:
                    pass  # it went away meanwhile
        return found

    def machines_with_groups(self):
        return [entry.name for entry in self.groups.glob("i-*")]

    def status(self, machine):
        """What its supervisor last said, or None."""
        try:
            return json.loads((self.runtime / "m" / f"{machine}.status").read_text())
        except (OSError, ValueError):
            return None

    def statuses(self):
        every = {path.stem: self.status(path.stem) for path in (self.runtime / "m").glob("*.status")}
        return {machine: status for machine, status in every.items() if status}

    def left_over(self):
        """Everything of this state that still is on the computer, but for its files."""
        def lines(*command):
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

        found = [line for line in lines("ip", "-br", "link") if self.hash in line]
        found += [line for line in lines("findmnt", "-rn") if self.hash in line or self.state in line]
        found += [line for line in lines("losetup", "-ln") if self.state in line]
        found += [line for line in lines("nft", "list", "tables") if self.hash in line]
        found += [line for line in lines("ps", "-ewwo", "pid=,args=") if self.state in line]
        found += [str(path) for path in CGROUPS.glob(f"**/stipend-{self.hash}")]
        if self.runtime.exists():
            found.append(str(self.runtime))
        return found
