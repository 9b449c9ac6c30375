/// Brings a data directory of an older format to the present one.
///
/// The steps work on a copy, so that what they are killed in, or fail in, is lost with the copy: until it is whole the directory
/// is what it was, and an older program may go on using it. One renaming of `format` then decides: it says
/// `roost data 2 from 1`, which older programs refuse, and from there on every start finishes what remains, by moving what was
/// into `backup-v1` and what is new into its place. The backup is a data directory of its own, and takes no second copy.
///
/// ```
/// migration.new/   the copy, as long as it is not whole
/// migration/       the copy when it is
/// backup-v1/       what was; stays until somebody removes it
/// ```
package struct Migration {
    /// What leads from one format to the next.
    package struct Step: Sendable {
        /// Changes a copy of a directory: its keys, its address book and its store, which nobody has open. Whatever it adds
        /// gets into the directory; it removes nothing.
        package let run: @Sendable (DataDirectory) throws(ServiceError) -> Void

        package init(_ run: @escaping @Sendable (DataDirectory) throws(ServiceError) -> Void) { self.run = run }
    }

    /// The first leads from format 1 to 2, and so on.
    package static let steps: [Step] = []

    /// What was done.
    package struct Report: Hashable, Sendable {
        /// The formats before and after.
        package let from: Int, to: Int
        /// Where what was is kept.
        package let backup: String
    }

    /// What a directory of ours consists of; its operator's own files stay where they are.
    private static let contents = ["node.key", "profile.key", "peers.json", "store"]
    /// Room for what steps write beside the copy.
    private static let smallestRoom = 1 << 20

    private let directory: DataDirectory
    private let steps: [Step]
    /// Called before each change that lasts. Tests end it there.
    private let willChange: () throws(ServiceError) -> Void

    package init(
        of directory: DataDirectory, steps: [Step] = Migration.steps,
        willChange: @escaping () throws(ServiceError) -> Void = {}
    ) {
        self.directory = directory
        self.steps = steps
        self.willChange = willChange
    }

    /// Does what is to be done, or finishes it; nil where nothing is. The directory must be locked, and its store closed.
    package func run() throws(ServiceError) -> Report? {
        let target = 1 + steps.count
        guard let found = try directory.format(upTo: target) else { return nil }
        var first: Int?
        if let previous = found.previous {
            try finish(from: previous, to: found.number)
            first = previous
        }
        if found.number < target {
            try build(from: found.number, to: target)
            try finish(from: found.number, to: target)
            first = first ?? found.number
        }
        try attempt { () throws(SystemCalls.Failure) in try removeCopies() }
        return first.map { Report(from: $0, to: target, backup: backup($0)) }
    }

    private var draft: String { directory.file("migration.new") }
    private var copy: String { directory.file("migration") }
    private func backup(_ format: Int) -> String { directory.file("backup-v\(format)") }

    /// A killed migration, or one that failed, has left them.
    private func removeCopies() throws(SystemCalls.Failure) {
        try SystemCalls.removeTree(draft)
        try SystemCalls.removeTree(copy)
    }

    // MARK: Before the decision

    private func build(from old: Int, to new: Int) throws(ServiceError) {
        do throws(ServiceError) {
            try attempt { () throws(SystemCalls.Failure) in try removeCopies() }
            try checkRoom()
            try willChange()
            try attempt { () throws(SystemCalls.Failure) in try copyContents() }
            for step in steps[(old - 1)...] {
                try willChange()
                try step.run(DataDirectory(draft))
            }
            try willChange()
            try attempt { () throws(SystemCalls.Failure) in
                try SystemCalls.syncTree(draft)
                try SystemCalls.rename(draft, to: copy)
            }
            try willChange()
            try prepareBackup(of: old)
            try willChange()
            try directory.state(DataDirectory.Format(number: new, previous: old))
        } catch {
            throw ServiceError(
                error.code,
                "The data directory \(directory.path) can't be brought from format \(old) to \(new), and is as it was: "
                    + error.sentence)
        }
    }

    private func copyContents() throws(SystemCalls.Failure) {
        try SystemCalls.makeDirectory(draft)
        for name in Migration.contents {
            let path = directory.file(name)
            guard let status = try SystemCalls.status(path) else { continue }
            if status.kind == .directory {
                try SystemCalls.makeDirectory("\(draft)/\(name)")
                // LMDB's lock file is made anew.
                try SystemCalls.copy("\(path)/data.mdb", to: "\(draft)/\(name)/data.mdb")
            } else {
                try SystemCalls.copy(path, to: "\(draft)/\(name)")
            }
        }
    }

    private func checkRoom() throws(ServiceError) {
        let (size, free) = try attempt { () throws(SystemCalls.Failure) in
            var size = 0
            for path in Migration.contents.map(directory.file) + [directory.storePath + "/data.mdb"] {
                size += try SystemCalls.status(path)?.size ?? 0
            }
            return (size, try SystemCalls.freeBytes(on: directory.path))
        }
        let needed = size + max(size / 4, Migration.smallestRoom)
        guard free >= needed else {
            throw ServiceError(
                .diskFull,
                "That takes \(needed >> 20 + 1) MiB of the disk, and \(free >> 20) MiB are free: free some space.")
        }
    }

    /// Makes an empty backup, which says already what it will be.
    private func prepareBackup(of format: Int) throws(ServiceError) {
        let path = backup(format)
        let draft = path + ".new"
        let found = try attempt { () throws(SystemCalls.Failure) in
            try SystemCalls.removeTree(draft)
            return try SystemCalls.status(path) == nil ? [] : try SystemCalls.names(in: path)
        }
        // An empty one is from a migration that did not come to its decision.
        guard found.allSatisfy({ $0 == "format" }) else {
            throw ServiceError(
                .dataDirectoryUnusable,
                "\(path) is there from an earlier migration: move it out of the directory, and start again.")
        }
        try attempt { () throws(SystemCalls.Failure) in
            try SystemCalls.removeTree(path)
            try SystemCalls.makeDirectory(draft)
        }
        try DataDirectory(draft).state(DataDirectory.Format(number: format, previous: nil))
        try attempt { () throws(SystemCalls.Failure) in
            try SystemCalls.rename(draft, to: path)
            try SystemCalls.sync(directory.path)
        }
    }

    // MARK: After it

    /// Moves what is still in the copy to its place, each after what was there has come into the backup.
    private func finish(from old: Int, to new: Int) throws(ServiceError) {
        let backup = backup(old)
        let names = try attempt { () throws(SystemCalls.Failure) in try SystemCalls.names(in: copy).sorted() }
        for name in names {
            let (place, kept) = (directory.file(name), "\(backup)/\(name)")
            let (before, saved) = try attempt { () throws(SystemCalls.Failure) in
                (try SystemCalls.status(place), try SystemCalls.status(kept))
            }
            if let before, saved == nil {
                try willChange()
                try attempt { () throws(SystemCalls.Failure) in
                    // A key that is read at this moment is there: only a directory can't be replaced by a renaming.
                    if before.kind == .directory {
                        try SystemCalls.rename(place, to: kept)
                    } else {
                        try SystemCalls.link(place, to: kept)
                    }
                }
            }
            try willChange()
            try attempt { () throws(SystemCalls.Failure) in try SystemCalls.rename("\(copy)/\(name)", to: place) }
        }
        try willChange()
        try attempt { () throws(SystemCalls.Failure) in
            try SystemCalls.sync(backup)
            try SystemCalls.sync(directory.path)
        }
        try directory.state(DataDirectory.Format(number: new, previous: nil))
        try willChange()
    }

    private func attempt<Result>(_ body: () throws(SystemCalls.Failure) -> Result) throws(ServiceError) -> Result {
        do {
            return try body()
        } catch {
            guard error.isFull else { return try directory.attempt { () throws(SystemCalls.Failure) in throw error } }
            throw ServiceError(
                .diskFull, "The disk that holds \(directory.path) is full: free some space and start again.")
        }
    }
}
