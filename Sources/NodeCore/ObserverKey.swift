import Basics

extension Endpoint {
    /// The key under which an observer at this address is counted when many are asked. Each address block counts once:
    /// otherwise the tenant of a single host could outvote all others. Hosts near by share their block with good
    /// reason.
    func observerKey(of observer: NodeID) -> Bytes32 {
        isLocal ? observer.bytes : Bytes32(words: (0, 0, 0, block))
    }
}
