import Basics

/// What follows from a contact's silence.
enum SilenceOutcome {
    /// It is none of the contacts, or not at that endpoint.
    case unknown
    /// It may be at its other address; or its silence counts. `isLast`: no contact lives any more.
    case counted(elsewhere: Contact?, isLast: Bool)
}
