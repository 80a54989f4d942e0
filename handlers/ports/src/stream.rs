//! A change of an item, as its table's stream tells it: images of the item and nothing else.

use contracts::items::Item;
use contracts::tables::Table;

/// A change of an item. Changes of one item come in their order, each at least once.
#[derive(Debug, Clone, PartialEq)]
pub struct TableChange {
    /// The table.
    pub table: Table,
    /// The item before; `None` when there was none.
    pub before: Option<Item>,
    /// The item after; `None` when it was taken away.
    pub after: Option<Item>,
    /// Whether the service took it away because its time was up: nobody did it.
    pub expired: bool,
}
