import Basics
import Sessions
import Testing

/// What a session and its handshake go over.
@Suite struct PathTests {
    /// As large as what it leads to, and copied like it: sessions and queues hold many.
    @Test func aPathCostsNoMoreThanItsEndpoint() {
        #expect(MemoryLayout<Path>.size == MemoryLayout<Endpoint>.size)
        #expect(MemoryLayout<Path>.stride == MemoryLayout<Endpoint>.stride)
        requireTrivial(Path.self)
    }

    private func requireTrivial(_: (some BitwiseCopyable).Type) {}

    /// Of either family, whose addresses are held in different ways.
    @Test(arguments: ["192.0.2.7:7337", "[2a10:1:2:3:4:5:6:7]:65535", "[::1]:1"])
    func aSessionKeepsThePathThatItWasMadeOver(text: String) throws {
        let (alice, bob) = (Party(1), Party(2))
        bob.endpoint = try #require(Endpoint(text))
        let (here, there) = try #require(alice.open(to: bob, now: at(0)))
        #expect(alice.table.info(here)?.path == .direct(bob.endpoint))
        #expect(bob.table.info(there)?.path == .direct(alice.endpoint))
        #expect(alice.request(2, to: bob, at: alice.endpoint, now: at(1)) == .sent)
        #expect(alice.drain().map(\.to) == [bob.endpoint], "whatever path a handshake would go over")
    }
}
