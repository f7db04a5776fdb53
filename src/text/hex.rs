//! Bytes as hexadecimal digits.

/// Writes a byte as two digits. `fmt` takes many times as long, and secrets have many bytes.
pub fn push_hex(out: &mut String, byte: u8, is_upper: bool) {
    for digit in [byte >> 4, byte & 0xf] {
        let digit = char::from_digit(u32::from(digit), 16).unwrap_or_default();
        out.push(if is_upper { digit.to_ascii_uppercase() } else { digit });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_fmt() {
        for byte in 0..=u8::MAX {
            let (mut lower, mut upper) = (String::new(), String::new());
            push_hex(&mut lower, byte, false);
            push_hex(&mut upper, byte, true);
            assert_eq!((lower, upper), (format!("{byte:02x}"), format!("{byte:02X}")));
        }
    }
}
