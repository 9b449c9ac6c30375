import Basics
import Foundation
import LMDBStore
import RoostService
import Storage
import Testing

/// `Checkup`: what is wrong with a directory, and what is mended.
@Suite struct CheckupTests {
    let scratch = Scratch()
    private static let message = Array("A message that has been received, and that nobody else has any more.".utf8)
    private static let record = [UInt8](repeating: 7, count: 900)

    /// A directory that a node has used.
    init() throws {
        _ = try DataDirectory.identity(of: scratch.path)
        try FileManager.default.createDirectory(atPath: scratch.file("store"), withIntermediateDirectories: false)
        try LMDBStore.create(directory: scratch.file("store"))
        try scratch.write("roost data 2\n", to: "format")
        let store = try LMDBStore(directory: scratch.file("store"))
        let location = [UInt8](repeating: 1, count: 32)
        let counts = [0, 0, 0, 1, 0].flatMap { UInt64($0).bigEndianBytes }
        let writes = [
            StoreWrite(.inbox, [1], Self.message), StoreWrite(.records, location, Self.record),
            StoreWrite(.usage, [0], counts),
        ]
        #expect(store.writer.commit(writes) == .committed)
    }

    private func check(mends: Bool = false) throws -> Checkup { try Checkup(of: scratch.path, mends: mends) }

    /// Changes a byte of each copy of a value in the store's file.
    private func damage(_ value: [UInt8]) throws {
        let path = URL(fileURLWithPath: scratch.file("store/data.mdb"))
        var bytes = [UInt8](try Data(contentsOf: path))
        let places = bytes.ranges(of: value)
        try #require(!places.isEmpty)
        for place in places { bytes[place.lowerBound + 9] ^= 1 }
        try Data(bytes).write(to: path)
    }

    @Test func aSoundDirectoryIsSound() throws {
        let checkup = try check()
        #expect(checkup.findings.isEmpty && checkup.isSound, "\(checkup.findings)")
        #expect(try checkup.identity == DataDirectory.existingIdentity(of: scratch.path))
        #expect(try #require(checkup.space).used > 4_096)
    }

    @Test func aDamagedValueIsFoundAndRemoved() throws {
        try damage(Self.message)
        for _ in 0..<2 {
            let found = try check()
            #expect(found.findings.map(\.code) == [.damagedValues] && !found.isSound)
            #expect(found.findings.first?.message == "A value is damaged: messages received.")
        }
        let mended = try check(mends: true)
        #expect(mended.findings.map(\.isMended) == [true] && mended.isSound)
        #expect(try check().findings.isEmpty)
    }

    /// A record that is gone must not be counted for ever.
    @Test func countsAreMadeAnew() throws {
        try damage(Self.record)
        let mended = try check(mends: true)
        #expect(mended.findings.map(\.code) == [.damagedValues, .counts] && mended.isSound)
        #expect(try check().findings.isEmpty)
    }

    @Test func whatNeedsABackupIsSaidAndLeft() throws {
        try FileManager.default.removeItem(atPath: scratch.file("profile.key"))
        let withoutKey = try check(mends: true)
        #expect(withoutKey.findings.map(\.code) == [.key] && !withoutKey.isSound && withoutKey.identity == nil)
        #expect(!FileManager.default.fileExists(atPath: scratch.file("profile.key")), "no other key in its place")
        try FileManager.default.removeItem(atPath: scratch.file("store"))
        #expect(try check(mends: true).findings.map(\.code) == [.key, .store])
        try scratch.write("rubbish", to: "format")
        #expect(try check(mends: true).findings.map(\.code) == [.format, .key, .store])
    }

    @Test func aBrokenStoreIsSaid() throws {
        let path = scratch.file("store/data.mdb")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        try bytes.prefix(9_000).write(to: URL(fileURLWithPath: path))
        let checkup = try check(mends: true)
        #expect(checkup.findings.map(\.code) == [.store] && !checkup.isSound && checkup.space == nil)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == 9_000, "it stays as it is")
    }

    @Test func whatIsOpenToOthersIsClosed() throws {
        for name in ["", "/node.key"] {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.path + name)
        }
        let checkup = try check()
        #expect(checkup.findings.map(\.code) == [.openToOthers, .openToOthers] && checkup.isSound)
        #expect(try Scratch.mode(scratch.path) == 0o700 && Scratch.mode(scratch.file("node.key")) == 0o600)
    }

    @Test func whereADaemonRunsNothingIsChecked() throws {
        let lock = try DataDirectory(scratch.path).lock()
        let error = #expect(throws: ServiceError.self) { try check() }
        withExtendedLifetime(lock) {}
        #expect(error?.code == .alreadyRunning)
    }

    @Test func whereThereIsNothingNothingIsMade() throws {
        let path = scratch.file("nobody")
        let error = #expect(throws: ServiceError.self) { try Checkup(of: path, mends: true) }
        #expect(error?.code == .keyUnusable && !FileManager.default.fileExists(atPath: path))
        try scratch.write("roost data 9", to: "format")
        let newer = #expect(throws: ServiceError.self) { try check(mends: true) }
        #expect(newer?.code == .otherVersion)
    }
}
