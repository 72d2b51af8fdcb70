"""From a finished tree to DIR/NAME.erofs and DIR/NAME.json, complete or not at all."""

import datetime
import json
import os
import stat


def built(recipe, out):
    """The image's metadata when DIR already holds it, whole, for this very recipe, else None."""
    try:
        meta = json.loads((out / f"{recipe.name}.json").read_text())
        sizes = {path.stat().st_size for path in (out / f"{recipe.name}.erofs", out / "ami" / f"{recipe.ami_id}.erofs")}
        return meta if meta["recipe_hash"] == recipe.hash and sizes == {meta["size_bytes"]} else None
    except (OSError, ValueError, KeyError):
        return None


def seal(recipe, tree, scratch, out, progress):
    packed = scratch / "image.erofs"
    progress.run("packing (erofs, lz4)", ["mkfs.erofs", "-zlz4", "--quiet", str(packed), str(tree)])
    meta = {
        "name": recipe.name,
        "ami_id": recipe.ami_id,
        "recipe_hash": recipe.hash,
        "description": recipe.description,
        "architecture": "x86_64",
        "suite": recipe.suite,
        "login": recipe.login,
        "jupyter": recipe.jupyter,
        "min_disk_gib": recipe.min_disk_gib,
        "size_bytes": packed.stat().st_size,
        "tree_bytes": _tree_bytes(tree),
        "created": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    described = scratch / "image.json"
    described.write_text(json.dumps(meta, indent=2) + "\n")
    for path in (packed, described):
        os.chmod(path, 0o644)
        _sync(path)
    # Instances keep running on the image they were launched from: every built image stays under its own id, and
    # NAME is one more name of the newest. The metadata goes last: an image without it counts as not built.
    kept = out / "ami"
    kept.mkdir(exist_ok=True)
    for path, suffix in ((packed, "erofs"), (described, "json")):
        by_id = kept / f"{recipe.ami_id}.{suffix}"
        by_id.unlink(missing_ok=True)
        os.link(path, by_id)
    (out / f"{recipe.name}.json").unlink(missing_ok=True)
    os.rename(packed, out / f"{recipe.name}.erofs")
    os.rename(described, out / f"{recipe.name}.json")
    _sync(kept)
    _sync(out)
    return meta


def _tree_bytes(tree):
    total, seen = 0, set()
    for folder, _, files in os.walk(tree):
        for name in files:
            info = os.lstat(os.path.join(folder, name))
            if stat.S_ISREG(info.st_mode) and (info.st_dev, info.st_ino) not in seen:
                seen.add((info.st_dev, info.st_ino))
                total += info.st_size
    return total


def _sync(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
