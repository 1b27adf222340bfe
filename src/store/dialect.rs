//! The few fragments in which the two databases differ, written as `@marks` inside otherwise shared SQL.

use std::borrow::Cow;

/// Which database a connection speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Pg,
}

impl Dialect {
    /// Replaces the marks:
    /// `@any($n)` is membership in a bound list, `@lock` locks the rows read until the commit, `@skip` does so and passes
    /// over rows that are locked, `@share` keeps them from being changed; `@like` compares ignoring case. SQLite's single
    /// writer needs no row locks. `@limit($n)` bounds the rows: SQLite plans by a bound limit it can see and makes the
    /// plan anew at every use, so it is shown a sum.
    pub(super) fn expand(self, sql: Cow<'static, str>) -> Cow<'static, str> {
        debug_assert!(!sql.contains("limit $"), "a limit is marked: {sql}");
        if !sql.contains('@') {
            return sql;
        }
        let mut out = String::with_capacity(sql.len() + 32);
        let mut rest = sql.as_ref();
        while let Some(at) = rest.find('@') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            rest = self.mark(rest, &mut out);
        }
        out.push_str(rest);
        Cow::Owned(out)
    }

    fn mark<'a>(self, rest: &'a str, out: &mut String) -> &'a str {
        if let Some(tail) = rest.strip_prefix("@any(") {
            let (param, tail) = tail.split_once(')').unwrap_or((tail, ""));
            match self {
                Self::Sqlite => {
                    out.push_str("in (select value from json_each(");
                    out.push_str(param);
                    out.push_str("))");
                }
                Self::Pg => {
                    out.push_str("= any(");
                    out.push_str(param);
                    out.push(')');
                }
            }
            return tail;
        }
        if let Some(tail) = rest.strip_prefix("@limit(") {
            let (param, tail) = tail.split_once(')').unwrap_or((tail, ""));
            out.push_str(match self {
                Self::Sqlite => "limit 0 + ",
                Self::Pg => "limit ",
            });
            out.push_str(param);
            return tail;
        }
        if let Some(tail) = rest.strip_prefix("@like") {
            // SQLite's `like` ignores the case of ASCII letters by itself.
            out.push_str(match self {
                Self::Sqlite => "like",
                Self::Pg => "ilike",
            });
            return tail;
        }
        for (mark, pg) in [
            ("@lock", "for update"),
            ("@skip", "for update skip locked"),
            ("@share", "for share"),
        ] {
            if let Some(tail) = rest.strip_prefix(mark) {
                if self == Self::Pg {
                    out.push_str(pg);
                }
                return tail;
            }
        }
        out.push('@');
        &rest[1..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_the_words_of_each_database() {
        let sql = "select id from orders where id @any($1) order by id @limit($2) @lock";
        assert_eq!(
            Dialect::Sqlite.expand(sql.into()),
            "select id from orders where id in (select value from json_each($1)) order by id limit 0 + $2 "
        );
        assert_eq!(
            Dialect::Pg.expand(sql.into()),
            "select id from orders where id = any($1) order by id limit $2 for update"
        );
        assert_eq!(Dialect::Pg.expand("select '@x'".into()), "select '@x'");
    }
}
