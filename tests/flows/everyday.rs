//! The chapter of everyday tasks, pressed key by key as it is written: what it promises happens, in as many keys.

use super::support::flow::Console;
use super::{SIZE, console};
use tallyman::console::app::ask::{Act, ExceptionAct, OrderAct};
use tallyman::console::app::nav::Pane;
use tallyman::desk::Decision;

/// The most keys besides the service code that mapping one service may take.
const MAPPING_KEYS_MAX: usize = 8;
/// The least number of tasks that people can look up.
const TASKS_MIN: usize = 10;

struct Task {
    title: String,
    /// As [`Console::press`] takes them.
    keys: Vec<String>,
    count: usize,
}

/// Rows of the table: what stands in backticks is pressed, the rest is typed.
fn tasks() -> Vec<Task> {
    let chapter = tallyman::handbook::chapters()
        .iter()
        .find(|(name, ..)| *name == "everyday")
        .unwrap();
    let rows = chapter.2.lines().filter(|l| l.starts_with("| "));
    rows.skip(1)
        .map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let keys = cells[2].split(' ').filter(|word| !word.is_empty());
            Task {
                title: cells[1].to_owned(),
                keys: keys.map(pressed).collect(),
                count: cells[3].parse().unwrap(),
            }
        })
        .collect()
}

fn pressed(word: &str) -> String {
    match word.strip_prefix('`').and_then(|w| w.strip_suffix('`')) {
        Some(key) if key.chars().count() == 1 => key.to_owned(),
        Some(key) => key.to_lowercase(),
        None => format!("'{word}"),
    }
}

/// What must have happened when the last key was pressed.
fn is_done(title: &str, c: &Console) -> bool {
    let acts = c.backend.done();
    let text = c.text();
    let of_cases = |wanted: fn(&ExceptionAct) -> bool| matches!(acts.as_slice(), [Act::Exceptions { targets, what }] if targets.len() == 1 && wanted(what));
    match title {
        "Is anything mine?" => text.contains("mine only"),
        "Take the most urgent case" => of_cases(|w| matches!(w, ExceptionAct::Acknowledge)),
        "Map a service that blocks" => {
            matches!(acts.as_slice(), [Act::ApplyMappings { edits, .. }] if edits.len() == 1)
        }
        "Hand a case over" => of_cases(|w| matches!(w, ExceptionAct::Assign { .. })),
        "Put a case off" => of_cases(|w| matches!(w, ExceptionAct::Snooze { .. })),
        "Why does it not move?" => text.contains("Not moving") && text.contains("you can"),
        "Hold an order" => {
            matches!(acts.as_slice(), [Act::Orders { what: OrderAct::Hold { reason }, .. }] if reason == "fraud?")
        }
        "Publish a stock figure" => matches!(acts.as_slice(), [Act::PushStock { .. }]),
        "Approve a credit" => matches!(
            acts.as_slice(),
            [Act::DecideReturn {
                what: Decision::Approve { .. },
                ..
            }]
        ),
        "Sign a check" => matches!(acts.as_slice(), [Act::SignCheck { .. }]),
        "Late orders into a file" => c.backend.files.lock().unwrap().len() == 1,
        "Why is this slow?" => text.contains("the worst first"),
        "Take my last edit back" => matches!(acts.as_slice(), [Act::Undo(_)]),
        other => panic!("nobody says what {other:?} must come to"),
    }
}

#[tokio::test]
async fn every_task_of_the_chapter_is_done_by_its_keys_and_in_as_many() {
    let tasks = tasks();
    assert!(tasks.len() >= TASKS_MIN, "{} tasks", tasks.len());
    for task in tasks {
        let mut c = console(Pane::Live).await;
        c.press(&task.keys.join(" ")).await;
        assert!(
            is_done(&task.title, &c),
            "{} by {:?} at {SIZE:?}; acts {:?}:\n{}",
            task.title,
            task.keys,
            c.backend.done(),
            c.text()
        );
        let typed = task.keys.iter().filter(|k| k.starts_with('\'')).count();
        assert_eq!(task.keys.len() - typed, task.count, "{}", task.title);
        if task.title.starts_with("Map a service") {
            assert!(task.count <= MAPPING_KEYS_MAX);
        }
    }
}
