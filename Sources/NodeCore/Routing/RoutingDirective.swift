import Basics

/// What is to be done about a contact after the routing table has heard of it.
enum RoutingDirective {
    case nothing
    /// Ask at what endpoint it sees this node.
    case ping(Contact)
    /// See whether it lives, unless that is being found out.
    case check(Contact)
    /// Ask third nodes whether they reach it there.
    case confirm(Contact, at: Endpoint)
    /// It is new in the table: the network may be found through it.
    case added(Contact)
}
