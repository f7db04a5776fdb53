use super::*;

/// A runner's reading: `ReadLine` of `FileCommandManager.cs`, with what is compiled in for Windows.
fn read_line<'t>(text: &mut &'t str, windows: bool) -> Option<(&'t str, &'t str)> {
    if text.is_empty() {
        return None;
    }
    let Some((line, rest)) = text.split_once('\n') else { return Some((std::mem::take(text), "")) };
    *text = rest;
    Some(match line.strip_suffix('\r') {
        Some(line) if windows => (line, "\r\n"),
        _ => (line, "\n"),
    })
}

#[test]
fn a_runner_of_either_kind_reads_back_every_end_of_a_value() {
    let ends = ["", "\r", "\n", "\r\n", "\n\r", "\r\r", "a\rb", "a\r\nb\r", "a\nb\r\n\r"];
    for (value, windows) in ends.iter().flat_map(|end| [(format!("x{end}"), false), (format!("x{end}"), true)]) {
        let commands = file_commands(&[("A", &value), ("B", "\r"), ("C", "")], windows).unwrap();
        let mut text = commands.secret();
        for expected in [("A", value.as_str()), ("B", "\r"), ("C", "")] {
            let (name, delimiter) = read_line(&mut text, windows).unwrap().0.split_once("<<").unwrap();
            let start = text;
            let mut length = 0;
            loop {
                let (line, line_break) = read_line(&mut text, windows).expect("the delimiter is found");
                if line == delimiter {
                    break;
                }
                length = start.len() - text.len() - line_break.len();
            }
            assert_eq!((name, start.get(..length).unwrap()), expected, "windows: {windows}, {value:?}");
        }
        assert_eq!(text, "");
    }
}
