"""Which Debian release to build from which of the host's apt sources, and the bare tree through mmdebstrap."""

import pathlib
import re
import shutil
import subprocess

from .progress import AptCounter, Failed

SUITES = ("bookworm", "trixie")


def host_suite():
    release = dict(line.split("=", 1) for line in pathlib.Path("/etc/os-release").read_text().splitlines() if "=" in line)
    codename = release.get("VERSION_CODENAME", "").strip('"')
    return codename if codename in SUITES else SUITES[0]


def _is_of(suite, name):
    return name in (suite, f"{suite}-updates", f"{suite}-security", f"{suite}/updates")


def sources(suite, host, etc=pathlib.Path("/etc/apt")):
    """The host's own sources for Debian, as one-line entries for `suite` (which may be another release than the host's)."""
    lines = []

    def add(uris, suites, components, options):
        for uri in uris:
            for name in suites:
                if _is_of(host, name) and "cdrom:" not in uri:
                    lines.append(" ".join(["deb", *options, uri, name.replace(host, suite, 1), *components]))

    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*.list"))]:
        for text in path.read_text().splitlines() if path.is_file() else []:
            if found := re.match(r"deb\s+(\[[^]]*\]\s+)?(\S+)\s+(\S+)\s+(.+?)\s*(#.*)?$", text):
                add([found[2]], [found[3]], found[4].split(), [])
    for path in sorted((etc / "sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text()):
            field = {key.lower(): value.split() for key, value in re.findall(r"^([\w-]+):\s*(.*)$", stanza, re.M)}
            if "deb" in field.get("types", []) and field.get("enabled", ["yes"]) != ["no"]:
                add(field.get("uris", []), field.get("suites", []), field.get("components", []), [])
    return list(dict.fromkeys(lines))


def _proxy_options():
    """The host's apt proxies and apt's own certificates: needed to download, never left in the image."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    return [line.rstrip(";") for line in dump.splitlines()
            if re.match(r"Acquire::https?::(Proxy|CaInfo|Verify-Peer)\b", line, re.I) and not line.endswith('"";')]


def debootstrap(recipe, tree, cache, mode, env, progress):
    debs = cache / f"apt-{recipe.suite}"
    debs.mkdir(parents=True, exist_ok=True)
    command = [
        "mmdebstrap", f"--mode={mode}", "--variant=minbase", "--format=directory", "--verbose",
        "--architectures=amd64", f"--include={','.join(recipe.packages)}",
        "--aptopt=Acquire::Languages none", "--aptopt=Acquire::Retries 3",
        "--dpkgopt=force-unsafe-io", "--dpkgopt=force-confold",
        *(f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in ("doc", "man", "info", "locale", "groff", "lintian")),
        "--dpkgopt=path-include=/usr/share/doc/*/copyright",
        *(f"--aptopt={option}" for option in _proxy_options()),
        # Packages that were downloaded before are taken from the cache, and all that were used go back into it.
        "--skip=download/empty", "--skip=essential/unlink",
        "--setup-hook=mkdir -p \"$1\"/var/cache/apt/archives", f"--setup-hook=sync-in {debs} /var/cache/apt/archives",
        f"--customize-hook=sync-out /var/cache/apt/archives {debs}",
        "--customize-hook=rm -f \"$1\"/etc/apt/apt.conf.d/99mmdebstrap",
        recipe.suite, str(tree), *sources(recipe.suite, host_suite()),
    ]
    for tool in ("mmdebstrap", "mkfs.erofs"):
        if not shutil.which(tool):
            raise Failed(f"the program {tool} is missing; install it: apt install mmdebstrap erofs-utils")
    progress.run(f"Debian {recipe.suite}, {len(recipe.packages)} packages and what they need", command, env, AptCounter())
    _prune(debs, tree)


def _prune(debs, tree):
    """Keeps in the cache only the packages of this release's present versions that some image used: the newest per name."""
    newest = {}
    for path in debs.glob("*.deb"):
        key = path.name.split("_")[0]
        if key not in newest or path.stat().st_mtime > newest[key].stat().st_mtime:
            newest[key] = path
    for path in debs.glob("*.deb"):
        if path != newest[path.name.split("_")[0]]:
            path.unlink()
    for rest in (debs / "lock", debs / "partial"):
        shutil.rmtree(rest, ignore_errors=True) if rest.is_dir() else rest.unlink(missing_ok=True)
