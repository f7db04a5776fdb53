use super::*;
use std::cell::RefCell;

const URL: &str = "https://jwtex.example.com/exchange?issuerId=github&key=canary";

fn with_operation<T>(check: impl FnOnce(&ExchangeToken<'_>) -> T) -> T {
    check(&ExchangeToken {
        url: &TokenExchangeUrl::parse(URL).unwrap(),
        login: Login {
            issuer: &BaseUrl::parse("https://token.actions.githubusercontent.com/octo").unwrap(),
            token: &RefCell::new(Secret::new("a.b.canary")),
        },
        audience: "https://jwtex.example.com",
    })
}

fn response(content_type: &str, body: impl Into<Vec<u8>>) -> Response {
    let headers = vec![("content-type".to_owned(), content_type.to_owned())];
    Response { status: 200, headers, body: body.into() }
}

#[test]
fn a_url_keeps_its_path_and_query_to_the_letter() {
    for (text, sent) in [
        ("https://h/exchange?issuerId=github", "https://h/exchange?issuerId=github"),
        ("https://h/exchange/?a=%2F&b=@:?", "https://h/exchange/?a=%2F&b=@:?"),
        ("https://h?issuerId=github", "https://h/?issuerId=github"),
        ("https://h:8443", "https://h:8443/"),
        ("https://h/", "https://h/"),
        ("http://127.0.0.1:1/exchange?", "http://127.0.0.1:1/exchange?"),
        ("http://[::1]:1/x", "http://[::1]:1/x"),
    ] {
        assert_eq!(TokenExchangeUrl::parse(text).unwrap().whole, sent);
    }
}

#[test]
fn a_url_that_could_lead_elsewhere_is_refused() {
    for (text, says) in [
        ("http://jwtex.example.com/exchange", "plain http"),
        ("http://localhost.evil.example/exchange?x", "plain http"),
        ("https://user:canary@h/exchange", "without user"),
        ("https://h/exchange#fragment", "without user, fragment"),
        ("https://h/exchange?a=b#fragment", "without user, fragment"),
        ("https://h/exchange?a b", "spaces"),
        ("https://h\\@evil.example/", "without user"),
        ("https://h/é", "without user"),
        ("ftp://h/exchange", "https URL"),
        ("jwtex.example.com", "https URL"),
        ("?https://h", "URL"),
        ("", "URL"),
    ] {
        let problem = TokenExchangeUrl::parse(text).unwrap_err();
        assert!(problem.contains(says), "{text} {problem}");
    }
}

#[test]
fn the_query_is_sent_and_not_shown() {
    let url = TokenExchangeUrl::parse(URL).unwrap();
    assert_eq!(
        (url.origin(), format!("{url:?}")),
        ("https://jwtex.example.com", "https://jwtex.example.com/exchange".to_owned())
    );
    with_operation(|operation| {
        let request = operation.request(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!((request.url.as_str(), request.body.secret()), (URL, "a.b.canary"));
        assert!(!crate::call::operation::name_of(operation).to_string().contains("canary"));
    });
}

#[test]
fn a_token_by_itself_is_taken_without_the_white_space_around_it() {
    for (content_type, body) in [
        ("application/jwt", "e30.e30.c2ln"),
        ("Application/JWT; charset=utf-8", " \r\ne30.e30.c2ln\n"),
        (" application/jwt ;x=y", "e30.e30.c2ln"),
    ] {
        let token = with_operation(|operation| operation.parse(&response(content_type, body)).unwrap());
        assert_eq!(token.token().secret(), "e30.e30.c2ln");
        assert!(!format!("{token:?}").contains("e30"));
    }
}

#[test]
fn an_answer_of_another_form_is_refused_without_an_excerpt() {
    let long = format!("e30.e30.{}", "A".repeat(20_000));
    for (content_type, body, says) in [
        ("text/html", "e30.e30.c2ln", "content type"),
        ("text/plain; charset=utf-8", "e30.e30.c2ln", "content type"),
        ("application/json", r#"{"token":"e30.e30.c2ln"}"#, "content type"),
        ("application/jwt+x", "e30.e30.c2ln", "content type"),
        ("", "e30.e30.c2ln", "content type"),
        ("application/jwt", "", "JSON Web Token"),
        ("application/jwt", "e30.e30", "JSON Web Token"),
        ("application/jwt", "e30.e30.", "JSON Web Token"),
        ("application/jwt", "e30..c2ln", "JSON Web Token"),
        ("application/jwt", "e30.e30.c2ln.x.y", "JSON Web Token"),
        ("application/jwt", "\"e30.e30.c2ln\"", "JSON Web Token"),
        ("application/jwt", "e30.e30.c2 ln", "JSON Web Token"),
        ("application/jwt", "e30.e30.c2l=", "JSON Web Token"),
        ("application/jwt", "e30.e30.c+/n", "JSON Web Token"),
        ("application/jwt", "<html>e30.e30.canary</html>", "JSON Web Token"),
        ("application/jwt", &long, "20,000"),
    ] {
        let problem = with_operation(|operation| operation.parse(&response(content_type, body)).unwrap_err());
        assert!(problem.contains(says), "{content_type} {body}: {problem}");
    }
    let not_text = response("application/jwt", b"\xff\xfe".to_vec());
    assert!(with_operation(|operation| operation.parse(&not_text)).is_err());
}

#[test]
fn the_longest_token_that_sts_takes_is_taken() {
    let token = format!("e30.e30.{}", "A".repeat(20_000 - 8));
    assert!(with_operation(|operation| operation.parse(&response("application/jwt", token.as_str()))).is_ok());
}

#[test]
fn a_refusal_shows_nothing_of_what_the_exchange_wrote() {
    for status in [200, 302, 400, 401, 404, 418, 502] {
        let response = Response { status, ..response("text/plain", "unable to exchange a.b.canary") };
        let answer = ByStatus { refuses_by_form: true }.refusal(&response, &[]);
        let diagnosis = with_operation(|operation| operation.diagnose(&answer));
        let said = format!("{answer} {} {}", diagnosis.cause, diagnosis.next);
        assert!(!said.contains("unable") && !said.contains("canary"), "{said}");
        assert!(said.contains(&format!("HTTP {status}")) && said.contains("`https://jwtex.example.com`"), "{said}");
    }
}
