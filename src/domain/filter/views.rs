//! Saved views inside a filter: `view:"Late DHL" channel:ebay`.

/// The word before the name of a view.
pub const VIEW_FIELD: &str = "view";

/// A saved view of one list, as far as a filter needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFilter {
    pub name: String,
    /// As it is typed.
    pub filter: String,
}

/// The view of this name, whatever its case.
pub(super) fn named<'v>(views: &'v [NamedFilter], name: &str) -> Option<&'v NamedFilter> {
    let key = |name: &str| name.trim().to_lowercase();
    let wanted = key(name);
    views.iter().find(|v| key(&v.name) == wanted)
}

#[cfg(test)]
mod tests {
    use super::super::{complete, lists, parse, parse_with};
    use super::*;

    fn saved() -> Vec<NamedFilter> {
        let view = |name: &str, filter: &str| NamedFilter {
            name: name.to_owned(),
            filter: filter.to_owned(),
        };
        vec![
            view("Late DHL", "ship<0m DHL"),
            view("Held", "held:yes"),
            view("Old", "gone:1"),
            view("Nested", "view:Held"),
        ]
    }

    fn refusal(text: &str) -> String {
        parse_with(text, lists::ORDERS, &saved())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_view_stands_for_its_filter_and_more_narrows_it() {
        let through = parse_with(
            r#"view:"late dhl" channel:ebay view:held"#,
            lists::ORDERS,
            &saved(),
        );
        let typed = parse("ship<0m DHL channel:ebay held:yes", lists::ORDERS);
        assert_eq!(through.unwrap(), typed.unwrap());
    }

    #[test]
    fn a_view_that_is_not_there_names_those_that_are() {
        assert!(refusal("view:").contains("one of Late DHL, Held, Old"));
        assert!(refusal("view:hel").contains("did you mean `Held`?"));
        let none = parse_with("view:x", lists::ORDERS, &[]).unwrap_err();
        assert!(none.to_string().contains("none is saved"), "{none}");
    }

    #[test]
    fn what_a_view_cannot_do_is_said() {
        assert!(refusal("-view:Held").contains("as it was saved"));
        assert!(refusal("view>2").contains("as it was saved"));
        assert!(refusal("view:Old").contains("the view `Old` cannot be read"));
        assert!(refusal("view:Nested").contains("there is no field `view`"));
        assert!(
            parse("view:Held", lists::ORDERS).is_err(),
            "no views, no word for them"
        );
    }

    #[test]
    fn names_of_views_are_offered_and_quoted_where_needed() {
        let offered = complete("view:l", 6, lists::ORDERS, &saved());
        assert_eq!(offered, [r#"view:"Late DHL""#]);
        let offered = complete(r#"view:"lat"#, 9, lists::ORDERS, &saved());
        assert_eq!(offered, [r#"view:"Late DHL""#]);
        assert!(complete("vi", 2, lists::ORDERS, &saved()).contains(&"view:".to_owned()));
        assert!(!complete("vi", 2, lists::ORDERS, &[]).contains(&"view:".to_owned()));
    }
}
