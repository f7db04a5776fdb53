//! RS256, the one algorithm that GitHub signs with: which RSA keys may verify. The host computes.
//! <https://www.rfc-editor.org/rfc/rfc7518#section-3.3>

use jsonwebtoken::{DecodingKey, DecodingKeyKind};

use crate::host::http::Rs256;

/// RFC 7518 wants 2048 bits at least; with many more, each check would take milliseconds.
const MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// Larger ones only take longer.
const MAX_EXPONENT: u64 = (1 << 33) - 1;

/// The key of a modulus and an exponent, each a big-endian number in base64url, if it can verify RS256.
pub(crate) fn rsa_key(modulus: &str, exponent: &str) -> Option<DecodingKey> {
    let key = DecodingKey::from_rsa_components(modulus, exponent).ok()?;
    let DecodingKeyKind::RsaModulusExponent { n, e } = key.kind() else { return None };
    is_usable(n, e).then_some(key)
}

fn is_usable(modulus: &[u8], exponent: &[u8]) -> bool {
    // The product of two large primes is odd, and so is what has an inverse beside one less than each.
    let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    let exponent_value = exponent.iter().try_fold(0_u64, |value, byte| {
        let value = (value << 8) | u64::from(*byte);
        (value <= MAX_EXPONENT).then_some(value)
    });
    is_odd(modulus)
        && MODULUS_BITS.contains(&bits(modulus))
        && is_odd(exponent)
        && exponent_value.is_some_and(|exponent| exponent >= 3)
}

fn bits(number: &[u8]) -> usize {
    let digits = significant(number);
    digits.first().map_or(0, |first| digits.len() * 8 - first.leading_zeros() as usize)
}

fn significant(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// What the host has to verify, if a signature by this key may have so many bytes.
/// <https://www.rfc-editor.org/rfc/rfc8017#section-8.2.2> (step 1)
pub(crate) fn to_verify<'a>(key: &'a DecodingKey, message: &'a [u8], signature: &'a [u8]) -> Option<Rs256<'a>> {
    let DecodingKeyKind::RsaModulusExponent { n, e } = key.kind() else { return None };
    let modulus = significant(n);
    (signature.len() == modulus.len()).then_some(Rs256 { modulus, exponent: e, message, signature })
}

#[cfg(test)]
mod tests;
