use super::*;

fn modulus(bits: usize) -> Vec<u8> {
    let mut modulus = vec![0xff; bits.div_ceil(8)];
    modulus[0] = 0xff >> (modulus.len() * 8 - bits);
    modulus
}

#[test]
fn only_odd_moduli_of_2048_to_4096_bits_are_used() {
    for (bits, expected) in [(0, false), (512, false), (2047, false), (2048, true), (4096, true), (4097, false)] {
        let modulus = if bits == 0 { vec![] } else { modulus(bits) };
        assert_eq!(is_usable(&modulus, &[1, 0, 1]), expected, "{bits}");
        // The same number.
        assert_eq!(is_usable(&[vec![0; 300], modulus].concat(), &[1, 0, 1]), expected, "{bits}");
    }
    let mut even = modulus(2048);
    *even.last_mut().unwrap() = 0xfe;
    assert!(!is_usable(&even, &[1, 0, 1]));
}

#[test]
fn only_odd_exponents_from_3_to_33_bits_are_used() {
    let usable: [&[u8]; 4] = [&[3], &[1, 0, 1], &[0, 0, 0, 0, 0, 0, 0, 0, 0, 3], &[1, 0xff, 0xff, 0xff, 0xff]];
    let unusable: [&[u8]; 6] = [&[], &[0], &[1], &[2], &[1, 0, 0], &[2, 0, 0, 0, 1]];
    assert!(usable.iter().all(|exponent| is_usable(&modulus(2048), exponent)));
    for exponent in unusable.into_iter().chain([[1; 300].as_slice(), &[0xff; 9]]) {
        assert!(!is_usable(&modulus(2048), exponent), "{exponent:?}");
    }
}

#[test]
fn a_key_is_base64url_without_padding() {
    assert!(rsa_key(&format!("{}A", "_".repeat(341)), "AQAB").is_none(), "even");
    let modulus = format!("{}w", "_".repeat(341));
    assert!(rsa_key(&modulus, "AQAB").is_some());
    for (modulus, exponent) in [
        (modulus.as_str(), "AQAB===="),
        (&modulus.replace('_', "/"), "AQAB"),
        (&modulus, "A Q"),
        ("", ""),
        (&modulus, ""),
    ] {
        assert!(rsa_key(modulus, exponent).is_none(), "{modulus} {exponent}");
    }
}

#[test]
fn a_signature_has_as_many_bytes_as_the_modulus() {
    let key = DecodingKey::from_rsa_raw_components(&[vec![0], modulus(2048)].concat(), &[1, 0, 1]);
    for (length, expected) in [(0, false), (255, false), (256, true), (257, false)] {
        let signature = vec![1; length];
        let verified = to_verify(&key, b"message", &signature);
        assert_eq!(verified.is_some_and(|to_verify| to_verify.modulus == modulus(2048)), expected, "{length}");
    }
    assert!(to_verify(&DecodingKey::from_secret(b"secret"), b"message", &[1; 256]).is_none());
}
