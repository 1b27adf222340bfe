//! What the questions say: one sentence of purpose, an example, and more for those who ask `?`.

use super::draft::{Field, Vendor};

/// What is said about one field of one vendor.
#[derive(Debug, Clone, Copy)]
pub struct FieldWords {
    /// What is asked for.
    pub title: &'static str,
    /// What it is for, in one sentence.
    pub why: &'static str,
    /// How it looks.
    pub example: &'static str,
    /// Taken when nothing is typed.
    pub default: Option<&'static str>,
    /// For `?`: where a person finds it.
    pub more: &'static str,
    /// Name of the environment variable that is proposed for a secret.
    pub variable: &'static str,
}

const fn words(
    title: &'static str,
    why: &'static str,
    example: &'static str,
    default: Option<&'static str>,
    more: &'static str,
) -> FieldWords {
    FieldWords {
        title,
        why,
        example,
        default,
        more,
        variable: "",
    }
}

const fn secret(
    title: &'static str,
    why: &'static str,
    variable: &'static str,
    more: &'static str,
) -> FieldWords {
    FieldWords {
        title,
        why,
        example: "",
        default: None,
        more,
        variable,
    }
}

/// The words for a field.
pub const fn field(vendor: Vendor, field: Field) -> FieldWords {
    match (vendor, field) {
        (Vendor::Peoplevox, Field::BaseUrl) => words(
            "Peoplevox: address",
            "Where the warehouse's API answers: the host of the page you sign in at.",
            "https://wms.peoplevox.net",
            Some("https://wms.peoplevox.net"),
            "Sign in to Peoplevox in a browser and copy the beginning of the address, up to the host name. Only hosts below \
             peoplevox.net are spoken to, and this machine itself for the sandbox.",
        ),
        (_, Field::ClientId) => words(
            "Peoplevox: client id",
            "The short name of your tenant; the sign-in needs it beside the user.",
            "acme1234",
            None,
            "It stands in the browser's address after the host name, once you have signed in to Peoplevox.",
        ),
        (_, Field::Username) => words(
            "Peoplevox: user",
            "A user of its own for tallyman, so that the warehouse's history shows who wrote what.",
            "tallyman",
            None,
            "Make one in Peoplevox under users. It needs import and report rights, and no right to change stock: \
             tallyman never writes stock there.",
        ),
        (_, Field::Password) => secret(
            "Peoplevox: password",
            "The password of that user.",
            "PVX_PASSWORD",
            "The password you gave the user in Peoplevox. When it is changed there, change it here too: \
             `tallyman check` shows at once whether it still opens.",
        ),
        (_, Field::AuthUrl) => words(
            "Linnworks: sign-in address",
            "Where the sign-in happens; its answer names the server that holds your account.",
            "https://api.linnworks.net",
            Some("https://api.linnworks.net"),
            "It is the same for every Linnworks account. Change it only to speak to the sandbox.",
        ),
        (_, Field::ApplicationId) => words(
            "Linnworks: application id",
            "Which application asks: you make one of your own, with order, inventory and shipping permissions.",
            "00000000-0000-0000-0000-000000000000",
            None,
            "Make an application in the Linnworks developer portal and copy its id. Give it a name your team will \
             recognise in the history.",
        ),
        (_, Field::ApplicationSecret) => secret(
            "Linnworks: application secret",
            "It proves that it is your application.",
            "LW_SECRET",
            "It stands beside the application id in the developer portal.",
        ),
        (_, Field::Token) => secret(
            "Linnworks: installation token",
            "It says which account the application was installed in.",
            "LW_TOKEN",
            "Signed in to your account, open https://apps.linnworks.net/Authorization/Authorize/ followed by the \
             application id, and approve; the token is shown then. It stays good until the application is removed.",
        ),
        (Vendor::Shopline, Field::BaseUrl) => words(
            "SHOPLINE: address of the store",
            "Which store orders come from.",
            "https://acme.myshopline.com",
            None,
            "It is the store's own address below myshopline.com, not the domain your customers see.",
        ),
        (_, Field::AccessToken) => secret(
            "SHOPLINE: access token",
            "It opens the store to tallyman.",
            "SL_TOKEN",
            "In the store's admin under Apps, Develop apps: make a private app with order, product, stock and fulfilment \
             permissions; its token is shown after a code by e-mail. It lasts three years.",
        ),
        (_, Field::AppSecret) => secret(
            "SHOPLINE: app secret (may be left out)",
            "It proves that a webhook comes from the store; without it the store is only polled.",
            "SL_SECRET",
            "It stands beside the access token. Press Enter to leave it out; webhooks also need an address of this machine, \
             which is asked later.",
        ),
        (Vendor::Cin7core, Field::BaseUrl) => words(
            "Cin7 Core: address",
            "Where the API answers; it is the same for all regions.",
            "https://inventory.dearsystems.com/ExternalApi/v2",
            Some("https://inventory.dearsystems.com/ExternalApi/v2"),
            "Change it only to speak to the sandbox.",
        ),
        (_, Field::AccountId) => words(
            "Cin7 Core: account id",
            "Which account orders come from.",
            "00000000-0000-0000-0000-000000000000",
            None,
            "In Cin7 Core under integrations, API: make an application for tallyman; account id and key stand beside it.",
        ),
        (_, Field::ApplicationKey) => secret(
            "Cin7 Core: application key",
            "It opens the account to tallyman; give tallyman a key of its own, for the calls of a minute count per key.",
            "CIN7_KEY",
            "In Cin7 Core under integrations, API, beside the account id.",
        ),
        (_, Field::TimeZone) => words(
            "Cin7 Core: time zone of the account",
            "Its dates carry no time zone: they are that calendar's days.",
            "Europe/London",
            Some("Europe/London"),
            "In Cin7 Core under settings, general. The test that follows compares it with the account and says so when \
             they differ.",
        ),
        // No other combination is asked.
        (_, Field::BaseUrl) => words("Address", "", "https://host.example", None, ""),
    }
}

/// What stands for an answer that is still missing, while the others are judged.
pub const fn placeholder(vendor: Vendor, asked: Field) -> &'static str {
    field(vendor, asked).example
}

/// `?` where secrets are kept.
pub const KEEPING_MORE: &str = "The configuration never holds a secret, only where it is. A file (mode 0600 in a folder \
    of mode 0700) needs nothing else and suits one person or one service user. A variable suits a service whose \
    environment is looked after elsewhere: you set it, tallyman only reads it. Either can be changed in the file later, \
    also to a program that prints the secret, such as a password manager.";

/// `?` at a pair's id.
pub const PAIR_MORE: &str = "A pair joins one sales system to the warehouse: orders go there, despatches and stock come \
    back. The id stands in lists and in --pair. Several pairs may share the warehouse, none sees another's orders.";

/// `?` at the order prefix.
pub const PREFIX_MORE: &str = "It becomes part of every order number in the warehouse, so that two sales systems can \
    never use the same number. Choose with care: once orders were sent it must not change any more. Letters and digits, \
    at most 8.";

/// `?` at the channel.
pub const CHANNEL_MORE: &str = "The name the warehouse shows beside an order for where it was sold. Make it one your \
    warehouse knows, if its reports are sorted by it.";

/// `?` at the time zone.
pub const ZONE_MORE: &str = "Promises are counted in the warehouse's days: an order of Friday evening is not late on \
    Saturday morning in another country. Names are those of the IANA list: Europe/London, Europe/Berlin, \
    America/New_York, Asia/Singapore.";

/// `?` at the hour of the last despatch.
pub const CUTOFF_MORE: &str = "An order that comes before this hour is promised for the same day, a later one for the \
    next. The list of exceptions is sorted by what is left of that time. 14 is two in the afternoon.";

/// `?` at the store.
pub const STORE_MORE: &str = "tallyman keeps what it knows in one store. A file needs nothing to be installed and serves \
    one machine, with as many people logged in to it as you like. Take PostgreSQL when several machines are to run \
    tallyman. Several hundred thousand orders are no trouble for either.";

/// `?` at the address of PostgreSQL.
pub const POSTGRES_MORE: &str = "The database and its user must exist; tables are made by tallyman. The password is not \
    part of the address: put it into ~/.pgpass (mode 0600), or into PGPASSFILE or PGPASSWORD.";

/// `?` at the payload key.
pub const KEY_MORE: &str = "Messages in the store are encrypted with a key that every machine on that store needs. The \
    first machine makes it; on every other one copy the file payload.key there, beside the configuration.";

/// `?` at the address of webhooks.
pub const HOOKS_MORE: &str = "Everything works without: orders, despatches and stock are read every few seconds to \
    minutes. With webhooks SHOPLINE, Cin7 Core and Peoplevox say what changed at once, and tallyman asks less. It needs a \
    name that can be reached from outside, with https, whose requests a proxy or tunnel of yours passes on to \
    127.0.0.1:8480 on this machine. A secret becomes part of the addresses, and tallyman tells them to the systems by \
    itself. - leaves it out.";

/// `?` at the person's name.
pub const OPERATOR_MORE: &str = "Every change of mappings, every pause, every decision carries a name in the audit. By \
    itself it is the user you are logged in as; somebody else's name is given with --as NAME.";

/// `?` at the question whether to hold every write.
pub const HOLD_MORE: &str = "Held, tallyman reads both systems and shows what it would do, and writes to neither. That \
    is how to begin: look at the exceptions for a day, then let orders go, then despatches, stock last. \
    `tallyman flows resume PRODUCT ORDER_CREATE` lets a part go on, the console's first pane does too. The handbook's \
    chapter going-live has every step.";

/// `?` at the sheet of mappings.
pub const SHEET_MORE: &str = "A mapping says what a word of the sales system means in the warehouse: which location is \
    which site, which postal service is which carrier service. The sheet is a CSV file whose first line is \
    kind,from,to,attributes; the handbook's chapter mappings lists the kinds. It is checked and shown before anything is \
    taken. Without a sheet the locations are asked one by one, and the rest is written to a sheet for you to fill in.";

/// `?` at a location's site.
pub const SITE_MORE: &str = "Orders for this location are picked at that site, and its stock is what the location may \
    offer. Several sites are joined with +, such as 1+2: the first receives the orders, all of them count for stock. A \
    location whose orders tallyman should leave alone is left out.";

/// `?` at the stock basis.
pub const BASIS_MORE: &str = "It decides whether you oversell. GROSS: the sales system takes its own open orders off the \
    figure, as an ordinary location does. NET_STATIC: it shows the figure as written, as a fulfilment centre does. \
    NET_LIVE: it shows the figure and lowers it at each sale. Test it with one order on a test SKU before stock is \
    written: the handbook's chapter going-live, step 8, says how.";

/// `?` at the stock share.
pub const SHARE_MORE: &str = "Where two locations offer the stock of one site, each may offer only its part, or the same \
    piece is sold twice. All parts of a site together are at most 100.";

/// `?` at the sheet of what is left.
pub const REST_MORE: &str = "Every location and every postal service of the sales system that is not mapped yet stands in the \
    sheet, with an empty column for what it means. Fill it in, take out the lines you do not need, and import it: \
    `tallyman mappings import FILE --pair PAIR --preview` first, then with --reason \"go live\".";
