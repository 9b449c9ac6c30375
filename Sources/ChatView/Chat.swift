import Basics
import ControlAPI
import Platform
import StatusView

/// Conversations on a screen: told what is typed and what the daemon says, it says what to ask and what to show.
public struct Chat: Sendable {
    /// What this program knows before anything happens.
    public struct Setting: Sendable {
        /// This person's peer ID.
        public var me: String
        /// What somebody is called in the address book.
        public var name: @Sendable (String) -> String?
        /// By this machine's time zone.
        public var moment: @Sendable (Date) -> LocalMoment
        /// Begins the keys of messages: no other program's begin so.
        public var keyPrefix: String

        public init(
            me: String, name: @escaping @Sendable (String) -> String?, keyPrefix: String,
            moment: @escaping @Sendable (Date) -> LocalMoment = LocalTime.moment
        ) {
            self.me = me
            self.name = name
            self.keyPrefix = keyPrefix
            self.moment = moment
        }
    }

    /// Messages on their way to the daemon at most, of all conversations.
    public static let maximumOutgoing = 100
    /// Texts that are being written, to so many people besides the open conversation.
    public static let maximumDrafts = 100
    /// Messages of a page, as long as no more are known to be needed.
    static let pageLimit = 60

    let setting: Setting
    /// The screen as large as it is.
    private(set) public var size: (columns: Int, rows: Int)
    var pane = ConversationsPane()
    /// The open conversation.
    var transcript: Transcript?
    var editor = LineEditor()
    /// The text that is being written as it was wrapped last: to wrap a long one takes as long as all else.
    var editorRows = Wrapping("", columns: 80)
    var laidOut = LineEditor()
    var laidOutColumns = 0
    var drafts = ChatDrafts()
    /// Whether the daemon is to be asked now to keep what was typed.
    var keepsDrafts = false
    var outgoing: [Outgoing] = []
    /// What is said instead of the keys, until the next key.
    var notice: Notice?
    /// What the next key answers.
    var question: Question?
    /// Why there is no daemon.
    var trouble: String?
    var isPasting = false
    var requests = ChatRequests()
    /// Standings told while pages were asked for: a page may have been made before, and takes none of them back.
    private var changesMeanwhile: [MessageID: SentMessage] = [:]
    private var keysGiven = 0
    /// Whether the next request to leave is followed, though something would be lost.
    var mayLeave = false
    /// Whether it ends as soon as what was typed is kept.
    var isLeaving = false

    struct Notice: Equatable {
        var sentence: String
        var isBad = true
    }

    /// - Parameter peer: Whose conversation is open; nil begins with the list.
    public init(_ setting: Setting, columns: Int, rows: Int, opening peer: String? = nil) {
        self.setting = setting
        size = (columns, rows)
        if let peer { show(peer) }
        layOut()
    }

    // MARK: Events

    /// Takes in what has happened.
    public mutating func handle(_ event: ChatEvent, now: Date) -> [ChatDirective] {
        var directives: [ChatDirective] = []
        switch event {
        case .key(let key):
            notice = nil
            requests.tryAgain()
            directives += take(key, now)
        case .resized(let columns, let rows):
            size = (columns, rows)
            directives.append(.redraw)
        case .pasting(let isPasting): self.isPasting = isPasting
        case .connected:
            trouble = nil
            requests.forget()
            drafts.forget()
            keepsDrafts = true
            requests.want(.list)
            requests.want(.newest)
            if let peer = transcript?.peer { requests.want(.draft(peer)) }
        case .away(let sentence):
            trouble = sentence
            // That something was done is no news any more, and would stand in its place.
            if notice?.isBad == false { notice = nil }
            requests.forget()
            drafts.forget()
        case .news(let news): take(news)
        case .listed, .paged, .marked: takeAnswer(event)
        case .accepted(let sent, let key): accept(sent, key)
        case .waiting(let key): setState(.waiting, of: key)
        case .refused(let request, let sentence): refuse(request, sentence)
        case .rested: keepsDrafts = true
        case .drafted(let draft): take(draft)
        case .decided(let decision, let peer): decided(decision, about: peer)
        case .kept(let peer, let text): keeps(text, of: peer)
        case .unanswered(.keepDraft(let peer, let text), let sentence):
            doesNotKeep(text, of: peer, sentence: sentence, isRefused: false)
        case .unanswered(.decide, let sentence):
            notice = Notice(sentence: sentence ?? "Roost went away: look whether that was done when it is back.")
        case .unanswered(let request, let sentence):
            requests.end(request, isDone: false)
            if let sentence { notice = Notice(sentence: sentence) }
        }
        if !requests.isAskingPages { changesMeanwhile = [:] }
        directives += due().map { .ask($0) }
        if isLeaving, ahead.isEmpty { directives.append(.leave) }
        return directives
    }

    private mutating func take(_ news: ControlEvent) {
        switch news {
        case .received(let notice): touch(notice.from)
        case .conversation(let peer): touch(peer)
        case .draft(let peer): if peer == transcript?.peer { requests.want(.draft(peer)) }
        case .sent(let sent, _): touch(sent.to.text)
        case .changed(let sent):
            let id = sent.id
            transcript?.change(sent)
            if requests.isAskingPages { toldMeanwhile(sent) }
            for index in outgoing.indices {
                if case .accepted(let known) = outgoing[index].state, known.id == id {
                    outgoing[index].state = .accepted(sent)
                }
            }
            requests.wantAnew(.list)
        }
    }

    private mutating func toldMeanwhile(_ sent: SentMessage) {
        let isFull = changesMeanwhile.count >= MessageWindow.maximumMessages && changesMeanwhile[sent.id] == nil
        if isFull { requests.wantAnew(.newest) } else { changesMeanwhile[sent.id] = sent }
    }

    private mutating func touch(_ peer: String) {
        requests.wantAnew(.list)
        if peer == transcript?.peer { requests.wantAnew(.newest) }
    }

    private mutating func takeAnswer(_ event: ChatEvent) {
        switch event {
        case .listed(let list, let cursor):
            requests.end(.list(after: cursor), isDone: true)
            pane.merge(list, after: cursor)
            if let peer = transcript?.peer {
                let name = nick(peer)
                transcript?.rename(name)
            }
        case .paged(let page, let request):
            guard requests.isUnderWay(request) else { return }
            requests.end(.page(request), isDone: true)
            transcript?.merge(page, as: request.part)
            for sent in changesMeanwhile.values { transcript?.change(sent) }
            // A note to oneself stands in its conversation as received.
            let own = transcript?.window.messages.filter { !$0.isReceived || $0.from == $0.to }
            let known = Set(own?.map(\.message) ?? [])
            outgoing.removeAll { if case .accepted(let sent) = $0.state { known.contains(sent.id.hex) } else { false } }
        case .marked(let positions): requests.end(.markRead(positions), isDone: true)
        default: break
        }
    }

    private mutating func accept(_ sent: SentMessage, _ key: String) {
        setState(.accepted(sent), of: key)
        keepsDrafts = true
        touch(sent.to.text)
        // Those of other conversations are read with them.
        outgoing.removeAll { $0.key == key && $0.message.to != transcript?.peer }
    }

    private mutating func setState(_ state: Outgoing.State, of key: String) {
        for index in outgoing.indices where outgoing[index].key == key { outgoing[index].state = state }
    }

    private mutating func refuse(_ request: ChatRequest, _ sentence: String) {
        if case .keepDraft(let peer, let text) = request {
            return doesNotKeep(text, of: peer, sentence: sentence, isRefused: true)
        }
        requests.end(request, isDone: false)
        notice = Notice(sentence: sentence)
        guard case .send(let key, let peer, let text) = request else { return }
        // Back to where it was written, if nothing else is being written there.
        if peer == transcript?.peer, editor.isEmpty {
            outgoing.removeAll { $0.key == key }
            editor = LineEditor(text)
        } else {
            setState(.refused(sentence), of: key)
        }
    }

    // MARK: Conversations

    /// Opens somebody's conversation.
    mutating func show(_ peer: String) {
        guard peer != transcript?.peer else { return }
        close()
        pane.select(peer)
        transcript = Transcript(peer: peer, name: nick(peer), moment: setting.moment)
        editor = drafts.take(peer)
        requests.want(.newest)
        requests.want(.draft(peer))
        // What had been accepted is in the conversation that is loaded.
        outgoing.removeAll { !$0.isOnlyHere }
    }

    /// Goes back to the list.
    mutating func close() {
        guard let peer = transcript?.peer else { return }
        if drafts.count < Chat.maximumDrafts { drafts.put(editor, peer) }
        keepsDrafts = true
        editor = LineEditor()
        transcript = nil
        requests.forgetPages()
    }

    /// Whether a text would be lost by going elsewhere.
    var isDraftRoomUsedUp: Bool { !editor.isEmpty && drafts.count >= Chat.maximumDrafts }

    // MARK: Sending

    /// Hands over what was written.
    mutating func send(_ now: Date) -> [ChatDirective] {
        guard let peer = transcript?.peer, !editor.isEmpty else { return [] }
        let text = editor.text
        guard !text.allSatisfy(\.isWhitespace) else {
            notice = Notice(sentence: "The text is empty, and nothing was sent.")
            return []
        }
        guard outgoing.count < Chat.maximumOutgoing else {
            notice = Notice(
                sentence:
                    "\(Chat.maximumOutgoing) messages wait already: this one stays here until Roost has taken some.")
            return []
        }
        keysGiven += 1
        let key = "\(setting.keyPrefix)-\(keysGiven)"
        outgoing.append(
            Outgoing(
                message: NewMessage(to: peer, text: text, key: key), key: key, writtenAt: now,
                state: trouble == nil ? .sending : .waiting))
        editor.clear()
        transcript?.jumpToEnd()
        if transcript?.window.hasLater == true { requests.want(.newest) }
        return [.ask(.send(key: key, to: peer, text: text))]
    }

    /// Sends again what was refused here.
    mutating func sendAgain() -> [ChatDirective] {
        var directives: [ChatDirective] = []
        for index in outgoing.indices where outgoing[index].message.to == transcript?.peer {
            guard case .refused = outgoing[index].state else { continue }
            outgoing[index].state = .sending
            let (key, message) = (outgoing[index].key, outgoing[index].message)
            directives.append(.ask(.send(key: key, to: message.to, text: message.text)))
        }
        return directives
    }

    // MARK: What to ask

    /// What is wanted and may be asked now.
    private mutating func due() -> [ChatRequest] {
        layOut()
        guard trouble == nil else { return [] }
        if pane.wantsMore, let next = pane.next { requests.want(.more(next)) }
        var known = 0
        if let transcript {
            for part in transcript.wanted { requests.want(.part(part)) }
            // What was read is so only if the reader can have seen the end. That tells the sender, and so waits until they are accepted.
            if transcript.isAtEnd, pane.isLoaded, pane.standing(of: transcript.peer) != .request {
                requests.wantRead(transcript.unread)
            }
            // As many as are new, and what comes before them.
            known = max(
                transcript.window.isLoaded ? Chat.pageLimit : 0, pane.unread(of: transcript.peer) + Chat.pageLimit / 2)
        }
        let kept = draftsDue()
        let drafts = drafts
        let other = requests.due(peer: transcript?.peer, limit: max(known, Chat.pageLimit)) { want in
            // A text is not asked for while another is being kept in its place: the answer would be an old one.
            if case .draft(let peer) = want { drafts.isKeeping(peer) } else { false }
        }
        return other + kept
    }

    // MARK: Names

    /// What somebody is called, safe to show, or their ID.
    func name(_ peer: String) -> String { known(peer) ?? peer }

    /// Whether somebody is called so in the address book, or is oneself.
    func isNamed(_ peer: String) -> Bool {
        setting.name(peer) ?? pane.name(of: peer) != nil || peer == setting.me
    }

    /// What somebody is called beside a text: an ID would take all of the room.
    private func nick(_ peer: String) -> String { known(peer) ?? "they" }

    func known(_ peer: String) -> String? {
        if let name = setting.name(peer) ?? pane.name(of: peer) { return Printable.word(name) }
        return peer == setting.me ? "yourself" : pane.label(of: peer)
    }
}
