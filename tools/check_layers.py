#!/usr/bin/env python3
"""Fails on any include that tools/layers.txt does not allow.

usage: check_layers.py [ROOT]    (default: the repository that holds this file)

A room is a row of ROOT/tools/layers.txt and the folder ROOT/src/<room> or ROOT/<room>. A file of a room may include
  - headers of its own room, and of the rooms its row names; of a term with a slash, `http/head`, only that one header;
  - third-party headers under a prefix that its own row owns, or the row `*`, which stands for every room;
  - the standard library, and system headers that no row owns;
  - in tests (*_test.cc, *_test.h, testing.h), GoogleTest as well, and only there headers of tests.
A row may name only rooms above it. Includes between files must not form a cycle. There are no exceptions.
"""
import re
import sys
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.M)
SYSTEM = """arpa/inet.h dirent.h fcntl.h ifaddrs.h net/if.h netdb.h netinet/in.h netinet/tcp.h poll.h pthread.h pwd.h signal.h
sys/epoll.h sys/eventfd.h sys/file.h sys/mman.h sys/prctl.h sys/random.h sys/resource.h sys/socket.h sys/stat.h sys/time.h
sys/types.h sys/uio.h sys/un.h sys/wait.h termios.h unistd.h""".split()
C_LIBRARY = "assert ctype errno float inttypes limits locale math setjmp stdarg stddef stdint stdio stdlib string time wchar".split()
STANDARD = re.compile(r"[a-z_0-9]+|(%s)\.h" % "|".join(C_LIBRARY))
GTEST = ("gtest/", "gmock/")


def is_test(path):
    return Path(path).stem.endswith("_test") or Path(path).stem == "testing"


class Row:
    def __init__(self, name, terms, prefixes):
        self.name, self.terms, self.prefixes = name, terms, prefixes


NOBODY = Row("*", [], [])


def read_rows(path):
    """The rows in the order of the file, and the mistakes in the file itself."""
    rows, mistakes = {}, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.split("#", 1)[0].strip()
        if not line:
            continue
        match = re.fullmatch(r"([a-z_]+|\*)\s*:([^|]*)\|(.*)", line)
        if not match:
            mistakes.append(f"{path.name}:{number}: expected 'room: rooms | prefixes'")
            continue
        name, terms = match[1], match[2].split()
        if name in rows:
            mistakes.append(f"{path.name}:{number}: {name} has a row already")
        for term in terms:
            if term.split("/")[0] not in rows:
                mistakes.append(f"{path.name}:{number}: {name} names {term}, which does not stand above it")
        rows[name] = Row(name, terms, match[3].split())
    return rows, mistakes


def room_sources(root, name):
    if name == "*":
        return []
    folder = root / "src" / name if (root / "src" / name).is_dir() else root / name
    return sorted(p for p in folder.rglob("*") if p.suffix in (".h", ".cc"))


def allowed_room_header(row, header):
    room = header.split("/")[0]
    return room == row.name or any(t == room or t + ".h" == header for t in row.terms)


def reason_against(root, rows, row, header, from_test):
    """Why a file of the row may not include the header, or None."""
    if (root / "src" / header).is_file() or (header.split("/")[0] in rows and (root / header).is_file()):
        if is_test(header) and not from_test:
            return "only tests may include it"
        if allowed_room_header(row, header):
            return None
        return f"{row.name} may not include {header.split('/')[0]}" + (
            f" (only {', '.join(t for t in row.terms if '/' in t)})" if any("/" in t for t in row.terms) else "")
    if STANDARD.fullmatch(header):
        return None
    if from_test and header.startswith(GTEST):
        return None
    if any(header.startswith(p) for p in row.prefixes + rows.get("*", NOBODY).prefixes):
        return None
    owners = [r.name for r in rows.values() if any(header.startswith(p) for p in r.prefixes)]
    if not owners and header in SYSTEM:
        return None
    if owners:
        return f"belongs to {', '.join(owners)}"
    return "no row owns it" if "/" in header or header.endswith((".h", ".hpp")) else "unknown header"


def find_cycle(graph):
    """One cycle of the include graph as a list of files, or None."""
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for following in graph.get(node, ()):
            if found := visit(following):
                return found
        path.pop()
        done.add(node)
        return None

    for start in sorted(graph):
        if found := visit(start):
            return found
    return None


def check(root):
    rows, mistakes = read_rows(root / "tools" / "layers.txt")
    for folder in sorted(p.name for p in (root / "src").iterdir() if p.is_dir()):
        if folder not in rows:
            mistakes.append(f"src/{folder}: no row in tools/layers.txt")
    graph = {}
    for row in rows.values():
        for source in room_sources(root, row.name):
            name, text = source.relative_to(root).as_posix(), source.read_text()
            for match in INCLUDE.finditer(text):
                header = match[1] or match[2]
                graph.setdefault(name.removeprefix("src/"), []).append(header)
                if reason := reason_against(root, rows, row, header, is_test(name)):
                    mistakes.append(f"{name}:{text.count(chr(10), 0, match.start(1 if match[1] else 2)) + 1}: {header}: {reason}")
    if cycle := find_cycle(graph):
        mistakes.append("cycle: " + " -> ".join(cycle))
    return mistakes


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    mistakes = check(root)
    print("\n".join(mistakes) if mistakes else "layers: every include is allowed")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
