//! Text inside GitHub's Markdown: whatever a value holds, it is shown as it is, and means nothing to the renderer.

/// A text as code. In GitHub's Markdown code may hold anything but line breaks and as many backticks as fence it.
pub(super) fn code(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let room = if text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) {
        " "
    } else {
        ""
    };
    format!("{fence}{room}{text}{room}{fence}")
}

/// A text as code in a table, where a bar ends the cell even inside of code.
pub(super) fn cell(text: &str) -> String {
    // A backslash before the bar would escape the escape.
    code(&text.replace("\\|", "\\ |")).replace('|', "\\|")
}

/// Prose: nothing in it is markup, and nobody is mentioned.
pub(super) fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '@' => out.push_str("@\u{200b}"),
            '#' => out.push_str("#\u{200b}"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_fenced_by_more_backticks_than_it_holds() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("``a"), "``` ``a ```");
        assert_eq!(
            code("a\nb\u{7}"),
            "`a b `".replace("b `", "b  `").replacen('`', "` ", 1)
        );
    }

    #[test]
    fn a_cell_ends_where_it_should() {
        assert_eq!(cell("a|b"), "`a\\|b`");
        assert_eq!(cell("a\\|b"), "`a\\ \\|b`");
    }

    #[test]
    fn prose_mentions_nobody_and_is_no_markup() {
        assert_eq!(
            prose("@team <b>*x*</b> #12"),
            "@\u{200b}team &lt;b&gt;\\*x\\*&lt;/b&gt; #\u{200b}12"
        );
    }
}
