//! Bodies for somebody outside: names, addresses, e-mail addresses, telephone numbers and tokens are replaced by words
//! that stay the same for the same value, so that what belongs together is still seen to.

use super::compare::key_of;
use crate::domain::order::Address;
use std::collections::BTreeMap;

/// Shortest value that is looked for in running text; shorter ones would be found everywhere.
const KNOWN_CHARS_MIN: usize = 4;
/// Shortest value of a field that is looked for elsewhere too: a town of four letters stands in many a word.
const LEARNED_CHARS_MIN: usize = 6;
/// From so many characters on it is said how many a value has: systems refuse what is too long for them.
const LONG_CHARS_MIN: usize = 30;
/// Values of fields that are looked for elsewhere.
const LEARNED_MAX: usize = 500;

/// What a value is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Name,
    Address,
    Email,
    Phone,
    Secret,
}

impl Class {
    const fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Address => "address",
            Self::Email => "e-mail",
            Self::Phone => "phone",
            Self::Secret => "secret",
        }
    }
}

/// Replaces values, the same one always by the same word.
#[derive(Debug, Default)]
pub struct Masker {
    given: BTreeMap<(Class, String), usize>,
    counts: BTreeMap<Class, usize>,
    /// Values known to be a customer's, longest first.
    known: Vec<(Class, String)>,
}

impl Masker {
    /// One that also finds the values of these addresses in running text.
    pub fn knowing(addresses: &[&Address]) -> Self {
        let mut known = Vec::new();
        for a in addresses {
            let fields = [
                (Class::Name, &a.name),
                (Class::Name, &a.company),
                (Class::Address, &a.line1),
                (Class::Address, &a.line2),
                (Class::Address, &a.line3),
                (Class::Address, &a.town),
                (Class::Address, &a.region),
                (Class::Address, &a.postcode),
                (Class::Email, &a.email),
                (Class::Phone, &a.phone),
            ];
            for (class, value) in fields {
                let value = value.trim().to_owned();
                if value.chars().count() >= KNOWN_CHARS_MIN
                    && !known.contains(&(class, value.clone()))
                {
                    known.push((class, value));
                }
            }
        }
        known.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
        Self {
            known,
            ..Self::default()
        }
    }

    /// Remembers whose values stand in fields of these lines, to find them in running text as well.
    pub fn learn(&mut self, lines: &[String]) {
        for line in lines {
            let class = key_of(line).and_then(|key| class_of(&key));
            let (Some(class), Some((_, value, _))) = (class, value_of(line)) else {
                continue;
            };
            let known = (class, value.trim().to_owned());
            let is_telling = known.1.chars().count() >= LEARNED_CHARS_MIN
                && known.1.chars().any(char::is_alphanumeric);
            if is_telling && self.known.len() < LEARNED_MAX && !self.known.contains(&known) {
                self.known.push(known);
            }
        }
        self.known
            .sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
    }

    fn word(&mut self, class: Class, value: &str) -> String {
        if class == Class::Secret {
            return "[secret]".to_owned();
        }
        let chars = value.trim().chars().count();
        let counts = &mut self.counts;
        let key = (class, value.trim().to_lowercase());
        let n = *self.given.entry(key).or_insert_with(|| {
            let n = counts.entry(class).or_insert(0);
            *n += 1;
            *n
        });
        if chars >= LONG_CHARS_MIN {
            format!("[{} {n}, {chars} characters]", class.word())
        } else {
            format!("[{} {n}]", class.word())
        }
    }

    /// A line of a body that was set out, masked.
    pub fn line(&mut self, line: &str) -> String {
        if let Some(class) = key_of(line).and_then(|key| class_of(&key))
            && let Some((before, value, after)) = value_of(line)
        {
            let word = self.word(class, value);
            return format!("{before}{word}{after}");
        }
        self.text(line)
    }

    /// Running text: known values and everything that looks like an e-mail address.
    pub fn text(&mut self, text: &str) -> String {
        let mut out = text.to_owned();
        for at in 0..self.known.len() {
            let Some((class, value)) = self.known.get(at).cloned() else {
                continue;
            };
            if let Some(found) = find_ignoring_case(&out, &value) {
                let word = self.word(class, &value);
                out = replace_all(out, found, &value, &word);
            }
        }
        self.emails(&out)
    }

    fn emails(&mut self, text: &str) -> String {
        if !text.contains('@') {
            return text.to_owned();
        }
        let is_part = |c: char| c.is_alphanumeric() || "@._%+-".contains(c);
        let mut out = String::with_capacity(text.len());
        let mut run = String::new();
        for c in text.chars().chain(['\n']) {
            if is_part(c) {
                run.push(c);
                continue;
            }
            let is_email = run
                .split_once('@')
                .is_some_and(|(who, host)| !who.is_empty() && host.contains('.'));
            if is_email {
                let word = self.word(Class::Email, &run);
                out.push_str(&word);
            } else {
                out.push_str(&run);
            }
            run.clear();
            out.push(c);
        }
        out.pop();
        out
    }
}

fn find_ignoring_case(text: &str, value: &str) -> Option<usize> {
    // Only ASCII letters change case here, so that places in both texts are the same.
    let (text, value) = (text.to_ascii_lowercase(), value.to_ascii_lowercase());
    text.find(&value)
}

fn replace_all(text: String, first: usize, value: &str, word: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    let mut next = Some(first);
    while let Some(at) = next {
        let (Some(before), Some(after)) = (rest.get(..at), rest.get(at + value.len()..)) else {
            break;
        };
        out.push_str(before);
        out.push_str(word);
        rest = after;
        next = find_ignoring_case(rest, value);
    }
    out.push_str(rest);
    out
}

/// What a name says about its value.
fn class_of(key: &str) -> Option<Class> {
    const SECRET: [&str; 8] = [
        "token",
        "secret",
        "password",
        "authorization",
        "apikey",
        "applicationkey",
        "sessionid",
        "cookie",
    ];
    const NAMES: [&str; 12] = [
        "firstname",
        "lastname",
        "surname",
        "fullname",
        "contactname",
        "customername",
        "buyername",
        "recipientname",
        "shippingname",
        "company",
        "companyname",
        "shipto",
    ];
    const ADDRESS: [&str; 8] = [
        "addressline",
        "street",
        "postcode",
        "postalcode",
        "zipcode",
        "displayaddress",
        "housenumber",
        "shippingaddress",
    ];
    const ADDRESS_IS: [&str; 13] = [
        "address", "address1", "address2", "address3", "line1", "line2", "line3", "town", "city",
        "county", "region", "province", "zip",
    ];
    const PHONES: [&str; 4] = ["phone", "mobile", "telephone", "faxnumber"];
    let holds = |words: &[&str]| words.iter().any(|w| key.contains(w));
    if holds(&SECRET) {
        return Some(Class::Secret);
    }
    if key.contains("email") {
        return Some(Class::Email);
    }
    if holds(&PHONES) {
        return Some(Class::Phone);
    }
    if holds(&ADDRESS)
        || ADDRESS_IS
            .iter()
            .any(|w| key == *w || key.ends_with(&format!("address{w}")))
    {
        return Some(Class::Address);
    }
    let is_name = holds(&NAMES) || ["name", "contact", "customer", "recipient"].contains(&key);
    is_name.then_some(Class::Name)
}

/// A line as what stands before its value, the value, and what stands behind it. `None` when it has no value to hide.
fn value_of(line: &str) -> Option<(&str, &str, &str)> {
    let trimmed = line.trim_start();
    let (start, end) = if trimmed.starts_with('"') {
        let colon = line.find("\": ")? + 3;
        let rest = line.get(colon..)?;
        if let Some(text) = rest.strip_prefix('"') {
            (colon + 1, colon + 1 + text.rfind('"')?)
        } else {
            let value = rest.trim_end().trim_end_matches(',');
            if value.starts_with(['{', '[']) || value == "null" {
                return None;
            }
            (colon, colon + value.len())
        }
    } else if trimmed.starts_with('<') {
        (line.find('>')? + 1, line.rfind("</")?)
    } else {
        let colon = line.find(": ")? + 2;
        (colon, line.len())
    };
    let value = line.get(start..end)?;
    if value.trim().is_empty() {
        return None;
    }
    Some((line.get(..start)?, value, line.get(end..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pat() -> Address {
        Address {
            name: "Pat Sample".to_owned(),
            line1: "1 High Street".to_owned(),
            town: "York".to_owned(),
            email: "pat@example.test".to_owned(),
            phone: "01904 000000".to_owned(),
            ..Address::default()
        }
    }

    #[test]
    fn the_same_value_gets_the_same_word_in_every_form() {
        let mut masker = Masker::knowing(&[&pat()]);
        assert_eq!(
            masker.line("  \"FirstName\": \"Pat Sample\","),
            "  \"FirstName\": \"[name 1]\","
        );
        assert_eq!(
            masker.line("<Contact>PAT SAMPLE</Contact>"),
            "<Contact>[name 1]</Contact>"
        );
        assert_eq!(masker.line("  Contact: pat sample"), "  Contact: [name 1]");
        assert_eq!(
            masker.line("no room for Pat Sample, YORK"),
            "no room for [name 1], [address 1]"
        );
        assert_eq!(
            masker.line("\"email\": \"jo@x.test\""),
            "\"email\": \"[e-mail 1]\""
        );
        assert_eq!(
            masker.line("  Line1: The Old Post Office behind the second gate"),
            "  Line1: [address 2, 42 characters]"
        );
        assert_eq!(masker.text("ask jo@x.test today"), "ask [e-mail 1] today");
        assert_eq!(
            masker.line("authorization: Bearer abc"),
            "authorization: [secret]"
        );
    }

    #[test]
    fn what_is_nobodys_stays_readable() {
        let mut masker = Masker::knowing(&[&pat()]);
        for line in [
            "  \"SalesOrderNumber\": \"LW-1001\",",
            "  ItemCode: MUG-RED",
            "  \"Address\": {",
            "  \"Town\": null,",
            "<Errors/>",
            "HTTP 500",
        ] {
            assert_eq!(masker.line(line), line);
        }
    }
}
