"""The Python environment of an image: /opt/jupyter, filled from a requirements.txt in which every file has its hash."""

import configparser
import hashlib
import os
import pathlib
import re
import subprocess

from .progress import PipCounter
from .tree import BUILD, mount

VENV = "/opt/jupyter"
PYTHON = f"{VENV}/bin/python"


def install(requirements, login, tree, build, env, progress):
    count = len(re.findall(r"^[A-Za-z0-9].*==", requirements.read_text(), re.M))
    (build / "requirements.txt").write_text(requirements.read_text())
    (build / "cache/wheels").mkdir(exist_ok=True)
    wheels = f"{BUILD}/cache/wheels"
    chroot = ["chroot", str(tree)]
    # --no-deps: only what is on the list, because some packages' optional dependencies are left out on purpose.
    listed = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--progress-bar=off",
              "--disable-pip-version-check", "--no-cache-dir", "-r", f"{BUILD}/requirements.txt"]

    progress.run(f"Python environment {VENV}", [*chroot, "python3", "-m", "venv", VENV], env)
    complete = build / "cache/wheels" / f".complete-{_key(requirements, tree)}"
    if not complete.exists():
        progress.run(f"{count} wheels: downloading what the cache lacks",
                     [*chroot, PYTHON, "-m", "pip", "download", "--dest", wheels, f"--find-links={wheels}", *listed],
                     env | _pip_settings(tree, build), PipCounter(count))
        _prune(build / "cache/wheels", requirements)
        complete.touch()
    progress.run(f"{count} wheels: installing",
                 [*chroot, PYTHON, "-m", "pip", "install", "--no-index", f"--find-links={wheels}", "--no-compile", *listed],
                 env | {"PIP_CONFIG_FILE": "/dev/null"}, PipCounter(count))
    # All cores instead of pip's one.
    progress.run("compiling Python files",
                 [*chroot, PYTHON, "-m", "compileall", "-q", "-j", str(os.cpu_count() or 1), f"{VENV}/lib"], env)
    # The login owns it, so that `pip install` in a notebook works.
    subprocess.run([*chroot, "chown", "-R", f"{login}:{login}", VENV], check=True)


def _key(requirements, tree):
    """Names a list and the Python it is for: which wheels are complete in the cache."""
    version = os.readlink(tree / "usr/bin/python3")
    return hashlib.sha256(version.encode() + requirements.read_bytes()).hexdigest()[:16]


def _prune(wheels, requirements):
    """The cache keeps what the list names; wheels of earlier lists go, and so do the marks of their completeness."""
    listed = set(re.findall(r"sha256:([0-9a-f]{64})", requirements.read_text()))
    for wheel in wheels.glob("*.whl"):
        if hashlib.sha256(wheel.read_bytes()).hexdigest() not in listed:
            wheel.unlink()
            for mark in wheels.glob(".complete-*"):
                mark.unlink()


def _pip_settings(tree, build):
    """The host's pip configuration, which names its indexes, for use inside the tree; local wheel folders are lent too."""
    merged = configparser.RawConfigParser()
    home = pathlib.Path.home()
    merged.read(["/etc/pip.conf", "/etc/xdg/pip/pip.conf", home / ".pip/pip.conf", home / ".config/pip/pip.conf",
                 os.environ.get("PIP_CONFIG_FILE", "/dev/null")])
    for section in merged.sections():
        for key in ("cert", "client-cert", "target", "prefix", "user", "require-virtualenv"):
            merged.remove_option(section, key)
    with open(build / "pip.conf", "w", encoding="utf-8") as file:
        merged.write(file)
    found = os.environ.get("PIP_FIND_LINKS") or merged.get("global", "find-links", fallback="")
    links = []
    for number, link in enumerate(found.split()):
        if pathlib.Path(link).is_dir():
            lent = build / f"links{number}"
            lent.mkdir()
            mount("--bind", "-o", "ro", link, lent)
            link = f"{BUILD}/links{number}"
        if "://" in link or link.startswith(BUILD):
            links.append(link)
    return {"PIP_CONFIG_FILE": f"{BUILD}/pip.conf", "PIP_FIND_LINKS": " ".join(links)}
