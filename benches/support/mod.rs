//! What the benches share.

use tallyman::bench::{BenchError, Sheet};

/// Whether this is `cargo bench`: a test run of all targets only builds the benches.
pub fn is_bench() -> bool {
    std::env::args().any(|arg| arg == "--bench")
}

/// Prints the figures.
pub fn show(sheet: Result<Sheet, BenchError>) {
    match sheet {
        Ok(sheet) => println!("{}{}\n", sheet.table().show(None), sheet.run),
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}
