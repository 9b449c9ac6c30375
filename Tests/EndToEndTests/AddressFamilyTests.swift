import Foundation
import Testing

/// Nodes on one machine that speak IPv6 alone, or that can't speak to each other at all.
@Suite(.timeLimit(.minutes(2))) struct AddressFamilyTests {
    @Test func everythingWorksOverIPv6Alone() async throws {
        try await Network.with(0) { network in
            let relays = try (1...3).map { try network.member("relay\($0)") }
            let (alice, bob) = (try network.member("alice"), try network.member("bob"))
            for member in network.members {
                try await member.start(listen: "[::1]:0")
                #expect(member.endpoint?.hasPrefix("[::1]:") == true)
            }
            for member in network.members { try await member.join() }
            let id = try await bob.id()
            try await alice.send("now", to: id, until: "delivered")
            try await bob.stop()
            try await alice.send("later", to: id, until: "stored")
            try await alice.stop()
            try await bob.start(listen: "[::1]:0", bootstrap: [])
            try await bob.receive(["now", "later"], via: ["mailbox", "mailbox"])
            _ = relays
        }
    }

    /// Alice has no IPv6, Bob no IPv4: what she writes roosts on nodes that have both.
    @Test func whoHasNoFamilyInCommonMeetsInTheMailbox() async throws {
        try await Network.with(0) { network in
            let both = ["--listen", "127.0.0.1:0", "--listen", "[::1]:0"]
            var through: [String] = []
            for number in 1...3 {
                let relay = try network.member("relay\(number)")
                _ = try await relay.launch(both + through.flatMap { ["--bootstrap", $0] })
                try await relay.join()
                through = relay.listening
            }
            let (alice, bob) = (try network.member("alice"), try network.member("bob"))
            try await alice.start(bootstrap: ["--bootstrap", through[0]])
            try await bob.start(listen: "[::1]:0", bootstrap: ["--bootstrap", through[1]])
            for member in [alice, bob] { try await member.join() }
            let id = try await bob.id()
            try await alice.send("I'll write when you are away", to: id, until: "stored")
            try await bob.stop()
            try await alice.send("across", to: id, until: "stored")
            try await bob.start(listen: "[::1]:0", bootstrap: [])
            try await bob.receive(["I'll write when you are away", "across"], via: ["mailbox", "mailbox"])
        }
    }
}
