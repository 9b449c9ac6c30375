import Basics
import RoostService
import Testing

/// What the first node of a network says to who would join it.
@Suite struct BeginningTests {
    private func advice(_ own: [String], mapped: String? = nil, nearby: Bool = false) -> String {
        var beginning = Beginning()
        beginning.own = own.map { Endpoint($0)! }
        beginning.mapped = mapped.map { Endpoint($0)! }
        beginning.isFoundNearby = nearby
        return beginning.advice
    }

    @Test func inOneHomeNothingNeedBeTyped() {
        let text = advice(["192.168.1.5:7337"], nearby: true)
        #expect(text.contains("the two find each other by themselves"))
        #expect(!text.contains("--bootstrap 192.168.1.5:7337"))
        #expect(text.contains("pass on UDP port 7337 to it") && text.contains("`roost up --bootstrap ROUTER:7337`"))
    }

    @Test func whereNodesArentLookedForTheCommandIsTold() {
        #expect(
            advice(["192.168.1.5:7337"]).contains("start `roost up --bootstrap 192.168.1.5:7337` on the other machine"))
    }

    @Test func aPublicAddressIsNamedToAll() {
        let text = advice(["203.0.113.9:4000", "10.0.0.5:4000"], nearby: true)
        #expect(text.contains("start `roost up --bootstrap 203.0.113.9:4000` there"))
        #expect(text.contains("UDP port 4000") && !text.contains("ROUTER"))
    }

    @Test func whatTheRouterPassesOnIsNamedBeforeIt() {
        let text = advice(["192.168.1.5:7337"], mapped: "203.0.113.7:49152")
        #expect(text.contains("`roost up --bootstrap 203.0.113.7:49152` there") && text.contains("UDP port 49152"))
    }

    @Test func onTheLoopbackOthersOfThisMachineJoin() {
        let text = advice(["127.0.0.1:4000"])
        #expect(text.contains("this machine alone") && text.contains("`--bootstrap 127.0.0.1:4000`"))
        #expect(advice([]).contains("this machine alone"))
    }
}
