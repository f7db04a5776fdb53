//! Bytes as hexadecimal digits.

/// Writes a byte as two digits. `fmt` takes many times as long, and secrets have many bytes.
pub fn push_hex(out: &mut String, byte: u8, is_upper: bool) {
    for digit in [byte >> 4, byte & 0xf] {
        let digit = char::from_digit(u32::from(digit), 16).unwrap_or_default();
        out.push(if is_upper { digit.to_ascii_uppercase() } else { digit });
    }
}

#[cfg(test)]
mod tests;
