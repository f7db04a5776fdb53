use super::*;

fn redirected(status: u16, location: &str, hops: u32) -> (Redirect, String) {
    let url = |text: &str| BaseUrl::parse(text).unwrap();
    let others = vec![url("https://vault-2.example:8200"), url("http://127.0.0.1:8200")];
    let cluster = Cluster::new(url("https://vault-1.example:8200"), others, None);
    let headers = vec![("location".to_owned(), location.to_owned())];
    let response = Response { status, headers, body: vec![] };
    let redirect = cluster.redirect("https://vault-1.example:8200/v1/secret/data/x?version=1", hops, &response);
    let node = cluster.node().to_string();
    (redirect, node)
}

#[test]
fn a_standby_leads_to_listed_nodes_and_to_itself() {
    for (location, to) in [
        ("https://vault-2.example:8200/v1/secret/data/x?version=1", "https://vault-2.example:8200"),
        ("https://VAULT-2.example:8200/v1/secret/data/x?version=1", "https://vault-2.example:8200"),
        ("https://vault-1.example:8200/v1/secret/data/x?version=1", "https://vault-1.example:8200"),
        ("/v1/secret/data/x?version=1", "https://vault-1.example:8200"),
    ] {
        for status in [307, 308] {
            let (redirect, node) = redirected(status, location, 0);
            assert_eq!(redirect, Redirect::To(format!("{to}/v1/secret/data/x?version=1")), "{location}");
            assert_eq!(node, to);
        }
    }
}

#[test]
fn a_token_is_sent_to_no_other_host_and_by_no_other_scheme() {
    for location in [
        "https://vault-3.example:8200/v1/secret/data/x",
        "https://vault-2.example/v1/secret/data/x",
        "https://vault-2.example:8200@evil.example/v1/x",
        "https://evil.example\\@vault-2.example:8200/v1/x",
        "https://vault-2.example:8200.evil.example/v1/x",
        "http://vault-2.example:8200/v1/secret/data/x",
        "http://127.0.0.1:8200/v1/secret/data/x",
        "ftp://vault-2.example:8200/",
        "",
    ] {
        let (redirect, node) = redirected(307, location, 0);
        assert!(matches!(redirect, Redirect::Refused(_)), "{location}: {redirect:?}");
        assert_eq!(node, "https://vault-1.example:8200");
    }
    for status in [301, 302, 303] {
        let (redirect, _) = redirected(status, "https://vault-2.example:8200/v1/x", 0);
        assert!(matches!(redirect, Redirect::Refused(_)), "{status}");
    }
    assert!(matches!(redirected(307, "https://vault-2.example:8200/v1/x", 3).0, Redirect::Refused(_)));
    // An address that only looks like another host: it is the path that is taken from there, and nothing else.
    assert_eq!(
        redirected(307, "//evil.example/v1/x", 0).0,
        Redirect::To("https://vault-1.example:8200//evil.example/v1/x".to_owned())
    );
}
