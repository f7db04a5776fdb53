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
