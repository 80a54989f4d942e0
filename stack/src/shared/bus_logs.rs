//! The bus's own log: which deliveries failed and why, never what the events said (R15, R18).
//!
//! A log level on the bus alone writes nothing: AWS wants a delivery source, a destination and the delivery between.

use crate::constructs::Site;
use crate::ids;
use cfn::logs::{Delivery, DeliveryDestination, DeliverySource, LogGroup};
use cfn::{Pseudo, sub};

/// The log type that carries what a bus logs at level `ERROR`.
const ERRORS: &str = "ERROR_LOGS";

pub(super) fn bus_logs(site: &mut Site<'_>) {
    // The prefix keeps the group out of the account's one policy for vended logs, as with the API's.
    let group = site.stack.add(
        ids::logs(ids::BUS).logical_id().as_str(),
        LogGroup::new()
            .log_group_name(sub!("/aws/vendedlogs/", Pseudo::StackName, "/bus"))
            .kms_key_id(ids::data_key().arn())
            .retention_in_days(site.environment.retention.log_days),
    );
    site.stateful(&group);
    let name = format!("{}-bus-errors", site.environment.stack_name());
    let source = site.stack.add(
        "BusLogsSource",
        DeliverySource::new(name.clone())
            .log_type(ERRORS)
            .resource_arn(ids::bus().arn()),
    );
    let destination = site.stack.add(
        "BusLogsDestination",
        DeliveryDestination::new(name).destination_resource_arn(group.arn()),
    );
    site.stack.add(
        "BusLogsDelivery",
        Delivery::new(destination.arn(), source.name()),
    );
}
