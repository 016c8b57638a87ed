//! Passwords and tokens.

use dangvan::auth::password::{self, Cost};
use dangvan::auth::token;
use dangvan::domain::error::Rule;
use dangvan::seal::Seal;

fn rule(password: &str) -> Option<Rule> {
    password::check("password", password, "an.nguyen@town.example", "Bình Trần Minh")
        .err()
        .map(|e| e.rule)
}

#[test]
fn a_hash_opens_for_its_password_alone() {
    let stored = password::hash("a long enough one", Cost::CHEAP).unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{stored}");
    assert!(password::verify("a long enough one", Some(&stored), Cost::CHEAP));
    assert!(!password::verify("a long enough two", Some(&stored), Cost::CHEAP));
    assert!(!password::verify("a long enough one", None, Cost::CHEAP));
    assert!(!password::verify("a long enough one", Some("not a hash"), Cost::CHEAP));
    assert_ne!(stored, password::hash("a long enough one", Cost::CHEAP).unwrap());
}

#[test]
fn the_same_letters_typed_another_way_are_the_same_password() {
    let stored = password::hash("mật khẩu của tôi", Cost::CHEAP).unwrap();
    let decomposed = "ma\u{323}\u{302}t kha\u{302}\u{309}u cu\u{309}a to\u{302}i";
    assert!(password::verify(decomposed, Some(&stored), Cost::CHEAP));
}

#[test]
fn a_hash_of_another_cost_is_made_anew() {
    let stored = password::hash("a long enough one", Cost::CHEAP).unwrap();
    assert!(!password::needs_rehash(&stored, Cost::CHEAP));
    assert!(password::needs_rehash(&stored, Cost::SERVICE));
    assert!(password::needs_rehash("broken", Cost::CHEAP));
}

#[test]
fn an_overlong_password_costs_no_more() {
    let long = "x".repeat(10_000_000);
    let stored = password::hash("a long enough one", Cost::CHEAP).unwrap();
    assert!(!password::verify(&long, Some(&stored), Cost::CHEAP));
}

#[test]
fn passwords_have_rules() {
    assert_eq!(rule("elevenchars"), Some(Rule::TooShort));
    assert_eq!(rule(&"ab3".repeat(67)), Some(Rule::TooLong));
    for common in [
        "Password-1234",
        "1234567890123",
        "aaaaaaaaaaaaaaaa",
        "abababababab",
        "defghijklmnop",
        "an.nguyen@town.example",
        "An-Nguyen2026!",
        "annguyen12345",
        "Bình Trần Minh",
        "BìnhTrầnMinh1",
    ] {
        assert_eq!(rule(common), Some(Rule::TooCommon), "{common}");
    }
    for good in ["mưa rào tháng sáu", "seven brave otters", "an.nguyen likes brave otters"] {
        assert_eq!(rule(good), None, "{good}");
    }
}

#[test]
fn one_time_passwords_can_be_read_out_and_pass_the_rules() {
    let first = password::one_time_password().unwrap();
    let groups: Vec<&str> = first.split('-').collect();
    assert_eq!(groups.len(), 4);
    assert!(groups.iter().all(|g| g.len() == 4 && !g.contains(['i', 'l', 'o', 'u'])), "{first}");
    assert_ne!(first, password::one_time_password().unwrap());
    assert_eq!(rule(&first), None);
}

#[test]
fn tokens_are_long_and_hashed_under_the_key() {
    let (one, other) = (Seal::from_bytes(&[1; 36]), Seal::from_bytes(&[2; 36]));
    let made = token::new_token().unwrap();
    assert!(made.starts_with("dv_") && made.len() == 3 + 64, "{made}");
    assert_ne!(made, token::new_token().unwrap());
    assert_eq!(token::token_hash(&one, &made), token::token_hash(&one, &made));
    assert_ne!(token::token_hash(&one, &made), token::token_hash(&other, &made));
}
