#!/usr/bin/python3
"""The yardstick of a launch: the same machine started by hand. Runs in mount and network namespaces of its own, so its end
takes everything away:  unshare --mount --net --propagation private bare.py IMAGE.erofs FOLDER VCPUS MEMORY_MIB
For each line on its input it makes a disk, mounts, starts systemd with lxc-start, and prints the seconds until Jupyter answers
on the machine's own address; then ends the machine. What is made once for a machine's life (host key, machine id) is
made before the clock runs."""
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
ADDRESS, GATEWAY, TOKEN = "10.255.255.2", "169.254.1.1", "0123456789abcdef"
OPEN_TREE, MOVE_MOUNT, MOUNT_SETATTR = 428, 429, 442
CLONE_NEWUSER, CLOEXEC, AT_FDCWD, AT_EMPTY_PATH = 0x10000000, 0o2000000, -100, 0x1000
libc = ctypes.CDLL(None, use_errno=True)
CONFIG = """
lxc.uts.name = bare
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
lxc.net.0.veth.pair = bare0
lxc.net.0.name = eth0
lxc.net.0.ipv4.address = {address}/32
lxc.net.0.ipv4.gateway = {gateway}
lxc.net.0.flags = up
{limits}
"""
# The weight is the one that a server's machines have: other work on the computer disturbs both alike.
LIMITS = {1: "lxc.cgroup.cpu.shares = 8192\nlxc.cgroup.cpu.cfs_quota_us = {quota}\nlxc.cgroup.memory.limit_in_bytes = {memory}M\nlxc.cgroup.pids.max = 4096",
          2: "lxc.cgroup2.cpu.max = {quota} 100000\nlxc.cgroup2.memory.max = {memory}M\nlxc.cgroup2.pids.max = 4096"}


class MountAttr(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def checked(value, what):
    if value < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
    return value


def run(*words):
    subprocess.run([str(w) for w in words], check=True, stdout=subprocess.DEVNULL)


def user_namespace():
    """A descriptor of a user namespace that maps the machine's ids: held by a child until it is open."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, b"x" if libc.unshare(CLONE_NEWUSER) == 0 else b"-")
        signal.pause()
    assert os.read(read, 1) == b"x", "no user namespace"
    for name in ("uid_map", "gid_map"):
        pathlib.Path(f"/proc/{child}/{name}").write_text(f"0 {IDS} {COUNT}\n")
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


def mount_overlay(lower, disk, root):
    """By the machine's root: nobody else has an id on the shifted disk."""
    child = os.fork()
    if child == 0:
        libc.prctl(28, 4, 0, 0, 0)  # PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP
        libc.setfsgid(IDS), libc.setfsuid(IDS)
        options = f"lowerdir={lower},upperdir={disk}/upper,workdir={disk}/work"
        os._exit(libc.mount(b"overlay", os.fsencode(root), b"overlay", 0, options.encode()) != 0)
    assert os.waitpid(child, 0)[1] == 0, "the overlay was not mounted"


class Machine:
    def __init__(self, image, folder, limits):
        self.image, self.folder, self.limits = image, folder, limits
        self.once = folder / "once"  # what a disk gets at first

    def prepare_once(self):
        keys = self.once / "etc/ssh"
        keys.mkdir(parents=True)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys / "ssh_host_ed25519_key")
        (self.once / "etc/machine-id").write_text(os.urandom(16).hex() + "\n")
        (self.once / "etc/stipend").mkdir()
        (self.once / "etc/stipend/jupyter.env").write_text(f"JUPYTER_TOKEN={TOKEN}\n")

    def start(self):
        run_folder = self.folder / "run"
        for name in ("lower", "raw", "disk", "root"):
            (run_folder / name).mkdir(parents=True)
        disk = run_folder / "disk.img"
        with open(disk, "wb") as file:
            file.truncate(8 << 30)
        run("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard", "-J", "size=32", disk)
        run("mount", "-o", "loop,noatime", disk, run_folder / "raw")
        (run_folder / "raw/work").mkdir()
        shutil.copytree(self.once, run_folder / "raw/upper")
        space = user_namespace()
        mount_idmapped(self.image, run_folder / "lower", space)
        mount_idmapped(run_folder / "raw", run_folder / "disk", space)
        os.close(space)
        mount_overlay(run_folder / "lower", run_folder / "disk", run_folder / "root")
        config = run_folder / "config"
        config.write_text(CONFIG.format(ids=IDS, count=COUNT, root=run_folder / "root", folder=run_folder, address=ADDRESS, gateway=GATEWAY, limits=self.limits))
        log = open(run_folder / "log", "wb")
        self.process = subprocess.Popen(["lxc-start", "-F", "-n", "stipend-bench-bare", "-P", str(self.folder), "-f", str(config)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def wait_for_jupyter(self):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.process.poll() is not None:
                sys.exit((self.folder / "run/log").read_text())
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection(ADDRESS, 8888, timeout=5)
                connection.request("GET", "/api/status", headers={"Authorization": f"token {TOKEN}"})
                if connection.getresponse().status == 200:
                    return
            time.sleep(0.01)
        sys.exit("no Jupyter within 60 s")

    def end(self):
        if getattr(self, "process", None):
            subprocess.run(["lxc-stop", "-k", "-n", "stipend-bench-bare", "-P", str(self.folder)], stderr=subprocess.DEVNULL)
            self.process.wait(20)
            self.process = None
        for name in ("root", "disk", "lower", "raw"):
            subprocess.run(["umount", "-l", self.folder / "run" / name], stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder / "run", ignore_errors=True)


def main(image, folder, vcpus, memory_mib):
    folder = pathlib.Path(folder)
    (folder / "image").mkdir()
    run("ip", "link", "set", "lo", "up")
    run("ip", "address", "add", GATEWAY + "/32", "dev", "lo")
    run("mount", "-t", "erofs", "-o", "loop,ro", image, folder / "image")
    version = 2 if os.path.exists("/sys/fs/cgroup/cgroup.controllers") else 1
    machine = Machine(folder / "image", folder, LIMITS[version].format(quota=int(vcpus) * 100_000, memory=memory_mib))
    machine.prepare_once()
    print("ready", flush=True)
    for _ in sys.stdin:
        try:
            began = time.monotonic()
            machine.start()
            machine.wait_for_jupyter()
            print(time.monotonic() - began, flush=True)
        finally:
            machine.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
