/// Which files are the directory's own, and what is left of those that were being written when their writer ended.
extension DataDirectory {
    /// Whether a name is one that this program gives, drafts included.
    static func isOurs(_ name: String) -> Bool {
        // Where the directory is a disk of its own, its file system has made one thing in it.
        name == "lost+found" || name.hasPrefix(foundationDraft) || OwnFile.allCases.contains { $0.isMeant(by: name) }
    }

    /// Whether a file is one of the directory's own, or would become one: by whatever path or link it is named.
    func owns(_ file: String) -> Bool {
        if let parent = SystemCalls.realPath(SystemCalls.parent(of: file)) {
            if SystemCalls.number(parent) == SystemCalls.number(path),
                DataDirectory.isOurs(SystemCalls.lastName(of: file))
            {
                return true
            }
            let stores = [storePath, storeDraftPath].compactMap(SystemCalls.number)
            var ancestor = parent
            while !stores.isEmpty {
                if let number = SystemCalls.number(ancestor), stores.contains(number) { return true }
                let next = SystemCalls.parent(of: ancestor)
                guard next != ancestor else { break }
                ancestor = next
            }
        }
        guard let number = SystemCalls.number(file), let names = try? SystemCalls.names(in: path) else { return false }
        return names.contains { DataDirectory.isOurs($0) && SystemCalls.number(self.file($0)) == number }
    }

    // MARK: Drafts

    /// How Foundation calls a file that it is writing. Earlier versions wrote the address book so.
    private static let foundationDraft = ".dat.nosync"

    /// Whether a name is that of a draft of a file: `SystemCalls.Draft` gives it.
    private static func isDraft(_ name: String, of file: OwnFile) -> Bool { isDraft(name, of: file.rawValue) }

    private static func isDraft(_ name: String, of file: String) -> Bool {
        guard name.hasPrefix(file + "."), name.hasSuffix(".tmp") else { return false }
        let number = name.dropFirst(file.count + 1).dropLast(4)
        return !number.isEmpty && number.allSatisfy { ("0"..."9").contains($0) }
    }

    /// Whether a name is that of a draft that such a writer makes.
    private static func isDraft(_ name: String, by writer: OwnFile.Writer) -> Bool {
        OwnFile.allCases.contains { $0.writer == writer && isDraft(name, of: $0) }
    }

    /// Whether a name is that of a file that was being written when its writer ended.
    static func isLeftover(_ name: String) -> Bool {
        name.hasPrefix(foundationDraft) || isDraft(name, by: .maker) || isDraft(name, by: .anyTime)
    }

    /// Removes keys and marks that were being written when their writer ended: keys may be open. Those of a key behind a link lie
    /// beside its target.
    func removeDrafts() throws(ServiceError) {
        do throws(SystemCalls.Failure) {
            for name in try SystemCalls.names(in: path) where DataDirectory.isDraft(name, by: .maker) {
                try SystemCalls.remove(file(name))
            }
            for key in DataDirectory.keyFiles where SystemCalls.isLink(file(key)) {
                let target = SystemCalls.target(of: file(key))
                let (directory, key) = (SystemCalls.parent(of: target), SystemCalls.lastName(of: target))
                for name in (try? SystemCalls.names(in: directory)) ?? [] where DataDirectory.isDraft(name, of: key) {
                    try SystemCalls.remove("\(directory)/\(name)")
                }
            }
        } catch {
            throw unwritable(OwnFile.profileKey.rawValue, error)
        }
    }

    /// Removes what writers of the address book have left that were killed. To be called while nobody else writes it.
    package func removeAddressBookDrafts() {
        for name in (try? SystemCalls.names(in: path)) ?? []
        where name.hasPrefix(DataDirectory.foundationDraft) || DataDirectory.isDraft(name, by: .anyTime) {
            try? SystemCalls.remove(file(name))
        }
    }

    /// Reads a file of the directory, as much as `limit` bytes of it; nil where there is none. Says as well whether other users of
    /// this machine can read it.
    package func read(_ own: OwnFile, limit: Int) throws(ServiceError) -> (bytes: [UInt8], isOpen: Bool)? {
        do throws(SystemCalls.Failure) {
            guard let status = try SystemCalls.status(file(own)) else { return nil }
            let most = status.kind == .file ? min(limit, status.size + 1) : limit
            return (try SystemCalls.read(file(own), limit: most), status.mode & 0o077 != 0)
        } catch {
            throw ServiceError(
                .fileUnusable,
                "\(file(own)) can't be read (\(error.reason)): repair its permissions, or restore it from a backup.")
        }
    }

    /// Which file stands under a name, and in which state; nil where none does, or it can't be seen.
    package func version(of file: OwnFile) -> FileVersion? { FileVersion(self.file(file)) }

    /// Writes a file of the directory whole or not at all, durably, readable by its owner only. Behind a link its target is
    /// written, and the link stays.
    package func write(_ bytes: [UInt8], to own: OwnFile) throws(ServiceError) {
        try write(bytes, to: own.rawValue)
    }

    func write(_ bytes: [UInt8], to name: String) throws(ServiceError) {
        do throws(SystemCalls.Failure) {
            try SystemCalls.replaceDurably(file(name), bytes)
        } catch {
            throw unwritable(name, error)
        }
    }
}
