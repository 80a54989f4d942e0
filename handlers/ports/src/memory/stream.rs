//! What the tables' streams tell: the images of every head before and after each commit, in order.

use super::Memory;
use crate::stream::TableChange;
use contracts::items::Item;
use contracts::tables::Table;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Stream {
    heads: BTreeMap<String, Item>,
    changes: Vec<TableChange>,
}

impl Stream {
    /// A head that is there without a change.
    pub(super) fn seeded(&mut self, partition: String, head: Item) {
        self.heads.insert(partition, head);
    }

    /// A head as it is now, under its partition key.
    pub(super) fn committed(&mut self, table: Table, partition: String, head: Item) {
        self.changes.push(TableChange {
            table,
            before: self.heads.insert(partition, head.clone()),
            after: Some(head),
            expired: false,
        });
    }
}

impl Memory {
    /// Every change that was committed so far, in the order of the commits. What was seeded is no change.
    #[must_use]
    pub fn changes(&self) -> Vec<TableChange> {
        self.lock().stream.changes.clone()
    }
}
