import Basics

extension Endpoint {
    /// As whom an observer at this address counts where many are asked: each block of addresses counts once, or whoever
    /// rents one host could outvote everybody. Hosts near by share their block with good reason.
    func observerKey(of observer: NodeID) -> Bytes32 {
        isLocal ? observer.bytes : Bytes32(words: (0, 0, 0, block))
    }
}
