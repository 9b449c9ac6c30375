import Basics
import Cryptography
import Foundation
import LMDBStore
import RoostService
import Testing

/// The directory's own files: nothing else is written in their place, by whatever path or link they are named.
@Suite struct OwnFilesTests {
    let scratch = Scratch()
    let outside = Scratch()
    private let cheap = Passphrase.Cost(passes: 1, kibibytes: 8)
    private let passphrase: Passphrase
    private let other: Passphrase

    init() throws {
        passphrase = try #require(Passphrase(Array("correct horse".utf8)))
        other = try #require(Passphrase(Array("battery staple".utf8)))
        _ = try DataDirectory.identity(of: scratch.path)
        try FileManager.default.createDirectory(atPath: scratch.file("store"), withIntermediateDirectories: false)
        try LMDBStore.create(directory: scratch.file("store"))
        try scratch.write("roost data 2\n", to: "format")
        try outside.make(mode: 0o700)
    }

    private func content(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    private func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    }

    private func export(to file: String) throws(ServiceError) {
        _ = try DataDirectory.export(
            scratch.path, names: [], to: file, replacing: true, sealedBy: passphrase, cost: cheap)
    }

    private func change(_ old: Passphrase?, _ new: Passphrase?) throws(ServiceError) {
        try DataDirectory.changePassphrase(in: scratch.path, from: old, to: new, cost: cheap)
    }

    /// Makes `profile.key` a link to a file outside, and returns that.
    private func moveProfileOutside() throws -> String {
        let target = outside.file("my-secret")
        try FileManager.default.moveItem(atPath: scratch.file("profile.key"), toPath: target)
        try link(scratch.file("profile.key"), to: target)
        return target
    }

    /// What `DataDirectory` draws is what the lists are made of.
    @Test func theDrawingShowsAllOfThem() throws {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/RoostService/DataDirectory.swift")
        let line = /\n\/\/\/   ([a-z.-]+)\/? +(0[67]00| {4})  [a-z]/
        let drawn = try String(contentsOf: source, encoding: .utf8).matches(of: line).map { String($0.1) }
        // A socket that is being made has no line of its own.
        #expect(Set(drawn + ["roost.temp"]) == Set(OwnFile.allCases.map(\.rawValue)))
    }

    // MARK: Exports

    @Test func anExportNeverTakesTheirPlace() throws {
        try link(outside.file("directory"), to: scratch.path)
        try link(outside.file("key"), to: scratch.file("profile.key"))
        try FileManager.default.linkItem(atPath: scratch.file("node.key"), toPath: outside.file("second-name"))
        let names = ["profile.key", "node.key", "store/data.mdb", "format"]
        let before = try names.map { try content(scratch.file($0)) }
        let base = (scratch.path as NSString).lastPathComponent
        let paths =
            names.map(scratch.file) + names.map { "\(scratch.path)/../\(base)//./\($0)" }
            + names.map { outside.file("directory/\($0)") }
            + [
                outside.file("key"), outside.file("second-name"), scratch.file("store/new"), scratch.file("importing"),
                scratch.file("peers.json"), scratch.file("profile.key.bak"),
            ]
        for path in paths {
            let error = #expect(throws: ServiceError.self, "\(path)") { try export(to: path) }
            #expect(error?.code == .fileUnusable, "\(path)")
            #expect(error?.sentence.contains("name a file elsewhere") == true, "\(path)")
        }
        #expect(try names.map { try content(scratch.file($0)) } == before)
        #expect(!FileManager.default.fileExists(atPath: scratch.file("importing")))
        // What is none of its own may lie there.
        try export(to: scratch.file("mine.export"))
    }

    @Test func aKeyBehindALinkIsItsOwn() throws {
        let target = try moveProfileOutside()
        let before = try content(target)
        let error = #expect(throws: ServiceError.self) { try export(to: target) }
        #expect(error?.code == .fileUnusable)
        #expect(try content(target) == before)
    }

    @Test func aLinkToTheFileStaysALink() throws {
        try outside.write("old", to: "file")
        try link(outside.file("link"), to: outside.file("file"))
        try export(to: outside.file("link"))
        #expect(try content(outside.file("file")).count > 77)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: outside.file("link")) == outside.file("file"))
        try link(outside.file("dangling"), to: outside.file("nothing"))
        let error = #expect(throws: ServiceError.self) { try export(to: outside.file("dangling")) }
        #expect(error?.sentence.contains("leads nowhere") == true, "\(String(describing: error))")
    }

    /// A repeated import begins by removing what the one before has left.
    @Test func anImportDoesNotRemoveWhatItReads() throws {
        try export(to: outside.file("mine"))
        let target = Scratch()
        try target.make(mode: 0o700)
        try target.write("", to: "importing")
        let file = target.file("profile.key.old")
        try FileManager.default.copyItem(atPath: outside.file("mine"), toPath: target.file("profile.key"))
        for path in [file, target.file("profile.key")] {
            #expect(throws: ServiceError.self) {
                try DataDirectory.makeDirectory(at: target.path, ofExport: path, openedBy: passphrase) { _ in }
            }
        }
        #expect(try content(target.file("profile.key")) == content(outside.file("mine")))
    }

    // MARK: Keys

    @Test func aKeyBehindALinkIsSealedWhereItLies() throws {
        let target = try moveProfileOutside()
        try outside.write("open key", to: "my-secret.7.tmp")
        try change(nil, passphrase)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scratch.file("profile.key")) == target)
        #expect(try String(decoding: content(target), as: UTF8.self).contains("sealed"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path) == ["my-secret"])
        try change(passphrase, nil)
        #expect(try !String(decoding: content(target), as: UTF8.self).contains("sealed"))
    }

    @Test func aKeyWithAnotherNameIsNotSealedUnderOneOnly() throws {
        try FileManager.default.linkItem(atPath: scratch.file("profile.key"), toPath: outside.file("open"))
        let before = try content(scratch.file("node.key"))
        let error = #expect(throws: ServiceError.self) { try change(nil, passphrase) }
        #expect(error?.code == .fileUnusable && error?.sentence.contains("another name") == true)
        #expect(try content(scratch.file("node.key")) == before)
        try FileManager.default.removeItem(atPath: outside.file("open"))
        try change(nil, passphrase)
    }

    /// Killed between the two keys, a first `roost passphrase` goes on when it is repeated, and says meanwhile how things stand.
    @Test(arguments: ["node.key", "profile.key"]) func aFirstPassphraseThatWasCutShortGoesOn(open: String) throws {
        let plain = try content(scratch.file(open))
        try change(nil, passphrase)
        try plain.write(to: URL(fileURLWithPath: scratch.file(open)))
        let checkup = try Checkup(of: scratch.path, mends: false)
        #expect(checkup.findings.map(\.code.rawValue) == ["key-open"] && checkup.isSound, "\(checkup.findings)")
        #expect(checkup.findings.first?.message.contains(open) == true)
        let error = #expect(throws: ServiceError.self) { try change(other, nil) }
        #expect(error?.code == .passphraseWrong)
        #expect(error?.sentence.contains("\(open) is open") == true, "\(String(describing: error))")
        try change(nil, passphrase)
        #expect(try content(scratch.file(open)) != plain)
        #expect(try Checkup(of: scratch.path, mends: false).findings.isEmpty)
    }

    @Test func aChangeThatWasCutShortSaysWhatHoldsNow() throws {
        try change(nil, passphrase)
        let old = try content(scratch.file("node.key"))
        try change(passphrase, other)
        try old.write(to: URL(fileURLWithPath: scratch.file("node.key")))
        let error = #expect(throws: ServiceError.self) { try change(other, nil) }
        #expect(
            error?.sentence.contains("opens profile.key but not node.key: repeat") == true,
            "\(String(describing: error))")
        try change(passphrase, other)
        try change(other, nil)
    }

    @Test func aMissingNodeKeyIsNoMissingPerson() throws {
        let identity = try DataDirectory.identity(of: scratch.path)
        try FileManager.default.removeItem(atPath: scratch.file("node.key"))
        let advice = try #require(try Checkup(of: scratch.path, mends: false).findings.first?.advice)
        #expect(!advice.contains("somebody else") && advice.contains("remove \(scratch.file("format"))"), "\(advice)")
        let error = #expect(throws: ServiceError.self) { try DataDirectory.identity(of: scratch.path) }
        #expect(error?.sentence.contains("you stay the same person") == true, "\(String(describing: error))")
        // What it says is so.
        try FileManager.default.removeItem(atPath: scratch.file("format"))
        let again = try DataDirectory.identity(of: scratch.path)
        #expect(again.peerID == identity.peerID && again.nodeID != identity.nodeID)
        try FileManager.default.removeItem(atPath: scratch.file("profile.key"))
        try scratch.write("roost data 2\n", to: "format")
        let person = try Checkup(of: scratch.path, mends: false).findings.first?.advice
        #expect(person?.contains("somebody else") == true)
    }
}
