//! stub
/// stub
pub struct TemplateDiff;
/// stub
pub fn diff() {}
