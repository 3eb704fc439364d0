//! Signing in by the word of another house: OpenID Connect, the code flow with PKCE, state and nonce.
//!
//! What has to be checked of a token is the library's business; what a checked word is worth is the store's
//! ([`come_in`](crate::server::store::Store::come_in)). Between going there and coming back, what belongs to a sign-in
//! waits on a shelf for the browser that began it, ten minutes and once. Nothing of codes and tokens is logged or kept.
//!
//! Source: OpenID Connect Core 1.0, 3.1; RFC 9700, 2.1.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreJwsSigningAlgorithm, CoreProviderMetadata,
    CoreTokenResponse,
};
use openidconnect::{
    AccessTokenHash, AsyncHttpClient, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use thiserror::Error;
use tower_sessions::Session;

use crate::domain::audit::SignInWay;
use crate::domain::email::read_email;
use crate::domain::text;
use crate::domain::time::{Millis, Timestamp};
use crate::server::auth::login::{Begun, LoginError};
use crate::server::auth::shelf::hash;
use crate::server::auth::{Admin, Auth, colleague, cookie};
use crate::server::chance;
use crate::server::config::openid::OpenId;
use crate::server::store::StoreError;
use crate::server::store::identity::{Came, Comer};

/// How long somebody may take to sign in there.
const GOING_MS: Millis = Millis(600_000);
/// Sign-ins that may be under way at once.
pub(super) const GOING_MAX: usize = 2_000;
/// What an issuer says about itself and its keys is asked for anew after so long.
const KNOWN_MS: Millis = Millis(600_000);
/// An issuer answers within this time, or it is not there.
const PATIENCE: Duration = Duration::from_secs(10);
/// What an issuer says is short.
const ANSWER_BYTES_MAX: usize = 1_048_576;
/// Characters of a name.
const NAME_MAX: usize = 100;
/// The cookie by which the browser that began is known again.
const COOKIE: &str = "podium-openid";

/// A sign-in that is under way.
#[derive(Clone)]
pub(super) struct Going {
    state: [u8; 32],
    nonce: String,
    verifier: String,
    redirect: String,
    wanted: Wanted,
}

/// Where somebody wants to go when they are signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// A path of ours, checked.
    pub next: Option<String>,
    /// The secret part of a colleague's link that they came by.
    pub invite: Option<String>,
}

/// What the browser brings back. Absent parts are empty.
#[derive(Debug, Default)]
pub struct Back {
    /// What we gave along.
    pub state: String,
    /// What is exchanged for the issuer's word.
    pub code: String,
    /// Why there is none.
    pub error: String,
}

/// What an issuer says about itself, and when it was asked.
#[derive(Default)]
pub(super) struct Known(Mutex<Option<(Arc<CoreProviderMetadata>, Timestamp)>>);

/// Why nobody was signed in.
#[derive(Debug, Error)]
pub enum OpenIdError {
    /// There is no issuer in the settings.
    #[error("nobody signs in here by another house's word")]
    Nowhere,
    /// The browser did not begin it, or it is over.
    #[error("this sign-in was not begun in this browser, was used already or took too long; please begin again")]
    NotBegun,
    /// Who sat there did not want to.
    #[error("you did not sign in there, so you are not signed in here")]
    Declined,
    /// The issuer cannot be reached, or says nothing that can be understood.
    #[error("the other house does not answer just now; please try again, or sign in with a password")]
    NoAnswer,
    /// What the issuer gave is not good.
    #[error("the other house's answer cannot be believed; please begin again")]
    NotBelieved,
    /// The issuer does not say that the address is theirs.
    #[error("the other house does not say that your e-mail address is really yours; confirm it there first")]
    NotProven,
    /// There is no account.
    #[error("there is no account for this address; ask an admin for a link")]
    NoAccount,
    /// There is an account, of somebody who is somebody else there.
    #[error("the account with this address belongs to somebody else there; ask an admin")]
    Another,
    /// The rest of signing in failed.
    #[error(transparent)]
    Login(#[from] LoginError),
}

impl From<StoreError> for OpenIdError {
    fn from(why: StoreError) -> Self {
        Self::Login(why.into())
    }
}

/// Where the browser is sent, and the cookie by which it is known again.
pub struct Away {
    /// The issuer's page.
    pub to: HeaderValue,
    /// The cookie.
    pub cookie: HeaderValue,
}

impl Auth {
    /// What people call the issuer, if there is one.
    pub fn openid_label(&self) -> Option<&str> {
        self.0.config.openid.as_ref().map(|openid| openid.label.as_str())
    }

    /// Begins a sign-in; the browser comes back to `redirect`.
    ///
    /// # Errors
    /// [`OpenIdError::Nowhere`], [`OpenIdError::NoAnswer`].
    pub async fn go_to_issuer(&self, wanted: Wanted, redirect: String) -> Result<Away, OpenIdError> {
        let openid = self.0.config.openid.as_ref().ok_or(OpenIdError::Nowhere)?;
        let metadata = self.issuer(openid).await?;
        let (state, nonce) = (chance::token(), chance::token());
        let verifier = format!("{}{}", chance::token(), chance::token());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.clone()));
        let back = RedirectUrl::new(redirect.clone()).map_err(|_| OpenIdError::NoAnswer)?;
        let client = CoreClient::from_provider_metadata(
            metadata.as_ref().clone(),
            ClientId::new(openid.client_id.clone()),
            None,
        )
        .set_redirect_uri(back);
        let (said_state, said_nonce) = (state.clone(), nonce.clone());
        let (to, _, _) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(said_state),
                move || Nonce::new(said_nonce),
            )
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let now = self.now();
        let going = Going { state: hash(&state), nonce, verifier, redirect, wanted };
        let token = self.0.goings.put(going, now + GOING_MS, now);
        let to = HeaderValue::try_from(to.as_str()).map_err(|_| OpenIdError::NoAnswer)?;
        Ok(Away { to, cookie: self.going_cookie(&token, GOING_MS) })
    }

    /// Ends a sign-in that comes back, and signs the browser in. It cannot come back a second time.
    ///
    /// Says where somebody wanted to go in either case.
    pub async fn come_back(
        &self,
        headers: &HeaderMap,
        back: Back,
        session: &Session,
        browser: String,
    ) -> (Result<Admin, OpenIdError>, Wanted) {
        if self.0.config.openid.is_none() {
            return (Err(OpenIdError::Nowhere), Wanted::default());
        }
        let token = cookie::read(headers, &self.going_cookie_name());
        let Some(going) = token.and_then(|token| self.0.goings.take(token, self.now())) else {
            return (Err(OpenIdError::NotBegun), Wanted::default());
        };
        let wanted = going.wanted.clone();
        (self.believe(going, back, session, browser).await, wanted)
    }

    /// The cookie that takes the other one away.
    pub fn no_going_cookie(&self) -> HeaderValue {
        self.going_cookie("", Millis(0))
    }

    async fn believe(
        &self,
        going: Going,
        back: Back,
        session: &Session,
        browser: String,
    ) -> Result<Admin, OpenIdError> {
        let openid = self.0.config.openid.as_ref().ok_or(OpenIdError::Nowhere)?;
        // What is compared are hashes, so how long it takes says nothing. An error without our state may be anybody's.
        if hash(&back.state) != going.state {
            return Err(OpenIdError::NotBegun);
        }
        if !back.error.is_empty() {
            return Err(OpenIdError::Declined);
        }
        let metadata = self.issuer(openid).await?;
        let claims = match self.word_of_issuer(openid, &metadata, &going, back.code).await? {
            Word::Good(claims) => *claims,
            Word::Refused(why) => {
                tracing::warn!(error = %why, "the word of an issuer is not believed");
                return Err(OpenIdError::NotBelieved);
            }
        };
        let wanted = going.wanted;
        let comer = self.comer(openid, &claims, wanted.invite.as_deref());
        let is_proven = comer.email.is_some();
        let id = match self.0.store.come_in(comer, self.now()).await? {
            Came::Account(id) => id,
            Came::Another => return Err(OpenIdError::Another),
            Came::Nobody if is_proven => return Err(OpenIdError::NoAccount),
            Came::Nobody => return Err(OpenIdError::NotProven),
        };
        // What was open of an account that was found by its address has ended, before anything of the new login is open.
        self.heed_own_ending().await;
        let row = self.0.store.admin_by_id(id).await?;
        let admin = Admin::from(row);
        self.begin(&admin, session, Begun { way: SignInWay::OpenId, browser }).await?;
        Ok(admin)
    }

    /// Exchanges the code, and checks the word that comes for it. An issuer that has other keys by now is asked for them
    /// once.
    async fn word_of_issuer(
        &self,
        openid: &OpenId,
        metadata: &CoreProviderMetadata,
        going: &Going,
        code: String,
    ) -> Result<Word, OpenIdError> {
        let http = Http::new(openid)?;
        let redirect = RedirectUrl::new(going.redirect.clone()).map_err(|_| OpenIdError::NotBegun)?;
        let client_of = |metadata: &CoreProviderMetadata| {
            CoreClient::from_provider_metadata(
                metadata.clone(),
                ClientId::new(openid.client_id.clone()),
                openid.client_secret.as_ref().map(|secret| ClientSecret::new(secret.reveal().to_owned())),
            )
            .set_redirect_uri(redirect.clone())
        };
        let answer = client_of(metadata)
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| no_answer("it names no place for codes"))?
            .set_pkce_verifier(PkceCodeVerifier::new(going.verifier.clone()))
            .request_async(&http)
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(openidconnect::RequestTokenError::ServerResponse(refusal)) => {
                tracing::warn!(error = %refusal.error(), "an issuer does not take a code");
                return Err(OpenIdError::NotBelieved);
            }
            Err(openidconnect::RequestTokenError::Request(why)) => return Err(no_answer(&why.to_string())),
            Err(_) => return Err(no_answer("what it gives for a code cannot be read")),
        };
        let now = self.now();
        match check(&client_of(metadata), &answer, &going.nonce, now) {
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                self.0.issuer.forget();
                let metadata = self.issuer(openid).await?;
                let checked = check(&client_of(&metadata), &answer, &going.nonce, now);
                Ok(checked.map_or_else(Word::Refused, |claims| Word::Good(Box::new(claims))))
            }
            checked => Ok(checked.map_or_else(Word::Refused, |claims| Word::Good(Box::new(claims)))),
        }
    }

    /// Who comes, by the issuer's checked word.
    fn comer(&self, openid: &OpenId, claims: &CoreIdTokenClaims, invite: Option<&str>) -> Comer {
        let is_proven = claims.email_verified() == Some(true);
        let email = claims.email().filter(|_| is_proven).and_then(|email| read_email(email).ok());
        let name = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str());
        let name = name.map(|name| text::clean(name).split_whitespace().collect::<Vec<_>>().join(" "));
        let name = name.filter(|name| !name.is_empty()).or_else(|| email.clone()).unwrap_or_default();
        Comer {
            issuer: openid.issuer.clone(),
            subject: claims.subject().as_str().to_owned(),
            newcomer: email.as_deref().and_then(|email| openid.newcomer(email)),
            email,
            name: name.chars().take(NAME_MAX).collect(),
            invite_hash: invite.map(colleague::hash),
        }
    }

    /// What the issuer says about itself.
    async fn issuer(&self, openid: &OpenId) -> Result<Arc<CoreProviderMetadata>, OpenIdError> {
        let now = self.now();
        if let Some(known) = self.0.issuer.at(now) {
            return Ok(known);
        }
        let http = Http::new(openid)?;
        let url = IssuerUrl::new(openid.issuer.clone()).map_err(|why| no_answer(&why.to_string()))?;
        // The library compares the issuer's own name with the address.
        let found = CoreProviderMetadata::discover_async(url, &http).await;
        let found = Arc::new(found.map_err(|why| no_answer(&why.to_string()))?);
        self.0.issuer.keep(&found, now);
        Ok(found)
    }

    fn going_cookie(&self, token: &str, life: Millis) -> HeaderValue {
        cookie::set(&self.going_cookie_name(), token, life, self.0.config.public_url.as_ref())
    }

    fn going_cookie_name(&self) -> String {
        cookie::full_name(COOKIE, self.0.config.public_url.as_ref())
    }
}

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// An issuer's word about somebody.
enum Word {
    /// Everything about it is as it has to be.
    Good(Box<CoreIdTokenClaims>),
    /// Something is not.
    Refused(ClaimsVerificationError),
}

/// Checks what an issuer gave: who signed it, for whom, for which sign-in, and until when it is good.
fn check(
    client: &Client,
    answer: &CoreTokenResponse,
    nonce: &str,
    now: Timestamp,
) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
    let other = |why: &dyn std::fmt::Display| ClaimsVerificationError::Other(why.to_string());
    let token = answer.id_token().ok_or_else(|| other(&"there is no id token"))?;
    // Server time, as everywhere; and no secret that both sides share may sign, whatever the issuer says of itself.
    let time = DateTime::<Utc>::from_timestamp_millis(now.0).unwrap_or_default();
    let verifier = client.id_token_verifier().set_time_fn(move || time).set_allowed_algs(SIGNED_BY);
    let claims = token.claims(&verifier, &Nonce::new(nonce.to_owned()))?;
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = token.signing_alg().map_err(|why| other(&why))?;
        let key = token.signing_key(&verifier).map_err(ClaimsVerificationError::SignatureVerification)?;
        let actual = AccessTokenHash::from_token(answer.access_token(), algorithm, key).map_err(|why| other(&why))?;
        if actual != *expected {
            return Err(other(&"the id token is another access token's"));
        }
    }
    Ok(claims.clone())
}

/// How an id token may be signed: by a key that only the issuer has.
const SIGNED_BY: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

impl Known {
    fn at(&self, now: Timestamp) -> Option<Arc<CoreProviderMetadata>> {
        let known = self.0.lock().expect("nothing panics while it holds what is known");
        known.as_ref().filter(|(_, asked_at)| now - *asked_at < KNOWN_MS).map(|(found, _)| Arc::clone(found))
    }

    fn keep(&self, found: &Arc<CoreProviderMetadata>, now: Timestamp) {
        *self.0.lock().expect("nothing panics while it holds what is known") = Some((Arc::clone(found), now));
    }

    fn forget(&self) {
        *self.0.lock().expect("nothing panics while it holds what is known") = None;
    }
}

/// How issuers are asked: nowhere but where the settings say and the issuer itself, not for long, and not for much.
struct Http(reqwest::Client);

/// Why an issuer's answer did not come.
#[derive(Debug, Error)]
enum HttpTrouble {
    /// It is not there, or is too slow.
    #[error("{0}")]
    Failed(String),
    /// It says too much.
    #[error("its answer is too long")]
    TooLong,
}

/// As the library wants it.
impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpTrouble;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpTrouble>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

impl Http {
    fn new(openid: &OpenId) -> Result<Self, OpenIdError> {
        let client = reqwest::Client::builder()
            // To be sent on to somewhere else could be to somewhere inside.
            .redirect(reqwest::redirect::Policy::none())
            .https_only(openid.issuer.starts_with("https:"))
            .no_proxy()
            .timeout(PATIENCE)
            .build();
        client.map(Self).map_err(|why| no_answer(&why.without_url().to_string()))
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, HttpTrouble> {
        let failed = |why: reqwest::Error| HttpTrouble::Failed(why.without_url().to_string());
        let request = reqwest::Request::try_from(request).map_err(failed)?;
        let mut answer = self.0.execute(request).await.map_err(failed)?;
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(failed)? {
            if body.len() + piece.len() > ANSWER_BYTES_MAX {
                return Err(HttpTrouble::TooLong);
            }
            body.extend_from_slice(&piece);
        }
        let mut response = HttpResponse::new(body);
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        Ok(response)
    }
}

/// Logged once, here; who wanted to sign in is told without the reason.
fn no_answer(why: &str) -> OpenIdError {
    tracing::warn!(error = %why, "an issuer does not answer as it should");
    OpenIdError::NoAnswer
}
