use aws_credential_types::Credentials;

/// Longer messages are cut; unit: characters.
const LONGEST: usize = 500;
/// What AWS quotes the request from here on, session token and all, when a signature does not match.
const QUOTED_REQUEST: &str = "The Canonical String";
/// Shorter texts are no secrets, and would take letters out of words.
const SHORTEST_SECRET: usize = 8;

/// What a service or the network said, fit for reports: one line, not too long, without credentials and signatures.
pub(crate) fn message(text: &str, credentials: Option<&Credentials>, signature: Option<&str>) -> Box<str> {
    let text = text.split(QUOTED_REQUEST).next().unwrap_or_default();
    let mut text = partywall_model::plain(&text.replace(['\n', '\r', '\t'], " ")).trim().to_owned();
    let of_credentials = credentials
        .map(|credentials| [Some(credentials.access_key_id()), Some(credentials.secret_access_key()), credentials.session_token()]);
    for secret in of_credentials.into_iter().flatten().flatten().chain(signature).filter(|secret| secret.len() >= SHORTEST_SECRET) {
        if text.contains(secret) {
            text = text.replace(secret, "[redacted]");
        }
    }
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}

/// The signature itself, from an `Authorization` header.
pub(crate) fn signature(request: &http::HeaderMap) -> Option<String> {
    let header = request.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    Some(header.rsplit_once("Signature=")?.1.to_owned())
}
