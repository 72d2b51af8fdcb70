#!/usr/bin/python3
"""Writes a C++ source that holds the files of a folder: embed.py FOLDER OUT.cpp"""
import pathlib
import sys


def literal(data):
    return "".join(f"\\{byte:03o}" if byte < 32 or byte > 126 or byte in b'"\\?' else chr(byte) for byte in data)


def main():
    folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix in {".html", ".js", ".css", ".svg", ".py"})
    lines = ["#include <cstddef>", "#include <string_view>", "namespace stipend::gateway {",
             "struct EmbeddedFile { std::string_view name, bytes; };",
             "extern const EmbeddedFile kEmbeddedFiles[]; extern const std::size_t kEmbeddedFileCount;",
             "const EmbeddedFile kEmbeddedFiles[] = {"]
    for file in files:
        data = file.read_bytes()
        chunks = " ".join(f'"{literal(data[i:i + 4000])}"' for i in range(0, len(data), 4000)) or '""'
        lines.append(f'{{"{file.relative_to(folder).as_posix()}", {{{chunks}, {len(data)}}}}},')
    lines += ["};", f"const std::size_t kEmbeddedFileCount = {len(files)};", "}"]
    out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
