use std::time::Duration;

use aws_smithy_async::time::SharedTimeSource;

use crate::endpoint::EndpointOptions;

/// How a [`crate::Client`] behaves. The defaults are what a polite reader wants.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Where requests go when not to AWS's own addresses, and in which style.
    pub endpoints: EndpointOptions,
    /// For one attempt: connecting, sending, and reading the whole answer.
    pub attempt_timeout: Duration,
    /// How many requests one call may send when AWS or the network fails; at least one. Throttled calls may send more
    /// ([`Self::max_throttled_attempts`]).
    pub max_attempts: u32,
    /// How many requests one call may send while AWS asks to slow down; at least [`Self::max_attempts`].
    pub max_throttled_attempts: u32,
    /// Part of AWS's documented rates that may be used, above 0 and at most 1. The rest is left to the account's own work.
    pub share: f64,
    /// How many requests may be under way at once to one account and Region.
    pub concurrency: usize,
    /// How many bytes of answers, as they came, may be parsed and not yet dropped ([`crate::Answer::room`]). Others wait; one that is
    /// larger than this has the room for itself.
    pub answer_room: usize,
    /// `User-Agent` of every request.
    pub user_agent: String,
    /// Seed of the jitter in waiting times; equal seeds give equal waits.
    pub seed: u64,
    /// The wall clock: signing, expiry of credentials, times of answers. All waiting is by tokio's clock.
    pub time: SharedTimeSource,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            endpoints: EndpointOptions::default(),
            attempt_timeout: Duration::from_mins(1),
            max_attempts: 5,
            max_throttled_attempts: 10,
            share: 0.5,
            concurrency: 32,
            answer_room: 2 << 20,
            user_agent: concat!("partywall/", env!("CARGO_PKG_VERSION")).to_owned(),
            seed: fastrand::u64(..),
            time: SharedTimeSource::default(),
        }
    }
}
