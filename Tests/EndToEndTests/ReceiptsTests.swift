import Foundation
import Testing

/// Whether others hear what was read, chosen while the daemon runs.
@Suite(.serialized) struct ReceiptsTests {
    @Test func theChoiceHoldsAtOnceAndForGood() async throws {
        try await Network.with(3) { network in
            let (alice, bob) = (network.members[1], network.members[2])
            let (hers, his) = (try await alice.id(), try await bob.id())
            #expect(try await bob.roost("peers", "add", "alice", hers).status == 0)
            #expect(try await bob.roost("receipts").output == "on\n")
            let off = try await bob.roost("receipts", "off")
            #expect(off.status == 0 && off.output.isEmpty && off.errors.isEmpty, "\(off.errors)")
            #expect(try await bob.roost("receipts", "--json").output == "{\"readReceipts\":false}\n")
            try await alice.send("Unseen.", to: his, until: "delivered")
            #expect(try await bob.roost("inbox").output.contains("Unseen."))
            try await bob.stop(SIGKILL)
            try await bob.start()
            try await bob.join()
            #expect(try await bob.roost("receipts").output == "off\n")
            #expect(try await bob.roost("receipts", "on", "--json").output == "{\"readReceipts\":true}\n")
            try await alice.send("Seen.", to: his, until: "delivered")
            #expect(try await bob.roost("inbox").output.contains("Seen."))
            // What was read meanwhile is not told later.
            try await eventually { try await alice.outboxStates() == ["delivered", "read"] }
        }
    }

    @Test func whatIsAskedWronglyIsSaid() async throws {
        try await Network.with(1) { network in
            let me = network.members[0]
            for wrong in ["maybe", "true", ""] {
                let run = try await me.roost("receipts", wrong)
                #expect(run.status == 64 && run.errors.contains("on") && run.errors.contains("off"), "\(run.errors)")
            }
            try await me.stop()
            #expect(try await me.roost("receipts", "off").status == 69)
        }
    }
}
