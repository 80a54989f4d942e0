//! What CloudFormation can do that not every target can: one table, with what is missing there instead.

use stack::Target;

/// Something that a target may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ability {
    /// Deployments that are complete when everything is asked for.
    Express,
    /// Change sets that put drift back.
    RevertDrift,
    /// Drift detection of CloudFormation's own, worth asking beside ours.
    DetectDrift,
}

/// Why a target lacks an ability; none: it has it.
pub const fn lacks(target: Target, ability: Ability) -> Option<&'static str> {
    match (target, ability) {
        (Target::Aws, _) => None,
        // It takes `DeploymentConfig` and ignores it.
        (Target::Local, Ability::Express) => {
            Some("on the local cloud what is complete is ready already")
        }
        // It takes `DeploymentMode` and ignores it: such a change set has nothing to change.
        (Target::Local, Ability::RevertDrift) => {
            Some("the local cloud's change sets don't look at what resources are like")
        }
        // It reads some twelve types, and of these a part of the properties.
        (Target::Local, Ability::DetectDrift) => {
            Some("the local cloud's own detection sees nothing that our readers don't")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_lacks_nothing_and_what_the_local_cloud_lacks_has_its_reason() {
        for ability in [Ability::Express, Ability::RevertDrift, Ability::DetectDrift] {
            assert_eq!(lacks(Target::Aws, ability), None);
            assert!(lacks(Target::Local, ability).is_some());
        }
    }
}
