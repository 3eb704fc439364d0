//! An issuer of OpenID Connect for tests: a real one on a free port of this machine, with a key of its own, which plays by
//! the rules unless a test tells it not to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::extract::{RawForm, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{StatusCode, Uri, header};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use crate::tests::tokens::base64;

/// What the house is called at the issuer, and the secret that goes with it.
pub const CLIENT: (&str, &str) = ("podium-at-home", "the-secret-of-podium-at-home");

/// In what an issuer does not play by the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trick {
    /// It does.
    None,
    /// The token is for another client.
    Audience,
    /// The token is for us and for another client.
    SecondAudience,
    /// The token names another issuer.
    Issuer,
    /// The token is another sign-in's.
    Nonce,
    /// The token belongs to no sign-in.
    NoNonce,
    /// The token is over.
    Expired,
    /// The token is not signed.
    Unsigned,
    /// The token is signed by a key that is not the issuer's.
    OtherKey,
    /// The token is signed by the secret that both sides share.
    SharedSecret,
    /// The token was changed after it was signed.
    Changed,
    /// The token is another access token's.
    OtherAccess,
    /// There is no token.
    NoToken,
    /// The answer is no answer.
    Nonsense,
    /// The answer does not end.
    Endless,
    /// The answer leads to somewhere else.
    Redirect,
}

/// Somebody who is known to the issuer.
#[derive(Clone, Debug)]
pub struct Known {
    /// Who they are there.
    pub subject: &'static str,
    /// Their address.
    pub email: &'static str,
    /// Whether it is really theirs.
    pub is_verified: bool,
}

/// What a sign-in was begun with.
#[derive(Clone)]
struct Begun {
    nonce: String,
    challenge: String,
    redirect: String,
    known: Known,
}

struct Parts {
    key: Mutex<EcdsaKeyPair>,
    url: String,
    codes: Mutex<HashMap<String, Begun>>,
    trick: Mutex<Trick>,
    given: Mutex<Vec<String>>,
}

/// A running issuer.
#[derive(Clone)]
pub struct Issuer(Arc<Parts>);

fn new_key() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key")
}

/// A value of a query or a form.
pub fn value_of(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

impl Issuer {
    /// Opens one on a free port.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let issuer = Self(Arc::new(Parts {
            key: Mutex::new(new_key()),
            url,
            codes: Mutex::default(),
            trick: Mutex::new(Trick::None),
            given: Mutex::default(),
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discover))
            .route("/jwks", get(keys))
            .route("/token", post(token))
            .with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        issuer
    }

    /// The flags of a house that believes it.
    pub fn flags(&self) -> Vec<&str> {
        vec![
            "--openid-issuer",
            &self.0.url,
            "--openid-client-id",
            CLIENT.0,
            "--openid-client-secret",
            CLIENT.1,
            "--openid-label",
            "Northwind ID",
        ]
    }

    /// Tells it what not to play by.
    pub fn play(&self, trick: Trick) {
        *self.0.trick.lock().expect("nobody panics here") = trick;
    }

    /// Gives it another key, as issuers do now and then.
    pub fn change_key(&self) {
        *self.0.key.lock().expect("nobody panics here") = new_key();
    }

    /// All tokens and codes that it has given.
    pub fn given(&self) -> Vec<String> {
        self.0.given.lock().expect("nobody panics here").clone()
    }

    /// Somebody says yes on the page to which the house has sent them: the address to which they are sent back, as a path.
    pub fn say_yes(&self, page: &str, known: &Known) -> String {
        let (query, redirect) = self.asked(page);
        let code = format!("code-{}", base64(&Sha256::digest(page.as_bytes())));
        let begun = Begun {
            nonce: value_of(&query, "nonce").expect("a nonce"),
            challenge: value_of(&query, "code_challenge").expect("a challenge"),
            redirect: redirect.clone(),
            known: known.clone(),
        };
        self.0.codes.lock().expect("nobody panics here").insert(code.clone(), begun);
        self.0.given.lock().expect("nobody panics here").push(code.clone());
        let state = value_of(&query, "state").expect("a state");
        format!("{}?code={code}&state={state}", path_of(&redirect))
    }

    /// Somebody says no.
    pub fn say_no(&self, page: &str) -> String {
        let (query, redirect) = self.asked(page);
        let state = value_of(&query, "state").expect("a state");
        format!("{}?error=access_denied&error_description=No&state={state}", path_of(&redirect))
    }

    /// What the house asks for, which has to be the code flow with PKCE and what else we need.
    fn asked(&self, page: &str) -> (String, String) {
        let query = page.strip_prefix(&format!("{}/authorize?", self.0.url)).expect("the issuer's own page").to_owned();
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", CLIENT.0),
            ("code_challenge_method", "S256"),
            ("scope", "openid email profile"),
        ] {
            assert_eq!(value_of(&query, name).as_deref(), Some(value), "{name}");
        }
        let redirect = value_of(&query, "redirect_uri").expect("a way back");
        (query, redirect)
    }

    fn trick(&self) -> Trick {
        *self.0.trick.lock().expect("nobody panics here")
    }

    /// The public key, as it is published.
    fn public(&self) -> Value {
        let key = self.0.key.lock().expect("nobody panics here");
        let point = key.public_key().as_ref().to_vec();
        let (x, y) = (base64(&point[1..33]), base64(&point[33..]));
        // Named after itself, so that another key has another name.
        let kid = base64(&Sha256::digest(&point)[..8]);
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, "x": x, "y": y })
    }

    fn id_token(&self, begun: &Begun, access_token: &str) -> String {
        let trick = self.trick();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let access_hash = |token: &str| base64(&Sha256::digest(token.as_bytes())[..16]);
        let Known { subject, email, is_verified } = begun.known;
        let mut claims = json!({
            "iss": self.0.url,
            "sub": subject,
            "aud": CLIENT.0,
            "iat": now,
            "exp": now + 300,
            "nonce": begun.nonce,
            "at_hash": access_hash(access_token),
            "email": email,
            "email_verified": is_verified,
            "name": "Bo \u{202E}King",
        });
        match trick {
            Trick::Audience => claims["aud"] = json!("another client"),
            Trick::SecondAudience => claims["aud"] = json!([CLIENT.0, "another client"]),
            Trick::Issuer => claims["iss"] = json!("https://another.example"),
            Trick::Nonce => claims["nonce"] = json!("another nonce"),
            Trick::NoNonce => drop(claims.as_object_mut().expect("an object").remove("nonce")),
            Trick::Expired => claims["exp"] = json!(now - 5),
            Trick::OtherAccess => claims["at_hash"] = json!(access_hash("another token")),
            Trick::None
            | Trick::Unsigned
            | Trick::OtherKey
            | Trick::SharedSecret
            | Trick::Changed
            | Trick::NoToken
            | Trick::Nonsense
            | Trick::Endless
            | Trick::Redirect => {}
        }
        let kid = self.public()["kid"].as_str().map(str::to_owned);
        let own = self.0.key.lock().expect("nobody panics here");
        let signed = |key: &EcdsaKeyPair| {
            let der = key.to_pkcs8v1().expect("a key");
            let header = Header { kid: kid.clone(), ..Header::new(Algorithm::ES256) };
            encode(&header, &claims, &EncodingKey::from_ec_der(der.as_ref())).expect("a token")
        };
        match trick {
            Trick::Unsigned => {
                let part = |value: &Value| base64(value.to_string().as_bytes());
                format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT" })), part(&claims))
            }
            Trick::OtherKey => signed(&new_key()),
            Trick::SharedSecret => {
                let key = EncodingKey::from_secret(CLIENT.1.as_bytes());
                encode(&Header::new(Algorithm::HS256), &claims, &key).expect("a token")
            }
            Trick::Changed => {
                let token = signed(&own);
                let mut parts: Vec<&str> = token.split('.').collect();
                claims["sub"] = json!("somebody else");
                let payload = base64(claims.to_string().as_bytes());
                parts[1] = &payload;
                parts.join(".")
            }
            _ => signed(&own),
        }
    }
}

fn path_of(redirect: &str) -> String {
    redirect.parse::<Uri>().expect("an address").path().to_owned()
}

async fn discover(State(issuer): State<Issuer>) -> Json<Value> {
    let url = &issuer.0.url;
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        // Says of itself more than is believed.
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
    }))
}

async fn keys(State(issuer): State<Issuer>) -> Json<Value> {
    Json(json!({ "keys": [issuer.public()] }))
}

/// Exchanges a code: once, for its own client, at its own way back, and for who has the verifier.
async fn token(State(issuer): State<Issuer>, headers: HeaderMap, RawForm(form): RawForm) -> Response {
    let refused = |why: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": why }))).into_response();
    let form = String::from_utf8(form.to_vec()).expect("a form");
    let of = |name: &str| value_of(&form, name).unwrap_or_default();
    let expected = format!("Basic {}", padded(&format!("{}:{}", CLIENT.0, CLIENT.1)));
    if headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()) != Some(expected.as_str()) {
        return refused("invalid_client");
    }
    let begun = issuer.0.codes.lock().expect("nobody panics here").remove(&of("code"));
    let Some(begun) = begun else { return refused("invalid_grant") };
    let challenge = base64(&Sha256::digest(of("code_verifier").as_bytes()));
    if challenge != begun.challenge || of("redirect_uri") != begun.redirect {
        return refused("invalid_grant");
    }
    let access_token = format!("access-{}", begun.nonce);
    let mut answer = json!({ "access_token": access_token, "token_type": "Bearer", "expires_in": 300 });
    match issuer.trick() {
        Trick::NoToken => {}
        Trick::Nonsense => return "nonsense".into_response(),
        Trick::Endless => return " ".repeat(2_000_000).into_response(),
        Trick::Redirect => {
            return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, format!("{}/token", issuer.0.url))])
                .into_response();
        }
        _ => {
            let token = issuer.id_token(&begun, &access_token);
            issuer.0.given.lock().expect("nobody panics here").extend([access_token, token.clone()]);
            answer["id_token"] = json!(token);
        }
    }
    Json(answer).into_response()
}

/// Base64 as headers have it, with padding.
fn padded(text: &str) -> String {
    let plain = base64(text.as_bytes()).replace('-', "+").replace('_', "/");
    let missing = (4 - plain.len() % 4) % 4;
    plain + &"=".repeat(missing)
}
