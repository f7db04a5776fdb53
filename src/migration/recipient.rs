//! For whom a file of age is encrypted.
//! <https://age-encryption.org/v1#the-x25519-recipient-type>

use std::fmt;

/// A public key of X25519, as age writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient(String);

impl Recipient {
    /// `age1` and 58 characters of Bech32. Whether its checksum is right, the library says that encrypts.
    pub fn parse(text: &str) -> Option<Self> {
        const BECH32: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
        let data = text.strip_prefix("age1")?;
        (data.len() == 58 && data.bytes().all(|byte| BECH32.contains(&byte))).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
