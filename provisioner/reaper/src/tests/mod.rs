//! The reaper against a scripted AWS: it deletes the expired, whatever stands in the way, and nothing else.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod cloud;

use crate::{EXPIRES, Fault, KIND, MANAGED, NAME, Order, Outcome, reap};
use cloud::{Cloud, ROLE, STACK_ID};

async fn woken(cloud: &Cloud) -> Result<Outcome, Fault> {
    let order = Order {
        stack_id: STACK_ID.to_owned(),
    };
    reap(cloud, cloud, &order, ROLE).await
}

async fn gone(cloud: &Cloud) -> (u32, usize) {
    match woken(cloud).await.unwrap() {
        Outcome::Gone {
            deletions, emptied, ..
        } => (deletions, emptied),
        stays => panic!("{stays:?}"),
    }
}

/// Why it stays; and nothing was deleted.
async fn stays(cloud: &Cloud) -> String {
    let outcome = woken(cloud).await.unwrap();
    for operation in ["DeleteStack", "DeleteObjects", "DeleteLogGroup"] {
        assert_eq!(cloud.count(operation), 0, "{operation}");
    }
    match outcome {
        Outcome::Stays { reason } => reason,
        gone => panic!("{gone:?}"),
    }
}

#[tokio::test]
async fn an_expired_stack_goes_by_its_arn_and_the_deletion_role_after_its_buckets_were_emptied() {
    let cloud = Cloud::expired().holding(2500);
    assert_eq!(gone(&cloud).await, (1, 2500));
    let input = &cloud.inputs("DeleteStack")[0];
    assert_eq!(
        (&input["StackName"], &input["RoleARN"]),
        (&STACK_ID.into(), &ROLE.into())
    );
    assert_eq!(cloud.count("DeleteObjects"), 3);
}

#[tokio::test]
async fn what_the_template_retains_is_not_emptied() {
    let cloud = Cloud::expired();
    gone(&cloud).await;
    assert_eq!(cloud.buckets.borrow()["kept"], ["record"]);
}

#[tokio::test]
async fn what_is_written_late_is_emptied_too_and_the_deletion_begun_again() {
    let cloud = Cloud::expired().holding(1);
    cloud.late.set(3);
    assert_eq!(gone(&cloud).await, (2, 4));
}

#[tokio::test]
async fn a_failed_deletion_is_begun_again_each_time_under_another_token() {
    let cloud = Cloud::expired();
    cloud.failures.set(3);
    assert_eq!(gone(&cloud).await.0, 4);
    let inputs = cloud.inputs("DeleteStack");
    let tokens: std::collections::BTreeSet<_> = inputs
        .iter()
        .map(|input| input["ClientRequestToken"].as_str())
        .collect();
    assert_eq!(tokens.len(), 4);
}

#[tokio::test]
async fn one_that_can_never_be_deleted_is_an_error_with_cloudformations_words() {
    let cloud = Cloud::expired();
    cloud.failures.set(99);
    let fault = woken(&cloud).await.unwrap_err();
    assert!(
        matches!(fault, Fault::Stuck { deletions: 5, .. }),
        "{fault}"
    );
    assert!(fault.to_string().contains("[Documents]"), "{fault}");
}

#[tokio::test]
async fn objects_that_nobody_may_delete_are_an_error_and_the_stack_is_left_as_it_is() {
    let cloud = Cloud {
        is_locked: true,
        ..Cloud::expired().holding(2)
    };
    let fault = woken(&cloud).await.unwrap_err();
    assert!(fault.to_string().contains("documents"), "{fault}");
    assert_eq!(cloud.count("DeleteStack"), 0);
}

#[tokio::test]
async fn one_that_was_renewed_stays() {
    let cloud = Cloud::expired();
    let later = "2026-01-01T16:00:00Z".to_owned();
    cloud.tags.borrow_mut().insert(EXPIRES.to_owned(), later);
    assert!(stays(&cloud).await.contains("2026-01-01T16:00:00Z"));
}

/// At any moment but those between a look and the page or deletion that it allows.
#[tokio::test]
async fn one_that_is_renewed_at_any_moment_loses_nothing_more_and_stays() {
    let undisturbed = Cloud::expired().holding(1001);
    gone(&undisturbed).await;
    let operations: Vec<&str> = undisturbed
        .calls
        .borrow()
        .iter()
        .map(|call| call.operation)
        .collect();
    let deletion = operations.iter().position(|name| *name == "DeleteStack");
    let mut moments = 0;
    for after in 1..deletion.unwrap() {
        if operations[after - 1] == "DescribeStacks" || operations[after] == "DeleteObjects" {
            continue;
        }
        moments += 1;
        let cloud = Cloud::expired().holding(1001);
        cloud.renewal.set(Some((after, "2026-01-01T16:00:00Z")));
        let outcome = woken(&cloud).await.unwrap();
        assert!(matches!(outcome, Outcome::Stays { .. }), "after {after}");
        let then: Vec<String> = cloud.calls.borrow()[after..]
            .iter()
            .map(|call| call.operation.to_owned())
            .collect();
        assert!(
            !then.iter().any(|name| name.starts_with("Delete")),
            "after {after}: {then:?}"
        );
    }
    assert!(moments > 5, "{operations:?}");
}

#[tokio::test]
async fn a_schedule_that_comes_a_moment_early_is_waited_out() {
    let cloud = Cloud::expired();
    let soon = "2026-01-01T12:00:30Z".to_owned();
    cloud.tags.borrow_mut().insert(EXPIRES.to_owned(), soon);
    assert_eq!(gone(&cloud).await.0, 1);
}

#[tokio::test]
async fn whatever_is_not_known_to_be_an_ephemeral_environment_of_ours_stays() {
    for tag in [MANAGED, KIND, NAME, EXPIRES] {
        let cloud = Cloud::expired();
        cloud.tags.borrow_mut().remove(tag);
        stays(&cloud).await;
    }
    let protected = Cloud {
        is_protected: true,
        ..Cloud::expired()
    };
    assert!(stays(&protected).await.contains("termination protection"));
    let nobodys = Cloud::expired();
    nobodys.tags.borrow_mut().clear();
    stays(&nobodys).await;
}

#[tokio::test]
async fn one_without_a_readable_template_keeps_its_buckets() {
    let cloud = Cloud {
        template: None,
        ..Cloud::expired().holding(2)
    };
    let fault = woken(&cloud).await.unwrap_err();
    assert!(matches!(fault, Fault::NoTemplate), "{fault}");
    assert_eq!(
        (cloud.count("DeleteObjects"), cloud.count("DeleteStack")),
        (0, 0)
    );
}

#[tokio::test]
async fn one_that_is_gone_already_needs_nothing() {
    for status in ["GONE", "DELETE_COMPLETE"] {
        let cloud = Cloud::expired();
        *cloud.status.borrow_mut() = status.to_owned();
        assert_eq!(gone(&cloud).await, (0, 0));
        assert_eq!(cloud.calls.borrow().len(), 1);
    }
}

#[tokio::test]
async fn a_running_operation_is_waited_for_and_a_running_deletion_not_begun_again() {
    let updating = Cloud::expired();
    *updating.status.borrow_mut() = "UPDATE_IN_PROGRESS".to_owned();
    updating.looks.set(4);
    assert_eq!(gone(&updating).await.0, 1);
    let deleting = Cloud::expired();
    *deleting.status.borrow_mut() = "DELETE_IN_PROGRESS".to_owned();
    deleting.looks.set(4);
    assert_eq!(gone(&deleting).await.0, 0);
    assert_eq!(deleting.count("DeleteLogGroup"), 2);
}

#[tokio::test]
async fn when_the_time_runs_out_it_is_an_error_and_the_next_invocation_goes_on() {
    let mut cloud = Cloud::expired().holding(3);
    for status in ["UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"] {
        *cloud.status.borrow_mut() = status.to_owned();
        cloud.looks.set(500);
        let fault = woken(&cloud).await.unwrap_err();
        assert!(matches!(fault, Fault::OutOfTime { .. }), "{fault}");
        assert!(fault.to_string().contains(status), "{fault}");
        assert_eq!(cloud.count("DeleteStack"), 0);
        cloud.time += cloud.time;
    }
    // The deletion that went on meanwhile failed, since nobody had emptied the bucket.
    cloud.looks.set(0);
    assert_eq!(gone(&cloud).await, (1, 3));
}

#[tokio::test]
async fn what_a_late_invocation_leaves_is_swept_up() {
    let outcome = woken(&Cloud::expired()).await.unwrap();
    let Outcome::Gone { swept, .. } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        swept.went,
        [
            "log group /aws/lambda/invoicing-pr-1-Portal-1",
            "log group invoicing-pr-1-PortalLogs-1"
        ]
    );
    assert_eq!(swept.left, Vec::<String>::new(), "the archive is absent");
}
