//! Where keys and values stand in a YAML text. It knows nothing of what they mean.
//!
//! The typed reader keeps no places, and reports one fault only. `saphyr-parser` gives every event with its span, so
//! one pass over its events yields the place of every key path.

use saphyr_parser::{Event, Parser, Span};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;

/// Byte ranges of keys and values by dotted path, e.g. `capacity.batch_size` or `policy.countries.0`.
#[derive(Debug, Default)]
pub struct Marks {
    keys: BTreeMap<String, Range<usize>>,
    values: BTreeMap<String, Range<usize>>,
    repeated: BTreeMap<String, Range<usize>>,
}

/// A collection that is being read.
enum Level {
    /// A mapping, with the key whose value comes next.
    Mapping(Option<String>),
    /// A sequence, with the index of the next element.
    Sequence(usize),
}

impl Marks {
    /// Reads the places. A text that is no YAML yields those before the fault.
    pub fn read(text: &str) -> Self {
        let offsets = Offsets::new(text);
        let mut marks = Self::default();
        let mut path: Vec<String> = Vec::new();
        let mut levels: Vec<Level> = Vec::new();
        for event in Parser::new_from_str(text) {
            let Ok((event, span)) = event else { break };
            match event {
                Event::Scalar(value, ..) => {
                    if let Some(Level::Mapping(next @ None)) = levels.last_mut() {
                        *next = Some(value.clone().into_owned());
                        let key = join(&path, Some(&value));
                        let range = offsets.range(span);
                        match marks.keys.entry(key) {
                            Entry::Vacant(first) => {
                                first.insert(range);
                            }
                            Entry::Occupied(first) => {
                                marks.repeated.insert(first.key().clone(), range);
                            }
                        }
                        continue;
                    }
                    let at = join(&path, enter(&mut levels).as_deref());
                    marks
                        .values
                        .entry(at)
                        .or_insert_with(|| offsets.range(span));
                }
                Event::MappingStart(..) | Event::SequenceStart(..) => {
                    if let Some(segment) = enter(&mut levels) {
                        path.push(segment);
                    }
                    marks
                        .values
                        .entry(join(&path, None))
                        .or_insert_with(|| offsets.range(span));
                    levels.push(if matches!(event, Event::MappingStart(..)) {
                        Level::Mapping(None)
                    } else {
                        Level::Sequence(0)
                    });
                }
                Event::MappingEnd | Event::SequenceEnd => {
                    levels.pop();
                    path.pop();
                }
                Event::Alias(_) => {
                    enter(&mut levels);
                }
                _ => {}
            }
        }
        marks
    }

    /// Where a key stands.
    pub fn key(&self, path: &str) -> Option<Range<usize>> {
        self.keys.get(path).cloned()
    }

    /// Where a key stands for the second time.
    pub fn repeated(&self, path: &str) -> Option<Range<usize>> {
        self.repeated.get(path).cloned()
    }

    /// Where the value of a path stands; a collection's is its key.
    pub fn value(&self, path: &str) -> Option<Range<usize>> {
        self.values
            .get(path)
            .filter(|range| !range.is_empty())
            .or_else(|| self.keys.get(path))
            .or_else(|| self.values.get(path))
            .cloned()
    }

    /// Where an element of a list stands, by its text as it stands there.
    pub fn element(&self, list: &str, element: &str, text: &str) -> Option<Range<usize>> {
        let prefix = format!("{list}.");
        self.values
            .iter()
            .filter(|(path, _)| path.starts_with(&prefix))
            .map(|(_, range)| range)
            .find(|range| {
                text.get((*range).clone())
                    .is_some_and(|found| found.trim_matches(['"', '\'']) == element)
            })
            .cloned()
            .or_else(|| self.key(list))
    }
}

/// The path segment of the value that begins now.
fn enter(levels: &mut [Level]) -> Option<String> {
    match levels.last_mut()? {
        Level::Mapping(next) => next.take(),
        Level::Sequence(index) => {
            *index += 1;
            Some((*index - 1).to_string())
        }
    }
}

fn join(path: &[String], last: Option<&str>) -> String {
    path.iter()
        .map(String::as_str)
        .chain(last)
        .collect::<Vec<_>>()
        .join(".")
}

/// From the parser's character positions to bytes.
struct Offsets(Vec<usize>);

impl Offsets {
    fn new(text: &str) -> Self {
        Self(
            text.char_indices()
                .map(|(byte, _)| byte)
                .chain([text.len()])
                .collect(),
        )
    }

    fn range(&self, span: Span) -> Range<usize> {
        let at = |index: usize| self.0.get(index).or(self.0.last()).copied().unwrap_or(0);
        at(span.start.index())..at(span.end.index())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "a: 1\nb:\n  c: zwölf\n  d: [x, \"y\"]\ntags:\n  k.x: v # note\nlist:\n  - e: 2\n";

    #[test]
    fn every_path_has_its_place() {
        let marks = Marks::read(TEXT);
        let value = |path: &str| marks.value(path).map(|range| &TEXT[range]);
        assert_eq!(value("a"), Some("1"));
        assert_eq!(value("b.c"), Some("zwölf"));
        assert_eq!(value("b.d.1"), Some("\"y\""));
        assert_eq!(value("tags.k.x"), Some("v"));
        assert_eq!(value("list.0.e"), Some("2"));
        assert_eq!(marks.key("b.d").map(|range| &TEXT[range]), Some("d"));
        assert_eq!(value("nowhere"), None);
    }

    #[test]
    fn what_is_no_yaml_yields_what_came_before() {
        let marks = Marks::read("a: 1\nb: [1\nc: }");
        assert_eq!(marks.key("a"), Some(0..1));
    }
}
