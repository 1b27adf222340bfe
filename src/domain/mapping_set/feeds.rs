//! SITE rules of a pair beside each other and beside those of other pairs on the same warehouse: a site whose stock two
//! sources sell needs a share for each, and a source with a ledger of its own needs one location per site.

use super::{MappingSet, whole};
use crate::domain::ids::{PairId, SiteRef};
use crate::domain::mapping::MappingKind;
use crate::domain::policy::StockMode;
use std::collections::BTreeMap;

/// Another pair on the same warehouse.
#[derive(Debug, Clone)]
pub struct Neighbour {
    pub pair: PairId,
    pub mode: StockMode,
    pub set: MappingSet,
}

/// What is to be said of a pair's SITE rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteFindings {
    /// These refuse the rules.
    pub faults: Vec<String>,
    pub warnings: Vec<String>,
}

/// Holds the SITE rules of a pair, as they would stand, against each other and against the neighbours'.
pub fn check_sites(mode: StockMode, set: &MappingSet, neighbours: &[Neighbour]) -> SiteFindings {
    match mode {
        StockMode::Delta => SiteFindings {
            faults: one_to_one(set),
            warnings: Vec::new(),
        },
        StockMode::Snapshot => shares(set, neighbours),
    }
}

/// Every location has one site and every site one location.
fn one_to_one(set: &MappingSet) -> Vec<String> {
    let mut faults = Vec::new();
    let mut by_site: BTreeMap<SiteRef, Vec<String>> = BTreeMap::new();
    for (location, place) in set.locations() {
        if place.sites.len() > 1 {
            faults.push(format!(
                "SITE {:?}: {} sites for one location; a source that keeps a ledger of its own needs exactly one, or \
                 nobody can say where its figure belongs",
                place.name,
                place.sites.len()
            ));
        }
        for site in &place.sites {
            let names = by_site.entry(site.clone()).or_default();
            names.push(format!("{:?} ({location})", place.name));
        }
    }
    for (site, locations) in by_site.iter().filter(|(_, l)| l.len() > 1) {
        faults.push(format!(
            "site {site} is mapped from {}; a source that keeps a ledger of its own needs one location per site: take \
             one of them out",
            locations.join(" and ")
        ));
    }
    faults
}

/// Share of a site that is offered in percent, and whether every row says it.
type Offered = BTreeMap<SiteRef, (i64, bool)>;

/// Shares by site, explicit or not.
fn offered(set: &MappingSet) -> Offered {
    let mut out: BTreeMap<SiteRef, (i64, bool)> = BTreeMap::new();
    for (location, place) in set.locations() {
        let row = set
            .rows(MappingKind::Site)
            .find(|r| r.from == location.as_str());
        let is_said = row.is_some_and(|r| whole(&r.attributes, "stock_share_percent").is_some());
        for site in &place.sites {
            let sum = out.entry(site.clone()).or_insert((0, true));
            sum.0 += place.stock_share_percent;
            sum.1 &= is_said;
        }
    }
    out
}

fn shares(set: &MappingSet, neighbours: &[Neighbour]) -> SiteFindings {
    let mut found = SiteFindings::default();
    let ours = offered(set);
    let feeding: Vec<(&PairId, Offered)> = neighbours
        .iter()
        .filter(|n| n.mode == StockMode::Snapshot)
        .map(|n| (&n.pair, offered(&n.set)))
        .collect();
    for (site, (share, is_said)) in &ours {
        let others: Vec<(&PairId, (i64, bool))> = feeding
            .iter()
            .filter_map(|(pair, sites)| Some((*pair, *sites.get(site)?)))
            .collect();
        if others.is_empty() {
            continue;
        }
        let names: Vec<String> = others.iter().map(|(pair, _)| pair.to_string()).collect();
        let names = names.join(", ");
        if !is_said {
            found.faults.push(format!(
                "site {site} feeds {names} too; say how much of its stock this pair may offer: \
                 stock_share_percent=50, for example"
            ));
        }
        let sum = share + others.iter().map(|(_, (n, _))| n).sum::<i64>();
        if sum > 100 {
            found.warnings.push(format!(
                "site {site}: this pair and {names} may offer {sum} % of its stock together; the last units can be \
                 sold twice"
            ));
        }
        for (pair, _) in others.iter().filter(|(_, (_, is_said))| !is_said) {
            found.warnings.push(format!(
                "site {site}: {pair} offers all of it, it has no stock_share_percent there"
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    fn neighbour(rows: &[(&str, &str, &str)]) -> Neighbour {
        Neighbour {
            pair: "lw-pvx".into(),
            mode: StockMode::Snapshot,
            set: sites(rows),
        }
    }

    fn sites(rows: &[(&str, &str, &str)]) -> MappingSet {
        let rows: Vec<_> = rows
            .iter()
            .map(|(from, to, attributes)| (MappingKind::Site, *from, *to, *attributes))
            .collect();
        testing::set(&rows)
    }

    #[test]
    fn a_site_fed_by_two_pairs_needs_its_stock_share() {
        let there = neighbour(&[("L1", "MAIN", "stock_share_percent=60")]);
        let silent = check_sites(
            StockMode::Snapshot,
            &sites(&[("S1", "MAIN", "")]),
            std::slice::from_ref(&there),
        );
        assert_eq!(silent.faults.len(), 1, "{silent:?}");
        assert!(silent.faults[0].contains("feeds lw-pvx too"), "{silent:?}");
        let said = sites(&[("S1", "MAIN", "stock_share_percent=40")]);
        let said = check_sites(StockMode::Snapshot, &said, std::slice::from_ref(&there));
        assert_eq!(said, SiteFindings::default());
        let more = sites(&[("S1", "MAIN", "stock_share_percent=50")]);
        let more = check_sites(StockMode::Snapshot, &more, &[there]);
        assert!(more.faults.is_empty() && more.warnings[0].contains("110 %"));
    }

    #[test]
    fn a_neighbour_that_says_nothing_is_named_and_another_site_is_nobodys_business() {
        let there = neighbour(&[("L1", "MAIN", "")]);
        let said = sites(&[("S1", "MAIN", "stock_share_percent=40"), ("S2", "SHOP", "")]);
        let found = check_sites(StockMode::Snapshot, &said, &[there]);
        assert!(found.faults.is_empty());
        assert!(
            found
                .warnings
                .iter()
                .any(|w| w.contains("lw-pvx offers all of it"))
        );
    }

    #[test]
    fn a_ledger_takes_one_location_per_site_and_one_site_per_location() {
        let twice = sites(&[("A", "MAIN", ""), ("B", "MAIN", "")]);
        let found = check_sites(StockMode::Delta, &twice, &[]);
        assert!(
            found.faults[0].contains("one location per site"),
            "{found:?}"
        );
        let wide = sites(&[("A", "MAIN+BACK", "")]);
        assert_eq!(check_sites(StockMode::Delta, &wide, &[]).faults.len(), 1);
        let right = sites(&[("A", "MAIN", ""), ("B", "BACK", "")]);
        assert_eq!(
            check_sites(StockMode::Delta, &right, &[]),
            SiteFindings::default()
        );
        // A source that is told absolute figures may gather several sites in one location.
        assert_eq!(
            check_sites(StockMode::Snapshot, &wide, &[]),
            SiteFindings::default()
        );
    }
}
