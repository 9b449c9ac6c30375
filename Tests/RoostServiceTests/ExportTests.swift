import Basics
import Cryptography
import Foundation
import LMDBStore
import RoostService
import Storage
import Testing

/// Exports as files, and what is made of them; keys sealed at rest.
@Suite struct ExportTests {
    let scratch = Scratch()
    let target = Scratch()
    private let cheap = Passphrase.Cost(passes: 1, kibibytes: 8)
    private let passphrase: Passphrase
    private let other: Passphrase
    private let identity: DataDirectory.Identity

    /// A directory that was used, with a file beside it.
    init() throws {
        passphrase = try #require(Passphrase(Array("correct horse".utf8)))
        other = try #require(Passphrase(Array("battery staple".utf8)))
        identity = try DataDirectory.identity(of: scratch.path)
        try FileManager.default.createDirectory(atPath: scratch.file("store"), withIntermediateDirectories: false)
        try LMDBStore.create(directory: scratch.file("store"))
        try scratch.write("roost data 2\n", to: "format")
        let store = try LMDBStore(directory: scratch.file("store"))
        let peer = [UInt8](repeating: 5, count: 32)
        let secrets = (0..<3_000).map { number in
            StoreWrite(.conversations, [UInt8(ascii: "d")] + UInt32(number).bigEndianBytes + peer[4...], peer)
        }
        #expect(store.writer.commit(secrets) == .committed)
    }

    private var file: String { scratch.file("out.export") }

    @discardableResult
    private func export(replacing: Bool = false) throws -> DataDirectory.ExportReport {
        let names = [ArchivedName(name: "bob", peer: identity.peerID, comparedAt: nil)]
        return try DataDirectory.export(
            scratch.path, names: names, to: file, replacing: replacing, sealedBy: passphrase, cost: cheap)
    }

    @discardableResult
    private func importing(by passphrase: Passphrase? = nil) throws -> DataDirectory.ImportReport {
        var names: [ArchivedName] = []
        let report = try DataDirectory.makeDirectory(
            at: target.path, ofExport: file, openedBy: passphrase ?? self.passphrase
        ) { names = $0 }
        #expect(names.map(\.name) == ["bob"])
        return report
    }

    @Test func aDirectoryIsMadeOfAnExport() throws {
        let written = try export()
        #expect(written.peerID == identity.peerID && written.damaged == 0 && written.counts.names == 1)
        #expect(try Scratch.mode(file) == 0o600 && written.bytes == Data(contentsOf: URL(fileURLWithPath: file)).count)
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
        #expect(!names.contains { $0.hasSuffix(".tmp") }, "\(names)")
        let report = try importing()
        #expect(report.identity.peerID == identity.peerID && report.identity.nodeID != identity.nodeID)
        #expect(try DataDirectory.existingIdentity(of: target.path) == report.identity)
        let store = try LMDBStore(directory: target.file("store"))
        var count = 0
        store.scan(.conversations, prefix: [UInt8(ascii: "d")], after: nil) { _, _ in
            count += 1
            return true
        }
        #expect(count == 3_000)
        #expect(try Checkup(of: target.path, mends: false).isSound)
    }

    /// Nobody goes on from the half of an import, and another import begins anew.
    @Test func anImportThatWasCutShortIsRepeated() throws {
        try export()
        let full = ServiceError(.diskFull, "The disk is full.")
        #expect(throws: ServiceError.self) {
            try DataDirectory.makeDirectory(at: target.path, ofExport: file, openedBy: passphrase) {
                _ throws(ServiceError) in throw full
            }
        }
        #expect(FileManager.default.fileExists(atPath: target.file("profile.key")))
        let error = #expect(throws: ServiceError.self) { try DataDirectory.identity(of: target.path) }
        #expect(error?.sentence.contains("repeat `roost import`") == true)
        try Data("open key".utf8).write(to: URL(fileURLWithPath: target.file("profile.key.7.tmp")))
        let report = try importing()
        #expect(report.identity.peerID == identity.peerID)
        #expect(try DataDirectory.identity(of: target.path) == report.identity)
        let names = try FileManager.default.contentsOfDirectory(atPath: target.path)
        #expect(!names.contains { $0.hasSuffix(".tmp") || $0 == "importing" }, "\(names)")
        #expect(throws: ServiceError.self) { try importing() }
    }

    /// Whoever was let into a directory before isn't let in as the person who is imported there.
    @Test func browsersAndTokensOfAnotherPersonDoNotStay() throws {
        try export()
        try target.make(mode: 0o700)
        for name in ["importing", "web.json", "web.html", "api-token", "peers.json", "config.json", "api-token.7.tmp"] {
            try target.write("x", to: name)
        }
        try importing()
        let names = try FileManager.default.contentsOfDirectory(atPath: target.path)
        #expect(Set(names) == ["node.key", "profile.key", "store", "format", "lock", "config.json"], "\(names)")
    }

    /// A key that was being written when its writer ended may be open: it doesn't stay.
    @Test func openKeysThatWereBeingWrittenAreRemoved() throws {
        try Data("open key".utf8).write(to: URL(fileURLWithPath: scratch.file("profile.key.7.tmp")))
        try DataDirectory.changePassphrase(in: scratch.path, from: nil, to: passphrase, cost: cheap)
        #expect(!FileManager.default.fileExists(atPath: scratch.file("profile.key.7.tmp")))
    }

    @Test func nothingIsOverwrittenUnlessTold() throws {
        try export()
        let before = try Data(contentsOf: URL(fileURLWithPath: file))
        #expect(throws: ServiceError.self) { try export() }
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == before)
        try export(replacing: true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)) != before)
    }

    private func refused(_ code: ServiceError.Code, by passphrase: Passphrase? = nil) {
        let error = #expect(throws: ServiceError.self) { try importing(by: passphrase) }
        #expect(error?.code == code, "\(String(describing: error))")
        #expect(!FileManager.default.fileExists(atPath: target.path), "nothing is made")
    }

    @Test func whatCannotBeReadMakesNothing() throws {
        refused(.fileUnreadable)
        try export()
        refused(.passphraseWrong, by: other)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        #expect(bytes.count > 2 * 65_536, "of several chunks")
        func put(_ bytes: some Sequence<UInt8>) throws { try Data(bytes).write(to: URL(fileURLWithPath: file)) }
        for count in [0, 11, 60, 77, 78, 65_000, 77 + 65_553, bytes.count - 1] {
            try put(bytes[..<count])
            refused(.fileInvalid)
        }
        for place in [100, 70_000, bytes.count - 1] {
            var changed = bytes
            changed[place] ^= 1
            try put(changed)
            refused(.fileInvalid)
        }
        try put(bytes + [0])
        refused(.fileInvalid)
        var newer = bytes
        newer[12] = 9
        try put(newer)
        refused(.fileNewer)
    }

    @Test(
        arguments: [
            "profile.key", "node.key", "format", "peers.json", "compared.json", "web.json", "web.html", "api-token",
        ])
    func nothingIsMixedWithWhatIsThere(name: String) throws {
        try export()
        try target.make(mode: 0o700)
        try target.write("x", to: name)
        let error = #expect(throws: ServiceError.self) { try importing() }
        #expect(error?.code == .dataDirectoryUnusable && error?.sentence.contains(name) == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: target.path) == [name])
    }

    @Test func aPhraseIsThePerson() throws {
        let words = try DataDirectory.recoveryPhrase(of: scratch.path).joined(separator: " ")
        let made = try DataDirectory.makeDirectory(at: target.path, ofPhrase: words)
        #expect(made.peerID == identity.peerID && made.nodeID != identity.nodeID)
        let error = #expect(throws: ServiceError.self) {
            try DataDirectory.makeDirectory(at: target.file("deeper"), ofPhrase: words + " zoo")
        }
        #expect(error?.code == .fileInvalid && error?.sentence.contains("25") == true)
        #expect(!FileManager.default.fileExists(atPath: target.file("deeper")))
    }

    // MARK: Keys at rest

    private func change(_ old: Passphrase?, _ new: Passphrase?) throws(ServiceError) {
        try DataDirectory.changePassphrase(in: scratch.path, from: old, to: new, cost: cheap)
    }

    @Test func aPassphraseIsSetChangedAndRemoved() throws {
        let plain = try Data(contentsOf: URL(fileURLWithPath: scratch.file("profile.key")))
        try change(nil, passphrase)
        #expect(DataDirectory.areKeysSealed(in: scratch.path))
        #expect(try DataDirectory.existingIdentity(of: scratch.path) == identity, "who it is needs no passphrase")
        #expect(try Checkup(of: scratch.path, mends: false).isSound)
        #expect(try Scratch.mode(scratch.file("profile.key")) == 0o600)
        let sealed = try Data(contentsOf: URL(fileURLWithPath: scratch.file("profile.key")))
        func code(_ body: () throws -> Void) -> ServiceError.Code? {
            #expect(throws: ServiceError.self) { try body() }?.code
        }
        #expect(code { _ = try DataDirectory.recoveryPhrase(of: scratch.path) } == .passphraseMissing)
        #expect(
            code { _ = try DataDirectory.recoveryPhrase(of: scratch.path, keyPassphrase: other) } == .passphraseWrong)
        #expect(code { try change(other, nil) } == .passphraseWrong)
        #expect(code { try change(nil, other) } == .passphraseWrong)
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.file("profile.key"))) == sealed, "nothing is changed")
        try change(passphrase, other)
        #expect(try DataDirectory.recoveryPhrase(of: scratch.path, keyPassphrase: other).count == 24)
        try change(other, nil)
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.file("profile.key"))) == plain)
        #expect(!DataDirectory.areKeysSealed(in: scratch.path))
    }

    /// Killed between the two files, one key has the new passphrase and the other the old one.
    @Test func aChangeThatWasInterruptedGoesOn() throws {
        try change(nil, passphrase)
        let old = try Data(contentsOf: URL(fileURLWithPath: scratch.file("profile.key")))
        try change(passphrase, other)
        try old.write(to: URL(fileURLWithPath: scratch.file("profile.key")))
        let error = #expect(throws: ServiceError.self) { try change(other, nil) }
        #expect(error?.code == .passphraseWrong)
        try change(passphrase, other)
        #expect(try DataDirectory.recoveryPhrase(of: scratch.path, keyPassphrase: other).count == 24)
        try change(other, nil)
        #expect(try DataDirectory.existingIdentity(of: scratch.path) == identity)
    }

    /// Read beside a daemon; here there is none.
    @Test func aSnapshotIsWhatTheStoreHolds() throws {
        let snapshot = try StoreSnapshot(directory: scratch.file("store"))
        let key = [UInt8(ascii: "d")] + UInt32(7).bigEndianBytes + [UInt8](repeating: 5, count: 28)
        var value: [UInt8] = []
        #expect(snapshot.read(.conversations, key) { value = $0.withUnsafeBytes { Array($0) } } && value.count == 32)
        #expect(!snapshot.read(.inbox, key) { _ in } && snapshot.damagedReads == 0)
        var seen = 0
        snapshot.scan(.conversations, prefix: [UInt8(ascii: "d")], after: key) { _, _ in
            seen += 1
            return true
        }
        #expect(seen == 2_992)
    }
}
