import Basics
import Cryptography
import Sessions
import Testing
import Wire

/// What can happen in the life of a session: a story of Alice (0) and Bob (1), whose link may do anything to any of its
/// datagrams, and how it must end.
struct SessionStory: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// How long it takes, before a quiet time in which everything must come right.
    let seconds: Double
    let tell: @Sendable (inout VirtualLink) -> Void

    init(_ name: String, seconds: Double, _ tell: @escaping @Sendable (inout VirtualLink) -> Void) {
        testDescription = name
        self.seconds = seconds
        self.tell = tell
    }

    static let all = [
        SessionStory("Alice asks Bob, and then they ask each other", seconds: 3) { link in
            link.ask(from: 0, requestID: 1, after: 0)
            link.talk(from: 2, at: [0.3, 0.6, 1.2])
        },
        SessionStory("Both open a session at once", seconds: 3) { link in
            link.ask(from: 0, requestID: 1, after: 0)
            link.ask(from: 1, requestID: 101, after: 0)
            link.talk(from: 2, at: [0.02, 0.3, 1])
        },
        SessionStory("Both open a session at nearly the same time", seconds: 3) { link in
            link.ask(from: 1, requestID: 101, after: 0)
            link.ask(from: 0, requestID: 1, after: 0.04)
            link.talk(from: 2, at: [0.09, 0.12, 1])
        },
        SessionStory("A session is renewed by its opener, by age", seconds: 3_606) { link in
            link.keepTalking(until: 3_300)
            link.talk(from: 2, at: [3_599.9])
            link.ask(from: 0, requestID: 3, after: 3_600.2)
            link.talk(from: 4, at: [3_600.21, 3_600.3, 3_602])
        },
        SessionStory("A session is renewed by the one who answered it, by age", seconds: 3_906) { link in
            link.keepTalking(until: 3_540)
            link.ask(from: 1, requestID: 102, after: 3_900.2)
            link.talk(from: 4, at: [3_900.21, 3_900.3, 3_902])
        },
        SessionStory("A session is renewed by what went through it", seconds: 5) { link in
            for party in link.parties { party.table.budget = SessionBudget(renewal: 6, datagrams: 12) }
            link.talk(from: 1, at: (0..<20).map { Double($0) / 5 })
        },
        SessionStory("A session is used up before it is renewed", seconds: 5) { link in
            for party in link.parties { party.table.budget = SessionBudget(renewal: 4, datagrams: 4) }
            link.talk(from: 1, at: (0..<20).map { Double($0) / 20 })
        },
        SessionStory("A session comes to its end, and is asked over at that very time", seconds: 7_206) { link in
            link.keepTalking(until: 3_540)
            // Nobody asks for anything, so that nobody renews; Alice hears Bob's old session until the end.
            link.talk(from: 2, at: [7_199.98, 7_200.02, 7_200.1])
        },
        SessionStory("Bob forgets everything", seconds: 6) { link in
            link.talk(from: 1, at: [0])
            link.change(after: 1) { $0.parties[1].restart(seed: 77) }
            link.ask(from: 0, requestID: 2, after: 1.1)
            link.talk(from: 3, at: [1.11, 3])
        },
        SessionStory("Alice forgets everything while Bob asks", seconds: 6) { link in
            link.talk(from: 1, at: [0])
            link.ask(from: 1, requestID: 102, after: 1)
            link.change(after: 1.02) { $0.parties[0].restart(seed: 77) }
            link.talk(from: 3, at: [1.5, 3])
        },
        SessionStory("Both forget everything", seconds: 6) { link in
            link.talk(from: 1, at: [0, 0.99])
            link.change(after: 1) { $0.parties[0].restart(seed: 77) }
            link.change(after: 1) { $0.parties[1].restart(seed: 78) }
            link.talk(from: 3, at: [1.1, 3])
        },
        SessionStory("Bob forgets everything just after both opened a session", seconds: 8) { link in
            link.ask(from: 0, requestID: 1, after: 0)
            link.ask(from: 1, requestID: 101, after: 0)
            link.change(after: 0.2) { $0.parties[1].restart(seed: 77) }
            link.talk(from: 2, at: [0.22, 0.4, 3])
        },
        SessionStory("Alice moves to another address", seconds: 8) { link in
            link.talk(from: 1, at: [0, 0.99])
            link.change(after: 1) { $0.parties[0].endpoint = Endpoint(ipv4: 0x0a00_0050, port: 9_000) }
            link.ask(from: 0, requestID: 3, after: 1.1)
            link.talk(from: 4, at: [1.4, 3])
        },
        SessionStory("Alice moves, back, and on, while both ask", seconds: 12) { link in
            link.talk(from: 1, at: [0, 0.99, 1.02, 1.3, 2.1, 2.12, 3.3, 5])
            let home = link.parties[0].endpoint
            link.change(after: 1) { $0.parties[0].endpoint = Endpoint(ipv4: 0x0a00_0050, port: 9_000) }
            link.change(after: 2) { $0.parties[0].endpoint = home }
            link.change(after: 3) { $0.parties[0].endpoint = Endpoint(high: 0x2001 << 48, low: 7, port: 1) }
        },
        SessionStory("Bob moves, and only Alice's handshake can find him", seconds: 12) { link in
            link.talk(from: 1, at: [0])
            link.change(after: 1) { $0.parties[1].endpoint = Endpoint(ipv4: 0x0a00_0050, port: 9_000) }
            link.ask(from: 0, requestID: 3, after: 1.1)
            link.ask(from: 0, requestID: 4, after: 8)
        },
        SessionStory("Alice, a server, becomes a client, and a server again", seconds: 6) { link in
            link.talk(from: 1, at: [0])
            link.change(after: 1) { $0.parties[0].table.mode = .client }
            link.ask(from: 0, requestID: 2, after: 1.1)
            link.talk(from: 3, at: [1.12, 1.5])
            link.change(after: 3) { $0.parties[0].table.mode = .server }
            link.ask(from: 0, requestID: 4, after: 3.1)
            link.talk(from: 5, at: [3.12, 4])
        },
        SessionStory("Bob is under load, and so is Alice", seconds: 4) { link in
            for party in link.parties { party.table.initiationsPerSecond = 0 }
            link.ask(from: 0, requestID: 1, after: 0)
            link.ask(from: 0, requestID: 2, after: 0.02)
            link.ask(from: 1, requestID: 101, after: 0.3)
            link.talk(from: 3, at: [0.12, 1])
        },
        SessionStory("Bob is under load when his cookies' secret changes", seconds: 130) { link in
            link.parties[1].table.initiationsPerSecond = 0
            let identity = link.parties[0].table.addClientIdentity(SecretKey(Bytes32(words: (1, 2, 3, 4))))
            link.ask(from: 0, requestID: 1, after: 0)
            // Made 119.97 s after the secret, and back when it is 120.07 s old.
            link.ask(from: 0, requestID: 2, as: identity, after: 119.97)
        },
        SessionStory("Alice asks under a key of her own", seconds: 3) { link in
            let identity = link.parties[0].table.addClientIdentity(SecretKey(Bytes32(words: (1, 2, 3, 4))))
            link.ask(from: 0, requestID: 1, as: identity, after: 0)
            link.ask(from: 0, requestID: 2, as: identity, after: 0.02)
            link.talk(from: 3, at: [0.01, 1])
            link.ask(from: 0, requestID: 9, as: identity, after: 1)
        },
    ]
}

extension VirtualLink {
    /// Has both ask, once at each of these times: Alice with IDs from `first` on, and Bob with those 100 above.
    mutating func talk(from first: UInt32, at times: [Double]) {
        for (offset, time) in times.enumerated() {
            ask(from: 0, requestID: first + UInt32(offset), after: time)
            ask(from: 1, requestID: first + UInt32(offset) + 100, after: time + 0.005)
        }
    }

    /// Keeps a session from falling idle, by questions of Alice's every five minutes.
    mutating func keepTalking(until end: Double) {
        for (offset, time) in stride(from: 0, through: end, by: 295).enumerated() {
            ask(from: 0, requestID: 1_000 + UInt32(offset), after: time)
        }
    }
}
