#!/usr/bin/python3
"""The yardstick of a launch: the same machine started by hand. Runs in mount and network namespaces of its own, so its end
takes everything away:  unshare --mount --net --propagation private bare.py IMAGE.erofs FOLDER VCPUS MEMORY_MIB
For each line on its input, a number of machines, it makes for each a disk, mounts, starts systemd with lxc-start, all at once, and prints the
seconds until the last Jupyter answers on its machine's own address and the CPU seconds of the computer meanwhile; then ends the machines. What is made once for a machine's life (host key,
machine id) is made before the clock runs."""
import contextlib
import ctypes
import http.client
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

IDS, COUNT = 900_000_000, 65_536  # host ids of the machine, far from those the servers take
GATEWAY, TOKEN = "169.254.1.1", "0123456789abcdef"
GROUP = "stipend-bench"
OPEN_TREE, MOVE_MOUNT, MOUNT_SETATTR = 428, 429, 442
CLONE_NEWUSER, CLOEXEC, AT_FDCWD, AT_EMPTY_PATH = 0x10000000, 0o2000000, -100, 0x1000
libc = ctypes.CDLL(None, use_errno=True)
CONFIG = """
lxc.uts.name = bare
lxc.cgroup.relative = 0
lxc.cgroup.dir.container = {group}/{name}/payload
lxc.cgroup.dir.monitor = {group}/{name}/monitor
lxc.cgroup.dir.monitor.pivot = {group}/ended
lxc.idmap = u 0 {ids} {count}
lxc.idmap = g 0 {ids} {count}
lxc.rootfs.path = dir:{root}
lxc.tty.max = 0
lxc.pty.max = 1024
lxc.console.logfile = {folder}/console
lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed
lxc.cap.drop = mac_admin mac_override sys_time sys_module sys_rawio net_admin net_raw mknod
lxc.seccomp.profile = /usr/share/lxc/config/common.seccomp
lxc.signal.halt = SIGRTMIN+3
lxc.environment = container=lxc
lxc.environment = SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1
lxc.net.0.type = veth
lxc.net.0.veth.mode = router
lxc.net.0.veth.pair = bare{number}
lxc.net.0.name = eth0
lxc.net.0.ipv4.address = {address}/32
lxc.net.0.ipv4.gateway = {gateway}
lxc.net.0.flags = up
{limits}
"""
LIMITS = {1: "lxc.cgroup.cpu.cfs_quota_us = {quota}\nlxc.cgroup.memory.limit_in_bytes = {memory}M\nlxc.cgroup.pids.max = 4096",
          2: "lxc.cgroup2.cpu.max = {quota} 100000\nlxc.cgroup2.memory.max = {memory}M\nlxc.cgroup2.pids.max = 4096"}


class MountAttr(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def busy_s():
    """CPU seconds that the computer was busy, whoever with."""
    fields = [int(f) for f in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
    return (sum(fields[:8]) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def checked(value, what):
    if value < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
    return value


def run(*words):
    subprocess.run([str(w) for w in words], check=True, stdout=subprocess.DEVNULL)


def user_namespace(ids):
    """A descriptor of a user namespace that maps the machine's ids: held by a child until it is open."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, b"x" if libc.unshare(CLONE_NEWUSER) == 0 else b"-")
        signal.pause()
    assert os.read(read, 1) == b"x", "no user namespace"
    for name in ("uid_map", "gid_map"):
        pathlib.Path(f"/proc/{child}/{name}").write_text(f"0 {ids} {COUNT}\n")
    space = os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(read), os.close(write)
    return space


def mount_idmapped(source, target, space):
    tree = checked(libc.syscall(OPEN_TREE, AT_FDCWD, os.fsencode(source), 1 | CLOEXEC), "open_tree")
    attributes = MountAttr(set=0x00100000, userns=space)  # MOUNT_ATTR_IDMAP
    checked(libc.syscall(MOUNT_SETATTR, tree, b"", AT_EMPTY_PATH, ctypes.byref(attributes), ctypes.sizeof(attributes)), "mount_setattr")
    checked(libc.syscall(MOVE_MOUNT, tree, b"", AT_FDCWD, os.fsencode(target), 4), "move_mount")
    os.close(tree)


def mount_overlay(lower, disk, root, ids):
    """By the machine's root: nobody else has an id on the shifted disk."""
    child = os.fork()
    if child == 0:
        libc.prctl(28, 4, 0, 0, 0)  # PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP
        libc.setfsgid(ids), libc.setfsuid(ids)
        options = f"lowerdir={lower},upperdir={disk}/upper,workdir={disk}/work"
        os._exit(libc.mount(b"overlay", os.fsencode(root), b"overlay", 0, options.encode()) != 0)
    assert os.waitpid(child, 0)[1] == 0, "the overlay was not mounted"


class Machine:
    def __init__(self, image, folder, limits, number=0):
        self.image, self.limits, self.number = image, limits, number
        self.ids, self.name = IDS + number * COUNT, f"stipend-bench-bare-{number}"
        self.address = f"10.255.255.{2 + number}"
        self.folder = folder / str(number)
        self.once = self.folder / "once"  # what a disk gets at first
        self.run = self.folder / "run"

    def prepare_once(self):
        keys = self.once / "etc/ssh"
        keys.mkdir(parents=True)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys / "ssh_host_ed25519_key")
        (self.once / "etc/machine-id").write_text(os.urandom(16).hex() + "\n")
        (self.once / "etc/stipend").mkdir()
        (self.once / "etc/stipend/jupyter.env").write_text(f"JUPYTER_TOKEN={TOKEN}\n")

    def start(self):
        """Everything up to lxc-start, whose place this process takes."""
        for name in ("lower", "raw", "disk", "root"):
            (self.run / name).mkdir(parents=True)
        disk = self.run / "disk.img"
        with open(disk, "wb") as file:
            file.truncate(8 << 30)
        run("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard", "-J", "size=32", disk)
        run("mount", "-o", "loop,noatime", disk, self.run / "raw")
        (self.run / "raw/work").mkdir()
        shutil.copytree(self.once, self.run / "raw/upper")
        space = user_namespace(self.ids)
        mount_idmapped(self.image, self.run / "lower", space)
        mount_idmapped(self.run / "raw", self.run / "disk", space)
        os.close(space)
        mount_overlay(self.run / "lower", self.run / "disk", self.run / "root", self.ids)
        config = self.run / "config"
        config.write_text(CONFIG.format(ids=self.ids, count=COUNT, root=self.run / "root", folder=self.run, address=self.address, gateway=GATEWAY,
                                        limits=self.limits, number=self.number, group=GROUP, name=self.name))
        for fd in (1, 2):
            os.dup2(os.open(self.run / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND), fd)
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.execvp("lxc-start", ["lxc-start", "-F", "-n", self.name, "-P", str(self.folder), "-f", str(config)])

    def begin(self):
        self.process = os.fork()
        if self.process == 0:
            os.setsid()  # lxc-start takes the terminal of its session, and with it the others' right to go on
            try:
                self.start()
            finally:
                os._exit(1)

    def answers(self):
        if os.waitid(os.P_PID, self.process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            said = self.run / "log"
            sys.exit(f"{self.name} ended: {said.read_text()[-2000:] if said.exists() else 'before lxc-start'}")
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(self.address, 8888, timeout=5)
            connection.request("GET", "/api/status", headers={"Authorization": f"token {TOKEN}"})
            return connection.getresponse().status == 200
        return False

    def end(self):
        subprocess.run(["lxc-stop", "-k", "-n", self.name, "-P", str(self.folder)], stderr=subprocess.DEVNULL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        for name in ("root", "disk", "lower", "raw"):
            subprocess.run(["umount", "-l", self.run / name], stderr=subprocess.DEVNULL)
        shutil.rmtree(self.run, ignore_errors=True)


def wait_for_all(machines, pause, seconds=600):
    waiting, end = list(machines), time.monotonic() + seconds
    while waiting:
        waiting = [machine for machine in waiting if not machine.answers()]
        if time.monotonic() > end:
            said = waiting[0].run / "log"
            sys.exit(f"no Jupyter within {seconds} s: {said.read_text() if said.exists() else ''}")
        time.sleep(pause if waiting else 0)


@contextlib.contextmanager
def group():
    """All of them together weigh what a server's machines do: other work on the computer disturbs both alike."""
    shares = pathlib.Path(f"/sys/fs/cgroup/cpu/{GROUP}/cpu.shares")
    if shares.parent.parent.is_dir():
        shares.parent.mkdir(exist_ok=True)
        shares.write_text("8192")
    yield
    for top, folders, _ in os.walk("/sys/fs/cgroup"):
        if GROUP in folders:
            for path, _, _ in os.walk(f"{top}/{GROUP}", topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(path)
            folders.remove(GROUP)
        if top.count("/") > 5:
            folders.clear()


def main(image, folder, vcpus, memory_mib):
    folder = pathlib.Path(folder)
    (folder / "image").mkdir()
    run("ip", "link", "set", "lo", "up")
    run("ip", "address", "add", GATEWAY + "/32", "dev", "lo")
    run("mount", "-t", "erofs", "-o", "loop,ro", image, folder / "image")
    version = 2 if os.path.exists("/sys/fs/cgroup/cgroup.controllers") else 1
    limits = LIMITS[version].format(quota=int(vcpus) * 100_000, memory=memory_mib)
    machines = []
    with group():
        print("ready", flush=True)
        for line in sys.stdin:
            while len(machines) < int(line):
                machines.append(Machine(folder / "image", folder, limits, len(machines)))
                machines[-1].prepare_once()
            now = machines[:int(line)]
            try:
                began, busy = time.monotonic(), busy_s()
                for machine in now:
                    machine.begin()
                wait_for_all(now, 0.01 if len(now) == 1 else 0.25)
                print(time.monotonic() - began, busy_s() - busy, flush=True)
            finally:
                for machine in now:
                    machine.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
