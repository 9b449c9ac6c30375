#!/usr/bin/env bash
# Prints how the files of the two cores depend on each other: lines, and the largest set of files in which each needs each
# other, directly or by others. A file needs another that declares a type, function or variable that it names, as far as
# the name is declared in one file of the module only. `Scripts/shape.sh --edges` prints who needs whom as well.
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 - "$@" <<'PYTHON'
import collections, pathlib, re, sys

DECLARED = re.compile(
    r"^\s*((?:(?:public|package|internal|private|fileprivate|static|final|mutating|nonmutating|indirect|@\w+)\s+)*)"
    r"(func|struct|class|enum|protocol|actor|typealias)\s+(\w+)")

# Neither a declaration, nor a case of an enum: `.deposit(id)` behind anything that isn't a value.
CALLED = r"(?<!func )(?<!case )(?<![^\w)\]?}]\.)\b([a-z]\w*)\("

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

for module in ("NodeCore", "PeerCore"):
    root = pathlib.Path("Sources") / module
    texts = {str(p.relative_to(root)): code(p) for p in sorted(root.rglob("*.swift"))}
    where, own = collections.defaultdict(set), collections.defaultdict(set)
    for name, text in texts.items():
        for line in text.splitlines():
            declared = DECLARED.match(line)
            # A type within another is named by way of that one.
            if not declared or (declared[2] != "func" and line[0].isspace()): continue
            word = declared[3], declared[2] == "func"
            own[name].add(word)
            if "private" not in declared[1]: where[word].add(name)
    owner = {word: files.pop() for word, files in where.items() if len(files) == 1}
    edges = {}
    for name, text in texts.items():
        called = {(word, True) for word in re.findall(CALLED, text)}
        named = {(word, False) for word in re.findall(r"\b[A-Z]\w*\b", text)}
        edges[name] = {owner[key] for key in (called | named) - own[name] if key in owner}
    sets = sorted(components(edges), key=len, reverse=True)
    lines = sum(len((root / name).read_text().splitlines()) for name in texts)
    print(f"{module}: {len(texts)} files, {lines} lines, {sum(map(len, edges.values()))} edges; "
          f"largest strongly connected set: {len(sets[0])} files")
    print("   " + ", ".join(sorted(sets[0])))
    folders = collections.Counter()
    for name, needed in edges.items():
        for other in needed:
            a, b = (str(pathlib.PurePath(n).parent) for n in (name, other))
            if a != b: folders[a, b] += 1
    for (a, b), count in sorted(folders.items()): print(f"   {a} -> {b}: {count}")
    if "--edges" in sys.argv:
        for name, needed in edges.items(): print(f"   {name}: {', '.join(sorted(needed))}")
PYTHON
