import Foundation
import Logging
import RoostService
import Testing

/// Bringing a directory of format 1 to a format 2 that exists only here, and being killed on the way.
@Suite struct MigrationTests {
    let scratch = Scratch()

    /// Makes a directory as the first start does, with an address book.
    @inline(never)
    private func used(_ name: String) async throws -> DataDirectory {
        let listen = try #require(Endpoint("127.0.0.1:0"))
        let node = try await RoostNode.start(
            ServiceConfiguration(dataDirectory: scratch.file(name), listen: [listen]),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        _ = try await node.send("Kept.", to: node.peerID)
        await node.stop()
        let directory = DataDirectory(scratch.file(name))
        try Data("book 1".utf8).write(to: URL(fileURLWithPath: directory.file("peers.json")))
        return directory
    }

    /// Adds a file, changes one, and writes into the store's.
    private static let step = Migration.Step { directory throws(ServiceError) in
        do {
            let book = URL(fileURLWithPath: directory.file("peers.json"))
            let text = try String(contentsOf: book, encoding: .utf8)
            try Data((text + " → 2").utf8).write(to: book)
            try Data("new".utf8).write(to: URL(fileURLWithPath: directory.file("settings")))
            let store = try FileHandle(forWritingTo: URL(fileURLWithPath: directory.file("store/data.mdb")))
            try store.seekToEnd()
            try store.write(contentsOf: Data("migrated".utf8))
            try store.close()
        } catch {
            throw ServiceError(.diskFailed, "\(error)")
        }
    }

    /// The files of a directory and what is in them, without what says only that somebody is there.
    private func files(of directory: DataDirectory, below: String = "") throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: directory.path) {
            guard !["lock", "store/lock.mdb"].contains(name), !name.hasPrefix("backup-v1") else { continue }
            if let data = FileManager.default.contents(atPath: directory.file(name)) { files[name] = data }
        }
        return files
    }

    private func expectMigrated(_ directory: DataDirectory, from before: [String: Data]) throws {
        var expected = before
        expected["format"] = Data("roost data 2\n".utf8)
        expected["peers.json"] = Data("book 1 → 2".utf8)
        expected["settings"] = Data("new".utf8)
        expected["store/data.mdb"]?.append(Data("migrated".utf8))
        let after = try files(of: directory)
        #expect(after.keys.sorted() == expected.keys.sorted())
        #expect(after == expected)
        #expect(try files(of: DataDirectory(directory.file("backup-v1"))) == before)
        #expect(try Scratch.mode(directory.file("backup-v1")) == 0o700)
        #expect(try Scratch.mode(directory.file("store")) == 0o700)
        #expect(try Scratch.mode(directory.file("node.key")) == 0o600)
    }

    @Test func anOlderOneIsMigratedAndWhatWasIsKept() async throws {
        let directory = try await used("a")
        let before = try files(of: directory)
        let report = try Migration(of: directory, steps: [Self.step]).run()
        #expect(report?.from == 1 && report?.to == 2 && report?.backup == directory.file("backup-v1"))
        try expectMigrated(directory, from: before)
        let again = try Migration(of: directory, steps: [Self.step]).run()
        #expect(again == nil)
        try expectMigrated(directory, from: before)
        // An older program: this one.
        let error = #expect(throws: ServiceError.self) { try DataDirectory.identity(of: directory.path) }
        #expect(error?.code == .storeNewer && error?.sentence.contains("format 2") == true)
        // The backup is a data directory.
        let listen = try #require(Endpoint("127.0.0.1:0"))
        let node = try await RoostNode.start(
            ServiceConfiguration(dataDirectory: directory.file("backup-v1"), listen: [listen]),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        #expect(await node.outbox().count == 1)
        await node.stop()
    }

    /// Begins a migration that is killed before its n-th change; whether it was.
    @inline(never)
    private func isKilled(_ directory: DataDirectory, before change: Int) -> Bool {
        var left = change
        let migration = Migration(of: directory, steps: [Self.step]) { () throws(ServiceError) in
            left -= 1
            if left == 0 { throw ServiceError(.stopped, "Killed.") }
        }
        do throws(ServiceError) {
            _ = try migration.run()
            return false
        } catch {
            return true
        }
    }

    /// What an older program makes of it: whose it is, or that it is too old for this.
    @inline(never)
    private func identityByAnOlderProgram(_ directory: DataDirectory) -> Result<DataDirectory.Identity, ServiceError> {
        do throws(ServiceError) {
            return .success(try DataDirectory.identity(of: directory.path))
        } catch {
            return .failure(error)
        }
    }

    @Test func killedAnywhereItIsTheOldOrFinishedByTheNextStart() async throws {
        let original = try await used("a")
        let before = try files(of: original)
        let owner = identityByAnOlderProgram(original)
        var change = 1
        var decided = 0
        while true {
            let directory = DataDirectory(scratch.file("\(change)"))
            try FileManager.default.copyItem(atPath: original.path, toPath: directory.path)
            guard isKilled(directory, before: change) else { break }
            let found = identityByAnOlderProgram(directory)
            if case .failure(let error) = found {
                #expect(error.code == .storeNewer)
                decided += 1
            } else {
                #expect(found == owner && decided == 0)
                for (name, data) in before {
                    #expect(FileManager.default.contents(atPath: directory.file(name)) == data, "\(change) \(name)")
                }
            }
            #expect(FileManager.default.fileExists(atPath: directory.file("node.key")), "never away: \(change)")
            // Killed again soon, and then not any more.
            _ = isKilled(directory, before: 2)
            _ = try Migration(of: directory, steps: [Self.step]).run()
            try expectMigrated(directory, from: before)
            change += 1
        }
        #expect(change > 10 && decided > 4, "\(change) \(decided)")
    }

    @Test func severalFormatsAreOneMigrationAndOneUnderWayIsFinishedFirst() async throws {
        let third = Migration.Step { directory throws(ServiceError) in
            try? Data("third".utf8).write(to: URL(fileURLWithPath: directory.file("third")))
        }
        let a = try await used("a")
        let b = DataDirectory(scratch.file("b"))
        try FileManager.default.copyItem(atPath: a.path, toPath: b.path)
        let before = try files(of: a)
        let whole = try Migration(of: a, steps: [Self.step, third]).run()
        #expect(whole?.from == 1 && whole?.to == 3)
        #expect(FileManager.default.fileExists(atPath: a.file("third")))
        #expect(!FileManager.default.fileExists(atPath: a.file("backup-v2")))
        let isKilled = isKilled(b, before: 7)
        try #require(isKilled)
        try #require(try String(contentsOfFile: b.file("format"), encoding: .utf8) == "roost data 2 from 1\n")
        let rest = try Migration(of: b, steps: [Self.step, third]).run()
        #expect(rest?.from == 1 && rest?.to == 3)
        #expect(try files(of: DataDirectory(b.file("backup-v1"))) == before)
        #expect(FileManager.default.contents(atPath: b.file("peers.json")) == Data("book 1 → 2".utf8))
        #expect(FileManager.default.contents(atPath: b.file("third")) == Data("third".utf8))
    }

    @Test func aStepThatFailsChangesNothing() async throws {
        let directory = try await used("a")
        let before = try files(of: directory)
        let failing = Migration.Step { _ throws(ServiceError) in throw ServiceError(.diskFull, "Full.") }
        let error = #expect(throws: ServiceError.self) {
            try Migration(of: directory, steps: [Self.step, failing]).run()
        }
        #expect(error?.code == .diskFull && error?.sentence.contains("is as it was") == true)
        // The next start of an older program removes the copy.
        _ = try Migration(of: directory).run()
        #expect(try files(of: directory) == before)
    }

    @Test func anEarlierBackupIsNotThrownAway() async throws {
        let directory = try await used("a")
        try FileManager.default.createDirectory(atPath: directory.file("backup-v1"), withIntermediateDirectories: true)
        try Data("precious".utf8).write(to: URL(fileURLWithPath: directory.file("backup-v1/profile.key")))
        let error = #expect(throws: ServiceError.self) { try Migration(of: directory, steps: [Self.step]).run() }
        #expect(error?.code == .dataDirectoryUnusable && error?.sentence.contains("backup-v1") == true)
        #expect(FileManager.default.contents(atPath: directory.file("backup-v1/profile.key")) == Data("precious".utf8))
    }

    @Test func withoutRoomNothingIsBegun() async throws {
        let directory = try await used("a")
        let before = try files(of: directory)
        // A file of holes, larger than the disk.
        let store = try FileHandle(forWritingTo: URL(fileURLWithPath: directory.file("store/data.mdb")))
        let size = try store.seekToEnd()
        try store.truncate(atOffset: 1 << 43)
        let error = #expect(throws: ServiceError.self) { try Migration(of: directory, steps: [Self.step]).run() }
        #expect(error?.code == .diskFull && error?.sentence.contains("MiB") == true)
        try store.truncate(atOffset: size)
        try store.close()
        #expect(try files(of: directory) == before)
    }

    @Test func aFirstStartIsNoMigration() throws {
        let directory = DataDirectory(scratch.path)
        try directory.prepare()
        let report = try Migration(of: directory, steps: [Self.step]).run()
        #expect(report == nil)
    }
}
