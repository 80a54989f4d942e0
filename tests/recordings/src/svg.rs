//! Films as SVG: one `<text>` a run, and for an animation one set of keyframes a span of time. Whoever wants no motion
//! (`prefers-reduced-motion`), or can't show any, sees the last picture.

use crate::film::{Film, Stay};
use crate::line::Line;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// Of a character, in pixels: three fifths of the size, as every usual monospaced face has it.
const WIDTH: f64 = 8.4;
const HEIGHT: u32 = 19;
const MARGIN: u32 = 16;

const STYLE: &str = "text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace;fill:#e6edf3}\
.c0{fill:#484f58}.c1{fill:#ff7b72}.c2{fill:#56d364}.c3{fill:#e3b341}.c4{fill:#79c0ff}.c5{fill:#d2a8ff}.c6{fill:#56d4dd}.c7{fill:#b1bac4}\
.c8{fill:#8b949e}.c9{fill:#ffa198}.c10{fill:#7ee787}.c11{fill:#f2cc60}.c12{fill:#a5d6ff}.c13{fill:#e2c5ff}.c14{fill:#b3f0ff}.c15{fill:#fff}\
.b{font-weight:bold}.d{opacity:.65}.i{font-style:italic}.u{text-decoration:underline}";

/// A film that plays again and again.
pub fn animated(film: &Film, title: &str) -> String {
    let mut spans: BTreeMap<(Duration, Option<Duration>), Vec<&Stay>> = BTreeMap::new();
    for stay in &film.stays {
        spans.entry((stay.from, stay.until)).or_default().push(stay);
    }
    let length = film.length.as_secs_f64();
    let mut style = format!(
        "{STYLE}@media(prefers-reduced-motion:no-preference){{.a{{animation:{length:.2}s step-end infinite}}}}"
    );
    let mut page = String::new();
    for (number, ((from, until), stays)) in spans.into_iter().enumerate() {
        let _ = write!(style, "@keyframes k{number}{{");
        if !from.is_zero() {
            style.push_str("0%{visibility:hidden}");
        }
        let _ = write!(
            style,
            "{}{{visibility:visible}}",
            percent(from, film.length)
        );
        if let Some(until) = until {
            let _ = write!(
                style,
                "{}{{visibility:hidden}}",
                percent(until, film.length)
            );
        }
        style.push('}');
        let gone = if until.is_some() {
            ";visibility:hidden"
        } else {
            ""
        };
        let _ = writeln!(
            page,
            "<g class=\"a\" style=\"animation-name:k{number}{gone}\">"
        );
        for stay in stays {
            text(&mut page, stay.row, &stay.line);
        }
        page.push_str("</g>\n");
    }
    style.push_str("@keyframes view{");
    let mut last = 0;
    for (from, top) in &film.views {
        last = u32::from(*top) * HEIGHT;
        let _ = write!(
            style,
            "{}{{transform:translateY(-{last}px)}}",
            percent(*from, film.length)
        );
    }
    style.push('}');
    let page = format!(
        "<g class=\"a\" style=\"animation-name:view;transform:translateY(-{last}px)\">\n{page}</g>\n"
    );
    sheet(film.columns, film.rows, title, &style, &page)
}

/// The last picture of a film, at its whole height.
pub fn still(film: &Film, title: &str) -> String {
    let mut page = String::new();
    for stay in film.stays.iter().filter(|stay| stay.until.is_none()) {
        text(&mut page, stay.row, &stay.line);
    }
    sheet(film.columns, film.used(), title, STYLE, &page)
}

fn sheet(columns: u16, rows: u16, title: &str, style: &str, page: &str) -> String {
    let inner = (f64::from(columns) * WIDTH).ceil();
    let width = inner + f64::from(2 * MARGIN);
    let lines = u32::from(rows) * HEIGHT;
    let height = lines + 2 * MARGIN;
    let title = escaped(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{title}\">\n\
         <title>{title}</title>\n<style>{style}</style>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#0d1117\"/>\n\
         <svg x=\"{MARGIN}\" y=\"{MARGIN}\" width=\"{inner}\" height=\"{lines}\">\n{page}</svg>\n</svg>\n"
    )
}

fn text(page: &mut String, row: u16, line: &Line) {
    let y = u32::from(row) * HEIGHT + 14;
    for run in line {
        let x = f64::from(run.column) * WIDTH;
        let class = if run.ink.is_empty() {
            String::new()
        } else {
            format!(" class=\"{}\"", run.ink)
        };
        let length = u32::try_from(run.text.chars().count()).unwrap_or_default();
        // Held to the grid, whatever face the reader has.
        let grid = if length > 1 {
            format!(" textLength=\"{}\"", short(f64::from(length) * WIDTH))
        } else {
            String::new()
        };
        let _ = writeln!(
            page,
            "<text x=\"{}\" y=\"{y}\"{grid}{class}>{}</text>",
            short(x),
            escaped(&run.text)
        );
    }
}

fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

fn percent(at: Duration, of: Duration) -> String {
    let percent = at.as_secs_f64() / of.as_secs_f64().max(0.001) * 100.0;
    let text = format!("{percent:.3}");
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::Run;

    fn stay(row: u16, from: u64, until: Option<u64>, text: &str) -> Stay {
        Stay {
            row,
            from: Duration::from_secs(from),
            until: until.map(Duration::from_secs),
            line: vec![Run {
                column: 2,
                text: text.to_owned(),
                ink: "c1".to_owned(),
            }],
        }
    }

    fn film() -> Film {
        Film {
            columns: 20,
            rows: 2,
            length: Duration::from_secs(8),
            stays: vec![
                stay(0, 0, Some(2), "1/2"),
                stay(0, 2, None, "a <b> & \"c\""),
                stay(2, 4, None, "end"),
            ],
            views: vec![(Duration::ZERO, 0), (Duration::from_secs(4), 1)],
        }
    }

    #[test]
    fn a_line_is_hidden_before_and_after_its_time_and_the_view_moves_on() {
        let svg = animated(&film(), "up & down");
        for part in [
            "animation:8.00s step-end infinite",
            "@keyframes k0{0%{visibility:visible}25%{visibility:hidden}}",
            "@keyframes k1{0%{visibility:hidden}25%{visibility:visible}}",
            "@keyframes view{0%{transform:translateY(-0px)}50%{transform:translateY(-19px)}}",
            "<g class=\"a\" style=\"animation-name:k0;visibility:hidden\">",
            "<text x=\"16.8\" y=\"14\" textLength=\"92.4\" class=\"c1\">a &lt;b&gt; &amp; &quot;c&quot;</text>",
            "<title>up &amp; down</title>",
        ] {
            assert!(svg.contains(part), "{part}\n---\n{svg}");
        }
    }

    #[test]
    fn a_still_shows_what_stayed_and_has_no_script_and_nothing_from_elsewhere() {
        let svg = still(&film(), "drift");
        assert!(svg.contains(">end</text>") && !svg.contains("1/2"), "{svg}");
        assert!(
            svg.contains("height=\"89\""),
            "three lines and the margins\n{svg}"
        );
        for foreign in ["<script", "href", "@import", "url("] {
            assert!(!svg.contains(foreign), "{foreign}");
        }
    }
}
