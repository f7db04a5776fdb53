//! The lines of `values` and `secrets`.

use crate::lines::env_name::DIFFERS_IN_CASE;
use crate::text::printable::printable;
use crate::text::table::Names;

pub mod env_name;
pub mod secrets;
pub(crate) mod star_names;
pub mod unsafe_names;
pub mod values;
pub mod vault;

/// Reads all lines but blank ones and comments. `read` gives what a line takes, which no other line may take, in another
/// case neither.
pub fn each_line(text: &str, read: &mut dyn FnMut(&str) -> Result<String, String>) -> Result<(), Vec<String>> {
    let mut problems = Vec::new();
    let mut lower_case = Names::default();
    let mut all_taken: Vec<(String, usize)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let (number, line) = (index + 1, line.trim());
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut refuse = |problem: &str| problems.push(format!("line {number}, `{}`: {problem}", printable(line)));
        match read(line) {
            Ok(taken) if lower_case.add(taken.to_ascii_lowercase(), ()) => all_taken.push((taken, number)),
            Ok(taken) => match all_taken.iter().find(|(other, _)| other.eq_ignore_ascii_case(&taken)) {
                Some((other, first)) if *other != taken => {
                    refuse(&format!("`{other}` on line {first} {DIFFERS_IN_CASE}"))
                }
                Some((_, first)) => refuse(&format!("`{taken}` is already set on line {first}")),
                None => {}
            },
            Err(problem) => refuse(&problem),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
