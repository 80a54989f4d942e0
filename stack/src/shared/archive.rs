//! The archive of everything that passes over the bus (R22): what `replay` reads. It is encrypted like the bus, and kept
//! as long as the environment says; claims outlive it (R11).

use crate::constructs::Site;
use crate::ids;
use cfn::events::Archive;

pub(super) fn archive(site: &mut Site<'_>) {
    // Without a pattern it takes every event. EventBridge itself keeps what a replay sends from being archived again.
    let archive = site.stack.add(
        ids::ARCHIVE,
        Archive::new(ids::bus().arn())
            .archive_name(site.environment.archive_name())
            .description("Every event of the invoicing system")
            .retention_days(site.environment.retention.archive_days)
            .kms_key_identifier(ids::data_key().arn()),
    );
    site.stateful(&archive);
}
