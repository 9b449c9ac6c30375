#!/usr/bin/env bash
# Prints how the files of the two cores, and of Mailboxes, depend on each other: lines, and the largest set of files in which
# each needs each other, directly or by others. A file needs another that declares what it names: a type; a function called by
# its name alone, in a type that both files declare or extend; or a function called on something, where only one file of the
# module declares one of that name and no module that it imports does. `Tests/TidyTests/Shape.swift` holds the same against a
# bound.
# `Scripts/shape.sh --edges` prints who needs whom as well.
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 - "$@" <<'PYTHON'
import collections, pathlib, re, sys

TOP = re.compile(
    r"(?:(?:public|package|internal|private|fileprivate|final|indirect|@\w+)\s+)*"
    r"(struct|class|enum|protocol|actor|extension|func)\s+(\w+)")
DECLARED = re.compile(
    r"\s*((?:(?:public|package|internal|private|fileprivate|static|final|mutating|nonmutating|consuming|borrowing|indirect"
    r"|@\w+(?:\([^)]*\))?)\s+)*)(func|struct|class|enum|protocol|actor|typealias|case)\s+`?(\w+)`?(\()?")
# What collections of the standard library have.
STANDARD = set(
    "append contains count drain filter first forEach index insert map max min next prefix reduce remove removeAll "
    "reserveCapacity sorted suffix swap update".split())

def code(path):
    "The text without comments and strings."
    text = re.sub(r'"""(.*?)"""|"(?:\\.|[^"\\\n])*"', '""', path.read_text(), flags=re.S)
    return re.sub(r"//.*", "", text)

def components(edges):
    "Tarjan's strongly connected components."
    index, low, stack, found = {}, {}, [], []
    sys.setrecursionlimit(10_000)
    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in edges[node]:
            if other not in index: visit(other)
            if other in stack: low[node] = min(low[node], low[other])
        if low[node] == index[node]:
            members = set()
            while node not in members: members.add(stack.pop())
            found.append(members)
    for node in edges:
        if node not in index: visit(node)
    return found

class Names:
    "What a file declares that others can see, and what it names."
    def __init__(self, text):
        self.lines = text.count("\n")
        self.outer, self.types, self.functions, self.cases = set(), set(), set(), set()
        enclosing = ""
        for line in text.splitlines():
            top = TOP.match(line)
            if top:
                enclosing = "" if top[1] == "func" else top[2]
                if enclosing: self.outer.add(enclosing)
            declared = DECLARED.match(line)
            if not declared or "private" in declared[1]: continue
            if declared[2] == "func": self.functions.add((enclosing, declared[3]))
            elif declared[2] != "case": self.types.add(declared[3])
            elif declared[4]: self.cases.add(declared[3])
        self.named = set(re.findall(r"\b[A-Z]\w*\b", text))
        self.called = set(re.findall(r"(?<![.\w`])(?<!func )([a-z]\w*)\(", text))
        self.called_on = set(re.findall(r"\.([a-z]\w*)\(", text))

sources = {path: Names(code(path)) for path in sorted(pathlib.Path("Sources").rglob("*.swift"))}
for module in ("NodeCore", "PeerCore", "Mailboxes"):
    root = pathlib.Path("Sources") / module
    files = {str(path.relative_to(root)): names for path, names in sources.items() if root in path.parents}
    imported = {name for path in root.rglob("*.swift") for name in re.findall(r"^import (\w+)", path.read_text(), re.M)}
    others = [names for path, names in sources.items() if path.parts[1] in imported]
    cases = {name for names in [*files.values(), *others] for name in names.cases}
    foreign_types = {name for names in others for name in names.types}
    foreign_functions = {name for names in others for _, name in names.functions} | STANDARD
    types, members, functions = (collections.defaultdict(set) for _ in range(3))
    for name, names in files.items():
        for declared in names.types: types[declared].add(name)
        for outer, declared in names.functions:
            members[outer, declared].add(name)
            functions[declared].add(name)
    edges = {}
    for name, names in files.items():
        needed = set()
        for word in names.named - foreign_types:
            if len(types[word]) == 1: needed |= types[word]
        for word in names.called:
            for outer in names.outer | {""}: needed |= members[outer, word]
        for word in names.called_on - foreign_functions - cases:
            if len(functions[word]) == 1: needed |= functions[word]
        edges[name] = needed - {name}
    sets = sorted(components(edges), key=len, reverse=True)
    lines = sum(names.lines for names in files.values())
    print(f"{module}: {len(files)} files, {lines} lines, {sum(map(len, edges.values()))} edges; "
          f"largest strongly connected set: {len(sets[0])} files")
    if len(sets[0]) > 1: print("   " + ", ".join(sorted(sets[0])))
    folders = collections.Counter()
    for name, needed in edges.items():
        for other in needed:
            a, b = (str(pathlib.PurePath(n).parent) for n in (name, other))
            if a != b: folders[a, b] += 1
    for (a, b), count in sorted(folders.items()): print(f"   {a} -> {b}: {count}")
    if "--edges" in sys.argv:
        for name, needed in edges.items(): print(f"   {name}: {', '.join(sorted(needed))}")
PYTHON
