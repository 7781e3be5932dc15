//! One client for all AWS services: request and response shapes are data (botocore's service models, pruned), the mechanism is one
//! interpreter for five protocols, one signer, one limiter. Knows nothing of checks.

mod http;

pub use http::{HttpRequest, HttpResponse};
