mod lanes;
mod writing;

use super::LaneView;
use crate::domain::role::{Person, Role};

fn floor() -> Person {
    Person::new("Alex", &[Role::Operator])
}

fn lead() -> Person {
    Person::new("Sam", &[Role::Lead])
}

fn no_lock(_: &LaneView<'_>) -> bool {
    false
}
