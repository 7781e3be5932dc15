//! Questions as rows of JSON, one a line, with one answer each: the form in which test vectors and batches of simulations come.
//!
//! [`judge_row`] answers one row. Its `kind` says what is asked:
//!
//! | kind | row | answer |
//! |---|---|---|
//! | `decision` | `request`, `policies` | `decision`: `allow`, `deny` or `implicitDeny` |
//! | `conditions` | `conditions` (a list of `op`, `key`, `values`), `context` | `result`: whether all hold |
//! | `operator` | `operator`, `policyValues`, `requestValue`, `context` | `result`: whether it holds |
//! | `element` | `element`, `values`, `request`, `effect` | `result`: whether it matches; of principals, how |
//! | `public` | `policy`, `definition`, `account`, `settings` | `result`: `public` or `outside` |
//! | `grants-all` | `policy`, `service` | `result`: whether all of the service is allowed |
//! | `restrictive-condition` | `condition`, `account`, `settings` | `result`: whether it confines to the account |
//! | `lint` | `policy`, `settings` | `result`: `findings`, a count for each of parliament's names |
//! | `privesc` | `principal`, `policies` | `result`: `escalates`, and by which ways |
//! | `privesc-rule` | `required` | `result`: `escalates`: whether the actions are a known way |
//!
//! Every answer has the row's `id` and a `why` in words; a row that cannot be answered has an `error` instead.

mod condition;
mod element;
mod escalation;
mod input;
mod outside;
mod public;
mod row;

pub use escalation::{Escalation, escalations};
pub(crate) use input::tree_of;
pub use row::judge_row;
