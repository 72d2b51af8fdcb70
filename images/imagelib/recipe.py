"""A recipe is a folder: recipe.toml, and where present masks.txt, requirements.txt, setup.sh, files/ (copied into the
tree, owned by root) and home/ (copied into the login's home). `base` names the recipe it adds to."""

import dataclasses
import hashlib
import pathlib
import tomllib

from .progress import Failed

IMAGES = pathlib.Path(__file__).resolve().parent.parent
KEYS = {"description", "login", "jupyter", "min_disk_gib", "build_gib", "packages", "base"}


@dataclasses.dataclass
class Recipe:
    name: str
    description: str
    login: str
    jupyter: bool
    min_disk_gib: int
    build_gib: int  # scratch space, download cache and image together while it is built
    packages: list
    layers: list  # folders, base first
    suite: str
    hash: str

    @property
    def ami_id(self):
        return "ami-" + hashlib.sha256(f"{self.name} {self.hash}".encode()).hexdigest()[:17]

    def parts(self, name):
        """The files or folders called `name` in the recipe and those it builds on, base first."""
        return [layer / name for layer in self.layers if (layer / name).exists()]


def names():
    return sorted(path.parent.name for path in IMAGES.glob("*/recipe.toml"))


def load(name, suite):
    layers, table, packages = [], None, []
    wanted = name
    while wanted:
        folder = IMAGES / wanted
        if not (folder / "recipe.toml").is_file():
            raise Failed(f"there is no image recipe '{wanted}'; there are: {', '.join(names())}")
        if folder in layers:
            raise Failed(f"the recipe '{wanted}' builds on itself; correct `base` in its recipe.toml")
        layer = tomllib.loads((folder / "recipe.toml").read_text())
        if unknown := set(layer) - KEYS:
            raise Failed(f"{wanted}/recipe.toml: unknown key {sorted(unknown)[0]}; known are {', '.join(sorted(KEYS))}")
        table = table or layer
        layers.insert(0, folder)
        packages = layer["packages"] + packages
        wanted = layer.get("base")
    return Recipe(name, table["description"], table["login"], table["jupyter"], table["min_disk_gib"],
                  table["build_gib"], packages, layers, suite, _hash(layers, suite))


def _hash(layers, suite):
    """Over all that decides what is in the image: the recipe's files, this builder, the Debian release."""
    digest = hashlib.sha256(suite.encode())
    for folder in [IMAGES / "imagelib", *layers]:
        for path in sorted(folder.rglob("*")):
            if path.is_dir() or "__pycache__" in path.parts:
                continue
            executable = path.stat().st_mode & 0o100
            digest.update(f"\0{path.relative_to(IMAGES)}\0{bool(executable)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
