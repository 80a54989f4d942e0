//! What all lanes share: keys, bus, tables, documents, topics for people.

mod bus;
pub(crate) mod documents;
mod keys;
mod tables;
mod topics;

use crate::constructs::Site;

/// Adds everything that is shared.
pub(crate) fn shared(site: &mut Site<'_>) {
    keys::keys(site);
    bus::bus(site);
    tables::tables(site);
    documents::documents(site);
    topics::topics(site);
}
