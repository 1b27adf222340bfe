//! Identifiers as the store makes them: decimal texts too long for 64 bits. Lengths and beginnings follow recordings.

use crate::sandbox::rng::Rng;

/// A 26-digit id that ascends with `serial`: beginning, a number in the middle, four digits of chance at the end.
pub fn long(seed: u64, start: &str, serial: u64) -> String {
    let tail = Rng::named(seed, start, &format!("tail-{serial}")).below(10_000);
    let middle = 6_844_437_059_949_373 + u128::from(serial) * 37;
    let width = 22 - start.len();
    format!("{start}{middle:0width$}{tail:04}")
}

/// A long id that ends with the last four digits of another, as fulfilments do with their order.
pub fn long_like(seed: u64, start: &str, serial: u64, of: &str) -> String {
    let own = long(seed, start, serial);
    let tail = of.get(of.len().saturating_sub(4)..).unwrap_or("0000");
    format!("{}{tail}", own.get(..22).unwrap_or(&own))
}

/// An id of a beginning and so many digits behind it, ascending with `serial`.
pub fn digits(start: &str, serial: u64, width: usize) -> String {
    let middle =
        7_684_453_972_u128 * 10_u128.pow(u32::try_from(width.saturating_sub(10)).unwrap_or(0));
    format!("{start}{:0width$}", middle + u128::from(serial) * 41)
}

/// Line ids of an order: six digits out of a narrow range, so that they repeat between orders, never within one.
pub fn lines(seed: u64, order: u64, count: usize) -> Vec<u32> {
    let mut dice = Rng::keyed(seed, "shop-line-ids", order);
    let mut out: Vec<u32> = Vec::with_capacity(count);
    while out.len() < count {
        let room = 2_000 + count;
        let id = 454_000 + u32::try_from(dice.below(room)).unwrap_or(0);
        if !out.contains(&id) {
            out.push(id);
        }
    }
    out
}
