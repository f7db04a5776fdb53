//! Where a web identity token is requested: the grammar that benkehoe proposed for botocore.
//!
//! <https://github.com/benkehoe/github-actions-boto3-demo>: the environment variable `AWS_WEB_IDENTITY_TOKEN_SERVER`,
//! the profile key `web_identity_token_server`.

/// The environment variables that lead to the token, and the audience that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenServer {
    /// The variable that holds the URL.
    pub url_variable: String,
    /// The variable that holds the bearer token for that URL.
    pub token_variable: String,
    /// None means the default of whoever asks.
    pub audience: Option<String>,
}

impl TokenServer {
    /// `GitHub[,AUDIENCE]` or `URL_VARIABLE,TOKEN_VARIABLE[,AUDIENCE]`; the audience may hold commas.
    ///
    /// White space around a part is not part of it. An empty audience means none, as in the original and in this
    /// action's inputs: `GitHub,$AUDIENCE` works without the variable.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const UNKNOWN: &str = "unknown server name (the known one is written `GitHub`)";
        let (first, rest) = match text.split_once(',') {
            Some((first, rest)) => (first.trim(), Some(rest)),
            None => (text.trim(), None),
        };
        let (url_variable, token_variable, audience) = match rest {
            // The original takes `GitHub,a,b` for names of variables, which none can have meant.
            _ if first == "GitHub" => ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", rest),
            Some(rest) => match rest.split_once(',') {
                Some((token, audience)) => (first, token.trim(), Some(audience)),
                None => (first, rest.trim(), None),
            },
            _ => return Err(UNKNOWN),
        };
        if !is_variable(url_variable) || !is_variable(token_variable) {
            return Err("is neither `GitHub[,AUDIENCE]` nor `URL_VARIABLE,TOKEN_VARIABLE[,AUDIENCE]`");
        }
        let audience = audience.map(str::trim).filter(|audience| !audience.is_empty()).map(str::to_owned);
        Ok(Self { url_variable: url_variable.to_owned(), token_variable: token_variable.to_owned(), audience })
    }
}

fn is_variable(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.bytes().all(plain) && name.starts_with(|first: char| !first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GITHUB: (&str, &str) = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN");

    fn assert_read(text: &str, (url, token): (&str, &str), audience: Option<&str>) {
        let server = TokenServer::parse(text).unwrap();
        assert_eq!((server.url_variable.as_str(), server.token_variable.as_str()), (url, token), "{text}");
        assert_eq!(server.audience.as_deref(), audience, "{text}");
    }

    #[test]
    fn the_known_server_is_github() {
        assert_read("GitHub", GITHUB, None);
        assert_read("GitHub,sts.amazonaws.com", GITHUB, Some("sts.amazonaws.com"));
    }

    #[test]
    fn any_server_is_named_by_two_variables() {
        assert_read("MY_URL,MY_TOKEN", ("MY_URL", "MY_TOKEN"), None);
        assert_read("_u1,t", ("_u1", "t"), None);
        assert_read("MY_URL,MY_TOKEN,sigstore", ("MY_URL", "MY_TOKEN"), Some("sigstore"));
    }

    #[test]
    fn an_audience_may_hold_commas_and_spaces() {
        assert_read("GitHub,a,b", GITHUB, Some("a,b"));
        assert_read("GitHub,a, b,,c", GITHUB, Some("a, b,,c"));
        assert_read("U,T,a,b", ("U", "T"), Some("a,b"));
    }

    #[test]
    fn white_space_around_a_part_is_not_part_of_it() {
        assert_read(" GitHub\n", GITHUB, None);
        assert_read("GitHub, sts.amazonaws.com\r\n", GITHUB, Some("sts.amazonaws.com"));
        assert_read("\tU , T , a b ", ("U", "T"), Some("a b"));
    }

    #[test]
    fn an_empty_audience_means_none() {
        for text in ["GitHub,", "GitHub, "] {
            assert_read(text, GITHUB, None);
        }
        assert_read("U,T,", ("U", "T"), None);
    }

    #[test]
    fn a_single_name_that_is_not_known_is_told_as_one() {
        for text in ["", " ", "GitLab", "MY_URL"] {
            assert!(TokenServer::parse(text).unwrap_err().starts_with("unknown server name"), "{text}");
        }
    }

    #[test]
    fn github_in_another_case_is_no_server_that_is_known() {
        for text in ["github", "GITHUB"] {
            assert!(TokenServer::parse(text).unwrap_err().contains("written `GitHub`"), "{text}");
        }
    }

    #[test]
    fn names_that_are_no_variables_are_refused() {
        for text in [",", "U,", ",T", ",,a", "U,,a", ",T,a", "1U,T", "U,1T", "U-X,T", "U,T X", "U,T=1", "Ü,T", "U\nV,T"]
        {
            assert!(TokenServer::parse(text).unwrap_err().starts_with("is neither"), "{text:?}");
        }
        assert!(TokenServer::parse("GitLab,sts.amazonaws.com").unwrap_err().contains("URL_VARIABLE"));
    }
}
