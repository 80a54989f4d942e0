//! What the emulator saves wrongly, put right before it goes on from it.
//!
//! It saves how far each function has read a table's stream, and not the stream: after a start the stream begins at nothing, and every
//! function would skip as many changes as there had been before. Without a saved position a function begins at the stream's
//! beginning, which is right: what was read before the stop is gone from the stream.

use crate::{LocalCloudError, Paths};
use serde_json::Value;

/// The saved state of functions, and where in it the positions are.
const FILE: &str = "lambda.json";
const POSITIONS: &str = "/payload/dynamodb_stream_positions";

/// Forgets how far functions had read. A state that is not there, or of another form, is left alone.
///
/// # Errors
/// When the state can't be written back.
pub(crate) fn forget_stream_positions(paths: &Paths) -> Result<(), LocalCloudError> {
    let path = paths.state().join(FILE);
    let Ok(saved) = std::fs::read(&path) else {
        return Ok(());
    };
    match without_positions(&saved) {
        Some(state) => crate::paths::replace(&path, &state),
        None => Ok(()),
    }
}

/// The state without positions; `None` when there are none to forget.
fn without_positions(saved: &[u8]) -> Option<Vec<u8>> {
    let mut state: Value = serde_json::from_slice(saved).ok()?;
    let positions = state.pointer_mut(POSITIONS)?;
    match positions.get_mut("data").and_then(Value::as_object_mut) {
        Some(data) if !data.is_empty() => data.clear(),
        _ => return None,
    }
    serde_json::to_vec(&state).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;
    use serde_json::json;

    #[test]
    fn only_positions_are_forgotten() {
        let saved = |positions: Value| {
            json!({ "payload": { "esms": { "a": 1 }, "dynamodb_stream_positions": {
                "__account_region_scoped__": true, "data": positions,
            } } })
        };
        let bytes = |state: &Value| serde_json::to_vec(state).unwrap();
        let changed = without_positions(&bytes(&saved(json!({ "x": 16 })))).unwrap();
        let changed: Value = serde_json::from_slice(&changed).unwrap();
        assert_eq!(changed, saved(json!({})));
        assert_eq!(without_positions(&bytes(&saved(json!({})))), None);
        assert_eq!(without_positions(b"{}"), None);
        assert_eq!(without_positions(b"no state"), None);
    }
}
