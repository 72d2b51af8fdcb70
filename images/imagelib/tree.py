"""What is done inside the new tree: files, masks, set-up script, clean-up. All mounts are in the builder's own mount
namespace, so they end with it."""

import contextlib
import os
import pathlib
import re
import shutil
import subprocess

CHROOT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
HOST_CA = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
BUILD = "/run/stipend-build"  # inside the tree while it is built; on a tmpfs, so that nothing of it stays


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True)


def hold_in_memory(tree, bytes_needed):
    """Puts the tree on a tmpfs where there is plenty of memory: no disk is as quick to fill, sync and empty again."""
    free = [int(re.search(r"MemAvailable:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())[1]) * 1024]
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            free.append(int(pathlib.Path(limit).read_text()))
    if min(free) > bytes_needed:
        mount("-t", "tmpfs", "-o", f"mode=755,size={bytes_needed}", "tmpfs", tree)


@contextlib.contextmanager
def mounted(tree, cache):
    """The tree made usable for chroot: proc, scratch space, names, the host's certificates and the cache."""
    points = []

    def put(*arguments):
        mount(*arguments)
        points.append(arguments[-1])

    try:
        put("-t", "proc", "proc", tree / "proc")
        put("-t", "tmpfs", "-o", "mode=755", "tmpfs", tree / "run")
        put("-t", "tmpfs", "-o", "mode=1777", "tmpfs", tree / "tmp")
        put("-t", "tmpfs", "-o", "mode=755", "tmpfs", tree / "dev")
        for name, minor in (("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)):
            os.mknod(tree / "dev" / name, 0o20666, os.makedev(1, minor))
            os.chmod(tree / "dev" / name, 0o666)
        (tree / "dev/shm").mkdir(mode=0o1777)  # semaphores of Python's multiprocessing
        build = tree / BUILD.lstrip("/")
        (build / "cache").mkdir(parents=True)
        put("--bind", cache, build / "cache")
        # A host behind an inspecting proxy trusts more than the image should: its certificates are lent, not installed.
        if HOST_CA.is_file():
            shutil.copy(HOST_CA, build / "ca.crt")
        resolv = tree / "etc/resolv.conf"
        resolv.unlink(missing_ok=True)
        shutil.copy("/etc/resolv.conf", resolv)
        yield build
    finally:
        for point in reversed(points):
            subprocess.run(["umount", "--lazy", str(point)], check=False)


def chroot_env(host_env):
    """The host's proxy and pip settings, and its certificates, for programs that download inside the tree."""
    env = {key: value for key, value in host_env.items()
           if key.lower() in ("http_proxy", "https_proxy", "no_proxy", "all_proxy") or key.startswith("PIP_")}
    env |= {"PATH": CHROOT_PATH, "LANG": "C.UTF-8", "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"}
    if HOST_CA.is_file():
        env |= dict.fromkeys(("PIP_CERT", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"), f"{BUILD}/ca.crt")
    return env


def copy_files(recipe, tree):
    """files/ over the tree, owned by root, with plain modes whatever the umask of the checkout was."""
    for files in recipe.parts("files"):
        for source in sorted(files.rglob("*")):
            target = tree / source.relative_to(files)
            if source.is_dir():
                target.mkdir(exist_ok=True)
                continue
            target.unlink(missing_ok=True)
            shutil.copyfile(source, target)
            os.chmod(target, 0o755 if source.stat().st_mode & 0o100 else 0o644)
            os.chown(target, 0, 0)


def copy_home(recipe, tree):
    uid, gid = _ids(tree, recipe.login)
    for home in recipe.parts("home"):
        for source in sorted(home.rglob("*")):
            target = tree / "home" / recipe.login / source.relative_to(home)
            if source.is_dir():
                target.mkdir(exist_ok=True)
            else:
                shutil.copyfile(source, target)
            os.chown(target, uid, gid)


def mask_units(recipe, tree):
    for masks in recipe.parts("masks.txt"):
        for unit in masks.read_text().splitlines():
            if unit and not unit.startswith("#"):
                link = tree / "etc/systemd/system" / unit
                link.unlink(missing_ok=True)
                link.symlink_to("/dev/null")


def clean(tree):
    """Takes out what belongs to one machine only, or to the build."""
    for pattern in ("etc/ssh/ssh_host_*", "var/cache/apt/archives/*.deb", "var/cache/apt/*.bin", "var/lib/apt/lists/*_*",
                    "var/log/*.log", "var/log/apt/*", "etc/dpkg/dpkg.cfg.d/99mmdebstrap", "etc/apt/apt.conf.d/99mmdebstrap",
                    "etc/resolv.conf", "etc/hostname", "var/lib/systemd/random-seed", "root/.cache", "var/lib/dbus/machine-id"):
        for path in tree.glob(pattern):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    # Empty, not absent: an absent or "uninitialized" one makes systemd treat the boot as a first one and redo presets.
    (tree / "etc/machine-id").write_text("")
    (tree / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n")
    for folder in ("dev", "run", "tmp"):
        for path in (tree / folder).iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _ids(tree, login):
    for line in (tree / "etc/passwd").read_text().splitlines():
        field = line.split(":")
        if field[0] == login:
            return int(field[2]), int(field[3])
    raise KeyError(login)
