import LMDBStore
import Mailboxes
import Storage

/// What is wrong with a data directory, found while no daemon runs on it.
///
/// It reads everything: permissions, keys, the format, each page and each value of the store. It mends only what needs no
/// guess: what is damaged beyond that comes from a backup. Files that are open to other users it closes at once, as each start
/// does.
public struct Checkup: Sendable {
    /// Something that is wrong.
    public struct Finding: Hashable, Sendable {
        /// What it is, for a program.
        public enum Code: String, CaseIterable, Hashable, Sendable {
            /// Others could read the directory or a key.
            case openToOthers = "open-to-others"
            /// A key is missing or can't be used.
            case key
            /// A key is open although the other is sealed by a passphrase.
            case keyOpen = "key-open"
            /// The file that states the directory's format can't be used.
            case format
            /// The store is missing, or can't be used at all.
            case store
            /// Values of the store are damaged, and count as absent.
            case damagedValues = "damaged-values"
            /// The count of what is kept for others is wrong.
            case counts
            /// The disk has little left.
            case diskNearlyFull = "disk-nearly-full"
        }

        public let code: Code
        /// What is wrong: one plain sentence.
        public let message: String
        /// What to do about it: one plain sentence.
        public let advice: String
        /// Whether it has been mended.
        public let isMended: Bool

        /// Whether something is damaged as long as it isn't mended; otherwise it is only to be known.
        public var isDamage: Bool { !isMended && ![.openToOthers, .keyOpen, .diskNearlyFull].contains(code) }
    }

    /// What is wrong, in the order in which it was found.
    public private(set) var findings: [Finding] = []
    /// Who the keys belong to; nil where they can't be used.
    public private(set) var identity: DataDirectory.Identity?
    /// What the store takes; nil where it can't be used, or there is none yet.
    public private(set) var space: LMDBStore.Space?

    /// Whether nothing is damaged.
    public var isSound: Bool { !findings.contains(where: \.isDamage) }

    private let directory: DataDirectory
    private let mends: Bool

    /// Checks a directory, and with `mends` also mends what may be mended. Throws where there is nothing to check, a daemon
    /// runs on it, or a newer version has written it.
    public init(of path: String, mends: Bool) throws(ServiceError) {
        directory = DataDirectory(path)
        self.mends = mends
        try requireSomething()
        let lock = try directory.lock()
        defer { withExtendedLifetime(lock) {} }
        try checkPermissions()
        let isComplete = try checkFormat()
        checkKeys(isComplete: isComplete)
        try checkStore(isComplete: isComplete)
    }

    private func requireSomething() throws(ServiceError) {
        for name in DataDirectory.keyFiles + ["format", "store"] where try exists(directory.file(name)) { return }
        throw ServiceError(
            .keyUnusable, "There is no data of a node in \(directory.path): check --data and $ROOST_DATA.")
    }

    private func exists(_ path: String) throws(ServiceError) -> Bool {
        try directory.attempt { () throws(SystemCalls.Failure) in try SystemCalls.status(path) } != nil
    }

    private mutating func add(_ code: Finding.Code, _ message: String, advice: String, isMended: Bool = false) {
        findings.append(Finding(code: code, message: message, advice: advice, isMended: isMended))
    }

    // MARK: Files

    private mutating func checkPermissions() throws(ServiceError) {
        let keys = DataDirectory.keyFiles.map { (directory.file($0), UInt32(0o600)) }
        let paths = [(directory.path, UInt32(0o700))] + keys
        for (path, mode) in paths {
            let status = try directory.attempt { () throws(SystemCalls.Failure) in try SystemCalls.status(path) }
            guard let status, status.mode & 0o077 != 0 else { continue }
            try directory.attempt { () throws(SystemCalls.Failure) in try SystemCalls.setMode(path, mode) }
            add(
                .openToOthers, "Other users of this machine could read \(path).",
                advice: "It is closed to them now; if somebody may have copied a key, begin anew with another.",
                isMended: true)
        }
    }

    /// Whether keys and store have been made.
    private mutating func checkFormat() throws(ServiceError) -> Bool {
        do throws(ServiceError) {
            return try directory.isComplete()
        } catch {
            guard error.code != .otherVersion else { throw error }
            add(
                .format, "The file \(directory.file("format")) is damaged.",
                advice: "Restore it from a backup, or remove it if the keys and the store are sound.")
            return true
        }
    }

    private mutating func checkKeys(isComplete: Bool) {
        let missing = directory.missingKeys()
        for name in missing where isComplete {
            add(
                .key, "The key \(directory.file(name)) is missing.",
                advice: directory.missingKeyRemedy(name).asSentence)
        }
        for name in directory.keysLeftOpen() {
            add(
                .keyOpen,
                "The key \(directory.file(name)) is open, though the other is sealed: a change was cut short.",
                advice: "Type that `roost passphrase` command once more, with the same passphrase.")
        }
        guard missing.isEmpty else { return }
        do throws(ServiceError) {
            identity = try directory.identity()
        } catch  where error.code == .keyUnusable {
            add(.key, error.sentence, advice: "Restore it from a backup.")
        } catch {
            // The format has been reported.
        }
    }

    // MARK: The store

    private mutating func checkStore(isComplete: Bool) throws(ServiceError) {
        guard try exists(directory.storePath) else {
            guard isComplete else { return }
            return add(
                .store, "The store \(directory.storePath) is missing, with all mail in it.",
                advice: "Restore it from a backup, or remove the file format to begin with an empty store.")
        }
        let store: LMDBStore
        do throws(LMDBStoreError) {
            store = try LMDBStore(directory: directory.storePath)
        } catch {
            switch error {
            case .otherFormat: throw ServiceError(.otherVersion, error.description)
            case .full: throw ServiceError(.diskFull, error.description)
            case .unusable: throw ServiceError(.dataDirectoryUnusable, error.description)
            case .corrupt(_, let reason):
                return add(
                    .store, "The store \(directory.storePath) is damaged (\(reason)), and none of it can be used.",
                    advice:
                        "Restore \(directory.path) from a backup, or remove store and format to begin with an empty store."
                )
            }
        }
        checkValues(of: store)
        checkCounts(of: store)
        let space = store.space
        self.space = space
        if let free = space.diskFree, free < space.personsShare {
            add(
                .diskNearlyFull, "The disk is nearly full: the node will keep nothing new for others.",
                advice: "Free some space on the disk that holds \(directory.path).")
        }
    }

    private mutating func checkValues(of store: LMDBStore) {
        let damaged = mends ? store.removeDamagedValues() : nil
        let isMended = damaged != nil
        let counts = damaged ?? store.damagedValues()
        for table in Table.allCases {
            guard let count = counts[table] else { continue }
            add(
                .damagedValues, "\(count == 1 ? "A value is" : "\(count) values are") damaged: \(table.contents).",
                advice: isMended
                    ? "\(count == 1 ? "It was" : "They were") removed; \(table.remedy)."
                    : "With --repair \(count == 1 ? "it is" : "they are") removed; \(table.remedy).",
                isMended: isMended)
        }
    }

    /// After damaged values are gone: they must not be counted.
    private mutating func checkCounts(of store: LMDBStore) {
        var view = StoreView(base: store)
        let counts = KeptCounts(view)
        guard !counts.agree(with: view) else { return }
        var isMended = false
        if mends {
            counts.write(&view)
            isMended = store.writer.commit(view.takeWrites().writes) == .committed
        }
        add(
            .counts, "The count of what is kept for others is wrong.",
            advice: isMended ? "It was counted anew." : "With --repair it is counted anew.", isMended: isMended)
    }
}

extension String {
    /// With a capital at its beginning and a full stop.
    fileprivate var asSentence: String { prefix(1).uppercased() + dropFirst() + "." }
}

extension Table {
    /// What it holds, for people.
    fileprivate var contents: String {
        switch self {
        case .envelopes: "mail kept for others"
        case .tombstones: "notes of mail that its readers have"
        case .records: "records of others"
        case .expiries, .usage, .charges, .mailboxes: "the index of what is kept for others"
        case .contacts: "nodes that were known"
        case .outbox: "messages sent"
        case .inbox: "messages received"
        case .conversations: "the standing of conversations"
        case .profile: "keys for mail to come, and counts of the profile"
        }
    }

    /// How what is lost comes back.
    fileprivate var remedy: String {
        switch self {
        case .envelopes, .tombstones, .records: "other nodes have it as well, and bring it again"
        case .mailboxes: "the node corrects the index by itself"
        case .usage: "what is kept is counted anew then"
        case .expiries, .charges: "what it was about may be kept past its time"
        case .contacts: "the node finds others by those that it knows"
        case .outbox, .inbox, .conversations, .profile: "it comes back from a backup only"
        }
    }
}
