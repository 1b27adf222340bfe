//! Made-up people, places and things.

pub const FIRST: &[&str] = &[
    "Pat",
    "Sam",
    "Alex",
    "Robin",
    "Jo",
    "Chris",
    "Ashley",
    "Kim",
    "Drew",
    "Lee",
    "Morgan",
    "Ria",
    "Tomasz",
    "Zoë",
    "Siân",
    "Niamh",
    "Oluwaseun",
    "Priya",
    "Mohammed",
    "Björn",
];
pub const LAST: &[&str] = &[
    "Sample",
    "Example",
    "Placeholder",
    "Tester",
    "Mockford",
    "Dummett",
    "Fakenham",
    "Stubbs",
    "Trialby",
    "Draftson",
    "O'Sample",
    "Example-Smith",
];
pub const STREETS: &[&str] = &[
    "Sample Street",
    "Example Road",
    "Test Lane",
    "Mock Avenue",
    "Trial Close",
    "Draft Way",
    "Pattern Hill",
    "Model Row",
];
/// Town and postcode area.
pub const TOWNS: &[(&str, &str)] = &[
    ("Leeds", "LS1"),
    ("York", "YO1"),
    ("Bristol", "BS2"),
    ("Glasgow", "G3"),
    ("Cardiff", "CF10"),
    ("Norwich", "NR2"),
    ("Truro", "TR1"),
    ("Hull", "HU4"),
    ("Belfast", "BT7"),
    ("Derby", "DE22"),
];
/// Code, name, category, price in minor units, weight in grams.
pub const THINGS: &[(&str, &str, &str, i64, i64)] = &[
    ("MUG", "Stoneware mug", "Kitchen", 1_299, 380),
    ("TEE", "Organic T-shirt", "Clothing", 1_999, 180),
    ("CDL", "Scented candle", "Home", 1_450, 320),
    ("TWL", "Tea towel", "Kitchen", 895, 110),
    ("NBK", "Dotted notebook", "Stationery", 749, 240),
    ("BTL", "Steel bottle", "Outdoors", 2_250, 410),
    ("SCK", "Wool socks", "Clothing", 1_100, 90),
    ("PLT", "Side plate", "Kitchen", 1_150, 450),
    ("LMP", "Desk lamp", "Home", 4_995, 1_600),
    ("BAG", "Canvas tote", "Accessories", 1_250, 150),
    ("PNS", "Pencil set", "Stationery", 995, 130),
    ("BLK", "Picnic blanket", "Outdoors", 3_499, 1_100),
];
/// Code and name.
pub const COLOURS: &[(&str, &str)] = &[
    ("BLU", "blue"),
    ("RED", "red"),
    ("GRN", "green"),
    ("BLK", "black"),
    ("WHT", "white"),
    ("YEL", "yellow"),
    ("GRY", "grey"),
    ("PNK", "pink"),
];
/// Channel, its account, weight among ten.
pub const CHANNELS: &[(&str, &str, usize)] = &[
    ("SHOPIFY", "Acme UK", 5),
    ("AMAZON", "Acme Amazon UK", 3),
    ("EBAY", "acme_outlet", 2),
];
/// Names and addresses that break careless programs.
pub const HOSTILE_NAMES: &[&str] = &[
    "Pat \"Quote\" O'Sample, Jr",
    "=HYPERLINK(\"http://example.test\",\"Sam\")",
    "Zoë 👩‍👩‍👧 Example",
    "\u{1b}[31mRed\u{1b}[0m \u{1b}]0;title\u{7}Tester",
    "Smith & Sons <b>Ltd</b>",
    "\u{202e}elpmaxE\u{202c} Robin",
    "Line\r\nBreak, \"Alex\"",
    "; DROP TABLE orders; --",
];
pub const HOSTILE_LINES: &[&str] = &[
    "1 Sample St, Unit 2, \"The Loft\"",
    "c/o Smith & Jones <Reception>",
    "Flat 🏠 3/4, Pattern Hill",
    "#12 | Back door; ring twice",
    "A very long address line that goes on and on, past the post office, behind the old mill, second gate on the left, mind the dog, the goose and the postman",
    "\tTabbed\u{a0}House\u{200b}",
];
