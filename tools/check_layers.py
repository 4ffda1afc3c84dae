#!/usr/bin/env python3
"""Checks that every #include follows the arrows of docs/architecture.md §3.

Three things must agree: the table there, the DEPENDS of each module's CMakeLists.txt, and the #include lines.
Foreign libraries are known to the modules named below only, and the library touches no file, socket or thread.

usage: tools/check_layers.py [ROOT]     prints file:line for each wrong arrow; exit 1 when there is one
"""
import re
import sys
from pathlib import Path

# A header's name begins so -> the modules that may include it ("test" stands for *_test.cpp, testdata/ and testkit).
FOREIGN = {
    "sodium": {"crypto"},
    "toml++/": {"config"},
    "openssl/": {"crypto", "net", "bench"},  # net speaks TLS with it; bench measures what OpenSSL alone costs
    "unbound.h": {"dns_unbound"},
    "sqlite3.h": {"store_sqlite"},
    "curl/": {"reporting", "imap"},
    "libpsl.h": {"suffix"},
    "idn2.h": {"base"},
    "zlib.h": {"archive", "bench"},
    "libdeflate.h": {"archive", "bench"},
    "archive.h": {"archive"},
    "gmime/": {"intake"},
    "glib": {"intake"},
    "archive_entry.h": {"archive"},
    "nlohmann/": {"tlsrpt", "system/*", "bin", "bench", "test"},
    "fmt/": {"system/*", "bin", "bench", "test"},
    "CLI/": {"bin"},
    "httplib.h": {"bin", "webapi"},
    "gtest/": {"test"},
    "expat.h": {"test"},
    "benchmark/": {"bench"},
}
# What only the edge of the program may use: files, standard streams, sockets, threads.
WORLD = re.compile(r"^(fstream|iostream|filesystem|thread|pthread\.h|unistd\.h|fcntl\.h|netdb\.h|poll\.h"
                   r"|sys/(socket|stat|types|epoll|mman|un)\.h|netinet/tcp\.h)$")
WORLD_MODULES = {"dns_unbound"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
MODULE_CALL = re.compile(r"assay_module\(\s*(\w+)([^)]*)\)")


def read_table(text):
    """The rows of architecture.md §3: module -> words of its second column."""
    rows = {}
    inside = False
    for line in text.splitlines():
        if line.startswith("## "):
            inside = line.startswith("## 3.")
        cells = [cell.strip() for cell in line.split("|")]
        if inside and len(cells) >= 4 and cells[1] not in ("Module", "---"):
            rows[cells[1].removeprefix("system/")] = cells[2].replace("–", "").split()
    return rows


def read_depends(cmake_text):
    """The name and DEPENDS of the assay_module() call, or nothing."""
    text = re.sub(r"#.*", "", cmake_text)
    call = MODULE_CALL.search(text)
    if not call:
        return None
    words, depends, key = call.group(2).split(), [], ""
    for word in words:
        if word.isupper() and word in ("DEPENDS", "LINK", "TEST_LINK", "FUZZ_LINK", "BENCH_LINK"):
            key = word
        elif key == "DEPENDS":
            depends.append(word)
    return call.group(1), depends


class Tree:
    """The modules of a checkout and what each may include."""

    def __init__(self, root):
        self.root = Path(root)
        self.problems = []
        self.modules = {}  # name -> (layer, DEPENDS)
        self.table = read_table((self.root / "docs/architecture.md").read_text(encoding="utf-8"))
        for layer in ("assay", "system"):
            for cmake in sorted((self.root / layer).glob("*/CMakeLists.txt")):
                found = read_depends(cmake.read_text(encoding="utf-8"))
                if found is None:
                    self.complain(cmake, 1, "has no assay_module() call")
                elif found[0] != cmake.parent.name:
                    self.complain(cmake, 1, f"names the module {found[0]}, not as its folder")
                else:
                    self.modules[found[0]] = (layer, found[1])

    def complain(self, path, line, what):
        self.problems.append(f"{path.relative_to(self.root)}:{line}: {what}")

    def expand(self, words):
        """Names for the words of a table row; assay/* and system/* are every module of that layer."""
        names = set()
        for word in words:
            if word in ("assay/*", "system/*"):
                names |= {name for name, (layer, _) in self.modules.items() if layer == word[:-2]}
            else:
                names.add(word)
        return names

    def check_tables(self):
        for name, (layer, depends) in self.modules.items():
            cmake = self.root / layer / name / "CMakeLists.txt"
            if name not in self.table:
                self.complain(cmake, 1, f"{layer}/{name} has no row in docs/architecture.md §3")
                continue
            for other in sorted(set(depends) - self.expand(self.table[name])):
                self.complain(cmake, 1, f"DEPENDS {other} is no arrow of docs/architecture.md §3")
            for other in depends:
                if layer == "assay" and self.modules.get(other, ("assay",))[0] != "assay":
                    self.complain(cmake, 1, f"assay/ may not depend on system/{other}")

    def sources(self, folder):
        for path in sorted((self.root / folder).rglob("*")):
            if path.suffix in (".h", ".cpp"):
                yield path

    def check_includes(self):
        for name, (layer, depends) in self.modules.items():
            for path in self.sources(f"{layer}/{name}"):
                self.check_file(path, name, layer, {name, *depends})
        for folder in ("testkit", "bin", "bench"):
            for path in self.sources(folder):
                self.check_file(path, folder, folder, {folder} | self.expand(self.table.get(folder, [])))

    def check_file(self, path, module, layer, allowed):
        test = path.name.endswith("_test.cpp") or layer == "testkit" or path.parent.name == "testdata"
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quoted, angled = match.groups()
            why = self.wrong_own(path, quoted, module, allowed, test) if quoted else None
            why = why or self.wrong_foreign(path, quoted or angled, module, layer, test)
            if why:
                self.complain(path, number, why)

    def wrong_own(self, path, header, module, allowed, test):
        parts = header.split("/")
        if parts[0] == "testkit":
            return None if test else "only tests include testkit"
        if parts[0] in ("bin", "bench", "tests"):
            return None if parts[0] == module else f"nothing includes {parts[0]}/"
        if parts[0] not in ("assay", "system") or len(parts) < 3:
            beside = (path.parent / header).exists()
            return "include our own headers by their path from the root" if beside else None
        if "detail" in parts:
            if parts[1] != module:
                return f"{header} is private to {parts[1]}"
            if parts[0] == "assay" and path.suffix == ".h" and path.parent.name == module:
                return f"a public header shows the private {header}"
        if not (self.root / header).exists():
            return f"{header} does not exist"
        if self.modules.get(parts[1], (parts[0],))[0] != parts[0]:
            return f"{parts[1]} is no module of {parts[0]}/"
        return None if parts[1] in allowed else f"{module} may not include {parts[1]}: DEPENDS does not name it"

    def wrong_foreign(self, path, header, module, layer, test):
        bench = path.name.endswith("_bench.cpp")
        for prefix, may in FOREIGN.items():
            if header.startswith(prefix):
                fine = (module in may or f"{layer}/*" in may or (test and "test" in may) or
                        (bench and "bench" in may))
                public = layer == "assay" and path.suffix == ".h" and path.parent.name == module
                if not fine:
                    return f"<{header}> belongs to {', '.join(sorted(may))}"
                return f"a public header shows <{header}>" if public else None
        edge = layer != "assay" or test or bench or module in WORLD_MODULES
        if not edge and WORLD.match(header):
            return f"<{header}>: the library touches no file, stream, socket or thread"
        return None


def main(arguments):
    if "--help" in arguments or "-h" in arguments:
        print(__doc__.strip())
        return 0
    tree = Tree(arguments[0] if arguments else Path(__file__).resolve().parent.parent)
    tree.check_tables()
    tree.check_includes()
    for problem in tree.problems:
        print(problem)
    print(f"layers: {len(tree.modules)} modules, {len(tree.problems)} wrong arrows")
    return 1 if tree.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
