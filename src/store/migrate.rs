//! Schema steps, embedded, one transaction each. Newer schemas are refused, older ones brought forward.

use super::db::{Conn, Db};
use super::dialect::Dialect;
use super::value::vals;
use super::{StoreError, StoreResult};

struct Step {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

const STEPS: &[Step] = &[
    Step {
        version: 1,
        name: "first",
        sqlite: include_str!("../../assets/migrations/sqlite/0001_first.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0001_first.sql"),
    },
    Step {
        version: 2,
        name: "confirmed",
        sqlite: include_str!("../../assets/migrations/sqlite/0002_confirmed.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0002_confirmed.sql"),
    },
    Step {
        version: 3,
        name: "looks",
        sqlite: include_str!("../../assets/migrations/sqlite/0003_looks.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0003_looks.sql"),
    },
    Step {
        version: 4,
        name: "movements",
        sqlite: include_str!("../../assets/migrations/sqlite/0004_movements.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0004_movements.sql"),
    },
    Step {
        version: 5,
        name: "returns",
        sqlite: include_str!("../../assets/migrations/sqlite/0005_returns.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0005_returns.sql"),
    },
    Step {
        version: 6,
        name: "labels",
        sqlite: include_str!("../../assets/migrations/sqlite/0006_labels.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0006_labels.sql"),
    },
    Step {
        version: 7,
        name: "comparisons",
        sqlite: include_str!("../../assets/migrations/sqlite/0007_comparisons.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0007_comparisons.sql"),
    },
    Step {
        version: 8,
        name: "lanes",
        sqlite: include_str!("../../assets/migrations/sqlite/0008_lanes.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0008_lanes.sql"),
    },
    Step {
        version: 9,
        name: "unlabelled",
        sqlite: include_str!("../../assets/migrations/sqlite/0009_unlabelled.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0009_unlabelled.sql"),
    },
    Step {
        version: 10,
        name: "checks",
        sqlite: include_str!("../../assets/migrations/sqlite/0010_checks.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0010_checks.sql"),
    },
    Step {
        version: 11,
        name: "views",
        sqlite: include_str!("../../assets/migrations/sqlite/0011_views.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0011_views.sql"),
    },
    Step {
        version: 12,
        name: "layouts",
        sqlite: include_str!("../../assets/migrations/sqlite/0012_layouts.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0012_layouts.sql"),
    },
    Step {
        version: 13,
        name: "undo",
        sqlite: include_str!("../../assets/migrations/sqlite/0013_undo.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0013_undo.sql"),
    },
    Step {
        version: 14,
        name: "rules",
        sqlite: include_str!("../../assets/migrations/sqlite/0014_rules.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0014_rules.sql"),
    },
    Step {
        version: 15,
        name: "bulks",
        sqlite: include_str!("../../assets/migrations/sqlite/0015_bulks.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0015_bulks.sql"),
    },
    Step {
        version: 16,
        name: "stock_days",
        sqlite: include_str!("../../assets/migrations/sqlite/0016_stock_days.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0016_stock_days.sql"),
    },
    Step {
        version: 17,
        name: "presence",
        sqlite: include_str!("../../assets/migrations/sqlite/0017_presence.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0017_presence.sql"),
    },
    Step {
        version: 18,
        name: "order_bulks",
        sqlite: include_str!("../../assets/migrations/sqlite/0018_order_bulks.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0018_order_bulks.sql"),
    },
    Step {
        version: 19,
        name: "labels_found",
        sqlite: include_str!("../../assets/migrations/sqlite/0019_labels_found.sql"),
        postgres: include_str!("../../assets/migrations/postgres/0019_labels_found.sql"),
    },
];

/// The schema this program writes.
pub(super) fn known() -> i64 {
    STEPS.last().map_or(0, |s| s.version)
}

/// Marks a SQLite file as ours ("taly").
pub(super) const APPLICATION_ID: i64 = 0x7461_6c79;

const CREATE_STEPS: &str = "create table if not exists schema_step (\
    version bigint not null primary key, name text not null, at bigint not null)";

/// The schema found: 0 in an empty database. A database that is somebody else's is refused.
pub(super) async fn found(conn: &mut Conn) -> StoreResult<i64> {
    let tables = match conn.dialect() {
        Dialect::Sqlite => {
            let id = conn.number("pragma application_id", vec![]).await?;
            let tables = conn
                .number(
                    "select count(*) from sqlite_master where name not like 'sqlite_%'",
                    vec![],
                )
                .await?;
            if tables > 0 && id != APPLICATION_ID {
                return Err(StoreError::Corrupt(
                    "this is a SQLite database of another program, not a tallyman store; nothing was changed".to_owned(),
                ));
            }
            conn.number(
                "select count(*) from sqlite_master where name = 'schema_step'",
                vec![],
            )
            .await?
        }
        Dialect::Pg => {
            conn.number(
                "select case when to_regclass('schema_step') is null then 0::bigint else 1::bigint end",
                vec![],
            )
            .await?
        }
    };
    if tables == 0 {
        return Ok(0);
    }
    conn.number("select max(version) from schema_step", vec![])
        .await
}

/// Refuses a schema newer than the program.
pub(super) fn refuse_newer(found: i64) -> StoreResult<()> {
    if found > known() {
        return Err(StoreError::Newer {
            found,
            known: known(),
        });
    }
    Ok(())
}

/// Applies every missing step. Safe when several processes start at once: each step looks again under the lock.
pub(super) async fn run(db: &Db) -> StoreResult<()> {
    for step in STEPS {
        let mut tx = db.write().await?;
        if tx.dialect() == Dialect::Pg {
            tx.exec("select pg_advisory_xact_lock($1)", vals![APPLICATION_ID])
                .await?;
        }
        let have = found(&mut tx).await?;
        refuse_newer(have)?;
        if have > 0 && is_applied(&mut tx, step.version).await? {
            continue;
        }
        if tx.dialect() == Dialect::Sqlite {
            tx.script("pragma application_id = 1952541817").await?;
        }
        tx.script(CREATE_STEPS).await?;
        tx.script(match tx.dialect() {
            Dialect::Sqlite => step.sqlite,
            Dialect::Pg => step.postgres,
        })
        .await?;
        tx.exec(
            "insert into schema_step (version, name, at) values ($1, $2, $3)",
            vals![step.version, step.name, super::open::wall_clock()],
        )
        .await?;
        tx.commit().await.map_err(|(error, _)| error)?;
    }
    Ok(())
}

/// Each step is looked for by its own number: one that was added beside a later one is made up for.
async fn is_applied(conn: &mut Conn, version: i64) -> StoreResult<bool> {
    let rows = conn
        .number(
            "select count(*) from schema_step where version = $1",
            vals![version],
        )
        .await?;
    Ok(rows > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_mark_in_the_script_is_the_constant() {
        assert_eq!(APPLICATION_ID, 1_952_541_817);
    }

    #[test]
    fn steps_are_numbered_upwards() {
        assert!(STEPS.windows(2).all(|w| w[0].version < w[1].version));
    }
}
