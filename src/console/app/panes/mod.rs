//! What each pane keeps: its list, its tabs, what has focus.

pub mod audit;
pub mod checks;
pub mod exceptions;
pub mod live;
pub mod mappings;
pub mod orders;
pub mod returns;
pub mod stock;

/// State of every pane; all of it survives going to another pane.
#[derive(Debug, Clone)]
pub struct Panes {
    pub live: live::Live,
    pub exceptions: exceptions::Exceptions,
    pub orders: orders::Orders,
    pub mappings: mappings::Mappings,
    pub stock: stock::Stock,
    pub audit: audit::Audit,
    pub returns: returns::Returns,
    pub checks: checks::Checks,
}

impl Panes {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self {
            live: live::Live::default(),
            exceptions: exceptions::Exceptions::new(),
            orders: orders::Orders::new(),
            mappings: mappings::Mappings::new(),
            stock: stock::Stock::new(),
            audit: audit::Audit::new(),
            returns: returns::Returns::new(),
            checks: checks::Checks::new(),
        }
    }
}

impl Default for Panes {
    fn default() -> Self {
        Self::new()
    }
}
