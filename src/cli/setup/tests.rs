//! Paths through the dialogue, and what is put on disk.

use super::dialogue::{Act, After, Dialogue, Lists, Location, Next, Place, Question, Told, Typed};
use super::draft::{Draft, Field, Keeping, SecretPlace, StorePlace, Vendor, Verdict};
use super::{file, write};
use crate::config::{Account, Config, SecretRef};
use crate::domain::mapping::{Attributes, MappingEdit, MappingKind};
use crate::secret::Secret;
use crate::vendors::Finding;
use proptest::prelude::*;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const SECRET: &str = "hunter2-never-shown";

fn place(is_taken: bool) -> Place {
    Place {
        path: PathBuf::from("config/tallyman.toml"),
        is_taken,
    }
}

fn fresh() -> Dialogue {
    Dialogue::begin(vec![place(false)], Draft::new("sam", "Europe/London"))
}

fn finding(is_ok: bool) -> Finding {
    Finding {
        is_ok,
        what: "sign-in".to_owned(),
        found: if is_ok {
            "as robot"
        } else {
            "refused; check the password"
        }
        .to_owned(),
    }
}

fn lists() -> Lists {
    let location = |id: &str, counts_open_orders| Location {
        id: id.to_owned(),
        name: format!("Shop {id}"),
        counts_open_orders,
    };
    Lists {
        locations: vec![location("L1", true), location("L2", false)],
        sites: vec![
            ("MAIN".to_owned(), "Main hall".to_owned()),
            ("NORTH".to_owned(), String::new()),
        ],
    }
}

fn edit() -> MappingEdit {
    MappingEdit::Set {
        kind: MappingKind::Carrier,
        from: "Tracked 48".to_owned(),
        to: "RM48".to_owned(),
        attributes: Attributes::new(),
    }
}

/// The world behind the dialogue, where systems let us in or not.
#[derive(Default)]
struct World {
    /// Systems that refuse the sign-in.
    refusing: Vec<usize>,
    is_store_down: bool,
    is_config_there: bool,
    /// Acts done, in order.
    done: Vec<String>,
    applied: Vec<MappingEdit>,
}

impl World {
    fn act(&mut self, act: Act) -> Told {
        let name = format!("{act:?}");
        let end = name.find([' ', '{']).unwrap_or(name.len());
        self.done.push(name[..end].to_owned());
        match act {
            Act::KeepSecret { wanted, .. } => Told::Kept(format!("secrets/{wanted}")),
            Act::MakeHookSecret { ours } => {
                Told::Kept(ours.unwrap_or_else(|| "secrets/hook-secret".to_owned()))
            }
            Act::Probe { system } => Told::Probed(vec![finding(!self.refusing.contains(&system))]),
            Act::Write if self.is_config_there => Told::Exists,
            Act::OpenStore if self.is_store_down => Told::Failed("no such database".to_owned()),
            Act::ReadSheet { path, .. } if path == "absent.csv" => {
                Told::Failed("absent.csv cannot be read".to_owned())
            }
            Act::ReadSheet { .. } => Told::Previewed {
                lines: vec!["1 mapping would be set.".to_owned()],
                edits: vec![edit()],
            },
            Act::Preview { edits, .. } => Told::Previewed {
                lines: Vec::new(),
                edits,
            },
            Act::Apply { edits, .. } => {
                self.applied.extend(edits);
                Told::Done(vec!["applied".to_owned()])
            }
            Act::ReadLists { .. } => Told::Lists(lists()),
            Act::Check => Told::Checked,
            Act::Write | Act::OpenStore | Act::Hold | Act::WriteRest { .. } => {
                Told::Done(Vec::new())
            }
        }
    }

    /// Types one answer and does everything it leads to.
    fn types(&mut self, dialogue: &mut Dialogue, text: &str) -> Next {
        let typed = if dialogue.ask().is_secret {
            Typed::Secret(Secret::new(text.to_owned()))
        } else {
            Typed::Text(text.to_owned())
        };
        let mut next = dialogue.reply(typed);
        while let Next::Do(act) = next {
            next = dialogue.told(self.act(act));
        }
        next
    }

    fn all(&mut self, dialogue: &mut Dialogue, answers: &[&str]) -> Next {
        let mut next = Next::Ask;
        for answer in answers {
            next = self.types(dialogue, answer);
            assert!(
                matches!(next, Next::Ask) || Some(answer) == answers.last(),
                "{answer:?} ended it"
            );
        }
        next
    }
}

/// Up to the question whether there is another sales system.
const TO_MORE: [&str; 13] = [
    "", "", "acme1234", "robot", SECRET, // warehouse
    "1", "", "app-1", SECRET, SECRET, // Linnworks
    "", "", "", // its pair
];
/// From there to the written configuration.
const TO_WRITTEN: [&str; 7] = ["n", "Europe/Berlin", "15", "1", "", "", "y"];
/// From there to the end, with a sheet.
const TO_END: [&str; 5] = ["y", "maps.csv", "y", "y", "2"];

fn whole_way() -> Vec<&'static str> {
    [&TO_MORE[..], &TO_WRITTEN, &TO_END].concat()
}

fn notes(dialogue: &mut Dialogue) -> String {
    dialogue.take_notes().join("\n")
}

fn config_of(dialogue: &Dialogue) -> Config {
    Config::parse(&file::text(dialogue.draft()), Path::new("t.toml")).unwrap()
}

#[test]
fn from_nothing_to_a_configuration_the_loader_takes() {
    let mut world = World::default();
    let mut dialogue = fresh();
    let end = world.all(&mut dialogue, &whole_way());
    assert!(matches!(end, Next::Leave(After::Nothing)), "{end:?}");
    assert_eq!(
        world.done,
        [
            "KeepSecret",
            "Probe",
            "KeepSecret",
            "KeepSecret",
            "Probe",
            "Write",
            "OpenStore",
            "Hold",
            "ReadSheet",
            "Apply",
            "WriteRest",
            "Check"
        ]
    );
    assert_eq!(world.applied, [edit()]);
    let config = config_of(&dialogue);
    assert_eq!(config.store.url, "sqlite:tallyman.db");
    let Account::Peoplevox(pvx) = &config.systems[0].account else {
        panic!("the warehouse comes first")
    };
    assert_eq!(pvx.base_url, "https://wms.peoplevox.net");
    assert_eq!(
        (pvx.client_id.as_str(), pvx.username.as_str()),
        ("acme1234", "robot")
    );
    assert!(matches!(&pvx.password, SecretRef::File(p) if p == Path::new("secrets/pvx-password")));
    let pair = &config.pairs[0];
    assert_eq!(
        (
            pair.id.as_str(),
            pair.prefix.as_str(),
            pair.channel.as_str()
        ),
        ("lw-pvx", "LW", "Linnworks")
    );
    assert_eq!(pair.policy.cutoff_hour, 15);
    assert!(!file::text(dialogue.draft()).contains(SECRET));
}

#[test]
fn every_kind_of_source_can_be_joined_and_each_gets_its_own_prefix() {
    let mut world = World::default();
    let mut dialogue = fresh();
    world.all(&mut dialogue, &TO_MORE);
    // SHOPLINE without an app secret, a second Linnworks, Cin7 Core.
    world.all(
        &mut dialogue,
        &[
            "y",
            "2",
            "https://acme.myshopline.com",
            SECRET,
            "",
            "",
            "",
            "",
        ],
    );
    world.all(
        &mut dialogue,
        &["y", "linnworks", "", "app-2", SECRET, SECRET, "", "", ""],
    );
    world.all(
        &mut dialogue,
        &["y", "cin7", "", "acc", SECRET, "Asia/Singapore", "", "", ""],
    );
    world.all(&mut dialogue, &TO_WRITTEN);
    let config = config_of(&dialogue);
    let pairs: Vec<(&str, &str, &str)> = config
        .pairs
        .iter()
        .map(|p| (p.id.as_str(), p.source.as_str(), p.prefix.as_str()))
        .collect();
    assert_eq!(
        pairs,
        [
            ("lw-pvx", "lw", "LW"),
            ("sl-pvx", "shop", "SL"),
            ("lw2-pvx", "lw2", "LW2"),
            ("c7-pvx", "cin7", "C7")
        ]
    );
    let Account::Shopline(shop) = &config.systems[2].account else {
        panic!("SHOPLINE")
    };
    assert!(shop.app_secret.is_none());
    let Account::Cin7Core(cin7) = &config.systems[4].account else {
        panic!("Cin7 Core")
    };
    assert_eq!(cin7.time_zone, chrono_tz::Asia::Singapore);
}

#[test]
fn one_question_back_shows_what_was_answered() {
    let mut world = World::default();
    let mut dialogue = fresh();
    world.all(&mut dialogue, &["", "", "acme1234"]);
    let user = Question::Field {
        system: 0,
        field: Field::Username,
    };
    assert_eq!(dialogue.draft().at, user);
    world.types(&mut dialogue, "<");
    assert_eq!(dialogue.ask().default.as_deref(), Some("acme1234"));
    world.types(&mut dialogue, "acme9");
    world.types(&mut dialogue, "robot");
    // A secret is not shown, but it is said that it is there, and Enter keeps it.
    world.types(&mut dialogue, SECRET);
    world.types(&mut dialogue, "<");
    assert_eq!(
        dialogue.ask().default.as_deref(),
        Some("kept in secrets/pvx-password")
    );
    world.types(&mut dialogue, "");
    assert_eq!(dialogue.draft().at, Question::Source);
    assert_eq!(
        dialogue.draft().systems[0].answers[&Field::ClientId],
        "acme9"
    );
    // All the way back, and no further.
    for _ in 0..20 {
        world.types(&mut dialogue, "<");
    }
    assert_eq!(dialogue.draft().at, Question::Keeping);
    assert!(notes(&mut dialogue).contains("first question"));
}

#[test]
fn a_wrong_answer_names_the_thing_and_the_remedy_and_asks_again() {
    let cases: [(&[&str], &str, &str); 14] = [
        (&[], "3", "type a number from 1 to 2"),
        (
            &[""],
            "wms.peoplevox.net",
            "base_url must be an address such as https://",
        ),
        (
            &[""],
            "http://wms.peoplevox.net",
            "must begin with https://",
        ),
        (
            &[""],
            "https://robot:pw@wms.peoplevox.net",
            "must not hold a user name or password",
        ),
        (&["", ""], "", "Peoplevox: client id is needed"),
        (&["", "", "a", "b"], "", "needed to sign in"),
        (&TO_MORE[..5], "shoplin", "did you mean shopline"),
        (&TO_MORE[..10], "LW Pvx", "id must be made of small letters"),
        (
            &TO_MORE[..11],
            "LW-1",
            "prefix must be made of letters and digits",
        ),
        (&TO_MORE, "perhaps", "type y or n"),
        (
            &TO_WRITTEN[..1],
            "London",
            "write one such as Europe/London",
        ),
        (&TO_WRITTEN[..2], "25", "a number from 0 to 23"),
        (&TO_WRITTEN[..5], "engine/desk", "no slash"),
        (&TO_WRITTEN[..3], "7", "type a number from 1 to 2"),
    ];
    for (before, answer, expected) in cases {
        let mut world = World::default();
        let mut dialogue = fresh();
        if before.first() == Some(&"n") {
            world.all(&mut dialogue, &TO_MORE);
        }
        world.all(&mut dialogue, before);
        let at = dialogue.draft().clone();
        notes(&mut dialogue);
        world.types(&mut dialogue, answer);
        assert_eq!(*dialogue.draft(), at, "{answer:?}");
        let told = notes(&mut dialogue);
        assert!(told.contains(expected), "{answer:?}: {told}");
    }
}

#[test]
fn a_prefix_of_another_pair_is_refused_in_the_loaders_words() {
    let mut world = World::default();
    let mut dialogue = fresh();
    world.all(&mut dialogue, &TO_MORE);
    world.all(
        &mut dialogue,
        &[
            "y",
            "2",
            "https://acme.myshopline.com",
            SECRET,
            "",
            "",
            "lw",
        ],
    );
    let told = notes(&mut dialogue);
    assert!(
        told.contains("also the prefix of pair \"lw-pvx\""),
        "{told}"
    );
    assert_eq!(dialogue.draft().at, Question::Prefix { system: 2 });
}

#[test]
fn stopping_anywhere_loses_nothing_and_keeps_no_secret() {
    let answers = whole_way();
    for stop in 1..answers.len() {
        let mut world = World::default();
        let mut dialogue = fresh();
        world.all(&mut dialogue, &answers[..stop]);
        assert!(
            matches!(world.types(&mut dialogue, "q"), Next::Stop),
            "{stop}"
        );
        let kept = serde_json::to_string(dialogue.draft()).unwrap();
        assert!(!kept.contains(SECRET), "{kept}");
        let draft: Draft = serde_json::from_str(&kept).unwrap();
        let is_written = draft.is_written;
        let mut again = Dialogue::resume(place(is_written), draft).unwrap();
        let at = match dialogue.draft().at {
            // What was read of a sheet is read again.
            Question::Take { system } => Question::Sheet { system },
            at => at,
        };
        assert_eq!(again.draft().at, at, "{stop}");
        // And from there to the end.
        let rest: Vec<&str> = match at {
            Question::Sheet { .. } => TO_END[1..].to_vec(),
            _ => answers[stop..].to_vec(),
        };
        let end = World::default().all(&mut again, &rest);
        assert!(
            matches!(end, Next::Leave(_)),
            "{stop}: {:?}",
            again.draft().at
        );
    }
}

#[test]
fn a_draft_that_does_not_hold_together_is_not_gone_on_with() {
    let mut world = World::default();
    let mut dialogue = fresh();
    world.all(&mut dialogue, &TO_MORE);
    let good = dialogue.draft().clone();
    assert!(Dialogue::resume(place(false), good.clone()).is_some());
    let spoilt: [fn(&mut Draft); 5] = [
        |d| d.version = 99,
        |d| d.at = Question::Prefix { system: 7 },
        |d| d.past.push(Question::Verdict { system: 4 }),
        |d| d.systems[1].id = "L W\n[store]".to_owned(),
        |d| d.systems.swap(0, 1),
    ];
    for spoil in spoilt {
        let mut draft = good.clone();
        spoil(&mut draft);
        assert!(Dialogue::resume(place(false), draft).is_none());
    }
    // Written, but somebody took the file away: it is offered to be written again.
    let mut draft = good;
    draft.is_written = true;
    draft.at = Question::Hold;
    let again = Dialogue::resume(place(false), draft).unwrap();
    assert_eq!(again.draft().at, Question::Write);
}

#[test]
fn a_configuration_that_is_there_is_not_touched_unless_said() {
    let mut world = World::default();
    let mut dialogue = Dialogue::begin(vec![place(true)], Draft::new("sam", "Europe/London"));
    assert_eq!(dialogue.draft().at, Question::Existing);
    assert!(matches!(world.types(&mut dialogue, ""), Next::Stop));
    world.types(&mut dialogue, "2");
    assert!(dialogue.draft().replaces);
    assert_eq!(dialogue.draft().at, Question::Keeping);

    // One that came meanwhile is noticed when it would be written over.
    let mut world = World {
        is_config_there: true,
        ..World::default()
    };
    let mut dialogue = fresh();
    world.all(&mut dialogue, &TO_MORE);
    world.all(&mut dialogue, &TO_WRITTEN);
    assert_eq!(dialogue.draft().at, Question::Existing);
    assert!(!dialogue.draft().is_written);
    world.types(&mut dialogue, "2");
    assert_eq!(dialogue.draft().at, Question::Write);
}

#[test]
fn of_two_places_one_is_chosen() {
    let places = vec![
        place(false),
        Place {
            path: PathBuf::from("tallyman.toml"),
            is_taken: true,
        },
    ];
    let mut dialogue = Dialogue::begin(places, Draft::new("sam", "Europe/London"));
    assert!(dialogue.file().is_none());
    assert!(dialogue.ask().choices[1].ends_with("(there is one)"));
    World::default().types(&mut dialogue, "2");
    assert_eq!(dialogue.file(), Some(&PathBuf::from("tallyman.toml")));
    assert_eq!(dialogue.draft().at, Question::Existing);
}

#[test]
fn a_system_that_refuses_can_be_tried_again_kept_or_left_out() {
    let mut world = World {
        refusing: vec![0, 1],
        ..World::default()
    };
    let mut dialogue = fresh();
    world.all(&mut dialogue, &TO_MORE[..5]);
    assert_eq!(dialogue.draft().at, Question::Verdict { system: 0 });
    let told = notes(&mut dialogue);
    assert!(
        told.contains("NO  sign-in: refused; check the password"),
        "{told}"
    );
    // The warehouse cannot be left out: there would be nothing to join to.
    assert_eq!(dialogue.ask().choices.len(), 2);
    // Again: what was typed stands there as default.
    world.types(&mut dialogue, "1");
    world.all(&mut dialogue, &["", "", "", ""]);
    assert_eq!(dialogue.draft().at, Question::Verdict { system: 0 });
    world.types(&mut dialogue, "2");
    assert_eq!(dialogue.draft().systems[0].verdict, Verdict::KeptAnyway);
    world.all(&mut dialogue, &TO_MORE[5..10]);
    assert_eq!(dialogue.draft().at, Question::Verdict { system: 1 });
    world.types(&mut dialogue, "3");
    assert_eq!(dialogue.draft().systems.len(), 1);
    assert_eq!(dialogue.draft().at, Question::Source);
}

#[test]
fn a_source_that_was_begun_and_not_wanted_after_all_is_dropped() {
    let mut world = World::default();
    let mut dialogue = fresh();
    world.all(&mut dialogue, &TO_MORE);
    world.all(&mut dialogue, &["y", "2", "<", "<", "n"]);
    assert_eq!(dialogue.draft().systems.len(), 2);
    assert_eq!(dialogue.draft().at, Question::Zone);
}

#[test]
fn variables_take_the_place_of_files_where_that_is_wanted() {
    let mut world = World::default();
    let mut dialogue = fresh();
    world.all(&mut dialogue, &["2", "", "acme", "robot"]);
    assert_eq!(dialogue.draft().keeping, Keeping::Variables);
    let asked = dialogue.ask();
    assert!(!asked.is_secret);
    assert_eq!(asked.default.as_deref(), Some("PVX_PASSWORD"));
    world.types(&mut dialogue, "not a name!");
    let told = notes(&mut dialogue);
    assert!(
        told.contains("name of a variable") && !told.contains("not a name!"),
        "{told}"
    );
    world.types(&mut dialogue, "");
    assert_eq!(
        dialogue.draft().systems[0].secrets[&Field::Password],
        SecretPlace::Env("PVX_PASSWORD".to_owned())
    );
    assert_eq!(world.done, ["Probe"]);
    // A second account of one kind proposes another name.
    world.all(
        &mut dialogue,
        &["1", "", "a", "", "", "", "", "", "y", "1", "", "b"],
    );
    assert_eq!(dialogue.ask().default.as_deref(), Some("LW_SECRET_2"));
}

#[test]
fn a_team_takes_postgresql_without_a_password_in_the_address() {
    let mut world = World {
        is_store_down: true,
        ..World::default()
    };
    let mut dialogue = fresh();
    world.all(&mut dialogue, &TO_MORE);
    world.all(&mut dialogue, &["n", "", "", "2"]);
    for (bad, expected) in [
        ("db.example", "begins with postgres://"),
        (
            "postgres://tally:pw@db.example/tallyman",
            "a secret may not stand in the file",
        ),
    ] {
        world.types(&mut dialogue, bad);
        let told = notes(&mut dialogue);
        assert!(told.contains(expected), "{told}");
    }
    world.all(
        &mut dialogue,
        &["postgres://tally@db.example/tallyman", "y", "", "", "y"],
    );
    assert!(dialogue.draft().makes_key);
    assert!(matches!(&dialogue.draft().store, StorePlace::Postgres(_)));
    // The configuration is written; the store is tried again until it opens.
    assert_eq!(dialogue.draft().at, Question::StoreFailed);
    assert!(notes(&mut dialogue).contains("no such database"));
    world.types(&mut dialogue, "1");
    assert_eq!(dialogue.draft().at, Question::StoreFailed);
    world.is_store_down = false;
    world.types(&mut dialogue, "1");
    assert_eq!(dialogue.draft().at, Question::Hold);
}

#[test]
fn locations_are_joined_to_the_sites_the_warehouse_lists() {
    let mut world = World::default();
    let mut dialogue = fresh();
    world.all(&mut dialogue, &TO_MORE);
    world.all(&mut dialogue, &TO_WRITTEN);
    world.all(&mut dialogue, &["n", "absent.csv"]);
    assert!(notes(&mut dialogue).contains("absent.csv cannot be read"));
    world.all(&mut dialogue, &["", "y"]);
    let asked = dialogue.ask();
    assert_eq!(asked.choices, ["MAIN (Main hall)", "NORTH"]);
    world.types(&mut dialogue, "5");
    assert!(notes(&mut dialogue).contains("\"5\" is not a site"));
    // The first ships from both halls; the second, a fulfilment centre, shares one of them.
    world.all(&mut dialogue, &["1+NORTH", ""]);
    assert_eq!(dialogue.draft().at, Question::Site { system: 1, at: 1 });
    world.types(&mut dialogue, "2");
    assert_eq!(dialogue.ask().default.as_deref(), Some("2"), "NET_STATIC");
    world.all(&mut dialogue, &["", "40%", "y"]);
    assert_eq!(dialogue.draft().at, Question::Rest { system: 1 });
    let rows: Vec<(String, String, String)> = world
        .applied
        .iter()
        .map(|e| match e {
            MappingEdit::Set {
                from,
                to,
                attributes,
                ..
            } => (
                from.clone(),
                to.clone(),
                crate::desk::show_attributes(attributes),
            ),
            MappingEdit::Remove { .. } => panic!("nothing is taken away"),
        })
        .collect();
    let row = |from: &str, to: &str, attributes: &str| {
        (from.to_owned(), to.to_owned(), attributes.to_owned())
    };
    assert_eq!(
        rows,
        [
            row("L1", "MAIN+NORTH", "basis=GROSS;name=Shop L1"),
            row(
                "L2",
                "NORTH",
                "basis=NET_STATIC;name=Shop L2;stock_share_percent=40"
            ),
        ]
    );
}

#[test]
fn a_location_that_is_left_out_is_not_mapped() {
    let mut world = World::default();
    let mut dialogue = fresh();
    world.all(&mut dialogue, &TO_MORE);
    world.all(&mut dialogue, &TO_WRITTEN);
    world.all(&mut dialogue, &["n", "", "y", "0", "0"]);
    assert_eq!(dialogue.draft().at, Question::Rest { system: 1 });
    assert!(world.applied.is_empty());
}

#[test]
fn hostile_input_is_harmless() {
    let bad = [
        ("one\ntwo", "several lines"),
        ("a\u{1b}[2Jb", "do not show"),
        ("evil\u{202e}moc", "do not show"),
        (&"x".repeat(10_000), "longer than 500 characters"),
    ];
    for (text, expected) in bad {
        let mut dialogue = fresh();
        let mut world = World::default();
        world.all(&mut dialogue, &["", ""]);
        let before = dialogue.draft().clone();
        world.types(&mut dialogue, text);
        assert_eq!(*dialogue.draft(), before);
        let told = notes(&mut dialogue);
        assert!(told.contains(expected), "{told}");
    }
    // And of a secret, which is never repeated.
    for text in ["one\ntwo-s3cret", "a\u{7}s3cret"] {
        let mut dialogue = fresh();
        let mut world = World::default();
        world.all(&mut dialogue, &["", "", "a", "b"]);
        world.types(&mut dialogue, text);
        let told = notes(&mut dialogue);
        assert!(
            told.contains("nothing was taken") && !told.contains("s3cret"),
            "{told}"
        );
        assert!(world.done.is_empty());
    }
    let mut dialogue = fresh();
    assert!(matches!(dialogue.reply(Typed::TooLong), Next::Ask));
}

#[test]
fn every_question_explains_itself() {
    let mut world = World::default();
    let mut dialogue = fresh();
    for answer in whole_way() {
        let asked = dialogue.ask();
        assert!(!asked.title.is_empty() && !asked.lines.is_empty());
        world.types(&mut dialogue, "?");
        assert!(notes(&mut dialogue).chars().count() > 30, "{}", asked.title);
        assert_eq!(dialogue.ask(), asked);
        world.types(&mut dialogue, answer);
        notes(&mut dialogue);
    }
    for vendor in [
        Vendor::Peoplevox,
        Vendor::Linnworks,
        Vendor::Shopline,
        Vendor::Cin7core,
    ] {
        for field in vendor.fields() {
            let words = super::words::field(vendor, *field);
            assert!(!words.more.is_empty(), "{vendor:?} {field:?}");
            assert_eq!(field.is_secret(), !words.variable.is_empty());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever is typed, the dialogue stands at a question and its draft can be kept, read back and loaded.
    #[test]
    fn whatever_is_typed_the_draft_stays_sound(
        typed in proptest::collection::vec(
            prop_oneof![Just(String::new()), Just("<".to_owned()), Just("1".to_owned()), Just("2".to_owned()),
                Just("y".to_owned()), Just("n".to_owned()), Just(SECRET.to_owned()), "[ -~]{1,12}", ".{0,6}"], 0..60),
    ) {
        let mut world = World { refusing: vec![1], ..World::default() };
        let mut dialogue = fresh();
        for text in typed {
            if !matches!(world.types(&mut dialogue, &text), Next::Ask) {
                break;
            }
            dialogue.ask();
            let kept = serde_json::to_string(dialogue.draft()).unwrap();
            let draft: Draft = serde_json::from_str(&kept).unwrap();
            let is_written = draft.is_written;
            prop_assert!(Dialogue::resume(place(is_written), draft).is_some(), "{kept}");
        }
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_configuration_is_written_whole_private_and_never_over_another() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new/tallyman.toml");
    assert_eq!(write::write_config(&file, "one", false).unwrap(), None);
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    assert!(write::write_config(&file, "two", false).is_err());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "one");
    let old = write::write_config(&file, "two", true).unwrap().unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "two");
    assert_eq!(std::fs::read_to_string(&old).unwrap(), "one");
    let older = write::write_config(&file, "three", true).unwrap().unwrap();
    assert_ne!(old, older);
    let names = std::fs::read_dir(file.parent().unwrap()).unwrap().count();
    assert_eq!(names, 3, "nothing temporary is left");
}

#[test]
fn a_secret_goes_into_a_private_file_and_leaves_those_of_others_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tallyman.toml");
    let secret = |text: &str| Secret::new(text.to_owned());
    let keep = |ours: Option<&str>, text: &str| {
        write::keep_secret(&file, "pvx-password", ours, &secret(text)).unwrap()
    };
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let first = keep(None, "one");
    assert_eq!(first, "secrets/pvx-password");
    assert_eq!(mode(&folder.path().join(&first)), 0o600);
    assert_eq!(mode(&folder.path().join("secrets")), 0o700);
    // Typed again: its own file. Another set-up: another file, for that one is in use.
    assert_eq!(keep(Some(&first), "two"), first);
    let other = keep(None, "three");
    assert_eq!(
        (read(&first).as_str(), read(&other).as_str()),
        ("two", "three")
    );
    // A draft that names a file elsewhere does not get it overwritten.
    let hostile = keep(Some("secrets/../tallyman.toml"), "four");
    assert!(hostile.starts_with("secrets/pvx-password") && !file.exists());
    let loaded = SecretRef::File(first.into()).fetch(folder.path()).unwrap();
    assert_eq!(loaded.expose(), "two");
}

#[test]
fn a_draft_comes_back_as_it_was_kept_and_one_that_is_none_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tallyman.toml");
    assert!(write::read_draft(&file).unwrap().is_none());
    let mut dialogue = fresh();
    World::default().all(&mut dialogue, &TO_MORE);
    write::keep_draft(&file, dialogue.draft()).unwrap();
    assert_eq!(mode(&write::draft_path(&file)), 0o600);
    assert_eq!(
        write::read_draft(&file).unwrap().as_ref(),
        Some(dialogue.draft())
    );
    std::fs::write(write::draft_path(&file), "{}").unwrap();
    assert!(
        write::read_draft(&file)
            .unwrap_err()
            .contains("tallyman.toml.draft is not a draft")
    );
    write::drop_draft(&file).unwrap();
    write::drop_draft(&file).unwrap();
    assert!(write::read_draft(&file).unwrap().is_none());
}

#[test]
fn webhooks_get_an_address_and_a_secret_nobody_types() {
    let (mut world, mut dialogue) = (World::default(), fresh());
    world.all(&mut dialogue, &TO_MORE);
    world.all(&mut dialogue, &["n", "", "", "1"]);
    assert!(dialogue.ask().title.starts_with("Webhooks"));
    for bad in ["hooks.example.com", "http://hooks.example.com", "https://"] {
        world.types(&mut dialogue, bad);
        assert!(dialogue.ask().title.starts_with("Webhooks"), "{bad}");
    }
    world.types(&mut dialogue, "https://hooks.example.com/");
    assert_eq!(dialogue.ask().title, "Your name");
    let server = config_of(&dialogue).server.unwrap();
    assert_eq!(server.listen.to_string(), "127.0.0.1:8480");
    assert_eq!(
        server.public_url.as_deref(),
        Some("https://hooks.example.com")
    );
    let SecretRef::File(path) = &server.hook_secret else {
        panic!("it is kept in a file")
    };
    assert_eq!(path, Path::new("secrets/hook-secret"));
    // Back and Enter keeps both; a hyphen leaves it out.
    world.all(&mut dialogue, &["<", ""]);
    assert!(config_of(&dialogue).server.is_some());
    world.all(&mut dialogue, &["<", "-"]);
    assert!(config_of(&dialogue).server.is_none());
}

#[test]
fn the_secret_of_webhooks_stands_in_a_variable_where_secrets_do() {
    let (mut world, mut dialogue) = (World::default(), fresh());
    world.all(
        &mut dialogue,
        &["2", "", "acme1234", "robot", "PVX_PASSWORD"],
    );
    world.all(
        &mut dialogue,
        &["1", "", "app-1", "LW_SECRET", "LW_TOKEN", "", "", ""],
    );
    world.all(
        &mut dialogue,
        &["n", "", "", "1", "https://hooks.example.com"],
    );
    let server = config_of(&dialogue).server.unwrap();
    assert!(matches!(server.hook_secret, SecretRef::Env(name) if name == "TALLYMAN_HOOK_SECRET"));
    assert!(notes(&mut dialogue).contains("TALLYMAN_HOOK_SECRET"));
    assert!(!world.done.iter().any(|act| act == "MakeHookSecret"));
}
