import Foundation
import Logging
import RoostService
import Testing

/// The example in the documentation, as an app would compile it: nothing is imported but the product.
@Suite(.timeLimit(.minutes(1))) struct EmbeddingTests {
    // begin of the example
    func greet(_ friend: String, keeping directory: String, through bootstrap: String) async throws -> String? {
        let home = ServiceConfiguration(
            dataDirectory: directory, listen: [Endpoint(ipv4: 0, port: 0)], bootstrap: [try BootstrapAddress(bootstrap)]
        )
        let node = try await RoostNode.start(home, logger: Logger(label: "my app"))
        let notices = await node.notices()
        let greeting = try await node.send("Hello, I am \(node.peerID.text)", to: PeerID(text: friend))
        print(try await node.waitForState(.stored, of: greeting.id, timeout: .seconds(30)).state)
        let reply = await notices.first { if case .received = $0 { true } else { false } }
        await node.stop()
        return if case .received(let message) = reply { message.text } else { nil }
    }
    // end of the example

    @Test func anAppGreetsAFriendAndIsAnswered() async throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "roost-embedding-\(UUID())")
        defer { try? FileManager.default.removeItem(at: root) }
        let home = ServiceConfiguration(
            dataDirectory: root.appending(path: "friend").path, listen: [Endpoint(ipv4: 0x7f00_0001, port: 0)])
        let friend = try await RoostNode.start(home, logger: Logger(label: "friend"))
        let notices = await friend.notices()
        let answering = Task {
            for await case .received(let message) in notices {
                _ = try await friend.send("You wrote: \(message.text.prefix(5))", to: message.from)
            }
        }
        let reply = try await greet(
            friend.peerID.text, keeping: root.appending(path: "app").path, through: "\(friend.endpoints[0])")
        #expect(reply == "You wrote: Hello")
        await friend.stop()
        try await answering.value
    }

    @Test func theDocumentationShowsThisVeryExample() throws {
        let file = URL(filePath: #filePath)
        let lines = try String(contentsOf: file, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        let begin = try #require(lines.firstIndex { $0.hasSuffix("// begin of the example") })
        let end = try #require(lines.firstIndex { $0.hasSuffix("// end of the example") })
        let example = lines[(begin + 1)..<end].map { $0.dropFirst(4) }.joined(separator: "\n")
        let page = file.deletingLastPathComponent()
            .appending(path: "../../Sources/RoostService/RoostService.docc/RoostService.md")
        #expect(try String(contentsOf: page, encoding: .utf8).contains("\n\(example)\n```"))
    }
}
