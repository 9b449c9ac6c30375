import Basics

extension PortMapper {
    /// What the driver is to do.
    public enum Directive: Hashable, Sendable {
        /// Send a datagram from this machine's address in the router's network.
        case send([UInt8], to: Endpoint)
        /// Ask the router over TCP, and tell what came (`observeReply`).
        case ask(IgdQuestion)
        /// Tell the node that the router has been asked: it need not ask others where it is reached before there is an answer.
        case expect
        /// Tell the node what the router says that it passes on; nil: nothing, or nothing any more.
        case tell(Endpoint?)
    }
}
