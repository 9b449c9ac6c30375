import Storage

/// Reads a whole file and follows every pointer in it, before LMDB does so blindly.
///
/// LMDB's pages have no checksums, and LMDB trusts every number on them: a changed one makes it read or write anywhere,
/// or end the process. So each page in use is checked first: that it is the page it should be; that its nodes fill
/// their place exactly; that keys ascend and lie where a search finds them; that no page is used twice, or both used
/// and free. A file that passes can be used without harm. Whether values are what was written is for their checksums to
/// say.
struct StoreCheck: ~Copyable {
    private let pages: StorePages
    /// A bit for each page for which a use has been found.
    private var seen: [UInt64]
    /// Values whose checksum is wrong.
    private(set) var damagedValues = 0

    /// Checks the file. Throws where it can't be used at all.
    static func damagedValues(in path: String) throws(StoreDamage) -> Int {
        var check = StoreCheck(pages: try StorePages(path))
        try check.run()
        return check.damagedValues
    }

    private init(pages: consuming StorePages) {
        seen = [UInt64](repeating: 0, count: Int(pages.last / 64) + 1)
        self.pages = pages
        seen[0] = 3
    }

    private mutating func run() throws(StoreDamage) {
        // The flag of the tree of free pages: its keys are numbers.
        guard pages.free.flags == 8, pages.main.flags == 0 else { throw StoreDamage("a tree has impossible flags") }
        try walk(pages.main, .main)
        try walk(pages.free, .free)
    }

    // MARK: Trees

    /// What the leaves of a tree hold.
    private enum Content {
        case main, free
        /// Values with checksums.
        case table(Table)
        /// Values of which nothing is known here.
        case other
    }

    /// The deepest tree that LMDB follows.
    private static let maximumDepth = 32

    private mutating func walk(_ tree: StorePages.Tree, _ content: Content) throws(StoreDamage) {
        guard tree.root != StorePages.Tree.none else {
            guard tree.depth == 0 else { throw StoreDamage("a tree has no root") }
            return
        }
        guard (1...StoreCheck.maximumDepth).contains(tree.depth) else { throw StoreDamage("a tree is too deep") }
        try walk(tree.root, height: tree.depth, from: nil, to: nil, content)
    }

    /// Checks a page and what is below it: `height` levels with its own, keys from `lower` to before `upper`.
    private mutating func walk(
        _ number: UInt64, height: Int, from lower: ArraySlice<UInt8>?, to upper: ArraySlice<UInt8>?, _ content: Content
    ) throws(StoreDamage) {
        try use(number, count: 1)
        let page = try NodePage(pages.read(number), number, isLeaf: height == 1)
        var isNumeric = false
        if case .free = content { isNumeric = true }
        func precedes(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
            isNumeric ? StoreCheck.number(left) < StoreCheck.number(right) : left.lexicographicallyPrecedes(right)
        }
        // LMDB ends the process at a branch with one child, except in the tree of free pages.
        guard page.isLeaf || isNumeric || page.nodes.count > 1 else {
            throw StoreDamage("page \(number) leads nowhere")
        }
        var previous: ArraySlice<UInt8>?
        for (index, node) in page.nodes.enumerated() {
            // The first key of a branch means whatever is smaller than the second, and is not looked at.
            let isKeyless = !page.isLeaf && index == 0
            let key = isKeyless ? lower : node.key
            if let key, !isKeyless {
                guard isNumeric ? key.count == 8 : (1...511).contains(key.count) else {
                    throw StoreDamage("a key on page \(number) has an impossible size")
                }
                let isInPlace =
                    previous.map { precedes($0, key) } != false && lower.map { !precedes(key, $0) } != false
                    && upper.map { precedes(key, $0) } != false
                guard isInPlace else { throw StoreDamage("the keys on page \(number) are in no order") }
            }
            previous = key
            if page.isLeaf {
                try check(node, content)
            } else {
                let next = index + 1 < page.nodes.count ? page.nodes[index + 1].key : upper
                try walk(node.child, height: height - 1, from: key, to: next, content)
            }
        }
    }

    private static func number(_ key: ArraySlice<UInt8>) -> UInt64 {
        key.withUnsafeBytes { $0.count == 8 ? $0.loadUnaligned(as: UInt64.self) : 0 }
    }

    // MARK: Entries

    private mutating func check(_ node: NodePage.Node, _ content: Content) throws(StoreDamage) {
        let isTree = node.flags == NodePage.Node.tree
        if case .main = content {
            guard isTree, node.data.count == StorePages.Tree.size else { throw StoreDamage("a table is none") }
            let tree = try StorePages.Tree(PageBytes(bytes: Array(node.data)), at: 0)
            guard tree.flags == 0 else { throw StoreDamage("a tree has impossible flags") }
            let table = Table(rawValue: String(decoding: node.key, as: UTF8.self))
            return try walk(tree, table.map { .table($0) } ?? .other)
        }
        guard !isTree else { throw StoreDamage("a table lies in a table") }
        let value = try value(of: node)
        switch content {
        case .main, .other: break
        case .free: try checkFree(PageBytes(bytes: Array(value)))
        case .table(let table):
            let seed = node.key.withUnsafeBytes { StoredValue.seed(table, $0) }
            if value.withUnsafeBytes({ StoredValue.open($0, seed: seed) == nil }) { damagedValues += 1 }
        }
    }

    /// The data of a node, which lies in pages of its own where it is large.
    private mutating func value(of node: NodePage.Node) throws(StoreDamage) -> ArraySlice<UInt8> {
        guard node.flags == NodePage.Node.overflow else { return node.data }
        let number = try PageBytes(bytes: Array(node.data)).load(UInt64.self, 0)
        guard number <= pages.last else { throw StoreDamage("a value lies behind the end") }
        let head = try pages.read(number)
        let count = Int(try head.load(UInt32.self, 12))
        let needed = (NodePage.header + node.size + pages.pageSize - 1) / pages.pageSize
        guard try head.load(UInt64.self, 0) == number, try head.load(UInt16.self, 10) == 4, count >= needed else {
            throw StoreDamage("page \(number) does not hold the value that it should")
        }
        try use(number, count: count)
        let whole = needed == 1 ? head : try pages.read(number, count: needed)
        return try whole.slice(NodePage.header, node.size)
    }

    /// A list of free pages: their count, and their numbers from the highest.
    private mutating func checkFree(_ list: PageBytes) throws(StoreDamage) {
        let count = try list.load(UInt64.self, 0)
        guard count < UInt64(list.bytes.count / 8) else { throw StoreDamage("a list of free pages is cut short") }
        var previous = pages.last + 1
        for index in 0..<Int(count) {
            let number = try list.load(UInt64.self, 8 + 8 * index)
            guard number < previous else { throw StoreDamage("a list of free pages is in no order") }
            try use(number, count: 1)
            previous = number
        }
    }

    // MARK: Pages

    /// Notes the one use of some pages.
    private mutating func use(_ number: UInt64, count: Int) throws(StoreDamage) {
        guard number <= pages.last, count > 0, UInt64(count) <= pages.last - number + 1 else {
            throw StoreDamage("a page lies behind the end")
        }
        for page in number..<number + UInt64(count) {
            let bit = UInt64(1) << (page % 64)
            guard seen[Int(page / 64)] & bit == 0 else { throw StoreDamage("page \(page) is used twice") }
            seen[Int(page / 64)] |= bit
        }
    }
}

/// A branch or a leaf, taken apart.
private struct NodePage {
    struct Node {
        static let overflow: UInt16 = 1
        static let tree: UInt16 = 2

        let key: ArraySlice<UInt8>
        /// Of a leaf's node.
        var flags: UInt16 = 0
        /// Bytes of the value, wherever it lies.
        var size = 0
        /// What lies in the node: the value, or the number of the page that it begins on.
        var data: ArraySlice<UInt8> = []
        /// Of a branch's node.
        var child: UInt64 = 0
    }

    /// Bytes before the offsets of the nodes, and before an overflowing value.
    static let header = 16
    private static let nodeHeader = 8

    let isLeaf: Bool
    private(set) var nodes: [Node] = []

    init(_ page: PageBytes, _ number: UInt64, isLeaf: Bool) throws(StoreDamage) {
        self.isLeaf = isLeaf
        let lower = Int(try page.load(UInt16.self, 12))
        let upper = Int(try page.load(UInt16.self, 14))
        guard try page.load(UInt64.self, 0) == number, try page.load(UInt16.self, 10) == (isLeaf ? 2 : 1),
            lower % 2 == 0, lower <= upper, lower > NodePage.header, upper <= page.bytes.count
        else { throw StoreDamage("page \(number) is not what it should be") }
        var places: [(start: Int, end: Int)] = []
        for offset in stride(from: NodePage.header, to: lower, by: 2) {
            let start = Int(try page.load(UInt16.self, offset))
            let (node, size) = try NodePage.node(page, start, isLeaf: isLeaf)
            nodes.append(node)
            places.append((start, start + (size + 1) & ~1))
        }
        // Nodes lie end to end from `upper` to the end of the page: LMDB moves them as one when it removes one.
        places.sort { $0.start < $1.start }
        var end = upper
        for place in places {
            guard place.start == end else { throw StoreDamage("the nodes of page \(number) overlap") }
            end = place.end
        }
        guard end == page.bytes.count else { throw StoreDamage("the nodes of page \(number) don't fill it") }
    }

    private static func node(
        _ page: PageBytes, _ start: Int, isLeaf: Bool
    ) throws(StoreDamage) -> (Node, size: Int) {
        let low = UInt64(try page.load(UInt16.self, start))
        let high = UInt64(try page.load(UInt16.self, start + 2))
        let flags = try page.load(UInt16.self, start + 4)
        let keySize = Int(try page.load(UInt16.self, start + 6))
        var node = Node(key: try page.slice(start + nodeHeader, keySize))
        guard isLeaf else {
            node.child = low | high << 16 | UInt64(flags) << 32
            return (node, nodeHeader + keySize)
        }
        guard [0, Node.overflow, Node.tree].contains(flags) else { throw StoreDamage("a node has impossible flags") }
        node.flags = flags
        node.size = Int(low | high << 16)
        let inside = flags == Node.overflow ? 8 : node.size
        node.data = try page.slice(start + nodeHeader + keySize, inside)
        return (node, nodeHeader + keySize + inside)
    }
}
