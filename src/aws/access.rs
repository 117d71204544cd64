//! How AWS is reached: credentials, endpoints, proxy, time-outs and retries, for every client alike.

use std::panic::AssertUnwindSafe;

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::identity::IdentityCache;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_types::retry::{RetryConfig, RetryMode};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::os_shim_internal::{Env, Fs};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use futures::FutureExt;

use super::connector::Http;
use super::error::{Error, ErrorKind};
use super::iam::Place;
use crate::model::limits::Timeouts;
use crate::model::reference::Role;

/// How AWS is reached. Clones share connections and credentials.
#[derive(Debug, Clone)]
pub struct Access {
    config: SdkConfig,
}

/// The name of our sessions, as the accounts' logs show it.
const SESSION: &str = "rollcall";

impl Access {
    /// The way that every AWS SDK finds its settings: environment, profile files, container, instance.
    ///
    /// # Errors
    /// `Invalid` where a setting makes no sense. That there are no credentials shows only when a call is made.
    ///
    /// Every client is told its Region. The one that credentials are fetched from, where a profile asks for that, is
    /// the environment's or the profile's, else `home`; the instance's metadata are not asked, since waiting for them
    /// is all that a host which is no EC2 instance would get.
    pub async fn from_environment(timeouts: Timeouts, home: &str) -> Result<Self, Error> {
        let variable = |name: &str| std::env::var(name).ok();
        check_retry_settings(variable, &profile().await)?;
        check_endpoint_of_sts(variable)?;
        let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(ProfileFileRegionProvider::new())
            .or_else(Region::new(home.to_owned()));
        let load = aws_config::defaults(BehaviorVersion::latest())
            .region(region)
            .http_client(Http::new(timeouts, ProxyConfig::from_env()))
            .timeout_config(timeout_config(timeouts))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .load();
        // Whatever else the SDK may panic at: a daemon says what is wrong, and why.
        let config = AssertUnwindSafe(load).catch_unwind().await.map_err(|panic| {
            let said = panic.downcast_ref::<String>().map_or("the SDK gives no reason", String::as_str);
            invalid(format!("a setting cannot be used: {}", said.split(" (").next().unwrap_or_default()))
        })?;
        Ok(Self { config: config.clone().into_builder().service_config(NonEmpty(config)).build() })
    }

    /// One fixed endpoint, for the simulator. Nothing of the environment is read: no credentials, no proxy.
    #[must_use]
    pub fn simulated(endpoint: &str, timeouts: Timeouts) -> Self {
        let credentials = Credentials::new("AKIASIMULATED", "simulated", None, None, "simulator");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(endpoint)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .identity_cache(IdentityCache::lazy().build())
            .retry_config(RetryConfig::standard())
            .timeout_config(timeout_config(timeouts))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .sleep_impl(TokioSleep::new())
            .time_source(SystemTimeSource::new())
            .http_client(Http::new(timeouts, ProxyConfig::disabled()))
            .build();
        Self { config }
    }

    /// The settings for the clients of one Region, as the role where there is one.
    pub(super) async fn config(&self, region: &str, role: Option<&Role>) -> SdkConfig {
        let region = Region::new(region.to_owned());
        let Some(role) = role else {
            return self.config.clone().into_builder().region(region).build();
        };
        let mut provider =
            AssumeRoleProvider::builder(&role.arn).session_name(SESSION).region(region.clone()).configure(&self.config);
        if let Some(external_id) = &role.external_id {
            provider = provider.external_id(external_id);
        }
        let provider = SharedCredentialsProvider::new(Box::pin(provider.build()).await);
        self.config.clone().into_builder().region(region).credentials_provider(provider).build()
    }
}

/// Settings for single services, of which an empty one counts as not set, as it does in the AWS SDKs of other languages:
/// `AWS_ENDPOINT_URL=` is how a variable that nobody has filled in reaches a container. This SDK would connect to it.
#[derive(Debug)]
struct NonEmpty(SdkConfig);

impl LoadServiceConfig for NonEmpty {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        self.0.service_config()?.load_config(key).filter(|value| !value.is_empty())
    }
}

/// Only the time to connect: the rest is the connector's, which knows when an attempt begins. For the same reason the
/// SDK's guard against streams that stall is off: it would take a retry that waits for its turn for one.
fn timeout_config(timeouts: Timeouts) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(timeouts.connect).build()
}

/// The profile of the AWS configuration files that is in force. Where they cannot be read, the SDK says so when it looks
/// for credentials in them.
#[expect(clippy::default_trait_access, reason = "the type's name is in a crate that nothing else is needed of")]
async fn profile() -> impl Fn(&str) -> Option<String> {
    let profiles = aws_config::profile::load(&Fs::real(), &Env::real(), &Default::default(), None).await.ok();
    move |key| profiles.as_ref()?.get(key).map(str::to_owned)
}

/// The two settings that the SDK answers with a panic where they make no sense.
fn check_retry_settings(
    variable: impl Fn(&str) -> Option<String>,
    profile: &impl Fn(&str) -> Option<String>,
) -> Result<(), Error> {
    for (name, attempts) in
        [("AWS_MAX_ATTEMPTS", variable("AWS_MAX_ATTEMPTS")), ("max_attempts", profile("max_attempts"))]
    {
        if let Some(attempts) = attempts.filter(|attempts| !attempts.parse::<u32>().is_ok_and(|attempts| attempts > 0))
        {
            return Err(invalid(format!("`{name}` is `{attempts}`, not a whole number from 1 up")));
        }
    }
    for (name, mode) in [("AWS_RETRY_MODE", variable("AWS_RETRY_MODE")), ("retry_mode", profile("retry_mode"))] {
        if let Some(mode) = mode.filter(|mode| mode.parse::<RetryMode>().is_err()) {
            return Err(invalid(format!("`{name}` is `{mode}`, neither `standard` nor `adaptive`")));
        }
    }
    Ok(())
}

/// For a web identity the SDK asks STS by itself, past all that is set here, so an empty endpoint has to be refused.
fn check_endpoint_of_sts(variable: impl Fn(&str) -> Option<String>) -> Result<(), Error> {
    let given = ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"].into_iter().find_map(|name| Some((name, variable(name)?)));
    match given {
        Some((name, url)) if url.is_empty() && variable("AWS_WEB_IDENTITY_TOKEN_FILE").is_some() => {
            Err(invalid(format!(
                "`{name}` is empty, which the SDK takes for an address where credentials come from a web identity: unset it"
            )))
        }
        _ => Ok(()),
    }
}

fn invalid(why: String) -> Error {
    Error::plain(
        ErrorKind::Invalid,
        None,
        &Place::default(),
        "take over the SDK's settings from the environment and the AWS configuration files",
        why,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &'static str, value: &'static str) -> Result<(), String> {
        let given = |asked: &str| (asked == name).then(|| value.to_owned());
        check_retry_settings(given, &given).map_err(|error| std::error::Error::source(&error).unwrap().to_string())
    }

    #[test]
    fn retry_settings_that_the_sdk_panics_at_are_errors() {
        assert_eq!(check("AWS_MAX_ATTEMPTS", "4"), Ok(()));
        assert_eq!(check("AWS_RETRY_MODE", "Adaptive"), Ok(()));
        assert_eq!(
            check("AWS_MAX_ATTEMPTS", "0").unwrap_err(),
            "`AWS_MAX_ATTEMPTS` is `0`, not a whole number from 1 up"
        );
        assert!(check("AWS_MAX_ATTEMPTS", "many").is_err());
        assert!(check("max_attempts", "0").unwrap_err().starts_with("`max_attempts`"));
        assert!(check("retry_mode", "bogus").is_err());
        assert!(check("AWS_RETRY_MODE", "bogus").unwrap_err().contains("neither `standard` nor `adaptive`"));
    }

    #[test]
    fn an_empty_endpoint_is_refused_where_the_sdk_would_ask_it_for_credentials() {
        let check = |given: &[(&str, &str)]| {
            let variable =
                |name: &str| given.iter().find(|(one, _)| *one == name).map(|(_, value)| (*value).to_owned());
            check_endpoint_of_sts(variable).map_err(|error| std::error::Error::source(&error).unwrap().to_string())
        };
        let identity = ("AWS_WEB_IDENTITY_TOKEN_FILE", "/token");
        assert_eq!(check(&[("AWS_ENDPOINT_URL", "")]), Ok(()));
        assert_eq!(check(&[identity]), Ok(()));
        assert_eq!(check(&[identity, ("AWS_ENDPOINT_URL", ""), ("AWS_ENDPOINT_URL_STS", "http://sts")]), Ok(()));
        assert!(check(&[identity, ("AWS_ENDPOINT_URL", "")]).unwrap_err().starts_with("`AWS_ENDPOINT_URL` is empty"));
        let of_sts = check(&[identity, ("AWS_ENDPOINT_URL", "http://all"), ("AWS_ENDPOINT_URL_STS", "")]);
        assert!(of_sts.unwrap_err().starts_with("`AWS_ENDPOINT_URL_STS` is empty"));
    }

    #[test]
    fn a_role_names_its_account() {
        let account = |arn: &str| Role { arn: arn.to_owned(), external_id: None }.account();
        assert_eq!(account("arn:aws:iam::444455556666:role/rollcall").as_deref(), Some("444455556666"));
        assert_eq!(account("rollcall"), None);
    }
}
