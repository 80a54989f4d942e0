//! What all lanes share: keys, bus with its archive, schemas and logs, tables, documents, topics for people.

mod archive;
mod bus;
mod bus_logs;
pub(crate) mod documents;
mod keys;
mod mail;
pub(crate) mod schemas;
mod tables;
mod topics;

use crate::constructs::Site;

/// Adds everything that is shared.
pub(crate) fn shared(site: &mut Site<'_>) {
    keys::keys(site);
    bus::bus(site);
    bus_logs::bus_logs(site);
    archive::archive(site);
    schemas::schemas(site);
    tables::tables(site);
    documents::documents(site);
    topics::topics(site);
}
