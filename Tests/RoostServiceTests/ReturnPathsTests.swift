import Basics
import NIOCore
import RoostService
import Testing

/// By which of this machine's addresses others are answered.
@Suite struct ReturnPathsTests {
    private let peers = (1...3).map { Endpoint(ipv4: 0x0a00_0000 | $0, port: 7_337) }
    private let old = Endpoint(ipv4: 0x0a4d_0003, port: 0)
    private let new = Endpoint(ipv4: 0x0a4d_0021, port: 0)
    private let start = NIODeadline.uptimeNanoseconds(1)

    @Test func anAddressThatIsGoneIsForgottenWithAllPathsByIt() {
        var paths = ReturnPaths()
        paths.record(peers[0], ReturnPath(socket: 0, source: old), now: start)
        paths.record(peers[1], ReturnPath(socket: 0, source: old.with(port: 7_337)), now: start)
        paths.record(peers[2], ReturnPath(socket: 0, source: new), now: start)
        paths.forget(source: old)
        #expect(paths[peers[0]] == nil && paths[peers[1]] == nil)
        #expect(paths[peers[2]]?.source == new)
        // What comes to the new address at once is answered from there: no patience holds it to what was.
        paths.record(peers[0], ReturnPath(socket: 0, source: new), now: start)
        #expect(paths[peers[0]]?.source == new)
    }

    @Test func aPathInUseDoesNotChangeAndTheOlderHalfIsForgotten() {
        var paths = ReturnPaths()
        paths.record(peers[0], ReturnPath(socket: 0, source: old), now: start)
        paths.record(peers[0], ReturnPath(socket: 0, source: new), now: start + .seconds(29))
        #expect(paths[peers[0]]?.source == old)
        paths.record(peers[0], ReturnPath(socket: 0, source: new), now: start + .seconds(31))
        #expect(paths[peers[0]]?.source == new)
        for number in 0..<UInt32(2 * Limits.returnPaths) {
            paths.record(Endpoint(ipv4: 0x1400_0000 | number, port: 1), ReturnPath(socket: 0, source: new), now: start)
        }
        #expect(paths[peers[0]] == nil)
    }

    @Test func oneOrAllCanBeForgotten() {
        var paths = ReturnPaths()
        for peer in peers { paths.record(peer, ReturnPath(socket: 1, source: nil), now: start) }
        paths.forget(peers[0])
        #expect(paths[peers[0]] == nil && paths[peers[1]] != nil)
        paths.networkChanged(chosen: [])
        #expect(paths[peers[1]] == nil)
    }

    @Test func anAddressThatTheSystemSendsFromNoMoreIsNotAnsweredFrom() {
        var paths = ReturnPaths()
        paths.networkChanged(chosen: [old])
        paths.record(peers[0], ReturnPath(socket: 0, source: old), now: start)
        #expect(paths[peers[0]]?.source == old)
        // A VPN takes the default route; the address stays, and others still write to it.
        paths.networkChanged(chosen: [new])
        paths.record(peers[0], ReturnPath(socket: 0, source: old.with(port: 7_337)), now: start)
        #expect(paths[peers[0]] == nil)
        paths.record(peers[0], ReturnPath(socket: 0, source: new), now: start)
        #expect(paths[peers[0]]?.source == new)
        // A third address is none of those that were chosen, as on a server with several.
        let third = Endpoint(ipv4: 0x0a4d_0099, port: 0)
        paths.record(peers[1], ReturnPath(socket: 0, source: third), now: start)
        #expect(paths[peers[1]]?.source == third)
        // The VPN goes, with a moment in which there is no way out.
        paths.networkChanged(chosen: [])
        paths.networkChanged(chosen: [old])
        paths.record(peers[0], ReturnPath(socket: 0, source: old), now: start)
        #expect(paths[peers[0]]?.source == old)
    }

    @Test func addressesOfTheOtherFamilyStayChosen() {
        let sixth = Endpoint(high: 0x2a10 << 48, low: 5, port: 0)
        var paths = ReturnPaths()
        paths.networkChanged(chosen: [old, sixth])
        paths.networkChanged(chosen: [new, sixth])
        paths.record(peers[0], ReturnPath(socket: 0, source: sixth), now: start)
        #expect(paths[peers[0]]?.source == sixth)
    }
}
