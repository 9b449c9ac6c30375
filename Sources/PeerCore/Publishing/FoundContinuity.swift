import Conversations

/// What the records under one's own key say of how one's data went on, by this copy of them or by another.
///
/// Each start is counted, and the count is published. So a copy of the data from before the last start has counted fewer
/// than the record says; and what else another copy has published gives it away by its sequence number. Whoever goes on
/// from an older copy begins a new generation: the sessions of the old one may have gone on without it. A copy that is newer than the
/// last start and the last publication shows only by mail: its owner can't open what others seal, or others can't open what it seals.
struct FoundContinuity {
    private var newest: Continuity?
    /// Whether any node answered.
    var isAnswered = false
    /// Whether a record was published by another copy.
    var isForeign = false

    /// A record of one's own was read.
    mutating func read(_ continuity: Continuity?) {
        guard let continuity else { return }
        newest = Continuity(
            starts: max(continuity.starts, newest?.starts ?? 0),
            generation: max(continuity.generation, newest?.generation ?? 0))
    }

    /// What is to be published from now on, given what was published here last. `isStart`: for the first time since the
    /// program started; `hasUnopenedMail`: whether mail tells of an older copy. Nil where nothing changes.
    func next(after known: Continuity, isStart: Bool, hasUnopenedMail: Bool) -> Continuity? {
        let found = newest ?? known
        let isOlder = isForeign || hasUnopenedMail || found.starts > known.starts || found.generation > known.generation
        guard isOlder || isStart else { return nil }
        // At the end of the numbers, it stays there.
        let starts = max(known.starts, found.starts)
        let generation = max(known.generation, found.generation)
        return Continuity(
            starts: starts == .max ? starts : starts + 1,
            generation: isOlder && generation < .max ? generation + 1 : generation)
    }
}
