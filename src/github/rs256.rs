//! RSASSA-PKCS1-v1_5 with SHA-256, the one algorithm that GitHub signs with.
//! <https://www.rfc-editor.org/rfc/rfc7518#section-3.3>

use std::sync::Once;

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKeyKind};
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, RsaPublicKey};
use sha2::{Digest, Sha256};
use signature::Verifier;

/// RFC 7518 section 3.3 wants 2048 bits at least.
pub(crate) const MIN_MODULUS_BYTES: usize = 256;

/// Installs RS256 as all the cryptography that `jsonwebtoken` has.
pub(crate) fn use_rs256_only() {
    static INSTALLED: Once = Once::new();
    static PROVIDER: CryptoProvider = CryptoProvider {
        signer_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
        verifier_factory: |algorithm, key| match (algorithm, key.kind()) {
            (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) => {
                let key = rsa_key(n, e).map_err(|_| ErrorKind::InvalidKeyFormat)?;
                Ok(Box::new(Rs256(key)))
            }
            _ => Err(ErrorKind::InvalidAlgorithm.into()),
        },
        key_utils: KeyUtils::new_unimplemented(),
    };
    INSTALLED.call_once(|| {
        // It fails if a program that links this crate has installed its own before; that one is then used.
        let _ = PROVIDER.install_default();
    });
}

pub(crate) fn rsa_key(modulus: &[u8], exponent: &[u8]) -> rsa::Result<RsaPublicKey> {
    RsaPublicKey::new(BigUint::from_bytes_be(modulus), BigUint::from_bytes_be(exponent))
}

/// RSASSA-PKCS1-v1_5 using SHA-256.
struct Rs256(RsaPublicKey);

/// What precedes a SHA-256 hash under the signature.
/// <https://www.rfc-editor.org/rfc/rfc8017#section-9.2> (note 1)
const SHA_256_DIGEST_INFO: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

impl Verifier<Vec<u8>> for Rs256 {
    /// <https://www.rfc-editor.org/rfc/rfc8017#section-8.2.2>: what was signed is not parsed but compared whole with the only
    /// encoding that there is of the message.
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let Self(key) = self;
        let representative = BigUint::from_bytes_be(signature);
        if signature.len() != key.size() || representative >= *key.n() {
            return Err(signature::Error::new());
        }
        let signed = power(&representative, key);
        match encoded(message, key.size()).is_some_and(|encoded| signed == BigUint::from_bytes_be(&encoded)) {
            true => Ok(()),
            false => Err(signature::Error::new()),
        }
    }
}

/// `base` to the public exponent, by squaring. `BigUint::modpow`, by which `rsa` verifies, is made for long and secret
/// exponents: it takes a hundred multiplications where 65537 needs seventeen, which was a tenth of all that a run computes.
fn power(base: &BigUint, key: &RsaPublicKey) -> BigUint {
    let bits = key.e().to_bytes_be().into_iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
    bits.fold(BigUint::from(1_u8), |power, is_set| {
        let squared = &power * &power % key.n();
        if is_set { squared * base % key.n() } else { squared }
    })
}

/// EMSA-PKCS1-v1_5 in `size` bytes, if they are enough.
/// <https://www.rfc-editor.org/rfc/rfc8017#section-9.2>
pub(crate) fn encoded(message: &[u8], size: usize) -> Option<Vec<u8>> {
    let hash = Sha256::digest(message);
    let filled = size.checked_sub(3 + SHA_256_DIGEST_INFO.len() + hash.len()).filter(|filled| *filled >= 8)?;
    Some([&[0, 1], vec![0xff; filled].as_slice(), &[0], &SHA_256_DIGEST_INFO, &hash].concat())
}

impl JwtVerifier for Rs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the holder of the key signs when the encoding is not as it has to be.
    #[test]
    fn only_the_one_encoding_of_the_message_is_a_signature() {
        use rsa::pkcs8::DecodePrivateKey;
        use rsa::traits::PrivateKeyParts;

        let private =
            rsa::RsaPrivateKey::from_pkcs8_pem(include_str!("../../tests/vectors/github-signing-key.pem")).unwrap();
        let verifier = Rs256(private.to_public_key());
        let (size, modulus) = (private.size(), private.n());
        let bytes = |number: &BigUint| {
            let digits = number.to_bytes_be();
            [vec![0; size - digits.len()], digits].concat()
        };
        let signed = |encoded: &[u8]| bytes(&BigUint::from_bytes_be(encoded).modpow(private.d(), modulus));
        let is_right = |signature: Vec<u8>| verifier.verify(b"message", &signature).is_ok();

        let right = encoded(b"message", size).unwrap();
        let hash = &right[size - 32..];
        let by_the_library = private.sign(rsa::Pkcs1v15Sign::new::<rsa::sha2::Sha256>(), hash).unwrap();
        assert_eq!(signed(&right), by_the_library);
        assert!(is_right(by_the_library.clone()));

        let with = |place: usize, byte: u8| {
            let mut changed = right.clone();
            changed[place] = byte;
            changed
        };
        let short = [&right[..10], &right[size - 52..], &vec![7; size - 62]].concat();
        let long_info = [&right[..size - 32 - 19], &[0x30, 0x2f], &SHA_256_DIGEST_INFO[2..], hash].concat();
        let without_info = [&right[..2], &vec![0xff; size - 35], &[0], hash].concat();
        let other = encoded(b"another message", size).unwrap();
        for encoded in [with(0, 1), with(1, 2), with(2, 0xfe), with(size - 52, 1), with(size - 1, !hash[31])]
            .iter()
            .chain([&short, &long_info, &without_info, &other])
        {
            assert_eq!(encoded.len(), size);
            assert!(!is_right(signed(encoded)), "{encoded:02x?}");
        }

        assert!(!is_right(by_the_library[1..].to_vec()), "a byte less");
        assert!(!is_right([&[0], by_the_library.as_slice()].concat()), "a byte more");
        for number in [BigUint::from(0_u8), BigUint::from(1_u8), modulus - 1_u8, modulus.clone()] {
            assert!(!is_right(bytes(&number)), "{number}");
        }
        let above = BigUint::from_bytes_be(&by_the_library) + modulus;
        assert!(!is_right(above.to_bytes_be()), "the same number modulo the key");
        assert!(!is_right(vec![]));
    }
}
