import Basics
import Testing

struct OwnEndpointsTests {
    private let ipv4 = Endpoint("8.8.8.8:7337")!
    private let ipv6 = Endpoint("[2a10::1]:7337")!
    private let stranger = Endpoint("9.9.9.9:1")!
    private let neighbour = Endpoint("192.168.1.9:1")!

    @Test func tellsOfTheFamilyOverWhichItIsNotSeen() {
        var own = OwnEndpoints()
        #expect(own.endpoint(toldTo: stranger) == nil)
        own.ipv4 = ipv4
        own.ipv6 = ipv6
        #expect(own.endpoint(toldTo: stranger) == ipv6)
        #expect(own.endpoint(toldTo: Endpoint("[2a10::9]:1")!) == ipv4)
        own.hidden = .ipv6
        #expect(own.endpoint(toldTo: stranger) == nil, "nobody reaches it there")
    }

    @Test func whatOthersSeeComesBeforeWhatTheMachineKnows() {
        var own = OwnEndpoints()
        let local = Endpoint("[fd00::1]:7337")!
        own.candidates = [ipv4, local, ipv6]
        #expect(own.endpoint(toldTo: stranger) == ipv6, "elsewhere a local address means another machine")
        #expect(own.endpoint(toldTo: neighbour) == local)
        own.ipv6 = Endpoint("[2a10::2]:7338")
        #expect(own.endpoint(toldTo: stranger) == own.ipv6)
    }
}
