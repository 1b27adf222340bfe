//! Everything a person can ask for, in one table. Keys, footer, help, palette and read-only mode all read it.

use super::nav::Pane;

/// Where a key means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// Everywhere.
    Global,
    /// In a pane's own list.
    List,
    /// On an exception.
    Exception,
    /// On an order.
    Order,
    /// On a delivery.
    Delivery,
    /// On a mapping or an unmapped value.
    Mapping,
    /// On a version of the mappings.
    Version,
    /// On a stock position.
    Stock,
    /// On a flow.
    Flow,
    /// On a page.
    Page,
    /// In the audit.
    Audit,
    /// On a return.
    Return,
    /// On a lane of stock movements.
    Lane,
    /// On an order whose site can be chosen.
    Site,
    /// On an order of which money went back.
    Refund,
    /// On a sheet of checks.
    Check,
    /// On a stored call.
    Call,
    /// On an act on many cases.
    Bulk,
}

impl Context {
    /// Every context.
    pub const ALL: &'static [Self] = &[
        Self::Global,
        Self::List,
        Self::Exception,
        Self::Order,
        Self::Delivery,
        Self::Mapping,
        Self::Version,
        Self::Stock,
        Self::Flow,
        Self::Page,
        Self::Audit,
        Self::Return,
        Self::Lane,
        Self::Site,
        Self::Refund,
        Self::Check,
        Self::Call,
        Self::Bulk,
    ];

    /// Its table in the keymap file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::List => "list",
            Self::Exception => "exception",
            Self::Order => "order",
            Self::Delivery => "delivery",
            Self::Mapping => "mapping",
            Self::Version => "version",
            Self::Stock => "stock",
            Self::Flow => "flow",
            Self::Page => "page",
            Self::Audit => "audit",
            Self::Return => "return",
            Self::Lane => "lane",
            Self::Site => "site",
            Self::Refund => "refund",
            Self::Check => "check",
            Self::Call => "call",
            Self::Bulk => "bulk",
        }
    }

    /// Its heading in help.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Global => "Everywhere",
            Self::List => "Lists",
            Self::Exception => "Exceptions",
            Self::Order => "Orders",
            Self::Delivery => "Deliveries",
            Self::Mapping => "Mappings",
            Self::Version => "Mapping versions",
            Self::Stock => "Stock",
            Self::Flow => "Flows",
            Self::Page => "Pages",
            Self::Audit => "Audit",
            Self::Return => "Returns",
            Self::Lane => "Stock lanes",
            Self::Site => "Site of an order",
            Self::Refund => "Refunds",
            Self::Check => "Checks",
            Self::Call => "Calls",
            Self::Bulk => "Bulk acts",
        }
    }
}

/// What an action touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Only this screen.
    Screen,
    /// Our own books: audited, can be put right again.
    Books,
    /// Another system, or something that cannot be taken back: asks first.
    Outward,
}

macro_rules! actions {
    ($($variant:ident { $name:literal, $context:ident, $reach:ident, $title:literal, $help:literal $(, $verb:literal)? })*) => {
        /// Something a person can ask for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action { $(#[doc = $help] $variant),* }

        impl Action {
            /// Every action, in the order of help.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its row of the table.
            pub const fn info(self) -> Info {
                match self {
                    $(Self::$variant => Info {
                        name: $name,
                        context: Context::$context,
                        reach: Reach::$reach,
                        title: $title,
                        help: $help,
                        verb: first(&[$($verb)?]),
                    },)*
                }
            }
        }
    };
}

/// What the table says about an action.
#[derive(Debug, Clone, Copy)]
pub struct Info {
    /// Stable name, used in keymap files.
    pub name: &'static str,
    pub context: Context,
    pub reach: Reach,
    /// Two or three words, for the footer and the palette.
    pub title: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// The verb that does the same without a screen, as typed behind `tallyman`. Everything that writes has one.
    pub verb: Option<&'static str>,
}

const fn first(verbs: &[&'static str]) -> Option<&'static str> {
    match verbs {
        [verb, ..] => Some(verb),
        [] => None,
    }
}

actions! {
    Acknowledge { "acknowledge", Exception, Books, "Acknowledge", "Take it: it is yours and does not escalate.", "exceptions ack" }
    OpenLane { "open_lane", Exception, Screen, "Lane", "Go to the stock lane it is about: the head, what was tried, what waits.", "stock lanes" }
    MapValue { "map_value", Exception, Books, "Map value", "Map the value that is not known; shows how many orders go.", "mappings set" }
    Retry { "retry", Exception, Outward, "Retry", "Try the orders or deliveries behind it again.", "exceptions retry" }
    Snooze { "snooze", Exception, Books, "Snooze", "Let it sleep until a time or a condition, never past the promise.", "exceptions snooze" }
    Assign { "assign", Exception, Books, "Hand over", "Give it to a team, or to a person of a team.", "exceptions assign" }
    NoteIt { "note", Exception, Books, "Note", "Add a remark for the others.", "exceptions note" }
    Work { "work", Exception, Books, "Start work", "Say that you are working on it.", "exceptions work" }
    MarkFixed { "mark_fixed", Exception, Books, "Mark fixed", "Say it is fixed: both systems are read again, only agreement closes it.", "exceptions fixed" }
    FloorSaid { "floor_said", Exception, Books, "Floor's answer", "Record what the floor did: whether it stopped what a change came too late for and where the goods are, or what it counted.", "exceptions floor" }
    Classify { "classify", Exception, Books, "Classify", "Say what this error means: the next one arrives with that name, and those that are open get it now.", "exceptions classify" }
    WaitFor { "wait", Exception, Books, "Wait for", "Somebody outside must act; say who and until when.", "exceptions wait" }
    Dismiss { "dismiss", Exception, Outward, "Dismiss", "Close it without agreement; the reason is kept as a debt.", "exceptions dismiss" }

    Resync { "resync", Order, Books, "Read again", "Read the order in both systems now and decide again.", "orders resync" }
    Hold { "hold", Order, Books, "Hold", "Keep the order from being sent; say why.", "orders hold" }
    Release { "release", Order, Outward, "Release", "Let a held order go.", "orders release" }
    ExpectReturn { "expect_return", Order, Outward, "Take back", "Goods of it come back: announce them to the warehouse.", "returns expect" }

    EditOrder { "edit_order", Order, Outward, "Edit address", "Correct the delivery address for this one send; what the source said is kept beside it.", "orders edit" }
    ExportOrder { "export_order", Order, Books, "Export", "Write it as files here: a page for customer service, or a masked bundle for a vendor's support desk.", "orders show" }

    ChooseSite { "choose_site", Site, Outward, "Choose site", "Ship this one order from a site you name, whatever the rules say; say why.", "orders route" }
    ExplainRefund { "explain_refund", Refund, Books, "Explain refund", "Money went back and no goods come: say what was meant.", "returns explain" }

    RetryDelivery { "retry_delivery", Delivery, Outward, "Try again", "Send this delivery again; it is asked about first when in doubt.", "deliveries retry" }
    CancelDelivery { "cancel_delivery", Delivery, Outward, "Cancel delivery", "Give this delivery up for good; say why.", "deliveries cancel" }

    EditMapping { "edit_mapping", Mapping, Books, "Edit", "Change what the value means, with completion from the other system.", "mappings set" }
    NewMapping { "new_mapping", Mapping, Books, "New", "Map a value that no order has brought yet.", "mappings set" }
    RemoveMapping { "remove_mapping", Mapping, Books, "Remove", "Retire the mapping; orders with this value stop.", "mappings remove" }
    Versions { "versions", Mapping, Screen, "Versions", "Every set of changes, by whom and why." }
    NextPair { "next_pair", Mapping, Screen, "Other pair", "Show the mappings of the next pair of systems." }
    Staged { "staged", Mapping, Screen, "Put aside", "Changes put aside with s: one preview for all of them, applied as one version.", "mappings apply" }
    RollBack { "roll_back", Version, Outward, "Roll back", "Put the mappings back as they stood at this version.", "mappings rollback" }

    PushStock { "push_stock", Stock, Outward, "Push now", "Publish the figure in the sales system now.", "stock push" }
    ResumeStock { "resume_stock", Stock, Outward, "Resume", "Publish this item again after a stop.", "stock resume" }
    CorrectStock { "correct_stock", Stock, Outward, "Correct", "Post what a ledger of its own is missing, in the item's lane; say what the cause was.", "stock correct" }
    Withhold { "withhold", Stock, Books, "Buffer", "Keep units of the item back from sale, or let go of some; shows what it changes.", "mappings set" }
    AskCount { "ask_count", Stock, Books, "Ask count", "Have the floor count the item; the figure comes back to everybody who works on it.", "stock count" }

    RetryHead { "retry_head", Lane, Outward, "Try head again", "Write the head of the lane again now; everything behind it waits for it.", "stock lane retry" }
    SkipHead { "skip_head", Lane, Outward, "Skip head", "Leave the head out: its units are owed until a comparison agrees; say why.", "stock lane skip" }
    CountLane { "count_lane", Lane, Outward, "By count", "Post a fresh count in place of what waits; takes two persons.", "stock lane replace" }
    MapWord { "map_word", Lane, Books, "Map word", "Say what the word at the head means, or which location its site is.", "mappings set" }

    RunFlow { "run_flow", Flow, Books, "Run now", "Run the flow at once instead of at its time.", "flows run" }
    PauseFlow { "pause_flow", Flow, Outward, "Pause", "Stop the flow and its deliveries; say why.", "flows pause" }
    ResumeFlow { "resume_flow", Flow, Books, "Resume", "Let a paused flow run again.", "flows resume" }

    GrantReturn { "grant_return", Return, Outward, "Allow", "Allow what the customer asked for; it is announced to the warehouse.", "returns expect" }
    SetOutcome { "set_outcome", Return, Books, "Outcome", "Say what becomes of units that cannot be sold again.", "returns outcome" }
    ApproveCredit { "approve_credit", Return, Outward, "Approve credit", "Finance lets the credit of units with an outcome pass.", "returns approve" }
    AcceptCount { "accept_count", Return, Books, "Accept count", "What was received counts instead of what was agreed.", "returns accept" }
    ExtendReturn { "extend_return", Return, Books, "Wait longer", "Wait more days for goods that have not come.", "returns extend" }
    CloseReturn { "close_return", Return, Outward, "End", "It never came, is refused, or no money is due.", "returns close" }
    OverrideGate { "override_gate", Return, Outward, "Pass the gate", "Finance lets a credit pass before its goods are booked; stays visible.", "returns override" }

    SignCheck { "sign_check", Check, Books, "Sign", "Put your name to it, with the figures as they are now and a note.", "checks sign" }
    HandOver { "hand_over", Check, Books, "Hand over", "Write what the next shift must know; it sees it first.", "checks note" }
    TeamSheet { "team_sheet", Check, Screen, "Next team", "The lines of the next team that signs, or of all." }
    ExportSheet { "export_sheet", Check, Books, "Export", "Write sheet and shift report as Markdown and HTML files, here.", "checks export" }

    LookInto { "look_into", Call, Books, "Show people", "Show names and addresses of the call, or mask them again; the journal keeps who looked.", "deliveries call" }
    CompareCall { "compare_call", Call, Screen, "Compare", "Show in what the call differs from the last one that went well, or the whole call again." }

    VerifyChain { "verify_chain", Audit, Screen, "Verify chain", "Recompute the journal's hash chain and say whether it holds.", "audit verify" }

    Open { "open", Global, Screen, "Open", "Open what the cursor is on." }
    Back { "back", Global, Screen, "Back", "One level up; nothing is lost." }
    Filter { "filter", List, Screen, "Filter", "Narrow the list; the language is explained as you type." }
    Find { "find", Page, Screen, "Find", "Look for words on the page, in all its tabs: from one line that has them to the next." }
    ClearFilter { "clear_filter", List, Screen, "Clear filter", "Show the whole list again." }
    NextPart { "next_part", Global, Screen, "Next part", "Next team, tab or part of the screen." }
    PreviousPart { "previous_part", Global, Screen, "Previous part", "Previous team, tab or part of the screen." }
    Mine { "mine", List, Screen, "Mine only", "Only what is in your name, or everything again." }
    Sort { "sort", List, Screen, "Sort", "Next order of the list." }
    Reverse { "reverse", List, Screen, "Reverse", "The other direction of the list." }
    Views { "views", List, Screen, "Views", "What the team saved of this list by name: filter and order.", "views list" }
    SaveView { "save_view", List, Books, "Save view", "Keep filter and order of the list by name, for the whole team.", "views save" }
    RemoveView { "remove_view", List, Books, "Remove view", "Forget a saved view of the list, for the whole team.", "views remove" }
    Columns { "columns", List, Screen, "Columns", "Which columns of the list are on show, in which order, sorted by which; kept for you." }
    Mark { "mark", List, Screen, "Mark", "Mark rows; the next action takes them all." }
    MarkRange { "mark_range", List, Screen, "Mark range", "Begin a range here, move, and end it with the same key." }
    MarkAll { "mark_all", List, Screen, "Mark all", "Mark every row that matches, also those far below." }
    Unmark { "unmark", List, Screen, "Unmark all", "Forget every mark." }

    Up { "up", Global, Screen, "Up", "One line up." }
    Down { "down", Global, Screen, "Down", "One line down." }
    PageUp { "page_up", Global, Screen, "Page up", "One screen up." }
    PageDown { "page_down", Global, Screen, "Page down", "One screen down." }
    First { "first", Global, Screen, "First", "To the first line." }
    Last { "last", Global, Screen, "Last", "To the last line." }
    ExportList { "export_list", Global, Screen, "Write to a file", "Write the whole list as CSV, JSON or Markdown, or the page, while you go on." }
    Copy { "copy", Global, Screen, "Copy", "Copy what the cursor is on through the terminal." }

    GoLive { "go_live", Global, Screen, "Live", "Systems and flows: what runs, what waits, since when.", "flows list" }
    GoExceptions { "go_exceptions", Global, Screen, "Exceptions", "What somebody must look at, soonest promise first.", "exceptions list" }
    GoOrders { "go_orders", Global, Screen, "Orders", "Every order with its evidence from both systems.", "orders list" }
    GoMappings { "go_mappings", Global, Screen, "Mappings", "What one system's words mean in the other.", "mappings list" }
    GoStock { "go_stock", Global, Screen, "Stock", "Where the stock figures disagree, and why.", "stock drift" }
    GoReturns { "go_returns", Global, Screen, "Returns", "Goods on their way back, and the money that waits for them.", "returns list" }
    GoChecks { "go_checks", Global, Screen, "Checks", "What each team looks at and signs, and what was handed over.", "checks list" }
    GoAudit { "go_audit", Global, Screen, "Audit", "Who did what, before and after.", "audit list" }

    Palette { "palette", Global, Screen, "Go or do", "Go anywhere or do anything by name." }
    Help { "help", Global, Screen, "Help", "Every key, searchable." }
    Messages { "messages", Global, Screen, "Messages", "What was said at the foot of the screen." }
    WhySlow { "why_slow", Global, Screen, "Why slow?", "What stops or slows the systems and flows now: limits, failures, pauses, queues.", "flows why" }
    LateChanges { "late_changes", Global, Screen, "Late changes", "Changes and cancellations that came when the goods were in hands: what the floor still has to answer." }
    Bulks { "bulks", Global, Screen, "Bulk acts", "What was done to many cases in one go: how far it is, what was refused and why.", "bulk list" }
    StopBulk { "stop_bulk", Bulk, Books, "Stop", "Leave the cases that were not tried yet as they are; what was done stays done.", "bulk stop" }
    Undo { "undo", Global, Books, "Undo", "Take back your newest edit of our own books, or the line under the cursor in the audit; asks first.", "audit undo" }
    Freeze { "freeze", Global, Screen, "Freeze", "Let the screen stand still while you read, or follow the store again." }
    Refresh { "refresh", Global, Screen, "Read again", "Read what is on the screen from the store again." }
    Repaint { "repaint", Global, Screen, "Repaint", "Draw every cell again." }
    Suspend { "suspend", Global, Screen, "Suspend", "Leave the screen to the shell; `fg` comes back." }
    Quit { "quit", Global, Screen, "Quit", "Leave; asks only when something is unsaved." }
    GoHandbook { "go_handbook", Global, Screen, "Handbook", "First day, the day of each team, runbooks, mappings: searched as you type." }
    QuitNow { "quit_now", Global, Screen, "Quit now", "Leave at once." }
}

impl Action {
    /// From the stable name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|a| a.info().name == name)
    }

    /// Whether it changes anything outside this screen.
    pub fn is_writing(self) -> bool {
        self.info().reach != Reach::Screen
    }

    /// The pane it goes to.
    pub const fn pane(self) -> Option<Pane> {
        Some(match self {
            Self::GoLive => Pane::Live,
            Self::GoExceptions => Pane::Exceptions,
            Self::GoOrders => Pane::Orders,
            Self::GoMappings => Pane::Mappings,
            Self::GoStock => Pane::Stock,
            Self::GoReturns => Pane::Returns,
            Self::GoChecks => Pane::Checks,
            Self::GoAudit => Pane::Audit,
            _ => return None,
        })
    }

    /// Whether the footer may show it: movement everybody knows is left out.
    pub const fn is_for_footer(self) -> bool {
        !matches!(
            self,
            Self::Up
                | Self::Down
                | Self::PageUp
                | Self::PageDown
                | Self::First
                | Self::Last
                | Self::GoLive
                | Self::GoExceptions
                | Self::GoOrders
                | Self::GoMappings
                | Self::GoStock
                | Self::GoReturns
                | Self::GoChecks
                | Self::GoAudit
                | Self::Repaint
                | Self::Suspend
                | Self::QuitNow
                | Self::Refresh
                | Self::Freeze
                | Self::Undo
                | Self::WhySlow
                | Self::Bulks
                | Self::LateChanges
                | Self::Unmark
                | Self::MarkRange
                | Self::MarkAll
                | Self::Views
                | Self::SaveView
                | Self::RemoveView
                | Self::PreviousPart
                | Self::ClearFilter
                | Self::Find
                | Self::Messages
                | Self::Copy
                | Self::Columns
                | Self::ExportList
        )
    }
}
