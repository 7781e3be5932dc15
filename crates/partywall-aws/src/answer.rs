use chrono::{DateTime, Utc};
use partywall_model::Value;

use crate::Room;

/// What a call gave.
#[derive(Debug)]
pub struct Answer {
    /// The output, named and nested as the AWS CLI prints it.
    pub value: Value,
    /// AWS's id of the request that was answered.
    pub request_id: Option<Box<str>>,
    /// How many requests were sent.
    pub attempts: u32,
    /// When the request that was answered was sent.
    pub sent_at: DateTime<Utc>,
    /// When its answer was there in full.
    pub received_at: DateTime<Utc>,
    /// To be kept as long as the output is in memory ([`crate::ClientConfig::answer_room`]).
    pub room: Room,
}
