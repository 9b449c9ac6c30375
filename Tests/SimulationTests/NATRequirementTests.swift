import Basics
import Simulation
import Testing

/// The requirements of RFC 4787 that concern what the simulator has, of the usual kinds of NATs.
@Suite struct NATRequirementTests {
    private static let inner = Endpoint(ipv4: 192 << 24 | 168 << 16 | 1 << 8 | 2, port: 7_337)
    private static let other = Endpoint(ipv4: 192 << 24 | 168 << 16 | 1 << 8 | 3, port: 7_337)
    private static let remote = Endpoint(ipv4: 40 << 24 | 1, port: 7_337)
    private static let port = Endpoint(ipv4: 40 << 24 | 1, port: 7_338)
    private static let stranger = Endpoint(ipv4: 41 << 24 | 1, port: 7_337)

    /// A NAT that can be asked within an expectation.
    private final class Box {
        private var table: NATTable
        init(_ kind: NATKind) { table = NATTable(kind, address: NATTableTests.outer, seed: 4) }
        func send(from inner: Endpoint, to remote: Endpoint, at time: Instant) -> Endpoint? {
            table.send(from: inner, to: remote, at: time)
        }
        func receive(at outer: Endpoint, from remote: Endpoint, at time: Instant) -> Endpoint? {
            table.receive(at: outer, from: remote, at: time)
        }
        func forget() { table.forget() }
    }

    private func at(_ seconds: Int) -> Instant { .origin + .seconds(seconds) }

    /// REQ-1: mapping is endpoint-independent; symmetric NATs break it.
    @Test(arguments: [NATKind.full, .address, .port, .carrier]) func req1MappingIsIndependentOfEndpoints(kind: NATKind)
    {
        let table = Box(kind)
        let outer = table.send(from: Self.inner, to: Self.remote, at: at(0))
        #expect(table.send(from: Self.inner, to: Self.port, at: at(1)) == outer)
        #expect(table.send(from: Self.inner, to: Self.stranger, at: at(2)) == outer)
    }

    @Test func req1SymmetricNATsHaveAnotherPortForEachRemote() {
        let table = Box(.symmetric)
        let ports = [Self.remote, Self.port, Self.stranger].map { table.send(from: Self.inner, to: $0, at: at(0)) }
        #expect(Set(ports).count == 3)
        let byAddress = Box(NATKind(mapping: .addressDependent, filtering: .endpoint, ports: .random))
        let first = byAddress.send(from: Self.inner, to: Self.remote, at: at(0))
        #expect(byAddress.send(from: Self.inner, to: Self.port, at: at(0)) == first)
        #expect(byAddress.send(from: Self.inner, to: Self.stranger, at: at(0)) != first)
    }

    /// REQ-3: two hosts never have one outer port at a time, and ports that are kept are kept where they are free.
    @Test func req3NoPortIsOverloaded() {
        let table = Box(.port)
        let first = table.send(from: Self.inner, to: Self.remote, at: at(0))
        let second = table.send(from: Self.other, to: Self.remote, at: at(0))
        #expect(first?.port == 7_337)
        #expect(second != nil && second != first && (second?.port ?? 0) >= 1_024)
        // Once the first is forgotten, its port is free.
        let another = Endpoint(ipv4: 192 << 24 | 168 << 16 | 1 << 8 | 4, port: 7_337)
        let third = table.send(from: another, to: Self.remote, at: at(40))
        #expect(third?.port == 7_337)
    }

    /// REQ-5: a mapping lasts two minutes at least. Linux has that only for what was answered.
    @Test func req5MappingsLastTwoMinutes() throws {
        let table = Box(.port)
        let outer = try #require(table.send(from: Self.inner, to: Self.remote, at: at(0)))
        #expect(table.receive(at: outer, from: Self.remote, at: at(29)) == Self.inner)
        #expect(table.receive(at: outer, from: Self.remote, at: at(148)) == Self.inner)
        #expect(table.receive(at: outer, from: Self.remote, at: at(268)) == nil)
        let unanswered = Box(.port)
        let again = try #require(unanswered.send(from: Self.inner, to: Self.remote, at: at(0)))
        #expect(unanswered.receive(at: again, from: Self.remote, at: at(30)) == nil)
    }

    /// REQ-6: what leaves counts as use; what comes in may.
    @Test(arguments: [true, false]) func req6WhatLeavesKeepsAMapping(isRefreshedByInput: Bool) throws {
        var kind = NATKind.port
        kind.isRefreshedByInput = isRefreshedByInput
        let table = Box(kind)
        let outer = try #require(table.send(from: Self.inner, to: Self.remote, at: at(0)))
        #expect(table.receive(at: outer, from: Self.remote, at: at(1)) != nil)
        #expect(table.send(from: Self.inner, to: Self.remote, at: at(100)) == outer)
        #expect(table.receive(at: outer, from: Self.remote, at: at(210)) != nil)
        #expect((table.receive(at: outer, from: Self.remote, at: at(225)) != nil) == isRefreshedByInput)
    }

    /// REQ-8: what is let in.
    @Test(
        arguments: [
            (NATKind.full, true, true), (.address, true, false), (.port, false, false), (.symmetric, false, false),
        ])
    func req8FilteringIsThatOfTheKind(kind: NATKind, fromPort: Bool, fromStranger: Bool) throws {
        let table = Box(kind)
        let outer = try #require(table.send(from: Self.inner, to: Self.remote, at: at(0)))
        #expect(table.receive(at: outer, from: Self.remote, at: at(1)) == Self.inner)
        #expect((table.receive(at: outer, from: Self.port, at: at(1)) != nil) == fromPort)
        #expect((table.receive(at: outer, from: Self.stranger, at: at(1)) != nil) == fromStranger)
        #expect(table.receive(at: outer.with(port: 1_025), from: Self.remote, at: at(1)) == nil)
    }

    /// REQ-12, read backwards: what is refused changes nothing, unless the kind says so.
    @Test(arguments: [false, true]) func refusedInputBlocksAPortOnlyWhereTheKindSaysSo(blocks: Bool) throws {
        var kind = NATKind.port
        kind.blocksUnsolicited = blocks
        let table = Box(kind)
        let outer = try #require(table.send(from: Self.inner, to: Self.remote, at: at(0)))
        #expect(table.receive(at: outer, from: Self.stranger, at: at(1)) == nil)
        #expect(table.send(from: Self.inner, to: Self.stranger, at: at(2)) == outer)
        #expect((table.receive(at: outer, from: Self.stranger, at: at(3)) != nil) == !blocks)
    }

    /// A carrier that drops mappings after a minute, used or not.
    @Test func anAbsoluteLifetimeEndsWhatIsUsed() throws {
        var kind = NATKind.carrier
        kind.absolute = .seconds(60)
        let table = Box(kind)
        let outer = try #require(table.send(from: Self.inner, to: Self.remote, at: at(0)))
        for second in 1..<60 {
            #expect(table.send(from: Self.inner, to: Self.remote, at: at(second)) == outer)
            #expect(table.receive(at: outer, from: Self.remote, at: at(second)) != nil)
        }
        #expect(table.receive(at: outer, from: Self.remote, at: at(60)) == nil)
        #expect(table.send(from: Self.inner, to: Self.remote, at: at(60)) != outer)
    }

    @Test func whoHasForgottenGivesOtherPorts() throws {
        let table = Box(.port)
        let outer = try #require(table.send(from: Self.inner, to: Self.remote, at: at(0)))
        table.forget()
        #expect(table.receive(at: outer, from: Self.remote, at: at(1)) == nil)
        #expect(table.send(from: Self.inner, to: Self.remote, at: at(1)) != outer)
    }
}
