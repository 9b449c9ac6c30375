import Basics
import Foundation
import RoostService
import Testing

@Suite struct DataDirectoryTests {
    let scratch = Scratch()

    @Test func identityMakesDirectoryAndKeysForTheOwnerOnly() throws {
        let deep = scratch.file("a/b")
        let identity = try DataDirectory.identity(of: deep)
        #expect(try Scratch.mode(deep) == 0o700)
        #expect(try Scratch.mode("\(deep)/node.key") == 0o600)
        #expect(try Scratch.mode("\(deep)/profile.key") == 0o600)
        #expect(identity.peerID.bytes != .zero)
        #expect(identity.nodeID.bytes != identity.peerID.bytes)
        #expect(try FileManager.default.contentsOfDirectory(atPath: deep).sorted() == ["node.key", "profile.key"])
    }

    @Test func identityStays() throws {
        #expect(try DataDirectory.identity(of: scratch.path) == DataDirectory.identity(of: scratch.path + "/"))
        #expect(try DataDirectory.identity(of: scratch.path) != DataDirectory.identity(of: scratch.file("other")))
    }

    @Test(
        arguments: [
            ("roost data 2\n", nil), ("roost data 2 and more", nil), ("roost data 3\n", .otherVersion),
            ("roost data 1\n", .otherVersion),
            ("roost data 9 from 1\n", .otherVersion), ("roost data 0\n", .dataDirectoryUnusable),
            ("roost data x\n", .dataDirectoryUnusable), ("roost data", .dataDirectoryUnusable),
            ("", .dataDirectoryUnusable),
        ] as [(String, ServiceError.Code?)])
    func aFormatThatIsNotOursIsRefused(_ text: String, _ code: ServiceError.Code?) throws {
        let identity = try DataDirectory.identity(of: scratch.path)
        try Data(text.utf8).write(to: URL(fileURLWithPath: scratch.file("format")))
        if let code {
            let error = #expect(throws: ServiceError.self) { try DataDirectory.identity(of: scratch.path) }
            #expect(error?.code == code)
        } else {
            #expect(try DataDirectory.identity(of: scratch.path) == identity)
        }
    }

    @Test func manyAtOnceMakeOneIdentity() async throws {
        let path = scratch.path
        let identities = try await withThrowingTaskGroup(of: DataDirectory.Identity.self) { group in
            for _ in 0..<16 { group.addTask { try DataDirectory.identity(of: path) } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(identities.count == 1)
    }

    @Test func oneAtATime() throws {
        let directory = DataDirectory(scratch.path)
        try directory.prepare()
        var first: DirectoryLock? = try directory.lock()
        let error = #expect(throws: ServiceError.self) { try directory.lock() }
        #expect(error?.code == .alreadyRunning)
        #expect(first != nil)
        first = nil
        _ = try directory.lock()
    }

    @Test func aLockThatSomebodyRemovedIsHeldAgain() throws {
        let directory = DataDirectory(scratch.path)
        try directory.prepare()
        let first = try directory.lock()
        try FileManager.default.removeItem(atPath: directory.file("lock"))
        first.renew(in: directory)
        let error = #expect(throws: ServiceError.self) { try directory.lock() }
        #expect(error?.code == .alreadyRunning)
        withExtendedLifetime(first) {}
    }

    @Test func aDamagedKeyIsNotReplaced() throws {
        _ = try DataDirectory.identity(of: scratch.path)
        var text = try String(contentsOfFile: scratch.file("profile.key"), encoding: .utf8)
        text.removeLast(3)
        try scratch.write(text, to: "profile.key")
        let error = #expect(throws: ServiceError.self) { try DataDirectory.identity(of: scratch.path) }
        #expect(error?.code == .keyUnusable)
        #expect(error?.sentence.contains(scratch.file("profile.key")) == true)
        #expect(try String(contentsOfFile: scratch.file("profile.key"), encoding: .utf8) == text)
    }

    @Test func keysThatOthersCouldReadAreClosed() throws {
        _ = try DataDirectory.identity(of: scratch.path)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: scratch.file("node.key"))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.path)
        _ = try DataDirectory.identity(of: scratch.path)
        #expect(try Scratch.mode(scratch.file("node.key")) == 0o600)
        #expect(try Scratch.mode(scratch.path) == 0o700)
    }

    @Test func anEmptyOpenDirectoryIsTakenAndClosed() throws {
        try scratch.make(mode: 0o755)
        _ = try DataDirectory.identity(of: scratch.path)
        #expect(try Scratch.mode(scratch.path) == 0o700)
    }

    @Test func aDirectoryOfOtherThingsStaysAsItIs() throws {
        try scratch.make(mode: 0o755)
        try scratch.write("precious", to: "thesis.txt")
        let error = #expect(throws: ServiceError.self) { try DataDirectory.identity(of: scratch.path) }
        #expect(error?.code == .dataDirectoryUnusable)
        #expect(try Scratch.mode(scratch.path) == 0o755)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["thesis.txt"])
    }

    @Test func aFileIsNoDirectory() throws {
        try scratch.make(mode: 0o700)
        try scratch.write("", to: "file")
        let error = #expect(throws: ServiceError.self) { try DataDirectory.identity(of: scratch.file("file")) }
        #expect(error?.code == .dataDirectoryUnusable)
        let below = #expect(throws: ServiceError.self) { try DataDirectory.identity(of: scratch.file("file/deeper")) }
        #expect(below?.code == .dataDirectoryUnusable)
    }
}
